//! Connections, a task each: HTTP/1.1 alone. How many there are, how long one may ask nothing and how long it may
//! leave an answer unread has an end, so that nobody keeps others out by holding connections.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::limits::{CONNECTIONS_MAX, HEAD_BYTES_MAX, HEAD_TIME_MAX, UNREAD_TIME_MAX};
use super::metrics::Traffic;

/// Pause when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What connections are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionBounds {
    /// How many there are at once. Where there are as many, those that ask nothing are ended.
    pub count_max: usize,
    /// From a connection's start, or the end of its last answer, to the end of a request's head.
    pub head_time_max: Duration,
    /// How long an answer may wait for its receiver to take more of it.
    pub unread_time_max: Duration,
}

impl Default for ConnectionBounds {
    fn default() -> Self {
        // Files and the database need descriptors, too.
        let count_max = descriptors().map_or(CONNECTIONS_MAX, |all| CONNECTIONS_MAX.min(all / 2));
        Self { count_max, head_time_max: HEAD_TIME_MAX, unread_time_max: UNREAD_TIME_MAX }
    }
}

/// Descriptors that the process may have, where the system tells it.
fn descriptors() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Takes connections until `stop`, then lets answers that are under way come to their end. When this future is
/// dropped, its connections are cut off.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: ConnectionBounds,
    traffic: Traffic,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    let mut crowded = stop.child_token();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                while connections.len() >= bounds.count_max && !stop.is_cancelled() {
                    tracing::debug!("connections that ask nothing are ended to make room");
                    crowded.cancel();
                    crowded = stop.child_token();
                    tokio::select! {
                        () = stop.cancelled() => {}
                        _ = connections.join_next() => {}
                    }
                }
                let talk = converse(stream, peer, router.clone(), bounds, crowded.clone());
                let counted = traffic.connected();
                connections.spawn(async move {
                    talk.await;
                    drop(counted);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Serves one connection to its end: at once when `ending` finds it without a request.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    bounds: ConnectionBounds,
    ending: CancellationToken,
) {
    // Parts of streamed answers leave at once; without it they are only later.
    let _ = stream.set_nodelay(true);
    give_up_unread(&stream, bounds.unread_time_max);
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(bounds.head_time_max);
    // The one bounds what is read of a head that has no end, the other one that came at once.
    protocol.max_buf_size(HEAD_BYTES_MAX).max_header_size(HEAD_BYTES_MAX);
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection broke");
    }
}

/// Has the system end a connection whose receiver takes nothing for so long.
fn give_up_unread(stream: &TcpStream, limit: Duration) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(limit)) {
        tracing::debug!(%error, "a connection waits for its receiver as long as the system likes");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, limit);
}
