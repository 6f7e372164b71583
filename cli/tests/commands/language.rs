//! Commands that work on the language: fmt, validate --fix, render, saved plans, preview.

use crate::workplace::{Workplace, campaign};

const PLAIN: &str = "# kept\ncampaign: a\nversion: 1\naccounts: [x/demo]\nposts:\n  a: # kept, too\n    at: now\n    text: \"Out now: it is here\"\n";

#[test]
fn fmt_writes_blocks_keeps_comments_and_settles() {
    let place = Workplace::new();
    let path = place.write("a.campaign.yaml", PLAIN);
    assert_eq!(place.run(&["fmt", "--check"]).expect(1).stdout, "a.campaign.yaml\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), PLAIN, "a check changes nothing");
    assert_eq!(place.run(&["fmt", "--json"]).expect(0).json()["changed"][0], "a.campaign.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("    text: |\n      Out now: it is here\n"), "{text}");
    assert!(text.contains("# kept\n") && text.contains("# kept, too"), "{text}");
    place.run(&["fmt", "--check"]).expect(0);
}

#[test]
fn fix_corrects_what_is_certain_and_reports_the_rest() {
    let place = Workplace::new();
    let wrong = "campaign: a\nversion: 1\naccounts: [x/demo]\nposts:\n  a: # stays\n    at: now\n    txet: hi\n  b:\n    at: soon\n    text: ho\n";
    let path = place.write("a.campaign.yaml", wrong);
    let ended = place.run(&["validate", "--fix"]).expect(1);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, wrong.replace("txet", "text"), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("time/invalid") && !ended.stdout.contains("unknown-key"),
        "{}",
        ended.stdout
    );
}

#[test]
fn render_prints_what_each_account_gets() {
    let place = Workplace::new();
    let text = "campaign: a\nversion: 1\naccounts: [x/demo, linkedin/demo]\nposts:\n  a:\n    at: now\n    text: |\n      Hello {{ platform }}\n  b: {at: now, text: Other}\n";
    place.write("a.campaign.yaml", text);
    let shown = place.run(&["render", "--post", "a"]).expect(0).stdout;
    assert!(shown.contains("    Hello x\n") && shown.contains("    Hello linkedin\n"), "{shown}");
    assert!(!shown.contains("Other"), "{shown}");
    let json = place.run(&["render", "--json", "--account", "x/demo"]).expect(0).json();
    assert_eq!(json["publications"].as_array().unwrap().len(), 2);
    place.run(&["render", "--post", "c"]).expect(1).says("request/not-found");
}

#[test]
fn render_prints_what_stands_beside_a_text() {
    let place = Workplace::new();
    let text = "campaign: a\nversion: 1\naccounts: [x/demo, linkedin/demo]\nposts:\n  ask:\n    at: now\n    \
                text: Which?\n    poll: {question: Which one?, options: [A, B], duration: 1d}\n    \
                x: {reply_settings: following}\n    linkedin: {visibility: connections}\n  again:\n    \
                repost: ask\n    after: {post: ask, wait: 1h}\n";
    place.write("a.campaign.yaml", text);
    let shown = place.run(&["render"]).expect(0).stdout;
    for line in [
        "    [poll, open for 1440 min: A / B]\n",
        "    [replies from those whom the account follows only]\n",
        "    [poll, open for 1 day: Which one? A / B]\n",
        "    [seen by connections only]\n",
        "    [repost of ask]\n",
    ] {
        assert!(shown.contains(line), "no {line:?} in:\n{shown}");
    }
}

#[test]
fn render_prints_cards_quotes_files_and_what_they_are_read_out_as() {
    let place = Workplace::new();
    let picture = include_bytes!("../../../campaigns/lang/tests/diagnostics/files/media/red.png");
    std::fs::write(place.path("red.png"), picture).unwrap();
    place.write("clip.mp4", &format!("\0\0\0\u{18}ftypmp42\0\0\0\0mp42isom{}", "x".repeat(80_000)));
    place.write("clip.de.srt", "1\n00:00:00,000 --> 00:00:01,000\nHallo\n");
    place.write(
        "a.campaign.yaml",
        "campaign: a\nversion: 1\naccounts: [x/demo, linkedin/demo]\nposts:\n  \
         read:\n    at: now\n    text: Read it\n    link: {url: 'https://acme.dev/page', title: A page, \
         description: About it}\n  \
         seen:\n    at: now\n    text: Look\n    media:\n      - {file: red.png, alt: A red square}\n    \
         x: {made_with_ai: true, paid_partnership: true, community: '1234'}\n    \
         linkedin: {visibility: logged_in, reshare_disabled: true}\n  \
         film:\n    at: now\n    text: Watch\n    media:\n      - {file: clip.mp4, captions: clip.de.srt}\n  \
         said:\n    at: now\n    accounts: [x/demo]\n    text: As we said\n    x: {quote: \
         'https://x.com/acme/status/1234567890123456789'}\n  \
         again:\n    at: now\n    accounts: [x/demo]\n    text: As shown\n    x: {quote: seen}\n",
    );
    let shown = place.run(&["render"]).expect(0).stdout;
    for line in [
        "    [card: A page, https://acme.dev/page]\n",
        "    [file, read out as: A red square]\n",
        "    [file without a description]\n",
        "    [marked as made with AI]\n",
        "    [marked as a paid partnership]\n",
        "    [in the community 1234]\n",
        "    [seen by members of LinkedIn only]\n",
        "    [can't be reshared]\n",
        "    [quotes 1234567890123456789]\n",
        "    [quotes seen]\n",
        ", 1 file, captions in de\n",
    ] {
        assert!(shown.contains(line), "no {line:?} in:\n{shown}");
    }
}

#[test]
fn a_saved_plan_is_applied_as_it_was_and_refused_when_it_is_stale() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "One."));
    place.run(&["plan", "--out", "plan.json"]).expect(0);
    // What was reviewed is what is applied, whatever the file says now.
    place.write("a.campaign.yaml", &campaign("a", "Two."));
    let applied = place.run(&["apply", "plan.json", "--json"]).expect(0).json();
    assert_eq!(applied["applied"][0]["revision"], 1);
    place.run(&["apply", "plan.json"]).expect(4).says("plan/stale");
    // Whatever it is called.
    place.run(&["plan", "-o", "saved"]).expect(0);
    place.run(&["apply", "saved"]).expect(0);
    let id = place.run(&["status", "--json"]).expect(0).json()["publications"][0]["id"].clone();
    let story = place.run(&["show", id.as_str().unwrap(), "--json"]).expect(0).json();
    assert!(story["segments"][0]["text"].as_str().unwrap().starts_with("Two."), "{story}");
    place.write("plan.json", "{\"format\":\"tidings-plan\",\"version\":2}");
    place.run(&["apply", "plan.json"]).expect(1).says("plan/unreadable");
}

#[test]
fn a_preview_goes_through_a_year_and_keeps_nothing() {
    let place = Workplace::new();
    let text = "campaign: weekly\nversion: 1\ntimezone: Europe/Berlin\naccounts: [x/weekly]\nposts:\n  first:\n    at: 2060-01-02 09:00\n    text: |\n      It begins\n  tips:\n    every: {nth: first mon, time: \"10:30\", from: 2060-01-01, count: 12}\n    text: |\n      Tip {{ occurrence.number }}\n";
    place.write("weekly.campaign.yaml", text);
    let now = [("TIDINGS_NOW", "2060-01-01T00:00:00Z")];
    let ended = place.run_with(&["preview", "--json"], &now).expect(0).json();
    let rows = ended["publications"].as_array().unwrap();
    assert_eq!(rows.len(), 13);
    assert!(rows.iter().all(|row| row["state"] == "published"), "{ended:#}");
    assert_eq!(rows[0]["texts"][0], "It begins");
    assert_eq!(rows[0]["local"], "2060-01-02 09:00 CET");
    assert_eq!(rows[12]["texts"][0], "Tip 12");
    assert!(!place.path(".tidings").exists(), "nothing is kept");
}

#[test]
fn polls_reposts_and_platform_options_are_published() {
    let place = Workplace::new();
    let text = "campaign: a\nversion: 1\ntimezone: UTC\naccounts: [x/demo, linkedin/demo]\nposts:\n  ask:\n    \
                at: 2060-01-02 09:00\n    text: Which?\n    poll: {question: Which?, options: [A, B], duration: 1d}\n  \
                fine:\n    at: 2060-01-02 10:00\n    text: Fine\n    x: {reply_settings: following}\n    \
                linkedin: {visibility: connections, first_comment: Questions?}\n  again:\n    \
                repost: fine\n    accounts: [x/demo]\n    after: {post: fine, wait: 1h}\n";
    place.write("a.campaign.yaml", text);
    let ended =
        place.run_with(&["preview", "--json"], &[("TIDINGS_NOW", "2060-01-01T00:00:00Z")]).expect(0).json();
    let rows = ended["publications"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| row["state"] == "published"), "{ended:#}");
}
