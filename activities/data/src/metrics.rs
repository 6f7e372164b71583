//! How posts do: when each is counted next, and what was counted. Raw snapshots are kept with their time;
//! old ones become one a day.

use campaigns_limits::{Counts, Metric, Platform};
use campaigns_plan::PublicationId;
use jiff::{SignedDuration, Timestamp};

use crate::instant::to_ms;
use crate::row::{Columns, kept};
use crate::segments::Online;
use crate::statement::Statement;
use crate::{Conn, DbError, Tx};

/// After publishing, the first collections.
const CLOSE_HOURS: [i64; 3] = [1, 6, 24];
/// Until when a post is young, in hours; it is counted as often as the operator says then.
const YOUNG_HOURS: i64 = 7 * 24;
/// Then every so many hours, as long as the post is no older than that.
const DECAY: [(i64, i64); 2] = [(24, 30 * 24), (7 * 24, 365 * 24)];
/// Snapshots that one answer gives at most: three years of one post, or a month of eighty.
pub const SNAPSHOTS_MAX: u32 = 10_000;

/// A part of a publication that is to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricPlan {
    pub publication_id: PublicationId,
    pub segment: u32,
    pub organization: String,
    pub account_id: String,
    pub platform: Platform,
    pub platform_post_id: String,
    pub published_at: Timestamp,
    pub collected_at: Option<Timestamp>,
}

/// What was counted of a part at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub publication_id: PublicationId,
    pub segment: u32,
    pub organization: String,
    pub account_id: String,
    pub platform: Platform,
    pub taken_at: Timestamp,
    pub counts: Counts,
    /// Whether it stands for its UTC day, whose others are gone.
    pub daily: bool,
}

/// Which snapshots to read; the default is all.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub organization: Option<String>,
    pub platform: Option<Platform>,
    pub account_id: Option<String>,
    pub publication: Option<PublicationId>,
    /// Taken at or after.
    pub from: Option<Timestamp>,
    /// Taken before.
    pub to: Option<Timestamp>,
}

/// When a post that went out at `published_at` is to be counted again after `now`, every `every_h` hours while it
/// is young; `None` when it is too old to change.
#[must_use]
pub fn next_at(published_at: Timestamp, now: Timestamp, every_h: u32) -> Option<Timestamp> {
    let at = |hours| published_at.saturating_add(SignedDuration::from_hours(hours)).ok();
    if let Some(close) = CLOSE_HOURS.into_iter().filter_map(at).find(|at| *at > now) {
        return Some(close);
    }
    let age = now.duration_since(published_at);
    let every_h = i64::from(every_h);
    let mut spans = std::iter::once((every_h, YOUNG_HOURS)).chain(DECAY);
    let (every, _) = spans.find(|(_, until)| age < SignedDuration::from_hours(*until))?;
    now.saturating_add(SignedDuration::from_hours(every.max(every_h))).ok()
}

/// Whether platforms count this: reposts and comments have no numbers of their own.
fn is_countable(platform_post_id: &str) -> bool {
    platform_post_id.bytes().all(|byte| byte.is_ascii_digit())
        || platform_post_id.starts_with("urn:li:share:")
        || platform_post_id.starts_with("urn:li:ugcPost:")
}

/// Plans the first collection of a part that is online.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub(crate) async fn follow(
    tx: &mut Tx,
    id: &PublicationId,
    segment: u32,
    online: &Online,
) -> Result<(), DbError> {
    if !is_countable(&online.platform_post_id) {
        return Ok(());
    }
    // The first of the close ones.
    let next = CLOSE_HOURS.first().map(|hours| SignedDuration::from_hours(*hours));
    let next = next.and_then(|after| online.published_at.saturating_add(after).ok());
    sqlx::query(
        "INSERT INTO metric_plans (publication_id, segment, account_id, platform_post_id, published_at, next_at) \
         SELECT publication_id, number, account_id, $3, $4, $5 FROM segments \
         WHERE publication_id = $1 AND number = $2 \
         ON CONFLICT (publication_id, segment) DO UPDATE SET platform_post_id = $3, published_at = $4, next_at = $5",
    )
    .bind(id.as_str())
    .bind(i64::from(segment))
    .bind(kept(&online.platform_post_id))
    .bind(to_ms(online.published_at))
    .bind(next.map(to_ms))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The parts whose time to be counted has come, by account and age.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn due(conn: &mut Conn, now: Timestamp, limit: u32) -> Result<Vec<MetricPlan>, DbError> {
    let mut query = plans();
    query.push(" AND m.next_at <= ").push_bind(to_ms(now));
    query.push(" ORDER BY m.account_id, m.published_at DESC LIMIT ").push_bind(i64::from(limit));
    read_plans(query, conn).await
}

/// The parts of an organization that can still change, whether or not their time has come.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn followed(
    conn: &mut Conn,
    organization: &str,
    platform: Option<Platform>,
    limit: u32,
) -> Result<Vec<MetricPlan>, DbError> {
    let mut query = plans();
    query.push(" AND m.next_at IS NOT NULL AND p.organization_id = ").push_bind(organization.to_owned());
    if let Some(platform) = platform {
        query.push(" AND a.platform = ").push_bind(platform.as_str());
    }
    query.push(" ORDER BY m.account_id, m.published_at DESC LIMIT ").push_bind(i64::from(limit));
    read_plans(query, conn).await
}

/// The parts of a publication that are followed, in order, whether or not their time has come.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_publication(conn: &mut Conn, id: &PublicationId) -> Result<Vec<MetricPlan>, DbError> {
    let mut query = plans();
    query.push(" AND m.publication_id = ").push_bind(id.as_str().to_owned()).push(" ORDER BY m.segment");
    read_plans(query, conn).await
}

/// The parts that are this post on their platform, in whichever organizations.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of_platform_post(
    conn: &mut Conn,
    platform: Platform,
    platform_post_id: &str,
) -> Result<Vec<MetricPlan>, DbError> {
    let mut query = plans();
    query.push(" AND m.platform_post_id = ").push_bind(kept(platform_post_id).to_owned());
    query
        .push(" AND a.platform = ")
        .push_bind(platform.as_str())
        .push(" ORDER BY m.publication_id, m.segment");
    read_plans(query, conn).await
}

/// Counts a part that is still followed at `at`, where it would be later.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn hasten(tx: &mut Tx, plan: &MetricPlan, at: Timestamp) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE metric_plans SET next_at = $3 WHERE publication_id = $1 AND segment = $2 AND next_at > $3",
    )
    .bind(plan.publication_id.as_str())
    .bind(i64::from(plan.segment))
    .bind(to_ms(at))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn plans() -> Statement {
    Statement::new(
        "SELECT m.*, p.organization_id, a.platform FROM metric_plans m \
         JOIN publications p ON p.id = m.publication_id JOIN accounts a ON a.id = m.account_id \
         WHERE p.state NOT IN ('deleted', 'gone')",
    )
}

async fn read_plans(query: Statement, conn: &mut Conn) -> Result<Vec<MetricPlan>, DbError> {
    let rows = query.build().fetch_all(conn).await?;
    let plan = |row: &sqlx::any::AnyRow| {
        let row = Columns(row);
        Ok(MetricPlan {
            publication_id: row.word("publication_id")?,
            segment: row.small("segment")?,
            organization: row.text("organization_id")?,
            account_id: row.text("account_id")?,
            platform: row.word("platform")?,
            platform_post_id: row.text("platform_post_id")?,
            published_at: row.instant("published_at")?,
            collected_at: row.opt_instant("collected_at")?,
        })
    };
    rows.iter().map(plan).collect()
}

/// Plans the next collection. `error` says why this one gave nothing.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn plan_next(
    tx: &mut Tx,
    plan: &MetricPlan,
    next: Option<Timestamp>,
    error: Option<&str>,
) -> Result<(), DbError> {
    let collected_at = error.is_none().then(|| to_ms(tx.now()));
    sqlx::query(
        "UPDATE metric_plans SET next_at = $3, last_error = $4, collected_at = COALESCE($5, collected_at) \
         WHERE publication_id = $1 AND segment = $2",
    )
    .bind(plan.publication_id.as_str())
    .bind(i64::from(plan.segment))
    .bind(next.map(to_ms))
    .bind(error.map(kept))
    .bind(collected_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down what was counted now. The same part at the same moment is counted once.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn take(tx: &mut Tx, plan: &MetricPlan, counts: &Counts) -> Result<(), DbError> {
    let now = to_ms(tx.now());
    let mut query = Statement::new(
        "INSERT INTO metric_snapshots (publication_id, segment, taken_at, organization_id, account_id, platform",
    );
    for metric in Metric::ALL {
        query.push(", ").push(metric.column());
    }
    query.push(") VALUES (").push_bind(plan.publication_id.as_str().to_owned());
    query.push(", ").push_bind(i64::from(plan.segment)).push(", ").push_bind(now);
    query.push(", ").push_bind(plan.organization.clone()).push(", ").push_bind(plan.account_id.clone());
    query.push(", ").push_bind(plan.platform.as_str());
    for metric in Metric::ALL {
        query.push(", ").push_bind(counts.get(*metric).map(u64::cast_signed));
    }
    query.push(") ON CONFLICT (publication_id, segment, taken_at) DO NOTHING");
    query.build().execute(&mut **tx).await?;
    Ok(())
}

/// Snapshots in the order in which they were taken, at most [`SNAPSHOTS_MAX`].
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn snapshots(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<Snapshot>, DbError> {
    let mut query = Statement::new("SELECT s.* FROM metric_snapshots s WHERE 1 = 1");
    push_wanted(&mut query, wanted);
    query
        .push(" ORDER BY s.taken_at, s.publication_id, s.segment LIMIT ")
        .push_bind(i64::from(SNAPSHOTS_MAX));
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(snapshot).collect()
}

/// The last snapshot of every part among those wanted: what totals and rankings come from.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn latest(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<Snapshot>, DbError> {
    let mut query = Statement::new(
        "SELECT s.* FROM metric_snapshots s JOIN (SELECT s.publication_id AS of, s.segment AS part, \
         MAX(s.taken_at) AS last FROM metric_snapshots s WHERE 1 = 1",
    );
    push_wanted(&mut query, wanted);
    query.push(
        " GROUP BY s.publication_id, s.segment) newest ON newest.of = s.publication_id \
         AND newest.part = s.segment AND newest.last = s.taken_at ORDER BY s.publication_id, s.segment LIMIT ",
    );
    query.push_bind(i64::from(SNAPSHOTS_MAX));
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(snapshot).collect()
}

fn push_wanted(query: &mut Statement, wanted: &Wanted) {
    let Wanted { organization, platform, account_id, publication, from, to } = wanted;
    let words = [
        (" AND s.organization_id = ", organization.clone()),
        (" AND s.platform = ", platform.map(|platform| platform.as_str().to_owned())),
        (" AND s.account_id = ", account_id.clone()),
        (" AND s.publication_id = ", publication.as_ref().map(|id| id.as_str().to_owned())),
    ];
    for (condition, word) in words {
        if let Some(word) = word {
            query.push(condition).push_bind(word);
        }
    }
    for (condition, instant) in [(" AND s.taken_at >= ", from), (" AND s.taken_at < ", to)] {
        if let Some(instant) = instant {
            query.push(condition).push_bind(to_ms(*instant));
        }
    }
}

fn snapshot(row: &sqlx::any::AnyRow) -> Result<Snapshot, DbError> {
    let row = Columns(row);
    let mut counts = Counts::default();
    for metric in Metric::ALL {
        counts.set(*metric, row.opt_int(metric.column())?.and_then(|count| u64::try_from(count).ok()));
    }
    Ok(Snapshot {
        publication_id: row.word("publication_id")?,
        segment: row.small("segment")?,
        organization: row.text("organization_id")?,
        account_id: row.text("account_id")?,
        platform: row.word("platform")?,
        taken_at: row.instant("taken_at")?,
        counts,
        daily: row.flag("daily")?,
    })
}

/// Archives what was taken before `before`: of every part the last snapshot of a UTC day stays and stands
/// for it. Returns how many were removed. Doing it again changes nothing.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn archive(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let removed = sqlx::query(
        "DELETE FROM metric_snapshots WHERE daily = 0 AND taken_at < $1 AND EXISTS (SELECT 1 FROM \
         metric_snapshots newer WHERE newer.publication_id = metric_snapshots.publication_id \
         AND newer.segment = metric_snapshots.segment AND newer.taken_at > metric_snapshots.taken_at \
         AND newer.taken_at < $1 AND newer.taken_at / 86400000 = metric_snapshots.taken_at / 86400000)",
    )
    .bind(to_ms(before))
    .execute(&mut **tx)
    .await?;
    sqlx::query("UPDATE metric_snapshots SET daily = 1 WHERE daily = 0 AND taken_at < $1")
        .bind(to_ms(before))
        .execute(&mut **tx)
        .await?;
    Ok(removed.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_are_counted_closely_at_first_and_then_less_and_less() {
        let out: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let mut hours = Vec::new();
        let mut now = out;
        while let Some(next) = next_at(out, now, 6) {
            assert!(next > now);
            hours.push(next.duration_since(out).as_hours());
            now = next;
        }
        assert_eq!(hours[..6], [1, 6, 24, 30, 36, 42]);
        assert!(hours.len() < 110, "{}", hours.len());
        let after = |hour| hours.iter().copied().find(|at| *at > hour).unwrap() - hour;
        assert!(after(8 * 24) <= 24 && after(40 * 24) <= 7 * 24);
        assert!((364 * 24..373 * 24).contains(hours.last().unwrap()), "{hours:?}");
    }

    #[test]
    fn only_posts_are_counted() {
        assert!(is_countable("1346889436626259968") && is_countable("urn:li:share:7"));
        assert!(!is_countable("repost:134") && !is_countable("urn:li:comment:(urn:li:share:7,6636)"));
    }
}
