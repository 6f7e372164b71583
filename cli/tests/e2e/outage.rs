//! A PostgreSQL server that is stopped while the product works on it, and started again.

use std::time::Duration;

use activities_test_server::Server;
use serde_json::{Value, json};

use crate::api::{Api, in_s};
use crate::harness::{Answer, Sandbox, Workplace, eventually, get, up_in};

const PATIENCE: Duration = Duration::from_secs(180);
/// How long the database is away: past the instant when posts are due, and a minute in the long version.
const AWAY_S: i64 = 4;
const AWAY_LONG_S: i64 = 60;
const POSTS: usize = 6;

fn away_s() -> i64 {
    if std::env::var("TIDINGS_SOAK").is_ok() { AWAY_LONG_S } else { AWAY_S }
}

/// A server for this test alone; `None` where there are no programs, which CI must have.
fn server(place: &Workplace) -> Option<Server> {
    if activities_test_server::programs().is_none() {
        assert!(!engine_conformance::in_ci(), "PostgreSQL's server programs are missing");
        println!("skipped: no PostgreSQL");
        return None;
    }
    Some(Server::durable(place.path("postgres")).expect("a server"))
}

fn is_told_to_come_again(answer: Option<Answer>) -> bool {
    let answer = answer.expect("the product answers without its database");
    let head = answer.head.to_ascii_lowercase();
    assert!(answer.status < 300 || answer.status == 503, "{} {}", answer.status, answer.body);
    assert!(answer.status != 503 || head.contains("\r\nretry-after: "), "{head}");
    answer.status == 503
}

#[test]
fn while_the_database_is_away_callers_are_told_to_come_again_and_nothing_is_lost() {
    let place = Workplace::new();
    let Some(database) = server(&place) else { return };
    let sandbox = Sandbox::start(&place);
    sandbox.lift_quotas();
    let url = database.url();
    let variables = [("DATABASE_URL", url.as_str())];
    let product = up_in(&place, &sandbox, &[], &[], &variables);
    let api = Api::of(&place);
    let account = api.account("TWITTER");
    let (due, later) = (in_s(away_s()), in_s(1_000_000));
    let wish = |number: usize, at: &str| json!({"contentPieceId": format!("piece-{number}"), "socialAccountId": account, "scheduledAt": at});
    for number in 0..=POSTS {
        api.piece(&format!("piece-{number}"), &format!("Post {number} of an outage"));
    }
    let mut posts: Vec<Value> =
        (0..POSTS).map(|number| api.schedule(&wish(number, &due), &format!("due-{number}"))).collect();
    let kept = api.schedule(&wish(0, &later), "kept");

    database.stop().expect("it ran");
    let refused = [("Idempotency-Key", "refused")];
    let schedule = || api.try_ask("POST", "schedule", &wish(POSTS, &due), &refused);
    let show = || api.try_ask("GET", "accounts/default", &Value::Null, &[]);
    let both_are_refused = || {
        // Each waits a while for the database.
        let writing = || is_told_to_come_again(schedule());
        std::thread::scope(|scope| {
            let writing = scope.spawn(writing);
            is_told_to_come_again(show()) & writing.join().expect("an answer")
        })
    };
    let told = || product.tail();
    eventually("reads and writes are refused", PATIENCE, told, both_are_refused);
    let health = |name: &str| get(&format!("{}/health/{name}", api.url)).map(|answer| answer.status);
    assert_eq!((health("live"), health("ready")), (Some(200), Some(503)));
    eventually("posts are due", PATIENCE, told, || in_s(0) > due);
    assert!(sandbox.ledger().is_empty(), "nothing is sent that can't be written down");

    database.resume().expect("it starts");
    eventually("the database is found again", PATIENCE, told, || health("ready") == Some(200));
    let again = json!({"contentPieceId": format!("piece-{POSTS}"), "socialAccountId": account});
    assert_eq!(schedule().map(|answer| answer.status), Some(422), "its instant is over");
    posts.push(api.schedule(&again, "asked-again"));
    let told = || format!("{:?}\n{}", sandbox.ledger(), product.tail());
    eventually("everything is published", PATIENCE, told, || {
        posts.iter().all(|post| api.status(post) == "PUBLISHED")
    });
    assert_eq!(api.status(&kept), "SCHEDULED");
    assert_eq!(api.schedule(&wish(0, &later), "kept")["id"], kept["id"], "keys are remembered");
    assert_eq!(sandbox.ledger().len(), POSTS + 1, "each once");
    assert_eq!(api.get("scheduled/default")["total"], POSTS + 2);
    assert_eq!(product.terminate(), Some(0), "a graceful end");
}
