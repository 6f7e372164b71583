//! An application that is told things over HTTP: it keeps what it heard.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use secrecy::SecretString;
use serde_json::Value;
use server::app::webhooks::signature;
use tokio::sync::watch;

/// Far longer than anything here takes; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How it treats what comes.
#[derive(Clone, Debug)]
pub(crate) enum Mood {
    Takes,
    Fails(u16),
    Hangs,
    Redirects(String),
}

/// What it was told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether it is signed after Standard Webhooks.
    pub(crate) fn is_signed(&self, secret: &str) -> bool {
        let stamp = self.header("webhook-timestamp");
        let parts = (self.header("webhook-id"), stamp, self.header("webhook-signature"));
        signature::is_standard(&SecretString::from(secret), &self.body, parts, stamp.parse().unwrap())
    }
}

#[derive(Clone)]
struct Ear {
    mood: Arc<Mutex<Mood>>,
    heard: watch::Sender<Vec<Told>>,
}

/// The application; it is gone with this.
pub(crate) struct Receiver {
    ear: Ear,
    pub(crate) url: String,
    /// How much of it [`Receiver::next`] has given.
    given: usize,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start(mood: Mood) -> Self {
        let ear = Ear { mood: Arc::new(Mutex::new(mood)), heard: watch::Sender::new(Vec::new()) };
        let router = axum::Router::new().route("/hook", post(take)).with_state(ear.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { ear, url, given: 0, task }
    }

    pub(crate) fn becomes(&self, mood: Mood) {
        *self.ear.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// What it was told so far.
    pub(crate) fn count(&self) -> usize {
        self.ear.heard.borrow().len()
    }

    /// The newest that it was told, once that is so many.
    pub(crate) async fn newest_of(&self, count: usize) -> Told {
        let mut heard = self.ear.heard.subscribe();
        let enough = tokio::time::timeout(PATIENCE, heard.wait_for(|heard| heard.len() >= count)).await;
        enough.unwrap().unwrap().last().unwrap().clone()
    }

    /// The next that was not given yet.
    pub(crate) async fn next(&mut self) -> Told {
        self.given += 1;
        self.newest_of(self.given).await;
        self.ear.heard.borrow()[self.given - 1].clone()
    }

    pub(crate) fn has_more(&self) -> bool {
        self.count() > self.given
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(ear): State<Ear>, headers: HeaderMap, body: Bytes) -> Response {
    let mood = ear.mood.lock().unwrap_or_else(PoisonError::into_inner).clone();
    ear.heard.send_modify(|heard| heard.push(Told { headers, body }));
    match mood {
        Mood::Takes => StatusCode::NO_CONTENT.into_response(),
        Mood::Fails(code) => StatusCode::from_u16(code).unwrap().into_response(),
        Mood::Hangs => std::future::pending().await,
        Mood::Redirects(to) => (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response(),
    }
}
