//! Rules of days and times. Occurrence *n* comes from the civil rule, never from the instant before it, so
//! that no clock change shifts what follows.

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, Platform};
use jiff::civil::{Date, DateTime, Time, Weekday};

use crate::campaign::{Content, Cron, Media, PlatformBlock};
use crate::{Span, Spanned};

/// Occurrences of one rule: three times a day for nine years.
pub const OCCURRENCES_MAX: usize = 10_000;

/// Days that a rule is followed, at most: a rule that is rarer ends there.
const DAYS_MAX: usize = 366 * 40;

/// `every` or `cron`.
#[derive(Clone, Debug)]
pub struct Recurrence {
    pub rule: Rule,
    pub from: Date,
    pub end: End,
    /// Days that are left out. Their occurrences keep their numbers.
    pub except: Vec<Spanned<Date>>,
    /// What is different on single days.
    pub overrides: BTreeMap<Date, Spanned<Override>>,
    /// The value of `every` or `cron`.
    pub span: Span,
}

/// On which days and at which times.
#[derive(Clone, Debug)]
pub enum Rule {
    Days { days: Days, times: Vec<Time> },
    Cron(Cron),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Days {
    Week(Vec<Weekday>),
    /// Months that don't have the day are left out.
    Month(Vec<i8>),
    /// The nth weekday of the month; -1 is the last.
    Nth {
        nth: i8,
        weekday: Weekday,
    },
}

/// When a rule ends: one of them is always said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The last day.
    Until(Date),
    /// So many occurrences, those left out included.
    Count(usize),
}

/// One time that a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// From 1, days that are left out included.
    pub number: usize,
    /// Local time in the campaign's zone, as the rule says it.
    pub at: DateTime,
}

impl Occurrence {
    /// Its part of the identity: `2027-03-23T10:30`.
    #[must_use]
    pub fn id(&self) -> String {
        self.at.strftime("%Y-%m-%dT%H:%M").to_string()
    }
}

/// What a rule's post says otherwise on one day; what is unsaid is inherited.
#[derive(Clone, Debug, Default)]
pub struct Override {
    pub skip: bool,
    pub content: Option<Content>,
    pub media: Option<Vec<Media>>,
    pub accounts: Option<Vec<Spanned<AccountName>>>,
    pub blocks: BTreeMap<Platform, PlatformBlock>,
}

impl Recurrence {
    /// Every occurrence in order, those on excepted days left out. At most one more than
    /// [`OCCURRENCES_MAX`], which says that there are too many.
    pub fn occurrences(&self) -> impl Iterator<Item = Occurrence> {
        self.all().filter(|occurrence| !self.except.iter().any(|day| day.value == occurrence.at.date()))
    }

    /// Those on excepted days, too.
    pub(crate) fn all(&self) -> impl Iterator<Item = Occurrence> {
        let days = std::iter::successors(Some(self.from), |day| day.tomorrow().ok()).take(DAYS_MAX);
        let until = match self.end {
            End::Until(last) => last,
            End::Count(_) => Date::MAX,
        };
        let count = match self.end {
            End::Until(_) => OCCURRENCES_MAX + 1,
            End::Count(count) => count.min(OCCURRENCES_MAX + 1),
        };
        let moments = days.take_while(move |day| *day <= until).flat_map(|day| self.rule.times_on(day));
        moments.take(count).zip(1..).map(|(at, number)| Occurrence { number, at })
    }
}

impl Rule {
    /// In the order of the day, each once.
    fn times_on(&self, day: Date) -> Vec<DateTime> {
        match self {
            Self::Days { days, times } if days.contains(day) => {
                times.iter().map(|time| day.to_datetime(*time)).collect()
            }
            Self::Days { .. } => Vec::new(),
            Self::Cron(cron) => cron.times_on(day),
        }
    }
}

impl Days {
    fn contains(&self, day: Date) -> bool {
        match self {
            Self::Week(days) => days.contains(&day.weekday()),
            Self::Month(days) => days.contains(&day.day()),
            Self::Nth { nth, weekday } => {
                day.first_of_month().nth_weekday_of_month(*nth, *weekday).is_ok_and(|nth| nth == day)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(days: Days, from: &str, end: End) -> Recurrence {
        let times = vec!["09:00".parse().unwrap(), "17:30".parse().unwrap()];
        Recurrence {
            rule: Rule::Days { days, times },
            from: from.parse().unwrap(),
            end,
            except: Vec::new(),
            overrides: BTreeMap::new(),
            span: Span::default(),
        }
    }

    fn ids(recurrence: &Recurrence) -> Vec<String> {
        recurrence.occurrences().map(|one| format!("{} {}", one.number, one.id())).collect()
    }

    #[test]
    fn days_of_the_week_with_several_times() {
        let recurrence = rule(Days::Week(vec![Weekday::Tuesday]), "2027-03-24", End::Count(3));
        assert_eq!(ids(&recurrence), ["1 2027-03-30T09:00", "2 2027-03-30T17:30", "3 2027-04-06T09:00"]);
    }

    #[test]
    fn days_of_the_month_leave_short_months_out() {
        let mut recurrence =
            rule(Days::Month(vec![31]), "2027-01-01", End::Until("2027-05-31".parse().unwrap()));
        recurrence.rule = Rule::Days { days: Days::Month(vec![31]), times: vec!["09:00".parse().unwrap()] };
        assert_eq!(ids(&recurrence), ["1 2027-01-31T09:00", "2 2027-03-31T09:00", "3 2027-05-31T09:00"]);
    }

    #[test]
    fn the_last_friday_and_the_first_monday() {
        let mut recurrence =
            rule(Days::Nth { nth: -1, weekday: Weekday::Friday }, "2027-02-01", End::Count(4));
        assert_eq!(ids(&recurrence)[2], "3 2027-03-26T09:00");
        recurrence = rule(Days::Nth { nth: 1, weekday: Weekday::Monday }, "2027-02-02", End::Count(2));
        assert_eq!(ids(&recurrence)[0], "1 2027-03-01T09:00");
    }

    #[test]
    fn excepted_days_keep_their_numbers() {
        let mut recurrence = rule(Days::Week(vec![Weekday::Tuesday]), "2027-03-23", End::Count(4));
        recurrence.except = vec![Spanned::new("2027-03-23".parse().unwrap(), Span::default())];
        assert_eq!(ids(&recurrence), ["3 2027-03-30T09:00", "4 2027-03-30T17:30"]);
    }

    #[test]
    fn a_rule_that_never_happens_ends() {
        let recurrence = rule(Days::Month(vec![]), "2027-03-23", End::Count(4));
        assert_eq!(recurrence.occurrences().count(), 0);
        let recurrence =
            rule(Days::Week(vec![Weekday::Monday]), "2027-03-23", End::Until("2020-01-01".parse().unwrap()));
        assert_eq!(recurrence.occurrences().count(), 0);
    }
}
