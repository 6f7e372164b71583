//! LinkedIn's posts: what it takes, refuses, shows and forgets.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Place, encoded, share};

#[tokio::test]
async fn a_share_is_in_the_ledger_as_its_readers_see_it() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let answer = place.share(&acme, "Hello \\#world \\(really\\)").await.expect(201);
    assert_eq!(answer.text, "");
    let urn = answer.header("x-restli-id");
    assert!(urn.starts_with("urn:li:share:7"), "{urn}");
    let ledger = place.ledger().await;
    assert_eq!(
        (ledger[0]["platform"].as_str(), ledger[0]["account"].as_str()),
        (Some("linkedin"), Some("acme"))
    );
    assert_eq!(
        (ledger[0]["id"].as_str(), ledger[0]["text"].as_str()),
        (Some(urn), Some("Hello #world (really)"))
    );
    assert_eq!(ledger[0]["raw"], "Hello \\#world \\(really\\)");
}

#[tokio::test]
async fn the_version_headers_are_enforced() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let body = share(&acme.subject, "versions");
    let versioned = |version: Option<&str>, protocol: Option<&str>| {
        let mut request =
            place.request(Method::POST, "/linkedin/rest/posts").bearer_auth(&acme.access).json(&body);
        if let Some(version) = version {
            request = request.header("LinkedIn-Version", version);
        }
        if let Some(protocol) = protocol {
            request = request.header("X-Restli-Protocol-Version", protocol);
        }
        place.send(request)
    };
    let gone = versioned(Some("202504"), Some("2.0.0")).await.expect(426).json();
    let message = "Requested version 20250401 is not active";
    assert_eq!(gone, json!({"status": 426, "code": "NONEXISTENT_VERSION", "message": message}));
    versioned(Some("202613"), Some("2.0.0")).await.expect(426);
    versioned(Some("latest"), Some("2.0.0")).await.expect(426);
    assert_eq!(versioned(None, Some("2.0.0")).await.expect(400).json()["code"], "VERSION_MISSING");
    versioned(Some("202607"), None).await.expect(400);
    versioned(Some("202607"), Some("1.0.0")).await.expect(400);
    assert!(place.ledger().await.is_empty());
    versioned(Some("202607"), Some("2.0.0")).await.expect(201);
}

#[tokio::test]
async fn wrong_bodies_are_refused_and_nothing_is_posted() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let other = place.member("other").await;
    let changed = |name: &str, value: Value| {
        let mut body = share(&acme.subject, "words");
        body[name] = value;
        body
    };
    let cases = [
        (changed("author", json!(other.subject)), 403),
        (changed("author", json!("urn:li:person:nobody")), 400),
        (changed("commentary", json!("")), 400),
        (changed("commentary", json!("a".repeat(3_001))), 400),
        (changed("visibility", json!("EVERYONE")), 400),
        (changed("lifecycleState", json!("DRAFT")), 400),
        (changed("distribution", json!({})), 400),
        (changed("colour", json!("red")), 400),
        (changed("content", json!({})), 400),
        (changed("content", json!({"media": {"id": "urn:li:image:1"}})), 400),
        (changed("content", json!({"article": {"source": "example.com", "title": "a"}})), 400),
        (changed("content", json!({"article": {"source": "https://example.com"}})), 400),
        (changed("content", json!({"multiImage": {"images": [{"id": "urn:li:image:1"}]}})), 400),
        (changed("reshareContext", json!({"parent": "urn:li:share:1"})), 404),
        (json!({"author": acme.subject}), 400),
    ];
    for (body, status) in cases {
        let answer = place.send(place.linkedin(Method::POST, "/rest/posts", &acme).json(&body)).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert_eq!(answer.json()["status"], status, "{}", answer.text);
    }
    let plain =
        place.linkedin(Method::POST, "/rest/posts", &acme).body("{}").header("content-type", "text/plain");
    place.send(plain).await.expect(415);
    let torn = place
        .linkedin(Method::POST, "/rest/posts", &acme)
        .body("{")
        .header("content-type", "application/json");
    place.send(torn).await.expect(400);
    assert!(place.ledger().await.is_empty());
    let too_long = place.share(&acme, &"a".repeat(3_001)).await.expect(400).json();
    assert_eq!(too_long["errorDetails"]["inputErrors"][0]["maxLength"], 3_000);
    place.share(&acme, &"a".repeat(3_000)).await.expect(201);
    let article = changed(
        "content",
        json!({"article": {"source": "https://example.com/a", "title": "A", "description": "B"}}),
    );
    place.send(place.linkedin(Method::POST, "/rest/posts", &acme).json(&article)).await.expect(201);
    let poll = json!({"poll": {"question": "Which?", "options": [{"text": "1"}, {"text": "2"}], "settings": {"duration": "ONE_DAY"}}});
    let mut body = changed("content", poll);
    body["commentary"] = json!("poll");
    place.send(place.linkedin(Method::POST, "/rest/posts", &acme).json(&body)).await.expect(201);
}

#[tokio::test]
async fn the_same_words_are_refused_with_the_urn_of_the_first() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let urn = place.shared(&acme, "again").await;
    let refused = place.share(&acme, "again").await.expect(422).json();
    assert_eq!(refused["errorDetails"]["inputErrors"][0]["code"], "DUPLICATE_POST");
    assert!(refused["message"].as_str().unwrap().ends_with(&format!("Content is a duplicate of {urn}")));
    assert_eq!(place.ledger().await.len(), 1);
    place.advance(86_401);
    place.share(&acme, "again").await.expect(201);
}

#[tokio::test]
async fn members_posts_can_not_be_read_and_pages_posts_can() {
    let place = Place::new().await;
    let member = place.member("acme").await;
    let urn = place.shared(&member, "mine").await;
    let list = |author: &str| {
        format!("/rest/posts?q=author&author={}&count=2&sortBy=LAST_MODIFIED", encoded(author))
    };
    let refused =
        place.send(place.linkedin(Method::GET, &list(&member.subject), &member)).await.expect(403).json();
    assert_eq!(refused["code"], "ACCESS_DENIED");
    place
        .send(place.linkedin(Method::GET, &format!("/rest/posts/{}", encoded(&urn)), &member))
        .await
        .expect(403);
    let page = place.organization("page").await;
    assert!(page.subject.starts_with("urn:li:organization:"));
    let mut urns = Vec::new();
    for text in ["first \\(1\\)", "second", "third"] {
        urns.push(place.shared(&page, text).await);
        place.advance(1);
    }
    let listed =
        place.send(place.linkedin(Method::GET, &list(&page.subject), &page)).await.expect(200).json();
    let ids: Vec<_> =
        listed["elements"].as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [urns[2].as_str(), urns[1].as_str()]);
    assert_eq!(listed["paging"], json!({"count": 2, "start": 0, "total": 3, "links": []}));
    let one =
        place.send(place.linkedin(Method::GET, &format!("/rest/posts/{}", encoded(&urns[0])), &page)).await;
    assert_eq!(one.expect(200).json()["commentary"], "first \\(1\\)");
    for query in ["q=nobody&author=x", "q=author", "q=author&author=x&count=101", "q=author&author=x&start=y"]
    {
        place.send(place.linkedin(Method::GET, &format!("/rest/posts?{query}"), &page)).await.expect(400);
    }
    place.send(place.linkedin(Method::GET, &list("urn:li:organization:1"), &page)).await.expect(404);
}

#[tokio::test]
async fn deleting_is_idempotent_and_only_for_ones_own() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let other = place.member("other").await;
    let urn = place.shared(&acme, "soon gone").await;
    let path = format!("/rest/posts/{}", encoded(&urn));
    place.send(place.linkedin(Method::DELETE, &path, &other)).await.expect(403);
    place.send(place.linkedin(Method::DELETE, &path, &acme)).await.expect(204);
    place.send(place.linkedin(Method::DELETE, &path, &acme)).await.expect(204);
    place.send(place.linkedin(Method::DELETE, "/rest/posts/urn%3Ali%3Ashare%3A1", &acme)).await.expect(404);
    assert_eq!(place.ledger().await[0]["deleted"], true);
    place.shared(&acme, "soon gone").await;
}

#[tokio::test]
async fn words_can_be_changed() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let urn = place.shared(&acme, "typo").await;
    let path = format!("/rest/posts/{}", encoded(&urn));
    let body = json!({"patch": {"$set": {"commentary": "no typo \\_"}}});
    place.send(place.linkedin(Method::POST, &path, &acme).json(&body)).await.expect(400);
    let request =
        place.linkedin(Method::POST, &path, &acme).header("X-RestLi-Method", "PARTIAL_UPDATE").json(&body);
    place.send(request).await.expect(204);
    assert_eq!(place.ledger().await[0]["text"], "no typo _");
}

#[tokio::test]
async fn a_first_comment_is_under_its_post() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let urn = place.shared(&acme, "post").await;
    let path = format!("/rest/socialActions/{}/comments", encoded(&urn));
    let body = json!({"actor": acme.subject, "object": urn, "message": {"text": "first!"}});
    let answer = place.send(place.linkedin(Method::POST, &path, &acme).json(&body)).await.expect(201);
    assert!(answer.json()["commentUrn"].as_str().unwrap().starts_with("urn:li:comment:("));
    let ledger = place.ledger().await;
    assert_eq!(
        (ledger[1]["text"].as_str(), ledger[1]["parent"].as_str()),
        (Some("first!"), Some(urn.as_str()))
    );
    place
        .send(
            place
                .linkedin(Method::POST, "/rest/socialActions/urn%3Ali%3Ashare%3A1/comments", &acme)
                .json(&body),
        )
        .await
        .expect(404);
}

#[tokio::test]
async fn the_hundred_and_fifty_first_post_of_a_day_has_to_wait() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    for number in 0..150 {
        place.share(&acme, &format!("post {number}")).await.expect(201);
    }
    let refused = place.share(&acme, "one more").await.expect(429);
    assert!(refused.headers.keys().all(|name| !name.as_str().contains("limit") && name != "retry-after"));
    assert_eq!(refused.json()["serviceErrorCode"], 101);
    place.tell("/limits", &json!({"platform": "linkedin", "limits": "off"})).await.expect(204);
    place.share(&acme, "one more").await.expect(201);
}

#[tokio::test]
async fn scopes_decide_who_posts_as_whom() {
    let place = Place::new().await;
    let body = json!({"platform": "linkedin", "account": "reader", "scopes": ["openid", "profile"]});
    let reader = place.account(&body).await;
    assert_eq!(place.share(&reader, "no").await.expect(403).json()["serviceErrorCode"], 100);
}

#[tokio::test]
async fn comments_are_listed_for_pages_and_deleted_by_their_author() {
    let place = Place::new().await;
    let page = place.organization("page").await;
    let urn = place.shared(&page, "post").await;
    let path = format!("/rest/socialActions/{}/comments", encoded(&urn));
    let mut ids = Vec::new();
    for text in ["one", "two"] {
        let body = json!({"actor": page.subject, "object": urn, "message": {"text": text}});
        let answer = place.send(place.linkedin(Method::POST, &path, &page).json(&body)).await.expect(201);
        ids.push(answer.header("x-restli-id").to_owned());
    }
    let delete = format!("{path}/{}?actor={}", ids[0], encoded(&page.subject));
    place.send(place.linkedin(Method::DELETE, &delete, &page)).await.expect(204);
    place.send(place.linkedin(Method::DELETE, &format!("{path}/1"), &page)).await.expect(404);
    let listed =
        place.send(place.linkedin(Method::GET, &format!("{path}?count=10&start=0"), &page)).await.expect(200);
    let listed = listed.json();
    assert_eq!(
        (listed["elements"][0]["message"]["text"].as_str(), listed["paging"]["total"].as_u64()),
        (Some("two"), Some(1))
    );
    let member = place.member("acme").await;
    let mine = place.shared(&member, "mine").await;
    let path = format!("/rest/socialActions/{}/comments", encoded(&mine));
    place.send(place.linkedin(Method::GET, &path, &member)).await.expect(403);
}

#[tokio::test]
async fn numbers_grow_and_are_told_to_who_may_see_them() {
    let place = Place::new().await;
    let page = place.organization("page").await;
    let urn = place.shared(&page, "post").await;
    place.advance(24 * 3600);
    let path = format!(
        "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={}&shares=List({})",
        encoded(&page.subject),
        encoded(&urn)
    );
    let told = place.send(place.linkedin(Method::GET, &path, &page)).await.expect(200).json();
    assert_eq!(told["elements"][0]["share"], urn.as_str());
    assert!(told["elements"][0]["totalShareStatistics"]["impressionCount"].as_u64().unwrap() > 0);
    let metadata = format!("/rest/socialMetadata/{}", encoded(&urn));
    let told = place.send(place.linkedin(Method::GET, &metadata, &page)).await.expect(200).json();
    assert_eq!(told["commentSummary"]["count"], 0);
    let scopes = json!(["w_member_social", "r_member_postAnalytics"]);
    let member = place.account(&json!({"platform": "linkedin", "account": "acme", "scopes": scopes})).await;
    place.send(place.linkedin(Method::GET, &path, &member)).await.expect(403);
    let urn = place.shared(&member, "mine").await;
    place
        .tell("/metrics", &json!({"platform": "linkedin", "id": urn, "metrics": {"likes": 7}}))
        .await
        .expect(204);
    let path = format!(
        "/rest/memberCreatorPostAnalytics?q=entity&entity=(share:{})&queryType=REACTION",
        encoded(&urn)
    );
    let asked = |version: &str| {
        let request = place.request(Method::GET, &format!("/linkedin{path}")).bearer_auth(&member.access);
        place.send(request.header("LinkedIn-Version", version).header("X-Restli-Protocol-Version", "2.0.0"))
    };
    let now = asked("202607").await.expect(200).json();
    assert_eq!(
        (now["elements"][0]["count"].as_u64(), now["elements"][0]["metricType"].as_str()),
        (Some(7), Some("REACTION"))
    );
    assert!(asked("202601").await.expect(200).json()["elements"][0]["metricType"].is_object());
    let plain = place.member("plain").await;
    place.send(place.linkedin(Method::GET, &path, &plain)).await.expect(403);
}
