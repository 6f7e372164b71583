//! `tidings webhooks deliveries`.

use server::api::webhook_endpoint::{DeliveryQuery, DeliveryStatus, DeliveryView};

use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;
use crate::terminal::moment;

const EXAMPLES: &str = "\
Examples:
  tidings webhooks deliveries whe_0123
  tidings webhooks deliveries whe_0123 --status failed --limit 100";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The endpoint's id
    #[arg(value_name = "ID")]
    id: String,
    /// Only these: waiting, delivered, failed
    #[arg(long, value_name = "STATUS", value_parser = status)]
    status: Option<DeliveryStatus>,
    /// How many, the newest first [default: 20]
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
    /// Those older than this delivery
    #[arg(long, value_name = "DELIVERY")]
    before: Option<String>,
}

fn status(word: &str) -> Result<DeliveryStatus, String> {
    serde_json::from_value(word.into()).map_err(|_| "use waiting, delivered or failed".to_owned())
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let query = DeliveryQuery { status: args.status, before: args.before.clone(), limit: args.limit };
    let list = find(settings, Need::Read).await?.deliveries(&args.id, &query).await?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "deliveries": list.deliveries, "next": list.next,
        }))?;
        return Ok(Exit::Ok);
    }
    if list.deliveries.is_empty() {
        settings.terminal.note("there are no such deliveries");
    }
    for delivery in &list.deliveries {
        settings.terminal.result(&told(delivery))?;
    }
    if let Some(next) = &list.next {
        settings.terminal.note(&format!("there are more: --before {next}"));
    }
    Ok(Exit::Ok)
}

fn told(delivery: &DeliveryView) -> String {
    let mut text = format!(
        "{} {} {} {}",
        delivery.id,
        moment::local(delivery.timestamp),
        word(delivery.r#type),
        word(delivery.status)
    );
    if let Some(next) = delivery.next_attempt_at {
        text.push_str(&format!(", next at {}", moment::local(next)));
    }
    for attempt in &delivery.attempts {
        let answer = match (attempt.http_status, &attempt.error) {
            (_, Some(error)) => error.clone(),
            (Some(status), None) => status.to_string(),
            (None, None) => "no answer".to_owned(),
        };
        let at = moment::local(attempt.at);
        text.push_str(&format!("\n  {}. {at}, {} ms: {answer}", attempt.number, attempt.took_ms));
    }
    text
}

/// The API's word for a value.
fn word(value: impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
