//! LinkedIn: its rules for posts, reads and uploads, and the words of its answers.

mod captions;
mod comment;
mod content;
mod create;
mod little;
mod read;
mod statistics;
mod subscribe;
mod upload;

pub(crate) mod problem;

pub(crate) use captions::put_captions;
pub(crate) use comment::{comment, comments, delete_comment};
pub(crate) use create::{create, delete, update};
pub(crate) use read::{ListQuery, acls, list, organization, post, userinfo};
pub(crate) use statistics::{member_analytics, share_statistics, social_metadata};
pub(crate) use subscribe::{subscribe, subscribed_url};
pub(crate) use upload::{Part, UploadKind, finalize, finalized_urn, initialize, put, status};

use super::reply::Reply;

/// The versions that answer, oldest and newest: a year's worth, as of November 2026. They don't move
/// with the clock, so that a test of years has a version to use.
const VERSIONS_ACTIVE: std::ops::RangeInclusive<u32> = 202_511..=202_611;

/// Judges the headers of a versioned route.
pub(crate) fn check_headers(version: Option<&str>, protocol: Option<&str>) -> Result<(), Reply> {
    let Some(version) = version else { return Err(problem::version_missing()) };
    let number = version.parse::<u32>().ok().filter(|_| version.len() == 6);
    if !number.is_some_and(|number| VERSIONS_ACTIVE.contains(&number) && (1..=12).contains(&(number % 100))) {
        return Err(problem::inactive_version(&format!("{version}01")));
    }
    if protocol != Some("2.0.0") {
        return Err(problem::bad_request("X-Restli-Protocol-Version must be 2.0.0"));
    }
    Ok(())
}
