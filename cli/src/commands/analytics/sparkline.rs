//! A row of numbers as a line of blocks.

/// From the lowest to the highest.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One block per number, from 0 to the largest; a space where there is none.
pub(crate) fn sparkline(numbers: &[Option<f64>]) -> String {
    let most = numbers.iter().flatten().copied().fold(0.0, f64::max);
    let block = |number: f64| {
        if most <= 0.0 {
            return BLOCKS[0];
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place from 0 to 7")]
        let place = (number.max(0.0) / most * 7.0).round() as usize;
        BLOCKS.get(place).copied().unwrap_or(BLOCKS[7])
    };
    numbers.iter().map(|number| number.map_or(' ', block)).collect()
}

/// What was added on each day, from what was counted by the end of each. Platforms correct their numbers: a day
/// may have taken some away, which is shown as nothing.
pub(crate) fn increments(counted: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut before = 0.0;
    let added = |number: &Option<f64>| {
        let number = (*number)?;
        let added = (number - before).max(0.0);
        before = number;
        Some(added)
    };
    counted.iter().map(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_is_the_highest_block_and_what_is_missing_is_a_gap() {
        assert_eq!(sparkline(&[Some(0.0), None, Some(5.0), Some(10.0)]), "▁ ▅█");
        assert_eq!(sparkline(&[Some(0.0), Some(0.0)]), "▁▁");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn totals_become_what_each_day_added() {
        let counted = [Some(10.0), Some(15.0), None, Some(12.0), Some(20.0)];
        assert_eq!(increments(&counted), [Some(10.0), Some(5.0), None, Some(0.0), Some(8.0)]);
    }
}
