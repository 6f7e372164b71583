//! A platform that does what a test says, and keeps its own books of what was really published.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use activities_data::instant;
use activities_delivery::TokenRefresher;
use activities_platforms::{
    Access, Answer, Counted, CountedPost, Failure, FileUpload, Found, MediaUpload, Outcome, PlatformClient,
    Profile, SegmentOptions, SegmentRequest, Sought, Strength,
};
use activities_vault::{RefreshAnswer, Tokens};
use campaigns_limits::{Counts, Platform};
use engine_clock::Clock;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

/// What the platform does with one request to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Accept,
    /// Published, but the answer is lost.
    AcceptAndLose,
    /// Published, the answer is lost, and the account's own list shows it only after so long.
    AcceptAndHide {
        ms: u64,
    },
    /// Not published, and the answer is lost.
    Lose,
    Throttle {
        ms: Option<u64>,
    },
    NotSent,
    Refuse,
}

/// A post as the platform has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub id: String,
    pub subject: String,
    pub text: String,
    pub reply_to: Option<String>,
    pub media: Vec<String>,
    pub options: SegmentOptions,
    pub created_at: Timestamp,
    visible_at: Timestamp,
    pub deleted: bool,
}

/// Draws acts when the script is empty.
pub type Dice = Box<dyn FnMut() -> Act + Send>;
/// Decides whether a refresh works: the answer is lost, fails for the moment, or is given.
pub type RefreshDice = Box<dyn FnMut() -> RefreshAct + Send>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshAct {
    Give,
    Fail,
    GiveAndLose,
}

#[derive(Default)]
pub struct Books {
    pub posts: Vec<Post>,
    pub script: VecDeque<Act>,
    pub dice: Option<Dice>,
    pub refresh_dice: Option<RefreshDice>,
    /// Requests to publish that arrived.
    pub requests: u32,
    pub uploads: u32,
    pub reads: u32,
    /// Reads that fail before one succeeds.
    pub failing_reads: u32,
    pub deletes: u32,
    /// What it tells of every post; `None` while it tells nothing.
    pub counts: Option<Counts>,
    /// How often it was asked to count.
    pub countings: u32,
    /// The platform takes identical texts: its own guard is none of ours.
    pub takes_twins: bool,
    pub failing_uploads: VecDeque<Failure>,
    access: HashMap<String, String>,
    refresh: HashMap<String, String>,
    known_media: HashSet<String>,
    minted: u32,
    pub refreshes: u32,
}

/// The fake; clones share its books.
#[derive(Clone)]
pub struct Fake {
    pub platform: Platform,
    pub clock: Clock,
    books: Arc<Mutex<Books>>,
}

/// Identical texts within this are duplicates.
const DUPLICATE_WINDOW: SignedDuration = SignedDuration::from_mins(30);

impl Fake {
    pub fn new(platform: Platform, clock: Clock) -> Self {
        Self { platform, clock, books: Arc::default() }
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// What the next requests meet, in order.
    pub fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.books().script.extend(acts);
    }

    pub fn posts(&self) -> Vec<Post> {
        self.books().posts.iter().filter(|post| !post.deleted).cloned().collect()
    }

    /// New tokens for a subject; the old ones end.
    pub fn mint(&self, subject: &str) -> Tokens {
        self.books().mint(subject)
    }

    /// The access token of a subject ends; its refresh token doesn't.
    pub fn expire(&self, subject: &str) {
        self.books().access.remove(subject);
    }

    /// Somewhere else than the real platform has it: nobody but the client knows where.
    fn url(&self, subject: &str, id: &str) -> String {
        match self.platform {
            Platform::X => format!("http://127.0.0.1:9/x/{subject}/status/{id}"),
            Platform::LinkedIn => format!("http://127.0.0.1:9/linkedin/feed/update/{id}"),
        }
    }

    /// The public address of a post.
    pub fn address(&self, post: &Post) -> String {
        self.url(&post.subject, &post.id)
    }

    fn signed_in(&self, access: Access<'_>) -> bool {
        let token = access.token.expose_secret();
        self.books().access.get(access.subject).is_some_and(|valid| valid == token)
    }

    fn outcome(&self, access: Access<'_>, segment: &SegmentRequest) -> Outcome {
        if !self.signed_in(access) {
            return Outcome::SignIn { message: "no such token".into() };
        }
        let now = instant::whole_ms(self.clock.now());
        let mut books = self.books();
        books.requests += 1;
        let act = books.script.pop_front();
        let act = act.unwrap_or_else(|| books.dice.as_mut().map_or(Act::Accept, |dice| dice()));
        let hidden = match act {
            Act::Accept | Act::AcceptAndLose => 0,
            Act::AcceptAndHide { ms } => ms,
            Act::Lose => return Outcome::Ambiguous { message: "reset".into() },
            Act::Throttle { ms } => {
                let until = ms.map(|ms| instant::after(now, ms));
                return Outcome::Throttled { until, message: "too many".into() };
            }
            Act::NotSent => return Outcome::NotSent { message: "no route".into() },
            Act::Refuse => {
                return Outcome::Definite { code: "fake/refused".into(), message: "no".into(), remedy: None };
            }
        };
        let twin = books.posts.iter().find(|post| {
            post.subject == access.subject
                && post.text == segment.text
                && !post.text.is_empty()
                && !post.deleted
                && now.duration_since(post.created_at) < DUPLICATE_WINDOW
        });
        if let Some(twin) = twin.filter(|_| !books.takes_twins) {
            let existing = (self.platform == Platform::LinkedIn).then(|| twin.id.clone());
            return Outcome::Duplicate { existing, message: "that exists".into() };
        }
        for media in &segment.media {
            assert!(books.known_media.contains(&media.platform_media_id), "media must be uploaded before");
        }
        let number = books.posts.len() + 1;
        let id = match self.platform {
            Platform::X => (1_000 + number).to_string(),
            Platform::LinkedIn => format!("urn:li:share:{}", 1_000 + number),
        };
        books.posts.push(Post {
            id: id.clone(),
            subject: access.subject.into(),
            text: segment.text.clone(),
            reply_to: segment.reply_to.clone(),
            media: segment.media.iter().map(|media| media.platform_media_id.clone()).collect(),
            options: segment.options.clone(),
            created_at: now,
            visible_at: instant::after(now, hidden),
            deleted: false,
        });
        match act {
            Act::Accept => Outcome::Accepted { url: self.url(access.subject, &id), platform_post_id: id },
            _ => Outcome::Ambiguous { message: "500".into() },
        }
    }
}

impl Books {
    fn mint(&mut self, subject: &str) -> Tokens {
        self.minted += 1;
        let (access, refresh) = (format!("access-{}", self.minted), format!("refresh-{}", self.minted));
        self.access.insert(subject.into(), access.clone());
        self.refresh.retain(|_, owner| owner != subject);
        self.refresh.insert(refresh.clone(), subject.into());
        Tokens { access: access.into(), refresh: Some(refresh.into()), access_expires_at: None }
    }
}

#[async_trait::async_trait]
impl PlatformClient for Fake {
    fn platform(&self) -> Platform {
        self.platform
    }

    fn strength(&self, _subject: &str) -> Strength {
        match self.platform {
            Platform::X => Strength::Heuristic,
            Platform::LinkedIn => Strength::Probe,
        }
    }

    fn post_url(&self, handle: &str, platform_post_id: &str) -> String {
        self.url(handle, platform_post_id)
    }

    async fn marker(&self, access: Access<'_>) -> Result<Option<String>, Failure> {
        let books = self.books();
        Ok(books.posts.iter().rfind(|post| post.subject == access.subject).map(|post| post.id.clone()))
    }

    async fn publish(&self, access: Access<'_>, segment: &SegmentRequest) -> Answer {
        tokio::task::yield_now().await;
        let outcome = self.outcome(access, segment);
        tokio::task::yield_now().await;
        Answer { outcome, status: None, request_id: Some("r".into()), readings: Vec::new() }
    }

    async fn find(&self, access: Access<'_>, sought: &Sought) -> Result<Found, Failure> {
        if !self.signed_in(access) {
            return Err(Failure::SignIn("no such token".into()));
        }
        let now = instant::whole_ms(self.clock.now());
        let mut books = self.books();
        books.reads += 1;
        if books.failing_reads > 0 {
            books.failing_reads -= 1;
            return Err(Failure::Transient("503".into()));
        }
        let since: u64 = sought.since_id.as_ref().map_or(0, |id| id.parse().unwrap());
        let fits = |post: &&Post| {
            let slack = SignedDuration::from_secs(60);
            post.subject == access.subject
                && !post.deleted
                && post.visible_at <= now
                && post.id.parse::<u64>().unwrap() > since
                && post.created_at.saturating_add(slack).unwrap() >= sought.attempted_at
                && post.text == sought.text
                && post.reply_to == sought.reply_to
                && post.options.referent() == sought.referent
        };
        let found: Vec<_> = books.posts.iter().filter(fits).collect();
        Ok(match found.as_slice() {
            [] => Found::NotSeen,
            [post] => Found::Posted { platform_post_id: post.id.clone(), url: self.address(post) },
            _ => Found::Undecidable { reason: "several posts fit".into() },
        })
    }

    async fn upload(&self, access: Access<'_>, file: FileUpload<'_>) -> Result<MediaUpload, Failure> {
        assert_eq!(file.bytes.len() as u64, file.facts.bytes);
        if !self.signed_in(access) {
            return Err(Failure::SignIn("no such token".into()));
        }
        let mut books = self.books();
        if let Some(failure) = books.failing_uploads.pop_front() {
            return Err(failure);
        }
        books.uploads += 1;
        let platform_media_id = format!("media-{}", books.uploads);
        books.known_media.insert(platform_media_id.clone());
        let expires_at = Some(instant::after(self.clock.now(), 86_400_000));
        Ok(MediaUpload { platform_media_id, expires_at })
    }

    async fn delete(&self, access: Access<'_>, platform_post_id: &str) -> Result<(), Failure> {
        if !self.signed_in(access) {
            return Err(Failure::SignIn("no such token".into()));
        }
        let mut books = self.books();
        books.deletes += 1;
        for post in books.posts.iter_mut().filter(|post| post.id == platform_post_id) {
            post.deleted = true;
        }
        Ok(())
    }

    async fn count(&self, _access: Access<'_>, posts: &[CountedPost]) -> Counted {
        let mut books = self.books();
        books.countings += 1;
        let Some(counts) = books.counts.clone() else {
            let ended = Some(Failure::Transient("nothing is told for the moment".into()));
            return Counted { ended, ..Counted::default() };
        };
        let told = posts.iter().map(|post| (post.platform_post_id.clone(), counts.clone())).collect();
        Counted { posts: told, ..Counted::default() }
    }

    async fn profile(&self, access: Access<'_>) -> Result<Profile, Failure> {
        Ok(Profile {
            subject: access.subject.into(),
            handle: access.handle.into(),
            display_name: access.handle.into(),
            avatar_url: None,
        })
    }
}

/// Refreshes at the fakes.
pub struct FakeRefresher(pub Vec<Fake>);

#[async_trait::async_trait]
impl TokenRefresher for FakeRefresher {
    async fn refresh(&self, platform: Platform, refresh_token: SecretString) -> RefreshAnswer {
        let fake = self.0.iter().find(|fake| fake.platform == platform).unwrap();
        tokio::task::yield_now().await;
        let mut books = fake.books();
        let act = books.refresh_dice.as_mut().map_or(RefreshAct::Give, |dice| dice());
        if act == RefreshAct::Fail {
            return RefreshAnswer::Transient("503".into());
        }
        let Some(subject) = books.refresh.get(refresh_token.expose_secret()).cloned() else {
            return RefreshAnswer::Dead("spent".into());
        };
        books.refreshes += 1;
        let tokens = books.mint(&subject);
        match act {
            RefreshAct::GiveAndLose => RefreshAnswer::Lost("reset".into()),
            _ => RefreshAnswer::Given(tokens),
        }
    }

    fn single_use(&self, platform: Platform) -> bool {
        platform == Platform::X
    }
}

/// Real time that a test waits for something that must come, before it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);
