//! What came of a commit, told to an address that someone named: a signed POST that a host's API, a chat or a
//! small function can turn into a commit status.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use url::Url;

use crate::api::campaign::DiagnosticView;
use crate::app::Outside;
use crate::app::outside::told;
use crate::app::webhooks::signature;
use crate::project::git::{Commit, GitError, Source};
use crate::watch::outcome::Outcome;

/// How long an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
/// Problems of one file that are told: the first are enough to find the rest with `tidings validate`.
const PROBLEMS_MAX: usize = 20;

/// Who hears what came of commits.
#[derive(Clone, Debug)]
pub struct StatusTarget {
    pub url: Url,
    /// What reports are signed with.
    pub secret: Option<SecretString>,
}

/// What came of one commit.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    version: u32,
    repository: String,
    #[serde(rename = "ref")]
    reference: String,
    commit: String,
    author: String,
    message: String,
    /// `success`, `failure` (a campaign is wrong) or `error` (the commit can't be read).
    state: &'static str,
    /// In a sentence, short enough for a status.
    description: String,
    campaigns: Vec<FileReport>,
}

/// What came of one file.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileReport {
    file: String,
    campaign: Option<String>,
    /// What runs now because of it.
    revision: Option<u64>,
    /// Why it is not what runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<DiagnosticView>,
}

impl Report {
    pub(super) fn of<'o>(
        source: &Source,
        commit: &Commit,
        outcomes: impl Iterator<Item = (String, Option<&'o str>, &'o Outcome)>,
    ) -> Self {
        let campaigns: Vec<FileReport> = outcomes
            .map(|(file, campaign, outcome)| {
                let (revision, why, problems) = match outcome {
                    Outcome::Applied { revision, .. } => (Some(*revision), None, Vec::new()),
                    Outcome::Problems(found) => {
                        let errors = found.iter().filter(|one| one.severity == "error");
                        (None, outcome.stale_reason(&file), errors.take(PROBLEMS_MAX).cloned().collect())
                    }
                    Outcome::Refused { .. } => (None, outcome.stale_reason(&file), Vec::new()),
                };
                FileReport { file, campaign: campaign.map(str::to_owned), revision, why, problems }
            })
            .collect();
        let wrong: Vec<&FileReport> = campaigns.iter().filter(|one| one.revision.is_none()).collect();
        let (state, description) = match (wrong.first(), campaigns.len()) {
            (None, 0) => ("error", "there is no campaign in it".to_owned()),
            (None, all) => ("success", format!("{all} of {all} campaigns run as in this commit")),
            (Some(first), all) => {
                let (good, why) = (all - wrong.len(), first.why.clone().unwrap_or_default());
                ("failure", format!("{good} of {all} campaigns run as in this commit; {why}"))
            }
        };
        Self { campaigns, ..Self::new(source, commit, state, description) }
    }

    pub(super) fn unreadable(source: &Source, commit: &Commit, error: &GitError) -> Self {
        Self::new(source, commit, "error", error.to_string())
    }

    fn new(source: &Source, commit: &Commit, state: &'static str, description: String) -> Self {
        Self {
            version: 1,
            repository: source.shown(),
            reference: source.reference.clone(),
            commit: commit.id.clone(),
            author: commit.author.clone(),
            message: commit.message.clone(),
            state,
            description,
            campaigns: Vec::new(),
        }
    }
}

impl StatusTarget {
    /// Sends a report, signed in both ways that our own webhooks take: Standard Webhooks, and `X-Signature`.
    ///
    /// # Errors
    /// Why it was not taken.
    pub(super) async fn send(&self, report: &Report, now: Timestamp) -> Result<(), String> {
        let body = serde_json::to_vec(report).map_err(|error| error.to_string())?;
        // The operator named the address, who may reach everything from here.
        let anywhere = Outside { private_networks: true, ..Outside::default() };
        let client = anywhere.client(ANSWER_TIME_MAX).map_err(|error| error.to_string())?;
        let mut request = client.post(self.url.clone()).header("content-type", "application/json");
        if let Some(secret) = &self.secret {
            let (id, stamp) = (format!("git_{}_{}", report.commit, report.state), now.as_second());
            request = request
                .header("x-signature", signature::hex_of(secret, &body))
                .header("webhook-signature", signature::standard(secret, &id, stamp, &body))
                .header("webhook-timestamp", stamp.to_string())
                .header("webhook-id", id);
        }
        let answer = request.body(body).send().await.map_err(|error| told(&error))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("the answer was {}", status.as_u16())) }
    }
}
