//! The watcher: files that come, change, go bad and go away.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine_clock::Clock;
use server::api::publication::{PublicationQuery, PublicationView};
use server::app::ORGANIZATION;
use server::watch::{RunningWatcher, WatchOptions, watch};
use support::Fixture;

/// Nothing here takes so long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn campaign(name: &str, text: &str) -> String {
    format!(
        "campaign: {name}\nversion: 1\ntimezone: UTC\naccounts: [x/demo]\nposts:\n  hello:\n    \
         at: \"2099-03-18 09:00\"\n    text: |\n      {text}\n"
    )
}

struct Watched {
    server: Fixture,
    folder: PathBuf,
    watcher: RunningWatcher,
}

impl Watched {
    async fn start(prepare: impl FnOnce(&Path)) -> Self {
        Self::on(Clock::real(), false, prepare).await
    }

    async fn on(clock: Clock, prune: bool, prepare: impl FnOnce(&Path)) -> Self {
        let server = Fixture::on(clock).await;
        let folder = server.folder.path().join("campaigns");
        fs::create_dir(&folder).unwrap();
        prepare(&folder);
        let watcher =
            watch(WatchOptions { app: server.app.clone(), paths: vec![folder.clone()], prune }).await;
        Self { server, folder, watcher }
    }

    async fn publications(&self) -> Vec<PublicationView> {
        self.server.app.publications(ORGANIZATION, &PublicationQuery::default()).await.unwrap().publications
    }

    async fn text_of(&self, id: &str) -> String {
        self.server.app.publication(ORGANIZATION, id).await.unwrap().segments[0].text.clone()
    }

    async fn stale_reason(&self, name: &str) -> Option<String> {
        let campaign = self.server.app.campaign(ORGANIZATION, name).await.ok()?;
        campaign.campaign.stale_reason
    }

    /// Waits until there is one publication with this text.
    async fn until_text(&self, text: &str) {
        until(text, async || match self.publications().await.as_slice() {
            [only] => self.text_of(&only.id).await == text,
            _ => false,
        })
        .await;
    }

    async fn stop(self) {
        self.watcher.shutdown().await;
        self.server.stop().await;
    }
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let waited = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waited).await.is_ok(), "it never came to: {what}");
}

#[tokio::test]
async fn what_is_there_at_the_start_is_applied_before_watching_begins() {
    let watched = Watched::start(|folder| {
        fs::write(folder.join("a.campaign.yaml"), campaign("a", "One.")).unwrap();
        fs::write(folder.join("notes.yaml"), "other: 1\n").unwrap();
    })
    .await;
    assert_eq!(watched.publications().await.len(), 1);
    watched.stop().await;
}

#[tokio::test]
async fn new_files_and_changes_are_applied_however_they_are_saved() {
    let watched = Watched::start(|_| {}).await;
    let path = watched.folder.join("deep/a.campaign.yaml");
    fs::create_dir(watched.folder.join("deep")).unwrap();
    fs::write(&path, campaign("a", "One.")).unwrap();
    watched.until_text("One.").await;
    fs::write(&path, campaign("a", "Two.")).unwrap();
    watched.until_text("Two.").await;
    // As editors do: a new file takes the name.
    fs::write(watched.folder.join("deep/.a.tmp"), campaign("a", "Three.")).unwrap();
    fs::rename(watched.folder.join("deep/.a.tmp"), &path).unwrap();
    watched.until_text("Three.").await;
    watched.stop().await;
}

#[tokio::test]
async fn a_file_that_a_campaign_names_belongs_to_it() {
    let watched = Watched::start(|folder| {
        fs::write(folder.join("copy.md"), "One.").unwrap();
        let text = campaign("a", "-").replace("text: |\n      -\n", "text: {file: copy.md}\n");
        fs::write(folder.join("a.campaign.yaml"), text).unwrap();
    })
    .await;
    watched.until_text("One.").await;
    fs::write(watched.folder.join("copy.md"), "Two.").unwrap();
    watched.until_text("Two.").await;
    watched.stop().await;
}

#[tokio::test]
async fn a_bad_edit_changes_nothing_and_says_why_until_it_is_good_again() {
    let watched = Watched::start(|folder| {
        fs::write(folder.join("a.campaign.yaml"), campaign("a", "One.")).unwrap();
    })
    .await;
    let path = watched.folder.join("a.campaign.yaml");
    fs::write(&path, campaign("a", "Two.").replace("2099-03-18", "2099-02-31")).unwrap();
    until("the reason", async || watched.stale_reason("a").await.is_some()).await;
    let reason = watched.stale_reason("a").await.unwrap();
    assert!(reason.contains("a.campaign.yaml:7:"), "{reason}");
    watched.until_text("One.").await;
    fs::write(&path, campaign("a", "Three.")).unwrap();
    watched.until_text("Three.").await;
    assert_eq!(watched.stale_reason("a").await, None);
    watched.stop().await;
}

#[tokio::test]
async fn a_deleted_file_cancels_nothing() {
    let watched = Watched::start(|folder| {
        fs::write(folder.join("a.campaign.yaml"), campaign("a", "One.")).unwrap();
    })
    .await;
    fs::remove_file(watched.folder.join("a.campaign.yaml")).unwrap();
    // Once the next one is applied, the watcher has seen that the first is gone.
    fs::write(watched.folder.join("b.campaign.yaml"), campaign("b", "Two.")).unwrap();
    until("the second campaign", async || watched.publications().await.len() == 2).await;
    assert!(watched.publications().await.iter().all(|row| row.state == "planned"));
    watched.stop().await;
}

#[tokio::test]
async fn two_files_of_one_campaign_do_not_fight() {
    let watched = Watched::start(|folder| {
        fs::write(folder.join("a.campaign.yaml"), campaign("same", "One.")).unwrap();
        fs::write(folder.join("b.campaign.yaml"), campaign("same", "Two.")).unwrap();
    })
    .await;
    watched.until_text("One.").await;
    let reason = watched.stale_reason("same").await;
    assert!(reason.is_some_and(|reason| reason.contains("the same campaign")));
    // Also while the first one is wrong, the second does not take its place.
    fs::write(watched.folder.join("a.campaign.yaml"), "campaign: same\nversion: 1\n").unwrap();
    until("the reason", async || {
        watched.stale_reason("same").await.is_some_and(|reason| reason.contains("a.campaign.yaml"))
    })
    .await;
    watched.until_text("One.").await;
    // The first one's end makes room for the second.
    fs::remove_file(watched.folder.join("a.campaign.yaml")).unwrap();
    watched.until_text("Two.").await;
    watched.stop().await;
}

#[tokio::test]
async fn an_apply_by_someone_else_stands_until_the_file_changes() {
    let watched = Watched::start(|folder| {
        fs::write(folder.join("a.campaign.yaml"), campaign("a", "One.")).unwrap();
    })
    .await;
    let bundle = serde_json::from_value(serde_json::json!({
        "file": {"name": "elsewhere.yaml", "text": campaign("a", "From elsewhere.")},
    }))
    .unwrap();
    let author = server::app::campaigns::Author { name: "test".to_owned(), git_commit: None };
    watched.server.app.apply(&bundle, Some(1), author).await.unwrap();
    // Makes the watcher look at everything.
    fs::write(watched.folder.join("b.campaign.yaml"), campaign("b", "Two.")).unwrap();
    until("the second campaign", async || watched.publications().await.len() == 2).await;
    let rows = watched.publications().await;
    let first = rows.iter().find(|row| row.campaign.as_deref() == Some("a")).unwrap();
    assert_eq!(watched.text_of(&first.id).await, "From elsewhere.");
    watched.stop().await;
}

#[tokio::test]
async fn what_recurs_comes_into_reach_while_its_file_stays_as_it_is() {
    let clock = Clock::skipping();
    let watched = Watched::on(clock.clone(), false, |folder| {
        let text = campaign("a", "-").replace(
            "at: \"2099-03-18 09:00\"\n    text: |\n      -\n",
            "every: {days: [mon], time: \"09:00\", from: 2026-01-01, count: 10000}\n    rotate:\n      a: {text: One.}\n      b: {text: Two.}\n",
        );
        fs::write(folder.join("a.campaign.yaml"), text).unwrap();
    })
    .await;
    let count = async || {
        let campaign = Some("a".to_owned());
        let query = PublicationQuery { campaign, limit: Some(1), ..PublicationQuery::default() };
        watched.server.app.publications(ORGANIZATION, &query).await.unwrap().total
    };
    let before = count().await;
    assert!(before >= 12, "90 days have 12 Mondays: {before}");
    clock.advance(Duration::from_secs(28 * 86_400)).unwrap();
    // Makes the watcher look at once rather than at its next poll.
    fs::write(watched.folder.join("b.campaign.yaml"), campaign("b", "Two.")).unwrap();
    until("four more weeks", async || count().await >= before + 4).await;
    watched.stop().await;
}

#[tokio::test]
async fn a_deleted_file_that_says_prune_takes_back_what_it_planned_and_brings_it_back() {
    deletes(false).await;
}

#[tokio::test]
async fn where_the_operator_says_so_every_deleted_file_takes_back_what_it_planned() {
    deletes(true).await;
}

/// Deletes a file that says `prune: true` and one that doesn't, where all are pruned or not.
async fn deletes(all: bool) {
    let clock = Clock::skipping();
    let pruning = |name: &str, text: &str| campaign(name, text).replace("posts:", "prune: true\nposts:");
    let watched = Watched::on(clock.clone(), all, |folder| {
        fs::write(folder.join("a.campaign.yaml"), pruning("a", "One.")).unwrap();
        fs::write(folder.join("kept.campaign.yaml"), campaign("kept", "Two.")).unwrap();
    })
    .await;
    let state = async |name: &str| {
        let rows = watched.publications().await;
        rows.into_iter().find(|row| row.campaign.as_deref() == Some(name)).unwrap().state
    };
    let look = async |name: &str| {
        fs::write(watched.folder.join(format!("{name}.campaign.yaml")), campaign(name, name)).unwrap();
        let named = Some(name.to_owned());
        let there = async || watched.publications().await.iter().any(|row| row.campaign == named);
        until("a round of looking", there).await;
    };
    fs::remove_file(watched.folder.join("a.campaign.yaml")).unwrap();
    fs::remove_file(watched.folder.join("kept.campaign.yaml")).unwrap();
    look("b").await;
    assert_eq!(state("a").await, "planned", "it may come back at once");
    clock.advance(Duration::from_secs(60)).unwrap();
    look("c").await;
    until("what it planned to be taken back", async || state("a").await == "cancelled").await;
    if all {
        until("the other one, too", async || state("kept").await == "cancelled").await;
    }
    assert_eq!(state("kept").await, if all { "cancelled" } else { "planned" });
    fs::write(watched.folder.join("a.campaign.yaml"), pruning("a", "One.")).unwrap();
    until("it to come back", async || state("a").await == "planned").await;
    watched.stop().await;
}
