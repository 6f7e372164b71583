//! Campaign files: YAML to Document to Campaign, with every diagnostic at once. Pure: files come through
//! [`Files`], the time as a value.

mod campaign;
mod check;
mod diagnostic;
mod output;
mod source;
mod span;
mod template;
mod workspace;

pub mod files;

pub use campaign::{
    After, At, Campaign, CatchUpSetting, Content, Else, Media, OnAmbiguous, OnPartFailure, OnSiblingFailure,
    Part, PlatformBlock, Post, RetrySetting, Settings, SourceFile, Text, Timing, Zone,
};
pub use check::{CheckContext, Checked, FileUse, KnownAccounts, NamedFile, check};
pub use diagnostic::{Code, DIAGNOSTICS_MAX, Diagnostic, Edit, Fix, Label, Severity, in_order};
pub use files::{FileProblem, Files};
pub use output::{OutputFormat, UnknownOutputFormat, render};
pub use source::{Position, Source, Sources};
pub use span::{Location, Span, Spanned};
pub use template::Template;
pub use workspace::{CheckedWorkspace, Workspace, check_workspace};

/// The page of a code, in Markdown: what it means, an example, what to do.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let _ = code;
    None
}

/// Every code, in alphabetical order.
#[must_use]
pub fn codes() -> &'static [&'static str] {
    &[]
}

/// The JSON Schema of campaign files, draft-07, for editors.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    serde_json::Value::Null
}
