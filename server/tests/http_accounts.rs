//! Accounts over HTTP, connected at a sandbox.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::Fixture;

async fn accounts(server: &Fixture) -> Vec<Value> {
    let list: Value = server.get("api/v1/social/accounts/default").await.json().await.unwrap();
    list["accounts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn both_platforms_are_connected_through_their_consent() {
    let server = Fixture::start().await;
    for (platform, account) in [("TWITTER", "x/demo"), ("linkedin", "linkedin/demo")] {
        let connected = server.connect(platform).await;
        let url = connected["authorizationUrl"].as_str().unwrap();
        let answer = server.consent(url, &[("auto", "approve")]).await;
        assert_eq!(answer.status(), 200);
        let page = answer.text().await.unwrap();
        assert!(page.contains(&format!("{account} is connected")), "{page}");
    }
    let accounts = accounts(&server).await;
    assert_eq!(accounts.len(), 2);
    assert!(accounts.iter().all(|account| account["status"] == "active"));
    let text = serde_json::to_string(&accounts).unwrap();
    assert!(!text.to_lowercase().contains("access_token") && !text.contains("accessToken"), "{text}");
    server.stop().await;
}

#[tokio::test]
async fn a_members_pages_are_accounts_of_their_own_where_they_are_asked_for() {
    let server = Fixture::start().await;
    for (organizations, names) in
        [(false, vec!["linkedin/demo"]), (true, vec!["linkedin/demo", "linkedin/demo-page"])]
    {
        let wish =
            json!({"platform": "linkedin", "organizationId": "default", "organizations": organizations});
        let connected: Value = server.post("api/v1/social/connect", &wish).await.json().await.unwrap();
        let url = connected["authorizationUrl"].as_str().unwrap();
        assert_eq!(url.contains("w_organization_social"), organizations, "{url}");
        assert_eq!(server.consent(url, &[("auto", "approve")]).await.status(), 200);
        let accounts = accounts(&server).await;
        let mut found: Vec<_> = accounts.iter().map(|one| one["account"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, names);
        assert!(accounts.iter().all(|account| account["status"] == "active"));
    }
    let all = accounts(&server).await;
    let id = |name: &str| all.iter().find(|one| one["account"] == name).unwrap()["id"].as_str().unwrap();
    let (member, page) = (id("linkedin/demo"), id("linkedin/demo-page"));
    let (status, _) = server.ask(Method::DELETE, &format!("api/v1/social/accounts/{page}"), None).await;
    assert_eq!(status, 200);
    let (_, tested) = server.ask(Method::POST, &format!("api/v1/social/accounts/{member}/test"), None).await;
    assert_eq!(tested["ok"], true, "the member's token is not revoked: {tested}");
    server.stop().await;
}

#[tokio::test]
async fn a_state_is_good_once_and_for_its_platform_only() {
    let server = Fixture::start().await;
    let first = server.connect("x").await;
    let state = first["state"].as_str().unwrap();
    let wrong = server.url.join(&format!("api/v1/social/linkedin/callback?code=c&state={state}")).unwrap();
    let answer = server.http.get(wrong).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("account/consent-unknown"));

    let connected = server.connect("x").await;
    let url = connected["authorizationUrl"].as_str().unwrap();
    assert_eq!(server.consent(url, &[("auto", "approve")]).await.status(), 200);
    // The same consent again: the sandbox gives a new code, and our state is used up.
    let again = server.consent(url, &[("auto", "approve")]).await;
    assert_eq!(again.status(), 400);
    for query in ["", "?code=c", "?state=made-up&code=c", "?state=a&state=b"] {
        let url = server.url.join(&format!("api/v1/social/twitter/callback{query}")).unwrap();
        assert_eq!(server.http.get(url).send().await.unwrap().status(), 400, "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_denial_is_shown_and_connects_nothing() {
    let server = Fixture::start().await;
    let connected = server.connect("x").await;
    let url = connected["authorizationUrl"].as_str().unwrap();
    let answer = server.consent(url, &[("auto", "deny")]).await;
    assert_eq!(answer.status(), 400);
    let page = answer.text().await.unwrap();
    assert!(page.contains("account/denied") && page.contains("was not connected"), "{page}");
    assert!(accounts(&server).await.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn people_return_to_the_application_with_the_outcome() {
    let server = Fixture::with_apps(true, Some("http://localhost:9/app/")).await;
    let wish = |to: &str| json!({"platform": "x", "organizationId": "default", "returnTo": to});
    let refused = server.post("api/v1/social/connect", &wish("http://evil.example/app/")).await;
    assert_eq!(refused.status(), 422);
    for (auto, expected) in
        [("approve", "status=connected&accountId=acc_"), ("deny", "status=error&code=account/denied")]
    {
        let answer = server.post("api/v1/social/connect", &wish("http://localhost:9/app/done?tab=1")).await;
        let connected: Value = answer.json().await.unwrap();
        let answer = server.consent(connected["authorizationUrl"].as_str().unwrap(), &[("auto", auto)]).await;
        assert_eq!(answer.status(), 303);
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.starts_with("http://localhost:9/app/done?tab=1&"), "{location}");
        assert!(location.contains(expected), "{location}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_a_platform_says_can_not_change_the_page() {
    let server = Fixture::start().await;
    let connected = server.connect("x").await;
    let state = connected["state"].as_str().unwrap();
    let mut url = server.url.join("api/v1/social/twitter/callback").unwrap();
    url.query_pairs_mut()
        .append_pair("state", state)
        .append_pair("error", "access_denied")
        .append_pair("error_description", "<script>alert(1)</script>");
    let page = server.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn without_an_app_the_setting_is_named() {
    let server = Fixture::with_apps(false, None).await;
    let wish = json!({"platform": "LINKEDIN", "organizationId": "default"});
    let answer = server.post("api/v1/social/connect", &wish).await;
    assert_eq!(answer.status(), 422);
    let problem: Value = answer.json().await.unwrap();
    assert!(problem["help"].as_str().unwrap().contains("LINKEDIN_CLIENT_ID"), "{problem}");
    server.stop().await;
}

#[tokio::test]
async fn accounts_are_imported_all_or_none() {
    let server = Fixture::start().await;
    let path = "api/v1/social/accounts/default/import";
    let good =
        json!({"account": "x/acme", "accessToken": "secret-1", "scopes": ["tweet.write"], "userId": "17"});
    let answer = server.post(path, &json!([good, {"account": "acme", "accessToken": "secret-2"}])).await;
    assert_eq!(answer.status(), 422);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["errors"][0]["field"], "accounts[1].account");
    assert!(!problem.to_string().contains("secret"), "{problem}");
    assert!(accounts(&server).await.is_empty(), "none is taken where one is wrong");

    let outcome: Value = server.post(path, &good).await.json().await.unwrap();
    assert_eq!(outcome["accounts"][0]["account"], "x/acme");
    assert_eq!(accounts(&server).await.len(), 1);
    // A token that the platform does not know, whose owner would have to be asked for.
    let unknown = json!({"account": "x/other", "accessToken": "secret-3"});
    let answer = server.post(path, &unknown).await;
    assert_eq!(answer.status(), 422);
    assert!(!answer.text().await.unwrap().contains("secret-3"));
    server.stop().await;
}

#[tokio::test]
async fn disconnecting_erases_and_blocks() {
    let server = Fixture::start().await;
    let connected = server.connect("x").await;
    server.consent(connected["authorizationUrl"].as_str().unwrap(), &[("auto", "approve")]).await;
    let request = json!({"bundle": support::bundle("hello", "Hi.")});
    // LinkedIn is not connected, so the campaign is refused with the account that is meant.
    let answer = server.post("api/v1/campaigns/apply", &request).await;
    assert_eq!(answer.status(), 422);
    let connected = server.connect("linkedin").await;
    server.consent(connected["authorizationUrl"].as_str().unwrap(), &[("auto", "approve")]).await;
    assert_eq!(server.post("api/v1/campaigns/apply", &request).await.status(), 200);

    let id = accounts(&server).await[1]["id"].as_str().unwrap().to_owned();
    let path = format!("api/v1/social/accounts/{id}");
    let answer = server.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let account: Value = answer.json().await.unwrap();
    assert_eq!((&account["account"], &account["status"]), (&json!("x/demo"), &json!("disconnected")));
    let blocked: Value = server.get("api/v1/publications?state=blocked").await.json().await.unwrap();
    assert_eq!(blocked["publications"][0]["account"], "x/demo");
    assert_eq!(
        server.request(Method::DELETE, "api/v1/social/accounts/acc_none").send().await.unwrap().status(),
        404
    );
    server.stop().await;
}
