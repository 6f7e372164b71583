//! `tidings webhooks add`, `change`, `rotate` and `remove`.

use server::api::webhook_endpoint::{
    EndpointChange, EndpointMade, EndpointRequest, EndpointView, NoticeType, RotationRequest,
};

use super::list::status;
use crate::backend::{Need, find};
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;
use crate::terminal::BOLD;

const ADD_EXAMPLES: &str = "\
Examples:
  tidings webhooks add https://app.acme.dev/tidings
  tidings webhooks add https://app.acme.dev/failures --event publication.failed --event publication.held

Requests are signed after Standard Webhooks 1.0 with the secret that is shown once. Events: publication.published,
publication.failed, publication.held, publication.needs_approval, account.needs_reconnect, campaign.finished;
all of them where none is named.";

const CHANGE_EXAMPLES: &str = "\
Examples:
  tidings webhooks change whe_0123 --enable
  tidings webhooks change whe_0123 --url https://app.acme.dev/new

After `--enable`, `tidings webhooks replay whe_0123 --since …` sends what it missed.";

const ROTATE_EXAMPLES: &str = "\
Examples:
  tidings webhooks rotate whe_0123
  tidings webhooks rotate whe_0123 --overlap 0      the former secret signs nothing any more";

const REMOVE_EXAMPLES: &str = "\
Examples:
  tidings webhooks remove whe_0123
  tidings webhooks change whe_0123 --disable        switches it off instead";

#[derive(Debug, clap::Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct AddArgs {
    /// The address that requests go to
    #[arg(value_name = "URL")]
    url: String,
    /// Tell it of this; may be repeated
    #[arg(long, value_name = "EVENT", value_parser = event)]
    event: Vec<NoticeType>,
    /// What people know it by
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = CHANGE_EXAMPLES)]
pub(crate) struct ChangeArgs {
    /// The endpoint's id
    #[arg(value_name = "ID")]
    id: String,
    /// The address that requests go to
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Tell it of this instead of what it was told of; may be repeated
    #[arg(long, value_name = "EVENT", value_parser = event)]
    event: Vec<NoticeType>,
    /// What people know it by
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Switch it on again
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Switch it off
    #[arg(long)]
    disable: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = ROTATE_EXAMPLES)]
pub(crate) struct RotateArgs {
    /// The endpoint's id
    #[arg(value_name = "ID")]
    id: String,
    /// For how long both secrets sign, at most 168 [default: 24]
    #[arg(long, value_name = "HOURS")]
    overlap: Option<u32>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct RemoveArgs {
    /// The endpoint's id
    #[arg(value_name = "ID")]
    id: String,
}

/// An event as it is written.
fn event(word: &str) -> Result<NoticeType, String> {
    serde_json::from_value(word.into()).map_err(|_| {
        "use publication.published, publication.failed, publication.held, publication.needs_approval, \
         account.needs_reconnect or campaign.finished"
            .to_owned()
    })
}

pub(crate) async fn add(args: &AddArgs, settings: &Settings) -> Ended {
    let request = EndpointRequest {
        url: args.url.clone(),
        events: (!args.event.is_empty()).then(|| args.event.clone()),
        description: args.description.clone(),
    };
    let made = find(settings, Need::Write).await?.make_endpoint(request).await?;
    tell_secret(&made, settings)
}

pub(crate) async fn change(args: &ChangeArgs, settings: &Settings) -> Ended {
    let change = EndpointChange {
        url: args.url.clone(),
        events: (!args.event.is_empty()).then(|| args.event.clone()),
        description: args.description.clone(),
        enabled: (args.enable || args.disable).then_some(args.enable),
    };
    if change == EndpointChange::default() {
        return Err(Failure::usage("request/field", "there is nothing to change")
            .help("say it with --url, --event, --description, --enable or --disable"));
    }
    tell(&find(settings, Need::Write).await?.change_endpoint(&args.id, change).await?, settings)
}

pub(crate) async fn rotate(args: &RotateArgs, settings: &Settings) -> Ended {
    let request = RotationRequest { overlap_hours: args.overlap };
    let made = find(settings, Need::Write).await?.rotate_endpoint(&args.id, request).await?;
    tell_secret(&made, settings)
}

pub(crate) async fn remove(args: &RemoveArgs, settings: &Settings) -> Ended {
    tell(&find(settings, Need::Write).await?.revoke_endpoint(&args.id).await?, settings)
}

fn tell(endpoint: &EndpointView, settings: &Settings) -> Ended {
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "endpoint": endpoint}))?;
    } else {
        settings.terminal.result(&format!("{} is {}", endpoint.id, status(endpoint)))?;
    }
    Ok(Exit::Ok)
}

fn tell_secret(made: &EndpointMade, settings: &Settings) -> Ended {
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "endpoint": made}))?;
        return Ok(Exit::Ok);
    }
    settings.terminal.result(&format!("{BOLD}{}{BOLD:#} tells {}", made.view.id, made.view.url))?;
    settings.terminal.result(&format!("secret: {}", made.secret))?;
    settings.terminal.note("the secret is not shown again");
    Ok(Exit::Ok)
}
