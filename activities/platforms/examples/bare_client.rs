//! The bare HTTP client of `cargo xtask bench publish`: the same requests to the same sandbox, and nothing else.
//!
//! `bare_client BASE_URL POSTS_EACH TOKENS_FILE`: access tokens, one a line. Each account posts one after the
//! other, all accounts at once, as the product may. Prints one JSON object.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measurements, not the product")]

use std::time::Instant;

use activities_platforms::http::client;
use serde_json::json;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [base, each, tokens] = args.as_slice() else { panic!("bare_client BASE_URL POSTS_EACH TOKENS_FILE") };
    let each: usize = each.parse().unwrap();
    let tokens = std::fs::read_to_string(tokens).unwrap();
    let http = client().unwrap();
    let began = Instant::now();
    let mut accounts = tokio::task::JoinSet::new();
    for (account, token) in tokens.lines().map(str::to_owned).enumerate() {
        let (http, url) = (http.clone(), format!("{}/2/tweets", base.trim_end_matches('/')));
        accounts.spawn(async move {
            for post in 0..each {
                let body =
                    json!({"text": format!("Bare post {post} of account {account}, as long as others")});
                let answer = http.post(&url).bearer_auth(&token).json(&body).send().await.unwrap();
                assert_eq!(answer.status().as_u16(), 201);
                answer.bytes().await.unwrap();
            }
        });
    }
    let sent = accounts.len() * each;
    while let Some(done) = accounts.join_next().await {
        done.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = sent as f64 / began.elapsed().as_secs_f64();
    println!("{}", json!({"sent": sent, "rate": rate}));
}
