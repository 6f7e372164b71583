//! `tidings pause` and `tidings resume`: facts of the moment, which no apply undoes.

use server::api::control::{PauseList, PauseRequest, PauseView};
use server::api::publication::PublicationView;

use crate::backend::{Need, find};
use crate::completing;
use crate::exit::{Ended, Exit};
use crate::settings::Settings;
use crate::terminal::moment;

const PAUSE_EXAMPLES: &str = "\
Examples:
  tidings pause                           what is paused
  tidings pause --campaign launch
  tidings pause --account x/acme --reason \"handover\"
  tidings pause --platform linkedin
  tidings pause --all

Nothing more is sent there until `tidings resume`. What is being sent at the moment is not interrupted.";

const RESUME_EXAMPLES: &str = "\
Examples:
  tidings resume --campaign launch
  tidings resume --all

What is late by then goes by `catch_up`, with spacing: never a burst. `resume --all` lifts the pause of
everything, as after a restore; pauses of a campaign, an account or a platform are lifted by their own name.";

#[derive(Debug, clap::Args)]
#[command(after_help = PAUSE_EXAMPLES)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    scope: Scope,
    /// Why, for those who look later
    #[arg(long, value_name = "TEXT", requires = "scope")]
    reason: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = RESUME_EXAMPLES)]
#[command(mut_group("scope", |group| group.required(true)))]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    scope: Scope,
}

#[derive(Debug, clap::Args)]
#[group(id = "scope", multiple = false)]
struct Scope {
    /// A campaign by name
    #[arg(long, value_name = "CAMPAIGN", add = completing::campaigns())]
    campaign: Option<String>,
    /// An account, as `platform/handle`
    #[arg(long, value_name = "ACCOUNT", add = completing::accounts())]
    account: Option<String>,
    /// Every account of a platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Everything
    #[arg(long)]
    all: bool,
}

impl Scope {
    fn is_named(&self) -> bool {
        self.all || self.campaign.is_some() || self.account.is_some() || self.platform.is_some()
    }

    fn request(&self, reason: Option<String>) -> PauseRequest {
        let Self { campaign, account, platform, all } = self;
        PauseRequest {
            campaign: campaign.clone(),
            account: account.clone(),
            platform: platform.clone(),
            all: *all,
            reason,
        }
    }
}

pub(crate) async fn pause(args: &PauseArgs, settings: &Settings) -> Ended {
    if !args.scope.is_named() {
        return tell(&find(settings, Need::Read).await?.pauses().await?, "", settings);
    }
    let backend = find(settings, Need::Write).await?;
    let list = backend.pause(args.scope.request(args.reason.clone())).await?;
    tell(&list, "it was paused already", settings)
}

pub(crate) async fn resume(args: &ResumeArgs, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    let list = backend.resume(args.scope.request(None)).await?;
    tell(&list, "it was not paused", settings)
}

fn tell(list: &PauseList, unchanged: &str, settings: &Settings) -> Ended {
    if settings.json {
        settings.terminal.json(list)?;
        return Ok(Exit::Ok);
    }
    if list.changed == Some(false) {
        settings.terminal.note(unchanged);
    }
    if list.pauses.is_empty() {
        settings.terminal.result("nothing is paused")?;
    }
    for pause in &list.pauses {
        settings.terminal.result(&line(pause))?;
    }
    Ok(Exit::Ok)
}

/// What a pause stops: `account x/acme`, `everything`.
pub(super) fn paused_thing(pause: &PauseView) -> String {
    let PauseView { kind, name, .. } = pause;
    if name.is_empty() { "everything".to_owned() } else { format!("{kind} {name}") }
}

/// What `tidings resume` takes to end it.
pub(crate) fn resume_flag(pause: &PauseView) -> String {
    let PauseView { kind, name, .. } = pause;
    if name.is_empty() { format!("--{kind}") } else { format!("--{kind} {name}") }
}

/// Whether a pause stops a publication that is still to be sent.
pub(super) fn stops(pause: &PauseView, row: &PublicationView) -> bool {
    if !matches!(row.state.as_str(), "planned" | "awaiting_approval") {
        return false;
    }
    match pause.kind.as_str() {
        "campaign" => row.campaign.as_ref() == Some(&pause.name),
        "account" => row.account == pause.name,
        "platform" => row.platform == pause.name,
        _ => true,
    }
}

fn line(pause: &PauseView) -> String {
    let PauseView { paused_by, reason, paused_at, .. } = pause;
    let what = paused_thing(pause);
    let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("paused {what}, since {} by {paused_by}{why}", moment::local(*paused_at))
}
