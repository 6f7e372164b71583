//! Small commands: login, post, config, man, completions, status --watch.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::workplace::{Up, Workplace, campaign};

fn token(place: &Workplace) -> String {
    std::fs::read_to_string(place.path(".tidings/admin-token")).unwrap().trim().to_owned()
}

fn url(place: &Workplace) -> String {
    let file = std::fs::read_to_string(place.path(".tidings/server.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    file["url"].as_str().unwrap().to_owned()
}

fn post_as(token: &str, url: &str, body: &serde_json::Value) -> serde_json::Value {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let request = reqwest::Client::new().post(url).bearer_auth(token).header("x-request-id", "order-17");
        let answer = request.json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        answer.json().await.unwrap()
    })
}

#[test]
fn a_request_is_followed_through_the_log_to_what_the_platform_saw() {
    let place = Workplace::new();
    let mut up = place.up_with(&["--sandbox"], &[("LOG_FORMAT", "json")]);
    let list = place.run(&["accounts", "list", "--json"]).expect(0).json();
    let accounts = list["accounts"].as_array().unwrap();
    let account = accounts.iter().find(|one| one["platform"] == "TWITTER").unwrap();
    let social = format!("{}/api/v1/social", url(&place));
    let content = serde_json::json!({"organizationId": "default", "body": "Follow me"});
    let piece = post_as(&token(&place), &format!("{social}/content"), &content);
    let wish = serde_json::json!({"contentPieceId": piece["id"], "socialAccountId": account["id"]});
    let post = post_as(&token(&place), &format!("{social}/schedule"), &wish);
    let lines = |text: &str| -> Vec<serde_json::Value> {
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    let of_request = |line: &serde_json::Value| line["span"]["request_id"] == "order-17";
    up.wait_until("the platform answered", |up| {
        let log = lines(&up.log());
        let named = log.iter().filter(|line| of_request(line)).any(|line| line["publication"] == post["id"]);
        let answered = |line: &&serde_json::Value| {
            line["publication"] == post["id"] && line["platform_request_id"].is_string()
        };
        named && log.iter().any(|line| answered(&line))
    });
    let log = lines(&up.log());
    let told = log.iter().find_map(|line| line["platform_request_id"].as_str()).unwrap();
    let trail = place.run(&["logs", post["id"].as_str().unwrap(), "--json"]).expect(0).stdout;
    assert!(lines(&trail).iter().any(|entry| entry["requestId"] == told), "{told}\n{trail}");
}

#[test]
fn a_login_is_kept_for_its_owner_and_used_where_nothing_else_is_named() {
    let (server, desk) = (Workplace::new(), Workplace::new());
    let _up = server.up(&[]);
    let (url, token) = (url(&server), token(&server));
    let home = desk.path("home");
    let env = [("HOME", home.to_str().unwrap())];
    desk.run_with(&["login", &url], &env).expect(2).says("auth/token");
    let wrong = [env[0], ("TIDINGS_TOKEN", "guess")];
    desk.run_with(&["login", &url], &wrong).expect(5);
    let kept = home.join(".config/tidings/login.json");
    assert!(!kept.exists(), "only what works is kept");
    let right = [env[0], ("TIDINGS_TOKEN", token.as_str())];
    assert!(!desk.run_with(&["login", &url], &right).expect(0).stdout.contains(&token));
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    desk.write("a.campaign.yaml", &campaign("a", "Hi."));
    let applied = desk.run_with(&["apply", ".", "--json"], &env).expect(0).json();
    assert_eq!(applied["served"], true);
    // The token goes to its own server only.
    desk.run_with(&["status", "--server", &url], &env).expect(0);
    desk.run_with(&["status", "--server", "http://127.0.0.1:9"], &env).expect(5).says("auth/token");
    let config = desk.run_with(&["config", "--json"], &env).expect(0);
    assert!(config.stdout.contains("\"login\"") && !config.stdout.contains(&token), "{}", config.stdout);
    // Nobody is there; what matters is said before the token goes out.
    let open = desk.run_with(&["login", "http://0.0.0.0:9"], &right).expect(6);
    assert!(open.stderr.contains("not encrypted"), "{}", open.stderr);
    desk.run_with(&["login", "--forget"], &env).expect(0);
    assert!(!kept.exists());
}

#[test]
fn numbers_are_shown_by_day_with_lines_of_blocks() {
    let place = Workplace::new();
    let mut up = place.up(&["--sandbox"]);
    let none = place.run(&["analytics"]).expect(0);
    assert!(none.stdout.contains("0 posts published"), "{}", none.stdout);
    place.run(&["post", "Counted.", "--to", "x/demo", "--yes"]).expect(0);
    up.wait_until("it is published", |_| {
        let listed = place.run(&["list", "--state", "published", "--json"]).expect(0).json();
        listed["publications"].as_array().is_some_and(|rows| rows.len() == 1)
    });
    let collect = format!("{}/api/v1/social/analytics/default/collect", url(&place));
    post_as(&token(&place), &collect, &serde_json::json!({"forceRefresh": true}));
    up.wait_until("it is counted", |_| {
        place.run(&["analytics", "--json"]).expect(0).json()["summary"]["impressions"].is_u64()
    });
    let shown = place.run(&["analytics", "--platform", "x"]).expect(0).stdout;
    let line = shown.lines().find(|line| line.contains("impressions")).unwrap();
    assert!(line.chars().any(|c| ('▁'..='█').contains(&c)), "{shown}");
    assert!(shown.lines().any(|line| line.contains("reactions") && line.contains('–')), "{shown}");
    place.run(&["analytics", "--platform", "fax"]).expect(2);
    place.run(&["analytics", "--from", "2027-03-02", "--to", "2027-03-01"]).expect(1);
}

#[test]
fn a_post_is_shown_asked_for_and_scheduled() {
    let place = Workplace::new();
    let _up = place.up(&["--sandbox"]);
    let args = ["post", "Live.", "--to", "x/demo,linkedin/demo", "--at", "2099-03-18T09:00:00Z"];
    place.run(&args).expect(2).says("input/not-asked");
    assert_eq!(place.run(&["list", "--json"]).expect(0).json()["total"], 0);
    let yes: Vec<&str> = args.into_iter().chain(["--yes", "--json"]).collect();
    let posted = place.run(&yes).expect(0);
    assert!(posted.stderr.contains("│ Live.") && posted.stderr.contains("5 of 280"), "{}", posted.stderr);
    let posts = posted.json();
    assert_eq!(posts["posts"].as_array().unwrap().len(), 2);
    assert_eq!(posts["posts"][0]["scheduledAt"], "2099-03-18T09:00:00Z");
    let bad = place.write("not.png", "text");
    let path = bad.to_str().unwrap();
    place.run(&["post", "Hi", "--to", "x/demo", "--media", path, "--yes"]).expect(1);
    place.run(&["post", "Hi", "--to", "x/nobody", "--yes"]).expect(1).says("account/unknown");
    place.run(&["post", "Hi", "--to", "x/demo", "--at", "soon", "--yes"]).expect(2).says("time/invalid");
    // Refused before anybody is asked.
    place.run(&["post", &"long ".repeat(80), "--to", "x/demo"]).expect(1).says("text/too-long");
    place.feed(&["post", "--to", "x/demo", "--yes"], "From a pipe.\n").expect(0);
}

#[test]
fn what_is_waited_for_on_stdin_is_given_up_at_ctrl_c() {
    let place = Workplace::new();
    let _up = place.up(&["--sandbox"]);
    // The pipe stays open, and nothing comes: as where a question is not answered.
    for args in [&["post", "--to", "x/demo"][..], &["accounts", "import"]] {
        let mut child = place.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let _open = child.stdin.take();
        let mut asked = place.asked(child);
        asked.wait_until("reading", Up::handles_interrupts);
        asked.signal("-INT");
        assert_eq!(asked.ended(), Some(130), "{args:?}");
    }
}

#[test]
fn a_video_is_posted_with_captions_in_the_language_that_their_file_is_named_after() {
    let place = Workplace::new();
    let _up = place.up(&["--sandbox"]);
    place.write("clip.mp4", &format!("\0\0\0\u{18}ftypmp42\0\0\0\0mp42isom{}", "x".repeat(80_000)));
    for name in ["clip.pt-BR.srt", "clip.srt"] {
        place.write(name, "1\n00:00:00,000 --> 00:00:01,000\nHello\n");
    }
    place.write("torn.en.srt", "1\n00:00:01,000 --> 00:00:01,000\nHello\n");
    let post = |more: &[&str]| {
        let film = ["post", "Look", "--to", "x/demo", "--at", "2099-03-18T09:00:00Z", "--yes"];
        place.run(&[&film[..], more].concat())
    };
    post(&["--media", "clip.mp4", "--captions", "clip.srt"]).expect(2).says("media/language");
    post(&["--media", "clip.mp4", "--captions", "torn.en.srt"]).expect(1).says("media/broken");
    post(&["--media", "clip.mp4", "--media", "clip.mp4", "--captions", "clip.pt-BR.srt"]).expect(2);
    let posts = post(&["--json", "--media", "clip.mp4", "--captions", "clip.pt-BR.srt"]).expect(0).json();
    let told = place.run(&["show", posts["posts"][0]["id"].as_str().unwrap()]).expect(0).stdout;
    assert!(told.contains("captions in pt-BR"), "{told}");
}

#[test]
fn settings_say_where_they_come_from_and_keep_their_secrets() {
    let place = Workplace::new();
    place.write(".env", "BASE_URL=https://a.dev\nWEBHOOK_SECRET=hunter2hunter2\n");
    let env = [("LOG_LEVEL", "warn")];
    let shown = place.run_with(&["config"], &env).expect(0).stdout;
    assert!(!shown.contains("hunter2"), "{shown}");
    let json = place.run_with(&["config", "--json", "--data", "d"], &env).expect(0).json();
    let origin = |name: &str| {
        let all = json["settings"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).map(|one| (one["origin"].clone(), one["value"].clone()))
    };
    assert_eq!(origin("BASE_URL").unwrap(), (".env".into(), "https://a.dev".into()));
    assert_eq!(origin("LOG_LEVEL").unwrap(), ("environment".into(), "warn".into()));
    assert_eq!(origin("WEBHOOK_SECRET").unwrap(), (".env".into(), serde_json::Value::Null));
    assert_eq!(origin("--data").unwrap().0, "flag");
    assert!(origin("RATE_LIMIT").is_none());
    assert!(place.run(&["config", "--all"]).expect(0).stdout.contains("RATE_LIMIT"));
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Workplace::new();
    let page = place.run(&["man", "accounts", "connect"]).expect(0).stdout;
    assert!(page.contains(".TH") && page.contains("tidings accounts connect"), "{page}");
    place.run(&["man", "nonsense"]).expect(2);
    place.run(&["man", "--out", "pages"]).expect(0);
    for name in ["tidings.1", "tidings-apply.1", "tidings-accounts-connect.1", "tidings-diff.1"] {
        assert!(place.path("pages").join(name).is_file(), "{name}");
    }
}

#[test]
fn completions_know_campaigns_posts_accounts_and_codes() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("spring", "Hi."));
    place.run(&["apply", "."]).expect(0);
    let complete = |words: &[&str]| {
        let line: Vec<&str> = ["--", "tidings"].iter().chain(words).copied().collect();
        let index = words.len().to_string();
        let env = [("COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", index.as_str()), ("_CLAP_IFS", "\n")];
        place.run_with(&line, &env).expect(0).stdout
    };
    assert_eq!(complete(&["status", "sp"]).trim(), "spring");
    assert_eq!(complete(&["approve", "--campaign", "spring", "--post", "h"]).trim(), "hello");
    assert!(complete(&["show", "pub"]).contains("pub_"));
    assert_eq!(complete(&["list", "--account", "x/"]).trim(), "x/demo");
    assert!(complete(&["explain", "folder/h"]).contains("folder/held"));
    assert!(complete(&["di"]).contains("diff"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(place.run(&["completions", shell]).expect(0).stdout.contains("COMPLETE"), "{shell}");
    }
}
