//! One post.

use super::content::{CONTENT_KEYS, LINK, POLL};
use super::{ACCOUNT, ACCOUNTS, Choice, DURATION, ELSE, ID, Key, Shape, Table, optional};

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
    together: &[],
};

const KEYS: &[Key] = &[
    optional("poll", Shape::Object(&POLL), "A poll."),
    optional("link", Shape::Object(&LINK), "A link that is shown as a card."),
    optional("accounts", ACCOUNTS, "The accounts that this post goes to, instead of the campaign's."),
    optional("labels", Shape::List(&Shape::Word), "Words to find the post by."),
    optional("needs", Shape::Object(&NEEDS), "Posts that must be published first."),
    optional("approve", Shape::Object(&APPROVE), "Who must agree to the content before it goes out."),
    optional("when", Shape::Object(&WHEN), "A metric of another post that decides."),
    optional("skip", Shape::Boolean, "Whether the post stays in the file and does not go out."),
    optional("cooldown", DURATION, "An identical text goes out not sooner than this."),
    optional("split", Shape::Boolean, "Whether X may split a long text into a thread."),
];

pub(crate) static NEEDS: Table = Table {
    name: "needs",
    what: "`needs`",
    doc: "Posts that must be published first.",
    keys: &[&[
        super::required("posts", Shape::List(&ID), "Their ids."),
        optional("else", ELSE, "What happens when one of them is not published; `hold` where unsaid."),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static APPROVE: Table = Table {
    name: "approve",
    what: "`approve`",
    doc: "Who must agree to the content before it goes out. An edit of the content voids it.",
    keys: &[&[
        super::required("by", Shape::List(&Shape::Word), "People of the workspace."),
        optional("count", Shape::Integer { least: 1, most: 100 }, "How many of them; 1 where unsaid."),
        optional("else", ELSE, "What happens when they have not by then; `hold` where unsaid."),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static WHEN: Table = Table {
    name: "when",
    what: "`when`",
    doc: "A metric of another post that decides whether this one goes out.",
    keys: &[&[
        super::required("post", ID, "The other post."),
        optional("account", ACCOUNT, "On this account."),
        super::required("metric", Shape::Word, "The metric's name, such as engagement_rate."),
        optional("above", Shape::Word, "It goes out when the metric is above this."),
        optional("below", Shape::Word, "It goes out when the metric is below this."),
        super::required("else", ELSE, "What happens otherwise, and when there is no value by then."),
    ]],
    choices: &[Choice { what: "a bound", keys: &["above", "below"], required: true }],
    together: &[],
};
