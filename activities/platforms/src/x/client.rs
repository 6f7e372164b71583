//! The client's settings and its place behind the common trait.

use campaigns_limits::Platform;
use engine_clock::Clock;
use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use crate::http::{self, Reply};
use crate::x::{errors, look, media, metrics, profile, publish, reconcile, timeline};
use crate::{
    Access, Answer, Counted, CountedPost, Failure, FileUpload, Found, Looked, MediaUpload, PlatformClient,
    Profile, SegmentRequest, SentPost, Sought, Strength, address, codes,
};

/// Where X is, and how it speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `TWITTER_API_URL`, without a version path; `https://api.x.com`.
    pub api_url: Url,
    /// Where people read posts: `https://x.com`.
    pub web_url: Url,
    /// What the API calls posts in names of fields.
    pub fields: FieldNames,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_url: address::constant("https://api.x.com"),
            web_url: address::constant("https://x.com"),
            fields: FieldNames::default(),
        }
    }
}

/// X's specification says `post.fields` since 2026-08, its documentation `tweet.fields`. Requests use
/// one of them; answers are read under both names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldNames {
    #[default]
    Tweet,
    Post,
}

/// A client of X. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    http: reqwest::Client,
}

impl Client {
    /// `http` comes from [`crate::http::client`].
    #[must_use]
    pub const fn new(settings: Settings, http: reqwest::Client, clock: Clock) -> Self {
        Self { settings, clock, http }
    }

    /// A request below the API's address, signed for the account.
    pub(super) fn request(&self, method: reqwest::Method, path: &str, access: Access<'_>) -> RequestBuilder {
        self.http
            .request(method, address::below(&self.settings.api_url, path))
            .bearer_auth(access.token.expose_secret())
    }

    pub(super) fn get(&self, path: &str, access: Access<'_>) -> RequestBuilder {
        self.request(reqwest::Method::GET, path, access)
    }

    /// A request that publishes nothing: its answer's content, or why there is none.
    pub(super) async fn ask(&self, request: RequestBuilder, access: Access<'_>) -> Result<Value, Failure> {
        errors::content(&http::send(request).await, access.token)
    }

    /// As [`Client::ask`], with the answer itself.
    pub(super) async fn exchange(
        &self,
        request: RequestBuilder,
        access: Access<'_>,
    ) -> Result<Reply, Failure> {
        errors::succeeded(http::send(request).await, access.token)
    }

    /// Where people read the post.
    pub(super) fn link(&self, handle: &str, post: &str) -> String {
        address::below(&self.settings.web_url, &format!("{}/status/{post}", address::encoded(handle))).into()
    }
}

/// Whether `id` is an id of X: the API's own pattern. Nothing else may become part of an address.
pub(super) fn is_id(id: &str) -> bool {
    (1..=19).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// `id`, or the failure that says that it can't be one.
pub(super) fn checked_id(id: &str) -> Result<&str, Failure> {
    if is_id(id) {
        return Ok(id);
    }
    let shown: String = id.chars().take(40).collect();
    Err(Failure::Permanent {
        code: codes::X_INVALID_ID.to_owned(),
        message: format!("`{shown}` is no id of X"),
    })
}

#[async_trait::async_trait]
impl PlatformClient for Client {
    fn platform(&self) -> Platform {
        Platform::X
    }

    fn strength(&self, _subject: &str) -> Strength {
        Strength::Heuristic
    }

    fn post_url(&self, handle: &str, platform_post_id: &str) -> String {
        self.link(handle, platform_post_id)
    }

    async fn marker(&self, access: Access<'_>) -> Result<Option<String>, Failure> {
        timeline::newest(self, access).await
    }

    async fn publish(&self, access: Access<'_>, segment: &SegmentRequest) -> Answer {
        publish::publish(self, access, segment).await
    }

    async fn find(&self, access: Access<'_>, sought: &Sought) -> Result<Found, Failure> {
        reconcile::find(self, access, sought).await
    }

    async fn upload(&self, access: Access<'_>, file: FileUpload<'_>) -> Result<MediaUpload, Failure> {
        media::upload(self, access, file).await
    }

    async fn delete(&self, access: Access<'_>, platform_post_id: &str) -> Result<(), Failure> {
        publish::delete(self, access, platform_post_id).await
    }

    async fn profile(&self, access: Access<'_>) -> Result<Profile, Failure> {
        profile::profile(self, access).await
    }

    async fn count(&self, access: Access<'_>, posts: &[CountedPost]) -> Counted {
        metrics::count(self, access, posts).await
    }

    async fn look(&self, access: Access<'_>, posts: &[SentPost]) -> Looked {
        look::look(self, access, posts).await
    }
}
