//! Who a token belongs to.

use crate::linkedin::client::Client;
use crate::linkedin::organizations;
use crate::linkedin::urn::{self, Author};
use crate::{Access, Failure, Profile};

/// The member, or, for the account of an organization, that organization.
pub(super) async fn profile(client: &Client, access: Access<'_>) -> Result<Profile, Failure> {
    if urn::author(access.subject) == Author::Organization {
        return organizations::organization(client, access, access.subject).await;
    }
    let content = client.ask(client.get("v2/userinfo", access), access).await?;
    let subject = content["sub"].as_str().map(|sub| format!("urn:li:person:{sub}"));
    let Some(subject) = subject.filter(|subject| urn::kind(subject).is_some()) else {
        return Err(Failure::Transient("LinkedIn did not say who the token belongs to".to_owned()));
    };
    let name = content["name"].as_str().unwrap_or_default();
    let id = content["sub"].as_str().unwrap_or_default();
    Ok(Profile {
        handle: handle(name).unwrap_or_else(|| id.to_lowercase()),
        display_name: if name.is_empty() { id } else { name }.to_owned(),
        avatar_url: content["picture"].as_str().map(str::to_owned),
        subject,
    })
}

/// Longest handle made, in characters; `AccountName` takes 100.
const HANDLE_CHARS_MAX: usize = 60;

/// A handle from a name: LinkedIn tells members' names, and no handles. `Ana María Roe` is `ana-maría-roe`.
pub(super) fn handle(name: &str) -> Option<String> {
    let mut handle = String::new();
    for character in name.chars().flat_map(char::to_lowercase).take(HANDLE_CHARS_MAX) {
        if character.is_alphanumeric() || matches!(character, '_' | '.') {
            handle.push(character);
        } else if !handle.is_empty() && !handle.ends_with('-') {
            handle.push('-');
        }
    }
    let handle = handle.trim_end_matches('-');
    (!handle.is_empty()).then(|| handle.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_made_of_names() {
        assert_eq!(handle("Ana María  Roe").as_deref(), Some("ana-maría-roe"));
        assert_eq!(handle("demo").as_deref(), Some("demo"));
        assert_eq!(handle("Acme, Inc. (EU)").as_deref(), Some("acme-inc.-eu"));
        assert_eq!(handle(" – ").as_deref(), None);
        assert_eq!(handle(&"a".repeat(500)).map(|handle| handle.len()), Some(HANDLE_CHARS_MAX));
    }
}
