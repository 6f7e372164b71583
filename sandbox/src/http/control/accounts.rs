//! Accounts and tokens without a consent, for tests.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Problem, Span, body, ok, platform};
use crate::emulator::Emulator;
use crate::http::received::Received;
use crate::state::{Account, AccountKind, Event, HANDLE_RULE, Platform, TokenHash};

/// The scopes when the request names none.
const X_SCOPES: [&str; 5] = ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"];
const LINKEDIN_SCOPES: [&str; 4] = ["openid", "profile", "email", "w_member_social"];
const ORGANIZATION_SCOPES: [&str; 3] =
    ["w_organization_social", "r_organization_social", "rw_organization_admin"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccountBody {
    platform: String,
    account: String,
    kind: Option<AccountKind>,
    scopes: Option<Vec<String>>,
    /// Whether there is a refresh token; there is one unless this says no.
    refresh: Option<bool>,
    /// A shorter life of the access token.
    expires_in: Option<Span>,
}

/// Opens an account, if it is new, and gives tokens for it, as after a consent.
pub(super) async fn open(State(emulator): State<Emulator>, received: Received) -> Answer {
    let body: AccountBody = body(&received)?;
    let platform = platform(&body.platform)?;
    let kind = body.kind.unwrap_or(AccountKind::Member);
    let life = body.expires_in.as_ref().map(Span::read).transpose()?;
    if !Account::is_handle(&body.account) {
        let detail = format!("`{}` is not a handle: use {HANDLE_RULE}", body.account);
        return Err(Problem::new(StatusCode::BAD_REQUEST, "sandbox/handle", detail));
    }
    if platform == Platform::X && kind == AccountKind::Organization {
        return Err(Problem::body("`x` has no organizations"));
    }
    let scopes = body.scopes.unwrap_or_else(|| default_scopes(platform, kind));
    let opened = emulator
        .act(|tx| {
            let (member, shown) = match kind {
                AccountKind::Member => {
                    let member = tx.open_member(platform, &body.account, &scopes);
                    (member.clone(), member)
                }
                AccountKind::Organization => tx.open_organization(&body.account),
            };
            let mut issued = tx.grant(platform, &member.subject, &scopes, body.refresh.unwrap_or(true));
            if let Some(life) = life {
                issued.access_expires_at = issued.access_expires_at.min(tx.now + life);
                let token = TokenHash::of(&issued.access);
                tx.record(Event::AccessExpired { token, at: issued.access_expires_at });
            }
            json!({
                "account": format!("{}/{}", platform.as_str(), shown.handle),
                "accessToken": issued.access, "refreshToken": issued.refresh,
                "expiresAt": issued.access_expires_at, "scopes": issued.scopes, "userId": shown.subject,
            })
        })
        .await?;
    ok(opened)
}

fn default_scopes(platform: Platform, kind: AccountKind) -> Vec<String> {
    let words = match (platform, kind) {
        (Platform::X, _) => X_SCOPES.to_vec(),
        (Platform::LinkedIn, AccountKind::Member) => LINKEDIN_SCOPES.to_vec(),
        (Platform::LinkedIn, AccountKind::Organization) => {
            [&LINKEDIN_SCOPES[..], &ORGANIZATION_SCOPES].concat()
        }
    };
    words.into_iter().map(str::to_owned).collect()
}
