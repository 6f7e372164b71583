//! LinkedIn's routes.

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Router, routing};

use super::consent;
use super::hooks;
use super::oauth;
use super::platform::{respond, unavailable};
use super::received::Received;
use super::x::stored;
use crate::courier::challenge;
use crate::emulator::Emulator;
use crate::state::linkedin::{self, ListQuery, Part, UploadKind, problem};
use crate::state::{Caller, Platform, Reply, Route, Tx};

/// One upload: a document of 100 MB, which is sent in one piece, in bytes.
const UPLOAD_BYTES_MAX: usize = 101 << 20;

pub(super) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/oauth/v2/authorization", get(consent::authorize).post(consent::authorize))
        .route("/oauth/v2/accessToken", post(token))
        .route("/oauth/v2/introspectToken", post(introspect))
        .route("/oauth/v2/revoke", post(revoke))
        .route("/v2/userinfo", get(userinfo))
        .route("/rest/organizationAcls", get(acls))
        .route("/rest/organizations/{id}", get(organization))
        .route("/rest/posts", get(list).post(create))
        .route("/rest/posts/{urn}", get(post_by_urn).post(update).delete(delete))
        .route("/rest/socialActions/{urn}/comments", get(comments).post(comment))
        .route("/rest/socialActions/{urn}/comments/{id}", routing::delete(delete_comment))
        .route("/rest/socialMetadata/{urn}", get(social_metadata))
        .route("/rest/organizationalEntityShareStatistics", get(share_statistics))
        .route("/rest/memberCreatorPostAnalytics", get(member_analytics))
        .route("/rest/eventSubscriptions/{key}", put(subscribe))
        .route("/rest/images", post(images))
        .route("/rest/images/{urn}", get(image))
        .route("/rest/videos", post(videos))
        .route("/rest/videos/{urn}", get(video))
        .route("/rest/documents", post(documents))
        .route("/rest/documents/{urn}", get(document))
        .route(
            "/dms-uploads/{upload}",
            put(upload).post(captions).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .fallback(nothing)
}

async fn nothing(received: Received) -> Response {
    respond(problem::not_found(&received.path))
}

/// Answers a versioned route: headers first, then the rules.
async fn versioned(
    emulator: &Emulator,
    received: &Received,
    route: Route,
    rules: impl FnOnce(&mut Tx<'_>, &Caller) -> Result<Reply, Reply>,
) -> Response {
    let (version, protocol) =
        (received.header("linkedin-version"), received.header("x-restli-protocol-version"));
    let headers = linkedin::check_headers(version, protocol);
    let body_fits = received.body.is_empty() || received.is_json();
    emulator
        .answer(received.call(route, &[]), |tx, caller| {
            headers?;
            if !body_fits {
                return Err(problem::not_json());
            }
            rules(tx, caller)
        })
        .await
}

async fn token(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.open_call(Route::LinkedInToken);
    oauth::token(&emulator, &received, call).await
}

async fn introspect(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.open_call(Route::LinkedInIntrospect);
    oauth::introspect(&emulator, &received, call).await
}

async fn revoke(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.open_call(Route::LinkedInRevoke);
    oauth::revoke(&emulator, &received, call).await
}

async fn userinfo(State(emulator): State<Emulator>, received: Received) -> Response {
    let call = received.call(Route::LinkedInUserinfo, &[]);
    emulator.answer(call, |_, caller| linkedin::userinfo(caller)).await
}

async fn acls(State(emulator): State<Emulator>, received: Received) -> Response {
    versioned(&emulator, &received, Route::LinkedInAcls, |tx, caller| linkedin::acls(tx, caller)).await
}

async fn organization(
    State(emulator): State<Emulator>,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    versioned(&emulator, &received, Route::LinkedInOrganization, |tx, _| linkedin::organization(tx, &id))
        .await
}

async fn create(State(emulator): State<Emulator>, received: Received) -> Response {
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::create(tx, caller, &received.body);
    versioned(&emulator, &received, Route::LinkedInCreate, rules).await
}

async fn list(State(emulator): State<Emulator>, received: Received) -> Response {
    let query = ListQuery::from_query(&received.query);
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::list(tx, caller, &query?);
    versioned(&emulator, &received, Route::LinkedInList, rules).await
}

async fn post_by_urn(
    State(emulator): State<Emulator>,
    Path(urn): Path<String>,
    received: Received,
) -> Response {
    versioned(&emulator, &received, Route::LinkedInPost, |tx, caller| linkedin::post(tx, caller, &urn)).await
}

async fn update(State(emulator): State<Emulator>, Path(urn): Path<String>, received: Received) -> Response {
    let method = received.header("x-restli-method").unwrap_or_default().to_owned();
    let rules = |tx: &mut Tx<'_>, caller: &Caller| {
        if method != "PARTIAL_UPDATE" {
            return Err(problem::bad_request("X-RestLi-Method must be PARTIAL_UPDATE"));
        }
        linkedin::update(tx, caller, &urn, &received.body)
    };
    versioned(&emulator, &received, Route::LinkedInUpdate, rules).await
}

async fn delete(State(emulator): State<Emulator>, Path(urn): Path<String>, received: Received) -> Response {
    versioned(&emulator, &received, Route::LinkedInDelete, |tx, caller| linkedin::delete(tx, caller, &urn))
        .await
}

async fn comment(State(emulator): State<Emulator>, Path(urn): Path<String>, received: Received) -> Response {
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::comment(tx, caller, &urn, &received.body);
    versioned(&emulator, &received, Route::LinkedInComment, rules).await
}

async fn comments(State(emulator): State<Emulator>, Path(urn): Path<String>, received: Received) -> Response {
    let query = ListQuery::from_query(&received.query);
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::comments(tx, caller, &urn, &query?);
    versioned(&emulator, &received, Route::LinkedInComments, rules).await
}

async fn delete_comment(
    State(emulator): State<Emulator>,
    Path((urn, id)): Path<(String, String)>,
    received: Received,
) -> Response {
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::delete_comment(tx, caller, &urn, &id);
    versioned(&emulator, &received, Route::LinkedInCommentDelete, rules).await
}

async fn social_metadata(
    State(emulator): State<Emulator>,
    Path(urn): Path<String>,
    received: Received,
) -> Response {
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::social_metadata(tx, caller, &urn);
    versioned(&emulator, &received, Route::LinkedInSocialMetadata, rules).await
}

async fn share_statistics(State(emulator): State<Emulator>, received: Received) -> Response {
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::share_statistics(tx, caller, &received.query);
    versioned(&emulator, &received, Route::LinkedInShareStatistics, rules).await
}

async fn member_analytics(State(emulator): State<Emulator>, received: Received) -> Response {
    let version = received.header("linkedin-version").and_then(|version| version.parse().ok()).unwrap_or(0);
    let rules =
        |tx: &mut Tx<'_>, caller: &Caller| linkedin::member_analytics(tx, caller, &received.query, version);
    versioned(&emulator, &received, Route::LinkedInPostAnalytics, rules).await
}

async fn subscribe(
    State(emulator): State<Emulator>,
    Path(key): Path<String>,
    received: Received,
) -> Response {
    let url = linkedin::subscribed_url(&received.body);
    let passed = match &url {
        // Only to addresses of this machine, whoever asks.
        Some(url) => challenge(Platform::LinkedIn, url, &hooks::word()).await,
        None => Ok(()),
    };
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::subscribe(tx, caller, &key, url, passed);
    versioned(&emulator, &received, Route::LinkedInSubscribe, rules).await
}

async fn images(State(emulator): State<Emulator>, received: Received) -> Response {
    initialize(&emulator, &received, UploadKind::Image, Route::LinkedInImages).await
}

async fn documents(State(emulator): State<Emulator>, received: Received) -> Response {
    initialize(&emulator, &received, UploadKind::Document, Route::LinkedInDocuments).await
}

async fn videos(State(emulator): State<Emulator>, received: Received) -> Response {
    if received.asked("action") != Some("finalizeUpload") {
        return initialize(&emulator, &received, UploadKind::Video, Route::LinkedInVideos).await;
    }
    let urn = linkedin::finalized_urn(&received.body).unwrap_or_default();
    let Ok(parts) = emulator.act(|tx| crate::state::x::finished_parts(tx.world, &urn)).await else {
        return respond(unavailable(Platform::LinkedIn, "The sandbox's journal can't be written."));
    };
    let file = match stored(&emulator, Platform::LinkedIn, emulator.joined(&parts).await).await {
        Ok(file) => file,
        Err(reply) => return respond(reply),
    };
    let rules = |tx: &mut Tx<'_>, caller: &Caller| linkedin::finalize(tx, caller, &received.body, file);
    versioned(&emulator, &received, Route::LinkedInVideos, rules).await
}

async fn initialize(emulator: &Emulator, received: &Received, kind: UploadKind, route: Route) -> Response {
    let known = received.asked("action") == Some("initializeUpload");
    let rules = |tx: &mut Tx<'_>, caller: &Caller| {
        if !known {
            return Err(problem::bad_request("The action is not known"));
        }
        linkedin::initialize(tx, caller, kind, &received.body)
    };
    versioned(emulator, received, route, rules).await
}

async fn image(State(emulator): State<Emulator>, Path(urn): Path<String>, received: Received) -> Response {
    upload_status(&emulator, &received, UploadKind::Image, &urn).await
}

async fn video(State(emulator): State<Emulator>, Path(urn): Path<String>, received: Received) -> Response {
    upload_status(&emulator, &received, UploadKind::Video, &urn).await
}

async fn document(State(emulator): State<Emulator>, Path(urn): Path<String>, received: Received) -> Response {
    upload_status(&emulator, &received, UploadKind::Document, &urn).await
}

async fn upload_status(emulator: &Emulator, received: &Received, kind: UploadKind, urn: &str) -> Response {
    let route = match kind {
        UploadKind::Image => Route::LinkedInImage,
        UploadKind::Video => Route::LinkedInVideo,
        UploadKind::Document => Route::LinkedInDocument,
    };
    versioned(emulator, received, route, |tx, caller| linkedin::status(tx, caller, kind, urn)).await
}

/// Images and documents are sent with the token; a video's parts have their permission in the address.
async fn upload(State(emulator): State<Emulator>, Path(number): Path<u64>, received: Received) -> Response {
    let kind = received.asked("kind").unwrap_or_default().to_owned();
    let part = received.asked("part").and_then(|part| part.parse().ok()).unwrap_or(0);
    let route = Route::LinkedInUpload;
    let call = if kind == "video" { received.open_call(route) } else { received.call(route, &[]) };
    let file = match stored(&emulator, Platform::LinkedIn, Ok(received.body.clone())).await {
        Ok(file) => file,
        Err(reply) => return respond(reply),
    };
    let urn = format!("urn:li:{kind}:{number}");
    emulator
        .answer_open(call, |tx, caller| linkedin::put(tx, caller, &urn, Part { number: part, file }))
        .await
}

/// A video's captions: a form. Its permission is in the address, as that of the video's parts.
async fn captions(State(emulator): State<Emulator>, Path(number): Path<u64>, received: Received) -> Response {
    let call = received.open_call(Route::LinkedInCaptions);
    let mut parts = received.parts().await;
    let mut part = |wanted: &str| {
        let at = parts.iter().position(|(name, _)| name == wanted)?;
        Some(parts.swap_remove(at).1)
    };
    let (Some(metadata), Some(bytes)) = (part("metadata"), part("file")) else {
        let why = "Captions are a form of `metadata` and `file`";
        return emulator.answer_open(call, |_, _| Err(problem::bad_request(why))).await;
    };
    let file = match stored(&emulator, Platform::LinkedIn, Ok(bytes)).await {
        Ok(file) => file,
        Err(reply) => return respond(reply),
    };
    let urn = format!("urn:li:video:{number}");
    emulator.answer_open(call, |tx, _| linkedin::put_captions(tx, &urn, &metadata, file)).await
}
