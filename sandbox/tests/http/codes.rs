//! Every code that a person can meet has a page. Some pages of the family belong to the program that starts
//! a sandbox.

use std::collections::BTreeSet;
use std::path::Path;

fn codes_below(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_below(&path, codes);
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for rest in source.split("\"sandbox/").skip(1) {
            codes.extend(rest.split('"').next().map(str::to_owned));
        }
    }
}

#[test]
fn every_code_has_its_page() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut codes = BTreeSet::new();
    codes_below(&here.join("src"), &mut codes);
    let mut pages = BTreeSet::new();
    for entry in std::fs::read_dir(here.join("../docs/errors")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if let Some(code) = name.strip_prefix("sandbox-") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.starts_with(&format!("# sandbox/{code}\n")), "{name}");
            assert!(text.contains("**What to do:**"), "{name}");
            pages.insert(code.to_owned());
        }
    }
    assert!(codes.len() > 10, "the codes are found: {codes:?}");
    let without: Vec<_> = codes.difference(&pages).collect();
    assert!(without.is_empty(), "no page for {without:?}");
}

#[tokio::test]
async fn every_fault_is_in_the_guide() {
    let place = crate::harness::Place::new().await;
    let wrong = serde_json::json!({"platform": "x", "fault": "none of them"});
    let answer = place.tell("/faults", &wrong).await.expect(400).json();
    let detail = answer["detail"].as_str().unwrap();
    let names: Vec<&str> = detail.split("the faults are ").nth(1).unwrap().split(", ").collect();
    assert!(names.len() > 10, "{names:?}");
    let guide =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sandbox.md")).unwrap();
    for name in names {
        assert!(guide.contains(&format!("\n| `{name}` |")), "{name}");
    }
}
