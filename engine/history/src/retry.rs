//! When a failed attempt is tried again.

use crate::duration::{after, duration_to_nanos, is_invalid, nanos_to_duration};
use crate::limits::SECOND_NS;
use crate::proto::{Failure, FailureInfo, RetryPolicy, RetryState, TimeoutType};

/// Prefix of a non-retryable type that names a time-out.
const TIMEOUT_PREFIX: &str = "TemporalTimeout:";

/// The next attempt's delay in nanoseconds, or why there is none.
pub(crate) struct Attempts<'a> {
    pub(crate) policy: &'a RetryPolicy,
    /// The attempt that failed, from 1.
    pub(crate) attempt: i32,
    pub(crate) now_ns: i64,
    /// No attempt starts after this; 0 for no end.
    pub(crate) expires_ns: i64,
}

impl Attempts<'_> {
    pub(crate) fn after_failure(&self, failure: Option<&Failure>) -> Result<i64, RetryState> {
        if !is_retryable(failure, &self.policy.non_retryable_error_types) {
            return Err(RetryState::NonRetryableFailure);
        }
        let asked_ns = asked_delay(failure);
        let attempt = self.attempt.max(1);
        if self.policy.maximum_attempts > 0 && attempt >= self.policy.maximum_attempts {
            return Err(RetryState::MaximumAttemptsReached);
        }
        let max_ns = asked_ns.unwrap_or_else(|| duration_to_nanos(self.policy.maximum_interval.as_ref()));
        let mut delay_ns = asked_ns.unwrap_or_else(|| exponential(self.policy, attempt));
        if max_ns == 0 && delay_ns <= 0 && asked_ns.is_none() {
            return Err(RetryState::Timeout);
        }
        if max_ns > 0 && (delay_ns <= 0 || delay_ns > max_ns) {
            delay_ns = max_ns;
        }
        if self.expires_ns > 0 && after(self.now_ns, delay_ns) > self.expires_ns {
            return Err(RetryState::Timeout);
        }
        Ok(delay_ns)
    }
}

fn exponential(policy: &RetryPolicy, attempt: i32) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "a delay of centuries may be a microsecond off")]
    let first = duration_to_nanos(policy.initial_interval.as_ref()) as f64;
    let delay = first * policy.backoff_coefficient.powi(attempt - 1);
    #[expect(clippy::cast_possible_truncation, reason = "casts saturate, which is what is wanted")]
    let delay = delay as i64;
    delay.max(0)
}

fn asked_delay(failure: Option<&Failure>) -> Option<i64> {
    match failure?.failure_info.as_ref()? {
        FailureInfo::ApplicationFailureInfo(info) => {
            info.next_retry_delay.as_ref().map(|delay| duration_to_nanos(Some(delay)))
        }
        _ => None,
    }
}

/// Whether a failure may be tried again under these non-retryable types.
pub(crate) fn is_retryable(failure: Option<&Failure>, non_retryable: &[String]) -> bool {
    let Some(info) = failure.and_then(|failure| failure.failure_info.as_ref()) else { return true };
    match info {
        FailureInfo::TerminatedFailureInfo(_) | FailureInfo::CanceledFailureInfo(_) => false,
        FailureInfo::TimeoutFailureInfo(info) => {
            let kind = timeout_name(info.timeout_type());
            matches!(info.timeout_type(), TimeoutType::StartToClose | TimeoutType::Heartbeat)
                && !non_retryable.iter().any(|it| it.strip_prefix(TIMEOUT_PREFIX) == Some(kind))
        }
        FailureInfo::ServerFailureInfo(info) => !info.non_retryable,
        FailureInfo::ApplicationFailureInfo(info) => {
            !info.non_retryable && !non_retryable.contains(&info.r#type)
        }
        _ => true,
    }
}

/// How Temporal writes a kind of time-out.
pub(crate) fn timeout_name(kind: TimeoutType) -> &'static str {
    match kind {
        TimeoutType::Unspecified => "Unspecified",
        TimeoutType::StartToClose => "StartToClose",
        TimeoutType::ScheduleToStart => "ScheduleToStart",
        TimeoutType::ScheduleToClose => "ScheduleToClose",
        TimeoutType::Heartbeat => "Heartbeat",
    }
}

/// Fills what a policy leaves open with Temporal's defaults: 1 s, doubling, up to 100 times the first.
pub fn with_defaults(mut policy: RetryPolicy) -> RetryPolicy {
    if duration_to_nanos(policy.initial_interval.as_ref()) == 0
        && !is_invalid(policy.initial_interval.as_ref())
    {
        policy.initial_interval = Some(nanos_to_duration(SECOND_NS));
    }
    if duration_to_nanos(policy.maximum_interval.as_ref()) == 0
        && !is_invalid(policy.maximum_interval.as_ref())
    {
        let first_ns = duration_to_nanos(policy.initial_interval.as_ref());
        policy.maximum_interval = Some(nanos_to_duration(first_ns.saturating_mul(100)));
    }
    if policy.backoff_coefficient == 0.0 {
        policy.backoff_coefficient = 2.0;
    }
    policy
}

/// Checks a policy whose defaults are filled.
///
/// # Errors
/// A sentence on the first thing that is wrong, in Temporal's words.
pub fn check(policy: &RetryPolicy) -> Result<(), String> {
    if policy.maximum_attempts == 1 {
        return Ok(());
    }
    if is_invalid(policy.initial_interval.as_ref()) {
        return Err("invalid InitialInterval set on retry policy: negative duration".to_owned());
    }
    if policy.backoff_coefficient.is_nan() || policy.backoff_coefficient < 1.0 {
        return Err("BackoffCoefficient cannot be less than 1 on retry policy.".to_owned());
    }
    if is_invalid(policy.maximum_interval.as_ref()) {
        return Err("invalid MaximumInterval set on retry policy: negative duration".to_owned());
    }
    let max_ns = duration_to_nanos(policy.maximum_interval.as_ref());
    if max_ns > 0 && max_ns < duration_to_nanos(policy.initial_interval.as_ref()) {
        return Err("MaximumInterval cannot be less than InitialInterval on retry policy.".to_owned());
    }
    if policy.maximum_attempts < 0 {
        return Err("MaximumAttempts cannot be negative on retry policy.".to_owned());
    }
    let kinds = [
        TimeoutType::StartToClose,
        TimeoutType::ScheduleToStart,
        TimeoutType::ScheduleToClose,
        TimeoutType::Heartbeat,
    ];
    for name in policy.non_retryable_error_types.iter().filter_map(|it| it.strip_prefix(TIMEOUT_PREFIX)) {
        if !kinds.iter().any(|kind| timeout_name(*kind) == name) {
            return Err(format!("Invalid timeout type value: {name}."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use temporalio_protos::temporal::api::failure::v1::ApplicationFailureInfo;

    fn policy() -> RetryPolicy {
        with_defaults(RetryPolicy::default())
    }

    fn application(info: ApplicationFailureInfo) -> Failure {
        Failure { failure_info: Some(FailureInfo::ApplicationFailureInfo(info)), ..Failure::default() }
    }

    fn next(policy: &RetryPolicy, attempt: i32, failure: Option<&Failure>) -> Result<i64, RetryState> {
        Attempts { policy, attempt, now_ns: 0, expires_ns: 0 }.after_failure(failure)
    }

    #[test]
    fn delays_double_up_to_a_hundred_times_the_first() {
        let policy = policy();
        assert_eq!(next(&policy, 1, None), Ok(SECOND_NS));
        assert_eq!(next(&policy, 4, None), Ok(8 * SECOND_NS));
        assert_eq!(next(&policy, 60, None), Ok(100 * SECOND_NS));
    }

    #[test]
    fn the_last_attempt_is_not_followed_by_another() {
        let policy = RetryPolicy { maximum_attempts: 3, ..policy() };
        assert_eq!(next(&policy, 2, None), Ok(2 * SECOND_NS));
        assert_eq!(next(&policy, 3, None), Err(RetryState::MaximumAttemptsReached));
    }

    #[test]
    fn a_failure_may_ask_for_its_own_delay_beyond_the_maximum() {
        let failure = application(ApplicationFailureInfo {
            next_retry_delay: Some(nanos_to_duration(500 * SECOND_NS)),
            ..ApplicationFailureInfo::default()
        });
        assert_eq!(next(&policy(), 1, Some(&failure)), Ok(500 * SECOND_NS));
    }

    #[test]
    fn types_and_flags_end_it() {
        let policy = RetryPolicy { non_retryable_error_types: vec!["Rejected".to_owned()], ..policy() };
        let by_type = application(ApplicationFailureInfo { r#type: "Rejected".into(), ..Default::default() });
        let by_flag = application(ApplicationFailureInfo { non_retryable: true, ..Default::default() });
        assert_eq!(next(&policy, 1, Some(&by_type)), Err(RetryState::NonRetryableFailure));
        assert_eq!(next(&policy, 1, Some(&by_flag)), Err(RetryState::NonRetryableFailure));
    }

    #[test]
    fn no_attempt_starts_after_the_end() {
        let policy = policy();
        let attempts = Attempts { policy: &policy, attempt: 1, now_ns: 10, expires_ns: 10 + SECOND_NS / 2 };
        assert_eq!(attempts.after_failure(None), Err(RetryState::Timeout));
    }
}
