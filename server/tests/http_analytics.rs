//! How posts do: counted on demand, summed, ranked and reported.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::time::Duration;

use engine_clock::Clock;
use jiff::tz::TimeZone;
use reqwest::Method;
use serde_json::{Value, json};
use support::Fixture;

async fn published(server: &Fixture, account: &str, id: &str) -> Value {
    let wish = json!({"organizationId": "default", "body": format!("Counted {id}")});
    server.ask(Method::PUT, &format!("api/v1/social/content/{id}"), Some(&wish)).await;
    let wish = json!({"contentPieceId": id, "socialAccountId": account});
    let (status, post) = server.ask(Method::POST, "api/v1/social/schedule", Some(&wish)).await;
    assert_eq!(status, 201);
    server.publish(&post).await;
    post
}

/// Counts now, and waits until that is done.
async fn collect(server: &Fixture) -> Value {
    let path = "api/v1/social/analytics/default/collect";
    let (status, begun) = server.ask(Method::POST, path, Some(&json!({"forceRefresh": true}))).await;
    assert_eq!(status, 202, "{begun}");
    let path = format!("api/v1/social/analytics/collections/{}", begun["id"].as_str().unwrap());
    tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let (_, now) = server.ask(Method::GET, &path, None).await;
            if now["status"] != "running" {
                return now;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn posts_are_counted_on_demand_summed_ranked_and_reported() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    let (_, empty) = server.ask(Method::GET, "api/v1/social/analytics/default", None).await;
    assert_eq!((&empty["posts"], &empty["summary"]["impressions"]), (&json!(0), &Value::Null));
    let first = published(&server, &account, "a").await;
    published(&server, &account, "b").await;
    let done = collect(&server).await;
    assert_eq!(
        (&done["status"], &done["asked"], &done["counted"]),
        (&json!("done"), &json!(2), &json!(2)),
        "{done}"
    );

    let (status, told) =
        server.ask(Method::GET, "api/v1/social/analytics/default?platform=TWITTER", None).await;
    assert_eq!((status, &told["posts"]), (200, &json!(2)));
    assert!(told["summary"]["impressions"].is_u64(), "{told}");
    assert_eq!(told["series"].as_array().unwrap().len(), 30);
    assert_eq!(told["series"][29]["metrics"], told["summary"], "the last day is today");
    assert_eq!(told["series"][0]["metrics"]["impressions"], Value::Null, "nothing was counted then");
    let (_, none) = server.ask(Method::GET, "api/v1/social/analytics/default?platform=LINKEDIN", None).await;
    assert_eq!(none["posts"], 0);

    for metric in ["impressions", "engagementRate", "reactions"] {
        let path = format!("api/v1/social/analytics/default/top-posts?metric={metric}&limit=1");
        let (status, top) = server.ask(Method::GET, &path, None).await;
        assert_eq!((status, top["posts"].as_array().unwrap().len()), (200, 1), "{metric}");
    }
    for bad in ["top-posts?metric=views", "top-posts?limit=0", "report?period=year"] {
        let path = format!("api/v1/social/analytics/default/{bad}");
        assert_eq!(server.ask(Method::GET, &path, None).await.0, 422, "{bad}");
    }
    let (_, report) =
        server.ask(Method::GET, "api/v1/social/analytics/default/report?period=month", None).await;
    assert_eq!(report["current"]["posts"], 2);
    let text = async |format: &str| {
        let path = format!("api/v1/social/analytics/default/report?format={format}");
        server.get(&path).await.text().await.unwrap()
    };
    let csv = text("csv").await;
    assert!(csv.starts_with("id,platform,") && csv.contains(first["id"].as_str().unwrap()), "{csv}");
    assert!(text("html").await.contains("<svg"));
    server.stop().await;
}

#[tokio::test]
async fn days_are_those_of_the_organizations_own_zone() {
    let clock = Clock::skipping();
    // 04:30 in UTC is the evening before in New York, whatever the season.
    let day = clock.now().to_zoned(TimeZone::UTC).date().tomorrow().unwrap();
    let published_at = day.at(4, 30, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    clock.advance(published_at.duration_since(clock.now()).unsigned_abs()).unwrap();
    let server = Fixture::on(clock).await;
    let account = server.account("TWITTER").await;
    published(&server, &account, "a").await;
    collect(&server).await;
    let path = "api/v1/social/analytics/default";
    for (zone, of_post) in [("America/New_York", day.yesterday().unwrap()), ("UTC", day)] {
        let wish = json!({"timezone": zone});
        let (status, told) = server.ask(Method::PATCH, "api/v1/organizations/default", Some(&wish)).await;
        assert_eq!((status, &told["timezone"]), (200, &json!(zone)));
        for (date, posts) in
            [(of_post, 1), (of_post.yesterday().unwrap(), 0), (of_post.tomorrow().unwrap(), 0)]
        {
            let (_, told) =
                server.ask(Method::GET, &format!("{path}?startDate={date}&endDate={date}"), None).await;
            assert_eq!(told["posts"], posts, "{zone} {date}: {told}");
        }
        let (_, recent) = server.ask(Method::GET, path, None).await;
        let last = recent["series"].as_array().unwrap().last().unwrap();
        assert_eq!(last["date"], json!(of_post.to_string()), "today in {zone}");
        assert!(last["metrics"]["impressions"].is_u64(), "{last}");
        let (_, report) = server.ask(Method::GET, &format!("{path}/report"), None).await;
        assert_eq!(report["current"]["endDate"], json!(of_post.to_string()), "{zone}");
    }
    server.stop().await;
}

#[tokio::test]
async fn days_that_there_can_not_be_are_refused() {
    let server = Fixture::start().await;
    for query in ["startDate=2027-02-30", "startDate=2027-03-02&endDate=2027-03-01", "startDate=2001-01-01"] {
        let path = format!("api/v1/social/analytics/default?{query}");
        assert_eq!(server.ask(Method::GET, &path, None).await.0, 422, "{query}");
    }
    server.stop().await;
}
