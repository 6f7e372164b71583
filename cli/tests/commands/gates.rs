//! Posts that wait for people, signals and files, opened from the command line.

use std::time::{Duration, Instant};

use crate::workplace::Workplace;

const CAMPAIGN: &str = "\
campaign: launch
version: 1
accounts: [x/demo]
posts:
  approved:
    at: now + 1h
    approve: {by: [ana, li], else: hold}
    text: |
      Approved by people
  signalled:
    after: {signal: embargo-lifted, within: 1d, else: skip}
    text: |
      As seen in the press
  filed:
    after: {file: ready.txt, within: 1d, else: skip}
    text: |
      The file is there
  needing:
    at: now
    needs: {posts: [signalled], else: hold}
    text: |
      After the press
";
const PEOPLE: &str =
    "workspace: acme\nversion: 1\npeople:\n  ana: {email: ana@acme.dev}\n  li: {email: li@acme.dev}\n";

fn state(place: &Workplace, post: &str) -> String {
    let status = place.run(&["status", "--json"]).expect(0).json();
    let rows = status["publications"].as_array().unwrap();
    rows.iter().find(|row| row["post"] == post).unwrap()["state"].as_str().unwrap().to_owned()
}

#[track_caller]
fn becomes(place: &Workplace, post: &str, wanted: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while state(place, post) != wanted {
        assert!(Instant::now() < deadline, "`{post}` is {}, not {wanted}", state(place, post));
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn people_signals_and_files_let_posts_out() {
    let place = Workplace::new();
    place.write("tidings.yaml", PEOPLE);
    place.write("campaigns/launch.campaign.yaml", CAMPAIGN);
    let mut up = place.up(&["--sandbox", "campaigns"]);
    becomes(&place, "approved", "awaiting_approval");
    for post in ["signalled", "filed", "needing"] {
        assert_eq!(state(&place, post), "planned");
    }
    let approve =
        |person: &str| place.run(&["approve", "--as", person, "--campaign", "launch", "--post", "approved"]);
    let waiting = place.run(&["list", "--state", "awaiting_approval", "--json"]).expect(0).json();
    let id = waiting["publications"][0]["id"].as_str().unwrap().to_owned();
    place.run(&["approve", "--as", "bo", &id]).expect(4).says("publication/not-asked");
    place.run(&["reject", "--as", "ana", &id, "--comment", "the price is wrong"]).expect(0);
    becomes(&place, "approved", "held");
    let said = place.run(&["approve", "--as", "ana", &id]).expect(0).stdout;
    assert_eq!(said, "approved launch/approved on x/demo\n");
    becomes(&place, "approved", "planned");
    approve("li").expect(0);
    assert!(place.run(&["logs", &id]).expect(0).stdout.contains("the price is wrong"));

    place.run(&["signal", "lunch", "embargo-lifted"]).expect(1);
    place.run(&["signal", "launch", "Embargo"]).expect(1);
    let slip = place.run(&["signal", "launch", "embargo-lived"]).expect(0).stderr;
    assert!(slip.contains("this opens nothing; they wait for embargo-lifted\n"), "{slip}");
    let heard = place.run(&["signal", "launch", "embargo-lifted", "--id", "1"]).expect(0).stderr;
    assert_eq!(heard, "");
    let again = place.run(&["signal", "launch", "embargo-lifted", "--id", "1", "--json"]).expect(0).json();
    assert_eq!(again["new"], false);
    becomes(&place, "signalled", "published");
    becomes(&place, "needing", "published");

    assert_eq!(state(&place, "filed"), "planned");
    place.write("campaigns/ready.txt", "");
    becomes(&place, "filed", "published");
    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));
}

#[test]
fn a_preview_says_in_peoples_place_what_they_would_have_to_say() {
    let place = Workplace::new();
    place.write("tidings.yaml", PEOPLE);
    place.write("launch.campaign.yaml", CAMPAIGN);
    let shown = place.run(&["preview", "launch.campaign.yaml", "--json"]).expect(0).json();
    let rows = shown["publications"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["state"] == "published"), "{shown}");
    assert!(shown["notes"][0].as_str().unwrap().contains("taken as given"), "{shown}");
    let plan = place.run(&["plan", "launch.campaign.yaml"]).expect(0).stdout;
    for words in ["1 of ana, li approves", "after the signal embargo-lifted", "needs signalled"] {
        assert!(plan.contains(words), "no `{words}` in:\n{plan}");
    }
}

#[test]
fn a_preview_assumes_the_numbers_that_it_is_told() {
    let place = Workplace::new();
    place.write(
        "recap.campaign.yaml",
        "campaign: recap\nversion: 1\ntimezone: UTC\naccounts: [x/demo]\nposts:\n  recap:\n    at: 2060-01-02 09:00\n    \
         text: |\n      That was it\n  boost:\n    after: {post: recap, wait: 1d}\n    \
         when: {post: recap, metric: engagement_rate, above: 3, else: skip}\n    text: |\n      Once more\n",
    );
    let boost = |assumed: &[&str]| {
        let args = [&["preview", "--json"], assumed].concat();
        let shown = place.run_with(&args, &[("TIDINGS_NOW", "2060-01-01T00:00:00Z")]).expect(0).json();
        let rows = shown["publications"].as_array().unwrap();
        let row = rows.iter().find(|row| row["post"] == "boost").unwrap_or_else(|| panic!("{shown:#}"));
        row["state"].clone()
    };
    assert_eq!(boost(&[]), "published", "what is not said is good enough");
    assert_eq!(boost(&["--assume", "engagement_rate=2.1"]), "skipped");
    assert_eq!(boost(&["--assume", "engagement_rate=3.1"]), "published");
    assert_eq!(boost(&["--assume", "impressions=2"]), "published", "it is about another number");
    for wrong in ["engagement_rate", "engagement_rate=x", "engagement_rate=-1", "applause=3"] {
        place.run(&["preview", "--assume", wrong]).expect(2);
    }
}

/// Whatever the platforms do in a preview, it ends, and what waits for a person is told as that.
#[test]
fn a_preview_with_faults_ends_and_tells_who_waits_for_a_person() {
    let place = Workplace::new();
    place.write(
        "chain.campaign.yaml",
        "campaign: chain\nversion: 1\ntimezone: UTC\naccounts: [linkedin/demo]\nposts:\n  first:\n    \
         at: 2060-01-02 09:00\n    text: |\n      First\n  next:\n    after: {post: first, wait: 1d}\n    \
         text: |\n      Next\n  last:\n    at: 2060-01-08 09:00\n    needs: {posts: [next], else: hold}\n    \
         text: |\n      Last\n",
    );
    let now = [("TIDINGS_NOW", "2060-01-01T00:00:00Z")];
    let state = |shown: &serde_json::Value, post: &str| {
        let rows = shown["publications"].as_array().unwrap();
        let row = rows.iter().find(|row| row["post"] == post).unwrap_or_else(|| panic!("{shown:#}"));
        (row["state"].as_str().unwrap().to_owned(), row["lastError"].as_str().unwrap_or_default().to_owned())
    };
    for seed in 0.. {
        assert!(seed < 40, "no seed lost an answer");
        let seed = seed.to_string();
        let ended = place.run_with(&["preview", "--faults", &seed, "--json"], &now);
        let shown = ended.json();
        let good = ["first", "next", "last"].iter().all(|post| state(&shown, post).0 == "published");
        assert_eq!(ended.exit, i32::from(!good), "seed {seed}: {shown:#}");
        // A member's posts can't be asked for: one whose answer was lost is held.
        if state(&shown, "first").0 != "held" {
            continue;
        }
        let (next, why) = state(&shown, "next");
        assert!(next == "planned" && why.contains("which is held"), "seed {seed}: {shown:#}");
        let again = place.run_with(&["preview", "--faults", &seed, "--json"], &now).json();
        assert_eq!(state(&again, "first").0, "held", "seed {seed} is the same each time");
        break;
    }
}
