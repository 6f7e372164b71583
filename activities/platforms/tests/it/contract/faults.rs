//! What goes wrong is told apart, and what was lost is found.

use super::*;

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_the_post_is_found() {
    for case in cases().await {
        for (fault, text) in ["drop_response_after_commit", "500_after_commit"].into_iter().cycle().zip(TEXTS)
        {
            let sought = case.sought(&segment(text)).await;
            case.fault(fault).await;
            let outcome = case.publish(text).await;
            assert!(matches!(outcome, Outcome::Ambiguous { .. }), "{} {fault}: {outcome:?}", case.name);
            let id = case.ledger().await.last().unwrap()["id"].as_str().unwrap().to_owned();
            let found = case.client.find(case.access(), &sought).await.unwrap();
            match (case.able.strength, found) {
                (Strength::Exact | Strength::Heuristic, Found::Posted { platform_post_id, .. }) => {
                    assert_eq!(platform_post_id, id, "{} {text}", case.name);
                }
                (Strength::Probe, Found::Undecidable { .. }) => {}
                (_, other) => panic!("{} {text}: {other:?}", case.name),
            }
        }
        assert_eq!(case.ledger().await.len(), TEXTS.len(), "{}: looking publishes nothing", case.name);
    }
}

#[tokio::test]
async fn a_lost_later_part_is_found() {
    for case in cases().await {
        let first = case.published(&segment("1/2")).await;
        // X's parts may have pictures, LinkedIn's comments may not.
        let media = if case.platform() == "x" { vec![case.uploaded().await] } else { Vec::new() };
        let part = SegmentRequest { reply_to: Some(first), media, ..segment("2/2 see acme.dev (soon)") };
        let sought = case.sought(&part).await;
        case.fault_on("drop_response_after_commit", "*").await;
        let outcome = case.client.publish(case.access(), &part).await.outcome;
        assert!(matches!(outcome, Outcome::Ambiguous { .. }), "{}: {outcome:?}", case.name);
        let id = case.ledger().await[1]["id"].as_str().unwrap().to_owned();
        match (case.able.strength, case.client.find(case.access(), &sought).await.unwrap()) {
            (Strength::Exact | Strength::Heuristic, Found::Posted { platform_post_id, .. }) => {
                assert_eq!(platform_post_id, id, "{}", case.name);
            }
            (Strength::Probe, Found::Undecidable { .. }) => {}
            (_, other) => panic!("{}: {other:?}", case.name),
        }
    }
}

#[tokio::test]
async fn a_lost_request_is_ambiguous_and_nothing_is_found() {
    for case in cases().await {
        case.published(&segment("Before")).await;
        let sought = case.sought(&segment("Never arrived")).await;
        case.fault("drop_request_before_commit").await;
        let outcome = case.publish("Never arrived").await;
        assert!(matches!(outcome, Outcome::Ambiguous { .. }), "{}: {outcome:?}", case.name);
        let found = case.client.find(case.access(), &sought).await.unwrap();
        let expected = case.able.strength == Strength::Probe || found == Found::NotSeen;
        assert!(expected, "{}: {found:?}", case.name);
        assert_eq!(case.ledger().await.len(), 1, "{}", case.name);
    }
}

#[tokio::test]
async fn the_same_text_again_is_a_duplicate() {
    for case in cases().await {
        let id = case.published(&segment("Only once")).await;
        match case.publish("Only once").await {
            Outcome::Duplicate { existing, .. } => {
                assert_eq!(existing, case.able.names_duplicates.then_some(id), "{}", case.name);
            }
            other => panic!("{}: {other:?}", case.name),
        }
    }
}

#[tokio::test]
async fn throttling_and_refusals_are_told_apart_and_publish_nothing() {
    for case in cases().await {
        case.fault("429").await;
        let Outcome::Throttled { until, .. } = case.publish("Slow down").await else {
            panic!("{}", case.name)
        };
        assert_eq!(until.is_some(), case.able.names_reset, "{}", case.name);
        let (fault, expected) = case.able.refusal;
        case.fault(fault).await;
        match case.publish("Refused").await {
            Outcome::Definite { code, remedy, .. } => {
                assert_eq!((code.as_str(), remedy.is_some()), (expected, true), "{}", case.name);
            }
            other => panic!("{}: {other:?}", case.name),
        }
        case.fault("expire_token").await;
        let outcome = case.publish("Who are you").await;
        assert!(matches!(outcome, Outcome::SignIn { .. }), "{}: {outcome:?}", case.name);
        let profile = case.client.profile(case.access()).await;
        assert!(matches!(profile, Err(Failure::SignIn(_))), "{}: {profile:?}", case.name);
        assert_eq!(case.ledger().await, [Value::Null; 0], "{}", case.name);
    }
}

#[tokio::test]
async fn x_may_refuse_replies_even_to_oneself() {
    for case in cases().await.into_iter().filter(|case| case.platform() == "x") {
        let first = case.published(&segment("1/2")).await;
        case.fault("refuse_replies").await;
        let second = SegmentRequest { reply_to: Some(first), ..segment("2/2") };
        let outcome = case.client.publish(case.access(), &second).await.outcome;
        assert!(
            matches!(&outcome, Outcome::Definite { code, .. } if code == "x/reply-refused"),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn an_account_whose_consent_was_taken_back_must_sign_in() {
    for case in cases().await {
        case.fault("revoke").await;
        let outcome = case.publish("Anyone there").await;
        assert!(matches!(outcome, Outcome::SignIn { .. }), "{}: {outcome:?}", case.name);
        assert_eq!(case.ledger().await.len(), 0, "{}", case.name);
    }
}
