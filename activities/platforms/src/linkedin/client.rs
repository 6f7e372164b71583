//! The client's settings and its place behind the common trait.

use std::time::Duration;

use campaigns_limits::Platform;
use engine_clock::Clock;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use crate::http::{self, Reply};
use crate::linkedin::urn::Author;
use crate::linkedin::{errors, look, media, metrics, organizations, profile, publish, reconcile, urn};
use crate::{
    Access, Answer, Counted, CountedPost, Failure, FileUpload, Found, Looked, MediaUpload, PlatformClient,
    Profile, SegmentRequest, SentPost, Sought, Strength, address,
};

/// Where LinkedIn is, and which of its monthly versions is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `LINKEDIN_API_URL`, without a version path; `https://api.linkedin.com`.
    pub api_url: Url,
    /// Where people read posts: `https://www.linkedin.com`.
    pub web_url: Url,
    /// `YYYYMM`. Each version is answered for at least twelve months.
    pub version: String,
    /// How long an uploaded file of a member is left alone before it is used: LinkedIn processes it, and
    /// members may not ask how far it is.
    pub media_grace: Duration,
}

/// Months after which a version is due to be replaced: LinkedIn answers each for at least twelve.
const VERSION_MONTHS_MAX: i32 = 11;

impl Settings {
    /// Whether the version may soon be refused; a version that is no month counts, too.
    #[must_use]
    pub fn is_version_old(&self, now: Timestamp) -> bool {
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let read = |digits: Option<&str>| digits.and_then(|digits| digits.parse::<i32>().ok());
        let month = read(self.version.get(4..)).filter(|month| (1..=12).contains(month));
        let Some((year, month)) = read(self.version.get(..4)).zip(month) else { return true };
        let age = (i32::from(today.year()) - year) * 12 + i32::from(today.month()) - month;
        age >= VERSION_MONTHS_MAX
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_url: address::constant("https://api.linkedin.com"),
            web_url: address::constant("https://www.linkedin.com"),
            version: "202607".to_owned(),
            media_grace: Duration::from_secs(5),
        }
    }
}

/// A client of LinkedIn. Cheap to clone.
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

    /// A request below the API's address, signed for the account, in the version of the settings.
    pub(super) fn request(&self, method: Method, path: &str, access: Access<'_>) -> RequestBuilder {
        self.http
            .request(method, address::below(&self.settings.api_url, path))
            .bearer_auth(access.token.expose_secret())
            .header("LinkedIn-Version", &self.settings.version)
            .header("X-Restli-Protocol-Version", "2.0.0")
    }

    pub(super) fn get(&self, path: &str, access: Access<'_>) -> RequestBuilder {
        self.request(Method::GET, path, access)
    }

    /// A request to an address that LinkedIn gave us.
    pub(super) fn to(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// A request that publishes nothing: its answer's content, or why there is none.
    pub(super) async fn ask(&self, request: RequestBuilder, access: Access<'_>) -> Result<Value, Failure> {
        let reply = self.exchange(request, access).await?;
        match reply.json() {
            Value::Object(content) => Ok(Value::Object(content)),
            _ => Err(Failure::Transient(format!("answer {} without content", reply.status))),
        }
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
    pub(super) fn link(&self, post: &str) -> String {
        address::below(&self.settings.web_url, &format!("feed/update/{post}")).into()
    }
}

#[async_trait::async_trait]
impl PlatformClient for Client {
    fn platform(&self) -> Platform {
        Platform::LinkedIn
    }

    fn strength(&self, subject: &str) -> Strength {
        match urn::author(subject) {
            Author::Member => Strength::Probe,
            Author::Organization => Strength::Heuristic,
        }
    }

    fn post_url(&self, _handle: &str, platform_post_id: &str) -> String {
        self.link(platform_post_id)
    }

    async fn marker(&self, _access: Access<'_>) -> Result<Option<String>, Failure> {
        Ok(None)
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

    async fn administered(&self, access: Access<'_>) -> Result<Vec<Profile>, Failure> {
        organizations::administered(self, access).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_old_a_month_before_linkedin_may_refuse_it() {
        let settings = |version: &str| Settings { version: version.to_owned(), ..Settings::default() };
        let at = |time: &str| time.parse::<Timestamp>().unwrap();
        assert!(!settings("202607").is_version_old(at("2027-05-31T23:59:59Z")));
        assert!(settings("202607").is_version_old(at("2027-06-01T00:00:00Z")));
        for odd in ["", "2026", "202613", "20é607", "latest"] {
            assert!(settings(odd).is_version_old(at("2026-08-01T00:00:00Z")), "{odd}");
        }
    }
}
