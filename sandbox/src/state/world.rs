//! Everything that the emulators know.

use std::collections::HashMap;

use jiff::Timestamp;

use super::account::{Account, AccountKind, Platform};
use super::event::Event;
use super::fault::{Drawn, FaultName, Faults, Shot};
use super::hook::Hooks;
use super::id::{Numbers, number_of};
use super::latency::Latency;
use super::media::MediaItem;
use super::notice::{self, Notice};
use super::post::Post;
use super::quota::Quotas;
use super::token::{
    AccessToken, Codes, Grant, Grants, Issued, Mint, RefreshToken, TokenHash, access_life, refresh_life,
};
use super::traffic::Traffic;

/// Posts that a sandbox keeps; a full one takes no more.
const POSTS_MAX: usize = 2_000_000;
/// Uploads known at a time; beyond it expired ones are forgotten.
const MEDIA_BEFORE_SWEEP: usize = 20_000;

/// The state of all emulated platforms: what is durable is a fold of [`Event`]s; faults, quotas, codes
/// and the record of requests belong to the running process and end with it.
#[derive(Debug)]
pub(crate) struct World {
    /// `http://127.0.0.1:4010`, for URLs that point back here.
    pub base_url: String,
    pub accounts: HashMap<String, Account>,
    pub grants: Grants,
    pub media: HashMap<String, MediaItem>,
    pub posts: Posts,
    pub numbers: Numbers,
    pub hooks: Hooks,
    pub codes: Codes,
    pub mint: Mint,
    pub quotas: Quotas,
    pub faults: Faults,
    pub traffic: Traffic,
    pub latency: Latency,
}

impl World {
    /// An empty world. `secret` is what its tokens are made of.
    pub(crate) fn new(base_url: String, secret: [u8; 32]) -> Self {
        Self {
            base_url,
            accounts: HashMap::new(),
            grants: Grants::default(),
            media: HashMap::new(),
            posts: Posts::default(),
            numbers: Numbers::default(),
            hooks: Hooks::default(),
            codes: Codes::default(),
            mint: Mint::new(secret),
            quotas: Quotas::default(),
            faults: Faults::default(),
            traffic: Traffic::default(),
            latency: Latency::default(),
        }
    }

    /// Forgets everything but its numbers: an id is never given twice.
    pub(crate) fn reset(&mut self, secret: [u8; 32]) {
        let fresh = Self::new(std::mem::take(&mut self.base_url), secret);
        *self = Self { numbers: self.numbers, ..fresh };
    }

    /// Makes an event happen.
    pub(crate) fn apply(&mut self, event: Event) {
        match event {
            Event::AccountOpened(account) => {
                self.accounts.insert(account.subject.clone(), account);
            }
            Event::GrantIssued(grant) => self.grants.insert(grant),
            Event::GrantRefreshed { grant, access, refresh } => self.grants.renew(grant, access, refresh),
            Event::AccessExpired { token, at } => self.grants.expire(&token, at),
            Event::GrantRevoked { grant } => self.grants.revoke(grant),
            Event::MediaOpened(item) => {
                self.take_number(item.platform, &item.id);
                if self.media.len() >= MEDIA_BEFORE_SWEEP {
                    let oldest = item.expires_at - super::media::LIFE;
                    self.media.retain(|_, known| known.expires_at > oldest);
                }
                self.media.insert(item.id.clone(), item);
            }
            Event::MediaAppended { id, chunk } => {
                if let Some(item) = self.media.get_mut(&id) {
                    item.chunks.insert(chunk.index, chunk);
                }
            }
            Event::MediaStaged { id, stage } => {
                if let Some(item) = self.media.get_mut(&id) {
                    item.stage = stage;
                }
            }
            Event::MediaStill { id, blob } => {
                if let Some(item) = self.media.get_mut(&id) {
                    item.still = Some(blob);
                }
            }
            Event::MediaCaptioned { id, captions } => {
                if let Some(item) = self.media.get_mut(&id) {
                    item.captions.retain(|known| known.language != captions.language);
                    item.captions.push(captions);
                }
            }
            Event::MediaDescribed { id, alt } => {
                if let Some(item) = self.media.get_mut(&id) {
                    item.alt = Some(alt);
                }
            }
            Event::Posted(post) => {
                self.take_number(post.platform, &post.id);
                self.posts.insert(post);
            }
            Event::PostEdited { id, text, raw } => self.posts.change(&id, |post| {
                post.text = text;
                post.raw = Some(raw);
            }),
            Event::PostDeleted { id, at } => self.posts.change(&id, |post| post.deleted_at = Some(at)),
            Event::MetricsSet { id, metrics } => self.posts.change(&id, |post| post.metrics = Some(metrics)),
            Event::HookSaved(hook) => {
                self.take_number(hook.platform, &hook.id);
                self.hooks.save(hook);
            }
            Event::HookRemoved { id } => self.hooks.remove(&id),
            Event::Subscribed(subscription) => {
                self.take_number(subscription.platform, &subscription.id);
                self.hooks.subscribe(subscription);
            }
            Event::Unsubscribed { id } => self.hooks.unsubscribe(&id),
        }
    }

    fn take_number(&mut self, platform: Platform, id: &str) {
        if let Some(number) = number_of(id) {
            self.numbers.take(platform, number);
        }
    }
}

/// All posts, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    all: Vec<Post>,
    by_id: HashMap<String, usize>,
    by_author: HashMap<String, Vec<usize>>,
    by_text: HashMap<(String, String), Vec<usize>>,
    by_parent: HashMap<String, Vec<usize>>,
}

impl Posts {
    fn insert(&mut self, post: Post) {
        let index = self.all.len();
        self.by_id.insert(post.id.clone(), index);
        self.by_author.entry(post.author.clone()).or_default().push(index);
        self.by_text.entry((post.author.clone(), text_key(&post.text))).or_default().push(index);
        if let Some(parent) = &post.parent {
            self.by_parent.entry(parent.clone()).or_default().push(index);
        }
        self.all.push(post);
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Post)) {
        if let Some(post) = self.by_id.get(id).and_then(|index| self.all.get_mut(*index)) {
            change(post);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Post> {
        self.all.get(*self.by_id.get(id)?)
    }

    pub(crate) fn all(&self) -> &[Post] {
        &self.all
    }

    pub(crate) fn is_full(&self) -> bool {
        self.all.len() >= POSTS_MAX
    }

    /// An author's posts, the newest first.
    pub(crate) fn of_author(&self, author: &str) -> impl Iterator<Item = &Post> {
        let indices = self.by_author.get(author).map_or(&[][..], Vec::as_slice);
        indices.iter().rev().filter_map(|index| self.all.get(*index))
    }

    /// The posts that reply to this one, the oldest first; deleted ones, too.
    pub(crate) fn under(&self, id: &str) -> impl Iterator<Item = &Post> {
        let indices = self.by_parent.get(id).map_or(&[][..], Vec::as_slice);
        indices.iter().filter_map(|index| self.all.get(*index))
    }

    /// How many replies reads show.
    pub(crate) fn replies_to(&self, id: &str, now: Timestamp) -> u64 {
        self.under(id).filter(|post| post.is_visible(now)).count() as u64
    }

    /// An author's posts with the same words, the newest first; deleted ones, too.
    pub(crate) fn with_text(&self, author: &str, text: &str) -> impl Iterator<Item = &Post> {
        let indices = self.by_text.get(&(author.to_owned(), text_key(text))).map_or(&[][..], Vec::as_slice);
        indices.iter().rev().filter_map(|index| self.all.get(*index))
    }
}

/// What makes two texts the same for the platforms: composed alike, blanks at the ends ignored.
fn text_key(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.trim().nfc().collect()
}

/// One request's dealings with the world: the moment, what the faults have in store, what it changed.
pub(crate) struct Tx<'w> {
    pub world: &'w mut World,
    pub now: Timestamp,
    pub drawn: Drawn,
    /// The fault that decided the answer, for the record.
    pub fault: Option<&'static str>,
    events: Vec<Event>,
    /// Which of `events` the application is not told of.
    quiet: Vec<usize>,
}

impl<'w> Tx<'w> {
    pub(crate) fn new(world: &'w mut World, now: Timestamp) -> Self {
        Self { world, now, drawn: Drawn::default(), fault: None, events: Vec::new(), quiet: Vec::new() }
    }

    /// Makes an event happen, here and in the journal.
    pub(crate) fn record(&mut self, event: Event) {
        self.world.apply(event.clone());
        self.events.push(event);
    }

    /// As [`Tx::record`], but the application is not told.
    pub(crate) fn record_quietly(&mut self, event: Event) {
        self.quiet.push(self.events.len());
        self.record(event);
    }

    /// What the application is told of it through webhooks.
    pub(crate) fn notices(&mut self) -> Vec<Notice> {
        if self.world.hooks.is_empty() {
            return Vec::new();
        }
        let events = std::mem::take(&mut self.events);
        let told = events.iter().enumerate().filter(|(index, _)| !self.quiet.contains(index));
        let told: Vec<&Event> = told.map(|(_, event)| event).collect();
        let notices = told.into_iter().flat_map(|event| notice::of(self, event)).collect();
        self.events = events;
        notices
    }

    /// Everything that was recorded.
    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// The shot of a fault that changes what the platform does, if it fires now. It counts as spent.
    pub(crate) fn bent_by(&mut self, fault: FaultName) -> Option<Shot> {
        let shot = self.drawn.bending(fault)?;
        self.world.faults.spend(shot);
        self.fault.get_or_insert(fault.as_str());
        Some(shot)
    }

    /// The member of a handle, opened now if it is new. Who consents to scopes for organizations
    /// administers at least one: `acme` gets the page `acme-page`.
    pub(crate) fn open_member(&mut self, platform: Platform, handle: &str, scopes: &[String]) -> Account {
        let member = self.open(Account::named(platform, AccountKind::Member, handle, self.now));
        if platform == Platform::LinkedIn && scopes.iter().any(|scope| scope.contains("organization")) {
            let administers = |account: &Account| account.admin.as_ref() == Some(&member.subject);
            if !self.world.accounts.values().any(administers) {
                self.open_page(&format!("{handle}-page"), &member);
            }
        }
        member
    }

    /// The page of a handle on LinkedIn, and the member who administers it: `acme` is administered by
    /// `acme-admin`.
    pub(crate) fn open_organization(&mut self, handle: &str) -> (Account, Account) {
        let admin = self.open(Account::named(
            Platform::LinkedIn,
            AccountKind::Member,
            &format!("{handle}-admin"),
            self.now,
        ));
        let page = self.open_page(handle, &admin);
        (admin, page)
    }

    fn open_page(&mut self, handle: &str, admin: &Account) -> Account {
        let page = Account::named(Platform::LinkedIn, AccountKind::Organization, handle, self.now);
        self.open(Account { admin: Some(admin.subject.clone()), ..page })
    }

    fn open(&mut self, account: Account) -> Account {
        if let Some(known) = self.world.accounts.get(&account.subject) {
            return known.clone();
        }
        self.record(Event::AccountOpened(account.clone()));
        account
    }

    /// A new grant for `subject`.
    pub(crate) fn grant(
        &mut self,
        platform: Platform,
        subject: &str,
        scopes: &[String],
        renewable: bool,
    ) -> Issued {
        let (access, access_token) = self.mint_access(platform);
        let (refresh, refresh_token) = match renewable {
            true => {
                let expires_at = self.now + refresh_life(platform);
                let (token, kept) = self.mint_refresh(platform, expires_at);
                (Some(token), Some(kept))
            }
            false => (None, None),
        };
        let issued = Issued {
            access,
            access_expires_at: access_token.expires_at,
            refresh,
            refresh_expires_at: refresh_token.as_ref().map(|refresh| refresh.expires_at),
            scopes: scopes.to_vec(),
        };
        self.record(Event::GrantIssued(Grant {
            id: self.world.grants.next_id(),
            platform,
            subject: subject.to_owned(),
            scopes: scopes.to_vec(),
            access: access_token,
            refresh: refresh_token,
            authorized_at: self.now,
            revoked: false,
        }));
        issued
    }

    /// New tokens for a grant; what becomes of the refresh token says `rotation`.
    pub(crate) fn refresh(&mut self, grant: &Grant, presented: &str, rotation: Rotation) -> Issued {
        let platform = grant.platform;
        let (access, access_token) = self.mint_access(platform);
        let former_end = grant.refresh.as_ref().map(|refresh| refresh.expires_at);
        let (refresh, kept) = match rotation {
            Rotation::Stays => (presented.to_owned(), None),
            Rotation::Renewed => {
                let (token, kept) = self.mint_refresh(platform, self.now + refresh_life(platform));
                (token, Some(kept))
            }
            Rotation::SameEnd => {
                let (token, kept) = self.mint_refresh(platform, former_end.unwrap_or(self.now));
                (token, Some(kept))
            }
        };
        let issued = Issued {
            access,
            access_expires_at: access_token.expires_at,
            refresh: Some(refresh),
            refresh_expires_at: kept.as_ref().map(|refresh| refresh.expires_at).or(former_end),
            scopes: grant.scopes.clone(),
        };
        self.record(Event::GrantRefreshed { grant: grant.id, access: access_token, refresh: kept });
        issued
    }

    fn mint_access(&mut self, platform: Platform) -> (String, AccessToken) {
        let token = self.world.mint.token(&format!("sandbox-{}-access", platform.as_str()));
        let hash = TokenHash::of(&token);
        let expires_at = self.now + access_life(platform);
        (token, AccessToken { hash, issued_at: self.now, expires_at })
    }

    fn mint_refresh(&mut self, platform: Platform, expires_at: Timestamp) -> (String, RefreshToken) {
        let token = self.world.mint.token(&format!("sandbox-{}-refresh", platform.as_str()));
        let hash = TokenHash::of(&token);
        (token, RefreshToken { hash, expires_at })
    }
}

/// What a refresh does with the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// It can be used again.
    Stays,
    /// It is spent; the new one lives as long again.
    Renewed,
    /// It is spent; the new one ends when it would have.
    SameEnd,
}
