//! Campaign files: YAML to Document to Campaign, with every diagnostic at once. Pure: files come through
//! [`Files`], the time as a value.

mod campaign;
mod check;
mod checks;
mod codes;
mod decode;
mod diagnostic;
mod document;
mod fix;
mod keys;
mod layout;
mod output;
mod problems;
mod rendering;
mod schema;
mod source;
mod span;
mod suggest;
mod template;
mod visible;
mod workspace;
mod zones;

pub mod files;

pub use campaign::{
    After, Approve, At, Awaited, Bound, Campaign, Captions, CatchUpSetting, Content, Contents, Cron, Days,
    Else, End, Extras, Gates, Happening, Link, Media, Mention, Moved, Needs, OCCURRENCES_MAX, Occurrence,
    OnAmbiguous, OnPartFailure, OnSiblingFailure, Override, Part, PlatformBlock, Policies, Poll, Post,
    QuietHours, Quote, Recurrence, RetrySetting, Rotation, Rule, Settings, SourceFile, Text, Timing, Utm,
    When, Zone, is_quiet,
};
pub use check::{CheckContext, Checked, FileUse, KnownAccounts, NamedFile, check};
pub use codes::{ACCESS_ENDS, BUDGET_RATE, NO_TARGET, TIME_HORIZON, UNKNOWN_METRIC, codes, explain};
pub use decode::is_id;
pub use diagnostic::{Code, DIAGNOSTICS_MAX, Diagnostic, Edit, Fix, Label, Severity, in_order};
pub use files::{FileProblem, Files};
pub use fix::{Fixed, fixed};
pub use layout::formatted;
pub use output::{OutputFormat, UnknownOutputFormat, render};
pub use rendering::{RenderedSegment, segments};
pub use schema::{json_schema, workspace_json_schema};
pub use source::{Position, Source, Sources};
pub use span::{Location, Span, Spanned};
pub use template::Template;
pub use workspace::{CheckedWorkspace, Person, Workspace, check_workspace};
