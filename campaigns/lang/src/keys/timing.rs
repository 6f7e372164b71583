//! When a post goes out.

use super::{ACCOUNT, Choice, DATE, DURATION, ELSE, ID, Key, Shape, TIME, Table, optional, required};

/// A date and a time, perhaps with an offset; or `now`, perhaps with a wait.
const AT_PATTERN: &str = "^(now(\\s*\\+\\s*[0-9]+(s|m|h|d|w))?|[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?\\s*(Z|[+-][0-9]{2}:?[0-9]{2})?)$";

static AT_SHAPES: [Shape; 2] = [Shape::Pattern(AT_PATTERN), Shape::Object(&AT_DATE)];

pub(crate) const TIMING_KEYS: &[Key] = &[
    optional(
        "at",
        Shape::Either(&AT_SHAPES),
        "When: `2027-03-18 09:00` in the campaign's zone, or with an offset, or `now`, or `now + 20s`.",
    ),
    optional(
        "after",
        Shape::Object(&AFTER_POST),
        "After another post was published, or after a signal, a file or an event.",
    ),
    optional("every", Shape::Object(&EVERY), "On a rule of days and times."),
    optional("cron", Shape::Object(&CRON), "On a cron expression."),
];

pub(crate) static AT_DATE: Table = Table {
    name: "at-date",
    what: "`at`",
    doc: "A time on a named or written date.",
    keys: &[&[
        required("date", Shape::Either(&[ID, DATE]), "A name from `dates`, or a date."),
        optional("shift", Shape::Pattern("^[+-]?[0-9]+(d|w)$"), "Days or weeks from there: `-3d`."),
        required("time", TIME, "The time of day, in quotes: \"09:00\"."),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static AFTER_POST: Table = Table {
    name: "after",
    what: "`after`",
    doc: "After another post was published, or after something happened.",
    keys: &[&[
        optional("post", ID, "The other post's id."),
        optional("account", ACCOUNT, "On this account; on all of that post's accounts where unsaid."),
        optional("wait", DURATION, "How long after it."),
        optional("time", TIME, "At this time of day, the next one after the wait."),
        optional("signal", ID, "After this signal: `tidings signal CAMPAIGN NAME`, or a webhook."),
        optional("file", Shape::Word, "After this file appears: a path relative to the campaign file."),
        optional("event", Shape::Word, "After this event of a platform, such as x/follow."),
        optional("within", DURATION, "How long to wait for a signal, file or event, counted from the apply."),
        optional("else", ELSE, "What happens when it does not come."),
    ]],
    choices: &[Choice { what: "an event", keys: &["post", "signal", "file", "event"], required: true }],
    together: &[
        ("signal", &["within", "else"]),
        ("file", &["within", "else"]),
        ("event", &["within", "else"]),
    ],
};

pub(crate) static EVERY: Table = Table {
    name: "every",
    what: "`every`",
    doc: "A rule of days and times.",
    keys: &[&[
        optional(
            "days",
            Shape::List(&Shape::OneOf(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"])),
            "Days of the week.",
        ),
        optional("monthdays", Shape::List(&Shape::Integer { least: 1, most: 31 }), "Days of the month."),
        optional("nth", Shape::Word, "Such as `first mon` or `last fri`."),
        optional("time", TIME, "The time of day, in quotes."),
        optional("times", Shape::List(&TIME), "Several times of day, in quotes."),
        required("from", DATE, "The first day of the rule."),
        optional("until", DATE, "The last day of the rule."),
        optional("count", Shape::Integer { least: 1, most: 10_000 }, "How many occurrences."),
        optional("except", Shape::List(&DATE), "Days that are left out."),
        optional("override", Shape::Map(super::DATE_PATTERN, &ONE_OVERRIDE), "Keys of a post for one day."),
    ]],
    choices: &[
        Choice { what: "a choice of days", keys: &["days", "monthdays", "nth"], required: true },
        Choice { what: "a choice of times", keys: &["time", "times"], required: true },
        Choice { what: "an end", keys: &["until", "count"], required: true },
    ],
    together: &[],
};

pub(crate) static CRON: Table = Table {
    name: "cron",
    what: "`cron`",
    doc: "A cron expression.",
    keys: &[&[
        required("expr", Shape::Word, "Five fields: minute, hour, day of month, month, day of week."),
        required("from", DATE, "The first day."),
        optional("until", DATE, "The last day."),
        optional("count", Shape::Integer { least: 1, most: 10_000 }, "How many occurrences."),
    ]],
    choices: &[Choice { what: "an end", keys: &["until", "count"], required: true }],
    together: &[],
};

static ONE_OVERRIDE: Shape = Shape::Object(&OVERRIDE);

pub(crate) static OVERRIDE: Table = Table {
    name: "override",
    what: "an override",
    doc: "What a recurring post says otherwise on one day; what is unsaid is inherited.",
    keys: &[super::content::OVERRIDE_KEYS, super::platforms::BLOCK_KEYS],
    choices: &[Choice { what: "a content", keys: &["text", "thread"], required: false }],
    together: &[],
};
