//! What operators see and do: queues, workers, schedules, figures, and the way of a request through the log.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::sync::{Arc, Mutex};

use activities_data::DbError;
use activities_data::workers::{self, Report};
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use server::api::operation::{ScheduleView, WorkerView};
use server::app::operation::{ScheduleOrder, WorkflowHome};
use support::Fixture;

/// A home with one schedule, which remembers what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<ScheduleOrder>>);

impl WorkflowHome for Told {
    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerView>, String>> {
        let worker = |queue: &str, polls: &str| WorkerView {
            identity: "one".into(),
            queue: queue.into(),
            polls: polls.into(),
            last_seen_at: None,
            started_at: None,
            running: None,
            completed: None,
            failed: None,
        };
        let workers = vec![
            worker("publishing", "workflows"),
            worker("publishing", "activities"),
            worker("analytics", "workflows"),
        ];
        Box::pin(async move { Ok(workers) })
    }

    fn schedules(&self) -> BoxFuture<'_, Result<Vec<ScheduleView>, String>> {
        let paused = matches!(self.0.lock().unwrap().last(), Some(ScheduleOrder::Pause(_)));
        let schedule = ScheduleView {
            id: "metrics".into(),
            paused,
            note: None,
            last_run_at: None,
            next_run_at: None,
            runs: 3,
            running: false,
        };
        Box::pin(async move { Ok(vec![schedule]) })
    }

    fn change_schedule(&self, _: String, order: ScheduleOrder) -> BoxFuture<'_, Result<(), String>> {
        self.0.lock().unwrap().push(order);
        Box::pin(async { Ok(()) })
    }
}

async fn figures(server: &Fixture) -> String {
    let answer = server.get("metrics").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    answer.text().await.unwrap()
}

#[tokio::test]
async fn queues_tell_what_is_due_what_waits_and_what_went_through() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    let wish = json!({"organizationId": "default", "body": "News"});
    server.ask(Method::PUT, "api/v1/social/content/a", Some(&wish)).await;
    let at = |at: Value| json!({"contentPieceId": "a", "socialAccountId": account, "scheduledAt": at});
    let later = at(json!("2099-03-18T09:00:00Z"));
    server.ask(Method::POST, "api/v1/social/schedule", Some(&later)).await;
    let (_, now) = server.ask(Method::POST, "api/v1/social/schedule", Some(&at(Value::Null))).await;
    let (_, list) = server.ask(Method::GET, "api/v1/queues", None).await;
    let publishing = &list["queues"][0];
    assert_eq!((&publishing["name"], &publishing["waiting"]), (&json!("publishing"), &json!(1)), "{list}");
    assert_eq!((&publishing["delayed"], &publishing["pollers"]), (&json!(1), &Value::Null));
    assert!(publishing["oldestAgeSeconds"].is_u64());
    server.publish(&now).await;
    let (_, list) = server.ask(Method::GET, "api/v1/queues", None).await;
    assert_eq!((&list["queues"][0]["waiting"], &list["queues"][0]["completed"]), (&json!(0), &json!(1)));
    assert_eq!(list["queues"][1]["name"], "analytics");

    let text = figures(&server).await;
    for line in [
        "tidings_publications{state=\"published\"} 1",
        "tidings_queue_delayed{queue=\"publishing\"} 1",
        "tidings_accounts{status=\"active\"} 1",
        "tidings_http_requests_total{method=\"POST\",route=\"/api/v1/social/schedule\",status=\"201\"} 2",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    assert!(!text.contains("tidings_queue_pollers{"), "nobody knows while there is no home");
    server.stop().await;
}

#[tokio::test]
async fn schedules_are_seen_paused_and_triggered() {
    let server = Fixture::start().await;
    let (status, problem) = server.ask(Method::GET, "api/v1/schedules", None).await;
    assert_eq!((status, &problem["code"]), (503, &json!("home/unreachable")));
    let home = Arc::new(Told::default());
    server.sees(home.clone());
    let (_, list) = server.ask(Method::GET, "api/v1/schedules", None).await;
    assert_eq!((&list["schedules"][0]["id"], &list["schedules"][0]["runs"]), (&json!("metrics"), &json!(3)));
    let path = "api/v1/schedules/metrics";
    let (_, paused) =
        server.ask(Method::PATCH, path, Some(&json!({"paused": true, "note": "too dear"}))).await;
    assert_eq!(paused["paused"], true);
    let (status, _) = server.ask(Method::PATCH, path, Some(&json!({"trigger": true}))).await;
    assert_eq!(status, 200);
    assert_eq!(
        *home.0.lock().unwrap(),
        [ScheduleOrder::Pause("too dear (by admin)".into()), ScheduleOrder::Trigger]
    );
    for (path, wish, expected) in [
        (path, json!({}), 422),
        (path, json!({"paused": true, "trigger": true}), 422),
        ("api/v1/schedules/other", json!({"trigger": true}), 404),
    ] {
        assert_eq!(server.ask(Method::PATCH, path, Some(&wish)).await.0, expected, "{wish}");
    }
    let (_, workers) = server.ask(Method::GET, "api/v1/workers", None).await;
    assert_eq!(workers["workers"][0]["identity"], "one");
    let (_, trail) = server.ask(Method::GET, "api/v1/audit", None).await;
    assert!(trail.to_string().contains("schedule-triggered"));
    let (_, list) = server.ask(Method::GET, "api/v1/queues", None).await;
    assert_eq!((&list["queues"][0]["pollers"], &list["queues"][1]["pollers"]), (&json!(2), &json!(1)));
    let text = figures(&server).await;
    for line in ["{queue=\"publishing\"} 2\n", "{queue=\"analytics\"} 1\n"] {
        assert!(text.contains(&format!("tidings_queue_pollers{line}")), "{line}\n{text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn workers_are_told_with_what_they_did_of_their_queue() {
    let server = Fixture::start().await;
    server.sees(Arc::new(Told::default()));
    let asked = async || server.ask(Method::GET, "api/v1/workers", None).await.1["workers"].clone();
    let before = asked().await;
    assert_eq!((&before[1]["polls"], &before[1]["completed"]), (&json!("activities"), &Value::Null));
    let started_at: jiff::Timestamp = "2027-03-18T09:00:00Z".parse().unwrap();
    for (identity, queue, completed) in [
        ("one", "publishing", 7),
        ("one", "publishing", 8),
        ("one", "analytics", 1),
        ("gone", "publishing", 99),
    ] {
        let (identity, queue) = (identity.to_owned(), queue.to_owned());
        let report = Report { identity, queue, started_at, running: 2, completed, failed: 1 };
        let kept = server
            .app
            .db
            .write::<_, DbError, _>(move |tx| Box::pin(async move { workers::keep(tx, &report).await }));
        kept.await.unwrap();
    }
    let after = asked().await;
    assert_eq!(after.as_array().unwrap().len(), 3, "those that are gone poll no more");
    let told = |name: &str| after[1][name].clone();
    assert_eq!(
        [told("running"), told("completed"), told("failed"), told("startedAt")],
        [json!(2), json!(8), json!(1), json!("2027-03-18T09:00:00Z")]
    );
    assert!(after[0]["completed"].is_null() && after[2]["completed"].is_null(), "workflows are not counted");
    server.stop().await;
}

#[tokio::test]
async fn only_operators_see_the_installation() {
    let server = Fixture::start().await;
    let admin = server.token("admin", Some("default")).await;
    let operator = server.token("operator", None).await;
    for path in ["api/v1/queues", "api/v1/workers", "api/v1/schedules", "metrics"] {
        assert_eq!(server.ask_as(&admin, Method::GET, path, None).await.0, 403, "{path}");
        assert_ne!(server.ask_as(&operator, Method::GET, path, None).await.0, 403, "{path}");
        let anyone = server.http.get(server.url.join(path).unwrap()).send().await.unwrap();
        assert_eq!(anyone.status(), 401, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let server = Fixture::start().await;
    let own = server.request(Method::GET, "api/v1/pauses").header("x-request-id", "order-17");
    assert_eq!(own.send().await.unwrap().headers()["x-request-id"], "order-17");
    let bad = server.request(Method::GET, "api/v1/none").header("x-request-id", "a b");
    let made = bad.send().await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(made.starts_with("req_"), "{made}");
    server.stop().await;
}
