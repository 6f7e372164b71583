//! From the parser's events to a tree: anchors, aliases, merge keys, and the limits on all of them.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span as ParserSpan, StructureStyle, Tag};

use super::collection::{Fault, Open};
use super::{DEPTH_MAX, NODES_MAX, Node, Scalar, Style, Value, repair, syntax};
use crate::codes;
use crate::problems::Problems;
use crate::suggest::did_you_mean;
use crate::visible::visible;
use crate::{Diagnostic, Span};

/// A file's tree and what stands beside it.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// `None` for an empty file, and where the damage is too great.
    pub(crate) root: Option<Node>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) anchors: Vec<Anchor>,
    /// Where texts stood that broke the syntax; they have been reported, and what stands there now means
    /// nothing.
    pub(crate) put_aside: Vec<u32>,
    /// No syntax error cut the tree off: only then does a missing key mean anything.
    pub(crate) complete: bool,
}

/// A `# comment`.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) span: Span,
    /// What follows the `#`.
    pub(crate) text: String,
}

/// An `&anchor`.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    pub(crate) name: String,
    pub(crate) span: Span,
    /// Where the anchored value begins.
    pub(crate) value_start: u32,
    pub(crate) used: bool,
}

/// How often a text that broke the syntax is put aside so that the rest of the file can be read.
const REPAIRS_MAX: usize = 50;

/// Reads a whole file, through as many broken texts as [`REPAIRS_MAX`] allows.
pub(crate) fn read(text: &str, problems: &mut Problems) -> Document {
    let mut readable = text.to_owned();
    let mut put_aside = Vec::new();
    for _ in 0..REPAIRS_MAX {
        let mut found = Vec::new();
        let mut builder = Builder::new(&readable, problems, &mut found);
        let Err(error) = builder.run() else {
            let document = Document { put_aside, ..builder.finish(true) };
            problems.extend(found);
            return document;
        };
        let partial = builder.finish(false);
        let trap = repair::trap(&readable, &error);
        let Some(trap) = trap else {
            found.push(syntax::diagnostic(&error, problems));
            problems.extend(found);
            return Document { put_aside, ..partial };
        };
        // What is found before a trap is found again in the repaired text.
        problems.push(trap.diagnostic(&readable, problems));
        put_aside.push(trap.put_aside(&mut readable));
    }
    Document::default()
}

struct Builder<'t> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    stack: Vec<Open>,
    root: Option<Node>,
    second_document: bool,
    nodes: u64,
    anchored: HashMap<usize, Node>,
    anchor_index: HashMap<usize, usize>,
    document: Document,
    problems: &'t Problems,
    found: &'t mut Vec<Diagnostic>,
    /// A limit was passed: everything after it is left out.
    stopped: bool,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, problems: &'t Problems, found: &'t mut Vec<Diagnostic>) -> Self {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            // A file is at most 1 MiB, which bounds its comments well enough.
            max_buffered_comment_events: usize::MAX,
        };
        Self {
            parser: Parser::new_from_str_with_options(text, options),
            stack: Vec::new(),
            root: None,
            second_document: false,
            nodes: 0,
            anchored: HashMap::new(),
            anchor_index: HashMap::new(),
            document: Document::default(),
            problems,
            found,
            stopped: false,
        }
    }

    fn run(&mut self) -> Result<(), ScanError> {
        while let Some(event) = self.parser.next_event() {
            let (event, span) = event?;
            self.event(event, &span);
            if self.stopped {
                break;
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, at: &ParserSpan) {
        let span = own(at);
        let tag_span = at.tag_span().map(|tag| own(&tag));
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar { text: text.as_ref().into(), style: own_style(style) };
                let tag = odd_tag(tag.as_deref(), tag_span, span);
                self.complete(Node { span, alias: None, tag, value: Value::Scalar(scalar) }, anchor);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = odd_tag(tag.as_deref(), tag_span, span);
                self.open(Open::sequence(span, anchor, tag, style == StructureStyle::Flow));
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = odd_tag(tag.as_deref(), tag_span, span);
                self.open(Open::mapping(span, anchor, tag, style == StructureStyle::Flow));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(name) => self.unknown_alias(&name, span),
            Event::Anchor(id, name) => self.name_anchor(id, &name, span),
            Event::Comment(text, _) => self.document.comments.push(Comment { span, text: text.into_owned() }),
            _ => {}
        }
    }

    fn open(&mut self, open: Open) {
        if self.stack.len() >= DEPTH_MAX as usize {
            self.fail(
                codes::YAML_DEPTH,
                open.start,
                format!("values are nested deeper than {DEPTH_MAX} levels"),
            );
            return;
        }
        self.stack.push(open);
    }

    fn close(&mut self, end: Span) {
        let Some(open) = self.stack.pop() else { return };
        let anchor = open.anchor;
        let (node, faults) = open.close(end);
        for fault in faults {
            self.fault(fault);
        }
        self.complete(node, anchor);
    }

    /// A value is there, whole.
    fn complete(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchored.insert(anchor, node.clone());
        }
        self.nodes = self.nodes.saturating_add(1);
        self.attach(node);
    }

    fn attach(&mut self, node: Node) {
        if let Some(parent) = self.stack.last_mut() {
            if let Some(fault) = parent.add(node) {
                self.fault(fault);
            }
        } else if self.root.is_none() {
            self.root = Some(node);
        } else if !self.second_document {
            self.second_document = true;
            let message = "a second document begins here, and a file holds one";
            self.found.push(self.problems.error(codes::YAML_DOCUMENTS, node.span, message));
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) {
        if let Some(index) = self.anchor_index.get(&anchor) {
            self.document.anchors[*index].used = true;
        }
        let Some(node) = self.anchored.get(&anchor) else {
            let message = "an alias can't stand inside the value that it repeats";
            self.found.push(self.problems.error(codes::YAML_ALIAS, span, message));
            self.attach(Node { span, alias: None, tag: None, value: Value::Broken });
            return;
        };
        self.nodes = self.nodes.saturating_add(node.nodes());
        if self.nodes > NODES_MAX {
            let message = format!("with every alias written out, the file has more than {NODES_MAX} values");
            self.fail(codes::YAML_ALIAS_LIMIT, span, message);
            return;
        }
        if self.stack.len() + node.depth() as usize > DEPTH_MAX as usize {
            self.fail(
                codes::YAML_DEPTH,
                span,
                format!("with this alias, values are nested deeper than {DEPTH_MAX} levels"),
            );
            return;
        }
        let node = Node { alias: Some(span), ..node.clone() };
        self.attach(node);
    }

    fn unknown_alias(&mut self, name: &str, span: Span) {
        let names = self.document.anchors.iter().map(|anchor| anchor.name.as_str());
        let help = did_you_mean(name, names).map(|name| format!("did you mean `*{name}`?"));
        let problem = self.problems.error(
            codes::YAML_ALIAS,
            span,
            format!("no anchor `&{}` comes before this alias", visible(name)),
        );
        let help = help.unwrap_or_else(|| {
            "if this is text that begins with `*`, put it in quotes or into a `|` block".to_owned()
        });
        self.found.push(problem.with_help(help));
        self.attach(Node { span, alias: None, tag: None, value: Value::Broken });
    }

    fn name_anchor(&mut self, id: usize, name: &str, span: Span) {
        let value_start = self.anchored.get(&id).map_or_else(
            || self.stack.last().map_or(span.end, |open| open.start.start),
            |node| node.span.start,
        );
        self.anchor_index.insert(id, self.document.anchors.len());
        self.document.anchors.push(Anchor { name: name.to_owned(), span, value_start, used: false });
    }

    fn fault(&mut self, fault: Fault) {
        let problem = match fault {
            Fault::DuplicateKey { key, first } => self
                .problems
                .error(
                    codes::YAML_DUPLICATE_KEY,
                    key.span,
                    format!("key `{}` is written twice", visible(&key.value)),
                )
                .with_label(first, "first written here"),
            Fault::KeyNotScalar { span } => {
                self.problems.error(codes::YAML_KEY, span, "a key must be a single value")
            }
            Fault::MergeOfOther { span } => self
                .problems
                .error(codes::YAML_MERGE, span, "`<<` takes a mapping, or a list of mappings")
                .with_help("write `<<: *name`, where `&name` marks a mapping"),
        };
        self.found.push(problem);
    }

    /// Reports a limit and leaves out everything from here.
    fn fail(&mut self, code: crate::Code, span: Span, message: String) {
        self.found.push(self.problems.error(code, span, message));
        self.stopped = true;
    }

    /// The tree as far as it came; `whole` says that no syntax error cut it off.
    fn finish(mut self, whole: bool) -> Document {
        let complete = whole && !self.stopped;
        while !self.stack.is_empty() {
            let end = self.stack.last().map_or_else(Span::default, |open| open.start);
            self.close(end);
        }
        if self.stopped {
            return Document::default();
        }
        self.document.root = self.root.take();
        self.document.complete = complete;
        self.document
    }
}

fn own(span: &ParserSpan) -> Span {
    let start = span.start.byte_offset().unwrap_or(0);
    let end = span.end.byte_offset().unwrap_or(start);
    Span::new(start..end.max(start))
}

fn own_style(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

/// The place of a tag; YAML's own (`!!str`) change nothing, because values are typed where they are used.
fn odd_tag(tag: Option<&Tag>, tag_span: Option<Span>, span: Span) -> Option<Span> {
    tag.filter(|tag| !tag.is_yaml_core_schema()).map(|_| tag_span.unwrap_or(span))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn tree(text: &str) -> (Document, Vec<&'static str>) {
        let mut problems = Problems::new(&Arc::from("a.yaml"));
        let document = read(text, &mut problems);
        let codes = problems.into_diagnostics().iter().map(|d| d.code.as_str()).collect();
        (document, codes)
    }

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Scalar(scalar) => scalar.text.to_string(),
            Value::Sequence(items) => {
                format!("[{}]", items.items.iter().map(show).collect::<Vec<_>>().join(","))
            }
            Value::Mapping(entries) => {
                let entries: Vec<_> =
                    entries.items.iter().map(|(k, v)| format!("{}:{}", k.value, show(v))).collect();
                format!("{{{}}}", entries.join(","))
            }
            Value::Broken => "?".to_owned(),
        }
    }

    #[test]
    fn aliases_and_merge_keys_are_written_out() {
        let (document, codes) = tree("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n");
        assert_eq!(codes, [""; 0]);
        assert_eq!(show(&document.root.unwrap()), "{a:{x:1,y:2},b:{y:3,x:1},c:{x:1,y:2}}");
    }

    #[test]
    fn an_alias_bomb_is_refused_before_it_grows() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..20 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        let (document, codes) = tree(&text);
        assert_eq!(codes, ["yaml/alias-limit"]);
        assert!(document.root.is_none());
    }

    #[test]
    fn depth_is_limited_also_through_aliases() {
        assert_eq!(tree(&format!("{}x", "- ".repeat(64))).1, [""; 0]);
        assert_eq!(tree(&format!("{}x", "- ".repeat(65))).1, ["yaml/depth"]);
        let text = format!(
            "a: &a {}x{}\nb: {}*a{}\n",
            "[".repeat(40),
            "]".repeat(40),
            "[".repeat(40),
            "]".repeat(40)
        );
        assert_eq!(tree(&text).1, ["yaml/depth"]);
    }

    #[test]
    fn an_alias_inside_its_own_anchor_is_an_error() {
        assert_eq!(tree("a: &a [*a]\n").1, ["yaml/alias"]);
    }

    #[test]
    fn a_syntax_error_keeps_what_came_before() {
        let (document, codes) = tree("a: 1\nb:\n  c: 2\n  d: [1, 2\n");
        assert_eq!(codes, ["yaml/syntax"]);
        assert!(!document.complete);
        assert_eq!(show(&document.root.unwrap()), "{a:1,b:{c:2,d:[1]}}");
    }
}
