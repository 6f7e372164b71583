//! The top level of `tidings.yaml`.

use super::{ACCOUNT_PATTERN, ID, Key, NAME_PATTERN, Shape, Table, optional, required};

pub(crate) static WORKSPACE: Table = Table {
    name: "workspace",
    what: "a workspace",
    doc: "The workspace file of Tidings: what all campaigns of a project share.",
    keys: &[KEYS],
    choices: &[],
    together: &[],
};

const KEYS: &[Key] = &[
    required("workspace", ID, "The name of the workspace."),
    required("version", Shape::OneOf(&["1"]), "The version of the language: 1."),
    optional("organization", ID, "The organization that it belongs to; `default` where unsaid."),
    optional("timezone", Shape::Word, "The IANA name of the zone of campaigns that name none."),
    optional("accounts", Shape::Map(ACCOUNT_PATTERN, &ONE_ACCOUNT), "The accounts that campaigns may name."),
    optional("people", Shape::Map(NAME_PATTERN, &ONE_PERSON), "People who approve."),
    optional(
        "mentions",
        Shape::Map(NAME_PATTERN, &ONE_MENTION),
        "People and pages by one name: {{ mention.name }}.",
    ),
    optional(
        "defaults",
        Shape::Object(&super::SETTINGS),
        "How publications are carried out unless a campaign says otherwise.",
    ),
    optional("policies", Shape::Object(&POLICIES), "Rules for all campaigns."),
    optional("utm", Shape::Object(&super::settings::UTM), "Campaign parameters that links get."),
    optional("labels", Shape::List(&Shape::Word), "Words to find the workspace by."),
];

pub(crate) static WORKSPACE_ACCOUNT: Table = Table {
    name: "workspace-account",
    what: "an account",
    doc: "An account that campaigns may name.",
    keys: &[&[
        optional(
            "author",
            Shape::OneOf(&["member", "organization"]),
            "Whether a LinkedIn account is a person or a page.",
        ),
        optional(
            "on_ambiguous",
            Shape::OneOf(&["reconcile", "probe", "hold"]),
            "What happens when it is not known whether a publication went out.",
        ),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static PERSON: Table = Table {
    name: "person",
    what: "a person",
    doc: "A person who approves.",
    keys: &[&[optional("email", Shape::Word, "Where they are reached.")]],
    choices: &[],
    together: &[],
};

pub(crate) static MENTION: Table = Table {
    name: "mention",
    what: "a mention",
    doc: "One name's handles on the platforms.",
    keys: &[&[
        optional("name", Shape::Word, "The display name on LinkedIn, exactly as it is there."),
        optional("x", Shape::Word, "On X: @name."),
        optional("linkedin", Shape::Word, "On LinkedIn: a URN."),
        optional("bluesky", Shape::Word, "On Bluesky: a handle."),
        optional("mastodon", Shape::Word, "On Mastodon: @name@server."),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static POLICIES: Table = Table {
    name: "policies",
    what: "`policies`",
    doc: "Rules for all campaigns.",
    keys: &[&[
        optional("require_alt", Shape::Boolean, "Whether every picture needs alternative text."),
        optional("banned_words", Shape::List(&Shape::Word), "Words that no post may have."),
        optional(
            "duplicate_window",
            super::DURATION,
            "How long an identical text to one account is refused.",
        ),
        optional("approval", Shape::OneOf(&["none", "merge"]), "Whether a merge counts as approval."),
    ]],
    choices: &[],
    together: &[],
};

static ONE_ACCOUNT: Shape = Shape::Object(&WORKSPACE_ACCOUNT);
static ONE_PERSON: Shape = Shape::Object(&PERSON);
static ONE_MENTION: Shape = Shape::Object(&MENTION);
