//! Each code has a file that provokes it, `diagnostics/<family>-<name>.yaml`, and beside it what a person is
//! told, `.out`. `UPDATE_EXPECT=1 cargo test -p campaigns-lang` writes the answers anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use campaigns_lang::{
    CheckContext, Checked, KnownAccounts, OutputFormat, Source, check, check_workspace, codes, render,
};

pub(crate) fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(crate::support::folder("tests/diagnostics"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    cases.sort();
    cases
}

/// Runs `look` with the accounts `x/acme` and `linkedin/acme`, or with what `bytes` says of them and its
/// workspace.
pub(crate) fn with_context<T>(bytes: &[u8], look: impl FnOnce(&CheckContext<'_>) -> T) -> T {
    let known = ["x/acme", "linkedin/acme"].into_iter().map(|name| name.parse().unwrap()).collect();
    let unknown = bytes.starts_with(b"# accounts: unknown");
    let accounts = if unknown { KnownAccounts::Unknown } else { KnownAccounts::Known(known) };
    let files = crate::support::Folder(crate::support::folder("tests/diagnostics/files"));
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    look(&CheckContext { now, accounts: &accounts, files: &files, workspace: None })
}

/// The first line may say `# accounts: unknown`; a file of the same name that ends with `.tidings` is its
/// workspace.
fn check_case(path: &Path) -> Checked {
    let bytes = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let workspace = std::fs::read(path.with_extension("tidings"))
        .ok()
        .map(|bytes| check_workspace(&Source::new("tidings.yaml", bytes)));
    if bytes.starts_with(b"workspace:") {
        let checked = check_workspace(&Source::new(name, bytes));
        return Checked {
            campaign: None,
            diagnostics: checked.diagnostics,
            files: Vec::new(),
            sources: checked.sources,
        };
    }
    let mut checked = with_context(&bytes.clone(), |context| {
        let shared = workspace.as_ref().map(|checked| &checked.workspace);
        check(&Source::new(name, bytes), &CheckContext { workspace: shared, ..*context })
    });
    if let Some(workspace) = workspace {
        checked.sources.extend(workspace.sources);
        checked.diagnostics.extend(workspace.diagnostics);
    }
    checked
}

#[test]
fn every_file_gets_its_answer() {
    let update = std::env::vars().any(|(name, _)| name == "UPDATE_EXPECT");
    let mut wrong = Vec::new();
    for case in cases() {
        let checked = check_case(&case);
        let answer = render(&checked.diagnostics, &checked.sources, OutputFormat::Text, false);
        let expected = case.with_extension("out");
        if update {
            std::fs::write(&expected, &answer).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != answer {
            wrong.push(format!("{}\n{answer}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "answers changed:\n{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_file_that_provokes_it() {
    let mut provoked = BTreeSet::new();
    for case in cases() {
        let found: BTreeSet<String> =
            check_case(&case).diagnostics.iter().map(|d| d.code.to_string()).collect();
        let name = case.file_stem().unwrap().to_str().unwrap().replacen('-', "/", 1);
        if codes().contains(&name.as_str()) {
            assert!(found.contains(&name), "{} does not provoke {name}: {found:?}", case.display());
        }
        provoked.extend(found);
    }
    // These need files too large to keep; they are made in tests of their own. Then the plan's, and what
    // only the ledger knows.
    provoked.extend(["yaml/too-large", "schema/too-many", "time/horizon", "budget/rate"].map(str::to_owned));
    provoked.insert("account/access-ends".to_owned());
    let missing: Vec<_> = codes().iter().filter(|code| !provoked.contains(**code)).collect();
    assert!(missing.is_empty(), "no file provokes {missing:?}");
}

#[test]
fn a_campaign_comes_out_exactly_when_there_is_no_error() {
    for case in cases() {
        let checked = check_case(&case);
        let error = checked.diagnostics.iter().any(campaigns_lang::Diagnostic::is_error);
        let workspace = std::fs::read(&case).unwrap().starts_with(b"workspace:");
        let beside = case.file_stem().is_some_and(|name| name == "workspace-faulty");
        assert!(workspace || beside || checked.campaign.is_none() == error, "{}", case.display());
    }
}

fn codes_of(bytes: Vec<u8>) -> Vec<&'static str> {
    let files = crate::support::Folder(crate::support::folder("tests"));
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let context = CheckContext { now, accounts: &KnownAccounts::Unknown, files: &files, workspace: None };
    let found = check(&Source::new("big.yaml", bytes), &context).diagnostics;
    found.iter().filter(|one| one.is_error()).map(|one| one.code.as_str()).collect()
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    assert_eq!(codes_of(vec![b'#'; 1024 * 1024 + 1]), ["yaml/too-large"]);
}

#[test]
fn a_campaign_of_too_many_posts_is_refused() {
    let mut text = "campaign: big\nversion: 1\naccounts: [x/acme]\nposts:\n".to_owned();
    for post in 0..10_001 {
        text.push_str(&format!("  p{post}: {{at: now, text: t{post}}}\n"));
    }
    assert_eq!(codes_of(text.into_bytes()), ["schema/too-many"]);
}
