use secrecy::ExposeSecret as _;
use serde_json::json;

use super::*;

const SENT: &str = "sent-refresh-token";

fn read(reply: Result<Reply, Lost>) -> Result<TokenSet, TokenError> {
    let sent = SecretString::from(SENT);
    let secrets = [&sent];
    let asked_at = Timestamp::from_second(1_000).unwrap();
    tokens(reply, Reading { asked_at, lasts_secs: 7_200, secrets: &secrets })
}

fn reply(status: u16, body: &Value) -> Result<Reply, Lost> {
    let body = Body::Whole(body.to_string().into_bytes());
    Ok(Reply { status, headers: http::HeaderMap::new(), body })
}

fn code(reply: Result<Reply, Lost>) -> &'static str {
    read(reply).map_or_else(|error| error.code(), |_| "tokens")
}

#[test]
fn tokens_are_read_in_both_platforms_ways() {
    let x = json!({
        "token_type": "bearer", "expires_in": 7200, "access_token": "a", "refresh_token": "r",
        "scope": "tweet.read users.read"
    });
    let tokens = read(reply(200, &x)).unwrap();
    assert_eq!(tokens.access.expose_secret(), "a");
    assert_eq!(tokens.refresh.as_ref().map(|token| token.expose_secret()), Some("r"));
    assert_eq!(tokens.expires_at, Timestamp::from_second(8_200).unwrap());
    assert_eq!(tokens.scopes, ["tweet.read", "users.read"]);
    let linkedin = json!({
        "access_token": "a", "expires_in": "5184000", "scope": "openid,profile,w_member_social",
        "refresh_token_expires_in": 31_536_000
    });
    let tokens = read(reply(200, &linkedin)).unwrap();
    assert_eq!(tokens.scopes, ["openid", "profile", "w_member_social"]);
    assert!(tokens.refresh.is_none());
    assert_eq!(tokens.refresh_expires_at, Timestamp::from_second(31_537_000).ok());
    assert_eq!(tokens.expires_at, Timestamp::from_second(5_185_000).unwrap());
}

#[test]
fn every_answer_says_who_must_act() {
    let error =
        |word: &str| json!({"error": word, "error_description": "Value passed for the token was invalid."});
    assert_eq!(code(reply(400, &error("invalid_request"))), "oauth/dead");
    assert_eq!(code(reply(400, &error("invalid_grant"))), "oauth/dead");
    assert_eq!(code(reply(401, &error("invalid_client"))), "oauth/misconfigured");
    assert_eq!(code(reply(400, &error("unauthorized_client"))), "oauth/misconfigured");
    assert_eq!(code(reply(403, &json!({}))), "oauth/misconfigured");
    assert_eq!(code(reply(429, &json!({}))), "oauth/transient");
    assert_eq!(code(reply(503, &json!({}))), "oauth/transient");
    assert_eq!(code(reply(302, &json!({}))), "oauth/transient");
    assert_eq!(code(Err(Lost::NotSent("refused".to_owned()))), "oauth/transient");
    assert_eq!(code(Err(Lost::NoAnswer("reset".to_owned()))), "oauth/lost");
    assert_eq!(code(reply(408, &json!({}))), "oauth/lost");
}

#[test]
fn a_success_that_can_not_be_read_is_a_lost_answer() {
    for body in [json!({}), json!([]), json!({"access_token": ""}), json!({"access_token": "a b"})] {
        assert_eq!(code(reply(200, &body)), "oauth/lost", "{body}");
    }
    for body in [Body::TooLong, Body::Broken("reset".to_owned()), Body::Whole(b"<html>".to_vec())] {
        let torn = Ok(Reply { status: 200, headers: http::HeaderMap::new(), body });
        assert_eq!(code(torn), "oauth/lost");
    }
}

#[test]
fn no_status_is_without_a_meaning_and_none_loses_an_account_by_accident() {
    for status in 100..=599_u16 {
        let found = code(reply(status, &json!({"oops": true})));
        assert_ne!(found, "oauth/dead", "{status}: nothing said that the grant is dead");
        assert_ne!(found, "tokens", "{status}");
    }
}

#[test]
fn messages_and_debug_output_hold_no_secret() {
    let echo = json!({"error": "invalid_grant", "error_description": format!("no such token {SENT}")});
    let message = read(reply(400, &echo)).unwrap_err().to_string();
    assert!(message.contains("[token]") && !message.contains(SENT), "{message}");
    let tokens = read(reply(200, &json!({"access_token": "s3cret", "refresh_token": "s3cret"}))).unwrap();
    assert!(!format!("{tokens:?}").contains("s3cret"));
}
