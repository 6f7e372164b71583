//! Failures that the engine itself makes.

use crate::proto::{
    Failure, FailureInfo, Payloads, ServerFailureInfo, TimeoutFailureInfo, TimeoutType,
    WorkflowTaskFailedCause,
};

/// Why a completed workflow task was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    pub cause: WorkflowTaskFailedCause,
    /// Starts with the cause's name, which clients look for.
    pub message: String,
}

/// A rejection while commands are read, before it is known what becomes of the task.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BadCommand {
    pub(crate) cause: WorkflowTaskFailedCause,
    pub(crate) message: Option<String>,
    /// The run itself is beyond repair: it is terminated.
    pub(crate) terminates: bool,
}

impl BadCommand {
    pub(crate) fn new(cause: WorkflowTaskFailedCause, message: impl Into<String>) -> Self {
        Self { cause, message: Some(message.into()), terminates: false }
    }

    pub(crate) fn bare(cause: WorkflowTaskFailedCause) -> Self {
        Self { cause, message: None, terminates: false }
    }

    pub(crate) fn terminating(cause: WorkflowTaskFailedCause, message: impl Into<String>) -> Self {
        Self { cause, message: Some(message.into()), terminates: true }
    }

    pub(crate) fn into_rejection(self) -> Rejection {
        let name = camel_case(self.cause.as_str_name().trim_start_matches("WORKFLOW_TASK_FAILED_CAUSE_"));
        let message = match self.message {
            Some(message) => format!("{name}: {message}"),
            None => name,
        };
        Rejection { cause: self.cause, message }
    }
}

/// `UNHANDLED_COMMAND` as `UnhandledCommand`: how Temporal writes the values of its enums.
pub(crate) fn camel_case(screaming: &str) -> String {
    screaming
        .split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .into_iter()
                .chain(letters.map(|letter| letter.to_ascii_lowercase()))
                .collect::<Vec<_>>()
        })
        .collect()
}

pub(crate) fn server(message: String) -> Failure {
    Failure {
        message,
        failure_info: Some(FailureInfo::ServerFailureInfo(ServerFailureInfo { non_retryable: false })),
        ..Failure::default()
    }
}

pub(crate) fn timeout(message: String, kind: TimeoutType, heartbeat: Option<Payloads>) -> Failure {
    Failure {
        message,
        source: "Server".to_owned(),
        failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
            timeout_type: kind as i32,
            last_heartbeat_details: heartbeat,
        })),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_named_as_clients_look_for_it() {
        let rejection = BadCommand::bare(WorkflowTaskFailedCause::UnhandledCommand).into_rejection();
        assert_eq!(rejection.message, "UnhandledCommand");
        let rejection =
            BadCommand::new(WorkflowTaskFailedCause::BadStartTimerAttributes, "TimerId is not set")
                .into_rejection();
        assert_eq!(rejection.message, "BadStartTimerAttributes: TimerId is not set");
    }
}
