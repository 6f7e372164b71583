//! One post.

use super::content::{CONTENT_KEYS, LINK, POLL};
use super::{ACCOUNT, ACCOUNTS, Choice, DURATION, ELSE, ID, Key, Shape, Table, later, optional};

pub(crate) static POST: Table = Table {
    name: "post",
    what: "a post",
    doc: "A post: when it goes out, what it says, and where.",
    keys: &[
        super::timing::TIMING_KEYS,
        CONTENT_KEYS,
        KEYS,
        super::settings::SETTING_KEYS,
        super::platforms::BLOCK_KEYS,
    ],
    choices: &[
        Choice { what: "a timing", keys: &["at", "after", "every", "cron"], required: true },
        Choice { what: "a content", keys: &["text", "thread", "rotate", "repost"], required: true },
    ],
};

const KEYS: &[Key] = &[
    later("poll", Shape::Object(&POLL), "A poll."),
    later("link", Shape::Object(&LINK), "A link that is shown as a card."),
    optional("accounts", ACCOUNTS, "The accounts that this post goes to, instead of the campaign's."),
    optional("labels", Shape::List(&Shape::Word), "Words to find the post by."),
    later("needs", Shape::Object(&NEEDS), "Posts that must be published first."),
    later("approve", Shape::Object(&APPROVE), "Who must agree to the content before it goes out."),
    later("when", Shape::Object(&WHEN), "A metric of another post that decides."),
    optional("skip", Shape::Boolean, "Whether the post stays in the file and does not go out."),
    optional("cooldown", DURATION, "An identical text goes out not sooner than this."),
    optional("split", Shape::Boolean, "Whether X may split a long text into a thread."),
];

static NEEDS: Table = Table {
    name: "needs",
    what: "`needs`",
    doc: "Posts that must be published first.",
    keys: &[&[
        super::required("posts", Shape::List(&ID), "Their ids."),
        optional("else", ELSE, "What happens when one of them is not published."),
    ]],
    choices: &[],
};

static APPROVE: Table = Table {
    name: "approve",
    what: "`approve`",
    doc: "Who must agree to the content before it goes out. An edit of the content voids it.",
    keys: &[&[
        super::required("by", Shape::List(&Shape::Word), "People of the workspace."),
        optional("count", Shape::Integer { least: 1, most: 100 }, "How many of them."),
        optional("else", ELSE, "What happens when they have not by then."),
    ]],
    choices: &[],
};

static WHEN: Table = Table {
    name: "when",
    what: "`when`",
    doc: "A metric of another post that decides whether this one goes out.",
    keys: &[&[
        super::required("post", ID, "The other post."),
        optional("account", ACCOUNT, "On this account."),
        super::required("metric", Shape::Word, "The metric's name, such as engagement_rate."),
        optional("above", Shape::Word, "It goes out when the metric is above this."),
        optional("below", Shape::Word, "It goes out when the metric is below this."),
        optional("else", ELSE, "What happens otherwise."),
    ]],
    choices: &[Choice { what: "a bound", keys: &["above", "below"], required: true }],
};
