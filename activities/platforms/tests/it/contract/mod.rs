//! What every client promises, checked against its platform's emulator. A platform joins by describing
//! itself in [`cases`].

mod faults;
mod media;
mod metrics;
mod posts;

use std::time::Duration;

use activities_platforms::{
    Access, Article, CaptionsUpload, Failure, FieldNames, FileUpload, Found, LinkedInOptions, LinkedInPoll,
    LinkedInSettings, Outcome, PlatformClient, PollDuration, ReplySettings, SegmentOptions, SegmentRequest,
    Sought, Strength, UploadedMedia, Visibility, XOptions, XPoll, XSettings, linkedin, x,
};
use campaigns_limits::{MediaFacts, MediaKind};
use engine_clock::Clock;
use sandbox::{RunningSandbox, Sandbox, SandboxOptions};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{http, hurrying_clock};

/// One account of one platform, with what the platform is able to do.
pub(super) struct Case {
    pub(super) name: &'static str,
    sandbox: RunningSandbox,
    pub(super) client: Box<dyn PlatformClient>,
    clock: Clock,
    token: SecretString,
    pub(super) subject: String,
    pub(super) able: Able,
}

#[derive(Clone, Copy)]
pub(super) struct Able {
    pub(super) strength: Strength,
    /// Whether there is a newest own post to look from.
    pub(super) marker: bool,
    /// Whether a duplicate's refusal names the post that exists.
    pub(super) names_duplicates: bool,
    /// Whether throttling says until when.
    pub(super) names_reset: bool,
    /// Whether its token may be told how posts do.
    pub(super) counts: bool,
    /// The formats of captions that it takes beside a video.
    pub(super) captions: &'static [&'static str],
    /// The platform's own permanent refusal: its status as a fault, and our code for it.
    pub(super) refusal: (&'static str, &'static str),
}

pub(super) const X: Able = Able {
    strength: Strength::Heuristic,
    marker: true,
    names_duplicates: false,
    names_reset: true,
    counts: true,
    captions: &["text/srt", "text/vtt"],
    refusal: ("402", "x/credits-depleted"),
};

pub(super) const LINKEDIN_MEMBER: Able = Able {
    strength: Strength::Probe,
    marker: false,
    names_duplicates: true,
    names_reset: false,
    counts: false,
    captions: &["text/srt"],
    refusal: ("426", "linkedin/version-retired"),
};

pub(super) const LINKEDIN_ORGANIZATION: Able =
    Able { strength: Strength::Heuristic, counts: true, ..LINKEDIN_MEMBER };

/// Every kind of account, each with a sandbox of its own.
pub(super) async fn cases() -> Vec<Case> {
    vec![
        Case::open("X", "x", "member", X).await,
        Case::open("X, newer names", "x", "member", X).await,
        Case::open("LinkedIn member", "linkedin", "member", LINKEDIN_MEMBER).await,
        Case::open("LinkedIn organization", "linkedin", "organization", LINKEDIN_ORGANIZATION).await,
    ]
}

impl Case {
    pub(super) async fn open(name: &'static str, platform: &str, kind: &str, able: Able) -> Self {
        let http = http();
        let listen = "127.0.0.1:0".parse().unwrap();
        // Films are processed in no time, and tokens still last.
        let clock = hurrying_clock(Duration::from_millis(50));
        let sandbox =
            Sandbox::start(SandboxOptions { listen, data: None, clock: clock.clone() }).await.unwrap();
        let account = json!({"platform": platform, "account": "demo", "kind": kind});
        let opened =
            http.post(format!("{}/_sandbox/accounts", sandbox.url())).json(&account).send().await.unwrap();
        let opened: Value = opened.error_for_status().unwrap().json().await.unwrap();
        let client: Box<dyn PlatformClient> = if platform == "x" {
            let fields = if name == "X" { FieldNames::Tweet } else { FieldNames::Post };
            let url: url::Url = sandbox.x_url().parse().unwrap();
            let settings = XSettings { api_url: url.clone(), web_url: url, fields };
            Box::new(x::Client::new(settings, http, clock.clone()))
        } else {
            let url: url::Url = sandbox.linkedin_url().parse().unwrap();
            let settings =
                LinkedInSettings { api_url: url.clone(), web_url: url, ..LinkedInSettings::default() };
            Box::new(linkedin::Client::new(settings, http, clock.clone()))
        };
        let text = |key: &str| opened[key].as_str().unwrap().to_owned();
        let (token, subject) = (SecretString::from(text("accessToken")), text("userId"));
        Self { name, sandbox, client, clock, token, subject, able }
    }

    pub(super) fn access(&self) -> Access<'_> {
        Access { token: &self.token, subject: &self.subject, handle: "demo" }
    }

    pub(super) fn platform(&self) -> &'static str {
        self.client.platform().as_str()
    }

    pub(super) async fn fault(&self, fault: &str) {
        self.set(json!({"platform": self.platform(), "fault": fault, "times": 1})).await;
    }

    /// The next request to this route goes wrong.
    pub(super) async fn fault_on(&self, fault: &str, route: &str) {
        self.set(json!({"platform": self.platform(), "fault": fault, "times": 1, "route": route})).await;
    }

    async fn set(&self, body: Value) {
        let set =
            http().post(format!("{}/_sandbox/faults", self.sandbox.url())).json(&body).send().await.unwrap();
        set.error_for_status().unwrap();
    }

    /// What was really published, oldest first.
    pub(super) async fn ledger(&self) -> Vec<Value> {
        let asked = http().get(format!("{}/_sandbox/ledger", self.sandbox.url())).send().await.unwrap();
        asked.json().await.unwrap()
    }

    pub(super) async fn publish(&self, text: &str) -> Outcome {
        self.client.publish(self.access(), &segment(text)).await.outcome
    }

    pub(super) async fn published(&self, segment: &SegmentRequest) -> String {
        match self.client.publish(self.access(), segment).await.outcome {
            Outcome::Accepted { platform_post_id, .. } => platform_post_id,
            other => panic!("{}: {other:?}", self.name),
        }
    }

    /// What to look for after an attempt to publish `segment`, as it is written down before the attempt.
    pub(super) async fn sought(&self, segment: &SegmentRequest) -> Sought {
        let since_id = self.client.marker(self.access()).await.unwrap();
        Sought {
            text: segment.text.clone(),
            reply_to: segment.reply_to.clone(),
            has_media: !segment.media.is_empty(),
            referent: segment.options.referent(),
            since_id,
            attempted_at: self.clock.now(),
        }
    }

    pub(super) async fn uploaded(&self) -> UploadedMedia {
        self.uploaded_file(MediaKind::Image, "image/png", picture()).await
    }

    pub(super) async fn uploaded_file(&self, kind: MediaKind, mime: &str, bytes: Vec<u8>) -> UploadedMedia {
        let facts = MediaFacts {
            sha256: "a".repeat(64),
            kind,
            mime: mime.to_owned(),
            bytes: bytes.len() as u64,
            width: Some(1),
            height: Some(1),
            duration_ms: None,
            frames: None,
        };
        let upload = self
            .client
            .upload(self.access(), FileUpload { alt: Some("A red dot"), ..FileUpload::of(&facts, bytes) })
            .await;
        let upload = upload.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        UploadedMedia {
            platform_media_id: upload.platform_media_id,
            alt: Some("A red dot".to_owned()),
            title: (kind == MediaKind::Document).then(|| "The report".to_owned()),
            still: None,
        }
    }
}

pub(super) fn segment(text: &str) -> SegmentRequest {
    SegmentRequest { text: text.to_owned(), ..SegmentRequest::default() }
}

/// A PNG of one pixel.
pub(super) fn picture() -> Vec<u8> {
    let encoded = "89504e470d0a1a0a0000000d49484452000000010000000108020000009077\
                   53de0000000c4944415478da63f8cfc0000003010100f7034143000000004\
                   9454e44ae426082";
    let digits: Vec<u8> = encoded.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Texts that platforms treat in special ways.
pub(super) const TEXTS: &[&str] = &[
    "Hello world",
    "Fish & chips <b>for</b> 3 > 2 &amp; more",
    "Look at https://acme.dev/a?b=1&c=2#d, and at acme.dev.",
    "https://acme.dev",
    "All of \\ | { } @ [ ] ( ) < > # * _ ~ at once",
    "Gru\u{308}\u{df}e aus K\u{f6}ln 👋🏽 👩‍👩‍👧 🇩🇪 日本語 العربية",
    "Two lines\n\n and   spaces #tag @someone",
];
