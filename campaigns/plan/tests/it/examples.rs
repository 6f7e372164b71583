//! Every campaign under `campaigns/examples` compiles without a warning, and the first one does what its
//! readers are promised.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use campaigns_lang::{
    CheckContext, Checked, FileProblem, Files, KnownAccounts, OutputFormat, Source, check, render,
};
use campaigns_limits::{MediaFacts, MediaKind, Platform};
use campaigns_plan::{CompileContext, Plan, Timing, When, calendar, compile};
use jiff::Timestamp;

struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        std::fs::read(self.0.join(path)).map(Arc::from).map_err(|_| FileProblem::Missing(path.to_owned()))
    }

    fn media(&self, path: &str) -> Result<MediaFacts, FileProblem> {
        let bytes = self.read(path)?;
        assert!(bytes.starts_with(b"\x89PNG"), "{path} is a PNG");
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        Ok(MediaFacts {
            sha256: format!("{:064x}", bytes.len()),
            kind: MediaKind::Image,
            mime: "image/png".to_owned(),
            bytes: bytes.len() as u64,
            width: Some(number(16)),
            height: Some(number(20)),
            duration_ms: None,
            frames: None,
        })
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn now() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

fn checked(path: &Path) -> Checked {
    let accounts = ["x/demo", "linkedin/demo", "x/acme", "linkedin/acme"];
    let accounts = KnownAccounts::Known(accounts.into_iter().map(|name| name.parse().unwrap()).collect());
    let context = CheckContext { now: now(), accounts: &accounts, files: &Folder(folder()), workspace: None };
    let name = path.file_name().unwrap().to_str().unwrap();
    check(&Source::new(name, std::fs::read(path).unwrap()), &context)
}

fn plan(path: &Path) -> Plan {
    let checked = checked(path);
    let report = render(&checked.diagnostics, &checked.sources, OutputFormat::Text, false);
    assert!(report.is_empty(), "{}:\n{report}", path.display());
    let compiled =
        compile(&checked.campaign.unwrap(), &CompileContext { organization: "default", now: now() });
    assert!(compiled.diagnostics.iter().all(|one| one.severity == campaigns_lang::Severity::Note));
    compiled.plan.unwrap()
}

fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.to_string_lossy().ends_with(".campaign.yaml")).collect();
    files.sort();
    files
}

#[test]
fn every_example_compiles_without_a_warning_and_always_to_the_same_plan() {
    let examples = examples();
    assert!(examples.len() >= 3);
    for path in examples {
        assert_eq!(plan(&path), plan(&path), "{}", path.display());
    }
}

#[test]
fn the_hello_campaign_is_what_the_demo_promises() {
    let plan = plan(&folder().join("hello.campaign.yaml"));
    assert!(plan.publications.len() >= 4);
    let platforms: BTreeSet<Platform> = plan.publications.iter().map(|one| one.account.platform()).collect();
    assert_eq!(platforms.len(), 2);
    assert!(plan.publications.iter().all(|one| one.account.handle() == "demo"));
    assert!(plan.publications.iter().any(|one| one.segments.len() > 1), "one thread");
    let alts = plan.publications.iter().flat_map(|one| &one.segments).flat_map(|segment| &segment.media);
    assert!(alts.filter(|media| media.alt.is_some()).count() >= 1, "one image with alternative text");
    let mut gates = 0;
    for publication in &plan.publications {
        match &publication.timing {
            Timing::FromApply { wait_ms } => assert!(*wait_ms <= 10_000),
            Timing::After { wait_ms, .. } => {
                gates += 1;
                assert!(*wait_ms <= 10_000);
            }
            Timing::At { .. } | Timing::Awaits { .. } => panic!("the demo runs at any time"),
        }
    }
    assert!(gates >= 1, "one post waits for another");
    let picture = std::fs::metadata(folder().join("media/hello.png")).unwrap();
    assert!(picture.len() < 20_000);
}

#[test]
fn dates_are_reckoned_in_the_campaigns_zone() {
    let plan = plan(&folder().join("product-launch.campaign.yaml"));
    let due: Vec<String> = calendar(&plan, now())
        .into_iter()
        .filter_map(|entry| match entry.when {
            When::At { due_at, local, .. } => {
                Some(format!("{} {} {due_at} = {local}", entry.post, entry.account))
            }
            When::After { .. } | When::Awaits { .. } => None,
        })
        .collect();
    assert_eq!(
        due,
        [
            "teaser x/acme 2027-03-15T08:00:00Z = 2027-03-15 09:00 CET",
            "teaser linkedin/acme 2027-03-15T08:00:00Z = 2027-03-15 09:00 CET",
            "launch x/acme 2027-03-18T08:00:00Z = 2027-03-18 09:00 CET",
            "launch linkedin/acme 2027-03-18T08:00:00Z = 2027-03-18 09:00 CET",
        ]
    );
}

/// Every file there is, and every medium a picture.
struct AnyFiles;

impl Files for AnyFiles {
    fn read(&self, _path: &str) -> Result<Arc<[u8]>, FileProblem> {
        Ok(Arc::from(b"A text".as_slice()))
    }

    fn media(&self, _path: &str) -> Result<MediaFacts, FileProblem> {
        Folder(folder()).media("media/hello.png")
    }
}

#[test]
fn every_campaign_in_the_readme_and_the_guides_is_valid() {
    let root = folder().join("../..");
    let guides = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = guides.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let mut found = 0;
    for path in pages.chain([root.join("README.md")]) {
        let page = std::fs::read_to_string(&path).unwrap();
        for block in page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            if !block.starts_with("campaign:") {
                continue;
            }
            found += 1;
            let accounts = KnownAccounts::Unknown;
            let context = CheckContext { now: now(), accounts: &accounts, files: &AnyFiles, workspace: None };
            let checked = check(&Source::new("page.yaml", block.as_bytes()), &context);
            let report = render(&checked.diagnostics, &checked.sources, OutputFormat::Text, false);
            assert!(checked.campaign.is_some(), "{}:\n{report}", path.display());
        }
    }
    assert!(found >= 2, "{found}");
}

#[test]
fn a_plan_survives_its_journey_as_json() {
    for path in examples() {
        let plan = plan(&path);
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    }
}
