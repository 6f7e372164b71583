//! What the vault promises, on a real ledger.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use activities_data::accounts::{self, Connected};
use activities_data::{Db, DbError, credentials};
use activities_vault::{KeyMaterial, RefreshAnswer, Refreshed, Tokens, Vault, VaultError, WEBHOOK_SECRETS};
use engine_clock::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use tokio::sync::oneshot;

struct Installation {
    db: Db,
    vault: Vault,
    folder: TempDir,
    account: String,
}

fn key(text: &str) -> KeyMaterial {
    KeyMaterial::from_setting(&SecretString::from(text)).unwrap()
}

fn tokens(access: &str, refresh: Option<&str>) -> Tokens {
    Tokens { access: access.into(), refresh: refresh.map(Into::into), access_expires_at: None }
}

async fn connect(db: &Db, handle: &str) -> String {
    let connected = Connected {
        name: format!("x/{handle}").parse().unwrap(),
        subject: format!("subject of {handle}"),
        display_name: None,
        avatar_url: None,
        scopes: Vec::new(),
    };
    let account = db.write::<_, DbError, _>(move |tx| {
        Box::pin(async move { accounts::connect(tx, "default", &connected).await })
    });
    account.await.unwrap().id
}

async fn installation() -> Installation {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("ledger.db"), Clock::skipping()).await.unwrap();
    let vault = Vault::open(db.clone(), &key("a key that is long enough")).await.unwrap();
    let account = connect(&db, "acme").await;
    Installation { db, vault, folder, account }
}

impl Installation {
    async fn access(&self) -> (String, u64) {
        let opened = self.vault.with_token(&self.account, |opened| async move {
            assert_eq!((opened.subject.as_str(), opened.handle.as_str()), ("subject of acme", "acme"));
            (opened.access.expose_secret().to_owned(), opened.token_version)
        });
        opened.await.unwrap()
    }
}

#[tokio::test]
async fn a_token_comes_back_and_lies_nowhere_readable() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("secret-access-token", Some("secret-refresh-token"))).await.unwrap();
    assert_eq!(at.access().await, ("secret-access-token".into(), 1));
    at.vault.store(&at.account, &tokens("second-access-token", None)).await.unwrap();
    assert_eq!(at.access().await, ("second-access-token".into(), 2));
    for entry in std::fs::read_dir(at.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in ["access-token", "refresh-token"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }
    let shown = format!(
        "{:?} {:?} {:?}",
        at.vault,
        tokens("secret-a", Some("secret-r")),
        key("a key that is long enough")
    );
    assert!(!shown.contains("secret-") && !shown.contains("long enough"), "{shown}");
}

#[tokio::test]
async fn another_key_is_refused_when_the_vault_opens() {
    let at = installation().await;
    let wrong = Vault::open(at.db.clone(), &key("a key that is long enougH")).await.unwrap_err();
    assert!(matches!(wrong, VaultError::WrongKey), "{wrong:?}");
    Vault::open(at.db.clone(), &key("  a key that is long enough\n")).await.unwrap();
    assert_eq!(KeyMaterial::from_setting(&SecretString::from("short")).unwrap_err().bytes, 5);
}

#[tokio::test]
async fn a_seal_moved_to_another_account_does_not_open() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("secret", None)).await.unwrap();
    let other = connect(&at.db, "other").await;
    let missing = at.vault.with_token(&other, |_| async {}).await.unwrap_err();
    assert!(matches!(missing, VaultError::NoCredential(_)), "{missing:?}");
    let (from, to) = (at.account.clone(), other.clone());
    let moved = at.db.write::<_, DbError, _>(move |tx| {
        Box::pin(async move {
            let stolen = credentials::find(tx, &from).await?.unwrap();
            let new = credentials::NewCredential {
                account_id: to,
                sealed: stolen.sealed,
                key_id: stolen.key_id,
                has_refresh: false,
                access_expires_at: None,
            };
            credentials::put(tx, &new).await
        })
    });
    moved.await.unwrap();
    let damaged = at.vault.with_token(&other, |_| async {}).await.unwrap_err();
    assert!(matches!(damaged, VaultError::Damaged(_)), "{damaged:?}");
}

#[tokio::test]
async fn of_many_who_refresh_at_once_one_asks_the_platform() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("old", Some("single-use"))).await.unwrap();
    let asked = Arc::new(AtomicU32::new(0));
    let refreshes = (0..8).map(|worker| {
        let (vault, account, asked) = (at.vault.clone(), at.account.clone(), Arc::clone(&asked));
        async move {
            let ask = move |refresh: SecretString| async move {
                assert_eq!(refresh.expose_secret(), "single-use");
                asked.fetch_add(1, Ordering::SeqCst);
                RefreshAnswer::Given(tokens("new", Some("next")))
            };
            vault.refresh(&account, 1, &format!("worker {worker}"), ask).await.unwrap()
        }
    });
    let mut all = tokio::task::JoinSet::new();
    refreshes.for_each(|refresh| {
        all.spawn(refresh);
    });
    let results = all.join_all().await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(results.iter().filter(|result| **result == Refreshed::New(2)).count(), 1);
    let others = |result: &&Refreshed| matches!(result, Refreshed::Newer(2) | Refreshed::Underway(_));
    assert_eq!(results.iter().filter(others).count(), 7, "{results:?}");
    assert_eq!(at.access().await, ("new".into(), 2));
}

#[tokio::test]
async fn a_refresh_whose_caller_went_away_is_committed_all_the_same() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("old", Some("single-use"))).await.unwrap();
    let (asked, was_asked) = oneshot::channel();
    let (answer, answered) = oneshot::channel();
    let (vault, account) = (at.vault.clone(), at.account.clone());
    let caller = tokio::spawn(async move {
        let ask = move |_| async move {
            asked.send(()).unwrap();
            answered.await.unwrap()
        };
        vault.refresh(&account, 1, "worker", ask).await
    });
    was_asked.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    answer.send(RefreshAnswer::Given(tokens("new", Some("next")))).unwrap();
    while at.access().await.1 < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(at.access().await.0, "new");
}

#[tokio::test]
async fn a_lost_answer_keeps_the_claim_and_a_failure_for_the_moment_gives_it_back() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("old", Some("single-use"))).await.unwrap();
    let refresh =
        |answer: RefreshAnswer| at.vault.refresh(&at.account, 1, "worker", move |_| async move { answer });
    let transient = refresh(RefreshAnswer::Transient("503".into())).await.unwrap();
    assert_eq!(transient, Refreshed::Transient("503".into()));
    let lost = refresh(RefreshAnswer::Lost("reset".into())).await.unwrap();
    assert_eq!(lost, Refreshed::Lost("reset".into()));
    let again = refresh(RefreshAnswer::Given(tokens("never", None))).await.unwrap();
    assert!(
        matches!(again, Refreshed::Underway(intent) if intent.holder == "worker"),
        "a spent token is not spent again"
    );
    at.vault.store(&at.account, &tokens("connected anew", None)).await.unwrap();
    assert_eq!(refresh(RefreshAnswer::Transient(String::new())).await.unwrap(), Refreshed::Newer(2));
    let none =
        at.vault.refresh(&at.account, 2, "worker", |_| async { RefreshAnswer::Dead(String::new()) }).await;
    assert_eq!(none.unwrap(), Refreshed::Impossible);
}

#[tokio::test]
async fn without_a_new_refresh_token_the_old_one_goes_on() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("a1", Some("lasting"))).await.unwrap();
    for version in 1..4 {
        let ask = move |refresh: SecretString| async move {
            assert_eq!(refresh.expose_secret(), "lasting");
            RefreshAnswer::Given(tokens("next", None))
        };
        let refreshed = at.vault.refresh(&at.account, version, "worker", ask).await.unwrap();
        assert_eq!(refreshed, Refreshed::New(version + 1));
    }
}

#[tokio::test]
async fn other_values_are_sealed_for_their_purpose_and_row() {
    let at = installation().await;
    let sealed = at.vault.seal("verifier", "state-1", b"pkce").unwrap();
    assert_eq!(&**at.vault.unseal("verifier", "state-1", &sealed).unwrap(), b"pkce");
    assert!(at.vault.unseal("verifier", "state-2", &sealed).is_err());
    assert!(at.vault.unseal("tokens", "state-1", &sealed).is_err());
}

#[tokio::test]
async fn rotating_the_key_seals_everything_anew_at_once_and_the_old_key_is_refused_after() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("access-1", Some("refresh-1"))).await.unwrap();
    let (new, old) = (key("another key, long enough"), key("a key that is long enough"));
    // A refresh that is under way ends well.
    let (rotated, go_on) = oneshot::channel::<()>();
    let (asked, was_asked) = oneshot::channel();
    let (vault, account) = (at.vault.clone(), at.account.clone());
    let refreshing = tokio::spawn(async move {
        let ask = move |_| async move {
            asked.send(()).unwrap();
            go_on.await.unwrap();
            RefreshAnswer::Given(tokens("access-2", Some("refresh-2")))
        };
        vault.refresh(&account, 1, "worker", ask).await.unwrap()
    });
    was_asked.await.unwrap();
    assert_eq!(at.vault.rotate(&new).await.unwrap(), 1);
    assert_eq!(at.access().await.0, "access-1");
    rotated.send(()).unwrap();
    assert_eq!(refreshing.await.unwrap(), Refreshed::New(2));
    assert_eq!(at.access().await.0, "access-2");
    assert!(matches!(Vault::open(at.db.clone(), &old).await, Err(VaultError::WrongKey)));
    let again = Vault::open(at.db.clone(), &new).await.unwrap();
    let access =
        again.with_token(&at.account, |opened| async move { opened.access.expose_secret().to_owned() });
    assert_eq!(access.await.unwrap(), "access-2");
}

#[tokio::test]
async fn a_previous_key_opens_until_the_credentials_are_sealed_anew() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("access-1", None)).await.unwrap();
    let (new, old) = (key("another key, long enough"), key("a key that is long enough"));
    assert!(matches!(Vault::open(at.db.clone(), &new).await, Err(VaultError::WrongKey)));
    let both = Vault::open_with(at.db.clone(), &new, &[old]).await.unwrap();
    assert_eq!(both.rotate(&new).await.unwrap(), 1);
    Vault::open(at.db.clone(), &new).await.unwrap();
}

#[tokio::test]
async fn what_webhooks_are_signed_with_survives_a_rotation() {
    use activities_data::webhook_endpoints::{self, Endpoint, EndpointState};
    let at = installation().await;
    let seal = |text: &[u8]| at.vault.seal(WEBHOOK_SECRETS, "whe_1", text).unwrap();
    let endpoint = Endpoint {
        id: "whe_1".into(),
        organization: "default".into(),
        url: "https://app.acme.dev/".into(),
        description: None,
        kinds: Vec::new(),
        state: EndpointState::Active,
        state_reason: None,
        sealed_secret: seal(b"now"),
        previous: Some((seal(b"before"), at.db.now())),
        failing_since: None,
        not_before: None,
        created_by: "admin".into(),
        created_at: at.db.now(),
        updated_at: at.db.now(),
    };
    let put = at.db.write::<_, DbError, _>(move |tx| {
        Box::pin(async move {
            let mut endpoint = endpoint;
            webhook_endpoints::insert(tx, &endpoint).await?;
            webhook_endpoints::save(tx, &mut endpoint).await
        })
    });
    put.await.unwrap();
    let new = key("another key, long enough");
    at.vault.rotate(&new).await.unwrap();
    let again = Vault::open(at.db.clone(), &new).await.unwrap();
    let found = webhook_endpoints::find(&mut at.db.reader().await.unwrap(), "whe_1").await.unwrap().unwrap();
    let open = |sealed: &str| again.unseal(WEBHOOK_SECRETS, "whe_1", sealed).unwrap().to_vec();
    assert_eq!(open(&found.sealed_secret), b"now");
    assert_eq!(open(&found.previous.unwrap().0), b"before");
}

#[tokio::test]
async fn a_rotation_that_meets_a_damaged_credential_changes_nothing() {
    let at = installation().await;
    at.vault.store(&at.account, &tokens("access-1", None)).await.unwrap();
    let other = connect(&at.db, "other").await;
    let broken = credentials::NewCredential {
        account_id: other.clone(),
        sealed: "AAAA".into(),
        key_id: "k".into(),
        has_refresh: false,
        access_expires_at: None,
    };
    let put =
        at.db.write::<_, DbError, _>(move |tx| Box::pin(async move { credentials::put(tx, &broken).await }));
    put.await.unwrap();
    let refused = at.vault.rotate(&key("another key, long enough")).await.unwrap_err();
    assert!(matches!(refused, VaultError::Damaged(id) if id == other));
    assert_eq!(at.access().await.0, "access-1");
    Vault::open(at.db.clone(), &key("a key that is long enough")).await.unwrap();
}
