//! Every code, with its page.

use crate::Code;

macro_rules! codes {
    ($($name:ident = $code:literal, $page:literal;)*) => {
        $(pub(crate) const $name: Code = Code::new($code);)*

        /// In alphabetical order.
        const ALL: &[&str] = &[$($code),*];

        fn page(code: &str) -> Option<&'static str> {
            match code {
                $($code => Some(include_str!(concat!("../../../docs/errors/", $page))),)*
                _ => None,
            }
        }
    };
}

codes! {
    ACCOUNT_ACCESS_ENDS = "account/access-ends", "account-access-ends.md";
    ACCOUNT_DUPLICATE = "account/duplicate", "account-duplicate.md";
    ACCOUNT_NONE = "account/none", "account-none.md";
    ACCOUNT_SHAPE = "account/shape", "account-shape.md";
    ACCOUNT_UNCHECKED = "account/unchecked", "account-unchecked.md";
    ACCOUNT_UNKNOWN = "account/unknown", "account-unknown.md";
    BUDGET_RATE_CODE = "budget/rate", "budget-rate.md";
    FILE_ENCODING = "file/encoding", "file-encoding.md";
    FILE_MISSING = "file/missing", "file-missing.md";
    FILE_OUTSIDE = "file/outside", "file-outside.md";
    FILE_TOO_LARGE = "file/too-large", "file-too-large.md";
    FILE_UNREADABLE = "file/unreadable", "file-unreadable.md";
    GATE_METRIC = "gate/metric", "gate-metric.md";
    GATE_TOO_FEW_PEOPLE = "gate/too-few-people", "gate-too-few-people.md";
    GATE_UNKNOWN_PERSON = "gate/unknown-person", "gate-unknown-person.md";
    GRAPH_CYCLE = "graph/cycle", "graph-cycle.md";
    GRAPH_MOVED = "graph/moved", "graph-moved.md";
    GRAPH_NO_TARGET = "graph/no-target", "graph-no-target.md";
    GRAPH_UNKNOWN_POST = "graph/unknown-post", "graph-unknown-post.md";
    MEDIA_ALT = "media/alt", "media-alt.md";
    MEDIA_ALT_TOO_LONG = "media/alt-too-long", "media-alt-too-long.md";
    MEDIA_BROKEN = "media/broken", "media-broken.md";
    MEDIA_CAPTIONS = "media/captions", "media-captions.md";
    MEDIA_KIND = "media/kind", "media-kind.md";
    MEDIA_LANGUAGE = "media/language", "media-language.md";
    MEDIA_MISSING = "media/missing", "media-missing.md";
    MEDIA_TOO_LARGE = "media/too-large", "media-too-large.md";
    MEDIA_TOO_MANY = "media/too-many", "media-too-many.md";
    PLATFORM_CARD = "platform/card", "platform-card.md";
    PLATFORM_EXCLUSIVE = "platform/exclusive", "platform-exclusive.md";
    PLATFORM_NO_THREAD = "platform/no-thread", "platform-no-thread.md";
    PLATFORM_POLL = "platform/poll", "platform-poll.md";
    PLATFORM_UNKNOWN = "platform/unknown", "platform-unknown.md";
    PLATFORM_UNUSED = "platform/unused", "platform-unused.md";
    POLICY_BANNED_WORD = "policy/banned-word", "policy-banned-word.md";
    POLICY_COOLDOWN = "policy/cooldown", "policy-cooldown.md";
    POLICY_DUPLICATE_TEXT = "policy/duplicate-text", "policy-duplicate-text.md";
    SCHEMA_CONFLICT = "schema/conflict", "schema-conflict.md";
    SCHEMA_DURATION = "schema/duration", "schema-duration.md";
    SCHEMA_EMPTY = "schema/empty", "schema-empty.md";
    SCHEMA_EXACTLY_ONE = "schema/exactly-one", "schema-exactly-one.md";
    SCHEMA_ID = "schema/id", "schema-id.md";
    SCHEMA_MISSING_KEY = "schema/missing-key", "schema-missing-key.md";
    SCHEMA_TOO_MANY = "schema/too-many", "schema-too-many.md";
    SCHEMA_TYPE = "schema/type", "schema-type.md";
    SCHEMA_UNKNOWN_KEY = "schema/unknown-key", "schema-unknown-key.md";
    SCHEMA_UNSUPPORTED = "schema/unsupported", "schema-unsupported.md";
    SCHEMA_VALUE = "schema/value", "schema-value.md";
    SCHEMA_VERSION = "schema/version", "schema-version.md";
    SECRET_TOKEN = "secret/token", "secret-token.md";
    TEMPLATE_SYNTAX = "template/syntax", "template-syntax.md";
    TEMPLATE_TOO_LARGE = "template/too-large", "template-too-large.md";
    TEMPLATE_UNDEFINED = "template/undefined", "template-undefined.md";
    TEXT_EMPTY = "text/empty", "text-empty.md";
    TEXT_FLOW_COMMA = "text/flow-comma", "text-flow-comma.md";
    TEXT_HASH_COMMENT = "text/hash-comment", "text-hash-comment.md";
    TEXT_HASH_PUBLISHED = "text/hash-published", "text-hash-published.md";
    TEXT_INDICATOR = "text/indicator", "text-indicator.md";
    TEXT_INVISIBLE = "text/invisible", "text-invisible.md";
    TEXT_MAPPING = "text/mapping", "text-mapping.md";
    TEXT_TOO_LONG = "text/too-long", "text-too-long.md";
    TIME_FOLD = "time/fold", "time-fold.md";
    TIME_GAP = "time/gap", "time-gap.md";
    TIME_HORIZON_CODE = "time/horizon", "time-horizon.md";
    TIME_INVALID = "time/invalid", "time-invalid.md";
    TIME_NO_OCCURRENCE = "time/no-occurrence", "time-no-occurrence.md";
    TIME_PAST = "time/past", "time-past.md";
    TIME_QUIET_HOURS = "time/quiet-hours", "time-quiet-hours.md";
    TIME_ZONE = "time/zone", "time-zone.md";
    YAML_ALIAS = "yaml/alias", "yaml-alias.md";
    YAML_ALIAS_LIMIT = "yaml/alias-limit", "yaml-alias-limit.md";
    YAML_DEPTH = "yaml/depth", "yaml-depth.md";
    YAML_DOCUMENTS = "yaml/documents", "yaml-documents.md";
    YAML_DUPLICATE_KEY = "yaml/duplicate-key", "yaml-duplicate-key.md";
    YAML_ENCODING = "yaml/encoding", "yaml-encoding.md";
    YAML_KEY = "yaml/key", "yaml-key.md";
    YAML_MERGE = "yaml/merge", "yaml-merge.md";
    YAML_SYNTAX = "yaml/syntax", "yaml-syntax.md";
    YAML_TAG = "yaml/tag", "yaml-tag.md";
    YAML_TOO_LARGE = "yaml/too-large", "yaml-too-large.md";
}

/// Warned of by the product: an account can't be acted for as long as a plan reaches.
pub const ACCESS_ENDS: Code = ACCOUNT_ACCESS_ENDS;

/// Warned of by the plan: an account posts faster than its platform allows.
pub const BUDGET_RATE: Code = BUDGET_RATE_CODE;

/// Noted by the plan: it reaches only so far.
pub const TIME_HORIZON: Code = TIME_HORIZON_CODE;

/// What a post waits for does not come in time, or never.
pub const NO_TARGET: Code = GRAPH_NO_TARGET;

/// A condition asks for a number that there is not.
pub const UNKNOWN_METRIC: Code = GATE_METRIC;

/// The page of a code, in Markdown: what it means, an example, what to do.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    page(code)
}

/// Every code, in alphabetical order.
#[must_use]
pub fn codes() -> &'static [&'static str] {
    ALL
}
