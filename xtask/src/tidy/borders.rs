//! Which crate may depend on what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Crates that read no clock, draw no randomness and do no I/O (I-1).
const PURE: &[&str] = &[
    "engine-history",
    "engine-workflows",
    "activities-contract",
    "campaigns-limits",
    "campaigns-lang",
    "campaigns-plan",
];
const IMPURE: &[&str] = &["tokio", "sqlx", "reqwest", "axum", "rand", "engine-clock"];

/// Who may use a library: nobody else speaks SQL, HTTP or to the terminal.
const OWNERS: &[(&str, &[&str])] = &[
    ("sqlx", &["engine-store", "activities-data", "activities-test-database", "engine-bench"]),
    ("axum", &["server", "sandbox"]),
    ("clap", &["tidings"]),
    ("comfy-table", &["tidings"]),
    ("indicatif", &["tidings"]),
    ("aes-gcm", &["activities-vault"]),
    ("notify", &["server"]),
    ("temporalio-sdk", &["engine-worker", "engine-bench"]),
];

/// Pairs that must not meet: the sandbox has to be able to disagree with the clients.
const STRANGERS: &[(&str, &str)] = &[
    ("sandbox", "activities-platforms"),
    ("sandbox", "campaigns-limits"),
    ("engine-service", "activities-data"),
];

pub(super) fn check(metadata: &Value) -> Vec<String> {
    let graph = workspace_dependencies(metadata);
    let mut problems = Vec::new();
    for (name, dependencies) in &graph {
        for dependency in dependencies {
            if PURE.contains(&name.as_str()) && IMPURE.contains(&dependency.as_str()) {
                problems.push(format!("{name}: is pure (I-1) and must not depend on `{dependency}`"));
            }
            let owners = OWNERS.iter().find(|(library, _)| library == dependency).map(|(_, owners)| owners);
            if owners.is_some_and(|owners| !owners.contains(&name.as_str())) {
                problems.push(format!(
                    "{name}: `{dependency}` belongs to {:?} alone",
                    owners.unwrap_or(&&[][..])
                ));
            }
            if STRANGERS.contains(&(name.as_str(), dependency.as_str())) {
                problems.push(format!("{name}: must share no code with `{dependency}`"));
            }
        }
    }
    problems
}

/// Direct dependencies of each workspace crate, without those for tests.
fn workspace_dependencies(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut graph = BTreeMap::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        if !package["source"].is_null() {
            continue;
        }
        let name = package["name"].as_str().unwrap_or_default().to_owned();
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let direct = dependencies
            .filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect();
        graph.insert(name, direct);
    }
    graph
}
