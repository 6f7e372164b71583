//! The watcher of a git repository: commits that come, are wrong, vanish and come back.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use server::api::publication::PublicationQuery;
use server::app::ORGANIZATION;
use server::app::webhooks::signature;
use server::project::git::{Mirror, Repository, Source};
use server::watch::RunningWatcher;
use server::watch::git::{GitOptions, StatusTarget, watch_git};
use support::receiver::{Mood, PATIENCE, Receiver};
use support::{Fixture, WEBHOOK_SECRET};

/// Looks come when a test rings.
const NEVER: Duration = Duration::from_secs(86_400);

fn campaign(name: &str, text: &str) -> String {
    format!(
        "campaign: {name}\nversion: 1\ntimezone: UTC\naccounts: [x/demo]\nposts:\n  hello:\n    \
         at: \"2099-03-18 09:00\"\n    text: |\n      {text}\n"
    )
}

/// A repository that people commit to.
struct Repo(PathBuf);

impl Repo {
    fn new(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let repo = Self(folder);
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(&self.0).args(["-c", "user.name=Ana", "-c", "user.email=ana@acme.dev"]);
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stderr(Stdio::inherit());
        let output = command.args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits everything; the commit's name.
    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// Where a receiver hears of statuses.
fn target(receiver: &Receiver) -> StatusTarget {
    StatusTarget { url: receiver.url.parse().unwrap(), secret: Some(SecretString::from(WEBHOOK_SECRET)) }
}

struct Watched {
    server: Fixture,
    repo: Repo,
    watcher: RunningWatcher,
    receiver: Receiver,
}

impl Watched {
    async fn start(prepare: impl FnOnce(&Repo)) -> Self {
        let server = Fixture::start().await;
        let repo = Repo::new(server.folder.path().join("repo"));
        prepare(&repo);
        let receiver = Receiver::start(Mood::Takes).await;
        let watcher = begin(&server, &repo, target(&receiver));
        Self { server, repo, watcher, receiver }
    }

    fn ring(&self) {
        self.server.app.outside.pushed.notify_one();
    }

    async fn texts(&self) -> Vec<String> {
        let rows = self.server.app.publications(ORGANIZATION, &PublicationQuery::default()).await.unwrap();
        let mut texts = Vec::new();
        for row in rows.publications {
            let story = self.server.app.publication(ORGANIZATION, &row.id).await.unwrap();
            texts.push(story.segments[0].text.clone());
        }
        texts
    }

    async fn until_text(&self, text: &str) {
        until(text, async || self.texts().await == [text]).await;
    }

    /// The newest report, once there are so many.
    async fn report(&self, number: usize) -> Value {
        let report = self.receiver.newest_of(number).await;
        let secret = SecretString::from(WEBHOOK_SECRET);
        assert!(signature::is_hex(&secret, &report.body, report.header("x-signature")));
        assert!(report.is_signed(WEBHOOK_SECRET));
        report.json()
    }

    async fn stop(self) {
        self.watcher.shutdown().await;
        self.server.stop().await;
    }
}

fn begin(server: &Fixture, repo: &Repo, target: StatusTarget) -> RunningWatcher {
    let source = Source {
        repository: repo.0.to_str().unwrap().to_owned(),
        reference: "main".to_owned(),
        path: "campaigns/".to_owned(),
    };
    let mirror = Mirror::open(&server.folder.path().join("git"), source).unwrap();
    watch_git(GitOptions {
        app: server.app.clone(),
        mirror,
        every: NEVER,
        status: Some(target),
        prune: false,
    })
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
async fn the_newest_commit_runs_and_its_author_is_on_the_record() {
    let watched = Watched::start(|repo| {
        repo.write("tidings.yaml", "workspace: w\nversion: 1\ntimezone: UTC\naccounts:\n  x/demo: {}\n");
        let text = campaign("a", "-").replace("text: |\n      -\n", "text: {file: ../copy/a.md}\n");
        repo.write("campaigns/a.campaign.yaml", &text);
        repo.write("copy/a.md", "One.");
        repo.write("elsewhere/b.campaign.yaml", &campaign("b", "Not below the path."));
        repo.commit("Begin");
    })
    .await;
    watched.until_text("One.").await;
    assert_eq!(watched.report(1).await["state"], "success");
    watched.repo.write("copy/a.md", "Two.");
    let second = watched.repo.commit("Say two\n\nBecause.");
    watched.ring();
    watched.until_text("Two.").await;
    let report = watched.report(2).await;
    assert_eq!((report["commit"].as_str(), report["ref"].as_str()), (Some(second.as_str()), Some("main")));
    let newest = watched.server.app.campaign(ORGANIZATION, "a").await.unwrap().revisions.remove(0);
    assert_eq!((newest.number, newest.applied_by.as_str()), (2, "git"));
    assert_eq!(newest.git_commit, Some(second));
    assert_eq!(newest.git_author.as_deref(), Some("Ana <ana@acme.dev>"));
    assert_eq!(newest.git_message.as_deref(), Some("Say two\n\nBecause."));
    // A commit about something else makes no revision.
    watched.repo.write("README.md", "Hi.");
    watched.repo.commit("Readme");
    watched.ring();
    assert_eq!(watched.report(3).await["campaigns"][0]["revision"], 2);
    watched.stop().await;
}

#[tokio::test]
async fn a_wrong_commit_keeps_the_last_good_revision_and_says_so() {
    let watched = Watched::start(|repo| {
        repo.write("campaigns/a.campaign.yaml", &campaign("a", "One."));
        repo.commit("Begin");
    })
    .await;
    watched.until_text("One.").await;
    watched.report(1).await;
    watched
        .repo
        .write("campaigns/a.campaign.yaml", &campaign("a", "Two.").replace("2099-03-18", "2099-02-31"));
    let wrong = watched.repo.commit("Wrong");
    watched.ring();
    let report = watched.report(2).await;
    assert_eq!(
        (report["state"].as_str(), report["commit"].as_str()),
        (Some("failure"), Some(wrong.as_str()))
    );
    let problem = &report["campaigns"][0]["problems"][0];
    assert_eq!((problem["code"].as_str(), problem["line"].as_u64()), (Some("time/invalid"), Some(7)));
    assert_eq!(problem["file"], "campaigns/a.campaign.yaml");
    let reason = watched.server.app.campaign(ORGANIZATION, "a").await.unwrap().campaign.stale_reason.unwrap();
    assert!(reason.contains(&wrong[..10]) && reason.contains("Ana"), "{reason}");
    watched.until_text("One.").await;
    watched.repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    watched.repo.write("campaigns/a.campaign.yaml", &campaign("a", "Three."));
    watched.repo.commit("Written anew: the wrong commit is no ancestor");
    watched.ring();
    watched.until_text("Three.").await;
    assert_eq!(watched.report(3).await["state"], "success");
    assert_eq!(watched.server.app.campaign(ORGANIZATION, "a").await.unwrap().campaign.stale_reason, None);
    watched.stop().await;
}

#[tokio::test]
async fn what_runs_goes_on_while_the_branch_the_path_or_the_repository_is_gone() {
    let watched = Watched::start(|repo| {
        repo.write("campaigns/a.campaign.yaml", &campaign("a", "One."));
        repo.commit("Begin");
    })
    .await;
    watched.until_text("One.").await;
    watched.report(1).await;
    // The path is gone.
    watched.repo.git(&["mv", "campaigns", "moved"]);
    watched.repo.commit("Moved");
    watched.ring();
    let report = watched.report(2).await;
    assert_eq!(report["state"], "error", "{report}");
    watched.until_text("One.").await;
    // The branch, then the repository.
    watched.repo.git(&["branch", "--move", "main", "other"]);
    watched.ring();
    let away = watched.server.folder.path().join("away");
    fs::rename(&watched.repo.0, &away).unwrap();
    watched.ring();
    fs::rename(&away, &watched.repo.0).unwrap();
    watched.repo.git(&["mv", "moved", "campaigns"]);
    watched.repo.write("campaigns/a.campaign.yaml", &campaign("a", "Two."));
    watched.repo.commit("Back");
    watched.repo.git(&["branch", "--move", "other", "main"]);
    watched.ring();
    watched.until_text("Two.").await;
    watched.stop().await;
}

#[tokio::test]
async fn a_restart_without_the_repository_runs_the_last_commit_and_clears_what_a_killed_fetch_left() {
    let server = Fixture::start().await;
    let repo = Repo::new(server.folder.path().join("repo"));
    repo.write("campaigns/a.campaign.yaml", &campaign("a", "One."));
    repo.commit("Begin");
    let receiver = Receiver::start(Mood::Takes).await;
    let watcher = begin(&server, &repo, target(&receiver));
    receiver.newest_of(1).await;
    watcher.shutdown().await;
    let folders = fs::read_dir(server.folder.path().join("git")).unwrap().map(|entry| entry.unwrap().path());
    let mirror = folders.filter(|path| path.extension().is_none()).last().unwrap();
    for lock in ["shallow.lock", "config.lock", "refs/tidings/head.lock"] {
        fs::write(mirror.join(lock), "").unwrap();
    }
    let before = receiver.count();
    let away = server.folder.path().join("away");
    fs::rename(&repo.0, &away).unwrap();
    let watcher = begin(&server, &repo, target(&receiver));
    receiver.newest_of(before + 1).await;
    fs::rename(&away, &repo.0).unwrap();
    repo.write("campaigns/a.campaign.yaml", &campaign("a", "Two."));
    repo.commit("Two");
    server.app.outside.pushed.notify_one();
    receiver.newest_of(before + 2).await;
    assert_eq!(server.app.campaign(ORGANIZATION, "a").await.unwrap().campaign.revision, 2);
    watcher.shutdown().await;
    server.stop().await;
}

#[tokio::test]
async fn what_was_deleted_while_nobody_looked_is_taken_back_where_it_says_so() {
    let server = Fixture::start().await;
    let repo = Repo::new(server.folder.path().join("repo"));
    let pruning = |name: &str| campaign(name, "Soon.").replace("posts:", "prune: true\nposts:");
    repo.write("campaigns/gone.campaign.yaml", &pruning("gone"));
    repo.write("campaigns/broken.campaign.yaml", &pruning("broken"));
    repo.write("campaigns/kept.campaign.yaml", &campaign("kept", "Soon."));
    repo.commit("Begin");
    let receiver = Receiver::start(Mood::Takes).await;
    let watcher = begin(&server, &repo, target(&receiver));
    receiver.newest_of(1).await;
    watcher.shutdown().await;

    for name in ["gone", "kept"] {
        fs::remove_file(repo.0.join(format!("campaigns/{name}.campaign.yaml"))).unwrap();
    }
    // Which campaign a file is can't be told while this line is wrong: it could be any of those that are missing.
    repo.write(
        "campaigns/broken.campaign.yaml",
        &pruning("broken").replace("campaign: broken", "campain: broken"),
    );
    repo.commit("Delete two and break one");
    let planned = async || {
        let rows = server.app.publications(ORGANIZATION, &PublicationQuery::default()).await.unwrap();
        let rows = rows.publications.into_iter().filter(|row| row.state == "planned");
        rows.filter_map(|row| row.campaign).collect::<std::collections::BTreeSet<_>>()
    };
    let watcher = begin(&server, &repo, target(&receiver));
    receiver.newest_of(2).await;
    assert_eq!(planned().await.len(), 3);
    repo.write("campaigns/broken.campaign.yaml", &pruning("broken"));
    repo.commit("Mend it");
    server.app.outside.pushed.notify_one();
    until("what is gone to be taken back", async || planned().await.iter().eq(["broken", "kept"])).await;
    watcher.shutdown().await;
    server.stop().await;
}

#[tokio::test]
async fn a_repository_can_neither_run_anything_nor_lead_out_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repo::new(folder.path().join("repo"));
    fs::write(folder.path().join("secret.md"), "s").unwrap();
    let mark = folder.path().join("ran");
    let text = campaign("a", "-").replace("text: |\n      -\n", "text: {file: link.md}\n");
    repo.write("campaigns/a.campaign.yaml", &text);
    repo.write(".gitattributes", "* filter=evil\n");
    std::os::unix::fs::symlink(folder.path().join("secret.md"), repo.0.join("campaigns/link.md")).unwrap();
    repo.commit("Begin");
    repo.git(&["config", "filter.evil.smudge", &format!("touch {}", mark.display())]);
    let hook = repo.0.join(".git/hooks/post-checkout");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
    let repository = Repository::around(&repo.0).unwrap();
    let commit = repository.commit("main").unwrap();
    let root = folder.path().join("files");
    fs::create_dir(&root).unwrap();
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let place = repository.extract(&commit, "campaigns", &root, now).unwrap();
    assert!(place.join("a.campaign.yaml").is_file() && !place.join("link.md").exists());
    assert!(!mark.exists(), "something of the repository ran");
    for outside in ["..", "/etc", "campaigns/../../x", ".git"] {
        assert_eq!(repository.extract(&commit, outside, &root, now).unwrap_err().code(), "git/no-path");
    }
    assert_eq!(repository.commit("--help").unwrap_err().code(), "git/no-commit");
}

#[tokio::test]
async fn a_host_that_signs_its_push_is_heard() {
    let server = Fixture::start().await;
    let url = server.url.join("api/v1/webhooks/git").unwrap();
    let body = r#"{"ref":"refs/heads/main"}"#;
    let good = signature::hex_of(&SecretString::from(WEBHOOK_SECRET), body.as_bytes());
    for (header, value, status) in [
        ("x-hub-signature-256", good.as_str(), 202),
        ("x-gitlab-token", WEBHOOK_SECRET, 202),
        ("x-hub-signature-256", "sha256=00", 401),
        ("x-gitlab-token", "guess", 401),
        ("x-other", "", 401),
    ] {
        let answer = server.http.post(url.clone()).header(header, value).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{header}");
        let rung = tokio::time::timeout(Duration::ZERO, server.app.outside.pushed.notified()).await.is_ok();
        assert_eq!(rung, status == 202, "{header}");
    }
    server.stop().await;
}
