//! A handler that does nothing, for `cargo xtask bench api`: what the framework itself costs on this machine.
//! Its argument is the file that it writes its address to.

use axum::Json;
use axum::routing::get;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let file = std::env::args_os().nth(1).ok_or_else(|| std::io::Error::other("name a file"))?;
    std::fs::write(file, format!("{}\n", listener.local_addr()?))?;
    let answer = || async { Json(serde_json::json!({"status": "SCHEDULED", "text": "x".repeat(600)})) };
    axum::serve(listener, axum::Router::new().route("/", get(answer))).await
}
