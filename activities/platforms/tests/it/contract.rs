//! What every client promises, checked against its platform's emulator. A platform joins by describing
//! itself in [`cases`].

use activities_platforms::{
    Access, Failure, FieldNames, Found, LinkedInSettings, Outcome, PlatformClient, SegmentRequest, Sought,
    Strength, UploadedMedia, XSettings, linkedin, x,
};
use campaigns_limits::{MediaFacts, MediaKind};
use engine_clock::Clock;
use sandbox::{RunningSandbox, Sandbox, SandboxOptions};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::http;

/// One account of one platform, with what the platform is able to do.
struct Case {
    name: &'static str,
    sandbox: RunningSandbox,
    client: Box<dyn PlatformClient>,
    token: SecretString,
    subject: String,
    able: Able,
}

#[derive(Clone, Copy)]
struct Able {
    strength: Strength,
    /// Whether there is a newest own post to look from.
    marker: bool,
    /// Whether a duplicate's refusal names the post that exists.
    names_duplicates: bool,
    /// Whether throttling says until when.
    names_reset: bool,
    /// The platform's own permanent refusal: its status as a fault, and our code for it.
    refusal: (&'static str, &'static str),
}

const X: Able = Able {
    strength: Strength::Heuristic,
    marker: true,
    names_duplicates: false,
    names_reset: true,
    refusal: ("402", "x/credits-depleted"),
};

const LINKEDIN_MEMBER: Able = Able {
    strength: Strength::Probe,
    marker: false,
    names_duplicates: true,
    names_reset: false,
    refusal: ("426", "linkedin/version-retired"),
};

const LINKEDIN_ORGANIZATION: Able = Able { strength: Strength::Heuristic, ..LINKEDIN_MEMBER };

/// Every kind of account, each with a sandbox of its own.
async fn cases() -> Vec<Case> {
    vec![
        Case::open("X", "x", "member", X).await,
        Case::open("X, newer names", "x", "member", X).await,
        Case::open("LinkedIn member", "linkedin", "member", LINKEDIN_MEMBER).await,
        Case::open("LinkedIn organization", "linkedin", "organization", LINKEDIN_ORGANIZATION).await,
    ]
}

impl Case {
    async fn open(name: &'static str, platform: &str, kind: &str, able: Able) -> Self {
        let http = http();
        let listen = "127.0.0.1:0".parse().unwrap();
        let clock = Clock::real();
        let sandbox =
            Sandbox::start(SandboxOptions { listen, data: None, clock: clock.clone() }).await.unwrap();
        let account = json!({"platform": platform, "account": "demo", "kind": kind});
        let opened =
            http.post(format!("{}/_sandbox/accounts", sandbox.url())).json(&account).send().await.unwrap();
        let opened: Value = opened.error_for_status().unwrap().json().await.unwrap();
        let client: Box<dyn PlatformClient> = if platform == "x" {
            let fields = if name == "X" { FieldNames::Tweet } else { FieldNames::Post };
            let url: url::Url = sandbox.x_url().parse().unwrap();
            Box::new(x::Client::new(XSettings { api_url: url.clone(), web_url: url, fields }, http, clock))
        } else {
            let url: url::Url = sandbox.linkedin_url().parse().unwrap();
            let settings =
                LinkedInSettings { api_url: url.clone(), web_url: url, ..LinkedInSettings::default() };
            Box::new(linkedin::Client::new(settings, http, clock))
        };
        let text = |key: &str| opened[key].as_str().unwrap().to_owned();
        let (token, subject) = (SecretString::from(text("accessToken")), text("userId"));
        Self { name, sandbox, client, token, subject, able }
    }

    fn access(&self) -> Access<'_> {
        Access { token: &self.token, subject: &self.subject, handle: "demo" }
    }

    fn platform(&self) -> &'static str {
        self.client.platform().as_str()
    }

    async fn fault(&self, fault: &str) {
        let body = json!({"platform": self.platform(), "fault": fault, "times": 1});
        let set =
            http().post(format!("{}/_sandbox/faults", self.sandbox.url())).json(&body).send().await.unwrap();
        set.error_for_status().unwrap();
    }

    /// What was really published, oldest first.
    async fn ledger(&self) -> Vec<Value> {
        let asked = http().get(format!("{}/_sandbox/ledger", self.sandbox.url())).send().await.unwrap();
        asked.json().await.unwrap()
    }

    async fn publish(&self, text: &str) -> Outcome {
        self.client.publish(self.access(), &segment(text)).await.outcome
    }

    async fn published(&self, segment: &SegmentRequest) -> String {
        match self.client.publish(self.access(), segment).await.outcome {
            Outcome::Accepted { platform_post_id, .. } => platform_post_id,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    /// What to look for after an attempt to publish `segment`, as it is written down before the attempt.
    async fn sought(&self, segment: &SegmentRequest) -> Sought {
        let since_id = self.client.marker(self.access()).await.unwrap();
        Sought {
            text: segment.text.clone(),
            reply_to: segment.reply_to.clone(),
            has_media: !segment.media.is_empty(),
            since_id,
            attempted_at: Clock::real().now(),
        }
    }

    async fn uploaded(&self) -> UploadedMedia {
        let bytes = picture();
        let facts = MediaFacts {
            sha256: "a".repeat(64),
            kind: MediaKind::Image,
            mime: "image/png".to_owned(),
            bytes: bytes.len() as u64,
            width: Some(1),
            height: Some(1),
            duration_ms: None,
            frames: None,
        };
        let upload = self.client.upload(self.access(), &facts, bytes, Some("A red dot")).await;
        let upload = upload.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        UploadedMedia {
            platform_media_id: upload.platform_media_id,
            alt: Some("A red dot".to_owned()),
            title: None,
        }
    }
}

fn segment(text: &str) -> SegmentRequest {
    SegmentRequest { text: text.to_owned(), ..SegmentRequest::default() }
}

/// A PNG of one pixel.
fn picture() -> Vec<u8> {
    let encoded = "89504e470d0a1a0a0000000d49484452000000010000000108020000009077\
                   53de0000000c4944415478da63f8cfc0000003010100f7034143000000004\
                   9454e44ae426082";
    let digits: Vec<u8> = encoded.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Texts that platforms treat in special ways.
const TEXTS: &[&str] = &[
    "Hello world",
    "Fish & chips <b>for</b> 3 > 2 &amp; more",
    "Look at https://acme.dev/a?b=1&c=2#d, and at acme.dev.",
    "https://acme.dev",
    "All of \\ | { } @ [ ] ( ) < > # * _ ~ at once",
    "Gru\u{308}\u{df}e aus K\u{f6}ln 👋🏽 👩‍👩‍👧 🇩🇪 日本語 العربية",
    "Two lines\n\n and   spaces #tag @someone",
];

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
async fn images_arrive_whole_and_described() {
    for case in cases().await {
        let media = vec![case.uploaded().await, case.uploaded().await];
        case.published(&SegmentRequest { media, ..segment("Two pictures") }).await;
        let ledger = case.ledger().await;
        let picture = json!({"alt": "A red dot", "bytes": picture().len(), "type": "image/png"});
        assert_eq!(ledger[0]["media"], json!([picture, picture]), "{}", case.name);
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
async fn a_lost_part_of_a_thread_with_a_picture_is_found() {
    for case in cases().await.into_iter().filter(|case| case.able.marker) {
        let first = case.published(&segment("1/2")).await;
        let media = vec![case.uploaded().await];
        let part = SegmentRequest { reply_to: Some(first), media, ..segment("2/2 see acme.dev") };
        let sought = case.sought(&part).await;
        case.fault("drop_response_after_commit").await;
        case.client.publish(case.access(), &part).await;
        let id = case.ledger().await[1]["id"].as_str().unwrap().to_owned();
        let found = case.client.find(case.access(), &sought).await.unwrap();
        assert!(
            matches!(&found, Found::Posted { platform_post_id, .. } if *platform_post_id == id),
            "{}: {found:?}",
            case.name
        );
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
async fn a_member_of_linkedin_publishes_for_the_pages_it_administers() {
    let case = Case::open("LinkedIn organization", "linkedin", "organization", LINKEDIN_ORGANIZATION).await;
    let pages = case.client.administered(case.access()).await.unwrap();
    let subjects: Vec<&str> = pages.iter().map(|page| page.subject.as_str()).collect();
    assert_eq!(subjects, [case.subject.as_str()]);
    let member = Case::open("LinkedIn member", "linkedin", "member", LINKEDIN_MEMBER).await;
    assert_eq!(member.client.administered(member.access()).await, Ok(Vec::new()));
}
