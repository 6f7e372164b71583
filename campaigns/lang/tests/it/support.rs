//! Files on the disk for tests: real bytes, and the facts of PNG files read from their headers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use campaigns_lang::{FileProblem, Files};
use campaigns_limits::{MediaFacts, MediaKind};

pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    fn bytes(&self, path: &str) -> Result<Vec<u8>, FileProblem> {
        if path.starts_with("..") {
            return Err(FileProblem::Outside(path.to_owned()));
        }
        if self.0.join(path).is_dir() {
            return Err(FileProblem::Unreadable {
                path: path.to_owned(),
                cause: "it is not a file".to_owned(),
            });
        }
        std::fs::read(self.0.join(path)).map_err(|_| FileProblem::Missing(path.to_owned()))
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        self.bytes(path).map(Arc::from)
    }

    fn media(&self, path: &str) -> Result<MediaFacts, FileProblem> {
        let bytes = self.bytes(path)?;
        let facts = |kind, mime: &str| MediaFacts {
            sha256: format!("{:064x}", bytes.len()),
            kind,
            mime: mime.to_owned(),
            bytes: bytes.len() as u64,
            width: None,
            height: None,
            duration_ms: None,
            frames: None,
        };
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        if bytes.starts_with(b"\x89PNG") {
            let (width, height) = (Some(number(16)), Some(number(20)));
            return Ok(MediaFacts { width, height, ..facts(MediaKind::Image, "image/png") });
        }
        if bytes.starts_with(b"GIF8") {
            return Ok(facts(MediaKind::Gif, "image/gif"));
        }
        if bytes.starts_with(b"%PDF") {
            return Ok(facts(MediaKind::Document, "application/pdf"));
        }
        if bytes.starts_with(b"\0\0\0\x18ftyp") {
            let duration_ms = path.contains("short").then_some(1_000);
            return Ok(MediaFacts { duration_ms, ..facts(MediaKind::Video, "video/mp4") });
        }
        if bytes.starts_with(b"WEBVTT") {
            return Ok(facts(MediaKind::Captions, "text/vtt"));
        }
        if bytes.starts_with(b"1\n00:00:0") {
            let broken = path.contains("torn");
            let why = "line 2 of the captions: the cue does not end after its beginning".to_owned();
            let torn = FileProblem::Broken { path: path.to_owned(), why };
            let duration_ms = Some(if path.contains("long") { 9_000 } else { 1_500 });
            let whole = MediaFacts { duration_ms, ..facts(MediaKind::Captions, "text/srt") };
            return if broken { Err(torn) } else { Ok(whole) };
        }
        Err(FileProblem::NotMedia { path: path.to_owned(), found: "plain text".to_owned() })
    }
}

/// A folder of this crate.
#[must_use]
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A file as the JSON that editors validate: plain scalars become numbers and booleans where YAML says so.
/// `None` where it is not YAML.
pub(crate) fn as_json(source: &campaigns_lang::Source) -> Option<serde_json::Value> {
    use granit_parser::{Event, Parser, ScalarStyle};
    use serde_json::Value;

    fn scalar(text: &str, style: ScalarStyle) -> Value {
        if style != ScalarStyle::Plain {
            return Value::from(text);
        }
        match text {
            "" | "~" | "null" => Value::Null,
            "true" => Value::from(true),
            "false" => Value::from(false),
            _ => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
        }
    }

    type Anchors = std::collections::HashMap<usize, Value>;

    fn merge(into: &mut serde_json::Map<String, Value>, from: &Value) {
        match from {
            Value::Object(map) => {
                for (key, value) in map {
                    into.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            Value::Array(list) => list.iter().for_each(|one| merge(into, one)),
            _ => {}
        }
    }

    fn node<'i>(
        events: &mut dyn Iterator<Item = Event<'i>>,
        event: Event<'i>,
        anchors: &mut Anchors,
    ) -> Option<Value> {
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, _) => (anchor, scalar(&text, style)),
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match events.next()? {
                        Event::SequenceEnd => break (anchor, Value::Array(items)),
                        event => items.push(node(events, event, anchors)?),
                    }
                }
            }
            Event::MappingStart(_, anchor, _) => {
                let mut map = serde_json::Map::new();
                let mut merges = Vec::new();
                loop {
                    let key = match events.next()? {
                        Event::MappingEnd => break,
                        Event::Scalar(key, ..) => key.into_owned(),
                        _ => return None,
                    };
                    let event = events.next()?;
                    let value = node(events, event, anchors)?;
                    if key == "<<" {
                        merges.push(value);
                    } else {
                        map.insert(key, value);
                    }
                }
                merges.iter().for_each(|one| merge(&mut map, one));
                (anchor, Value::Object(map))
            }
            Event::Alias(anchor) => (0, anchors.get(&anchor)?.clone()),
            _ => return None,
        };
        if anchor != 0 {
            anchors.insert(anchor, value.clone());
        }
        Some(value)
    }

    // An alias bomb is no business of a schema.
    let text = std::str::from_utf8(&source.bytes).ok().filter(|text| text.matches('*').count() < 20)?;
    let events: Result<Vec<_>, _> = Parser::new_from_str(text).collect();
    let mut events =
        events.ok()?.into_iter().map(|(event, _)| event).filter(|event| {
            !matches!(event, Event::StreamStart | Event::DocumentStart(..) | Event::Comment(..))
        });
    let first = events.next()?;
    node(&mut events, first, &mut Anchors::new())
}
