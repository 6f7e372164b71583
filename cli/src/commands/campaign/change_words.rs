//! Changes in words and signs.

use campaigns_plan::{Action, Change};

/// How one change looks in a list.
pub(crate) struct ChangeWords {
    /// `+` new, `~` changed, `-` cancelled, `!` refused, blank for none.
    pub(crate) sign: &'static str,
    pub(crate) word: String,
}

/// Says what applying does to one publication.
pub(crate) fn words(change: &Change) -> ChangeWords {
    let said = of_action(&change.action);
    let Some(from) = &change.renamed_from else { return said };
    let sign = if said.sign == " " { "~" } else { said.sign };
    let rest = if said.word.is_empty() { String::new() } else { format!(", {}", said.word) };
    ChangeWords { sign, word: format!("renamed from {from}{rest}") }
}

fn of_action(action: &Action) -> ChangeWords {
    match action {
        Action::Create { .. } => ChangeWords { sign: "+", word: "new".to_owned() },
        Action::CreateSkipped { .. } => {
            ChangeWords { sign: "+", word: "new, but skipped: its time has passed".to_owned() }
        }
        Action::Update { content, timing, policy, restored, approval_void, due_at: _ } => {
            let mut parts = Vec::new();
            for (is, word) in [
                (*restored, "planned again"),
                (*content, "new content"),
                (*timing, "moved"),
                (*policy, "other settings"),
                (*approval_void, "approval void"),
            ] {
                if is {
                    parts.push(word);
                }
            }
            ChangeWords { sign: "~", word: parts.join(", ") }
        }
        Action::Cancel => ChangeWords { sign: "-", word: "cancelled".to_owned() },
        Action::Unchanged => ChangeWords { sign: " ", word: String::new() },
        Action::Ignored { reason } => ChangeWords { sign: " ", word: format!("kept: {reason}") },
        Action::Refused { reason, .. } => ChangeWords { sign: "!", word: format!("refused: {reason}") },
    }
}

/// `3 new, 1 changed, 2 cancelled`, or `no changes`.
pub(crate) fn tally(changes: &[Change]) -> String {
    let count = |sign: &str| changes.iter().filter(|change| words(change).sign == sign).count();
    let parts: Vec<String> = [("+", "new"), ("~", "changed"), ("-", "cancelled"), ("!", "refused")]
        .into_iter()
        .filter_map(|(sign, word)| match count(sign) {
            0 => None,
            number => Some(format!("{number} {word}")),
        })
        .collect();
    if parts.is_empty() { "no changes".to_owned() } else { parts.join(", ") }
}
