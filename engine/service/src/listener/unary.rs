//! One call: a path, one message, one message or a status.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Status};

use super::bytes_codec::BytesCodec;
use crate::Engine;
use crate::call::{self, Call};

/// Bytes of a request, unpacked: what a gRPC server takes that is not told otherwise, as Temporal's is not.
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a call may take beyond the longest poll, the reading of its request included.
const BEYOND_POLL_MAX: Duration = Duration::from_secs(30);

/// Answers one HTTP/2 request.
pub(super) async fn answer(engine: &Engine, request: Request<Incoming>) -> Response<Body> {
    if request.method() != Method::POST {
        return refusal(StatusCode::METHOD_NOT_ALLOWED);
    }
    if !request.headers().get(CONTENT_TYPE).is_some_and(is_grpc) {
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let Some((service, name)) = request.uri().path().strip_prefix('/').and_then(|it| it.rsplit_once('/'))
    else {
        return Status::unimplemented("malformed method name").into_http();
    };
    let dispatcher =
        Dispatcher { engine: engine.clone(), service: service.to_owned(), name: name.to_owned() };
    let latest = Instant::now() + engine.long_poll_max() + BEYOND_POLL_MAX;
    let until = call::deadline(request.headers()).map_or(latest, |deadline| deadline.min(latest));
    let mut protocol = Grpc::new(BytesCodec)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .accept_compressed(CompressionEncoding::Gzip);
    match tokio::time::timeout_at(until, protocol.unary(dispatcher, request)).await {
        Ok(response) if is_oversized(&response) => {
            let message = format!("grpc: received message larger than max ({REQUEST_BYTES_MAX})");
            Status::resource_exhausted(message).into_http()
        }
        Ok(response) => response,
        Err(_) => Status::deadline_exceeded("context deadline exceeded").into_http(),
    }
}

/// `application/grpc`, with or without the name of an encoding.
fn is_grpc(kind: &HeaderValue) -> bool {
    kind.to_str().ok().and_then(|kind| kind.strip_prefix("application/grpc")).is_some_and(|rest| {
        // Not `application/grpc-web`.
        rest.is_empty() || rest.starts_with(['+', ';'])
    })
}

/// Whether the framing refused the request's size: no handler answers with this code.
fn is_oversized(response: &Response<Body>) -> bool {
    Status::from_header_map(response.headers()).is_some_and(|status| status.code() == Code::OutOfRange)
}

/// What isn't gRPC gets a bare HTTP status.
fn refusal(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Hands the message to the engine's dispatcher.
struct Dispatcher {
    engine: Engine,
    service: String,
    name: String,
}

impl UnaryService<Bytes> for Dispatcher {
    type Response = Vec<u8>;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Vec<u8>>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let Self { engine, service, name } = self;
        let (engine, service, name) = (engine.clone(), std::mem::take(service), std::mem::take(name));
        Box::pin(async move {
            let (metadata, _, message) = request.into_parts();
            let call = Call::new(message, &metadata.into_headers(), false);
            engine.dispatch(&service, &name, call).await.map(tonic::Response::new)
        })
    }
}
