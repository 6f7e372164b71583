//! "Did you mean": the known word that is nearest to a wrong one.

/// Words longer than this are not compared: the comparison is quadratic, and nobody mistypes that much.
const WORD_CHARS_MAX: usize = 80;

/// The nearest of `known`, if it is near enough to be what was meant.
pub(crate) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.chars().count() > WORD_CHARS_MAX {
        return None;
    }
    let lowered = word.to_lowercase();
    let near = known.into_iter().filter(|other| other.chars().count() <= WORD_CHARS_MAX && *other != word);
    let scored = near.map(|other| (strsim::damerau_levenshtein(&lowered, &other.to_lowercase()), other));
    let allowed = match lowered.chars().count() {
        0..=2 => 1,
        3..=7 => 2,
        8.. => 3,
    };
    scored
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let keys = ["text", "thread", "media"];
        assert_eq!(did_you_mean("txet", keys), Some("text"));
        assert_eq!(did_you_mean("Media", keys), Some("media"));
        assert_eq!(did_you_mean("schedule", keys), None);
        assert_eq!(did_you_mean("Europe/Berln", ["Europe/Berlin", "Europe/Bern"]), Some("Europe/Berlin"));
    }
}
