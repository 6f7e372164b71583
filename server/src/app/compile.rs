//! From files to a plan. Pure: what the server does with a bundle, the CLI does with files on the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use campaigns_lang::{
    Campaign, CheckContext, Diagnostic, FileProblem, Files, KnownAccounts, Source, Sources, check,
    check_workspace, in_order,
};
use campaigns_limits::MediaFacts;
use campaigns_plan::{CompileContext, Plan, compile};
use jiff::Timestamp;

use super::ORGANIZATION;
use crate::api::Bundle;
use crate::api::campaign::DiagnosticView;

/// What compiling needs besides the campaign file.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub workspace: Option<&'a Source>,
    pub files: &'a dyn Files,
    pub accounts: &'a KnownAccounts,
    pub now: Timestamp,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// `None` exactly when there is an error among the diagnostics.
    pub plan: Option<Plan>,
    /// As authored, where it could be read.
    pub campaign: Option<Campaign>,
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
    /// The files that the campaign names, whether they could be used or not.
    pub files: Vec<String>,
}

impl Compilation {
    /// The diagnostics with positions.
    #[must_use]
    pub fn views(&self) -> Vec<DiagnosticView> {
        views(&self.diagnostics, &self.sources)
    }
}

/// Checks the workspace and the campaign, and compiles the plan when nothing is wrong.
#[must_use]
pub fn compile_campaign(source: &Source, around: Surroundings<'_>) -> Compilation {
    let mut diagnostics = Vec::new();
    let mut sources = Sources::default();
    let mut workspace = None;
    let mut workspace_broken = false;
    if let Some(file) = around.workspace {
        let checked = check_workspace(file);
        workspace_broken = checked.workspace.is_faulty;
        workspace = Some(checked.workspace);
        diagnostics.extend(checked.diagnostics);
        sources.extend(checked.sources);
    }
    let context = CheckContext {
        now: around.now,
        accounts: around.accounts,
        files: around.files,
        workspace: workspace.as_ref(),
    };
    let checked = check(source, &context);
    diagnostics.extend(checked.diagnostics);
    sources.extend(checked.sources);
    let files = checked.files.into_iter().map(|file| file.path).collect();
    let mut plan = None;
    if let (Some(campaign), false) = (&checked.campaign, workspace_broken) {
        let organization = workspace.as_ref().and_then(|found| found.organization.as_deref());
        let context = CompileContext { organization: organization.unwrap_or(ORGANIZATION), now: around.now };
        let compiled = compile(campaign, &context);
        diagnostics.extend(compiled.diagnostics);
        plan = compiled.plan;
    }
    Compilation { plan, campaign: checked.campaign, diagnostics: in_order(diagnostics), sources, files }
}

/// Diagnostics with positions as people count them.
#[must_use]
pub fn views(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<DiagnosticView> {
    diagnostics
        .iter()
        .map(|one| {
            let position =
                |byte: u32| sources.get(&one.location.file).map(|text| text.position(byte as usize));
            let start = position(one.location.span.start);
            let end = position(one.location.span.end);
            DiagnosticView {
                code: one.code.to_string(),
                severity: one.severity.to_string(),
                message: one.message.clone(),
                file: one.location.file.to_string(),
                line: start.map_or(1, |at| at.line),
                column: start.map_or(1, |at| at.column),
                end_line: end.map_or(1, |at| at.line),
                end_column: end.map_or(1, |at| at.column),
                help: one.help.clone(),
            }
        })
        .collect()
}

/// The files of a bundle, with the facts that the server itself knows of its media.
#[derive(Debug)]
pub struct BundleFiles {
    texts: BTreeMap<String, Arc<[u8]>>,
    media: BTreeMap<String, MediaFacts>,
}

impl BundleFiles {
    /// `facts` replaces what the sender says by the hash of each file.
    #[must_use]
    pub fn new(bundle: &Bundle, facts: &BTreeMap<String, MediaFacts>) -> Self {
        let texts =
            bundle.texts.iter().map(|(name, text)| (name.clone(), Arc::from(text.as_bytes()))).collect();
        let media = bundle
            .media
            .iter()
            .map(|(name, said)| (name.clone(), facts.get(&said.sha256).unwrap_or(said).clone()))
            .collect();
        Self { texts, media }
    }
}

impl Files for BundleFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        self.texts.get(path).cloned().ok_or_else(|| FileProblem::Missing(path.to_owned()))
    }

    fn media(&self, path: &str) -> Result<MediaFacts, FileProblem> {
        self.media.get(path).cloned().ok_or_else(|| FileProblem::Missing(path.to_owned()))
    }
}
