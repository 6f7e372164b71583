//! Commands that go on: what they tell as it happens.

use crate::workplace::{Up, Workplace, campaign};

#[track_caller]
fn tells(follower: &mut Up, words: &str) {
    follower.wait_until(&format!("telling `{words}`"), |follower| follower.log().contains(words));
}

#[test]
fn status_and_logs_are_followed_through_a_restart_of_the_server() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "First."));
    place.write("b.campaign.yaml", &campaign("b", "Second."));
    let mut up = place.up(&["--sandbox"]);
    place.run(&["apply", "a.campaign.yaml"]).expect(0);
    let mut words = place.follow(&["status", "--watch"]);
    let mut lines = place.follow(&["status", "a", "--watch", "--json"]);
    let mut trail = place.follow(&["logs", "--follow", "--json"]);
    tells(&mut words, "a/hello on x/demo: planned\n");
    tells(&mut trail, "\"event\":\"created\"");

    place.run(&["cancel", "--campaign", "a"]).expect(0);
    tells(&mut words, "a/hello on x/demo: planned → cancelled\n");
    tells(&mut trail, "cancelled");
    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));
    let _up = place.up(&["--sandbox"]);
    place.run(&["apply", "b.campaign.yaml"]).expect(0);
    tells(&mut words, "b/hello on x/demo: planned\n");
    tells(&mut trail, "\"campaign\":\"b\"");

    for mut follower in [words, trail] {
        follower.signal("-INT");
        assert_eq!(follower.ended(), Some(130));
    }
    lines.signal("-INT");
    assert_eq!(lines.ended(), Some(130));
    let told = lines.log();
    let states: Vec<serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["state"].clone())
        .collect();
    assert_eq!(states, ["planned", "cancelled"], "only what was asked for, and only what is new");
}
