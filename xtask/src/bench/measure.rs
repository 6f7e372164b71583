//! A figure beside its goal.

use serde_json::{Value, json};

/// Whether more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

/// What a goal is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Figure {
    /// Our figure itself.
    Ours(f64),
    /// Our figure as a multiple of theirs, measured in the same run.
    Ratio { ours: f64, theirs: f64 },
}

/// One row of the goals table.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub(crate) measure: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) figure: Figure,
    pub(crate) better: Better,
    pub(crate) must: f64,
    pub(crate) aim: f64,
}

impl Measure {
    /// A figure that is to be small.
    pub(crate) fn less(measure: &'static str, unit: &'static str, ours: f64, must: f64, aim: f64) -> Self {
        Self { measure, unit, figure: Figure::Ours(ours), better: Better::Less, must, aim }
    }

    /// A multiple that is to be large.
    pub(crate) fn ratio(
        measure: &'static str,
        unit: &'static str,
        pair: (f64, f64),
        goals: (f64, f64),
    ) -> Self {
        let figure = Figure::Ratio { ours: pair.0, theirs: pair.1 };
        Self { measure, unit, figure, better: Better::More, must: goals.0, aim: goals.1 }
    }

    fn compared(&self) -> f64 {
        match self.figure {
            Figure::Ours(ours) => ours,
            Figure::Ratio { ours, theirs } => ours / theirs,
        }
    }

    fn meets(&self, goal: f64) -> bool {
        match self.better {
            Better::More => self.compared() >= goal,
            Better::Less => self.compared() <= goal,
        }
    }

    /// Whether the must is met.
    pub(crate) fn ok(&self) -> bool {
        self.meets(self.must)
    }

    fn as_json(&self) -> Value {
        let (ours, theirs, ratio) = match self.figure {
            Figure::Ours(ours) => (ours, Value::Null, Value::Null),
            Figure::Ratio { ours, theirs } => (ours, json!(round(theirs)), json!(round(ours / theirs))),
        };
        json!({
            "measure": self.measure,
            "unit": self.unit,
            "ours": round(ours),
            "theirs": theirs,
            "ratio": ratio,
            "must": self.must,
            "aim": self.aim,
            "ok": self.ok(),
        })
    }

    fn as_line(&self) -> String {
        let Self { measure, unit, must, aim, .. } = self;
        let verdict = if self.meets(*aim) {
            "aim met"
        } else if self.ok() {
            "must met"
        } else {
            "missed"
        };
        let (ours, theirs, compared) = match self.figure {
            Figure::Ours(ours) => (short(ours), String::new(), String::new()),
            Figure::Ratio { ours, theirs } => {
                (short(ours), short(theirs), format!("{}×", short(ours / theirs)))
            }
        };
        format!("{measure:<52} {ours:>9} {theirs:>9} {compared:>8} {unit:<12} {must:>7} {aim:>7}  {verdict}")
    }
}

/// Prints measures as the flags say.
pub(crate) fn print(measures: &[Measure], json: bool) {
    if json {
        for measure in measures {
            println!("{}", measure.as_json());
        }
        return;
    }
    let heading = ("measure", "ours", "theirs", "ratio", "unit", "must", "aim");
    let (measure, ours, theirs, ratio, unit, must, aim) = heading;
    println!("{measure:<52} {ours:>9} {theirs:>9} {ratio:>8} {unit:<12} {must:>7} {aim:>7}");
    for measure in measures {
        println!("{}", measure.as_line());
    }
}

/// The one in the middle; of two the larger.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Three significant digits or so.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_meets_its_must_from_above_and_a_figure_from_below() {
        let ratio = Measure::ratio("throughput", "workflows/s", (3_000.0, 100.0), (15.0, 40.0));
        assert!(ratio.ok() && !ratio.meets(ratio.aim));
        assert_eq!(ratio.as_json()["ratio"], 30.0);
        let figure = Measure::less("memory", "MiB", 41.0, 40.0, 20.0);
        assert!(!figure.ok());
        assert_eq!(figure.as_json()["theirs"], Value::Null);
    }

    #[test]
    fn a_figure_that_could_not_be_measured_misses() {
        assert!(!Measure::less("memory", "MiB", f64::NAN, 40.0, 20.0).ok());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
    }
}
