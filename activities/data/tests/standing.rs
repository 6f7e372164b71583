//! How a post stands over all its turns, on both databases: a few rows say what all of them do.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use activities_data::{Db, DbError, Durability, Publication, State, accounts, instant, publications};
use activities_test_database::TestDatabase;
use campaigns_limits::AccountName;
use campaigns_plan::{Gates, Identity, Policy, Timing};
use engine_clock::Clock;

/// Turns of the post, on each of its accounts.
const TURNS: usize = 400;
const ACCOUNTS: [&str; 2] = ["x/acme", "linkedin/acme"];
const SCOPE: (&str, &str) = ("default", "launch");
const STUCK: &str = "gate/stuck";

fn turn(account: &AccountName, number: usize, db: &Db) -> Publication {
    let occurrence = format!("turn-{number:04}");
    let identity = Identity {
        organization: SCOPE.0.into(),
        campaign: SCOPE.1.into(),
        post: "tips".into(),
        account: account.clone(),
        occurrence: occurrence.clone(),
    };
    let now = instant::whole_ms(db.now());
    Publication {
        id: identity.publication_id(),
        organization: SCOPE.0.into(),
        campaign: Some(SCOPE.1.into()),
        post: "tips".into(),
        account_id: String::new(),
        account: account.clone(),
        occurrence,
        position: u32::try_from(number).unwrap(),
        state: State::ALL[number % State::ALL.len()],
        reason: None,
        timing: Timing::At { due_at: now, local: "now".into() },
        gates: Gates::default(),
        policy: Policy::default(),
        content_hash: "hash".into(),
        priority: publications::PRIORITY_DEFAULT,
        revision: 1,
        version: 1,
        due_at: Some(now),
        expected_at: Some(now),
        next_attempt_at: None,
        dispatched_at: None,
        attempts_used: 0,
        unsent: 0,
        platform_post_id: None,
        url: None,
        published_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// Turns in every state; every second one was online at some time, and every fifth one is stuck.
async fn filled(db: &Db) {
    let numbered = (0..TURNS).flat_map(|number| ACCOUNTS.map(|name| (number, name.parse().unwrap())));
    let rows: Vec<_> = numbered.map(|(number, name)| (number, turn(&name, number, db))).collect();
    let done = db.write::<_, DbError, _>(|tx| {
        Box::pin(async move {
            for (number, row) in rows {
                let account = accounts::ensure(tx, SCOPE.0, &row.account).await?;
                let row = Publication { account_id: account.id, ..row };
                publications::insert(tx, &row).await?;
                sqlx::query("UPDATE publications SET published_at = $2, reason_code = $3 WHERE id = $1")
                    .bind(row.id.as_str())
                    .bind((number % 2 == 0).then_some(i64::try_from(number * 7 % 1_000).unwrap()))
                    .bind((number % 5 == 0).then_some(STUCK))
                    .execute(&mut **tx)
                    .await?;
            }
            Ok(())
        })
    });
    done.await.unwrap();
}

/// What asks about a post wants to know, from whatever rows: the first that is offline in each state and the first
/// that is stuck, when the last in each state went online, and the last turn.
fn told(rows: &[Publication]) -> Vec<String> {
    let first = |is: &dyn Fn(&&Publication) -> bool| {
        rows.iter().find(|row| is(row)).map(|row| format!("{} {}", row.occurrence, row.account))
    };
    let mut told = Vec::new();
    for state in State::ALL {
        told.push(format!("{state}: {:?}", first(&|row| row.state == *state && row.published_at.is_none())));
        let online = rows.iter().filter(|row| row.state == *state).filter_map(|row| row.published_at).max();
        told.push(format!("{state} online: {online:?}"));
    }
    let is_stuck = |row: &&Publication| row.reason.as_ref().is_some_and(|reason| reason.code == STUCK);
    told.push(format!("stuck: {:?}", first(&is_stuck)));
    told.push(format!("last: {:?}", rows.iter().map(|row| &row.occurrence).max()));
    told
}

async fn a_few_rows_say_what_all_turns_do(db: Db) {
    filled(&db).await;
    let mut lent = db.reader().await.unwrap();
    let reader = &mut lent;
    let all = publications::of_turn(reader, SCOPE, "tips", None).await.unwrap();
    assert_eq!(all.len(), TURNS * ACCOUNTS.len());
    let few = publications::standing(reader, SCOPE, "tips", None).await.unwrap();
    assert!(few.len() <= State::ALL.len() * 2 + 2, "{}", few.len());
    assert_eq!(told(&few), told(&all));
    for name in ACCOUNTS.map(|name| name.parse().unwrap()) {
        let of_one: Vec<_> = all.iter().filter(|row| row.account == name).cloned().collect();
        let few = publications::standing(reader, SCOPE, "tips", Some(&name)).await.unwrap();
        assert!(few.iter().all(|row| row.account == name));
        assert_eq!(told(&few), told(&of_one));
    }
    assert_eq!(publications::standing(reader, SCOPE, "other", None).await.unwrap(), []);
}

#[tokio::test]
async fn a_few_rows_say_what_all_turns_do_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    a_few_rows_say_what_all_turns_do(
        Db::open_with(&path, Clock::skipping(), Durability::ProcessEnd).await.unwrap(),
    )
    .await;
}

#[tokio::test]
async fn a_few_rows_say_what_all_turns_do_on_a_server() {
    let Some(server) = TestDatabase::new().await else { return };
    let opened = Db::open_postgres(&server.postgres(), Clock::skipping(), Durability::ProcessEnd).await;
    a_few_rows_say_what_all_turns_do(opened.unwrap()).await;
}
