//! Figures in Prometheus's text format.

mod names;
mod traffic;

use activities_data::figures::{self, QueueFigures};
use activities_data::outbox;
use jiff::{SignedDuration, Timestamp};

use crate::app::operation::{WorkflowHome, pollers};
use crate::app::{App, AppError};
use names::{Figure, Kind};
pub(crate) use traffic::{Traffic, observe};

/// The content type of the text.
pub(crate) const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";
/// What waits for longer is late.
const LATE_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Accesses that end within this must be renewed soon.
const ENDING_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The text of all figures now.
///
/// # Errors
/// [`AppError::Ledger`] while the ledger does not answer.
pub(crate) async fn exposition(
    app: &App,
    home: Option<&dyn WorkflowHome>,
    traffic: &Traffic,
) -> Result<String, AppError> {
    let mut text = Text::default();
    of_process(&mut text, traffic);
    let now = app.clock.now();
    let mut conn = app.db.reader().await?;
    text.family(Figure::Publications, "state", figures::publications(&mut conn).await?);
    let queues = [
        ("publishing", figures::publishing(&mut conn, now).await?),
        ("analytics", figures::analytics(&mut conn, now).await?),
    ];
    of_queues(&mut text, &queues, now);
    let (waiting, oldest_at) = outbox::backlog(&mut conn).await?;
    text.value(Figure::OutboxWaiting, waiting as f64);
    text.value(Figure::OutboxOldestAge, age(oldest_at, now));
    text.family(Figure::Accounts, "status", figures::accounts(&mut conn).await?);
    let until = now.saturating_add(ENDING_WITHIN).unwrap_or(Timestamp::MAX);
    text.value(Figure::TokensEnding, figures::ending(&mut conn, until).await? as f64);
    text.family(Figure::WebhookEndpoints, "state", figures::endpoints(&mut conn).await?);
    let before = now.saturating_sub(LATE_AFTER).unwrap_or(Timestamp::MIN);
    let (deliveries, events) = figures::webhooks(&mut conn, before).await?;
    text.value(Figure::WebhookDeliveriesLate, deliveries as f64);
    text.value(Figure::WebhookEventsLate, events as f64);
    drop(conn);
    if let Some(home) = home
        && let Ok(workers) = home.workers().await
    {
        let of = queues.iter().map(|(name, _)| ((*name).to_owned(), pollers(&workers, name)));
        text.family(Figure::QueuePollers, "queue", of.collect());
    }
    Ok(text.0)
}

fn of_process(text: &mut Text, traffic: &Traffic) {
    text.head(Figure::BuildInfo);
    text.line(Figure::BuildInfo.as_str(), &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    text.value(Figure::StartTime, traffic.started_s());
    if let Some(bytes) = resident_bytes() {
        text.value(Figure::ResidentMemory, bytes as f64);
    }
    text.value(Figure::HttpRunning, traffic.running() as f64);
    text.value(Figure::HttpConnections, traffic.connections() as f64);
    let seen = traffic.seen();
    text.head(Figure::HttpRequests);
    for ((method, route, status), count) in &seen.answered {
        let labels = [("method", method.as_str()), ("route", route), ("status", &status.to_string())];
        text.line(Figure::HttpRequests.as_str(), &labels, *count as f64);
    }
    text.head(Figure::HttpSeconds);
    let name = Figure::HttpSeconds.as_str();
    let mut sum = 0;
    for (index, count) in seen.buckets.iter().enumerate() {
        sum += count;
        let end =
            traffic::BUCKETS_MS.get(index).map_or("+Inf".to_owned(), |ms| (*ms as f64 / 1e3).to_string());
        text.line(&format!("{name}_bucket"), &[("le", &end)], sum as f64);
    }
    text.line(&format!("{name}_sum"), &[], seen.took.as_secs_f64());
    text.line(&format!("{name}_count"), &[], sum as f64);
}

fn of_queues(text: &mut Text, queues: &[(&str, QueueFigures)], now: Timestamp) {
    type Read = fn(&QueueFigures) -> u64;
    let counts: [(Figure, Read); 5] = [
        (Figure::QueueWaiting, |figures| figures.waiting),
        (Figure::QueueRunning, |figures| figures.running),
        (Figure::QueueDelayed, |figures| figures.delayed),
        (Figure::QueueCompleted, |figures| figures.completed),
        (Figure::QueueFailed, |figures| figures.failed),
    ];
    for (figure, read) in counts {
        let of = queues.iter().map(|(name, figures)| ((*name).to_owned(), read(figures)));
        text.family(figure, "queue", of.collect());
    }
    text.head(Figure::QueueOldestAge);
    for (name, figures) in queues {
        text.line(Figure::QueueOldestAge.as_str(), &[("queue", name)], age(figures.oldest_at, now));
    }
}

/// Seconds since `at`, 0 where there is nothing.
fn age(at: Option<Timestamp>, now: Timestamp) -> f64 {
    at.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0))
}

/// Memory that the process holds, where the system tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The text as it grows.
#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, figure: Figure) {
        let (name, kind) = (figure.as_str(), figure.kind());
        debug_assert!(kind != Kind::Counter || name.ends_with("_total"), "{name}");
        self.0.push_str(&format!("# HELP {name} {}\n# TYPE {name} {}\n", figure.meaning(), kind.as_str()));
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.0.push_str(&format!("{name}{labels} {value}\n"));
    }

    fn value(&mut self, figure: Figure, value: f64) {
        self.head(figure);
        self.line(figure.as_str(), &[], value);
    }

    fn family(&mut self, figure: Figure, label: &str, values: Vec<(String, u64)>) {
        self.head(figure);
        for (word, count) in values {
            self.line(figure.as_str(), &[(label, &word)], count as f64);
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let mut text = Text::default();
        text.family(Figure::Accounts, "status", vec![("act\"ive".to_owned(), 2)]);
        let expected = "# HELP tidings_accounts Accounts by status\n# TYPE tidings_accounts gauge\n\
                        tidings_accounts{status=\"act\\\"ive\"} 2\n";
        assert_eq!(text.0, expected);
    }

    #[test]
    fn no_traffic_is_told_as_none() {
        let mut text = Text::default();
        of_process(&mut text, &Traffic::default());
        assert!(
            text.0.contains("tidings_http_request_duration_seconds_bucket{le=\"+Inf\"} 0\n"),
            "{}",
            text.0
        );
    }
}
