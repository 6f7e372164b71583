//! What a token endpoint answers.

use std::fmt;

use activities_platforms::http::{Body, Lost, Reply};
use activities_platforms::wording;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::Value;

/// Longest token taken, in characters. LinkedIn's documentation reserves 1,000.
const TOKEN_CHARS_MAX: usize = 4_096;

/// Scopes of one token that are remembered.
const SCOPES_MAX: usize = 100;

/// Tokens, fresh from the platform.
pub struct TokenSet {
    pub access: SecretString,
    /// What the next refresh takes. On X it is new every time, and the one before is spent.
    pub refresh: Option<SecretString>,
    pub expires_at: Timestamp,
    /// When the refresh token itself ends, where the platform says so.
    pub refresh_expires_at: Option<Timestamp>,
    /// What was granted; empty where the platform did not say, which means: what was asked for.
    pub scopes: Vec<String>,
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("expires_at", &self.expires_at)
            .field("refreshable", &self.refresh.is_some())
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Why there are no new tokens, and who must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The code or refresh token is spent, expired or revoked: the account must be connected again. Before
    /// believing it of a refresh token, look whether another worker has just replaced it.
    #[error("the platform no longer accepts the grant: {message}")]
    Dead { message: String },
    /// The request was sent and no answer can be read: a single-use token may be spent, and what replaced
    /// it lost.
    #[error("the platform's answer was lost: {message}")]
    Lost { message: String },
    /// Worth another try with the same token: never sent, throttled, or a failure of the platform.
    #[error("the platform could not be asked: {message}")]
    Transient { message: String },
    /// The app's own credentials or settings are refused: no account is to blame.
    #[error("the platform refuses the app's credentials: {message}")]
    Misconfigured { message: String },
}

impl TokenError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Dead { .. } => "oauth/dead",
            Self::Lost { .. } => "oauth/lost",
            Self::Transient { .. } => "oauth/transient",
            Self::Misconfigured { .. } => "oauth/misconfigured",
        }
    }
}

/// How a platform's token endpoint is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    /// Taken before the request, so that tokens end no later for us than for the platform.
    pub(crate) asked_at: Timestamp,
    /// How long an access token lasts where the answer does not say.
    pub(crate) lasts_secs: i64,
    /// What was sent and must appear in no message.
    pub(crate) secrets: &'a [&'a SecretString],
}

/// The tokens in an answer.
pub(crate) fn tokens(reply: Result<Reply, Lost>, reading: Reading<'_>) -> Result<TokenSet, TokenError> {
    let reply = succeeded(reply, reading)?;
    let content = reply.json();
    let Some(access) = token(&content["access_token"]) else {
        let message = match &reply.body {
            Body::Broken(why) => format!("the answer broke off: {}", reading.plain(why)),
            Body::Whole(_) | Body::TooLong => format!("answer {} without a token", reply.status),
        };
        return Err(TokenError::Lost { message });
    };
    let ends = |seconds: i64| {
        reading.asked_at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    };
    Ok(TokenSet {
        access,
        refresh: token(&content["refresh_token"]),
        expires_at: ends(seconds(&content["expires_in"]).unwrap_or(reading.lasts_secs)),
        refresh_expires_at: seconds(&content["refresh_token_expires_in"]).map(ends),
        scopes: scopes(&content["scope"]),
    })
}

/// What a platform says of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is accepted now.
    pub active: bool,
    /// Why not, in the platform's word: `expired`, `revoked`.
    pub status: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub scopes: Vec<String>,
}

/// The standing in an answer.
pub(crate) fn standing(reply: Result<Reply, Lost>, reading: Reading<'_>) -> Result<Standing, TokenError> {
    let reply = succeeded(reply, reading)?;
    let content = reply.json();
    let Some(active) = content["active"].as_bool() else {
        let message = format!("answer {} without a standing", reply.status);
        return Err(TokenError::Transient { message });
    };
    Ok(Standing {
        active,
        status: content["status"].as_str().map(|status| reading.plain(status)),
        expires_at: seconds(&content["expires_at"]).and_then(|at| Timestamp::from_second(at).ok()),
        scopes: scopes(&content["scope"]),
    })
}

/// The answer, when it is a success.
pub(crate) fn succeeded(reply: Result<Reply, Lost>, reading: Reading<'_>) -> Result<Reply, TokenError> {
    let reply = match reply {
        Ok(reply) => reply,
        Err(lost @ Lost::NotSent(_)) => {
            return Err(TokenError::Transient { message: reading.plain(&lost.to_string()) });
        }
        Err(lost @ Lost::NoAnswer(_)) => {
            return Err(TokenError::Lost { message: reading.plain(&lost.to_string()) });
        }
    };
    let content = reply.json();
    let error = content["error"].as_str().unwrap_or_default();
    let described = content["error_description"].as_str().or(content["message"].as_str()).unwrap_or_default();
    let message = reading.plain(&format!("answer {} {error} {described}", reply.status));
    match (reply.status, error) {
        (200..=299, _) => Ok(reply),
        // The server gave up on the request, and did not say how far it had come.
        (408, _) => Err(TokenError::Lost { message }),
        (100..=399 | 425 | 429 | 500.., _) => Err(TokenError::Transient { message }),
        // X says `invalid_request` of a spent refresh token, others `invalid_grant`.
        (400, "invalid_grant" | "invalid_request") | (_, "invalid_grant") => {
            Err(TokenError::Dead { message })
        }
        _ => Err(TokenError::Misconfigured { message }),
    }
}

impl Reading<'_> {
    fn plain(&self, said: &str) -> String {
        let empty = SecretString::default();
        let without = |said: String, secret: &&SecretString| wording::plain(&said, secret);
        self.secrets.iter().fold(wording::plain(said, &empty), without)
    }
}

fn token(value: &Value) -> Option<SecretString> {
    let token = value.as_str()?;
    let fit =
        !token.is_empty() && token.len() <= TOKEN_CHARS_MAX && token.bytes().all(|b| b.is_ascii_graphic());
    fit.then(|| SecretString::from(token))
}

/// Some servers write numbers as strings.
fn seconds(value: &Value) -> Option<i64> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (seconds > 0).then_some(seconds)
}

/// LinkedIn separates with commas or with spaces.
fn scopes(value: &Value) -> Vec<String> {
    let text = value.as_str().unwrap_or_default();
    let words = text.split([' ', ',']).filter(|word| !word.is_empty());
    words.take(SCOPES_MAX).map(str::to_owned).collect()
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
