//! Every code that ledger, vault and delivery show to people has a page that explains it.

use std::collections::BTreeSet;
use std::path::Path;

/// The `family/name` literals in the sources below `folder`, without those of tests.
fn codes_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_in(&path, found);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(code.split('"').filter(|word| is_code(word)).map(str::to_owned));
        }
    }
}

fn is_code(word: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    word.split_once('/').is_some_and(|(family, name)| plain(family) && plain(name))
}

#[test]
fn every_code_has_a_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut codes = BTreeSet::new();
    for part in ["data", "vault", "delivery"] {
        codes_in(&root.join("activities").join(part).join("src"), &mut codes);
    }
    assert!(codes.len() > 40, "the search finds codes: {codes:?}");
    for code in codes {
        let page = root.join("docs/errors").join(format!("{}.md", code.replace('/', "-")));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|_| panic!("`{code}` has no page"));
        assert_eq!(text.lines().next(), Some(format!("# {code}").as_str()));
    }
}
