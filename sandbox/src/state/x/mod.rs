//! X: its rules for posts, reads and uploads, and the words of its answers.

mod analytics;
mod create;
mod emoji;
mod fields;
mod hooks;
mod length;
mod links;
mod read;
mod render;
mod repost;
mod subtitles;
mod upload;

pub(crate) mod problem;

pub(crate) use analytics::{AnalyticsQuery, analytics};
pub(crate) use create::{create, delete, later};
pub(crate) use fields::Wanted;
pub(crate) use hooks::{
    HookAsked, create_hook, delete_hook, hooks, subscribe, subscriptions, unsubscribe, validated_hook,
};
pub(crate) use read::{TimelineQuery, me, post, posts, timeline};
pub(crate) use render::as_event;
pub(crate) use repost::{repost, undo_repost};
pub(crate) use subtitles::attach_subtitles;
pub(crate) use upload::{append, complete, describe, finished_parts, initialize, one_shot, status};
