//! What was counted of the posts of some days.

use std::collections::{BTreeMap, HashMap};

use activities_data::metrics::{self, SNAPSHOTS_MAX, Snapshot, Wanted};
use activities_data::{Publication, content, organizations, publications};
use campaigns_limits::{Counts, Metric, Platform};
use campaigns_plan::PublicationId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Number, Value};

use crate::api::analytics::{
    AnalyticsQuery, AnalyticsView, DayView, Metrics, RankedPost, TopPosts, TopQuery,
};
use crate::api::post::PlatformName;
use crate::app::social::view;
use crate::app::{App, AppError};

/// Days of one answer.
const DAYS_MAX: i32 = 366;
/// Days where the request names none.
const DAYS: i32 = 30;
/// Posts of one answer; where there are more, the newest count.
const POSTS_MAX: u32 = 10_000;
/// Posts of a ranking unless the request says otherwise, and at most.
const TOP: u32 = 10;
const TOP_MAX: u32 = 100;
/// Names that are worked out rather than counted.
const DERIVED: [&str; 4] = ["engagements", "clicks", "engagementRate", "clickThroughRate"];

/// The posts of some days with everything that was counted of them until the last one.
pub(super) struct Counted {
    zone: TimeZone,
    pub(super) days: (Date, Date),
    pub(super) posts: Vec<Publication>,
    /// In the order in which they were taken.
    snapshots: Vec<Snapshot>,
}

impl App {
    /// How the posts of some days do.
    ///
    /// # Errors
    /// [`AppError::Field`] for days that there can't be.
    pub async fn analytics(
        &self,
        organization: &str,
        query: &AnalyticsQuery,
    ) -> Result<AnalyticsView, AppError> {
        Ok(self.counted(organization, query).await?.view())
    }

    /// The posts of some days by a metric, the highest first, those without a number last.
    ///
    /// # Errors
    /// [`AppError::Field`] for a metric that is none.
    pub async fn top_posts(&self, organization: &str, query: &TopQuery) -> Result<TopPosts, AppError> {
        let TopQuery { metric, limit, platform, start_date, end_date } = query.clone();
        let metric = metric.unwrap_or_else(|| "engagements".to_owned());
        if metric.parse::<Metric>().is_err() && !DERIVED.contains(&metric.as_str()) {
            return Err(AppError::field("metric", "it is not a name of a metric"));
        }
        let limit = limit.unwrap_or(TOP);
        if !(1..=TOP_MAX).contains(&limit) {
            return Err(AppError::field("limit", "use 1 to 100"));
        }
        let counted = self.counted(organization, &AnalyticsQuery { platform, start_date, end_date }).await?;
        let posts = self.ranked(&counted, &metric, limit as usize).await?;
        Ok(TopPosts { metric, posts })
    }

    pub(super) async fn ranked(
        &self,
        counted: &Counted,
        metric: &str,
        limit: usize,
    ) -> Result<Vec<RankedPost>, AppError> {
        let totals = counted.of_posts();
        let mut rows: Vec<(&Publication, Metrics)> = counted
            .posts
            .iter()
            .map(|row| {
                (
                    row,
                    totals
                        .get(&row.id)
                        .map(|of| told(std::iter::once((row.platform(), of))))
                        .unwrap_or_else(nothing),
                )
            })
            .collect();
        let rank = |metrics: &Metrics| metrics.get(metric).and_then(Value::as_f64);
        rows.sort_by(|(a, of_a), (b, of_b)| {
            let (of_a, of_b) = (rank(of_a), rank(of_b));
            // Greater first; nothing is less than any number.
            of_b.partial_cmp(&of_a).unwrap_or(std::cmp::Ordering::Equal).then_with(|| a.id.cmp(&b.id))
        });
        rows.truncate(limit);
        let ids: Vec<&PublicationId> = rows.iter().map(|(row, _)| &row.id).collect();
        let mut conn = self.db.reader().await?;
        let mut pieces = content::scheduled(&mut conn, &ids).await?;
        let ranked = rows.into_iter().map(|(row, metrics)| RankedPost {
            post: view(row, pieces.remove(&row.id), row.attempts_used, None),
            metrics,
        });
        Ok(ranked.collect())
    }

    pub(super) async fn zone_of(&self, organization: &str) -> Result<TimeZone, AppError> {
        let mut conn = self.db.reader().await?;
        let name = organizations::timezone(&mut conn, organization).await?;
        Ok(name.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC))
    }

    pub(super) async fn counted(
        &self,
        organization: &str,
        query: &AnalyticsQuery,
    ) -> Result<Counted, AppError> {
        let zone = self.zone_of(organization).await?;
        let today = self.clock.now().to_zoned(zone.clone()).date();
        let last = query.end_date.unwrap_or(today);
        let first = match query.start_date {
            Some(first) => first,
            None => last
                .checked_sub((DAYS - 1).days())
                .map_err(|_| AppError::field("endDate", "it is too early"))?,
        };
        let span = (last - first).get_days();
        if !(0..DAYS_MAX).contains(&span) {
            return Err(AppError::field("endDate", "name up to 366 days, the first one first"));
        }
        let (from, to) = (midnight(first, &zone)?, midnight(next(last)?, &zone)?);
        let empty = |zone| Counted { zone, days: (first, last), posts: Vec::new(), snapshots: Vec::new() };
        let platform = match query.platform.map(PlatformName::platform) {
            Some(None) => return Ok(empty(zone)),
            Some(platform) => platform,
            None => None,
        };
        let mut conn = self.db.reader().await?;
        let posts =
            publications::published_between(&mut conn, organization, platform, (from, to), POSTS_MAX).await?;
        let wanted = Wanted {
            organization: Some(organization.to_owned()),
            platform,
            // Nothing was counted before it was published.
            from: Some(from),
            to: Some(to),
            ..Wanted::default()
        };
        let mut snapshots = all(&mut conn, wanted).await?;
        let known: HashMap<&PublicationId, ()> = posts.iter().map(|row| (&row.id, ())).collect();
        snapshots.retain(|snapshot| known.contains_key(&snapshot.publication_id));
        Ok(Counted { posts, snapshots, ..empty(zone) })
    }
}

/// Every snapshot that is wanted, page by page.
async fn all(conn: &mut activities_data::Conn, mut wanted: Wanted) -> Result<Vec<Snapshot>, AppError> {
    let mut found = Vec::new();
    loop {
        let page = metrics::snapshots(conn, &wanted).await?;
        let full = page.len() == SNAPSHOTS_MAX as usize;
        let last = page.last().map(|snapshot| snapshot.taken_at);
        // Those of the same instant come twice: the second says what the first did.
        found.extend(page);
        if !full || last == wanted.from {
            return Ok(found);
        }
        wanted.from = last;
    }
}

impl Counted {
    pub(super) fn view(&self) -> AnalyticsView {
        let (first, last) = self.days;
        let mut series = Vec::new();
        let mut newest: HashMap<(&PublicationId, u32), &Snapshot> = HashMap::new();
        let mut snapshots = self.snapshots.iter().peekable();
        let mut day = first;
        while day <= last {
            let end = next(day).and_then(|day| midnight(day, &self.zone)).unwrap_or(Timestamp::MAX);
            while let Some(snapshot) = snapshots.next_if(|snapshot| snapshot.taken_at < end) {
                newest.insert((&snapshot.publication_id, snapshot.segment), snapshot);
            }
            let metrics =
                told(by_platform(newest.values().copied()).iter().map(|(of, counts)| (*of, counts)));
            series.push(DayView { date: day, metrics });
            let Ok(after) = next(day) else { break };
            day = after;
        }
        let summary = series.last().map_or_else(nothing, |last| last.metrics.clone());
        let posts = self.posts.len() as u64;
        AnalyticsView { start_date: first, end_date: last, summary, series, posts }
    }

    /// What was counted last of each post, its parts together.
    fn of_posts(&self) -> HashMap<PublicationId, Counts> {
        let mut newest: HashMap<(&PublicationId, u32), &Counts> = HashMap::new();
        for snapshot in &self.snapshots {
            newest.insert((&snapshot.publication_id, snapshot.segment), &snapshot.counts);
        }
        let mut posts: HashMap<PublicationId, Counts> = HashMap::new();
        for ((id, _), counts) in newest {
            posts.entry(id.clone()).or_default().add(counts);
        }
        posts
    }
}

fn by_platform<'s>(snapshots: impl Iterator<Item = &'s Snapshot>) -> BTreeMap<Platform, Counts> {
    let mut sums: BTreeMap<Platform, Counts> = BTreeMap::new();
    for snapshot in snapshots {
        sums.entry(snapshot.platform).or_default().add(&snapshot.counts);
    }
    sums
}

/// Numbers by name, platforms together; rates are those of the sums.
fn told<'c>(of: impl Iterator<Item = (Platform, &'c Counts)>) -> Metrics {
    let (mut sum, mut engagements, mut clicks) = (Counts::default(), None, None);
    for (platform, counts) in of {
        sum.add(counts);
        engagements = plus(engagements, counts.engagements(platform));
        clicks = plus(clicks, counts.clicks(platform));
    }
    let impressions = sum.get(Metric::Impressions);
    let whole = |count: Option<u64>| count.map_or(Value::Null, Value::from);
    let mut metrics: Metrics =
        Metric::ALL.iter().map(|metric| (metric.as_str().to_owned(), whole(sum.get(*metric)))).collect();
    metrics.insert("engagements".to_owned(), whole(engagements));
    metrics.insert("clicks".to_owned(), whole(clicks));
    metrics.insert("engagementRate".to_owned(), percent(engagements, impressions));
    metrics.insert("clickThroughRate".to_owned(), percent(clicks, impressions));
    metrics
}

fn nothing() -> Metrics {
    told(std::iter::empty())
}

fn plus(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (one, None) | (None, one) => one,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2^53 are exact")]
fn percent(part: Option<u64>, whole: Option<u64>) -> Value {
    let rate = part.zip(whole).filter(|(_, whole)| *whole > 0);
    let rate = rate.and_then(|(part, whole)| Number::from_f64(part as f64 / whole as f64 * 100.0));
    rate.map_or(Value::Null, Value::Number)
}

fn next(day: Date) -> Result<Date, AppError> {
    day.tomorrow().map_err(|_| AppError::field("endDate", "it is too late"))
}

fn midnight(day: Date, zone: &TimeZone) -> Result<Timestamp, AppError> {
    let start =
        day.to_zoned(zone.clone()).map_err(|_| AppError::field("startDate", "there is no such day"))?;
    Ok(start.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_sums_and_undefined_without_impressions() {
        let counts = |of: &[(Metric, u64)]| {
            let mut counts = Counts::default();
            of.iter().for_each(|(metric, count)| counts.set(*metric, Some(*count)));
            counts
        };
        let x = counts(&[(Metric::Impressions, 100), (Metric::Likes, 5), (Metric::LinkClicks, 5)]);
        let linkedin = counts(&[(Metric::Impressions, 300), (Metric::Reactions, 6), (Metric::Clicks, 4)]);
        let both = told([(Platform::X, &x), (Platform::LinkedIn, &linkedin)].into_iter());
        assert_eq!(both["impressions"], 400);
        assert_eq!(both["engagements"], 20);
        assert_eq!(both["engagementRate"], 5.0);
        assert_eq!(both["clickThroughRate"], 2.25);
        assert_eq!(both["quotes"], Value::Null);
        assert_eq!(nothing()["engagementRate"], Value::Null);
    }
}
