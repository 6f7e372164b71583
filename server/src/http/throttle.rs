//! Counts the requests of each address before anything else is done for them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::rate::Subject;
use super::serve::Shared;

/// Health is asked by machines that must not be turned away.
const EXEMPT: &str = "/health/";

pub(crate) async fn throttle(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(EXEMPT) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    let lines = request.headers().get_all("x-forwarded-for").iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let sender = shared.settings.sender(peer, lines.into_iter());
    match shared.rate.ask(Subject::Address(sender), shared.app.clock.now()).await {
        Ok(left) => {
            let mut response = next.run(request).await;
            left.tell(response.headers_mut());
            response
        }
        Err(limited) => limited.into_response(),
    }
}
