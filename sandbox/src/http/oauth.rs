//! OAuth: from a consent to a code, from a code to tokens, from a refresh token to new ones.

use axum::response::Response;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::received::Received;
use crate::emulator::Emulator;
use crate::state::{Call, FaultName, Issued, Platform, Reply, Rotation, TokenHash, Tx};
use crate::{APP_CLIENT_ID, APP_CLIENT_SECRET};

/// Fields of a form, in their order.
pub(super) type Fields = [(String, String)];

/// The first value of a name.
pub(super) fn field<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Answers a token request of either platform.
pub(super) async fn token(emulator: &Emulator, received: &Received, call: Call) -> Response {
    let platform = received.platform();
    let fields = received.form();
    let client = client(received, &fields);
    emulator
        .answer_open(call, |tx, _| {
            if !client.is_known(platform) {
                return Err(bad_client(platform));
            }
            let issued = match field(&fields, "grant_type") {
                Some("authorization_code") => spend_code(tx, platform, &fields)?,
                Some("refresh_token") => refresh(tx, platform, &fields)?,
                _ => return Err(refusal("unsupported_grant_type", "The grant type is not supported.")),
            };
            Ok(issued_reply(tx, platform, issued))
        })
        .await
}

/// Answers a request to take a token back. A token that nobody knows is taken back already.
pub(super) async fn revoke(emulator: &Emulator, received: &Received, call: Call) -> Response {
    let platform = received.platform();
    let fields = received.form();
    let client = client(received, &fields);
    emulator
        .answer_open(call, |tx, _| {
            if !client.is_known(platform) {
                return Err(bad_client(platform));
            }
            let Some(token) = field(&fields, "token") else {
                return Err(refusal("invalid_request", "Missing required parameter [token]."));
            };
            let token = TokenHash::of(token);
            let by_access = tx.world.grants.by_access(&token, tx.now).map(|(grant, _)| grant);
            let grant = by_access.or_else(|| tx.world.grants.by_refresh(&token, tx.now));
            if let Some(grant) = grant.filter(|grant| grant.platform == platform).map(|grant| grant.id) {
                tx.record(crate::state::Event::GrantRevoked { grant });
            }
            Ok(Reply::json(200, json!({"revoked": true})))
        })
        .await
}

/// Answers LinkedIn's question how a token is.
pub(super) async fn introspect(emulator: &Emulator, received: &Received, call: Call) -> Response {
    let fields = received.form();
    let client = client(received, &fields);
    emulator
        .answer_open(call, |tx, _| {
            if !client.is_known(Platform::LinkedIn) {
                return Err(bad_client(Platform::LinkedIn));
            }
            let token = TokenHash::of(field(&fields, "token").unwrap_or_default());
            let by_access = tx.world.grants.by_access(&token, tx.now);
            let Some((grant, standing)) = by_access.filter(|(grant, _)| grant.platform == Platform::LinkedIn)
            else {
                return Ok(Reply::json(200, json!({"active": false})));
            };
            let status = standing.as_str();
            Ok(Reply::json(
                200,
                json!({
                    "active": status == "active", "status": status, "client_id": APP_CLIENT_ID,
                    "authorized_at": grant.authorized_at.as_second(),
                    "created_at": grant.access.issued_at.as_second(),
                    "expires_at": grant.access.expires_at.as_second(),
                    "scope": grant.scopes.join(","), "auth_type": "3L",
                }),
            ))
        })
        .await
}

/// Who asks, as they say.
struct Client {
    id: Option<String>,
    secret: Option<String>,
    /// Named in the header; LinkedIn reads the body only.
    basic: bool,
}

impl Client {
    fn is_known(&self, platform: Platform) -> bool {
        let known =
            self.id.as_deref() == Some(APP_CLIENT_ID) && self.secret.as_deref() == Some(APP_CLIENT_SECRET);
        known && (platform == Platform::X || !self.basic)
    }
}

fn client(received: &Received, fields: &Fields) -> Client {
    let basic = received.header("authorization").and_then(|value| value.split_once(' '));
    if let Some((scheme, encoded)) = basic
        && scheme.eq_ignore_ascii_case("basic")
    {
        let decoded =
            BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (id, secret) = decoded.as_deref().and_then(|pair| pair.split_once(':')).unzip();
        // RFC 6749, 2.3.1: both are form-encoded before they are joined.
        let plain = |word: &str| {
            let pair = format!("v={word}");
            url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
        };
        return Client { id: id.and_then(plain), secret: secret.and_then(plain), basic: true };
    }
    let owned = |name| field(fields, name).map(str::to_owned);
    Client { id: owned("client_id"), secret: owned("client_secret"), basic: false }
}

fn spend_code(tx: &mut Tx<'_>, platform: Platform, fields: &Fields) -> Result<Issued, Reply> {
    let invalid = || match platform {
        Platform::X => refusal("invalid_request", "Value passed for the authorization code was invalid."),
        Platform::LinkedIn => refusal(
            "invalid_request",
            "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. \
             Or authorization code expired. Or external member binding exists",
        ),
    };
    let code = field(fields, "code").and_then(|code| tx.world.codes.spend(code)).ok_or_else(invalid)?;
    let same_address = field(fields, "redirect_uri") == Some(code.redirect_uri.as_str());
    if code.platform != platform || !code.is_fresh(tx.now) || !same_address {
        return Err(invalid());
    }
    let proof = field(fields, "code_verifier");
    match (&code.challenge, proof) {
        (None, _) => {}
        (Some(challenge), Some(proof))
            if BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(proof)) == *challenge => {}
        (Some(_), _) => {
            return Err(refusal("invalid_request", "Value passed for the code verifier was invalid."));
        }
    }
    Ok(tx.grant(platform, &code.subject, &code.scopes, code.renewable))
}

fn refresh(tx: &mut Tx<'_>, platform: Platform, fields: &Fields) -> Result<Issued, Reply> {
    let invalid = || match platform {
        Platform::X => refusal("invalid_request", "Value passed for the token was invalid."),
        Platform::LinkedIn => refusal(
            "invalid_grant",
            "The provided authorization grant or refresh token is invalid, expired or revoked.",
        ),
    };
    let presented = field(fields, "refresh_token").ok_or_else(invalid)?;
    let grant = tx.world.grants.by_refresh(&TokenHash::of(presented), tx.now);
    let grant = grant.filter(|grant| grant.platform == platform).cloned().ok_or_else(invalid)?;
    let bent = tx.bent_by(FaultName::RotateRefresh).is_some();
    match (platform, bent) {
        (Platform::X, false) => Ok(tx.refresh(&grant, presented, Rotation::Renewed)),
        (Platform::X, true) => {
            // Somebody else comes first, and what they got is theirs.
            let _theirs = tx.refresh(&grant, presented, Rotation::Renewed);
            Err(invalid())
        }
        (Platform::LinkedIn, false) => Ok(tx.refresh(&grant, presented, Rotation::Stays)),
        (Platform::LinkedIn, true) => Ok(tx.refresh(&grant, presented, Rotation::SameEnd)),
    }
}

fn issued_reply(tx: &Tx<'_>, platform: Platform, issued: Issued) -> Reply {
    let seconds = |until: jiff::Timestamp| until.duration_since(tx.now).as_secs();
    let mut body = json!({
        "access_token": issued.access,
        "expires_in": seconds(issued.access_expires_at),
    });
    match platform {
        Platform::X => {
            body["token_type"] = json!("bearer");
            body["scope"] = json!(issued.scopes.join(" "));
        }
        Platform::LinkedIn => {
            body["token_type"] = json!("Bearer");
            body["scope"] = json!(issued.scopes.join(","));
        }
    }
    if let Some(refresh) = issued.refresh {
        body["refresh_token"] = json!(refresh);
    }
    if let Some(until) = issued.refresh_expires_at.filter(|_| platform == Platform::LinkedIn) {
        body["refresh_token_expires_in"] = json!(seconds(until));
    }
    Reply::json(200, body).with_header("cache-control", "no-store")
}

fn bad_client(platform: Platform) -> Reply {
    let (error, words) = match platform {
        Platform::X => ("unauthorized_client", "Missing valid authorization header"),
        Platform::LinkedIn => ("invalid_client", "Client authentication failed"),
    };
    Reply::json(401, json!({"error": error, "error_description": words}))
}

fn refusal(error: &str, words: &str) -> Reply {
    Reply::json(400, json!({"error": error, "error_description": words}))
}
