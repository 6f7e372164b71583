//! The inside of `{{ }}`: names, literals and a few filters, nothing that could loop or reach out.

use std::sync::{Arc, LazyLock};

use minijinja::value::ValueKind;
use minijinja::{Environment, UndefinedBehavior, filters};

use super::Names;
use crate::suggest::did_you_mean;
use crate::visible::visible;
use crate::{Diagnostic, Span, codes};

/// The longest expression, in bytes.
const CODE_BYTES_MAX: usize = 500;

/// Steps that one expression may take.
const FUEL: u64 = 10_000;

/// The filters of the language.
const FILTERS: &[&str] = &["upper", "lower", "title", "capitalize", "trim"];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("title", filters::title);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("trim", filters::trim);
    environment
});

/// Why an expression has no value.
pub(super) enum Fault {
    Undefined {
        name: String,
        near: Option<String>,
        known: Vec<String>,
    },
    /// A name that has a value elsewhere.
    Lacking(String),
    Failed(String),
}

impl Fault {
    pub(super) fn diagnostic(self, file: &Arc<str>, span: Span) -> Diagnostic {
        match self {
            Self::Lacking(why) => Diagnostic::error(codes::TEMPLATE_UNDEFINED, file, span, why),
            Self::Failed(why) => Diagnostic::error(codes::TEMPLATE_SYNTAX, file, span, why),
            Self::Undefined { name, near, known } => {
                let message = format!("`{}` is not defined", visible(&name));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("defined are {}", known.join(", ")),
                };
                Diagnostic::error(codes::TEMPLATE_UNDEFINED, file, span, message).with_help(help)
            }
        }
    }
}

/// The length of the code up to its `}}`, of which one inside quotes doesn't count.
pub(super) fn end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character == '}' && text[at..].starts_with("}}") => return Some(at),
            None => {}
        }
    }
    None
}

/// What is wrong with the code, whatever its names stand for.
pub(super) fn syntax_fault(code: &str) -> Option<String> {
    if code.is_empty() {
        return Some("there is nothing between the braces".to_owned());
    }
    if code.len() > CODE_BYTES_MAX {
        return Some(format!("an expression has at most {CODE_BYTES_MAX} bytes"));
    }
    let error = ENVIRONMENT.compile_expression_owned(code.to_owned()).err()?;
    Some(words(&error))
}

/// The expression's text.
pub(super) fn evaluate(code: &str, names: &Names) -> Result<String, Fault> {
    // Most expressions are a name and nothing else.
    if let Some(value) = names.get(code) {
        return Ok(value.to_owned());
    }
    let failed = |error: &minijinja::Error| Fault::Failed(words(error));
    let expression = ENVIRONMENT.compile_expression_owned(code.to_owned()).map_err(|error| failed(&error))?;
    let mut used: Vec<String> = expression.undeclared_variables(true).into_iter().collect();
    used.sort();
    if let Some(why) = used.iter().find_map(|name| names.why_lacking(name)) {
        return Err(Fault::Lacking(why.to_owned()));
    }
    if let Some(name) = used.into_iter().find(|name| !names.is_known(name)) {
        return Err(undefined(name, names));
    }
    let value = expression.eval(names.value()).map_err(|error| failed(&error))?;
    match value.kind() {
        ValueKind::Undefined => Err(undefined(code.to_owned(), names)),
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(value.to_string()),
        _ => Err(Fault::Failed(format!("`{}` is not a single value", visible(code)))),
    }
}

fn undefined(name: String, names: &Names) -> Fault {
    let near = did_you_mean(&name, names.flat()).map(str::to_owned);
    Fault::Undefined { near, known: names.flat().map(|name| format!("`{name}`")).collect(), name }
}

fn words(error: &minijinja::Error) -> String {
    let what = match error.kind() {
        minijinja::ErrorKind::UnknownFilter => {
            return format!("an unknown filter; there are {}", FILTERS.join(", "));
        }
        minijinja::ErrorKind::UnknownFunction => "functions can't be called here",
        minijinja::ErrorKind::OutOfFuel => "the expression does too much",
        _ => "the expression can't be read",
    };
    match error.detail() {
        Some(detail) => format!("{what}: {}", visible(detail)),
        None => what.to_owned(),
    }
}
