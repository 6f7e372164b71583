//! From a tree to a campaign's draft. Collects every error and goes on; what is wrong is left out of the
//! draft, so that later checks don't complain about it again.

mod accounts;
mod block;
mod campaign;
mod content;
mod dates;
mod draft;
mod extras;
mod fields;
mod gates;
mod media;
mod post;
mod recurrence;
mod scalar;
mod settings;
mod shared;
mod text;
mod timing;
mod traps;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use campaigns_limits::MediaFacts;

pub(crate) use campaign::campaign;
pub(crate) use draft::{Draft, DraftPost};
pub use scalar::is_id;
pub(crate) use workspace::workspace;

use crate::check::{FileUse, NamedFile};
use crate::document::Document;
use crate::files::FileProblem;
use crate::problems::Problems;
use crate::{Code, Diagnostic, Files, Source, Sources, Span};

/// Reads one document. Knows the path of the value that it is at.
pub(crate) struct Decoder<'a> {
    pub(crate) document: &'a Document,
    /// The source, for what YAML's tree leaves out.
    pub(crate) source: &'a str,
    pub(crate) problems: Problems,
    files: &'a dyn Files,
    path: String,
    pub(crate) named: BTreeSet<NamedFile>,
    /// Text files that could be read, by path.
    pub(crate) texts: BTreeMap<String, Arc<[u8]>>,
    media: BTreeMap<String, Result<MediaFacts, FileProblem>>,
    pub(crate) sources: Sources,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(
        source: &Source,
        text: &'a str,
        document: &'a Document,
        files: &'a dyn Files,
        problems: Problems,
    ) -> Self {
        Self {
            document,
            source: text,
            problems,
            files,
            path: String::new(),
            named: BTreeSet::new(),
            texts: BTreeMap::new(),
            media: BTreeMap::new(),
            sources: Sources::from(source),
        }
    }

    /// Runs `read` with `segment` added to the path: `posts`, `.launch`, `[1]`.
    pub(crate) fn within<T>(&mut self, segment: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        if before > 0 && !segment.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(&crate::visible::visible(segment));
        let value = read(self);
        self.path.truncate(before);
        value
    }

    /// Makes an error at the current path, without adding it.
    pub(crate) fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        self.with_path(self.problems.error(code, span, message))
    }

    fn with_path(&self, problem: Diagnostic) -> Diagnostic {
        if self.path.is_empty() { problem } else { problem.at_path(self.path.clone()) }
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    /// The path of the value that is being read.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    fn name_file(&mut self, path: &str, use_: FileUse) {
        self.named.insert(NamedFile { path: path.to_owned(), use_ });
    }

    /// The facts of a media file; each file is looked at once.
    fn media_facts(&mut self, path: &str) -> Result<MediaFacts, FileProblem> {
        let files = self.files;
        self.media.entry(path.to_owned()).or_insert_with(|| files.media(path)).clone()
    }

    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        self.files.read(path)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::fields::read_keys;
    use super::*;
    use crate::document;
    use crate::keys::{CAMPAIGN, Need, Shape, Table, WORKSPACE};
    use campaigns_limits::MediaKind;

    struct AnyFile;

    impl Files for AnyFile {
        fn read(&self, _: &str) -> Result<Arc<[u8]>, FileProblem> {
            Ok(Arc::from(&b"text"[..]))
        }

        fn media(&self, _: &str) -> Result<MediaFacts, FileProblem> {
            let (sha256, mime) = (String::new(), "image/png".to_owned());
            let (width, height) = (Some(1), Some(1));
            Ok(MediaFacts {
                sha256,
                kind: MediaKind::Image,
                mime,
                bytes: 1,
                width,
                height,
                duration_ms: None,
                frames: None,
            })
        }
    }

    /// A document with every key of a table, and of every table in it; of keys that exclude one another, the
    /// one whose turn it is.
    fn everything(shape: &Shape, turn: usize, out: &mut String) {
        match shape {
            Shape::Word | Shape::Pattern(_) | Shape::Anything => out.push_str("word"),
            Shape::OneOf(words) => out.push_str(words[0]),
            Shape::Integer { least, .. } => out.push_str(&least.to_string()),
            Shape::Boolean => out.push_str("true"),
            Shape::List(item) => {
                out.push('[');
                everything(item, turn, out);
                out.push(']');
            }
            Shape::Map(_, item) => {
                out.push('{');
                for key in ["x/key", "key", "2027-03-18"] {
                    out.push_str(&format!("{key}: "));
                    everything(item, turn, out);
                    out.push_str(", ");
                }
                out.push('}');
            }
            Shape::Object(table) => object(table, turn, out),
            // The last alternative is the one with keys.
            Shape::Either(shapes) => everything(&shapes[shapes.len() - 1], turn, out),
        }
    }

    fn object(table: &Table, turn: usize, out: &mut String) {
        let left_out = |name: &str| {
            table
                .choices
                .iter()
                .any(|choice| choice.keys.contains(&name) && choice.keys[turn % choice.keys.len()] != name)
        };
        // So that the choices below come in every combination with those here.
        let most = table.choices.iter().map(|choice| choice.keys.len()).max().unwrap_or(1);
        out.push('{');
        for key in table.keys().filter(|key| key.need != Need::Later && !left_out(key.name)) {
            out.push_str(&format!("{}: ", key.name));
            everything(&key.shape, turn / most, out);
            out.push_str(", ");
        }
        out.push('}');
    }

    fn offered(shape: &Shape, keys: &mut BTreeSet<(String, String)>) {
        match shape {
            Shape::List(item) | Shape::Map(_, item) => offered(item, keys),
            Shape::Object(table) => offered_by(table, keys),
            Shape::Either(shapes) => shapes.iter().for_each(|shape| offered(shape, keys)),
            Shape::Word
            | Shape::Pattern(_)
            | Shape::OneOf(_)
            | Shape::Integer { .. }
            | Shape::Boolean
            | Shape::Anything => {}
        }
    }

    fn offered_by(table: &Table, keys: &mut BTreeSet<(String, String)>) {
        for key in table.keys().filter(|key| key.need != Need::Later) {
            if keys.insert((table.name.to_owned(), key.name.to_owned())) {
                offered(&key.shape, keys);
            }
        }
    }

    fn read_from(text: &str, read: impl FnOnce(&mut Decoder<'_>, &document::Node)) {
        let source = Source::new("all.yaml", text.as_bytes());
        let mut problems = Problems::new(&source.name);
        let document = document::read(text, &mut problems);
        let root = document.root.as_ref().unwrap();
        read(&mut Decoder::new(&source, text, &document, &AnyFile, problems), root);
    }

    /// The other half of the proof stands in the schema, which is made of the same tables: it has exactly
    /// the keys that they have.
    #[test]
    fn the_decoder_reads_every_key_that_the_schema_offers_and_no_other() {
        let mut wanted = BTreeSet::new();
        offered_by(&CAMPAIGN, &mut wanted);
        offered_by(&WORKSPACE, &mut wanted);
        let _ = read_keys::taken();
        for turn in 0..96 {
            let mut text = String::new();
            object(&CAMPAIGN, turn, &mut text);
            read_from(&text, |decoder, root| drop(campaign(decoder, root, None)));
            let mut text = String::new();
            object(&WORKSPACE, turn, &mut text);
            read_from(&text, |decoder, root| drop(workspace(decoder, root, &Arc::from(&b""[..]))));
        }
        let read = read_keys::taken();
        assert_eq!(
            read.difference(&wanted).collect::<Vec<_>>(),
            Vec::<&(String, String)>::new(),
            "read but not offered"
        );
        assert_eq!(
            wanted.difference(&read).collect::<Vec<_>>(),
            Vec::<&(String, String)>::new(),
            "offered but not read"
        );
    }
}
