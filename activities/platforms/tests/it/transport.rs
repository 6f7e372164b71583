//! What breaks between us and a platform, over real sockets: what never left is told apart from what may
//! have arrived.

use std::time::Duration;

use crate::support::{Script, access, http, http_with, linkedin_at, told, x_at};
use activities_platforms::http::HttpSettings;
use activities_platforms::{Outcome, PlatformClient as _, SegmentRequest};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

fn hello() -> SegmentRequest {
    SegmentRequest { text: "hello".to_owned(), ..SegmentRequest::default() }
}

/// Publishes on both platforms; gives the two outcomes.
async fn outcomes(base: &str, http: reqwest::Client) -> [Outcome; 2] {
    let token = SecretString::from("s3cret");
    let on_x = x_at(base, http.clone()).publish(access(&token, "1"), &hello()).await;
    let on_linkedin = linkedin_at(base, http).publish(access(&token, "urn:li:person:a"), &hello()).await;
    [on_x.outcome, on_linkedin.outcome]
}

fn assert_not_sent(outcomes: [Outcome; 2]) {
    for outcome in outcomes {
        assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
    }
}

fn assert_ambiguous(outcomes: [Outcome; 2]) {
    for outcome in outcomes {
        assert!(matches!(outcome, Outcome::Ambiguous { .. }), "{outcome:?}");
    }
}

/// A server that does `with` each connection; gives its address and counts connections.
async fn server<W, F>(with: W) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>)
where
    W: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connections = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            tokio::spawn(with(stream));
        }
    });
    (address, connections)
}

/// Reads a whole request: head, and as much body as it announces.
async fn read_request(stream: &mut TcpStream) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            if body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0) {
                return;
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap() == 0 {
            return;
        }
    }
}

fn reset(stream: TcpStream) {
    // Without lingering, closing sends a reset.
    stream.set_zero_linger().unwrap();
    drop(stream);
}

#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_not_sent(outcomes(&format!("http://{closed}"), http()).await);
}

#[tokio::test]
async fn an_unknown_host_is_not_sent() {
    // A label of more than 63 octets: no resolver asks the network for it.
    assert_not_sent(outcomes(&format!("http://{}.invalid", "a".repeat(64)), http()).await);
}

#[tokio::test]
async fn a_failed_tls_greeting_is_not_sent() {
    let (address, _) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    assert_not_sent(outcomes(&format!("https://{address}"), http()).await);
}

#[tokio::test]
async fn a_tls_greeting_that_never_ends_is_not_sent() {
    let (address, _) = server(|mut stream| async move { while stream.read_u8().await.is_ok() {} }).await;
    let http = http_with(HttpSettings {
        connect_timeout: Duration::from_millis(200),
        deadline: Duration::from_secs(20),
        proxy: None,
    });
    assert_not_sent(outcomes(&format!("https://{address}"), http).await);
}

#[tokio::test]
async fn a_connection_reset_at_once_is_ambiguous() {
    let (address, _) = server(|stream| async move { reset(stream) }).await;
    assert_ambiguous(outcomes(&format!("http://{address}"), http()).await);
}

#[tokio::test]
async fn a_request_read_and_never_answered_is_ambiguous_and_not_repeated() {
    let (address, connections) = server(|mut stream| async move { read_request(&mut stream).await }).await;
    assert_ambiguous(outcomes(&format!("http://{address}"), http()).await);
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 2, "one for each platform");
}

#[tokio::test]
async fn a_request_read_and_then_reset_is_ambiguous() {
    let (address, _) = server(|mut stream| async move {
        read_request(&mut stream).await;
        reset(stream);
    })
    .await;
    assert_ambiguous(outcomes(&format!("http://{address}"), http()).await);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_ambiguous() {
    let (address, _) = server(|mut stream| async move {
        read_request(&mut stream).await;
        while stream.read_u8().await.is_ok() {}
    })
    .await;
    let http = http_with(HttpSettings {
        connect_timeout: Duration::from_secs(20),
        deadline: Duration::from_millis(300),
        proxy: None,
    });
    assert_ambiguous(outcomes(&format!("http://{address}"), http).await);
}

#[tokio::test]
async fn a_success_whose_body_breaks_off_keeps_what_its_head_says() {
    let (address, _) = server(|mut stream| async move {
        read_request(&mut stream).await;
        let head = "HTTP/1.1 201 Created\r\nx-restli-id: urn:li:share:7\r\nx-transaction-id: abc\r\ncontent-length: 90\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(b"{\"data\":{\"id\":\"7").await.unwrap();
    })
    .await;
    let [on_x, on_linkedin] = outcomes(&format!("http://{address}"), http()).await;
    assert!(matches!(on_x, Outcome::Ambiguous { .. }), "X has the id in the body: {on_x:?}");
    assert!(matches!(on_linkedin, Outcome::Accepted { .. }), "LinkedIn has it in the head: {on_linkedin:?}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let (address, _) = server(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 201 Created\r\n\r\n").await;
        while stream.write_all(&[b' '; 65_536]).await.is_ok() {}
    })
    .await;
    assert_ambiguous(outcomes(&format!("http://{address}"), http()).await);
}

#[tokio::test]
async fn what_is_no_http_is_ambiguous() {
    let (address, _) = server(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"220 mail.example ESMTP\r\n").await;
    })
    .await;
    assert_ambiguous(outcomes(&format!("http://{address}"), http()).await);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let (script, base) = Script::start([]).await;
        for _ in 0..2 {
            script.tell(told(status, &serde_json::Value::Null).with("location", format!("{base}/elsewhere")));
        }
        assert_ambiguous(outcomes(&base, http()).await);
        let paths: Vec<String> = script.asked().into_iter().map(|asked| asked.path).collect();
        assert_eq!(paths, ["/2/tweets", "/rest/posts"], "{status}");
    }
}

#[tokio::test]
async fn no_story_of_a_failure_holds_the_token_or_the_address() {
    let (address, _) = server(|stream| async move { reset(stream) }).await;
    for outcome in outcomes(&format!("http://{address}"), http()).await {
        let story = format!("{outcome:?}");
        assert!(!story.contains("s3cret") && !story.contains(&address), "{story}");
    }
}

#[tokio::test]
async fn a_proxy_gets_what_leaves_this_machine_and_nothing_else() {
    let (proxy, proxied) = Script::start([]).await;
    let (direct, base) = Script::start([]).await;
    for _ in 0..2 {
        proxy.tell(told(502, &serde_json::Value::Null));
    }
    let settings = HttpSettings { proxy: Some(proxied.parse().unwrap()), ..HttpSettings::default() };
    assert_ambiguous(outcomes("http://api.invalid", http_with(settings.clone())).await);
    assert_eq!(proxy.asked().len(), 2);
    assert_ambiguous(outcomes(&base, http_with(settings)).await);
    assert_eq!((proxy.asked().len(), direct.asked().len()), (2, 2));
}

#[test]
fn without_tls_roots_the_sandbox_can_still_be_reached() {
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "transport::redirects_are_not_followed"])
        .envs([("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}
