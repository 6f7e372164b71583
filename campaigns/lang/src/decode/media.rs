//! Media files.

use campaigns_limits::{Language, UnknownLanguage};

use super::Decoder;
use crate::campaign::{Captions, Media};
use crate::check::FileUse;
use crate::document::{Node, Value};
use crate::files::FileProblem;
use crate::{Spanned, codes, keys};

impl Decoder<'_> {
    pub(super) fn media_list(&mut self, node: &Node) -> Vec<Media> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, "`media` is a list of `file` and `alt`");
            return Vec::new();
        };
        let read = |(index, item): (usize, &Node)| {
            self.within(&format!("[{index}]"), |decoder| decoder.media_item(item))
        };
        items.items.iter().enumerate().filter_map(read).collect()
    }

    fn media_item(&mut self, node: &Node) -> Option<Media> {
        let fields = self.fields(node, &keys::MEDIA, node.place())?;
        let alt = fields.get("alt").and_then(|node| self.within("alt", |decoder| decoder.prose(node)));
        let title = fields.get("title").and_then(|node| self.within("title", |decoder| decoder.prose(node)));
        let still = |node| self.within("thumbnail", |decoder| decoder.media_file(node)).map(Box::new);
        let thumbnail = fields.get("thumbnail").and_then(still);
        let spoken = |node| self.within("captions", |decoder| decoder.captions(node)).map(Box::new);
        let captions = fields.get("captions").and_then(spoken);
        let file = fields.get("file")?;
        let media = self.within("file", |decoder| decoder.media_file(file))?;
        Some(Media { alt, title, thumbnail, captions, ..media })
    }

    /// A file that is named after its language, or both: to guess a language is to mislabel a video.
    fn captions(&mut self, node: &Node) -> Option<Captions> {
        if matches!(node.value, Value::Mapping(_)) {
            let fields = self.fields(node, &keys::CAPTIONS, node.place())?;
            let file = fields.get("file").and_then(|node| self.within("file", |it| it.media_file(node)));
            let language = fields.get("language")?;
            let language = self.within("language", |decoder| decoder.language(language));
            return Some(Captions { file: file?, language: language? });
        }
        let file = self.media_file(node)?;
        let language = Language::of_file(&file.file.value);
        // What is no captions file at all has been told.
        if language.is_none() && file.facts.is_some() {
            let message = format!("the name of `{}` does not say in which language it is", file.file.value);
            let problem = self
                .error(codes::MEDIA_LANGUAGE, file.file.span, message)
                .with_help("call it like `clip.en.srt`, or write `captions: {file: …, language: en}`");
            self.push(problem);
        }
        Some(Captions { file, language: language? })
    }

    fn language(&mut self, node: &Node) -> Option<Language> {
        let word = self.word(node)?;
        match word.value.parse() {
            Ok(language) => Some(language),
            Err(unknown) => {
                let unknown: UnknownLanguage = unknown;
                let problem = self.error(codes::MEDIA_LANGUAGE, word.span, unknown.to_string());
                self.push(problem);
                None
            }
        }
    }

    /// A path alone, with what the file is.
    pub(super) fn media_file(&mut self, node: &Node) -> Option<Media> {
        let file = self.path_word(node, FileUse::Media)?;
        let facts = match self.media_facts(&file.value) {
            Ok(facts) => Some(facts),
            Err(problem) => {
                self.media_problem(&file, &problem);
                None
            }
        };
        Some(Media { file, alt: None, title: None, thumbnail: None, captions: None, facts })
    }

    /// A single value that people read: the traps of plain texts hold here too.
    pub(super) fn prose(&mut self, node: &Node) -> Option<Spanned<String>> {
        if self.text_losses(node) { None } else { self.word(node) }
    }

    fn media_problem(&mut self, path: &Spanned<String>, problem: &FileProblem) {
        let code = match problem {
            FileProblem::Missing(_) => codes::MEDIA_MISSING,
            FileProblem::NotMedia { .. } => codes::MEDIA_KIND,
            FileProblem::Broken { .. } => codes::MEDIA_BROKEN,
            FileProblem::TooLarge { .. } => codes::MEDIA_TOO_LARGE,
            FileProblem::Outside(_) | FileProblem::Unreadable { .. } => {
                return self.file_problem(path, problem);
            }
        };
        let problem = self.error(code, path.span, problem.to_string());
        self.push(problem);
    }
}

/// The longest path, in bytes: what common file systems take for a whole path is 4096.
const PATH_BYTES_MAX: usize = 1_024;

/// `..` that a path may begin with; how far the project reaches is known to [`crate::Files`].
const UP_MAX: usize = 16;

/// `word` as a path with its `.` and `..` resolved, or why it is none.
pub(super) fn path_of(word: &str) -> Result<String, &'static str> {
    if word.is_empty() || word.len() > PATH_BYTES_MAX {
        return Err("is not a path");
    }
    if word.contains('\\') || word.contains(crate::visible::is_hidden) {
        return Err("has a character that no path should have");
    }
    let drive = word.as_bytes().get(1) == Some(&b':');
    if word.starts_with('/') || word.starts_with('~') || drive {
        return Err("is not relative to the campaign file");
    }
    let mut up = 0;
    let mut folders: Vec<&str> = Vec::new();
    for part in word.split('/') {
        match part {
            "" | "." => {}
            ".." if folders.pop().is_none() => up += 1,
            ".." => {}
            name => folders.push(name),
        }
    }
    if up > UP_MAX {
        return Err("leads out of the project");
    }
    if folders.is_empty() {
        return Err("is a folder, not a file");
    }
    let parts: Vec<&str> = std::iter::repeat_n("..", up).chain(folders).collect();
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_and_stay_inside_the_project() {
        assert_eq!(path_of("media/./a//b.png").as_deref(), Ok("media/a/b.png"));
        assert_eq!(path_of("a/../b.png").as_deref(), Ok("b.png"));
        assert_eq!(path_of("../media/a.png").as_deref(), Ok("../media/a.png"));
    }

    #[test]
    fn hostile_paths_are_refused() {
        for word in ["", "/etc/passwd", "..\\a", "C:/a", "~/a", "a\0b", "a\u{202e}gnp.exe", ".", "a/.."] {
            assert!(path_of(word).is_err(), "{word:?}");
        }
        assert!(path_of(&format!("{}a", "../".repeat(17))).is_err());
    }
}
