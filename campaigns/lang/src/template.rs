//! Texts with `{{ }}`: strict, and nothing else is special in them.

use std::sync::Arc;

use crate::Span;

/// A text, its expressions, and where each of its bytes stands in its source.
#[derive(Clone, Debug)]
pub struct Template {
    /// The source that the text stands in.
    pub file: Arc<str>,
    /// The text as YAML or the text file gives it, the one final newline trimmed.
    pub text: String,
    /// The whole text in its source.
    pub span: Span,
}
