//! Every figure of `/metrics`: its name, its kind, and what it means. `docs/operations.md` lists them; a test
//! holds the list against this file.

/// What a figure may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only grows while the process runs.
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

macro_rules! figures {
    ($($name:ident = $word:literal, $kind:ident, $meaning:literal;)+) => {
        /// A figure by its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Figure { $($name,)+ }

        impl Figure {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)+];

            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            pub(crate) const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)+ }
            }

            /// A sentence without a full stop.
            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

figures! {
    BuildInfo = "tidings_build_info", Gauge, "1, with the program's version";
    StartTime = "tidings_start_time_seconds", Gauge, "When the server of this process started, in seconds since 1970";
    ResidentMemory = "tidings_resident_memory_bytes", Gauge, "Memory that the process holds";
    HttpRequests = "tidings_http_requests_total", Counter, "Requests answered, by method, route and status";
    HttpSeconds = "tidings_http_request_duration_seconds", Histogram, "From a request's head to its answer's";
    HttpRunning = "tidings_http_requests_running", Gauge, "Requests that are being answered";
    HttpConnections = "tidings_http_connections", Gauge, "Connections of callers, those that ask nothing included";
    Publications = "tidings_publications", Gauge, "Publications by state of the ledger";
    QueueWaiting = "tidings_queue_waiting", Gauge, "Work that is due and not begun, by queue";
    QueueRunning = "tidings_queue_running", Gauge, "Work under way, by queue";
    QueueDelayed = "tidings_queue_delayed", Gauge, "Work that is not due yet, by queue";
    QueueCompleted = "tidings_queue_completed_last_day", Gauge, "Work done in the last 24 hours, by queue";
    QueueFailed = "tidings_queue_failed_last_day", Gauge, "Work that failed in the last 24 hours, by queue";
    QueueOldestAge = "tidings_queue_oldest_age_seconds", Gauge, "How long the oldest waiting work has been due, by queue";
    QueuePollers = "tidings_queue_pollers", Gauge, "Long polls of workers, by queue; absent while the home does not answer";
    OutboxWaiting = "tidings_outbox_waiting", Gauge, "Messages to the home of the workflows that are to be carried";
    OutboxOldestAge = "tidings_outbox_oldest_age_seconds", Gauge, "Age of the oldest of them";
    Accounts = "tidings_accounts", Gauge, "Accounts by status";
    TokensEnding = "tidings_tokens_ending", Gauge, "Accounts whose access ends within 7 days and that a person must renew";
    WebhookEndpoints = "tidings_webhook_endpoints", Gauge, "Endpoints of applications by state";
    WebhookDeliveriesLate = "tidings_webhook_deliveries_late", Gauge, "Deliveries to active endpoints that wait for more than 5 minutes";
    WebhookEventsLate = "tidings_webhook_events_late", Gauge, "Events of platforms that wait for more than 5 minutes to be acted upon";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_guide_and_the_alerts_know_the_figures_that_there_are() {
        let ours: BTreeSet<&str> = Figure::ALL.iter().map(|figure| figure.as_str()).collect();
        let guide = include_str!("../../../../docs/operations.md");
        let told: BTreeSet<&str> = guide
            .lines()
            .filter_map(|line| line.strip_prefix("| `tidings_"))
            .filter_map(|line| line.split('`').next())
            .collect();
        let bare: BTreeSet<&str> = ours.iter().map(|name| name.trim_start_matches("tidings_")).collect();
        assert_eq!(told, bare, "docs/operations.md lists other figures than names.rs");
        for (file, text) in [
            ("docs/alerts.yaml", include_str!("../../../../docs/alerts.yaml")),
            ("docs/grafana.json", include_str!("../../../../docs/grafana.json")),
        ] {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let used = text.split(|c| !is_word(c)).filter(|word| word.starts_with("tidings_"));
            for word in used {
                let name = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
                assert!(
                    ours.contains(word) || name.is_some_and(|name| ours.contains(name)),
                    "{file}: `{word}`"
                );
            }
        }
    }
}
