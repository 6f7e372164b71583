//! Misuse that the homes are known to answer differently, each with the reason why that may stay so. It is
//! named in `docs/engine.md`, too.

use super::wrong::Misuse;

const STORED: &str = "a server keeps it at any length; the engine bounds what a run holds";
const UPDATES: &str = "a server looks at arguments when a worker has accepted the update";
const NO_ACTION: &str = "a server makes a schedule that never acts; the engine refuses what can't work";
const UNQUOTED: &str = "a server puts the text into a query as it is, and can't read the query";

/// The test, the misuse, and why.
const LEFT_OUT: [(&str, &str, &str); 17] = [
    ("start", "9 too long", STORED),
    ("signal_with_start", "9 too long", STORED),
    ("start_with_update", "2.1.9 too long", STORED),
    ("cancel", "4 too long", STORED),
    ("terminate", "4.1.2 too large", STORED),
    ("update", "5.2.3.1.2 too large", UPDATES),
    ("start_with_update", "2.2.5.2.3.1.2 too large", UPDATES),
    (
        "start_with_update",
        "2.1.15.1.2.2 too large",
        "a server refuses the memo, with a code of its own faults",
    ),
    ("delete", "twice", "a server deletes a little later"),
    ("create_schedule", "3 left out", NO_ACTION),
    ("create_schedule", "3.2 left out", NO_ACTION),
    ("create_schedule", "3.2.1 left out", NO_ACTION),
    ("create_schedule", "3.2.1.1 left out", NO_ACTION),
    ("update_schedule", "3.2.1.1 left out", NO_ACTION),
    ("list_open", "5.1 nonsense", UNQUOTED),
    ("list_open_by_type", "6.1 nonsense", UNQUOTED),
    ("list_namespaces", "1 -1", "a server's database fails on it"),
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    LEFT_OUT.iter().map(|(name, ..)| *name)
}

/// Takes them from what the test asks; each must be there.
pub(super) fn take_from(misuses: &mut Vec<(String, Misuse)>, name: &str) {
    for (_, what, why) in LEFT_OUT.iter().filter(|(it, ..)| *it == name) {
        let before = misuses.len();
        misuses.retain(|(it, _)| it != what);
        assert_eq!(misuses.len() + 1, before, "`{what}` is left out, as {why}, and not asked of `{name}`");
    }
}
