//! Who may call what: every route with every role, on the caller's own things and on another's.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use server::app::Rank;
use server::http::{Need, Verb, needs};
use support::{Fixture, TOKEN};

fn method(verb: Verb) -> Method {
    verb.as_str().to_uppercase().parse().unwrap()
}

/// A concrete address of a route, every name in it that of something of another organization or of nothing.
fn foreign(path: &str) -> String {
    let place = |part: &str| match part {
        "{platform}" => "twitter".to_owned(),
        _ if part.starts_with('{') => "foreign".to_owned(),
        _ => part.to_owned(),
    };
    path.trim_start_matches('/').split('/').map(place).collect::<Vec<_>>().join("/")
}

fn may(role: &str, need: Need) -> bool {
    let rank = match role {
        "viewer" => Some(Rank::Viewer),
        "editor" => Some(Rank::Editor),
        "approver" => Some(Rank::Approver),
        "admin" | "service" => Some(Rank::Admin),
        _ => None,
    };
    match need {
        Need::Nobody | Need::Anyone => true,
        Need::Operator => role == "operator",
        Need::Rank(needed) => rank.is_some_and(|rank| rank >= needed),
    }
}

#[tokio::test]
async fn every_route_asks_for_a_token_and_for_its_role() {
    let server = Fixture::start().await;
    let mut tokens = Vec::new();
    for role in ["viewer", "editor", "approver", "admin"] {
        tokens.push((role, server.token(role, Some("default")).await));
    }
    for role in ["operator", "service"] {
        tokens.push((role, server.token(role, None).await));
    }
    for (verb, path, need) in needs() {
        let path = foreign(path);
        let url = server.url.join(&path).unwrap();
        let ask = async |token: &str| {
            let request = server.http.request(method(verb), url.clone()).bearer_auth(token);
            request.send().await.unwrap().status().as_u16()
        };
        if need == Need::Nobody {
            // A webhook's signature is its token.
            assert_eq!(ask("wrong").await == 401, path.contains("webhooks/") && verb == Verb::Post);
            continue;
        }
        for wrong in ["wrong", "", "tdg_"] {
            assert_eq!(ask(wrong).await, 401, "{verb:?} {path}");
        }
        for (role, token) in &tokens {
            let status = ask(token).await;
            assert_ne!(status, 401, "{verb:?} {path} as {role}");
            // This server has no home to ask about workers and schedules.
            assert!(status < 500 || status == 503, "{verb:?} {path} as {role}: {status}");
            if !matches!(need, Need::Anyone) {
                assert_eq!(status != 403, may(role, need), "{verb:?} {path} as {role}: {status}");
            }
        }
    }
    server.stop().await;
}

/// Everything that a route can be asked about, of organization `default`.
struct Things {
    account: String,
    post: String,
    token: String,
}

impl Things {
    async fn of(server: &Fixture) -> Self {
        let account = server.account("TWITTER").await;
        let wish = json!({"organizationId": "default", "body": "Ours"});
        server.ask(Method::PUT, "api/v1/social/content/ours", Some(&wish)).await;
        let wish = json!({
            "contentPieceId": "ours", "socialAccountId": account, "scheduledAt": "2099-03-18T09:00:00Z",
        });
        let (_, post) = server.ask(Method::POST, "api/v1/social/schedule", Some(&wish)).await;
        let wish = json!({"name": "ours", "role": "viewer"});
        let (_, token) = server.ask(Method::POST, "api/v1/tokens", Some(&wish)).await;
        let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
        Self { account, post: text(&post), token: text(&token) }
    }

    fn requests(&self) -> Vec<(Method, String, Option<Value>)> {
        let Self { account, post, token } = self;
        let content = json!({"organizationId": "default", "body": "Theirs"});
        let schedule = json!({"contentPieceId": "ours", "socialAccountId": account});
        let cross = json!({
            "contentPieceId": "ours",
            "platformSchedules": [{"platform": "TWITTER", "socialAccountId": account}],
        });
        let get = |path: String| (Method::GET, path, None);
        let post_to = |path: String, body: Option<Value>| (Method::POST, path, body);
        vec![
            get("api/v1/social/accounts/default".into()),
            get("api/v1/social/scheduled/default".into()),
            get(format!("api/v1/social/posts/{post}")),
            get("api/v1/social/content/ours".into()),
            get(format!("api/v1/publications/{post}")),
            get("api/v1/publications?organizationId=default".into()),
            get("api/v1/audit?organizationId=default".into()),
            get("api/v1/pauses?organizationId=default".into()),
            get("api/v1/campaigns?organizationId=default".into()),
            (Method::DELETE, format!("api/v1/social/accounts/{account}"), None),
            (Method::DELETE, format!("api/v1/social/scheduled/{post}"), None),
            (Method::DELETE, format!("api/v1/social/posts/{post}"), None),
            (Method::DELETE, format!("api/v1/tokens/{token}"), None),
            (Method::PATCH, format!("api/v1/tokens/{token}"), Some(json!({"name": "theirs"}))),
            post_to("api/v1/campaigns/ours/cancel?organizationId=default".into(), None),
            (Method::PATCH, format!("api/v1/social/scheduled/{post}"), Some(json!({"priority": 1}))),
            post_to(format!("api/v1/social/posts/{post}/approve"), None),
            post_to(format!("api/v1/social/posts/{post}/reject"), None),
            post_to(format!("api/v1/social/posts/{post}/retry"), None),
            post_to(format!("api/v1/social/posts/{post}/resolve"), Some(json!({"posted": false}))),
            post_to(format!("api/v1/publications/{post}/cancel"), None),
            post_to(format!("api/v1/social/accounts/{account}/test"), None),
            post_to("api/v1/social/content".into(), Some(content.clone())),
            (Method::PUT, "api/v1/social/content/ours".into(), Some(content)),
            post_to("api/v1/social/schedule".into(), Some(schedule)),
            post_to("api/v1/social/cross-post".into(), Some(cross)),
            post_to(
                "api/v1/social/connect".into(),
                Some(json!({"platform": "X", "organizationId": "default"})),
            ),
            post_to("api/v1/social/refresh-tokens".into(), Some(json!({"organizationId": "default"}))),
            post_to("api/v1/pauses".into(), Some(json!({"account": "x/demo"}))),
            post_to(
                "api/v1/tokens".into(),
                Some(json!({"name": "t", "role": "viewer", "organizationId": "default"})),
            ),
        ]
    }
}

#[tokio::test]
async fn the_things_of_another_organization_are_as_unknown_as_none() {
    let server = Fixture::start().await;
    let things = Things::of(&server).await;
    let wish = json!({"id": "acme"});
    assert_eq!(server.ask(Method::POST, "api/v1/organizations", Some(&wish)).await.0, 201);
    let admin = server.token("admin", Some("acme")).await;
    let service = server.token("service", None).await;
    for (method, path, body) in things.requests() {
        for token in [&admin, &service] {
            let path = match (token == &service, path.contains("organizationId=")) {
                // A service says whose things it means; these are another's all the same.
                (true, false) if !path.contains("/social/") || path.ends_with("/test") => {
                    format!("{path}?organizationId=its-own")
                }
                _ => path.clone(),
            };
            let (status, told) = server.ask_as(token, method.clone(), &path, body.as_ref()).await;
            assert_eq!(status, 404, "{method} {path}: {told}");
            let told = told.to_string();
            assert!(!told.contains("Ours"), "{method} {path}: {told}");
        }
    }
    let (_, post) = server.ask(Method::GET, &format!("api/v1/social/posts/{}", things.post), None).await;
    assert_eq!(post["status"], "SCHEDULED", "nothing was changed");
    let bulk = json!([things.post]);
    let (_, told) = server.ask_as(&admin, Method::POST, "api/v1/social/bulk/cancel", Some(&bulk)).await;
    assert_eq!(told["results"][0]["status"], 404);
    server.stop().await;
}

#[tokio::test]
async fn a_service_makes_its_organizations_by_using_them_and_reaches_no_others() {
    let server = Fixture::start().await;
    let (one, other) = (server.token("service", None).await, server.token("service", None).await);
    let wish = json!({"organizationId": "tenant-1", "body": "Mine"});
    let put =
        async |token: &str| server.ask_as(token, Method::PUT, "api/v1/social/content/a", Some(&wish)).await.0;
    assert_eq!(put(&one).await, 200);
    assert_eq!(put(&other).await, 404, "it belongs to the first");
    assert_eq!(put(TOKEN).await, 404);
    let get = async |token: &str, path: &str| server.ask_as(token, Method::GET, path, None).await;
    assert_eq!(get(&one, "api/v1/social/content/a").await.1["body"], "Mine");
    assert_eq!(get(&other, "api/v1/social/content/a").await.0, 404);
    assert_eq!(get(&other, "api/v1/social/accounts/default").await.0, 404);
    let (_, list) = get(&one, "api/v1/organizations").await;
    assert_eq!(list["organizations"][0]["id"], "tenant-1");
    assert_eq!(list["organizations"].as_array().unwrap().len(), 1);
    assert_eq!(get(&one, "api/v1/social/accounts/a%2Fb").await.0, 404, "no name of an organization");
    // The same id in two of its organizations: it says which one it means.
    let again = json!({"organizationId": "tenant-2", "body": "Two"});
    server.ask_as(&one, Method::PUT, "api/v1/social/content/a", Some(&again)).await;
    assert_eq!(get(&one, "api/v1/social/content/a").await.0, 422);
    assert_eq!(get(&one, "api/v1/social/content/a?organizationId=tenant-2").await.1["body"], "Two");
    server.stop().await;
}

#[tokio::test]
async fn tokens_are_shown_once_listed_without_themselves_and_revoked_at_once() {
    let server = Fixture::start().await;
    let wish = json!({"name": "ci", "role": "editor"});
    let key = [("idempotency-key", "t1")];
    let make = async || server.ask_with(TOKEN, Method::POST, "api/v1/tokens", Some(&wish), &key).await;
    let (status, made) = make().await;
    assert_eq!(status, 201);
    assert_eq!(make().await.0, 409, "it can't be shown again");
    let token = made["token"].as_str().unwrap();
    assert_eq!(server.ask_as(token, Method::GET, "api/v1/publications", None).await.0, 200);
    assert_eq!(server.ask_as(token, Method::GET, "api/v1/tokens", None).await.0, 403);
    let (_, list) = server.ask(Method::GET, "api/v1/tokens", None).await;
    assert!(!list.to_string().contains(token));
    let path = format!("api/v1/tokens/{}", made["id"].as_str().unwrap());
    let ends = "2099-03-18T09:00:00Z";
    let change = json!({"name": "newsroom", "expiresAt": ends});
    let (status, changed) = server.ask(Method::PATCH, &path, Some(&change)).await;
    assert_eq!((status, &changed["name"], &changed["expiresAt"]), (200, &json!("newsroom"), &json!(ends)));
    assert_eq!(changed["role"], "editor", "what is not said stays");
    let (_, renamed) = server.ask(Method::PATCH, &path, Some(&json!({"name": "ci"}))).await;
    assert_eq!((&renamed["name"], &renamed["expiresAt"]), (&json!("ci"), &json!(ends)));
    let over = json!({"expiresAt": "2001-01-01T00:00:00Z"});
    assert_eq!(server.ask(Method::PATCH, &path, Some(&over)).await.0, 422);
    assert_eq!(server.ask(Method::PATCH, &path, Some(&json!({"role": "admin"}))).await.0, 422);
    let (status, revoked) = server.ask(Method::DELETE, &path, None).await;
    assert!(status == 200 && !revoked["revokedAt"].is_null());
    assert_eq!(server.ask_as(token, Method::GET, "api/v1/publications", None).await.0, 401);
    assert_eq!(server.ask(Method::PATCH, &path, Some(&change)).await.0, 404, "nothing revives it");
    let ledger = server.folder.path().join("ledger.db");
    let stored = activities_test_database::contents(&ledger).await.unwrap();
    assert!(stored.windows(7).any(|bytes| bytes == b"default"), "it can be read");
    assert!(!stored.windows(token.len()).any(|bytes| bytes == token.as_bytes()), "only its hash is kept");
    let past = json!({"name": "ci", "role": "editor", "expiresAt": "2001-01-01T00:00:00Z"});
    assert_eq!(server.ask(Method::POST, "api/v1/tokens", Some(&past)).await.0, 422);
    server.stop().await;
}

#[tokio::test]
async fn a_token_is_put_in_the_place_of_another_and_reaches_what_that_reached() {
    let server = Fixture::start().await;
    let wish = json!({"name": "shop", "role": "service"});
    let (_, made) = server.ask(Method::POST, "api/v1/tokens", Some(&wish)).await;
    let (before, path) =
        (made["token"].as_str().unwrap(), format!("api/v1/tokens/{}/rotate", made["id"].as_str().unwrap()));
    let wish = json!({"organizationId": "tenant-1", "body": "Mine"});
    let content = "api/v1/social/content/a";
    assert_eq!(server.ask_as(before, Method::PUT, content, Some(&wish)).await.0, 200);
    assert_eq!(server.ask_as(before, Method::POST, &path, None).await.0, 404, "operators do that");
    let (status, rotated) = server.ask(Method::POST, &path, None).await;
    assert_eq!((status, &rotated["id"], &rotated["role"]), (200, &made["id"], &json!("service")));
    let after = rotated["token"].as_str().unwrap();
    assert_eq!(server.ask_as(before, Method::GET, content, None).await.0, 401);
    assert_eq!(server.ask_as(after, Method::GET, content, None).await.1["body"], "Mine");
    let (_, trail) = server.ask(Method::GET, "api/v1/audit", None).await;
    assert!(trail.to_string().contains("token-rotated"), "{trail}");
    let token = format!("api/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(server.ask(Method::DELETE, &token, None).await.0, 200);
    assert_eq!(server.ask(Method::POST, &path, None).await.0, 404, "a revoked one stays revoked");
    server.stop().await;
}

/// An account of `tenant-1`, connected by the bearer of `token`.
async fn connected(server: &Fixture, token: &str) -> String {
    let wish = json!({"platform": "TWITTER", "organizationId": "tenant-1"});
    let (status, asked) = server.ask_as(token, Method::POST, "api/v1/social/connect", Some(&wish)).await;
    assert_eq!(status, 200, "{asked}");
    let url = asked["authorizationUrl"].as_str().unwrap();
    assert_eq!(server.consent(url, &[("auto", "approve")]).await.status(), 200);
    let (_, list) = server.ask_as(token, Method::GET, "api/v1/social/accounts/tenant-1", None).await;
    list["accounts"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_organization_that_has_ended_sends_nothing_and_nobody_acts_for_it() {
    let server = Fixture::start().await;
    let (service, other) = (server.token("service", None).await, server.token("service", None).await);
    let wish = json!({"organizationId": "tenant-1", "body": "Mine"});
    let content = "api/v1/social/content/a";
    server.ask_as(&service, Method::PUT, content, Some(&wish)).await;
    let account = connected(&server, &service).await;
    let wish = json!({"name": "boss", "role": "admin", "organizationId": "tenant-1"});
    let (_, admin) = server.ask_as(&service, Method::POST, "api/v1/tokens", Some(&wish)).await;
    let admin = admin["token"].as_str().unwrap();
    let wish = json!({"url": "https://app.acme.dev/tidings"});
    let (status, hook) = server.ask_as(admin, Method::POST, "api/v1/webhook-endpoints", Some(&wish)).await;
    assert_eq!(status, 201, "{hook}");
    let wish =
        json!({"contentPieceId": "a", "socialAccountId": account, "scheduledAt": "2099-03-18T09:00:00Z"});
    let (_, post) = server.ask_as(admin, Method::POST, "api/v1/social/schedule", Some(&wish)).await;
    let wish = json!({"platform": "TWITTER", "organizationId": "tenant-1"});
    let (_, open) = server.ask_as(admin, Method::POST, "api/v1/social/connect", Some(&wish)).await;

    let end = async |token: &str, id: &str| {
        server.ask_as(token, Method::DELETE, &format!("api/v1/organizations/{id}"), None).await
    };
    assert_eq!(end(admin, "tenant-1").await.0, 403);
    assert_eq!((end(&other, "tenant-1").await.0, end(TOKEN, "none").await.0), (404, 404));
    assert_eq!(end(TOKEN, "default").await.0, 422, "it is the installation's own");
    let (status, ended) = end(&service, "tenant-1").await;
    assert_eq!(status, 200, "{ended}");
    assert_eq!(
        (&ended["accounts"], &ended["cancelled"], &ended["underWay"]),
        (&json!(1), &json!(1), &json!(0)),
        "{ended}"
    );
    assert!(!ended["endedAt"].is_null());

    assert_eq!(server.ask_as(admin, Method::GET, "api/v1/publications", None).await.0, 401);
    let wish = json!({"organizationId": "tenant-1", "body": "Again"});
    for token in [&service, &other] {
        assert_eq!(
            server.ask_as(token, Method::PUT, content, Some(&wish)).await.0,
            404,
            "its name is used up"
        );
        assert_eq!(server.ask_as(token, Method::GET, content, None).await.0, 404);
    }
    let wish = json!({"name": "late", "role": "viewer", "organizationId": "tenant-1"});
    assert_eq!(server.ask(Method::POST, "api/v1/tokens", Some(&wish)).await.0, 404);
    let consent = server.consent(open["authorizationUrl"].as_str().unwrap(), &[("auto", "approve")]).await;
    assert_eq!(consent.status(), 400, "no consent comes back to it");
    let (_, list) = server.ask(Method::GET, "api/v1/organizations", None).await;
    let known = list["organizations"].as_array().unwrap();
    assert!(known.iter().any(|one| one["id"] == "tenant-1" && one["endedAt"] == ended["endedAt"]), "{list}");

    let mut conn = server.app.db.reader().await.unwrap();
    let account = activities_data::accounts::get(&mut conn, &account).await.unwrap();
    assert_eq!(account.status.as_str(), "disconnected");
    assert!(activities_data::credentials::find(&mut conn, &account.id).await.unwrap().is_none());
    let id = post["id"].as_str().unwrap().parse().unwrap();
    let row = activities_data::publications::get(&mut conn, &id).await.unwrap();
    assert_eq!(row.state.as_str(), "cancelled");
    let hook = activities_data::webhook_endpoints::find(&mut conn, hook["id"].as_str().unwrap()).await;
    assert!(hook.unwrap().unwrap().sealed_secret.is_empty());
    drop(conn);

    let (status, again) = end(TOKEN, "tenant-1").await;
    assert_eq!((status, &again["endedAt"], &again["cancelled"]), (200, &ended["endedAt"], &json!(0)));
    server.stop().await;
}
