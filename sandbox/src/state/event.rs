//! What changes the world: one line of the journal each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::hook::{Hook, Subscription};
use super::media::{Captions, Chunk, MediaItem, MediaStage};
use super::post::{Metrics, Post};
use super::token::{AccessToken, Grant, GrantId, RefreshToken, TokenHash};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Event {
    AccountOpened(Account),
    GrantIssued(Grant),
    /// A new access token; with `refresh` the former refresh token is spent.
    GrantRefreshed {
        grant: GrantId,
        access: AccessToken,
        refresh: Option<RefreshToken>,
    },
    AccessExpired {
        token: TokenHash,
        at: Timestamp,
    },
    GrantRevoked {
        grant: GrantId,
    },
    MediaOpened(MediaItem),
    MediaAppended {
        id: String,
        chunk: Chunk,
    },
    MediaStaged {
        id: String,
        stage: MediaStage,
    },
    /// The picture that stands for a video.
    MediaStill {
        id: String,
        blob: String,
    },
    /// Captions of a video; those of the same language are replaced.
    MediaCaptioned {
        id: String,
        captions: Captions,
    },
    MediaDescribed {
        id: String,
        alt: String,
    },
    Posted(Post),
    PostEdited {
        id: String,
        text: String,
        raw: String,
    },
    PostDeleted {
        id: String,
        at: Timestamp,
    },
    MetricsSet {
        id: String,
        metrics: Metrics,
    },
    /// A webhook's address, new or judged anew.
    HookSaved(Hook),
    HookRemoved {
        id: String,
    },
    Subscribed(Subscription),
    Unsubscribed {
        id: String,
    },
}
