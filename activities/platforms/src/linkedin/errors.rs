//! The total table of outcomes of creating a post on LinkedIn, and of everything else that is asked of it.
//!
//! Its layers answer in three shapes (`serviceErrorCode`, `code`, `errorDetails.inputErrors`), which are
//! read leniently: nothing in them is needed to settle an outcome.

use secrecy::SecretString;
use serde_json::Value;

use crate::http::{Body, Lost, Reply};
use crate::linkedin::urn;
use crate::status::Status;
use crate::{Failure, Outcome, codes, wording};

/// "Resource level throttle limit for calls to this resource is reached."
const SERVICE_CODE_THROTTLE: i64 = 101;
/// At most so many input errors are looked at.
const ENTRIES_MAX: usize = 20;

/// What came of an attempt to create something; `created` reads its id from a success.
pub(super) fn outcome(
    reply: &Result<Reply, Lost>,
    token: &SecretString,
    created: impl Fn(&Reply) -> Option<Created>,
) -> Outcome {
    let reply = match reply {
        Ok(reply) => reply,
        Err(Lost::NotSent(message)) => return Outcome::NotSent { message: wording::plain(message, token) },
        Err(Lost::NoAnswer(message)) => {
            return Outcome::Ambiguous { message: wording::plain(message, token) };
        }
    };
    let problem = Problem::of(reply, token);
    let message = problem.story(reply);
    match Status::of(reply.status) {
        Status::Taken => match created(reply) {
            Some(Created { platform_post_id, url }) => Outcome::Accepted { platform_post_id, url },
            None => Outcome::Ambiguous { message },
        },
        Status::SignIn => Outcome::SignIn { message },
        // LinkedIn names no time: its quotas end at 00:00 UTC, and shorter ones are not told.
        Status::Throttled => Outcome::Throttled { until: None, message },
        // It may have said that the post exists already.
        Status::Refused if matches!(reply.body, Body::Broken(_)) => Outcome::Ambiguous { message },
        Status::Refused if problem.is_throttling() => Outcome::Throttled { until: None, message },
        Status::Refused if problem.is_duplicate() => {
            Outcome::Duplicate { existing: problem.existing, message }
        }
        Status::Refused => {
            let (code, remedy) = meaning(reply.status, &problem);
            Outcome::Definite { code: code.to_owned(), message, remedy: remedy.map(str::to_owned) }
        }
        Status::Unsettled => Outcome::Ambiguous { message },
    }
}

/// What a success created.
pub(super) struct Created {
    pub(super) platform_post_id: String,
    pub(super) url: String,
}

/// Why a request that publishes nothing failed.
pub(super) fn failure(reply: &Reply, token: &SecretString) -> Failure {
    let problem = Problem::of(reply, token);
    let message = problem.story(reply);
    match Status::of(reply.status) {
        Status::SignIn => Failure::SignIn(message),
        Status::Throttled => Failure::Throttled { until: None, message },
        Status::Refused if problem.is_throttling() => Failure::Throttled { until: None, message },
        Status::Refused => {
            let (code, _) = meaning(reply.status, &problem);
            Failure::Permanent { code: code.to_owned(), message }
        }
        Status::Taken | Status::Unsettled => Failure::Transient(message),
    }
}

/// The answer, when it is a success.
pub(super) fn succeeded(reply: Result<Reply, Lost>, token: &SecretString) -> Result<Reply, Failure> {
    let reply = reply.map_err(|lost| Failure::Transient(wording::plain(&lost.to_string(), token)))?;
    match Status::of(reply.status) {
        Status::Taken => Ok(reply),
        Status::SignIn | Status::Throttled | Status::Refused | Status::Unsettled => {
            Err(failure(&reply, token))
        }
    }
}

/// The code of a refusal, and what a person can do about it. Each has a page under `docs/errors`.
fn meaning(status: u16, problem: &Problem) -> (&'static str, Option<&'static str>) {
    let told = |code: &str| problem.codes.iter().any(|known| known == code);
    match status {
        426 => (
            codes::LINKEDIN_VERSION_RETIRED,
            Some("LinkedIn no longer answers for this version: upgrade Tidings or set a newer one"),
        ),
        400 | 422 if told("FIELD_ARRAY_SIZE_TOO_HIGH") => {
            (codes::LINKEDIN_TOO_LONG, Some("shorten what LinkedIn names as too long"))
        }
        400 | 422 => (codes::LINKEDIN_INVALID_REQUEST, None),
        403 => (
            codes::LINKEDIN_FORBIDDEN,
            Some("check the app's products, the granted scopes and, for a page, the member's role there"),
        ),
        404 | 410 => (codes::LINKEDIN_NOT_FOUND, None),
        413 => (codes::LINKEDIN_TOO_LARGE, None),
        _ => (codes::LINKEDIN_REFUSED, None),
    }
}

/// What an error answer says, whatever its shape.
struct Problem {
    message: String,
    codes: Vec<String>,
    service_code: Option<i64>,
    existing: Option<String>,
    duplicate_words: bool,
}

impl Problem {
    fn of(reply: &Reply, token: &SecretString) -> Self {
        let content = reply.json();
        let inputs = content["errorDetails"]["inputErrors"].as_array();
        let inputs: Vec<&Value> = inputs.into_iter().flatten().take(ENTRIES_MAX).collect();
        let said = content["message"].as_str().unwrap_or_default();
        let described = inputs.iter().find_map(|input| input["description"].as_str()).unwrap_or_default();
        let mut message = if said.is_empty() { described } else { said }.to_owned();
        if let (true, Body::Broken(why)) = (message.is_empty(), &reply.body) {
            message = format!("the answer broke off: {why}");
        }
        let codes = std::iter::once(&content["code"]).chain(inputs.iter().map(|input| &input["code"]));
        Self {
            existing: urn::mentioned_post(said),
            duplicate_words: said.contains("duplicate of urn:li:"),
            message: wording::plain(&message, token),
            codes: codes.filter_map(Value::as_str).map(str::to_owned).collect(),
            service_code: content["serviceErrorCode"].as_i64(),
        }
    }

    /// With its codes: LinkedIn's support asks for them, and 401 has several reasons.
    fn story(&self, reply: &Reply) -> String {
        let code = self.codes.first().map(|code| format!(" {}", code.chars().take(80).collect::<String>()));
        let service = self.service_code.map(|code| format!(" {code}"));
        let facts = [code, service].into_iter().flatten().collect::<String>();
        match self.message.as_str() {
            "" => format!("LinkedIn answered {}{facts}", reply.status),
            message => format!("LinkedIn answered {}{facts}: {message}", reply.status),
        }
    }

    fn is_throttling(&self) -> bool {
        self.service_code == Some(SERVICE_CODE_THROTTLE)
    }

    fn is_duplicate(&self) -> bool {
        self.duplicate_words || self.codes.iter().any(|code| code == "DUPLICATE_POST")
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
