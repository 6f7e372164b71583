//! Texts with `{{ }}`: strict, and nothing else is special in them.

mod expression;
mod names;
mod place;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use names::Names;

use crate::document::{Scalar, Style};
use crate::{Diagnostic, Span, codes};
use place::Places;

/// A rendered text may be this many bytes: ten times the longest post of any platform. What is longer comes
/// from a mistake or an attack, and is cut short before it costs anything.
const RENDERED_BYTES_MAX: usize = 300_000;

/// Expressions of one text.
const EXPRESSIONS_MAX: usize = 1_000;

/// A text, its expressions, and where each of its bytes stands in its source.
#[derive(Clone, Debug)]
pub struct Template {
    /// The source that the text stands in.
    pub file: Arc<str>,
    /// The text as YAML or the text file gives it, the one final newline trimmed.
    pub text: String,
    /// The whole text in its source.
    pub span: Span,
    expressions: Vec<Expression>,
    unclosed: Option<Span>,
    places: Places,
}

/// One `{{ … }}`.
#[derive(Clone, Debug)]
struct Expression {
    /// With its braces, in the text.
    range: Range<usize>,
    /// What stands between them, trimmed.
    code: String,
    /// The code in the source.
    span: Span,
}

/// A text with its expressions replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    /// Where pieces begin: in `text`, and in the template's text.
    pieces: Vec<(usize, usize)>,
}

impl Template {
    /// A text that is a YAML value at `span` in `source`.
    pub(crate) fn from_scalar(file: &Arc<str>, source: &str, span: Span, scalar: &Scalar) -> Self {
        let block = matches!(scalar.style, Style::Literal | Style::Folded);
        let text = if block { trim_newline(&scalar.text) } else { &scalar.text };
        Self::new(file, text.to_owned(), span, Places::of_scalar(source, span, scalar.style, text))
    }

    /// A whole text file. Line ends of other systems become newlines.
    pub(crate) fn from_file(file: &Arc<str>, content: &str) -> Self {
        let content = content.strip_prefix('\u{feff}').unwrap_or(content);
        let places = Places::of_file(content);
        let text = content.replace("\r\n", "\n");
        let text = trim_newline(&text).to_owned();
        let span = Span::new(0..content.len());
        Self::new(file, text, span, places)
    }

    fn new(file: &Arc<str>, text: String, span: Span, places: Places) -> Self {
        let mut template =
            Self { file: Arc::clone(file), text, span, expressions: Vec::new(), unclosed: None, places };
        template.find_expressions();
        template
    }

    fn find_expressions(&mut self) {
        let mut at = 0;
        while let Some(open) = self.text[at..].find("{{").map(|found| at + found) {
            let Some(close) = expression::end(&self.text[open + 2..]).map(|end| open + 2 + end) else {
                self.unclosed = Some(self.locate(open..open + 2));
                return;
            };
            let inner = &self.text[open + 2..close];
            let start = open + 2 + (inner.len() - inner.trim_start().len());
            let code = inner.trim().to_owned();
            let span = self.locate(start..start + code.len().max(1));
            self.expressions.push(Expression { range: open..close + 2, code, span });
            at = close + 2;
        }
    }

    /// What is wrong with the expressions, whatever their names stand for.
    pub(crate) fn syntax_faults(&self) -> Vec<Diagnostic> {
        let mut faults = Vec::new();
        if let Some(span) = self.unclosed {
            let problem =
                Diagnostic::error(codes::TEMPLATE_SYNTAX, &self.file, span, "this `{{` is not closed");
            faults.push(
                problem
                    .with_help("close it with `}}`; to publish the braces themselves, write `{{ \"{{\" }}`"),
            );
        }
        if let Some(extra) = self.expressions.get(EXPRESSIONS_MAX) {
            let message = format!("a text has at most {EXPRESSIONS_MAX} expressions");
            faults.push(Diagnostic::error(codes::TEMPLATE_TOO_LARGE, &self.file, extra.span, message));
            return faults;
        }
        faults.extend(self.expressions.iter().filter_map(|one| {
            let why = expression::syntax_fault(&one.code)?;
            Some(Diagnostic::error(codes::TEMPLATE_SYNTAX, &self.file, one.span, why))
        }));
        faults
    }

    /// Whether an expression says a name or something below it.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.expressions.iter().any(|one| one.code.contains(name))
    }

    /// Replaces the expressions.
    ///
    /// # Errors
    /// Every expression that says something undefined, and a text that grows too large.
    pub(crate) fn render(&self, names: &Names) -> Result<Rendered, Vec<Diagnostic>> {
        let mut rendered = Rendered { text: String::with_capacity(self.text.len()), pieces: vec![(0, 0)] };
        let mut faults = Vec::new();
        let mut at = 0;
        for expression in &self.expressions {
            rendered.push(&self.text[at..expression.range.start], at);
            at = expression.range.end;
            match expression::evaluate(&expression.code, names) {
                Ok(value) => rendered.push(&value, expression.range.start),
                Err(fault) => faults.push(fault.diagnostic(&self.file, expression.span)),
            }
            if rendered.text.len() > RENDERED_BYTES_MAX {
                let message = format!(
                    "with its expressions replaced, the text is longer than {RENDERED_BYTES_MAX} bytes"
                );
                faults.push(Diagnostic::error(
                    codes::TEMPLATE_TOO_LARGE,
                    &self.file,
                    expression.span,
                    message,
                ));
                return Err(faults);
            }
        }
        rendered.push(&self.text[at..], at);
        if faults.is_empty() { Ok(rendered) } else { Err(faults) }
    }

    /// Where a part of the text stands in the source.
    pub(crate) fn locate(&self, range: Range<usize>) -> Span {
        self.places.locate(range).unwrap_or_else(|| self.first_line())
    }

    /// The place of the text without drowning it in carets: its first line.
    pub(crate) fn first_line(&self) -> Span {
        let line = self.text.split('\n').next().unwrap_or_default();
        self.places.locate(0..line.len().max(1)).unwrap_or(self.span)
    }
}

impl Rendered {
    fn push(&mut self, text: &str, from: usize) {
        self.pieces.push((self.text.len(), from));
        self.text.push_str(text);
    }

    /// A part of it, as a text of its own.
    pub(crate) fn piece(&self, range: Range<usize>) -> Self {
        let inner = self.pieces.iter().filter(|(start, _)| range.contains(start));
        let shifted = inner.map(|(start, from)| (start - range.start, *from));
        let pieces = std::iter::once((0, self.origin(range.start))).chain(shifted).collect();
        Self { text: self.text[range].to_owned(), pieces }
    }

    /// With texts put in before bytes, which are in order.
    pub(crate) fn with_insertions(&self, insertions: &[(usize, String)]) -> Self {
        let mut longer = Self { text: String::with_capacity(self.text.len()), pieces: Vec::new() };
        let mut at = 0;
        for (position, text) in insertions {
            longer.append(self, at..*position);
            longer.push(text, self.origin(position.saturating_sub(1)));
            at = *position;
        }
        longer.append(self, at..self.text.len());
        longer
    }

    fn append(&mut self, other: &Self, range: Range<usize>) {
        let piece = other.piece(range);
        let offset = self.text.len();
        self.pieces.extend(piece.pieces.iter().map(|(start, from)| (start + offset, *from)));
        self.text.push_str(&piece.text);
    }

    /// The byte of the template's text that the byte of the rendered text comes from.
    pub(crate) fn origin(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        let (start, from) = self.pieces[piece];
        from + (at - start)
    }
}

fn trim_newline(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template::from_file(&Arc::from("a.md"), text)
    }

    fn names() -> Names {
        let mut names = Names::default();
        names.insert("platform", "x");
        names.insert("vars.page", "https://acme.dev");
        names
    }

    #[test]
    fn expressions_are_replaced_and_everything_else_stays() {
        let text = "{% if %} {# c #} {{ vars.page }} {{platform|upper}} }} {{ \"{{\" }}\n";
        let rendered = template(text).render(&names()).unwrap();
        assert_eq!(rendered.text, "{% if %} {# c #} https://acme.dev X }} {{");
    }

    #[test]
    fn undefined_names_are_errors_with_their_place() {
        let faults = template("a\n{{ vars.pgae }} {{ nope }}").render(&names()).unwrap_err();
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[0].location.span, Span::new(5..14));
        assert_eq!(faults[0].help.as_deref(), Some("did you mean `vars.page`?"));
    }

    #[test]
    fn what_cannot_be_read_is_a_syntax_fault() {
        for text in [
            "{{ vars.page",
            "{{ }}",
            "{{ 1 + }}",
            "{{ vars | nofilter }}",
            "{{ range(10) }}",
            "{{ vars.page.x( }}",
        ] {
            let template = template(text);
            let fault = !template.syntax_faults().is_empty() || template.render(&names()).is_err();
            assert!(fault, "{text}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        let many = "{{ vars.page * 10000 }}".repeat(100);
        assert!(template(&many).render(&names()).is_err());
    }
}
