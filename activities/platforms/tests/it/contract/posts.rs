//! Posts arrive as they were written, with everything that they ask for.

use super::*;

#[tokio::test]
async fn a_token_tells_whose_it_is() {
    for case in cases().await {
        let profile = case.client.profile(case.access()).await.unwrap();
        assert_eq!(
            (profile.subject.as_str(), profile.handle.as_str()),
            (case.subject.as_str(), "demo"),
            "{}",
            case.name
        );
        assert_eq!(case.client.strength(&case.subject), case.able.strength, "{}", case.name);
    }
}

#[tokio::test]
async fn readers_see_the_text_as_it_was_written() {
    for case in cases().await {
        for text in TEXTS {
            let id = case.published(&segment(text)).await;
            let ledger = case.ledger().await;
            let last = ledger.last().unwrap();
            assert_eq!(
                (last["id"].as_str(), last["text"].as_str()),
                (Some(id.as_str()), Some(*text)),
                "{}",
                case.name
            );
        }
        assert_eq!(case.ledger().await.len(), TEXTS.len(), "{}", case.name);
    }
}

#[tokio::test]
async fn a_later_part_hangs_on_the_one_before() {
    for case in cases().await {
        let first = case.published(&segment("1/2")).await;
        let second = SegmentRequest { reply_to: Some(first.clone()), ..segment("2/2 (end)") };
        let second = case.published(&second).await;
        let ledger = case.ledger().await;
        assert_eq!(ledger[1]["id"].as_str(), Some(second.as_str()), "{}", case.name);
        assert_eq!(ledger[1]["parent"].as_str(), Some(first.as_str()), "{}", case.name);
        assert_eq!(ledger[1]["text"].as_str(), Some("2/2 (end)"), "{}", case.name);
    }
}

#[tokio::test]
async fn a_deleted_post_is_gone_and_deleting_it_again_is_no_error() {
    for case in cases().await {
        let id = case.published(&segment("Gone soon")).await;
        for _ in 0..2 {
            assert_eq!(case.client.delete(case.access(), &id).await, Ok(()), "{}", case.name);
        }
        assert_eq!(case.ledger().await[0]["deleted"], true, "{}", case.name);
    }
}

#[tokio::test]
async fn the_newest_own_post_is_the_marker() {
    for case in cases().await {
        assert_eq!(case.client.marker(case.access()).await, Ok(None), "{}", case.name);
        case.published(&segment("Older")).await;
        let newest = case.published(&segment("Newest")).await;
        let expected = case.able.marker.then_some(newest);
        assert_eq!(case.client.marker(case.access()).await, Ok(expected), "{}", case.name);
    }
}

#[tokio::test]
async fn a_later_part_can_be_deleted_alone() {
    for case in cases().await {
        let first = case.published(&segment("1/2")).await;
        let part = SegmentRequest { reply_to: Some(first), ..segment("2/2") };
        let second = case.published(&part).await;
        for _ in 0..2 {
            assert_eq!(case.client.delete(case.access(), &second).await, Ok(()), "{}", case.name);
        }
        let ledger = case.ledger().await;
        let deleted: Vec<&Value> = ledger.iter().map(|post| &post["deleted"]).collect();
        assert_eq!(deleted, [false, true], "{}", case.name);
    }
}

#[tokio::test]
async fn outcomes_carry_the_platforms_own_number_of_the_request() {
    for case in cases().await {
        let answer = case.client.publish(case.access(), &segment("Numbered")).await;
        assert!(answer.request_id.is_some(), "{}: {answer:?}", case.name);
        assert_eq!(answer.status, Some(201), "{}", case.name);
    }
}

#[tokio::test]
async fn unescaped_text_would_be_cut_off_and_ours_is_not() {
    for case in cases().await.into_iter().filter(|case| case.platform() == "linkedin") {
        for text in TEXTS {
            case.fault("truncate_unescaped").await;
            case.published(&segment(text)).await;
            assert_eq!(case.ledger().await.last().unwrap()["text"].as_str(), Some(*text));
        }
    }
}

#[tokio::test]
async fn a_member_of_linkedin_publishes_for_the_pages_it_administers() {
    let case = Case::open("LinkedIn organization", "linkedin", "organization", LINKEDIN_ORGANIZATION).await;
    let pages = case.client.administered(case.access()).await.unwrap();
    let subjects: Vec<&str> = pages.iter().map(|page| page.subject.as_str()).collect();
    assert_eq!(subjects, [case.subject.as_str()]);
    let member = Case::open("LinkedIn member", "linkedin", "member", LINKEDIN_MEMBER).await;
    assert_eq!(member.client.administered(member.access()).await, Ok(Vec::new()));
}

#[tokio::test]
async fn everything_that_a_post_can_ask_for_is_taken() {
    for case in cases().await {
        let first = case.published(&segment("First")).await;
        let options: Vec<SegmentOptions> = match case.platform() {
            "x" => {
                let poll = XPoll { options: vec!["yes".to_owned(), "no".to_owned()], duration_minutes: 5 };
                let replies = [
                    ReplySettings::Following,
                    ReplySettings::MentionedUsers,
                    ReplySettings::Subscribers,
                    ReplySettings::Verified,
                ];
                let settings = replies.map(|reply_settings| XOptions {
                    reply_settings: Some(reply_settings),
                    made_with_ai: true,
                    ..XOptions::default()
                });
                let poll = XOptions { poll: Some(poll), ..XOptions::default() };
                settings.into_iter().chain([poll]).map(SegmentOptions::X).collect()
            }
            _ => linkedin_options(&first).into_iter().map(SegmentOptions::LinkedIn).collect(),
        };
        for (number, options) in options.into_iter().enumerate() {
            case.published(&SegmentRequest { options, ..segment(&format!("Number {number}")) }).await;
        }
    }
}

fn linkedin_options(first: &str) -> Vec<LinkedInOptions> {
    let article = Article {
        source: "https://acme.dev".to_owned(),
        title: "Acme".to_owned(),
        description: Some("All of it".to_owned()),
        thumbnail: None,
    };
    let poll = LinkedInPoll {
        question: "Tabs or spaces?".to_owned(),
        options: vec!["Tabs".to_owned(), "Spaces".to_owned()],
        duration: PollDuration::OneWeek,
    };
    vec![
        LinkedInOptions { visibility: Visibility::Connections, ..LinkedInOptions::default() },
        LinkedInOptions {
            visibility: Visibility::LoggedIn,
            reshare_disabled: true,
            ..LinkedInOptions::default()
        },
        LinkedInOptions { article: Some(article), ..LinkedInOptions::default() },
        LinkedInOptions { poll: Some(poll), ..LinkedInOptions::default() },
        LinkedInOptions { reshare_of: Some(first.to_owned()), ..LinkedInOptions::default() },
    ]
}

#[tokio::test]
async fn readers_of_linkedin_see_the_name_of_who_is_mentioned() {
    for case in cases().await.into_iter().filter(|case| case.platform() == "linkedin") {
        case.fault("truncate_unescaped").await;
        let text = "Thanks @[Acme (EU)](urn:li:organization:1234)! (really)";
        let sought = case.sought(&segment(text)).await;
        case.published(&segment(text)).await;
        assert_eq!(case.ledger().await[0]["text"], "Thanks Acme (EU)! (really)", "{}", case.name);
        if case.able.strength == Strength::Heuristic {
            let found = case.client.find(case.access(), &sought).await;
            assert!(matches!(found, Ok(Found::Posted { .. })), "{found:?}");
        }
    }
}

#[tokio::test]
async fn x_passes_a_post_on_once_and_takes_it_back() {
    for case in cases().await.into_iter().filter(|case| case.platform() == "x") {
        let original = case.published(&segment("Worth reading")).await;
        let options = XOptions { repost_of: Some(original.clone()), ..XOptions::default() };
        let repost = SegmentRequest { options: SegmentOptions::X(options), ..SegmentRequest::default() };
        let id = case.published(&repost).await;
        assert_eq!(id, format!("repost:{original}"));
        let again = case.client.publish(case.access(), &repost).await.outcome;
        assert!(matches!(again, Outcome::Duplicate { .. } | Outcome::Accepted { .. }), "{again:?}");
        let standing = async || {
            let ledger = case.ledger().await;
            ledger.iter().filter(|post| post["deleted"] == false).count()
        };
        assert_eq!(standing().await, 2, "{}: the post and one repost of it", case.name);
        for _ in 0..2 {
            assert_eq!(case.client.delete(case.access(), &id).await, Ok(()), "{}", case.name);
        }
        assert_eq!(standing().await, 1, "{}", case.name);
        case.client.delete(case.access(), &original).await.unwrap();
        let gone = case.client.publish(case.access(), &repost).await.outcome;
        assert!(matches!(&gone, Outcome::Definite { code, .. } if code == "x/not-found"), "{gone:?}");
    }
}
