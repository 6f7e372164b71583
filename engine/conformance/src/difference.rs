//! Shows where two transcripts differ.

use std::fmt::Write as _;

/// Lines of both that are shown around a difference.
const CONTEXT: usize = 3;

/// The lines that only one has (`-` the first, `+` the second) with what is around them; `None` if equal.
#[must_use]
pub fn difference(first: &[String], second: &[String]) -> Option<String> {
    if first == second {
        return None;
    }
    let lines = merged(first, second);
    let mut shown = String::new();
    let near = |at: usize| {
        let around = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(lines.len());
        lines[around].iter().any(|(mark, _)| *mark != ' ')
    };
    let mut skipping = false;
    for (at, (mark, line)) in lines.iter().enumerate() {
        if near(at) {
            let _ = writeln!(shown, "{mark} {line}");
        } else if !skipping {
            shown.push_str("  …\n");
        }
        skipping = !near(at);
    }
    Some(shown)
}

/// Both in one list, by their longest common subsequence.
fn merged<'a>(first: &'a [String], second: &'a [String]) -> Vec<(char, &'a str)> {
    let mut common = vec![vec![0u32; second.len() + 1]; first.len() + 1];
    for i in (0..first.len()).rev() {
        for j in (0..second.len()).rev() {
            common[i][j] = if first[i] == second[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines: Vec<(char, &str)> = Vec::new();
    while i < first.len() || j < second.len() {
        if i < first.len() && j < second.len() && first[i] == second[j] {
            lines.push((' ', &first[i]));
            i += 1;
            j += 1;
        } else if j == second.len() || (i < first.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', &first[i]));
            i += 1;
        } else {
            lines.push(('+', &second[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn only_what_differs_is_shown() {
        assert_eq!(difference(&lines("a b c"), &lines("a b c")), None);
        let shown = difference(&lines("1 2 3 4 5 b c 6"), &lines("1 2 3 4 5 x c 6 7")).unwrap();
        assert_eq!(shown, "  …\n  3\n  4\n  5\n- b\n+ x\n  c\n  6\n+ 7\n");
    }
}
