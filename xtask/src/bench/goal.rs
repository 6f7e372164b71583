//! The goals of the engine, each with the figure that was measured for it.

use serde_json::{Value, json};

/// Whether more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

/// What is promised of one figure.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    pub(crate) measure: String,
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
    pub(crate) must: f64,
    pub(crate) aim: f64,
}

impl Goal {
    /// A figure that is to be small.
    pub(crate) fn at_most(measure: impl Into<String>, unit: &'static str, must: f64, aim: f64) -> Self {
        Self { measure: measure.into(), unit, better: Better::Less, must, aim }
    }

    /// A multiple of something else's figure that is to be large.
    pub(crate) fn at_least(measure: impl Into<String>, unit: &'static str, must: f64, aim: f64) -> Self {
        Self { measure: measure.into(), unit, better: Better::More, must, aim }
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Figure {
    Ours(f64),
    /// Our figure as a multiple of theirs, measured in the same run.
    Ratio {
        ours: f64,
        theirs: f64,
    },
    /// It failed; the reason was said when it did.
    Missing,
}

/// A goal and its figure.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub(crate) goal: Goal,
    pub(crate) figure: Figure,
}

impl Measure {
    /// The number that the goal is about.
    fn compared(&self) -> Option<f64> {
        match self.figure {
            Figure::Ours(ours) => Some(ours),
            Figure::Ratio { ours, theirs } => Some(ours / theirs),
            Figure::Missing => None,
        }
    }

    fn meets(&self, wanted: f64) -> bool {
        self.compared().is_some_and(|compared| match self.goal.better {
            Better::More => compared >= wanted,
            Better::Less => compared <= wanted,
        })
    }

    /// Whether the must is met.
    pub(crate) fn ok(&self) -> bool {
        self.meets(self.goal.must)
    }

    fn as_json(&self) -> Value {
        let Goal { measure, unit, must, aim, .. } = &self.goal;
        let (ours, theirs, ratio) = match self.figure {
            Figure::Ours(ours) => (json!(round(ours)), Value::Null, Value::Null),
            Figure::Ratio { ours, theirs } => {
                (json!(round(ours)), json!(round(theirs)), json!(round(ours / theirs)))
            }
            Figure::Missing => (Value::Null, Value::Null, Value::Null),
        };
        json!({
            "measure": measure,
            "unit": unit,
            "ours": ours,
            "theirs": theirs,
            "ratio": ratio,
            "must": must,
            "aim": aim,
            "ok": self.ok(),
        })
    }

    fn as_line(&self) -> String {
        let Goal { measure, unit, better, must, aim } = &self.goal;
        let verdict = match self.compared() {
            None => "not measured",
            Some(_) if self.meets(*aim) => "aim met",
            Some(_) if self.ok() => "must met",
            Some(_) => "missed",
        };
        let (ours, theirs, ratio) = match self.figure {
            Figure::Ours(ours) => (short(ours), String::new(), String::new()),
            Figure::Ratio { ours, theirs } => {
                (short(ours), short(theirs), format!("{}×", short(ours / theirs)))
            }
            Figure::Missing => ("–".to_owned(), String::new(), String::new()),
        };
        let sign = if *better == Better::More { '≥' } else { '≤' };
        let (must, aim) = (format!("{sign} {must}"), format!("{sign} {aim}"));
        row([measure, &ours, &theirs, &ratio, unit, &must, &aim, verdict])
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
    println!("{}", row(["measure", "ours", "theirs", "ratio", "unit", "must", "aim", ""]).trim_end());
    for measure in measures {
        println!("{}", measure.as_line());
    }
}

fn row([measure, ours, theirs, ratio, unit, must, aim, verdict]: [&str; 8]) -> String {
    format!("{measure:<50} {ours:>8} {theirs:>8} {ratio:>7} {unit:<11} {must:>7} {aim:>7}  {verdict}")
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

    fn throughput(figure: Figure) -> Measure {
        Measure { goal: Goal::at_least("throughput", "workflows/s", 15.0, 40.0), figure }
    }

    fn memory(figure: Figure) -> Measure {
        Measure { goal: Goal::at_most("memory", "MiB", 40.0, 20.0), figure }
    }

    #[test]
    fn a_ratio_meets_its_must_from_above_and_a_figure_from_below() {
        let ratio = throughput(Figure::Ratio { ours: 3_000.0, theirs: 100.0 });
        assert!(ratio.ok() && !ratio.meets(ratio.goal.aim));
        assert_eq!(ratio.as_json()["ratio"], 30.0);
        let figure = memory(Figure::Ours(41.0));
        assert!(!figure.ok());
        assert_eq!(figure.as_json()["theirs"], Value::Null);
    }

    #[test]
    fn a_figure_that_could_not_be_measured_misses_and_says_so() {
        for figure in [Figure::Missing, Figure::Ours(f64::NAN)] {
            let measure = memory(figure);
            assert!(!measure.ok());
            assert_eq!(measure.as_json()["ours"], Value::Null);
            assert_eq!(measure.as_json()["ok"], false);
        }
        assert!(memory(Figure::Missing).as_line().ends_with("not measured"));
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
    }
}
