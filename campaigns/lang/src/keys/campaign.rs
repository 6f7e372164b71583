//! The top level of a campaign file.

use super::{ACCOUNTS, DATE, ID, ID_PATTERN, Key, NAME_PATTERN, Shape, Table, optional, required};

pub(crate) static CAMPAIGN: Table = Table {
    name: "campaign",
    what: "a campaign",
    doc: "A campaign file of Tidings: what is posted, where and when.",
    keys: &[KEYS],
    choices: &[],
    together: &[],
};

const KEYS: &[Key] = &[
    required("campaign", ID, "The stable id of the campaign. Renaming it makes another campaign."),
    required("version", Shape::OneOf(&["1"]), "The version of the language: 1."),
    optional("title", Shape::Word, "What people call the campaign."),
    optional(
        "timezone",
        Shape::Word,
        "The IANA name of the zone that local times are meant in, such as Europe/Berlin.",
    ),
    optional("accounts", ACCOUNTS, "The accounts that every post goes to unless it names its own."),
    optional("dates", Shape::Map(ID_PATTERN, &DATE), "Named dates that posts refer to."),
    optional("vars", Shape::Map(NAME_PATTERN, &Shape::Word), "Values for templates: {{ vars.name }}."),
    optional("utm", Shape::Object(&super::settings::UTM), "Campaign parameters that links get."),
    optional(
        "defaults",
        Shape::Object(&super::SETTINGS),
        "How publications are carried out unless a post says otherwise.",
    ),
    required("posts", Shape::Map(ID_PATTERN, &ONE_POST), "The posts, by id."),
    optional("moved", Shape::List(&ONE_MOVED), "Posts that got another id."),
    optional(
        "prune",
        Shape::Boolean,
        "Whether deleting this file cancels what is planned; nothing is cancelled where unsaid.",
    ),
    optional("labels", Shape::List(&Shape::Word), "Words to find the campaign by."),
    optional("anchors", Shape::Anything, "A place for YAML anchors; nothing in it is read."),
];

pub(crate) static MOVED: Table = Table {
    name: "moved",
    what: "a rename",
    doc: "A post that got another id.",
    keys: &[&[required("from", ID, "The old id."), required("to", ID, "The new id.")]],
    choices: &[],
    together: &[],
};

static ONE_POST: Shape = Shape::Object(&super::POST);
static ONE_MOVED: Shape = Shape::Object(&MOVED);
