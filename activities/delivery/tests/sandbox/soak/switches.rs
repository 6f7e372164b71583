//! Every switch of the sandbox, on with a probability of its own.

use serde_json::{Value, json};

use crate::stage::Stage;

const X: &[(&str, &str, f64)] = &[
    ("drop_response_after_commit", "{}", 0.06),
    ("drop_request_before_commit", "{}", 0.04),
    ("500_after_commit", "{}", 0.05),
    // Within the declared waiting time: three reads over a minute.
    ("delay_visibility", r#"{"ms": 50000}"#, 0.2),
    ("429", r#"{"reset": "15m"}"#, 0.03),
    ("402", "{}", 0.01),
    ("slow", r#"{"ms": 120000}"#, 0.004),
    ("expire_token", "{}", 0.02),
    ("revoke", "{}", 0.004),
    ("refuse_replies", "{}", 0.02),
    // Reads and uploads fail, too.
    ("500_after_commit", r#"{"route": "GET /2/users/{id}/tweets"}"#, 0.1),
    ("drop_response_after_commit", r#"{"route": "POST /2/media/upload"}"#, 0.05),
    ("429", r#"{"route": "POST /2/media/metadata", "reset": "5m"}"#, 0.03),
    ("429", r#"{"route": "POST /2/oauth2/token", "reset": "1m"}"#, 0.1),
    ("lose_refresh_response", "{}", 0.03),
    ("rotate_refresh", "{}", 0.02),
];

const LINKEDIN: &[(&str, &str, f64)] = &[
    ("drop_response_after_commit", "{}", 0.05),
    ("drop_request_before_commit", "{}", 0.03),
    ("500_after_commit", "{}", 0.03),
    ("delay_visibility", r#"{"ms": 50000}"#, 0.2),
    ("429", r#"{"reset": "15m"}"#, 0.03),
    ("426", "{}", 0.01),
    ("slow", r#"{"ms": 120000}"#, 0.004),
    ("expire_token", "{}", 0.02),
    ("revoke", "{}", 0.004),
    ("ghost_duplicate", "{}", 0.1),
    ("drop_response_after_commit", r#"{"route": "POST /rest/images"}"#, 0.05),
    ("500_after_commit", r#"{"route": "GET /rest/posts"}"#, 0.1),
    ("lose_refresh_response", "{}", 0.05),
    ("rotate_refresh", "{}", 0.05),
];

/// Sets them, each with a stream of its own.
pub async fn set(stage: &Stage, seed: u64) {
    // The platforms must not cover up a second sending by refusing what they have seen before, nor a wrong
    // escape by showing it all.
    stage.fault(json!({"platform": "x", "fault": "duplicate_window", "ms": 0})).await;
    stage.fault(json!({"platform": "linkedin", "fault": "duplicate_window", "ms": 0})).await;
    stage.fault(json!({"platform": "linkedin", "fault": "truncate_unescaped"})).await;
    let mut number = seed;
    for (platform, switches) in [("x", X), ("linkedin", LINKEDIN)] {
        for (fault, more, probability) in switches {
            number += 1;
            let mut body: Value = serde_json::from_str(more).unwrap();
            body["platform"] = json!(platform);
            body["fault"] = json!(fault);
            body["probability"] = json!(probability);
            body["seed"] = json!(number);
            stage.fault(body).await;
        }
    }
}
