//! What a post asks of its platforms arrives in the plan, on the segment that it belongs to.

use campaigns_plan::{
    PlannedLinkedIn, PlannedOptions, PlannedX, PollDuration, PostReference, ReplySettings, Visibility,
};

use crate::support::{now, plan};

const HEAD: &str = "campaign: a\nversion: 1\naccounts: [x/acme, linkedin/acme]\nposts:\n";

fn options(text: &str) -> Vec<(String, String, PlannedOptions)> {
    let plan = plan(&format!("{HEAD}{text}"));
    let publications = plan.publications.into_iter();
    publications
        .flat_map(|publication| {
            let (post, account) = (publication.post, publication.account);
            let of = move |segment: campaigns_plan::PlannedSegment| {
                (format!("{post} {account}"), segment.text, segment.options)
            };
            publication.segments.into_iter().map(of)
        })
        .collect()
}

fn x(options: &PlannedOptions) -> PlannedX {
    match options {
        PlannedOptions::X(options) => options.clone(),
        other => panic!("{other:?}"),
    }
}

fn linkedin(options: &PlannedOptions) -> PlannedLinkedIn {
    match options {
        PlannedOptions::LinkedIn(options) => options.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_poll_becomes_what_each_platform_calls_a_poll() {
    let found = options(
        "  q:\n    at: now\n    text: Which?\n    poll: {question: Which?, options: [This, That], duration: 3d}\n",
    );
    let poll = x(&found[0].2).poll.unwrap();
    assert_eq!(
        (poll.options, poll.duration_minutes),
        (vec!["This".to_owned(), "That".to_owned()], 3 * 24 * 60)
    );
    let poll = linkedin(&found[1].2).poll.unwrap();
    assert_eq!((poll.question.as_str(), poll.duration), ("Which?", PollDuration::ThreeDays));
}

#[test]
fn a_block_s_options_stand_on_the_first_part_and_a_first_comment_follows() {
    let found = options(
        "  q:\n    at: now\n    text: Hello\n    x:\n      thread: [One, Two]\n      reply_settings: following\n      community: 12345\n      paid_partnership: true\n    linkedin:\n      visibility: connections\n      reshare_disabled: true\n      first_comment: \"Ask in {{ campaign.id }}\"\n",
    );
    let first = x(&found[0].2);
    assert_eq!(first.reply_settings, Some(ReplySettings::Following));
    assert_eq!(first.community.as_deref(), Some("12345"));
    let second = x(&found[1].2);
    assert_eq!((second.reply_settings, second.community, second.paid_partnership), (None, None, true));
    let post = linkedin(&found[2].2);
    assert_eq!((post.visibility, post.reshare_disabled), (Visibility::Connections, true));
    assert_eq!((found[3].1.as_str(), &found[3].2), ("Ask in a", &PlannedOptions::None));
}

#[test]
fn a_link_is_a_card_on_linkedin_with_its_templates_replaced() {
    let found = options(
        "  q:\n    at: now\n    accounts: [linkedin/acme]\n    text: Hello\n    link: {url: \"https://acme.example/{{ post.id }}\", title: The page, description: About it}\n",
    );
    let article = linkedin(&found[0].2).article.unwrap();
    assert_eq!(article.source, "https://acme.example/q");
    assert_eq!((article.title.as_str(), article.description.as_deref()), ("The page", Some("About it")));
}

#[test]
fn a_repost_and_a_quote_name_the_post_of_the_same_account() {
    let found = options(
        "  launch:\n    at: now\n    text: It is here\n  boost:\n    after: {post: launch, wait: 1d}\n    repost: launch\n  look:\n    after: {post: launch, wait: 2d}\n    accounts: [x/acme]\n    text: Look\n    x: {quote: launch}\n  far:\n    at: now\n    accounts: [x/acme]\n    text: There\n    x: {quote: \"https://x.com/other/status/1234567890123456789?s=20\"}\n",
    );
    let of = |account: &str| {
        Some(PostReference::Post { post: "launch".into(), account: account.parse().unwrap() })
    };
    let boosts: Vec<_> = found.iter().filter(|(name, ..)| name.starts_with("boost")).collect();
    assert_eq!((boosts[0].1.as_str(), x(&boosts[0].2).repost_of), ("", of("x/acme")));
    assert_eq!(linkedin(&boosts[1].2).reshare_of, of("linkedin/acme"));
    let look = found.iter().find(|(name, ..)| name.starts_with("look")).unwrap();
    assert_eq!((look.1.as_str(), x(&look.2).quote), ("Look", of("x/acme")));
    let far = found.iter().find(|(name, ..)| name.starts_with("far")).unwrap();
    let online = PostReference::Online { platform_post_id: "1234567890123456789".into() };
    assert_eq!(x(&far.2).quote, Some(online));
}

#[test]
fn people_read_what_a_repost_passes_on() {
    let plan = plan(&format!(
        "{HEAD}  launch:\n    at: now\n    text: It is here\n  boost:\n    after: {{post: launch}}\n    repost: launch\n"
    ));
    let calendar = campaigns_plan::calendar(&plan, now());
    let texts: Vec<&str> = calendar.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts, ["It is here", "It is here", "repost of launch", "repost of launch"]);
}

#[test]
fn a_post_that_asks_for_nothing_has_no_options() {
    let found = options("  q: {at: now, text: Hello}\n");
    assert!(found.iter().all(|(_, _, options)| *options == PlannedOptions::None));
}
