//! The client of the HTTP API.

mod operation;
mod tokens;
mod webhooks;

use std::time::Duration;

use campaigns_limits::MediaFacts;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use server::api::campaign::{
    AppliedView, ApplyRequest, BundleRequest, CampaignList, CampaignStory, PlanView, RevisionStory,
};
use server::api::content::{ContentRequest, ContentView, MediaView};
use server::api::control::{
    AccountTest, Changed, KeysRotated, PauseList, PauseRequest, SignalRequest, Signalled, TrailPage,
    TrailQuery,
};
use server::api::drift::{RefreshRequest, Refreshed};
use server::api::health::{Live, Ready};
use server::api::post::{CrossPostRequest, PostsMade};
use server::api::publication::{PublicationList, PublicationQuery, PublicationStory};
use server::api::{AccountList, AccountView, Bundle, Connect, Connected, ImportOutcome, Problem};
use server::app::ORGANIZATION;
use server::http::nature_of_status;
use url::Url;

use super::{Edit, exit_of, with_diagnostics};
use crate::exit::{Exit, Failure};

/// The longest that a connection may take: a server is near or not there.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// The longest that a whole request may take; uploads are the longest.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(90);
/// The longest that asking whether a server is there may take.
const PROBE_TIME_MAX: Duration = Duration::from_secs(2);
/// The longest that asking whether it is ready may take: it asks its own parts.
const READY_TIME_MAX: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes: a page of 1,000 publications has less than 2 MiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A server and the right to talk to it.
pub(crate) struct Remote {
    http: reqwest::Client,
    base: Url,
    token: SecretString,
}

impl Remote {
    /// A client of the server at `base`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Failure`] when the HTTP client can't be made.
    pub(crate) fn new(base: Url, token: SecretString) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIME_MAX)
            .timeout(REQUEST_TIME_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::failed("server/client", Failure::chain(&error)))?;
        Ok(Self { http, base, token })
    }

    /// Who listens there, without showing the token: `None` when nobody or someone else does.
    pub(crate) async fn live(&self) -> Option<Live> {
        let url = self.base.join("health/live").ok()?;
        let response = self.http.get(url).timeout(PROBE_TIME_MAX).send().await.ok()?;
        response.json().await.ok()
    }

    /// The address that it is reached at.
    pub(crate) fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// What it can do now; `None` when it does not answer.
    pub(crate) async fn ready(&self) -> Option<Ready> {
        let url = self.base.join("health/ready").ok()?;
        // 503 has the same body.
        let response = self.http.get(url).timeout(READY_TIME_MAX).send().await.ok()?;
        response.json().await.ok()
    }

    pub(crate) async fn rotate_keys(&self) -> Result<KeysRotated, Failure> {
        self.json(self.request(Method::POST, "api/v1/keys/rotate")?).await
    }

    pub(crate) async fn plan(&self, bundle: &Bundle) -> Result<PlanView, Failure> {
        let request = BundleRequest { bundle: bundle.clone() };
        self.json(self.request(Method::POST, "api/v1/campaigns/plan")?.json(&request)).await
    }

    pub(crate) async fn apply(&self, request: &ApplyRequest) -> Result<AppliedView, Failure> {
        self.json(self.request(Method::POST, "api/v1/campaigns/apply")?.json(request)).await
    }

    pub(crate) async fn has_media(&self, sha256: &str) -> Result<bool, Failure> {
        let response = self.send(self.request(Method::HEAD, &format!("api/v1/media/{sha256}"))?).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(false),
            status if status.is_success() => Ok(true),
            _ => Err(refused(response).await),
        }
    }

    pub(crate) async fn put_media(&self, sha256: &str, bytes: Vec<u8>) -> Result<MediaFacts, Failure> {
        self.json(self.request(Method::PUT, &format!("api/v1/media/{sha256}"))?.body(bytes)).await
    }

    pub(crate) async fn add_media(&self, name: String, bytes: Vec<u8>) -> Result<MediaView, Failure> {
        let file = reqwest::multipart::Part::bytes(bytes).file_name(name);
        let form = reqwest::multipart::Form::new().text("organizationId", ORGANIZATION).part("file", file);
        self.json(self.request(Method::POST, "api/v1/social/media")?.multipart(form)).await
    }

    pub(crate) async fn put_content(&self, content: &ContentRequest) -> Result<ContentView, Failure> {
        self.json(self.request(Method::POST, "api/v1/social/content")?.json(content)).await
    }

    pub(crate) async fn cross_post(&self, request: &CrossPostRequest) -> Result<PostsMade, Failure> {
        self.json(self.request(Method::POST, "api/v1/social/cross-post")?.json(request)).await
    }

    pub(crate) async fn campaigns(&self) -> Result<CampaignList, Failure> {
        self.json(self.request(Method::GET, "api/v1/campaigns")?).await
    }

    pub(crate) async fn campaign(&self, name: &str) -> Result<CampaignStory, Failure> {
        self.json(self.request(Method::GET, &format!("api/v1/campaigns/{}", escaped(name)))?).await
    }

    pub(crate) async fn revision(&self, name: &str, number: u64) -> Result<RevisionStory, Failure> {
        let path = format!("api/v1/campaigns/{}/revisions/{number}", escaped(name));
        self.json(self.request(Method::GET, &path)?).await
    }

    pub(crate) async fn publications(&self, query: &PublicationQuery) -> Result<PublicationList, Failure> {
        self.json(self.request(Method::GET, "api/v1/publications")?.query(query)).await
    }

    pub(crate) async fn publication(&self, id: &str) -> Result<PublicationStory, Failure> {
        self.json(self.request(Method::GET, &format!("api/v1/publications/{}", escaped(id)))?).await
    }

    pub(crate) async fn edit(&self, id: &str, edit: &Edit) -> Result<Changed, Failure> {
        let path = format!("api/v1/publications/{}", escaped(id));
        let request = match edit {
            Edit::Cancel => self.request(Method::POST, &format!("{path}/cancel"))?,
            Edit::Retry => self.request(Method::POST, &format!("{path}/retry"))?,
            Edit::Resolve(found) => self.request(Method::POST, &format!("{path}/resolve"))?.json(found),
            Edit::Delete => self.request(Method::DELETE, &path)?,
            Edit::Judge { approved, judgement } => {
                let verb = if *approved { "approve" } else { "reject" };
                self.request(Method::POST, &format!("{path}/{verb}"))?.json(judgement)
            }
        };
        self.json(request).await
    }

    pub(crate) async fn signal(
        &self,
        campaign: &str,
        signal: &str,
        request: &SignalRequest,
    ) -> Result<Signalled, Failure> {
        let path = format!("api/v1/campaigns/{}/signals/{}", escaped(campaign), escaped(signal));
        self.json(self.request(Method::POST, &path)?.json(request)).await
    }

    pub(crate) async fn pauses(&self) -> Result<PauseList, Failure> {
        self.json(self.request(Method::GET, "api/v1/pauses")?).await
    }

    pub(crate) async fn pause(&self, scope: &PauseRequest) -> Result<PauseList, Failure> {
        self.json(self.request(Method::POST, "api/v1/pauses")?.json(scope)).await
    }

    pub(crate) async fn resume(&self, scope: &PauseRequest) -> Result<PauseList, Failure> {
        self.json(self.request(Method::POST, "api/v1/pauses/resume")?.json(scope)).await
    }

    pub(crate) async fn refresh(&self, request: &RefreshRequest) -> Result<Refreshed, Failure> {
        self.json(self.request(Method::POST, "api/v1/refresh")?.json(request)).await
    }

    pub(crate) async fn trail(&self, query: &TrailQuery) -> Result<TrailPage, Failure> {
        self.json(self.request(Method::GET, "api/v1/audit")?.query(query)).await
    }

    pub(crate) async fn test_account(&self, id: &str) -> Result<AccountTest, Failure> {
        self.json(self.request(Method::POST, &format!("api/v1/social/accounts/{}/test", escaped(id)))?).await
    }

    pub(crate) async fn accounts(&self) -> Result<AccountList, Failure> {
        self.json(self.request(Method::GET, &format!("api/v1/social/accounts/{ORGANIZATION}"))?).await
    }

    pub(crate) async fn connect(&self, wish: &Connect) -> Result<Connected, Failure> {
        self.json(self.request(Method::POST, "api/v1/social/connect")?.json(wish)).await
    }

    pub(crate) async fn import_accounts(&self, json: &SecretString) -> Result<ImportOutcome, Failure> {
        let request = self
            .request(Method::POST, &format!("api/v1/social/accounts/{ORGANIZATION}/import"))?
            .header("content-type", "application/json")
            .body(json.expose_secret().to_owned());
        self.json(request).await
    }

    pub(crate) async fn disconnect_account(&self, id: &str) -> Result<AccountView, Failure> {
        self.json(self.request(Method::DELETE, &format!("api/v1/social/accounts/{}", escaped(id)))?).await
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = self.base.join(path).map_err(|error| {
            Failure::usage("settings/invalid", format!("`{path}` makes no address: {error}"))
        })?;
        Ok(self.http.request(method, url).bearer_auth(self.token.expose_secret()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| {
            let why = if error.is_timeout() {
                "it did not answer in time".to_owned()
            } else {
                // The address is told once, by us.
                Failure::chain(&error.without_url())
            };
            Failure::new(
                Exit::OutOfReach,
                "server/out-of-reach",
                format!("the server at {} is out of reach: {why}", self.base),
            )
            .help("check the address, and that `tidings up` runs there")
        })
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let response = self.send(request).await?;
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        let bytes = bounded(response).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::failed(
                "server/answer",
                format!("the server at {} gave an answer that is not understood: {error}", self.base),
            )
            .help("is it the same version of tidings?")
        })
    }
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= ANSWER_BYTES_MAX => {
                bytes.extend_from_slice(&chunk)
            }
            Ok(Some(_)) => return Err(Failure::failed("server/answer", "the server's answer is too large")),
            Ok(None) => return Ok(bytes),
            Err(error) => {
                let why = Failure::chain(&error.without_url());
                return Err(Failure::new(
                    Exit::OutOfReach,
                    "server/out-of-reach",
                    format!("the server's answer broke off: {why}"),
                ));
            }
        }
    }
}

/// A problem that the server told, or one made of its status.
async fn refused(response: Response) -> Failure {
    let status = response.status();
    let exit = exit_of(nature_of_status(status.as_u16()));
    let problem: Option<Problem> =
        bounded(response).await.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(problem) = problem else {
        return Failure::new(exit, "server/refused", format!("the server answered {status}"));
    };
    let mut failed = Failure::new(exit, &problem.code, problem.detail);
    failed.help = problem.help;
    if exit == Exit::SignIn {
        failed.help = Some("set TIDINGS_TOKEN to a token of that server".to_owned());
    }
    with_diagnostics(failed, &problem.diagnostics)
}

/// A path segment that stays one.
fn escaped(segment: &str) -> String {
    let mut safe = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one_segment() {
        assert_eq!(escaped("pub_1/../x?y"), "pub_1%2F..%2Fx%3Fy");
    }
}
