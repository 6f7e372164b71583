//! The states of a publication and the one table of what may follow what (publish-protocol).

use crate::row::words;

words! {
    /// What has become of a publication. The words are those of the CLI and of JSON.
    State {
        /// Waits for its instant, a gate, a retry or the platform.
        Planned = "planned",
        /// Waits for a person's approval.
        AwaitingApproval = "awaiting_approval",
        /// An attempt is under way.
        Sending = "sending",
        /// The last attempt may or may not have been published; it is being found out.
        Ambiguous = "ambiguous",
        /// Some parts of a thread are online and the rest won't follow by itself.
        Partial = "partial",
        /// A person must look and decide.
        Held = "held",
        /// Its account must be connected again.
        Blocked = "blocked",
        /// The platform refused it for good.
        Rejected = "rejected",
        /// Online.
        Published = "published",
        /// Taken back before it was sent.
        Cancelled = "cancelled",
        /// A rule decided that it is not sent.
        Skipped = "skipped",
        /// Its time passed while it waited.
        Expired = "expired",
        /// Was online; we deleted it.
        Deleted = "deleted",
        /// Was online; someone else deleted it.
        Gone = "gone",
    }
}

impl State {
    /// The states that may follow this one.
    ///
    /// One pair more than publish-protocol's table: `skipped` may be planned again, because an edit can give
    /// it a time to come, or its parent in `after`; its identity is for ever, so nothing else could.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        use State as S;
        match self {
            S::Planned => {
                &[S::AwaitingApproval, S::Sending, S::Held, S::Blocked, S::Cancelled, S::Skipped, S::Expired]
            }
            S::AwaitingApproval => &[S::Planned, S::Held, S::Cancelled, S::Skipped, S::Expired],
            S::Sending => &[S::Published, S::Rejected, S::Ambiguous, S::Partial, S::Blocked, S::Planned],
            S::Ambiguous => &[S::Published, S::Planned, S::Held],
            S::Partial => &[S::Sending, S::Held, S::Deleted],
            S::Held => &[S::Published, S::Planned, S::Cancelled],
            S::Blocked => &[S::Planned, S::Cancelled, S::Expired],
            S::Rejected => &[S::Planned, S::Cancelled],
            S::Cancelled | S::Skipped => &[S::Planned],
            S::Published => &[S::Deleted, S::Gone],
            S::Expired | S::Deleted | S::Gone => &[],
        }
    }

    /// Whether `to` may follow this state.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// Whether nothing more happens by itself: the outcome is known, or a person must act.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Planned | Self::AwaitingApproval | Self::Sending | Self::Ambiguous)
    }

    /// Whether a person must act before it can go on.
    #[must_use]
    pub const fn needs_person(self) -> bool {
        matches!(self, Self::Held | Self::Partial | Self::Blocked | Self::Rejected)
    }

    /// The state in the HTTP API.
    #[must_use]
    pub const fn api_name(self) -> &'static str {
        match self {
            Self::Planned => "SCHEDULED",
            Self::AwaitingApproval => "PENDING_APPROVAL",
            Self::Sending | Self::Ambiguous => "PUBLISHING",
            Self::Published => "PUBLISHED",
            Self::Rejected => "FAILED",
            Self::Held | Self::Partial | Self::Blocked => "HELD",
            Self::Cancelled | Self::Skipped | Self::Expired => "CANCELLED",
            Self::Deleted | Self::Gone => "DELETED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::State::{self, *};

    /// The table of publish-protocol (and `skipped`, see `next`), written a second time on purpose.
    const ALLOWED: &[(State, &[State])] = &[
        (Planned, &[AwaitingApproval, Sending, Held, Blocked, Cancelled, Skipped, Expired]),
        (AwaitingApproval, &[Planned, Held, Cancelled, Skipped, Expired]),
        (Sending, &[Published, Rejected, Ambiguous, Partial, Blocked, Planned]),
        (Ambiguous, &[Published, Planned, Held]),
        (Partial, &[Sending, Held, Deleted]),
        (Held, &[Published, Planned, Cancelled]),
        (Blocked, &[Planned, Cancelled, Expired]),
        (Rejected, &[Planned, Cancelled]),
        (Cancelled, &[Planned]),
        (Published, &[Deleted, Gone]),
        (Skipped, &[Planned]),
        (Expired, &[]),
        (Deleted, &[]),
        (Gone, &[]),
    ];

    #[test]
    fn every_pair_of_states_is_allowed_or_refused_as_the_protocol_says() {
        assert_eq!(ALLOWED.len(), State::ALL.len());
        for (from, allowed) in ALLOWED {
            for to in State::ALL {
                assert_eq!(from.may_become(*to), allowed.contains(to), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn nothing_leads_back_from_online_to_being_sent() {
        for online in [Published, Deleted, Gone] {
            let mut reachable = vec![online];
            let mut seen = Vec::new();
            while let Some(state) = reachable.pop() {
                assert_ne!(state, Sending, "from {online}");
                if !seen.contains(&state) {
                    seen.push(state);
                    reachable.extend(state.next());
                }
            }
        }
    }

    #[test]
    fn states_keep_their_words() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
