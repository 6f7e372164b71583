//! What a post says otherwise on one platform.

use super::content::{BLOCK_CONTENT_KEYS, LINK, POLL};
use super::{Choice, Key, Shape, Table, later, optional};

pub(crate) const BLOCK_KEYS: &[Key] = &[
    optional("x", Shape::Object(&X), "What is different on X."),
    optional("linkedin", Shape::Object(&LINKEDIN), "What is different on LinkedIn."),
    later("bluesky", Shape::Object(&BLUESKY), "What is different on Bluesky."),
    later("mastodon", Shape::Object(&MASTODON), "What is different on Mastodon."),
];

const COMMON_KEYS: &[Key] = &[
    optional("skip", Shape::Boolean, "Whether the post leaves this platform out."),
    optional("poll", Shape::Object(&POLL), "A poll."),
    optional("link", Shape::Object(&LINK), "A link that is shown as a card."),
];

const CONTENT: &[Choice] = &[Choice { what: "a content", keys: &["text", "thread"], required: false }];

const LINKEDIN_CHOICES: &[Choice] = &[
    Choice { what: "a content", keys: &["text", "thread"], required: false },
    Choice { what: "a card", keys: &["link", "article"], required: false },
];

pub(crate) static X: Table = Table {
    name: "x",
    what: "an `x` block",
    doc: "What is different on X; what is unsaid is inherited.",
    keys: &[
        BLOCK_CONTENT_KEYS,
        COMMON_KEYS,
        &[
            optional(
                "reply_settings",
                Shape::OneOf(&["following", "mentionedUsers", "subscribers", "verified"]),
                "Who may reply; everyone where unsaid.",
            ),
            optional(
                "quote",
                Shape::Word,
                "The post that is quoted: the id of a post of this campaign, or the address of one on X.",
            ),
            optional("community", Shape::Word, "The id of the community that it goes to."),
            optional("made_with_ai", Shape::Boolean, "Whether X labels the media as made with AI."),
            optional("paid_partnership", Shape::Boolean, "Whether X labels the post as a paid partnership."),
        ],
    ],
    choices: CONTENT,
    together: &[],
};

pub(crate) static LINKEDIN: Table = Table {
    name: "linkedin",
    what: "a `linkedin` block",
    doc: "What is different on LinkedIn; what is unsaid is inherited.",
    keys: &[
        BLOCK_CONTENT_KEYS,
        COMMON_KEYS,
        &[
            optional("visibility", Shape::OneOf(&["public", "connections", "logged_in"]), "Who sees it."),
            optional("reshare_disabled", Shape::Boolean, "Whether it can't be shared."),
            optional("first_comment", super::content::TEXT, "A comment that follows it."),
            optional("article", Shape::Object(&LINK), "The article that it shares."),
        ],
    ],
    choices: LINKEDIN_CHOICES,
    together: &[],
};

static BLUESKY: Table = Table {
    name: "bluesky",
    what: "a `bluesky` block",
    doc: "What is different on Bluesky; what is unsaid is inherited.",
    keys: &[
        BLOCK_CONTENT_KEYS,
        COMMON_KEYS,
        &[
            later("languages", Shape::List(&Shape::Word), "Its languages."),
            later("labels", Shape::List(&Shape::Word), "Labels that warn of its content."),
        ],
    ],
    choices: CONTENT,
    together: &[],
};

static MASTODON: Table = Table {
    name: "mastodon",
    what: "a `mastodon` block",
    doc: "What is different on Mastodon; what is unsaid is inherited.",
    keys: &[
        BLOCK_CONTENT_KEYS,
        COMMON_KEYS,
        &[
            later("visibility", Shape::OneOf(&["public", "unlisted", "private"]), "Who sees it."),
            later("language", Shape::Word, "Its language."),
            later("spoiler", Shape::Word, "The warning that hides it."),
            later("sensitive", Shape::Boolean, "Whether its media are hidden."),
        ],
    ],
    choices: CONTENT,
    together: &[],
};
