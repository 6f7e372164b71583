//! The listener, as somebody reaches it who speaks HTTP/2 badly or not at all.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use temporalio_client::{Connection, ConnectionOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::target::Target;

/// How a client of HTTP/2 begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const HEADERS: u8 = 1;
const DATA: u8 = 0;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The largest frame that a server takes which says nothing about it.
const FRAME_MAX: usize = 16_384;
/// Open connections of somebody who does nothing with them; a listener has room for 256.
const IDLE: usize = 200;

/// Panics of tasks, which nobody else sees.
static PANICS: AtomicUsize = AtomicUsize::new(0);

struct Port {
    target: Target,
    address: SocketAddr,
}

impl Port {
    fn new() -> Self {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::Relaxed);
            before(info);
        }));
        let target = Target::new();
        let listener = target.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let engine = target.engine.clone();
        target.runtime.spawn(async move { engine.serve(listener, std::future::pending()).await });
        Self { target, address }
    }

    /// Whether a client of the SDK still finds a Temporal service there.
    fn works(&self) {
        let url = url::Url::parse(&format!("http://{}", self.address)).unwrap();
        let options = ConnectionOptions::new(url).identity("client").dns_load_balancing(None).build();
        self.target.runtime.block_on(Connection::connect(options)).unwrap();
        assert_eq!(PANICS.load(Ordering::Relaxed), 0, "a task panicked");
    }

    /// Sends everything, as far as the listener takes it, and leaves.
    fn send(&self, bytes: &[u8]) {
        self.target.runtime.block_on(async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            // The listener may have hung up.
            let _ = stream.write_all(bytes).await;
        });
    }

    /// Sends everything, says that there is no more, and reads until the listener hangs up.
    fn converse(&self, bytes: &[u8]) {
        self.target.runtime.block_on(async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            let mut answer = [0; 4_096];
            while matches!(stream.read(&mut answer).await, Ok(read) if read > 0) {}
        });
    }
}

/// A frame that says to be `claimed` bytes long.
fn frame(kind: u8, flags: u8, stream: u32, claimed: usize, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(claimed).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

fn whole_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    frame(kind, flags, stream, payload.len(), payload)
}

/// The headers of a call, in the plainest form of HPACK.
fn call(stream: u32, rpc: &str) -> Vec<u8> {
    let path = format!("/temporal.api.workflowservice.v1.WorkflowService/{rpc}");
    let kind = b"application/grpc";
    let mut block = vec![0x83, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.bytes());
    block.extend([0x0f, 0x10, u8::try_from(kind.len()).unwrap()]);
    block.extend(kind);
    whole_frame(HEADERS, END_HEADERS, stream, &block)
}

/// What a client sends: sound parts and unsound ones in any order.
fn conversation() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    let rpc = prop::sample::select(vec![
        "PollWorkflowTaskQueue",
        "StartWorkflowExecution",
        "GetWorkflowExecutionHistory",
        "ListWorkflowExecutions",
    ]);
    let stream = || prop_oneof![3 => (0..4_u32).prop_map(|number| 2 * number + 1), 1 => any::<u32>()];
    let part = prop_oneof![
        1 => bytes(),
        1 => Just(PREFACE.to_vec()),
        2 => (stream(), rpc).prop_map(|(stream, rpc)| call(stream, rpc)),
        3 => (stream(), any::<u8>(), bytes())
            .prop_map(|(stream, flags, bytes)| whole_frame(DATA, flags, stream, &bytes)),
        3 => (0..12_u8, any::<u8>(), stream(), bytes())
            .prop_map(|(kind, flags, stream, bytes)| whole_frame(kind, flags, stream, &bytes)),
        1 => (0..12_u8, any::<u8>(), stream(), 0..0xff_ffff_usize, bytes())
            .prop_map(|(kind, flags, stream, claimed, bytes)| frame(kind, flags, stream, claimed, &bytes)),
    ];
    let parts = prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat());
    let greeting = prop_oneof![4 => Just(greeting()), 1 => Just(Vec::new())];
    (greeting, parts).prop_map(|(greeting, parts)| [greeting, parts].concat())
}

fn greeting() -> Vec<u8> {
    [PREFACE.to_vec(), whole_frame(SETTINGS, 0, 0, &[])].concat()
}

#[test]
fn no_conversation_breaks_the_listener() {
    let port = Port::new();
    let mut runner = TestRunner::new(Config { cases: 1_500, failure_persistence: None, ..Config::default() });
    runner
        .run(&conversation(), |bytes| {
            port.send(&bytes);
            Ok(())
        })
        .unwrap();
    port.works();
}

#[test]
fn frames_that_are_too_large_end_their_connection() {
    let port = Port::new();
    for kind in [DATA, HEADERS, SETTINGS] {
        let large = frame(kind, END_HEADERS, u32::from(kind != SETTINGS), FRAME_MAX + 1, &[0; FRAME_MAX + 1]);
        port.converse(&[greeting(), large].concat());
    }
    port.works();
}

#[test]
fn a_message_that_says_to_be_huge_is_refused_before_it_comes() {
    let port = Port::new();
    let huge = [&[0_u8][..], &u32::MAX.to_be_bytes(), &[7; 1_000]].concat();
    let bytes = [greeting(), call(1, "StartWorkflowExecution"), whole_frame(DATA, END_STREAM, 1, &huge)];
    port.converse(&bytes.concat());
    port.works();
}

#[test]
fn connections_on_which_nothing_happens_leave_room_for_others() {
    let port = Port::new();
    let greeting = greeting();
    let half_a_call = [greeting.clone(), call(1, "PollWorkflowTaskQueue")].concat();
    let beginnings: [&[u8]; 6] =
        [&PREFACE[..0], &PREFACE[..10], PREFACE, &greeting, &half_a_call, &half_a_call[..60]];
    let open: Vec<TcpStream> = port.target.runtime.block_on(async {
        let mut open = Vec::new();
        for beginning in beginnings.iter().cycle().take(IDLE) {
            let mut stream = TcpStream::connect(port.address).await.unwrap();
            stream.write_all(beginning).await.unwrap();
            open.push(stream);
        }
        open
    });
    port.works();
    port.target.works("meanwhile");
    drop(open);
    port.works();
}
