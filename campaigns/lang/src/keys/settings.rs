//! How publications are carried out: keys that post, campaign and workspace share.

use super::{DURATION, ELSE, Key, Shape, Table, optional, required};

pub(crate) static SETTINGS: Table = Table {
    name: "defaults",
    what: "`defaults`",
    doc: "How publications are carried out unless a post says otherwise.",
    keys: &[SETTING_KEYS],
    choices: &[],
    together: &[],
};

pub(crate) const SETTING_KEYS: &[Key] = &[
    optional("jitter", DURATION, "Each publication goes out up to this much later."),
    optional("spacing", DURATION, "Least time between two publications of one account."),
    optional(
        "quiet_hours",
        Shape::Pattern("^(none|[0-2][0-9]:[0-5][0-9]\\s*-\\s*[0-2][0-9]:[0-5][0-9])$"),
        "When nothing goes out: \"22:00-07:00\".",
    ),
    optional("retry", Shape::Object(&RETRY), "How often, and how long apart, a failed publication is tried."),
    optional("catch_up", Shape::Object(&CATCH_UP), "What happens to a publication that is late."),
    optional(
        "on_ambiguous",
        Shape::OneOf(&["reconcile", "probe", "hold"]),
        "What happens when it is not known whether a publication went out.",
    ),
    optional(
        "on_part_failure",
        Shape::OneOf(&["hold", "continue", "delete"]),
        "What happens to a thread when a part fails.",
    ),
    optional(
        "on_sibling_failure",
        Shape::OneOf(&["continue", "hold"]),
        "What happens on the other accounts when one fails.",
    ),
];

pub(crate) static RETRY: Table = Table {
    name: "retry",
    what: "`retry`",
    doc: "How often, and how long apart, a failed publication is tried.",
    keys: &[&[
        optional("attempts", Shape::Integer { least: 1, most: 20 }, "How often in all."),
        optional("first", DURATION, "The first wait."),
        optional("factor", Shape::Integer { least: 1, most: 10 }, "How much longer each further wait is."),
        optional("max", DURATION, "The longest wait."),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static CATCH_UP: Table = Table {
    name: "catch_up",
    what: "`catch_up`",
    doc: "What happens to a publication that is late.",
    keys: &[&[
        required("within", DURATION, "Up to this late it still goes out."),
        optional("else", ELSE, "What happens to one that is later; `hold` where unsaid."),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static UTM: Table = Table {
    name: "utm",
    what: "`utm`",
    doc: "Campaign parameters that links get.",
    keys: &[&[
        required("hosts", Shape::List(&Shape::Word), "Links to these hosts only."),
        optional("source", Shape::Word, "utm_source."),
        optional("medium", Shape::Word, "utm_medium."),
        optional("campaign", Shape::Word, "utm_campaign; the campaign's id where unsaid."),
        optional("term", Shape::Word, "utm_term."),
        optional("content", Shape::Word, "utm_content."),
    ]],
    choices: &[],
    together: &[],
};
