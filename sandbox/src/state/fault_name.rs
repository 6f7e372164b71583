//! The names of the fault switches, and what each is about.

use super::account::Platform;

/// How much longer a `slow` answer takes when the request does not say, in milliseconds.
const SLOW_MS_DEFAULT: u64 = 1_000;
/// How long `delay_visibility` hides a post when the request does not say, in milliseconds.
const HIDDEN_MS_DEFAULT: u64 = 5_000;

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal on $platforms:tt,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum FaultName { $($(#[$doc])* $fault),* }

        /// All names, as requests write them.
        pub(crate) const FAULT_NAMES: &[&str] = &[$($name),*];

        impl FaultName {
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$fault => $name),* }
            }

            pub(crate) fn from_word(word: &str) -> Option<Self> {
                match word { $($name => Some(Self::$fault),)* _ => None }
            }

            /// The platforms that can fail in this way.
            pub(crate) const fn platforms(self) -> &'static [Platform] {
                match self { $(Self::$fault => faults!(@platforms $platforms)),* }
            }
        }
    };
    (@platforms both) => { &Platform::ALL };
    (@platforms x) => { &[Platform::X] };
    (@platforms linkedin) => { &[Platform::LinkedIn] };
}

faults! {
    /// The request is carried out; the connection ends without an answer.
    DropResponseAfterCommit = "drop_response_after_commit" on both,
    /// The connection ends without an answer; nothing was done.
    DropRequestBeforeCommit = "drop_request_before_commit" on both,
    /// The request is carried out and answered with 500.
    ServerErrorAfterCommit = "500_after_commit" on both,
    /// Throttled: 429, nothing was done.
    TooManyRequests = "429" on both,
    /// X: the application's credits are used up.
    PaymentRequired = "402" on x,
    /// LinkedIn: the requested version has ended.
    UpgradeRequired = "426" on linkedin,
    /// The access token's time ends with this request.
    ExpireToken = "expire_token" on both,
    /// The account's owner has taken the consent back.
    Revoke = "revoke" on both,
    /// The request is carried out; the answer takes `ms` longer.
    Slow = "slow" on both,
    /// The refresh is carried out; the connection ends without an answer.
    LoseRefreshResponse = "lose_refresh_response" on both,
    /// LinkedIn: the refresh replaces the refresh token, as X's always do. X: somebody else was faster
    /// and has spent the refresh token already.
    RotateRefresh = "rotate_refresh" on both,
    /// Reads don't show the post for `ms`.
    DelayVisibility = "delay_visibility" on both,
    /// The platform looks back for duplicates only `ms`; 0, the default, is not at all.
    DuplicateWindow = "duplicate_window" on both,
    /// LinkedIn: after a delete, the same text is refused with the URN of a post that does not exist.
    GhostDuplicate = "ghost_duplicate" on linkedin,
    /// LinkedIn: the text ends at the first reserved character that is not escaped.
    TruncateUnescaped = "truncate_unescaped" on linkedin,
    /// X: no replies through the API, not even to oneself.
    RefuseReplies = "refuse_replies" on x,
    /// X: quotes are taken, as on the Enterprise tier; on all others they are refused.
    AllowQuotes = "allow_quotes" on x,
}

impl FaultName {
    /// Whether it changes what the platform does, instead of how the request ends.
    pub(super) const fn bends(self) -> bool {
        match self {
            Self::RotateRefresh
            | Self::DelayVisibility
            | Self::DuplicateWindow
            | Self::GhostDuplicate
            | Self::TruncateUnescaped
            | Self::RefuseReplies
            | Self::AllowQuotes => true,
            Self::DropResponseAfterCommit
            | Self::DropRequestBeforeCommit
            | Self::ServerErrorAfterCommit
            | Self::TooManyRequests
            | Self::PaymentRequired
            | Self::UpgradeRequired
            | Self::ExpireToken
            | Self::Revoke
            | Self::Slow
            | Self::LoseRefreshResponse => false,
        }
    }

    /// Whether it belongs to token routes; all others go with any route and mean creating posts.
    pub(super) const fn is_about_refreshing(self) -> bool {
        matches!(self, Self::LoseRefreshResponse | Self::RotateRefresh)
    }

    pub(super) const fn ms_default(self) -> Option<u64> {
        match self {
            Self::Slow => Some(SLOW_MS_DEFAULT),
            Self::DelayVisibility => Some(HIDDEN_MS_DEFAULT),
            Self::DuplicateWindow => Some(0),
            _ => None,
        }
    }
}
