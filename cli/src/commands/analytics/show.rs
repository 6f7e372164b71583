//! `tidings analytics`: how posts do, with a line of blocks per number.

use comfy_table::Cell;
use jiff::civil::Date;
use serde_json::Value;
use server::api::analytics::{AnalyticsQuery, AnalyticsView, Metrics};
use server::api::post::PlatformName;

use super::sparkline::{increments, sparkline};
use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;
use crate::terminal::table::{render, table};

const EXAMPLES: &str = "\
Examples:
  tidings analytics
  tidings analytics --platform x --from 2027-03-01 --to 2027-03-31
  tidings analytics --json | jq .summary

Posts are those published on these days, in the organization's zone; 30 days up to today where unsaid. Each block is
what a day added. `–` is a number that the platform does not offer, which is not 0.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only this platform: x, linkedin
    #[arg(long, value_name = "PLATFORM", value_parser = platform)]
    platform: Option<PlatformName>,
    /// The first day
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
}

fn platform(word: &str) -> Result<PlatformName, String> {
    let word = if word.eq_ignore_ascii_case("x") { "TWITTER".to_owned() } else { word.to_uppercase() };
    serde_json::from_value(word.into()).map_err(|_| "use x or linkedin".to_owned())
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let query = AnalyticsQuery { platform: args.platform, start_date: args.from, end_date: args.to };
    let found = find(settings, Need::Read).await?.analytics(&query).await?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "startDate": found.start_date, "endDate": found.end_date,
            "summary": found.summary, "series": found.series, "posts": found.posts,
        }))?;
        return Ok(Exit::Ok);
    }
    let AnalyticsView { start_date, end_date, summary, series, posts } = found;
    settings.terminal.result(&format!("{posts} posts published from {start_date} to {end_date}"))?;
    if summary.is_empty() {
        settings.terminal.note("nothing was counted yet: the first count comes an hour after a post");
        return Ok(Exit::Ok);
    }
    let mut rows = table(&settings.terminal, &["metric", "total", "by day"]);
    for (name, total) in &summary {
        let counted: Vec<Option<f64>> = series.iter().map(|day| number(&day.metrics, name)).collect();
        // Rates are of the day already.
        let by_day = if name.ends_with("Rate") { counted } else { increments(&counted) };
        rows.add_row([Cell::new(name), Cell::new(shown(total, name)), Cell::new(sparkline(&by_day))]);
    }
    settings.terminal.result(&render(&rows))?;
    Ok(Exit::Ok)
}

fn number(metrics: &Metrics, name: &str) -> Option<f64> {
    metrics.get(name).and_then(Value::as_f64)
}

fn shown(total: &Value, name: &str) -> String {
    match total.as_f64() {
        None => "–".to_owned(),
        Some(total) if name.ends_with("Rate") => format!("{total:.2} %"),
        Some(total) => format!("{total}"),
    }
}
