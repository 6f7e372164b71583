//! What a post says and shows.

use super::{ACCOUNTS, DURATION, ID, ID_PATTERN, Key, LANGUAGE_PATTERN, Shape, Table, optional, required};

pub(crate) const TEXT: Shape = Shape::Either(&TEXT_SHAPES);
pub(crate) const THREAD: Shape = Shape::List(&ONE_PART);
pub(crate) const MEDIA_LIST: Shape = Shape::List(&ONE_MEDIA);

pub(crate) const CONTENT_KEYS: &[Key] = &[
    optional("text", TEXT, "What it says; write it as a `|` block."),
    optional("thread", THREAD, "Several posts that hang together, one after the other."),
    optional("rotate", Shape::Map(ID_PATTERN, &ONE_ROTATION), "Contents that take turns."),
    optional("repost", ID, "Another post of the campaign, shown again."),
    optional("media", MEDIA_LIST, "Pictures and other files that it shows."),
];

pub(crate) const BLOCK_CONTENT_KEYS: &[Key] = &[
    optional("text", TEXT, "What it says; write it as a `|` block."),
    optional("thread", THREAD, "Several posts that hang together, one after the other."),
    optional("media", MEDIA_LIST, "Pictures and other files that it shows."),
];

pub(crate) const OVERRIDE_KEYS: &[Key] = &[
    optional("text", TEXT, "What it says on this day."),
    optional("thread", THREAD, "Several posts that hang together."),
    optional("media", MEDIA_LIST, "Pictures and other files that it shows."),
    optional("accounts", ACCOUNTS, "The accounts that it goes to on this day."),
    optional("skip", Shape::Boolean, "Whether this day is left out."),
];

pub(crate) static TEXT_FILE: Table = Table {
    name: "text-file",
    what: "a text file",
    doc: "A text in a file of its own.",
    keys: &[&[required("file", Shape::Word, "Its path, relative to the campaign file.")]],
    choices: &[],
    together: &[],
};

pub(crate) static PART: Table = Table {
    name: "part",
    what: "a part of a thread",
    doc: "One part of a thread.",
    keys: &[&[
        required("text", TEXT, "What it says; write it as a `|` block."),
        optional("media", MEDIA_LIST, "Pictures and other files that it shows."),
        optional("poll", Shape::Object(&POLL), "A poll."),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static MEDIA: Table = Table {
    name: "media",
    what: "a media file",
    doc: "A picture or another file that a post shows.",
    keys: &[&[
        required("file", Shape::Word, "Its path, relative to the campaign file."),
        optional("alt", Shape::Word, "What it shows, for people who don't see it."),
        optional("title", Shape::Word, "Its title, where the platform shows one."),
        optional("thumbnail", Shape::Word, "The still of a video: a path relative to the campaign file."),
        optional(
            "captions",
            Shape::Either(&CAPTIONS_SHAPES),
            "The words of a video, to be read: a SubRip or WebVTT file that is named after its language, like `clip.en.srt`.",
        ),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static CAPTIONS: Table = Table {
    name: "captions",
    what: "a captions file",
    doc: "The words of a video, to be read, in a file that is not named after its language.",
    keys: &[&[
        required("file", Shape::Word, "A SubRip or WebVTT file: a path relative to the campaign file."),
        required(
            "language",
            Shape::Pattern(LANGUAGE_PATTERN),
            "Two letters, and a region where it matters: `en`, `pt-BR`.",
        ),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static ROTATION: Table = Table {
    name: "rotation",
    what: "a rotation",
    doc: "One of the contents that take turns.",
    keys: &[BLOCK_CONTENT_KEYS, super::platforms::BLOCK_KEYS],
    choices: &[super::Choice { what: "a content", keys: &["text", "thread"], required: true }],
    together: &[],
};

pub(crate) static POLL: Table = Table {
    name: "poll",
    what: "a poll",
    doc: "A poll.",
    keys: &[&[
        required("question", Shape::Word, "What is asked, where the platform shows it."),
        required("options", Shape::List(&Shape::Word), "What can be chosen."),
        required("duration", DURATION, "How long it is open."),
    ]],
    choices: &[],
    together: &[],
};

pub(crate) static LINK: Table = Table {
    name: "link",
    what: "a link",
    doc: "A link that is shown as a card where the platform has one.",
    keys: &[&[
        required("url", Shape::Word, "Where it leads."),
        optional("title", Shape::Word, "The card's title."),
        optional("description", Shape::Word, "The card's text."),
        optional("image", Shape::Word, "The card's picture: a path relative to the campaign file."),
    ]],
    choices: &[],
    together: &[],
};

static TEXT_SHAPES: [Shape; 2] = [Shape::Word, Shape::Object(&TEXT_FILE)];
static PART_SHAPES: [Shape; 2] = [Shape::Word, Shape::Object(&PART)];
static CAPTIONS_SHAPES: [Shape; 2] = [Shape::Word, Shape::Object(&CAPTIONS)];
static ONE_PART: Shape = Shape::Either(&PART_SHAPES);
static ONE_MEDIA: Shape = Shape::Object(&MEDIA);
static ONE_ROTATION: Shape = Shape::Object(&ROTATION);
