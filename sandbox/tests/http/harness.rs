//! A sandbox of one's own, and a client that holds each of X's answers against X's OpenAPI document.

use std::sync::Once;

use engine_clock::Clock;
use reqwest::{Method, StatusCode, header};
use sandbox::{RunningSandbox, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::openapi;

pub(crate) struct Place {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) clock: Clock,
    client: reqwest::Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// An account's token.
pub(crate) struct Token {
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// The user id, or the author's URN.
    pub(crate) subject: String,
}

pub(crate) fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
        .unwrap()
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(None).await
    }

    pub(crate) async fn with(data: Option<std::path::PathBuf>) -> Self {
        let clock = Clock::skipping();
        let listen = "127.0.0.1:0".parse().unwrap();
        let sandbox = Sandbox::start(SandboxOptions { listen, data, clock: clock.clone() }).await.unwrap();
        Self { sandbox, clock, client: client() }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds)).unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    /// Sends and reads, or says how the transport failed. X's answers are held against its document.
    pub(crate) async fn try_send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let request = request.build()?;
        let (method, url) = (request.method().clone(), request.url().clone());
        let response = self.client.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer { status: status.as_u16(), headers, text: response.text().await? };
        if let Some(path) = url.path().strip_prefix("/x") {
            let kind = answer.headers.get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
            openapi::check(
                method.as_str(),
                path,
                url.query().unwrap_or(""),
                status.as_u16(),
                kind,
                &answer.text,
            );
        }
        Ok(answer)
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str, token: &Token) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(&token.access)).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &Token) -> Answer {
        self.send(self.request(Method::DELETE, path).bearer_auth(&token.access)).await
    }

    pub(crate) async fn post(&self, path: &str, token: &Token, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).bearer_auth(&token.access).json(body)).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(fields)).await
    }

    /// `/_sandbox` with a body.
    pub(crate) async fn tell(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, &format!("/_sandbox{path}")).json(body)).await
    }

    /// `/_sandbox` without one.
    pub(crate) async fn ask(&self, path: &str) -> Value {
        self.send(self.request(Method::GET, &format!("/_sandbox{path}"))).await.expect(200).json()
    }

    pub(crate) async fn fault(&self, fault: &Value) {
        let answer = self.tell("/faults", fault).await.expect(200);
        assert!(answer.json()["id"].is_string());
    }

    pub(crate) async fn ledger(&self) -> Vec<Value> {
        serde_json::from_value(self.ask("/ledger").await).unwrap()
    }

    pub(crate) async fn account(&self, body: &Value) -> Token {
        let given = self.tell("/accounts", body).await.expect(200).json();
        let word = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
        Token { access: word("accessToken"), refresh: word("refreshToken"), subject: word("userId") }
    }

    pub(crate) async fn x_account(&self, handle: &str) -> Token {
        self.account(&json!({"platform": "x", "account": handle})).await
    }

    pub(crate) async fn member(&self, handle: &str) -> Token {
        self.account(&json!({"platform": "linkedin", "account": handle})).await
    }

    pub(crate) async fn organization(&self, handle: &str) -> Token {
        self.account(&json!({"platform": "linkedin", "account": handle, "kind": "organization"})).await
    }

    pub(crate) async fn tweet(&self, token: &Token, text: &str) -> Answer {
        self.post("/x/2/tweets", token, &json!({"text": text})).await
    }

    /// A post's id.
    pub(crate) async fn tweeted(&self, token: &Token, body: &Value) -> String {
        let answer = self.post("/x/2/tweets", token, body).await.expect(201);
        answer.json()["data"]["id"].as_str().unwrap().to_owned()
    }

    /// A request to LinkedIn with the headers that it wants.
    pub(crate) fn linkedin(&self, method: Method, path: &str, token: &Token) -> reqwest::RequestBuilder {
        self.request(method, &format!("/linkedin{path}"))
            .bearer_auth(&token.access)
            .header("LinkedIn-Version", "202607")
            .header("X-Restli-Protocol-Version", "2.0.0")
    }

    pub(crate) async fn share(&self, token: &Token, text: &str) -> Answer {
        self.send(self.linkedin(Method::POST, "/rest/posts", token).json(&share(&token.subject, text))).await
    }

    /// A post's URN.
    pub(crate) async fn shared(&self, token: &Token, text: &str) -> String {
        self.share(token, text).await.expect(201).header("x-restli-id").to_owned()
    }
}

/// The body of a LinkedIn post.
pub(crate) fn share(author: &str, text: &str) -> Value {
    json!({
        "author": author, "commentary": text, "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED", "isReshareDisabledByAuthor": false,
    })
}

/// A URN as a part of a path.
pub(crate) fn encoded(urn: &str) -> String {
    urn.replace(':', "%3A").replace('(', "%28").replace(')', "%29").replace(',', "%2C")
}

/// A PNG of 2 × 1 pixels.
pub(crate) fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\x02\0\0\0".to_vec();
    bytes.extend_from_slice(&[0; 64]);
    bytes
}

/// The start of an MP4, made as long as asked.
pub(crate) fn mp4(bytes: usize) -> Vec<u8> {
    let mut video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    video.resize(bytes, 7);
    video
}

pub(crate) const OK: u16 = StatusCode::OK.as_u16();
