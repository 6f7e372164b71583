//! `policy/banned-word`: no post has a word that the workspace bans.

use unicode_segmentation::UnicodeSegmentation;

use super::View;
use crate::campaign::Policies;
use crate::problems::Problems;
use crate::visible::visible;
use crate::{Diagnostic, codes};

pub(super) fn check(view: &View<'_>, policies: &Policies, problems: &mut Problems) {
    if policies.banned_words.is_empty() {
        return;
    }
    let banned: Vec<String> = policies.banned_words.iter().map(|word| word.to_lowercase()).collect();
    for (part, rendered, path) in view.texts() {
        for (at, word) in rendered.text.unicode_word_indices() {
            if !banned.contains(&word.to_lowercase()) {
                continue;
            }
            let template = part.template();
            let start = rendered.origin(at);
            let span = template.locate(start..start + word.len());
            let message = format!("the workspace bans the word `{}`", visible(word));
            let problem = Diagnostic::error(codes::POLICY_BANNED_WORD, &template.file, span, message)
                .with_help("say it otherwise; `policies.banned_words` in tidings.yaml lists the words");
            problems.push(problem.at_path(path.clone()));
        }
    }
}
