//! The contract of the ledger: what every database behind it must do. Each test has a ledger of its own, once in a
//! file and once on a PostgreSQL server (`TIDINGS_TEST_POSTGRES`; `cargo xtask test` starts one).

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use activities_data::accounts::{self, AccountStatus, Connected};
use activities_data::attempts::{self, AttemptOutcome, Frozen, NewAttempt, Settlement};
use activities_data::budgets::{self, Budget};
use activities_data::campaigns::{self, Authorship};
use activities_data::lanes::{self, Asked};
use activities_data::outbox::{self, OutboxKind};
use activities_data::pauses::{self, Scope};
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{self, Online, SegmentState};
use activities_data::views::{self, Filter, Page};
use activities_data::{
    Db, DbError, Durability, Publication, State, Tx, audit, credentials, installation, instant, media,
    oauth_states, organizations, tokens,
};
use activities_test_database::TestDatabase;
use campaigns_limits::{AccountName, MediaFacts, MediaKind, Platform};
use campaigns_plan::{Identity, Plan, PlannedMedia, PlannedSegment, Policy, PublicationId, Timing};
use engine_clock::Clock;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tempfile::TempDir;

/// Where a ledger is.
enum Place {
    File(TempDir),
    Server(TestDatabase),
}

impl Place {
    async fn open(&self, clock: &Clock) -> Result<Db, DbError> {
        match self {
            Self::File(folder) => Db::open(&folder.path().join("ledger.db"), clock.clone()).await,
            Self::Server(server) => {
                Db::open_postgres(&server.postgres(), clock.clone(), Durability::ProcessEnd).await
            }
        }
    }

    async fn look(&self, clock: &Clock) -> Result<Db, DbError> {
        match self {
            Self::File(folder) => Db::open_read_only(&folder.path().join("ledger.db"), clock.clone()).await,
            Self::Server(server) => Db::read_postgres(&server.postgres(), clock.clone()).await,
        }
    }

    /// What another program does to it.
    async fn run(&self, sql: &'static str) {
        use sqlx::{ConnectOptions as _, Connection as _};
        match self {
            Self::File(folder) => {
                let file =
                    sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("ledger.db"));
                let mut tool = file.connect().await.unwrap();
                sqlx::raw_sql(sql).execute(&mut tool).await.unwrap();
                sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut tool).await.unwrap();
                tool.close().await.unwrap();
            }
            Self::Server(server) => {
                let mut tool = sqlx::PgConnection::connect(&server.url()).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut tool).await.unwrap();
            }
        }
    }

    /// Everything that is stored about tokens.
    async fn stored(&self) -> Vec<u8> {
        use sqlx::Connection as _;
        match self {
            Self::File(folder) => {
                let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
                files.flat_map(|file| std::fs::read(file).unwrap()).collect()
            }
            Self::Server(server) => {
                let mut tool = sqlx::PgConnection::connect(&server.url()).await.unwrap();
                let rows: Vec<String> = sqlx::query_scalar("SELECT t::text FROM api_tokens t")
                    .fetch_all(&mut tool)
                    .await
                    .unwrap();
                rows.concat().into_bytes()
            }
        }
    }
}

struct Ledger {
    db: Db,
    clock: Clock,
    place: Place,
}

impl Ledger {
    async fn file() -> Self {
        Self::at(Place::File(tempfile::tempdir().unwrap())).await
    }

    async fn server() -> Option<Self> {
        Some(Self::at(Place::Server(TestDatabase::new().await?)).await)
    }

    async fn at(place: Place) -> Self {
        let clock = Clock::skipping();
        let db = place.open(&clock).await.unwrap();
        Self { db, clock, place }
    }

    async fn write<T, F>(&self, work: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, DbError>> + Send + 'static,
    {
        self.db.write(work).await
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds)).unwrap();
    }

    /// An account and a planned publication of two parts on it.
    async fn planned(&self, post: &str) -> Publication {
        let row = publication(post, self.db.now());
        self.write(move |tx| {
            Box::pin(async move {
                let account = accounts::ensure(tx, "default", &row.account).await?;
                let row = Publication { account_id: account.id, ..row };
                publications::insert(tx, &row).await?;
                segments::replace(tx, &row.id, &row.account_id, &[part("one"), part("two")]).await?;
                Ok(row)
            })
        })
        .await
        .unwrap()
    }

    async fn get(&self, id: &PublicationId) -> Publication {
        publications::get(&mut self.db.reader().await.unwrap(), id).await.unwrap()
    }
}

macro_rules! write {
    ($ledger:expr, |$tx:ident| $work:expr) => {
        $ledger.write(move |$tx| Box::pin(async move { $work })).await
    };
}

fn account_name() -> AccountName {
    "x/acme".parse().unwrap()
}

fn part(text: &str) -> PlannedSegment {
    PlannedSegment {
        text: text.into(),
        length: 3,
        length_max: 280,
        media: Vec::new(),
        options: campaigns_plan::PlannedOptions::None,
    }
}

fn publication(post: &str, due_at: Timestamp) -> Publication {
    let identity = Identity {
        organization: "default".into(),
        campaign: "launch".into(),
        post: post.into(),
        account: account_name(),
        occurrence: "-".into(),
    };
    let due_at = instant::whole_ms(due_at);
    Publication {
        id: identity.publication_id(),
        organization: "default".into(),
        campaign: Some("launch".into()),
        post: post.into(),
        account_id: String::new(),
        account: account_name(),
        occurrence: "-".into(),
        position: 0,
        state: State::Planned,
        reason: None,
        timing: Timing::At { due_at, local: "2027-03-18 09:00 CET".into() },
        gates: campaigns_plan::Gates::default(),
        policy: Policy::default(),
        content_hash: "hash".into(),
        priority: publications::PRIORITY_DEFAULT,
        revision: 1,
        version: 1,
        due_at: Some(due_at),
        expected_at: Some(due_at),
        next_attempt_at: None,
        dispatched_at: None,
        attempts_used: 0,
        unsent: 0,
        platform_post_id: None,
        url: None,
        published_at: None,
        created_at: due_at,
        updated_at: due_at,
    }
}

fn attempt(row: &Publication, segment: u32) -> NewAttempt {
    NewAttempt {
        publication_id: row.id.clone(),
        segment,
        account_id: row.account_id.clone(),
        holder: "test/0".into(),
        epoch: 1,
        token_version: 1,
        request_hash: "hash".into(),
        frozen: Frozen { reply_to: Some("7".into()), media_ids: vec!["m1".into()], ..Frozen::default() },
        marker: Some("5".into()),
    }
}

async fn a_publication_comes_back_as_it_was_written(ledger: Ledger) {
    let row = ledger.planned("teaser").await;
    let read = ledger.get(&row.id).await;
    let written = Publication { created_at: read.created_at, updated_at: read.updated_at, ..row };
    assert_eq!(read, written);
    let parts = segments::of(&mut ledger.db.reader().await.unwrap(), &read.id).await.unwrap();
    assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(
        parts.iter().all(|part| part.state == SegmentState::Waiting && part.account_id == read.account_id)
    );
}

async fn an_identity_has_one_row(ledger: Ledger) {
    let row = ledger.planned("teaser").await;
    let again = write!(ledger, |tx| publications::insert(tx, &row).await).unwrap_err();
    assert!(again.is_unique_violation(), "{again:?}");
}

async fn the_second_of_two_who_read_the_same_row_is_refused(ledger: Ledger) {
    let mut first = ledger.planned("teaser").await;
    let mut second = first.clone();
    first.priority = 1;
    second.priority = 5;
    write!(ledger, |tx| publications::save(tx, &mut first).await).unwrap();
    let id = second.id.clone();
    let refused = write!(ledger, |tx| publications::save(tx, &mut second).await).unwrap_err();
    assert!(matches!(refused, DbError::Stale { .. }), "{refused:?}");
    assert_eq!(ledger.get(&id).await.priority, 1);
}

async fn the_ledger_refuses_every_pair_of_states_that_the_table_lacks(ledger: Ledger) {
    for from in State::ALL {
        for to in State::ALL {
            let post = format!("{from}-{to}").replace('_', "-");
            let row = Publication { state: *from, ..publication(&post, ledger.db.now()) };
            let (id, to, from) = (row.id.clone(), *to, *from);
            let changed = write!(ledger, |tx| {
                let account = accounts::ensure(tx, "default", &row.account).await?;
                let mut row = Publication { account_id: account.id, ..row };
                publications::insert(tx, &row).await?;
                publications::transition(tx, &mut row, to, None, &Cause::by("test")).await
            });
            match changed {
                Ok(()) => assert!(from.may_become(to) && ledger.get(&id).await.state == to, "{from} -> {to}"),
                Err(DbError::Forbidden { .. }) => assert!(!from.may_become(to), "{from} -> {to}"),
                Err(error) => panic!("{from} -> {to}: {error:?}"),
            }
        }
    }
}

async fn every_change_of_state_is_in_the_audit_with_its_cause(ledger: Ledger) {
    let mut row = ledger.planned("teaser").await;
    let id = row.id.clone();
    write!(ledger, |tx| {
        let cause =
            Cause { segment: Some(0), attempt: Some(2), request_id: Some("r-1".into()), ..Cause::by("ana") };
        publications::transition(
            tx,
            &mut row,
            State::Held,
            Some(Reason::new("time/late", "too late")),
            &cause,
        )
        .await
    })
    .unwrap();
    let story = views::story(&mut ledger.db.reader().await.unwrap(), &id).await.unwrap();
    let entry = story.audit.last().unwrap();
    assert_eq!(
        (entry.from, entry.to, entry.actor.as_str()),
        (Some(State::Planned), Some(State::Held), "ana")
    );
    assert_eq!((entry.segment, entry.attempt, entry.request_id.as_deref()), (Some(0), Some(2), Some("r-1")));
    assert_eq!(entry.why.as_deref(), Some("too late"));
    assert_eq!(story.publication.reason, Some(Reason::new("time/late", "too late")));
}

async fn an_account_has_one_unsettled_attempt(ledger: Ledger) {
    let (one, two) = (ledger.planned("one").await, ledger.planned("two").await);
    let new = attempt(&one, 0);
    let expected = new.clone();
    let mut first = write!(ledger, |tx| attempts::intend(tx, &new).await).unwrap();
    assert_eq!((first.number, first.marker.as_deref(), &first.frozen), (1, Some("5"), &expected.frozen));
    let new = attempt(&two, 0);
    let second = write!(ledger, |tx| attempts::intend(tx, &new).await).unwrap_err();
    assert!(second.is_unique_violation(), "{second:?}");

    first.outcome = Some(AttemptOutcome::Throttled);
    first.settlement = Some(Settlement::Refused);
    first.settled_at = Some(ledger.db.now());
    let settled = first.clone();
    assert!(write!(ledger, |tx| attempts::save(tx, &first).await).unwrap());
    assert!(!write!(ledger, |tx| attempts::save(tx, &settled).await).unwrap(), "settled is settled");
    let new = attempt(&one, 0);
    assert_eq!(write!(ledger, |tx| attempts::intend(tx, &new).await).unwrap().number, 2);
    let found = attempts::unsettled_of_account(&mut ledger.db.reader().await.unwrap(), &one.account_id)
        .await
        .unwrap();
    assert_eq!(found.map(|attempt| attempt.number), Some(2));
}

async fn a_post_on_the_platform_belongs_to_one_segment(ledger: Ledger) {
    let (one, two) = (ledger.planned("one").await, ledger.planned("two").await);
    let online = Online {
        platform_post_id: "42".into(),
        url: "https://x.com/acme/status/42".into(),
        published_at: ledger.db.now(),
    };
    let (id, same) = (one.id.clone(), online.clone());
    write!(ledger, |tx| segments::published(tx, &id, 0, &same).await).unwrap();
    let id = two.id.clone();
    let taken = write!(ledger, |tx| segments::published(tx, &id, 1, &online).await).unwrap_err();
    assert!(taken.is_unique_violation());
    let mut reader = ledger.db.reader().await.unwrap();
    assert_eq!(segments::owner(&mut reader, &one.account_id, "42").await.unwrap(), Some((one.id.clone(), 0)));
    assert_eq!(
        segments::newest_post(&mut reader, &one.account_id, one.created_at).await.unwrap().as_deref(),
        Some("42")
    );
    assert!(publications::last_sent(&mut reader, &one.account_id, &one.id).await.unwrap().is_none());
    assert!(publications::last_sent(&mut reader, &one.account_id, &two.id).await.unwrap().is_some());
}

async fn a_lane_has_one_holder_until_it_expires_and_its_epoch_rises(ledger: Ledger) {
    let account = ledger.planned("one").await.account_id;
    let take = |holder: &'static str| {
        let account = account.clone();
        ledger.write(move |tx| Box::pin(async move { lanes::take(tx, &account, holder, 90_000).await }))
    };
    let Asked::Held(first) = take("a").await.unwrap() else { panic!("the lane was free") };
    assert_eq!(first.epoch, 1);
    assert_eq!(take("b").await.unwrap(), Asked::Busy { until: first.expires_at });
    let Asked::Held(again) = take("a").await.unwrap() else { panic!("it is the holder's own") };
    assert_eq!(again.epoch, 1);
    ledger.pass(91);
    let Asked::Held(second) = take("b").await.unwrap() else { panic!("the lease had ended") };
    assert_eq!(second.epoch, 2);
    let old = first.clone();
    assert_eq!(write!(ledger, |tx| lanes::renew(tx, &old, 90_000).await).unwrap(), None, "a stalled holder");
    write!(ledger, |tx| lanes::give_back(tx, &first).await).unwrap();
    assert!(matches!(take("c").await.unwrap(), Asked::Busy { .. }), "only its holder gives a lane back");
    write!(ledger, |tx| lanes::give_back(tx, &second).await).unwrap();
    let Asked::Held(third) = take("c").await.unwrap() else { panic!("it was given back") };
    assert_eq!(third.epoch, 3);
    assert_eq!(write!(ledger, |tx| lanes::free_all(tx).await).unwrap(), 1);
}

async fn a_budget_is_spent_by_all_and_never_below_zero(ledger: Ledger) {
    let budget = Budget {
        scope: budgets::account_scope("acc_1"),
        span: "posts/user/15m".into(),
        quota: 100,
        remaining: 1,
        resets_at: instant::after(ledger.db.now(), 900_000),
        streak: 0,
    };
    let scope = budget.scope.clone();
    write!(ledger, |tx| {
        budgets::put(tx, &budget).await?;
        budgets::spend(tx, &[&budget.scope]).await?;
        budgets::spend(tx, &[&budget.scope]).await
    })
    .unwrap();
    let read = budgets::of(&mut ledger.db.reader().await.unwrap(), &[&scope]).await.unwrap();
    assert_eq!(read.iter().map(|budget| budget.remaining).collect::<Vec<_>>(), [0]);
}

async fn an_answer_on_its_way_gives_a_window_nothing_back(ledger: Ledger) {
    let now = ledger.db.now();
    let scope = budgets::account_scope("acc_1");
    let told = |remaining: u64, resets_in_ms: u64| Budget {
        scope: scope.clone(),
        span: "posts/user/15m".into(),
        quota: 100,
        remaining,
        resets_at: instant::after(now, resets_in_ms),
        streak: 0,
    };
    // Each with what is left then: of one window the least, of the next one what it says.
    for (answer, left) in
        [(told(50, 900_000), 50), (told(60, 901_000), 50), (told(40, 900_000), 40), (told(99, 1_800_000), 99)]
    {
        let note = answer.clone();
        write!(ledger, |tx| budgets::note(tx, &note).await).unwrap();
        let read = budgets::of(&mut ledger.db.reader().await.unwrap(), &[&scope]).await.unwrap();
        assert_eq!(read.iter().map(|budget| budget.remaining).collect::<Vec<_>>(), [left], "{answer:?}");
    }
}

async fn a_pause_stops_what_is_in_its_scope(ledger: Ledger) {
    let row = ledger.planned("one").await;
    let campaign = |name: &str| Scope::Campaign { organization: "default".into(), campaign: name.into() };
    let stops = [
        (Scope::All, true),
        (Scope::Organization("default".into()), true),
        (Scope::Organization("other".into()), false),
        (Scope::Platform(Platform::X), true),
        (Scope::Platform(Platform::LinkedIn), false),
        (Scope::Account(row.account_id.clone()), true),
        (campaign("launch"), true),
        (campaign("other"), false),
    ];
    for (scope, stopped) in stops {
        let (set, taken) = (scope.clone(), scope.clone());
        assert!(write!(ledger, |tx| pauses::pause(tx, &set, "ana", None).await).unwrap());
        let found = pauses::stopping(&mut ledger.db.reader().await.unwrap(), &row).await.unwrap();
        assert_eq!(found.is_some(), stopped, "{scope}");
        assert!(write!(ledger, |tx| pauses::resume(tx, &taken).await).unwrap());
        assert!(!write!(ledger, |tx| pauses::resume(tx, &scope).await).unwrap());
    }
}

async fn connecting_again_keeps_the_account_whatever_it_is_called_now(ledger: Ledger) {
    let connected = |handle: &str, subject: &str| Connected {
        name: AccountName::new(Platform::X, handle).unwrap(),
        subject: subject.into(),
        display_name: None,
        avatar_url: None,
        scopes: vec!["tweet.read".into(), "tweet.write".into()],
    };
    let planned = write!(ledger, |tx| accounts::ensure(tx, "default", &account_name()).await).unwrap();
    assert_eq!(planned.status, AccountStatus::Unconnected);
    let first = connected("acme", "1");
    let first = write!(ledger, |tx| accounts::connect(tx, "default", &first).await).unwrap();
    assert_eq!((first.id.clone(), first.status), (planned.id, AccountStatus::Active));
    assert_eq!(first.scopes, ["tweet.read", "tweet.write"]);
    let renamed = connected("acme-inc", "1");
    let renamed = write!(ledger, |tx| accounts::connect(tx, "default", &renamed).await).unwrap();
    assert_eq!((renamed.id, renamed.name), (first.id, account_name()));
    let other = connected("acme", "2");
    let other = write!(ledger, |tx| accounts::connect(tx, "default", &other).await).unwrap_err();
    assert!(matches!(other, DbError::HandleTaken { .. }), "{other:?}");
}

async fn a_refresh_is_claimed_once_and_committed_by_its_claimant(ledger: Ledger) {
    let account = ledger.planned("one").await.account_id;
    let new = |sealed: &str| credentials::NewCredential {
        account_id: account.clone(),
        sealed: sealed.into(),
        key_id: "k".into(),
        has_refresh: true,
        access_expires_at: None,
    };
    let put = new("s1");
    assert_eq!(write!(ledger, |tx| credentials::put(tx, &put).await).unwrap(), 1);
    let claim = |version: u64, holder: &'static str| {
        let account = account.clone();
        ledger.write(move |tx| {
            Box::pin(async move { credentials::begin_refresh(tx, &account, version, holder).await })
        })
    };
    assert!(claim(1, "a").await.unwrap());
    assert!(!claim(1, "b").await.unwrap(), "claimed already");
    let stolen = new("s2");
    assert_eq!(write!(ledger, |tx| credentials::commit_refresh(tx, &stolen, 1, "b").await).unwrap(), None);
    let given = new("s2");
    assert_eq!(write!(ledger, |tx| credentials::commit_refresh(tx, &given, 1, "a").await).unwrap(), Some(2));
    assert!(!claim(1, "b").await.unwrap(), "an old version");
    assert!(claim(2, "b").await.unwrap());
    let anew = new("s3");
    assert_eq!(write!(ledger, |tx| credentials::put(tx, &anew).await).unwrap(), 3);
    let late = new("s2");
    assert_eq!(write!(ledger, |tx| credentials::commit_refresh(tx, &late, 2, "b").await).unwrap(), None);
    let read = credentials::find(&mut ledger.db.reader().await.unwrap(), &account).await.unwrap().unwrap();
    assert_eq!((read.sealed.as_str(), read.token_version, read.intent), ("s3", 3, None));
}

async fn an_oauth_state_is_good_once_in_its_time_for_its_platform(ledger: Ledger) {
    let kept = oauth_states::OauthState {
        organization: "default".into(),
        platform: Platform::X,
        redirect_uri: "http://127.0.0.1:3001/callback".into(),
        return_to: None,
        sealed_verifier: Some("sealed".into()),
        expires_at: instant::after(ledger.db.now(), 600_000),
    };
    for state in ["s1", "s2", "s3"] {
        let kept = kept.clone();
        write!(ledger, |tx| oauth_states::put(tx, state, &kept).await).unwrap();
    }
    let take = |state: &'static str, platform| {
        ledger.write(move |tx| Box::pin(async move { oauth_states::take(tx, state, platform).await }))
    };
    assert_eq!(take("s1", Platform::X).await.unwrap(), Some(kept));
    assert_eq!(take("s1", Platform::X).await.unwrap(), None, "twice");
    assert_eq!(take("s2", Platform::LinkedIn).await.unwrap(), None, "another platform");
    assert_eq!(take("nonsense", Platform::X).await.unwrap(), None);
    ledger.pass(601);
    assert_eq!(take("s3", Platform::X).await.unwrap(), None, "too late");
}

async fn revisions_follow_each_other_and_keep_their_plans(ledger: Ledger) {
    let plan = Plan {
        version: 1,
        organization: "default".into(),
        campaign: "launch".into(),
        title: Some("Launch".into()),
        timezone: "Europe/Berlin".into(),
        digest: "d1".into(),
        publications: Vec::new(),
        media: Vec::new(),
        outlook: campaigns_plan::Outlook::default(),
    };
    let revise = |base: u64, digest: &str| {
        let plan = Plan { digest: digest.into(), ..plan.clone() };
        ledger.write(move |tx| {
            Box::pin(async move {
                organizations::ensure(tx, "default").await?;
                let by = Authorship { applied_by: "ana".into(), git_commit: Some("c0ffee".into()) };
                campaigns::revise(tx, &plan, base, &by).await
            })
        })
    };
    assert_eq!(revise(0, "d1").await.unwrap(), Some(1));
    assert_eq!(revise(0, "d2").await.unwrap(), None, "it exists");
    assert_eq!(revise(1, "d2").await.unwrap(), Some(2));
    assert_eq!(revise(1, "d3").await.unwrap(), None, "a stale base");
    let mut reader = ledger.db.reader().await.unwrap();
    assert_eq!(campaigns::plan(&mut reader, "default", "launch", 1).await.unwrap(), Some(plan));
    let history = campaigns::history(&mut reader, "default", "launch").await.unwrap();
    assert_eq!(
        history.iter().map(|revision| (revision.number, revision.base)).collect::<Vec<_>>(),
        [(2, 1), (1, 0)]
    );
    for (who, applied) in [("ana", &["launch"][..]), ("git", &[])] {
        assert_eq!(campaigns::applied_by(&mut reader, "default", who).await.unwrap(), applied);
    }
}

async fn media_are_known_once_and_uploads_belong_to_account_and_alternative_text(ledger: Ledger) {
    let row = ledger.planned("one").await;
    let facts = MediaFacts {
        sha256: "ab".repeat(32),
        kind: MediaKind::Image,
        mime: "image/png".into(),
        bytes: 10,
        width: Some(1),
        height: Some(1),
        duration_ms: None,
        frames: None,
    };
    let upload = media::Upload { platform_media_id: "m1".into(), expires_at: None };
    let (known, account, kept, id) = (facts.clone(), row.account_id.clone(), upload.clone(), row.id.clone());
    write!(ledger, |tx| {
        media::put(tx, &known).await?;
        media::put(tx, &known).await?;
        media::set_uses(tx, &id, &[&known.sha256, &known.sha256]).await?;
        media::uploaded(tx, &account, &known.sha256, Some("alt"), &kept).await
    })
    .unwrap();
    let mut reader = ledger.db.reader().await.unwrap();
    assert_eq!(media::find(&mut reader, &facts.sha256).await.unwrap(), Some(facts.clone()));
    let found = media::upload(&mut reader, &row.account_id, &facts.sha256, Some("alt")).await.unwrap();
    assert_eq!(found, Some(upload));
    assert_eq!(media::upload(&mut reader, &row.account_id, &facts.sha256, None).await.unwrap(), None);
    drop(reader);
    let (account, sha256) = (row.account_id.clone(), facts.sha256.clone());
    write!(ledger, |tx| media::forget_uploads(tx, &account, &["m1".into()]).await).unwrap();
    let mut reader = ledger.db.reader().await.unwrap();
    assert_eq!(media::upload(&mut reader, &row.account_id, &sha256, Some("alt")).await.unwrap(), None);
    let unknown = row.id.clone();
    drop(reader);
    assert!(write!(ledger, |tx| media::set_uses(tx, &unknown, &["00"]).await).is_err(), "an unknown file");
}

async fn the_outbox_keeps_its_order_and_never_names_two_messages_alike(ledger: Ledger) {
    let mut ids = Vec::new();
    for round in 0..3 {
        write!(ledger, |tx| outbox::put(tx, OutboxKind::CampaignRevised, "default", Some("launch"), None)
            .await)
        .unwrap();
        let pending = outbox::pending(&mut ledger.db.reader().await.unwrap(), 10).await.unwrap();
        assert_eq!(pending.len(), 1, "round {round}");
        let id = pending[0].id;
        assert!(!ids.contains(&id));
        ids.push(id);
        write!(ledger, |tx| outbox::done(tx, &[id]).await).unwrap();
    }
    assert!(ids.is_sorted());
    assert_eq!(outbox::backlog(&mut ledger.db.reader().await.unwrap()).await.unwrap(), (0, None));
}

async fn the_dispatcher_finds_what_is_due_soon_most_urgent_first(ledger: Ledger) {
    let now = ledger.db.now();
    let mut ids = Vec::new();
    for (post, minutes, priority) in [("late", 9, 3), ("soon-low", 1, 5), ("soon-high", 1, 1), ("far", 60, 1)]
    {
        let mut row = ledger.planned(post).await;
        row.due_at = Some(instant::after(now, minutes * 60_000));
        row.priority = priority;
        ids.push(row.id.clone());
        write!(ledger, |tx| publications::save(tx, &mut row).await).unwrap();
    }
    let until = instant::after(now, 600_000);
    let mut reader = ledger.db.reader().await.unwrap();
    let due = publications::due(&mut reader, until, 10).await.unwrap();
    assert_eq!(due, [ids[2].clone(), ids[1].clone(), ids[0].clone()]);
    assert_eq!(publications::due(&mut reader, until, 1).await.unwrap().len(), 1);
    assert_eq!(
        publications::next_due(&mut reader, until).await.unwrap(),
        Some(instant::after(now, 3_600_000))
    );
    assert_eq!(
        publications::latest_planned(&mut reader).await.unwrap(),
        Some(instant::after(now, 3_600_000))
    );
    drop(reader);
    let id = ids[2].clone();
    assert!(write!(ledger, |tx| publications::mark_dispatched(tx, &id).await).unwrap());
    let due = publications::due(&mut ledger.db.reader().await.unwrap(), until, 10).await.unwrap();
    assert_eq!(due, [ids[1].clone(), ids[0].clone()]);
}

async fn lists_filter_and_page(ledger: Ledger) {
    for post in ["a", "b", "c"] {
        ledger.planned(post).await;
    }
    let mut row = ledger.planned("d").await;
    write!(ledger, |tx| {
        publications::transition(tx, &mut row, State::Held, Some(Reason::new("x", "why")), &Cause::by("t"))
            .await
    })
    .unwrap();
    let mut reader = ledger.db.reader().await.unwrap();
    let all = views::list(&mut reader, &Filter::default(), Page::FIRST).await.unwrap();
    assert_eq!((all.total, all.rows.len(), all.rows[0].segments), (4, 4, 2));
    let held = Filter {
        states: vec![State::Held, State::Blocked],
        organization: Some("default".into()),
        ..Filter::default()
    };
    let held = views::list(&mut reader, &held, Page::FIRST).await.unwrap();
    assert_eq!((held.total, held.rows[0].last_error.as_deref()), (1, Some("why")));
    let page = Page { limit: 3, offset: 3 };
    assert_eq!(views::list(&mut reader, &Filter::default(), page).await.unwrap().rows.len(), 1);
    let none = Filter { platform: Some(Platform::LinkedIn), ..Filter::default() };
    assert_eq!(views::list(&mut reader, &none, Page::FIRST).await.unwrap().total, 0);
    assert_eq!(views::list_all(&mut reader, &Filter::default()).await.unwrap().len(), 4);
    assert_eq!(views::counts(&mut reader, None).await.unwrap(), [(State::Held, 1), (State::Planned, 3)]);
}

async fn api_tokens_are_kept_as_hashes_and_can_be_revoked(ledger: Ledger) {
    let kept = tokens::ApiToken {
        id: "tok_1".into(),
        organization: Some("default".into()),
        role: tokens::Role::Editor,
        name: "ci".into(),
        created_at: ledger.db.now(),
        expires_at: None,
        revoked_at: None,
    };
    write!(ledger, |tx| {
        organizations::ensure(tx, "default").await?;
        tokens::put(tx, "very-secret-token", &kept).await
    })
    .unwrap();
    let now = ledger.db.now();
    let mut reader = ledger.db.reader().await.unwrap();
    let found = tokens::valid(&mut reader, "very-secret-token", now).await.unwrap();
    assert_eq!(found.map(|token| token.role), Some(tokens::Role::Editor));
    assert_eq!(tokens::valid(&mut reader, "another", now).await.unwrap(), None);
    drop(reader);
    assert!(write!(ledger, |tx| tokens::revoke(tx, "tok_1").await).unwrap());
    assert_eq!(
        tokens::valid(&mut ledger.db.reader().await.unwrap(), "very-secret-token", now).await.unwrap(),
        None
    );
    let stored = ledger.place.stored().await;
    assert!(!stored.is_empty());
    assert!(!stored.windows(17).any(|window| window == b"very-secret-token"));
}

async fn an_installation_has_one_home(ledger: Ledger) {
    let claim = |home: &'static str| {
        ledger.write(move |tx| Box::pin(async move { installation::claim_home(tx, home).await }))
    };
    assert_eq!(claim(installation::EMBEDDED).await.unwrap(), installation::Claimed::Yes);
    assert_eq!(claim(installation::EMBEDDED).await.unwrap(), installation::Claimed::Yes);
    let elsewhere = claim("cluster localhost:7233 default").await.unwrap();
    assert_eq!(elsewhere, installation::Claimed::LivesIn(installation::EMBEDDED.into()));
}

async fn a_write_that_fails_leaves_nothing_and_takes_nobody_with_it(ledger: Ledger) {
    let writes = (0..64).map(|number: u32| {
        ledger.write(move |tx| {
            Box::pin(async move {
                organizations::ensure(tx, &format!("o{number}")).await?;
                assert!(number != 13, "a write that panics");
                if number % 2 == 1 { Err(DbError::ReadOnly) } else { Ok(number) }
            })
        })
    });
    let results = futures_util::future::join_all(writes).await;
    for (number, result) in (0_u32..).zip(results) {
        match result {
            Ok(done) => assert!(done == number && number % 2 == 0),
            Err(DbError::Panicked) => assert_eq!(number, 13),
            Err(error) => {
                assert!(number % 2 == 1 && matches!(error, DbError::ReadOnly), "{number}: {error:?}")
            }
        }
    }
    let kept = organizations::all(&mut ledger.db.reader().await.unwrap()).await.unwrap();
    assert_eq!(kept.len(), 32);
}

async fn a_write_whose_caller_went_away_is_done_all_the_same(ledger: Ledger) {
    let (entered, has_entered) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = tokio::sync::oneshot::channel::<()>();
    let db = ledger.db.clone();
    let caller = tokio::spawn(async move {
        db.write::<_, DbError, _>(move |tx| {
            Box::pin(async move {
                organizations::ensure(tx, "kept").await?;
                entered.send(()).unwrap();
                may_go_on.await.unwrap();
                organizations::ensure(tx, "kept too").await
            })
        })
        .await
    });
    has_entered.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go_on.send(()).unwrap();
    // The next write waits for the one before it.
    write!(ledger, |tx| organizations::ensure(tx, "later").await).unwrap();
    let kept = organizations::all(&mut ledger.db.reader().await.unwrap()).await.unwrap();
    assert_eq!(kept, ["kept", "kept too", "later"]);
}

async fn what_was_written_is_there_after_opening_again(ledger: Ledger) {
    let Ledger { db, clock, place } = ledger;
    db.write::<_, DbError, _>(|tx| Box::pin(async move { organizations::ensure(tx, "kept").await }))
        .await
        .unwrap();
    let entry = audit::Entry {
        organization: "kept".into(),
        actor: "t".into(),
        event: "e".into(),
        ..audit::Entry::default()
    };
    db.write::<_, DbError, _>(move |tx| Box::pin(async move { audit::append(tx, &entry).await }))
        .await
        .unwrap();
    db.close(std::time::Duration::from_secs(10)).await;
    let again = place.open(&clock).await.unwrap();
    assert!(organizations::exists(&mut again.reader().await.unwrap(), "kept").await.unwrap());
    // Someone looks while the ledger is in use.
    let looking = place.look(&clock).await.unwrap();
    assert_eq!(audit::newest(&mut looking.reader().await.unwrap(), "kept", 9).await.unwrap().len(), 1);
    let refused = looking
        .write::<(), DbError, _>(|tx| Box::pin(async move { organizations::ensure(tx, "no").await }))
        .await;
    assert!(matches!(refused, Err(DbError::ReadOnly)));
}

async fn a_newer_ledger_is_refused_untouched(ledger: Ledger) {
    let Ledger { db, clock, place } = ledger;
    db.close(std::time::Duration::from_secs(10)).await;
    place.run("INSERT INTO schema_migrations VALUES (9999, 'future', 'x', 0)").await;
    let refused = place.open(&clock).await.unwrap_err();
    assert!(matches!(refused, DbError::Newer { found: 9999, .. }), "{refused:?}");
    let refused = place.look(&clock).await.unwrap_err();
    assert!(matches!(refused, DbError::Newer { found: 9999, .. }), "{refused:?}");
}

async fn a_changed_migration_is_refused(ledger: Ledger) {
    let Ledger { db, clock, place } = ledger;
    db.close(std::time::Duration::from_secs(10)).await;
    place.run("UPDATE schema_migrations SET checksum = 'other' WHERE version = 1").await;
    let refused = place.open(&clock).await.unwrap_err();
    assert!(matches!(refused, DbError::MigrationChanged { version: 1 }), "{refused:?}");
}

#[tokio::test]
async fn files_that_are_no_ledger_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b?c#d%20.db");
    let missing = Db::open_read_only(&path, Clock::skipping()).await.unwrap_err();
    assert!(matches!(missing, DbError::Missing { .. }), "{missing:?}");
    std::fs::write(&path, "this is no database, but it is long enough to be looked at as one, for sure")
        .unwrap();
    assert!(Db::open(&path, Clock::skipping()).await.is_err());
    std::fs::remove_file(&path).unwrap();
    let odd = Db::open(&path, Clock::skipping()).await.unwrap();
    assert!(path.is_file(), "a path with odd characters is taken as it is");
    drop(odd);
}

async fn media_items_keep_their_texts(ledger: Ledger) {
    let row = ledger.planned("one").await;
    let item = PlannedMedia {
        sha256: "ab".into(),
        alt: Some("A \"quoted\" alt\n🧵".into()),
        ..PlannedMedia::default()
    };
    let parts = [PlannedSegment { media: vec![item.clone()], ..part("text with 'quotes' and \u{0} zero") }];
    let id = row.id.clone();
    let (written, account) = (parts.clone(), row.account_id.clone());
    write!(ledger, |tx| segments::replace(tx, &id, &account, &written).await).unwrap();
    let read = segments::of(&mut ledger.db.reader().await.unwrap(), &row.id).await.unwrap();
    assert_eq!((read.len(), &read[0].media[0], &read[0].text), (1, &item, &parts[0].text));
}

/// Every test of the contract on every database.
macro_rules! contract {
    ($($test:ident)+) => {
        mod file {
            $(#[tokio::test] async fn $test() { super::$test(super::Ledger::file().await).await })+
        }
        mod server {
            $(#[tokio::test] async fn $test() {
                if let Some(ledger) = super::Ledger::server().await { super::$test(ledger).await }
            })+
        }
    };
}

contract! {
    a_publication_comes_back_as_it_was_written
    an_identity_has_one_row
    the_second_of_two_who_read_the_same_row_is_refused
    the_ledger_refuses_every_pair_of_states_that_the_table_lacks
    every_change_of_state_is_in_the_audit_with_its_cause
    an_account_has_one_unsettled_attempt
    a_post_on_the_platform_belongs_to_one_segment
    a_lane_has_one_holder_until_it_expires_and_its_epoch_rises
    a_budget_is_spent_by_all_and_never_below_zero
    an_answer_on_its_way_gives_a_window_nothing_back
    a_pause_stops_what_is_in_its_scope
    connecting_again_keeps_the_account_whatever_it_is_called_now
    a_refresh_is_claimed_once_and_committed_by_its_claimant
    an_oauth_state_is_good_once_in_its_time_for_its_platform
    revisions_follow_each_other_and_keep_their_plans
    media_are_known_once_and_uploads_belong_to_account_and_alternative_text
    the_outbox_keeps_its_order_and_never_names_two_messages_alike
    the_dispatcher_finds_what_is_due_soon_most_urgent_first
    lists_filter_and_page
    api_tokens_are_kept_as_hashes_and_can_be_revoked
    an_installation_has_one_home
    a_write_that_fails_leaves_nothing_and_takes_nobody_with_it
    a_write_whose_caller_went_away_is_done_all_the_same
    media_items_keep_their_texts
    what_was_written_is_there_after_opening_again
    a_newer_ledger_is_refused_untouched
    a_changed_migration_is_refused
}
