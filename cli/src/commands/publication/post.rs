//! `tidings post`: one post from the command line.

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::PathBuf;

use campaigns_limits::{
    AccountName, Language, MediaFacts, Platform, captions_overrun, text_length, text_length_max,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use server::api::AccountView;
use server::api::content::{ContentCaptions, ContentMedia, ContentRequest};
use server::api::post::{CrossPostRequest, PlatformName, PlatformSchedule, PostView};
use server::app::ORGANIZATION;

use crate::backend::{Backend, Need, find};
use crate::completing;
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;
use crate::terminal::{BOLD, DIM, GREEN, moment};

/// The longest text that is read, in bytes: several times what any platform takes.
const TEXT_BYTES_MAX: u64 = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  tidings post \"We are live.\" --to x/acme
  tidings post \"We are live.\" --to x/acme --to linkedin/acme --at \"2027-03-18 09:00\"
  tidings post --to x/acme --media widget.png --alt \"A red widget on a keyboard\" < text.txt
  tidings post \"In a moment.\" --to x/acme --at +10m --yes

What will be published is shown first, and you are asked; --yes answers that. The post goes the same way as any
other: it is never sent twice, `tidings show ID` tells its story and `tidings cancel ID` stops it before its time.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What it says; without it, what is piped in
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// The accounts, as `platform/handle`
    #[arg(long = "to", visible_alias = "account", value_name = "ACCOUNT", required = true)]
    #[arg(value_delimiter = ',', add = completing::accounts())]
    to: Vec<AccountName>,
    /// When: local time, RFC 3339, or +10m [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// A file that goes with it; several times for several
    #[arg(long, value_name = "FILE")]
    media: Vec<PathBuf>,
    /// What a file shows, for those who can't see it; in the order of the files
    #[arg(long, value_name = "TEXT", requires = "media")]
    alt: Vec<String>,
    /// The captions of its video: SubRip or WebVTT, named after their language, like clip.en.srt
    #[arg(long, value_name = "FILE", requires = "media")]
    captions: Option<PathBuf>,
    /// An address that goes with it
    #[arg(long, value_name = "URL")]
    link: Option<String>,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Posted {
    version: u32,
    posts: Vec<PostView>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let now = clock_of_folder(&settings.data).now();
    let at = args.at.as_deref().map(|word| instant(word, now, &TimeZone::system())).transpose()?;
    if args.alt.len() > args.media.len() {
        return Err(Failure::usage("request/field", "there are more --alt than --media"));
    }
    let text = text(args, settings).await?;
    let files: Vec<_> = args.media.iter().map(file).collect::<Result<_, _>>()?;
    let captions = captions(args)?;
    if let (Some(captions), [video]) = (&captions, &files[..])
        && let Some(overrun) = captions_overrun(&video.facts, &captions.file.facts)
    {
        settings.terminal.warn(&format!("`{}`: {overrun}", captions.file.name));
    }
    // Before anything is locked or made: a wrong name must not leave a data folder behind.
    let accounts = accounts(&args.to, &find(settings, Need::Read).await?).await?;
    settings.terminal.say(&shown(&text, &accounts, args, at));
    fits(&text, &accounts)?;
    if !args.yes && !agreed(settings).await? {
        return Ok(Exit::Interrupted);
    }
    let backend = find(settings, Need::Write).await?;
    let media = upload(files, captions, &args.alt, &backend).await?;
    let content = ContentRequest {
        organization_id: ORGANIZATION.to_owned(),
        title: None,
        body: text,
        media,
        variants: std::collections::BTreeMap::new(),
        link: args.link.clone(),
    };
    let piece = backend.put_content(content).await?;
    let schedule = |account: &AccountView| PlatformSchedule {
        platform: platform_name(account),
        social_account_id: account.id.clone(),
        scheduled_at: at,
        priority: None,
    };
    let request = CrossPostRequest {
        content_piece_id: piece.id,
        platform_schedules: accounts.iter().map(schedule).collect(),
        synchronized: false,
    };
    let posts = backend.cross_post(request).await?.posts;
    if settings.json {
        settings.terminal.json(&Posted { version: 1, posts })?;
    } else {
        for post in &posts {
            let account = accounts.iter().find(|account| account.id == post.social_account_id);
            let account = account.map_or("", |account| account.account.as_str());
            let when = at.map_or_else(|| "now".to_owned(), moment::local);
            settings.terminal.result(&format!(
                "{GREEN}scheduled{GREEN:#} {BOLD}{account}{BOLD:#} {when}  {DIM}{}{DIM:#}",
                post.id
            ))?;
        }
    }
    if backend.is_served() {
        settings.terminal.note("`tidings show ID` tells what became of it");
    } else {
        settings.terminal.note("no server runs here, so nothing is published until `tidings up` runs");
    }
    Ok(Exit::Ok)
}

async fn upload(
    files: Vec<ProbedFile>,
    captions: Option<Captions>,
    alts: &[String],
    backend: &Backend,
) -> Result<Vec<ContentMedia>, Failure> {
    let mut media = Vec::new();
    for (file, alt) in files.into_iter().zip(alts.iter().map(Some).chain(std::iter::repeat(None))) {
        let stored = backend.add_media(file.name, file.bytes).await?;
        media.push(ContentMedia { id: stored.id, alt: alt.cloned(), captions: None });
    }
    if let (Some(Captions { file, language }), Some(video)) = (captions, media.first_mut()) {
        let id = backend.add_media(file.name, file.bytes).await?.id;
        video.captions = Some(ContentCaptions { id, language: language.to_string() });
    }
    Ok(media)
}

fn platform_name(account: &AccountView) -> PlatformName {
    match account.account.split('/').next() {
        Some("linkedin") => PlatformName::Linkedin,
        Some("bluesky") => PlatformName::Bluesky,
        Some("mastodon") => PlatformName::Mastodon,
        _ => PlatformName::Twitter,
    }
}

/// What `read` reads from stdin. Ctrl-C ends the wait for it.
async fn typed(
    read: impl FnOnce(&mut std::io::StdinLock<'static>, &mut String) -> std::io::Result<usize> + Send + 'static,
    what: &str,
) -> Result<String, Failure> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut typed = String::new();
        read(&mut std::io::stdin().lock(), &mut typed).map(|_| typed)
    });
    let read = reading.await.map_err(std::io::Error::other).and_then(|read| read);
    read.map_err(|error| Failure::failed("input/read", format!("{what} can't be read: {error}")))
}

async fn text(args: &Args, settings: &Settings) -> Result<String, Failure> {
    let given = match &args.text {
        Some(text) if text != "-" => text.clone(),
        None if settings.terminal.reads_terminal() => {
            return Err(Failure::usage("input/empty", "there is no text")
                .help("write it in quotes, or pipe it in: `tidings post --to x/acme < text.txt`"));
        }
        _ => typed(|stdin, piped| stdin.take(TEXT_BYTES_MAX).read_to_string(piped), "the text").await?,
    };
    let text = given.trim_end().to_owned();
    if text.is_empty() && args.media.is_empty() {
        return Err(Failure::usage("input/empty", "there is no text"));
    }
    Ok(text)
}

/// A file, probed before anything is sent.
struct ProbedFile {
    name: String,
    bytes: Vec<u8>,
    facts: MediaFacts,
}

fn file(path: &PathBuf) -> Result<ProbedFile, Failure> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::usage("project/unreadable", format!("`{name}` can't be read: {error}")))?;
    let facts = activities_media::probe(&bytes)
        .map_err(|error| Failure::failed(error.code(), format!("`{name}`: {error}")))?;
    Ok(ProbedFile { name, bytes, facts })
}

/// A captions file and its language.
struct Captions {
    file: ProbedFile,
    language: Language,
}

/// The captions, with the language that the name of their file says.
fn captions(args: &Args) -> Result<Option<Captions>, Failure> {
    let Some(path) = &args.captions else { return Ok(None) };
    if args.media.len() != 1 {
        return Err(Failure::usage("request/field", "--captions go with one --media, which is a video"));
    }
    let file = file(path)?;
    let Some(language) = Language::of_file(&file.name) else {
        let message = format!("the name of `{}` does not say in which language it is", file.name);
        return Err(Failure::usage("media/language", message).help("call it like `clip.en.srt`"));
    };
    Ok(Some(Captions { file, language }))
}

/// The accounts of these names, all of them active.
async fn accounts(names: &[AccountName], backend: &Backend) -> Result<Vec<AccountView>, Failure> {
    let known = backend.accounts().await?.accounts;
    let find = |name: &AccountName| {
        let name = name.to_string();
        let Some(found) = known.iter().find(|account| account.account == name) else {
            let all: Vec<&str> = known.iter().map(|account| account.account.as_str()).collect();
            let help = if all.is_empty() {
                "`tidings accounts connect x` connects one".to_owned()
            } else {
                format!("there are {}", all.join(", "))
            };
            return Err(
                Failure::failed("account/unknown", format!("there is no account `{name}`")).help(help)
            );
        };
        if found.status == "active" {
            return Ok(found.clone());
        }
        let status = found.status.replace('_', " ");
        Err(Failure::new(Exit::SignIn, "account/not-connected", format!("`{name}` is {status}"))
            .help("`tidings accounts connect` connects it again"))
    };
    names.iter().map(find).collect()
}

/// What will be published, before anybody is asked.
fn shown(text: &str, accounts: &[AccountView], args: &Args, at: Option<Timestamp>) -> String {
    let mut shown = String::new();
    for line in text.lines() {
        shown.push_str(&format!("  {DIM}│{DIM:#} {line}\n"));
    }
    for (index, path) in args.media.iter().enumerate() {
        let alt = args.alt.get(index).map_or("without alternative text", String::as_str);
        shown.push_str(&format!("  {DIM}│ [{}]{DIM:#} {alt}\n", path.display()));
    }
    if let Some(captions) = &args.captions {
        shown.push_str(&format!("  {DIM}│ [{}]{DIM:#} captions\n", captions.display()));
    }
    if let Some(link) = &args.link {
        shown.push_str(&format!("  {DIM}│{DIM:#} {link}\n"));
    }
    let when =
        at.map_or_else(|| "now".to_owned(), |at| format!("{} ({})", moment::local(at), moment::utc(at)));
    for account in accounts {
        let length = platform(account).map(|platform| {
            format!("  {DIM}{} of {}{DIM:#}", text_length(platform, text), text_length_max(platform))
        });
        shown.push_str(&format!(
            "  on {BOLD}{}{BOLD:#} {when}{}\n",
            account.account,
            length.unwrap_or_default()
        ));
    }
    shown
}

fn platform(account: &AccountView) -> Option<Platform> {
    account.account.split('/').next()?.parse().ok()
}

/// Nobody is asked about a text that a platform does not take.
fn fits(text: &str, accounts: &[AccountView]) -> Result<(), Failure> {
    for platform in accounts.iter().filter_map(platform) {
        let (length, max) = (text_length(platform, text), text_length_max(platform));
        if length > max {
            let message = format!("the text counts {length} on {}, which takes {max}", platform.title());
            return Err(Failure::failed("text/too-long", message)
                .help("shorten it; in a campaign file, `split: true` makes a thread of it on X"));
        }
    }
    Ok(())
}

async fn agreed(settings: &Settings) -> Result<bool, Failure> {
    if !settings.terminal.can_ask() {
        return Err(
            Failure::usage("input/not-asked", "nobody can be asked whether this is right").help("say --yes")
        );
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "Publish this? [y/N] ").and_then(|()| stderr.flush());
    let answer = typed(|stdin, line| stdin.read_line(line), "the answer").await?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// `2027-03-18 09:00` in `zone`, `2027-03-18T09:00:00+01:00`, or `+10m`.
fn instant(word: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let wrong = || {
        Failure::usage("time/invalid", format!("`{word}` in --at is not a time"))
            .help("write 2027-03-18 09:00, 2027-03-18T09:00:00Z or +10m")
    };
    if let Some(wait) = word.strip_prefix('+') {
        let wait = super::list::duration(wait).map_err(|_| wrong())?;
        return now.checked_add(wait).map_err(|_| wrong());
    }
    let local = word.parse::<Timestamp>().or_else(|error| {
        let civil: DateTime = word.replacen(' ', "T", 1).parse().map_err(|_| error)?;
        zone.to_ambiguous_zoned(civil).compatible().map(|zoned| zoned.timestamp())
    });
    let at = local.map_err(|_| wrong())?;
    if at.checked_add(SignedDuration::from_secs(60)).is_ok_and(|late| late < now) {
        return Err(Failure::usage("time/past", format!("`{word}` in --at has passed"))
            .help("leave --at out to publish now"));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_exact_or_from_now() {
        let now: Timestamp = "2027-03-01T08:00:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |word: &str| instant(word, now, &zone).map(|at| at.to_string()).map_err(|error| error.code);
        assert_eq!(at("2027-03-18 09:00").unwrap(), "2027-03-18T08:00:00Z");
        assert_eq!(at("2027-03-18T09:00:00-05:00").unwrap(), "2027-03-18T14:00:00Z");
        assert_eq!(at("+10m").unwrap(), "2027-03-01T08:10:00Z");
        assert_eq!(at("2027-02-01 09:00").unwrap_err(), "time/past");
        for bad in ["tomorrow", "+soon", "", "09:00", "2027-13-01 09:00"] {
            assert_eq!(at(bad).unwrap_err(), "time/invalid", "{bad}");
        }
    }
}
