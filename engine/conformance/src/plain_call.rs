//! Any bytes to any RPC of a home, as a stranger sends them: no SDK looks at them first.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::{Buf, BufMut, Bytes};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use crate::home::Home;

/// A connection on which bytes are sent.
#[derive(Clone, Debug)]
pub struct PlainCalls {
    channel: Channel,
}

impl Home {
    /// A connection that sends bytes as they are.
    ///
    /// # Errors
    /// The home has no socket, or does not answer.
    pub async fn plain_calls(&self) -> Result<PlainCalls> {
        let address = self.address().context("an engine without a socket takes no plain calls")?;
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
        Ok(PlainCalls { channel })
    }
}

impl PlainCalls {
    /// What the home answers; `None` if it lets the time run out. A server refuses polls that would wait for
    /// less than 2 s.
    pub async fn call(&self, path: &str, proto: Vec<u8>, time: Duration) -> Option<Result<Bytes, Status>> {
        match self.answer(path, proto, time).await {
            Err(status) if matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled) => None,
            answer => Some(answer),
        }
    }

    async fn answer(&self, path: &str, proto: Vec<u8>, time: Duration) -> Result<Bytes, Status> {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = PathAndQuery::try_from(path).map_err(|error| Status::internal(error.to_string()))?;
        let mut request = Request::new(proto);
        request.set_timeout(time);
        Ok(client.unary(request, path, Plain).await?.into_inner())
    }
}

/// Passes encoded messages through.
#[derive(Clone, Copy, Debug, Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}
