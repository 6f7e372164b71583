//! The files of a new project.

use super::schema::SchemaKind;

/// A file that `init` makes.
pub(crate) struct NewFile {
    /// Relative to the project.
    pub(crate) path: &'static str,
    pub(crate) content: Vec<u8>,
    /// What it is for, in a few words.
    pub(crate) purpose: &'static str,
}

/// A picture for the first campaign.
const PICTURE: &[u8] = include_bytes!("../../../../campaigns/examples/media/hello.png");

const CAMPAIGN: &str = r#"# yaml-language-server: $schema=../schemas/campaign.v1.json
campaign: hello
version: 1
title: Hello from Tidings
timezone: {timezone}
accounts: [x/demo, linkedin/demo]      # default targets of every post

posts:
  hello:
    at: now + 10s                      # for a try; else a date and time: "2027-03-18 09:00"
    text: |
      Hello! This post was written in YAML and published by Tidings.
    media:
      - file: media/hello.png
        alt: A friendly pattern of colored shapes

  thread:
    after: {post: hello, wait: 5s}
    text: |
      On LinkedIn, this is one post.
    x:
      thread:
        - text: |
            On X, this is a thread.
        - text: |
            Part two waits until part one is out.
"#;

const WORKSPACE: &str = "\
# yaml-language-server: $schema=schemas/workspace.v1.json
workspace: {name}
version: 1
timezone: {timezone}
accounts:
  # The demo accounts of `tidings up --sandbox`. Put your own here: x/acme, linkedin/acme.
  x/demo: {}
  linkedin/demo: {}
";

/// For campaigns in every folder below, also without the comment in their first line.
const EDITOR: &str = r#"{
  "yaml.schemas": {
    "schemas/campaign.v1.json": ["campaigns/**/*.campaign.yaml", "campaigns/**/*.campaign.yml"],
    "schemas/workspace.v1.json": "tidings.yaml"
  }
}
"#;

const EXTENSIONS: &str = "{\n  \"recommendations\": [\"redhat.vscode-yaml\"]\n}\n";

const GITIGNORE: &str = "\
# Data of `tidings up`: databases, keys, tokens. Never commit them.
.tidings/
.env
";

const ENV_EXAMPLE: &str = "\
# Copy to .env. On loopback nothing here is required.

# Seals the tokens of connected accounts. Unset, a key file in .tidings/ is used.
# Make one: openssl rand -hex 32
# ENCRYPTION_KEY=

# Your app at X: https://developer.x.com
# TWITTER_CLIENT_ID=
# TWITTER_CLIENT_SECRET=

# Your app at LinkedIn: https://developer.linkedin.com
# LINKEDIN_CLIENT_ID=
# LINKEDIN_CLIENT_SECRET=

# Where browsers and platforms reach this server
# BASE_URL=http://localhost:3001
";

/// The name of the file that is added to rather than kept as it is.
pub(crate) const IGNORE_FILE: &str = ".gitignore";

/// All files for a project called `name` whose times are meant in `timezone`.
pub(crate) fn files(name: &str, timezone: &str) -> Vec<NewFile> {
    let fill = |text: &str| text.replace("{name}", name).replace("{timezone}", timezone).into_bytes();
    let schema = |kind| super::schema::text(kind).into_bytes();
    let file = |path, content, purpose| NewFile { path, content, purpose };
    vec![
        file("tidings.yaml", fill(WORKSPACE), "what all campaigns share"),
        file("campaigns/hello.campaign.yaml", fill(CAMPAIGN), "a first campaign"),
        file("campaigns/media/hello.png", PICTURE.to_vec(), "its picture"),
        file("schemas/campaign.v1.json", schema(SchemaKind::Campaign), "what editors check campaigns with"),
        file("schemas/workspace.v1.json", schema(SchemaKind::Workspace), "and tidings.yaml"),
        file(".vscode/settings.json", EDITOR.into(), "tells the editor so"),
        file(".vscode/extensions.json", EXTENSIONS.into(), "the editor's extension for it"),
        file(".env.example", fill(ENV_EXAMPLE), "settings, to copy to .env"),
        file(IGNORE_FILE, fill(GITIGNORE), "keeps data and secrets out of git"),
    ]
}

/// A folder's name as an id: small letters, digits and `-`.
pub(crate) fn id_of(folder: &str) -> String {
    let mut id = String::new();
    for character in folder.to_lowercase().chars().take(63) {
        if character.is_ascii_lowercase() || character.is_ascii_digit() {
            id.push(character);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-');
    if id.is_empty() { "campaigns".to_owned() } else { id.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_become_ids() {
        assert_eq!(id_of("My Campaigns"), "my-campaigns");
        assert_eq!(id_of("--Ünïcode--"), "n-code");
        assert_eq!(id_of("日本"), "campaigns");
    }
}
