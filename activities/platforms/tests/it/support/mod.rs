//! What the tests of this crate share: a server that answers as told and keeps what it was asked.

pub(crate) mod openapi;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use activities_platforms::http::{HttpSettings, client_with};
use activities_platforms::{Access, LinkedInSettings, XSettings, linkedin, x};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use engine_clock::Clock;
use http::{HeaderMap, Method};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

/// Installs the TLS provider that the product uses, once.
pub(crate) fn http() -> reqwest::Client {
    http_with(HttpSettings::default())
}

pub(crate) fn http_with(settings: HttpSettings) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    client_with(settings).unwrap()
}

pub(crate) fn x_at(base: &str, http: reqwest::Client) -> x::Client {
    let url = Url::parse(base).unwrap();
    x::Client::new(XSettings { api_url: url, ..XSettings::default() }, http, Clock::real())
}

pub(crate) fn linkedin_at(base: &str, http: reqwest::Client) -> linkedin::Client {
    let url = Url::parse(base).unwrap();
    let media_grace = std::time::Duration::from_millis(1);
    let settings = LinkedInSettings { api_url: url, media_grace, ..LinkedInSettings::default() };
    linkedin::Client::new(settings, http, Clock::real())
}

pub(crate) fn access<'a>(token: &'a SecretString, subject: &'a str) -> Access<'a> {
    Access { token, subject, handle: "demo" }
}

/// A clock that is pushed by `step` in every millisecond.
pub(crate) fn hurrying_clock(step: Duration) -> Clock {
    let clock = Clock::skipping();
    let pushed = clock.clone();
    tokio::spawn(async move {
        loop {
            pushed.advance(step).unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    clock
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// One answer to give.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

pub(crate) fn told(status: u16, body: &Value) -> Told {
    Told { status, headers: Vec::new(), body: body.to_string() }
}

impl Told {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Answers in the order given; what comes after the last answer gets 500.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Arc<Mutex<Played>>);

#[derive(Debug, Default)]
struct Played {
    answers: VecDeque<Told>,
    asked: Vec<Asked>,
}

impl Script {
    /// Starts a server on loopback; it ends with the test's runtime.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Told>) -> (Self, String) {
        let script = Self::default();
        script.0.lock().unwrap().answers.extend(answers);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(play).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (script, base)
    }

    pub(crate) fn tell(&self, answer: Told) {
        self.0.lock().unwrap().answers.push_back(answer);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.clone()
    }
}

async fn play(State(script): State<Script>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let query =
        url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let asked = Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query,
        headers: head.headers,
        body: to_bytes(body, 64 * 1024 * 1024).await.unwrap().to_vec(),
    };
    let mut played = script.0.lock().unwrap();
    played.asked.push(asked);
    let answer = played.answers.pop_front().unwrap_or_else(|| told(500, &Value::Null));
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}
