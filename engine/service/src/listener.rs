//! The same RPCs over a socket: gRPC on plain HTTP/2, for the `temporal` command line, Temporal's web page
//! and workers of every SDK.
//!
//! On loopback only: there is neither encryption nor authentication. A browser can't be led here, as it
//! speaks HTTP/2 only over TLS. A call whose caller goes away is dropped where it waits: its poll is free
//! again; a transition under way is finished.

mod bytes_codec;
mod unary;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{Engine, EngineError};

/// Connections at the same time. A client or worker has one; beyond this, new ones wait.
const CONNECTIONS_MAX: usize = 256;
/// Calls under way on one connection: a worker's polls and answers, and room for a busy client.
const CALLS_MAX: u32 = 1_000;
/// How long a connection may take to send its first bytes.
const GREETING_MAX: Duration = Duration::from_secs(10);
/// A connection that says nothing for so long is asked whether it is still there; Temporal's number.
const PING_AFTER: Duration = Duration::from_secs(60);
/// How long it has to answer that; Temporal's number.
const PING_ANSWER_MAX: Duration = Duration::from_secs(10);
/// How long calls under way have to end at shutdown. Polls wait longer; their callers come again.
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// Pause when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Engine {
    /// Answers RPCs that come over `listener` until `stop` is done or the engine shuts down, then ends the
    /// calls that are under way. Workers that use it count as remote: what they hold survives a restart of
    /// the engine.
    ///
    /// # Errors
    /// [`EngineError::NotLoopback`] for an address that others can reach, [`EngineError::Listener`] when the
    /// socket does not know its address.
    pub async fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> Result<(), EngineError> {
        let address = listener.local_addr().map_err(|source| EngineError::Listener { source })?;
        if !address.ip().is_loopback() {
            return Err(EngineError::NotLoopback { address });
        }
        tracing::info!(%address, "engine: listening");
        let ending = self.stopping().child_token();
        // Ends the connections, too, when this future is dropped.
        let _guard = ending.clone().drop_guard();
        let mut connections = JoinSet::new();
        let accepting = self.accept(&listener, &mut connections, &ending);
        tokio::select! {
            () = stop => {}
            () = ending.cancelled() => {}
            () = accepting => {}
        }
        drop(listener);
        ending.cancel();
        while connections.join_next().await.is_some() {}
        Ok(())
    }

    /// Takes connections, for ever.
    async fn accept(
        &self,
        listener: &TcpListener,
        connections: &mut JoinSet<()>,
        ending: &CancellationToken,
    ) {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            // The semaphore is never closed.
            let Ok(permit) = room.clone().acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let (engine, ending) = (self.clone(), ending.clone());
                    connections.spawn(async move {
                        converse(engine, stream, peer, ending).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "engine: a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }
}

/// Serves one connection to its end.
async fn converse(engine: Engine, stream: TcpStream, peer: SocketAddr, ending: CancellationToken) {
    // Small answers leave at once; without it they are only slower.
    let _ = stream.set_nodelay(true);
    let greeting = tokio::time::timeout(GREETING_MAX, stream.readable());
    tokio::select! {
        () = ending.cancelled() => return,
        greeted = greeting => if !matches!(greeted, Ok(Ok(()))) { return },
    }
    let service = service_fn(move |request| {
        let engine = engine.clone();
        async move { Ok::<_, std::convert::Infallible>(unary::answer(&engine, request).await) }
    });
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .timer(TokioTimer::new())
        .max_concurrent_streams(CALLS_MAX)
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PING_ANSWER_MAX);
    let mut connection = std::pin::pin!(protocol.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(DRAIN_MAX, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "engine: a connection broke");
    }
}
