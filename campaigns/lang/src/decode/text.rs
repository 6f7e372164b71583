//! Texts: in the campaign file, or in a file of their own.

use std::sync::Arc;

use super::Decoder;
use super::media::path_of;
use crate::campaign::Text;
use crate::check::FileUse;
use crate::document::{Node, Value};
use crate::files::FileProblem;
use crate::template::Template;
use crate::visible::visible;
use crate::{Source, Spanned, codes, keys};

/// The longest text file, in bytes: the longest post of any platform is far shorter.
const TEXT_FILE_BYTES_MAX: usize = 256 * 1024;

impl Decoder<'_> {
    pub(super) fn text(&mut self, node: &Node) -> Option<Text> {
        match &node.value {
            Value::Scalar(_) => self.inline_text(node),
            Value::Mapping(mapping)
                if mapping.items.iter().any(|(key, _)| keys::TEXT_FILE.key(&key.value).is_some()) =>
            {
                let fields = self.fields(node, &keys::TEXT_FILE, node.place())?;
                let file = fields.get("file")?;
                self.within("file", |decoder| decoder.text_file(file))
            }
            _ => {
                self.text_is_collection(node);
                None
            }
        }
    }

    fn inline_text(&mut self, node: &Node) -> Option<Text> {
        if self.document.put_aside.contains(&node.span.start) || self.text_losses(node) {
            return None;
        }
        let Some(scalar) = node.scalar() else {
            self.wrong_kind(node, "a text belongs here");
            return None;
        };
        let file = Arc::clone(self.problems.file());
        let template = Template::from_scalar(&file, self.source, node.span, scalar);
        self.check_template(template).map(|template| Text { template, span: node.place() })
    }

    fn text_file(&mut self, node: &Node) -> Option<Text> {
        let path = self.path_word(node, FileUse::Text)?;
        let bytes = match self.read_file(&path.value) {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.file_problem(&path, &problem);
                return None;
            }
        };
        if bytes.len() > TEXT_FILE_BYTES_MAX {
            let max = TEXT_FILE_BYTES_MAX as u64;
            self.file_problem(
                &path,
                &FileProblem::TooLarge { path: path.value.clone(), bytes: bytes.len() as u64, max },
            );
            return None;
        }
        let name = beside(self.problems.file(), &path.value);
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let problem = self.error(
                codes::FILE_ENCODING,
                path.span,
                format!("`{}` is not UTF-8 text", visible(&path.value)),
            );
            self.push(problem);
            return None;
        };
        let source = Source::new(&name, Arc::clone(&bytes));
        self.sources.add(&source);
        let template = Template::from_file(&source.name, text);
        self.texts.insert(path.value.clone(), Arc::clone(&bytes));
        self.check_template(template).map(|template| Text { template, span: path.span })
    }

    /// Reports what is wrong with the `{{ }}` of a text.
    pub(super) fn check_template(&mut self, template: Template) -> Option<Template> {
        let faults = template.syntax_faults();
        let sound = faults.is_empty();
        for fault in faults {
            let path = self.path().to_owned();
            self.push(fault.at_path(path));
        }
        sound.then_some(template)
    }

    /// A path to a file beside the campaign, named for the caller to bring along.
    pub(super) fn path_word(&mut self, node: &Node, use_: FileUse) -> Option<Spanned<String>> {
        let word = self.word(node)?;
        match path_of(&word.value) {
            Ok(path) => {
                self.name_file(&path, use_);
                Some(Spanned::new(path, word.span))
            }
            Err(why) => {
                self.outside(&word, why);
                None
            }
        }
    }

    /// A path that is only written down: nobody reads the file now.
    pub(super) fn plain_path(&mut self, node: &Node) -> Option<Spanned<String>> {
        let word = self.word(node)?;
        match path_of(&word.value) {
            Ok(path) => Some(Spanned::new(path, word.span)),
            Err(why) => {
                self.outside(&word, why);
                None
            }
        }
    }

    fn outside(&mut self, word: &Spanned<String>, why: &str) {
        let problem = self.error(codes::FILE_OUTSIDE, word.span, format!("`{}` {why}", visible(&word.value)));
        self.push(
            problem
                .with_help("paths are relative to the campaign file, with `/`, and stay inside the project"),
        );
    }

    pub(super) fn file_problem(&mut self, path: &Spanned<String>, problem: &FileProblem) {
        let code = match problem {
            FileProblem::Missing(_) => codes::FILE_MISSING,
            FileProblem::Outside(_) => codes::FILE_OUTSIDE,
            FileProblem::Unreadable { .. } | FileProblem::NotMedia { .. } | FileProblem::Broken { .. } => {
                codes::FILE_UNREADABLE
            }
            FileProblem::TooLarge { .. } => codes::FILE_TOO_LARGE,
        };
        let problem = self.error(code, path.span, problem.to_string());
        self.push(problem);
    }
}

/// The name of a file beside the campaign, as diagnostics show it.
fn beside(campaign: &str, path: &str) -> String {
    match campaign.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}
