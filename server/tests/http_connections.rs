//! What connections may do, and what ends them: beneath requests.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::future::Future;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use server::http::{ConnectionBounds, HttpSettings};
use support::{Fixture, TOKEN};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// For what must not last; nothing here takes a second.
const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const SOON: Duration = Duration::from_millis(300);
const LENIENT: ConnectionBounds =
    ConnectionBounds { count_max: 1_000, head_time_max: HOUR, unread_time_max: HOUR };
const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n";

async fn with(connections: ConnectionBounds) -> Fixture {
    Fixture::with_settings(HttpSettings { connections, rate_per_minute: None, ..HttpSettings::default() })
        .await
}

async fn connect(server: &Fixture) -> TcpStream {
    let address = server.url.socket_addrs(|| None).unwrap()[0];
    TcpStream::connect(address).await.unwrap()
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.unwrap()
}

/// What comes until the connection ends, however it does.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = soon(stream.read_to_end(&mut bytes)).await;
    String::from_utf8(bytes).unwrap()
}

/// One answer of `/health/live`.
async fn live(stream: &mut TcpStream) {
    stream.write_all(LIVE).await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"}") {
        assert_ne!(soon(stream.read_buf(&mut text)).await.unwrap(), 0, "the connection ended");
    }
    assert!(text.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_connection_that_asks_nothing_ends_and_so_does_one_that_asks_nothing_more() {
    let server = with(ConnectionBounds { head_time_max: SOON, ..LENIENT }).await;
    let (mut silent, mut used) = (connect(&server).await, connect(&server).await);
    // On a busy machine it may have ended already, unheard.
    let _ = used.write_all(LIVE).await;
    assert_eq!(rest(&mut silent).await, "");
    let answers = rest(&mut used).await;
    assert!(answers.is_empty() || answers.starts_with("HTTP/1.1 200 OK\r\n"), "{answers}");
    server.stop().await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_not_waited_for() {
    let server = with(ConnectionBounds { head_time_max: SOON, ..LENIENT }).await;
    let (mut reading, mut writing) = connect(&server).await.into_split();
    // On a busy machine it may have ended already.
    let _ = writing.write_all(b"GET /health/live HTTP/1.1\r\nx-slow: ").await;
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    let dripping = async {
        while writing.write_all(b"a").await.is_ok() {
            pace.tick().await;
        }
    };
    soon(dripping).await;
    let mut bytes = Vec::new();
    let _ = soon(reading.read_to_end(&mut bytes)).await;
    assert!(bytes.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_head_has_a_limit() {
    let server = with(LENIENT).await;
    let mut stream = connect(&server).await;
    let head = format!("GET /health/live HTTP/1.1\r\nx-long: {}\r\n\r\n", "a".repeat(100_000));
    let _ = stream.write_all(head.as_bytes()).await;
    let mut start = [0; 12];
    soon(stream.read_exact(&mut start)).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 431");
    server.stop().await;
}

#[tokio::test]
async fn where_there_is_no_room_those_that_ask_nothing_make_some() {
    let server = with(ConnectionBounds { count_max: 3, ..LENIENT }).await;
    let mut held = [connect(&server).await, connect(&server).await, connect(&server).await];
    live(&mut held[0]).await;
    let answer = soon(server.get("health/live")).await;
    assert_eq!(answer.status(), 200);
    for stream in &mut held {
        assert_eq!(rest(stream).await, "");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_its_connection() {
    let server = with(ConnectionBounds { unread_time_max: SOON, ..LENIENT }).await;
    let stream = connect(&server).await;
    // Until nothing goes in any more: the server waits for its answers to be read.
    let stuffed = async {
        let (_reading, mut writing) = stream.into_split();
        let ask = b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(1_000);
        while writing.write_all(&ask).await.is_ok() {}
    };
    soon(stuffed).await;
    let alone = async {
        while !server.get("metrics").await.text().await.unwrap().contains("\ntidings_http_connections 1\n") {}
    };
    soon(alone).await;
    server.stop().await;
}

#[tokio::test]
async fn a_stop_waits_for_requests_and_not_for_connections_that_ask_nothing() {
    let server = with(LENIENT).await;
    let (mut silent, mut idle, mut asking) =
        (connect(&server).await, connect(&server).await, connect(&server).await);
    live(&mut idle).await;
    let body = json!({"platform": "TWITTER", "organizationId": "default"}).to_string();
    let head = format!(
        "POST /api/v1/social/connect HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    asking.write_all(head.as_bytes()).await.unwrap();
    // The body is asked for, so the request runs.
    let mut told = [0; 25];
    soon(asking.read_exact(&mut told)).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    let address = server.url.clone();
    let stopping = tokio::spawn(server.stop_within(HOUR));
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut idle).await, "");
    assert!(!stopping.is_finished());
    asking.write_all(body.as_bytes()).await.unwrap();
    let answer = rest(&mut asking).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("authorizationUrl"), "{answer}");
    soon(stopping).await.unwrap();
    let refused = reqwest::Client::new().request(Method::GET, address).send().await;
    assert!(refused.unwrap_err().is_connect());
}
