//! The page on which an account's owner says yes or no.

use askama::Template;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use url::Url;

use super::oauth::{Fields, field};
use super::received::Received;
use crate::APP_CLIENT_ID;
use crate::emulator::Emulator;
use crate::state::{Account, Code, HANDLE_RULE, Platform, Reply, Route};

/// The account that consents when nobody names one.
const ACCOUNT_DEFAULT: &str = "demo";
/// The longest `state` (X's documentation).
const STATE_CHARS_MAX: usize = 500;
/// What the sandbox's pages may load: nothing but what is here. `form-action` is left out: it would also
/// forbid the redirect that follows a consent.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; \
    img-src 'self' data:; media-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const X_SCOPES: &[&str] = &[
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "users.email",
    "offline.access",
    "media.write",
    "follows.read",
    "follows.write",
    "like.read",
    "like.write",
    "list.read",
    "list.write",
    "mute.read",
    "mute.write",
    "block.read",
    "block.write",
    "bookmark.read",
    "bookmark.write",
    "space.read",
    "dm.read",
    "dm.write",
    "timeline.read",
];
const LINKEDIN_SCOPES: &[&str] = &[
    "openid",
    "profile",
    "email",
    "w_member_social",
    "w_organization_social",
    "r_organization_social",
    "rw_organization_admin",
    "r_organization_admin",
    "r_member_postAnalytics",
    "r_member_profileAnalytics",
    "r_liteprofile",
    "r_emailaddress",
    "r_basicprofile",
    "w_member_social_feed",
    "w_organization_social_feed",
    "r_organization_social_feed",
    "r_organization_followers",
];

/// What a scope allows, in the words of a consent page; nothing for what an application of ours never asks.
fn meaning(scope: &str) -> &'static str {
    match scope {
        "tweet.read" => "See the posts that you can see",
        "tweet.write" => "Write and delete posts for you",
        "users.read" | "openid" | "profile" | "r_liteprofile" | "r_basicprofile" => "See who you are",
        "media.write" => "Upload images and videos",
        "offline.access" => "Stay connected until you take it back",
        "email" | "r_emailaddress" | "users.email" => "See your email address",
        "w_member_social" => "Post and comment in your name",
        "w_organization_social" => "Post as the pages that you administer",
        "r_organization_social" => "Read the posts of your pages",
        "rw_organization_admin" => "See your pages, and how their posts do",
        "r_member_postAnalytics" => "See how your posts do",
        _ => "",
    }
}

/// A request for consent whose sender and way back are known.
struct Asked {
    platform: Platform,
    redirect: Url,
    redirect_uri: String,
    state: Option<String>,
    scopes: Vec<String>,
    challenge: Option<String>,
}

/// Why there is nothing to consent to.
enum Wrong {
    /// The way back is not to be trusted, so a person is told.
    Page(&'static str),
    /// The application is told.
    Redirect(Url),
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'p> {
    platform: &'static str,
    title: &'static str,
    /// Each with what it means.
    scopes: Vec<(&'p str, &'static str)>,
    fields: &'p Fields,
    account: &'p str,
    handle_rule: &'p str,
    back_to: String,
}

/// Shows the page, or takes its answer. `auto=approve`, or a header `x-sandbox-approve`, with the
/// account's handle or empty, stands for a person.
pub(super) async fn authorize(State(emulator): State<Emulator>, received: Received) -> Response {
    let platform = received.platform();
    let fields = if received.method == Method::POST { received.form() } else { received.query.clone() };
    let asked = match read(platform, &fields) {
        Ok(asked) => asked,
        Err(Wrong::Page(why)) => return page_error(why),
        Err(Wrong::Redirect(back)) => return see(&back),
    };
    let header_account = received.header("x-sandbox-approve");
    let account = header_account.filter(|account| !account.is_empty()).or_else(|| field(&fields, "account"));
    let account = account.map(str::trim).filter(|account| !account.is_empty()).unwrap_or(ACCOUNT_DEFAULT);
    let decision = match (field(&fields, "decision").or_else(|| field(&fields, "auto")), header_account) {
        (_, Some(_)) => Some("approve"),
        (decision, None) => decision,
    };
    match decision {
        Some("approve") if !Account::is_handle(account) => {
            page_error("An account's handle is 1 to 50 letters, digits, _, . or -.")
        }
        Some("approve") => approve(&emulator, &received, asked, account, &fields).await,
        Some(_) => see(&denied(&asked)),
        None => page(&asked, &fields, account),
    }
}

async fn approve(
    emulator: &Emulator,
    received: &Received,
    asked: Asked,
    handle: &str,
    fields: &Fields,
) -> Response {
    let platform = asked.platform;
    let route = match platform {
        Platform::X => Route::XAuthorize,
        Platform::LinkedIn => Route::LinkedInAuthorize,
    };
    let renewable = match platform {
        Platform::X => asked.scopes.iter().any(|scope| scope == "offline.access"),
        // LinkedIn gives refresh tokens to approved partners only: the sandbox's application is one,
        // unless the request says otherwise.
        Platform::LinkedIn => field(fields, "refresh") != Some("off"),
    };
    emulator
        .answer_open(received.open_call(route), |tx, _| {
            let account = tx.open_member(platform, handle, &asked.scopes);
            let code = tx.world.mint.token(&format!("sandbox-{}-code", platform.as_str()));
            let waiting = Code {
                platform,
                subject: account.subject,
                scopes: asked.scopes,
                redirect_uri: asked.redirect_uri,
                challenge: asked.challenge,
                renewable,
                issued_at: tx.now,
            };
            tx.world.codes.insert(&code, waiting);
            let mut back = asked.redirect;
            add(&mut back, asked.state.as_deref(), &[("code", &code)]);
            Ok(Reply::empty(302)
                .with_header("location", back.as_str())
                .with_header("cache-control", "no-store"))
        })
        .await
}

fn read(platform: Platform, fields: &Fields) -> Result<Asked, Wrong> {
    if field(fields, "client_id") != Some(APP_CLIENT_ID) {
        return Err(Wrong::Page("The application is not known here: the client id is wrong."));
    }
    let redirect_uri = field(fields, "redirect_uri").unwrap_or_default();
    let redirect = Url::parse(redirect_uri).ok().filter(is_way_back);
    let redirect =
        redirect.ok_or(Wrong::Page("The redirect address must be https, or http on this machine."))?;
    let state = field(fields, "state").map(str::to_owned);
    let wrong = |error: &str, words: &str| {
        let mut back = redirect.clone();
        add(&mut back, state.as_deref(), &[("error", error), ("error_description", words)]);
        Wrong::Redirect(back)
    };
    if field(fields, "response_type") != Some("code") {
        return Err(wrong("unsupported_response_type", "response_type must be code"));
    }
    let state_fits =
        state.as_ref().is_some_and(|state| (1..=STATE_CHARS_MAX).contains(&state.chars().count()));
    if platform == Platform::X && !state_fits {
        return Err(wrong("invalid_request", "state must have 1 to 500 characters"));
    }
    let words = field(fields, "scope").unwrap_or_default().split([' ', ',']);
    let scopes: Vec<String> = words.filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let (known, error) = match platform {
        Platform::X => (X_SCOPES, "invalid_scope"),
        Platform::LinkedIn => (LINKEDIN_SCOPES, "unauthorized_scope_error"),
    };
    if let Some(scope) = scopes.iter().find(|scope| !known.contains(&scope.as_str())) {
        return Err(wrong(error, &format!("Scope \"{scope}\" is not authorized for your application")));
    }
    if scopes.is_empty() {
        return Err(wrong(error, "scope is missing"));
    }
    let challenge = field(fields, "code_challenge").map(str::to_owned);
    let sound = challenge.as_ref().is_some_and(|challenge| challenge.len() == 43)
        && field(fields, "code_challenge_method") == Some("S256");
    if platform == Platform::X && !sound {
        return Err(wrong("invalid_request", "a code_challenge with the method S256 is needed"));
    }
    let redirect_uri = redirect_uri.to_owned();
    Ok(Asked { platform, redirect, redirect_uri, state, scopes, challenge })
}

fn is_way_back(url: &Url) -> bool {
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.fragment().is_none() && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

fn denied(asked: &Asked) -> Url {
    let mut back = asked.redirect.clone();
    let (error, words) = match asked.platform {
        Platform::X => ("access_denied", "The user denied the request"),
        Platform::LinkedIn => ("user_cancelled_authorize", "The user cancelled the authorization"),
    };
    add(&mut back, asked.state.as_deref(), &[("error", error), ("error_description", words)]);
    back
}

fn add(back: &mut Url, state: Option<&str>, pairs: &[(&str, &str)]) {
    let mut query = back.query_pairs_mut();
    query.extend_pairs(pairs);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
}

fn page(asked: &Asked, fields: &Fields, account: &str) -> Response {
    let kept: Vec<_> = fields.iter().filter(|(name, _)| name != "account").cloned().collect();
    let page = ConsentPage {
        platform: asked.platform.as_str(),
        title: asked.platform.title(),
        scopes: asked.scopes.iter().map(|scope| (scope.as_str(), meaning(scope))).collect(),
        fields: &kept,
        account,
        handle_rule: &HANDLE_RULE.replace('`', ""),
        back_to: asked.redirect.host_str().unwrap_or_default().to_owned(),
    };
    html(StatusCode::OK, page.render())
}

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage<'p> {
    why: &'p str,
}

fn page_error(why: &str) -> Response {
    html(StatusCode::BAD_REQUEST, RefusedPage { why }.render())
}

/// A page of the sandbox.
pub(super) fn html(status: StatusCode, page: Result<String, askama::Error>) -> Response {
    let Ok(page) = page else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, Html(page)).into_response()
}

fn see(back: &Url) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, back.as_str())]).into_response()
}
