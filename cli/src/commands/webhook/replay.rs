//! `tidings webhooks replay` and `test`.

use jiff::Timestamp;
use server::api::webhook_endpoint::ReplayRequest;

use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;

const REPLAY_EXAMPLES: &str = "\
Examples:
  tidings webhooks replay whe_0123 --since 2027-03-18T00:00:00Z
  tidings webhooks replay whe_0123 --delivery msg_0123

Receivers that remember the webhook-id do nothing twice.";

const TEST_EXAMPLES: &str = "\
Examples:
  tidings webhooks test whe_0123
  tidings webhooks deliveries whe_0123      how it went";

#[derive(Debug, clap::Args)]
#[command(after_help = REPLAY_EXAMPLES)]
pub(crate) struct ReplayArgs {
    /// The endpoint's id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    what: What,
}

#[derive(Debug, clap::Args)]
#[group(id = "what", required = true, multiple = false)]
struct What {
    /// Everything since then that it wants to know
    #[arg(long, value_name = "INSTANT")]
    since: Option<Timestamp>,
    /// One delivery
    #[arg(long, value_name = "DELIVERY")]
    delivery: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = TEST_EXAMPLES)]
pub(crate) struct TestArgs {
    /// The endpoint's id
    #[arg(value_name = "ID")]
    id: String,
}

pub(crate) async fn replay(args: &ReplayArgs, settings: &Settings) -> Ended {
    let What { since, delivery } = &args.what;
    let request = ReplayRequest { delivery_id: delivery.clone(), since: *since };
    let backend = find(settings, Need::Write).await?;
    let replayed = backend.replay(&args.id, request).await?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "replayed": replayed.replayed, "moreSince": replayed.more_since,
        }))?;
        return Ok(Exit::Ok);
    }
    settings.terminal.result(&format!("{} will be sent again", replayed.replayed))?;
    if let Some(since) = replayed.more_since {
        settings.terminal.note(&format!("there is more: --since {since}"));
    }
    if !backend.is_served() {
        settings.terminal.note("nothing is sent until `tidings up` runs");
    }
    Ok(Exit::Ok)
}

pub(crate) async fn test(args: &TestArgs, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    let asked = backend.test_endpoint(&args.id).await?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "deliveryId": asked.delivery_id}))?;
        return Ok(Exit::Ok);
    }
    settings.terminal.result(&format!("{} is on its way", asked.delivery_id))?;
    if !backend.is_served() {
        settings.terminal.note("nothing is sent until `tidings up` runs");
    }
    Ok(Exit::Ok)
}
