//! Why a request can't be answered: a stable code, who must act, and what to do.

use activities_data::{DbError, State};
use activities_delivery::{ApplyError, DeliveryError};
use activities_media::StoreError;
use activities_platforms::Failure;
use activities_vault::VaultError;
use campaigns_plan::Action;

use super::control::KeyRefused;
use super::edits::platform_code;
use crate::api::Nature;
use crate::api::campaign::DiagnosticView;
use crate::api::problem::FieldProblem;

/// A failure of the application layer.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("this needs a valid token")]
    Unauthenticated,
    /// A webhook whose signature is missing or wrong, or too old.
    #[error("the signature is missing, wrong or too old")]
    Signature,
    /// A webhook whose signature nobody here can judge.
    #[error("nothing is taken from this sender: {variable} is not set")]
    NoWebhookSecret { variable: &'static str },
    /// The token is good, and its role is not enough.
    #[error("this needs the role {0}")]
    Role(&'static str),
    #[error("too many requests: the next is taken in {retry_s} s")]
    Limited { retry_s: u64 },
    #[error("there is no {what} `{id}`")]
    NotFound { what: &'static str, id: String },
    #[error("`{word}` fits several publications: {}", .candidates.join(", "))]
    AmbiguousId { word: String, candidates: Vec<String> },
    #[error("{0}")]
    Malformed(String),
    #[error("more requests run than this server takes at once")]
    Busy,
    #[error("the request is larger than allowed")]
    TooLarge,
    #[error("the body did not come within {s} s")]
    Slow { s: u64 },
    #[error("the request was not answered within {s} s and was given up")]
    GivenUp { s: u64 },
    #[error("the {what} `{id}` exists already")]
    Taken { what: &'static str, id: String },
    /// Fields of the request that can't be used: all of them.
    #[error("{}", several(.0))]
    Fields(Vec<FieldProblem>),
    /// A field of the request, or a parameter, can't be used.
    #[error("{}{message}", if field.is_empty() { String::new() } else { format!("`{field}`: ") })]
    Field { field: String, code: &'static str, message: String },
    #[error("the campaign has {} and was not taken", errors_of(.0))]
    Diagnostics(Vec<DiagnosticView>),
    #[error("{} of the campaign's media files were not uploaded", .0.len())]
    MediaMissing(Vec<String>),
    #[error("`{campaign}` has revision {current} by now, not {base}")]
    StaleBase { campaign: String, base: u64, current: u64 },
    #[error("nothing was applied: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// A change of one publication that its state does not allow.
    #[error("`{id}` stays as it is: {why}")]
    EditRefused { id: String, state: State, code: &'static str, why: String },
    /// The platform did not do what was asked of it.
    #[error(transparent)]
    Platform(Failure),
    #[error(transparent)]
    Key(#[from] KeyRefused),
    #[error("there is nothing to connect {platform} with: {variable} is not set")]
    NoPlatformApp { platform: &'static str, variable: &'static str },
    #[error("this consent was asked for by nobody, was used already, or took too long")]
    ConsentUnknown,
    /// The person, or the platform for them, said no.
    #[error("the platform was not allowed to connect it: {0}")]
    Denied(String),
    #[error("the platform did not finish: {0}")]
    Consent(String),
    #[error("the campaign could not be compiled: a part of the program failed")]
    Compile,
    #[error("this process only reads")]
    ReadOnly,
    /// The home of the workflows could not be asked.
    #[error("{0}")]
    Home(String),
    #[error(transparent)]
    Ledger(#[from] DbError),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Media(#[from] StoreError),
}

fn errors_of(diagnostics: &[DiagnosticView]) -> String {
    match diagnostics.iter().filter(|one| one.severity == "error").count() {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    }
}

/// One field's fault in full, or how many there are.
fn several(fields: &[FieldProblem]) -> String {
    match fields {
        [one] => format!("`{}`: {}", one.field, one.message),
        _ => format!("{} fields can't be used", fields.len()),
    }
}

impl AppError {
    /// `family/name`, stable.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "auth/token",
            Self::Signature => "webhook/signature",
            Self::NoWebhookSecret { .. } => "webhook/no-secret",
            Self::Role(_) => "auth/role",
            Self::Limited { .. } => "server/rate-limit",
            Self::Fields(_) => "request/fields",
            Self::Taken { .. } => "request/taken",
            Self::NotFound { .. } => "request/not-found",
            Self::AmbiguousId { .. } => "request/ambiguous-id",
            Self::Platform(failure) => platform_code(failure),
            Self::Key(refused) => refused.code,
            Self::Malformed(_) => "request/malformed",
            Self::Busy => "server/busy",
            Self::TooLarge => "request/too-large",
            Self::Slow { .. } => "request/slow",
            Self::GivenUp { .. } => "server/given-up",
            Self::Field { code, .. } => code,
            Self::Diagnostics(_) => "campaign/invalid",
            Self::MediaMissing(_) => "media/not-uploaded",
            Self::StaleBase { .. } => "campaign/stale-base",
            Self::Refused(_) => "campaign/refused",
            Self::NoPlatformApp { .. } => "account/no-platform-app",
            Self::ConsentUnknown => "account/consent-unknown",
            Self::EditRefused { code, .. } => code,
            Self::Denied(_) => "account/denied",
            Self::Consent(_) => "account/consent",
            Self::Compile => "campaign/failed",
            Self::ReadOnly => "folder/read-only",
            Self::Home(_) => "home/unreachable",
            Self::Ledger(error) => error.code(),
            Self::Delivery(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Media(error) => error.code(),
        }
    }

    /// Who must act.
    #[must_use]
    pub fn nature(&self) -> Nature {
        match self {
            Self::Unauthenticated | Self::Signature | Self::NoWebhookSecret { .. } => Nature::SignIn,
            Self::Role(_) => Nature::Forbidden,
            Self::Limited { .. } => Nature::Limited,
            Self::NotFound { .. } => Nature::NotFound,
            Self::Malformed(_) | Self::Slow { .. } => Nature::Malformed,
            Self::TooLarge => Nature::TooLarge,
            Self::Field { .. }
            | Self::Fields(_)
            | Self::Diagnostics(_)
            | Self::MediaMissing(_)
            | Self::NoPlatformApp { .. } => Nature::Invalid,
            Self::StaleBase { .. }
            | Self::Taken { .. }
            | Self::Refused(_)
            | Self::EditRefused { .. }
            | Self::ConsentUnknown
            | Self::Key(_) => Nature::Conflict,
            Self::AmbiguousId { .. } => Nature::Invalid,
            Self::Denied(_) | Self::Consent(_) | Self::Platform(_) => Nature::Upstream,
            Self::Compile => Nature::Internal,
            Self::Busy | Self::GivenUp { .. } | Self::ReadOnly | Self::Home(_) => Nature::Unavailable,
            Self::Ledger(error) => nature_of_ledger(error),
            Self::Delivery(error) => nature_of_delivery(error),
            Self::Vault(VaultError::Db(error)) => nature_of_ledger(error),
            Self::Vault(_) => Nature::Internal,
            Self::Media(error) => nature_of_media(error),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unauthenticated => Some(
                "send `Authorization: Bearer …` with the token in the data folder's `admin-token`".to_owned(),
            ),
            Self::NoWebhookSecret { variable } => Some(format!(
                "set {variable} in the environment or in .env where the server runs, to the secret that the sender signs with"
            )),
            Self::Role(_) => Some("ask an admin for a token of that role".to_owned()),
            Self::AmbiguousId { .. } => Some("write more of its digits".to_owned()),
            Self::Key(refused) => refused.help.map(str::to_owned),
            Self::MediaMissing(files) => Some(format!("upload them first: {}", files.join(", "))),
            Self::StaleBase { .. } => Some("plan again, look at what changed, and apply that".to_owned()),
            Self::NoPlatformApp { variable, .. } => Some(format!(
                "make an app at the platform and set {variable} in .env where `tidings up` runs"
            )),
            Self::ConsentUnknown | Self::Denied(_) | Self::Consent(_) => {
                Some("begin again with `tidings accounts connect`".to_owned())
            }
            _ => None,
        }
    }

    /// Every invalid field.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldProblem> {
        match self {
            Self::Fields(fields) => fields.clone(),
            Self::Field { field, code, message } if !field.is_empty() => {
                vec![FieldProblem {
                    field: field.clone(),
                    code: (*code).to_owned(),
                    message: message.clone(),
                }]
            }
            _ => Vec::new(),
        }
    }

    /// The state that did not allow a change, as the API names it.
    #[must_use]
    pub fn state(&self) -> Option<&'static str> {
        match self {
            Self::EditRefused { state, .. } => Some(state.api_name()),
            _ => None,
        }
    }

    /// What is wrong with a campaign.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<DiagnosticView> {
        match self {
            Self::Diagnostics(diagnostics) => diagnostics.clone(),
            _ => Vec::new(),
        }
    }
}

impl AppError {
    /// A value of the request that can't be taken.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field { field: field.into(), code: "request/field", message: message.into() }
    }

    /// Why an apply was refused, in the words of the campaign.
    pub(crate) fn of_apply(campaign: &str, error: ApplyError) -> Self {
        match error {
            ApplyError::Conflict { base, current } => {
                Self::StaleBase { campaign: campaign.to_owned(), base, current }
            }
            ApplyError::Refused(changes) => Self::Refused(
                changes
                    .into_iter()
                    .filter_map(|change| match change.action {
                        Action::Refused { code, reason } => {
                            Some(format!("{} on {}: {reason} [{code}]", change.post, change.account))
                        }
                        _ => None,
                    })
                    .collect(),
            ),
            ApplyError::Delivery(error) => Self::Delivery(error),
        }
    }
}

fn nature_of_delivery(error: &DeliveryError) -> Nature {
    match error {
        DeliveryError::Db(error) | DeliveryError::Vault(VaultError::Db(error)) => nature_of_ledger(error),
        DeliveryError::Media(error) => nature_of_media(error),
        DeliveryError::Vault(_)
        | DeliveryError::NoClient(_)
        | DeliveryError::Panicked
        | DeliveryError::Halted(_) => Nature::Internal,
    }
}

fn nature_of_ledger(error: &DbError) -> Nature {
    match error {
        DbError::NotFound { .. } => Nature::NotFound,
        DbError::Stale { .. } | DbError::Forbidden { .. } | DbError::HandleTaken { .. } => Nature::Conflict,
        DbError::ReadOnly | DbError::Closed | DbError::Commit(_) => Nature::Unavailable,
        DbError::Sql(_) if error.is_refused_text() => Nature::Invalid,
        error if error.is_out_of_reach() => Nature::Unavailable,
        _ => Nature::Internal,
    }
}

fn nature_of_media(error: &StoreError) -> Nature {
    match error {
        StoreError::Probe(_) | StoreError::Mismatch { .. } => Nature::Invalid,
        StoreError::Name(_) | StoreError::Missing(_) => Nature::NotFound,
        StoreError::Damaged { .. } => Nature::Internal,
        StoreError::Ledger(error) => nature_of_ledger(error),
        StoreError::Read { .. } | StoreError::Write { .. } | StoreError::Interrupted => Nature::Unavailable,
    }
}
