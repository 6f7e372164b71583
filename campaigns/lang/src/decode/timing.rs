//! When a post is due.

use jiff::tz::Offset;

use super::Decoder;
use super::dates::{Dates, parse_date, parse_time};
use super::fields::Fields;
use super::settings::ELSE;
use crate::campaign::{After, At, Awaited, Happening, Timing};
use crate::document::{Node, Value};
use crate::visible::visible;
use crate::{Diagnostic, Spanned, codes, keys};

impl Decoder<'_> {
    pub(super) fn timing(&mut self, fields: &Fields<'_>, dates: &Dates) -> Option<Timing> {
        let at = fields.get("at").and_then(|node| self.within("at", |decoder| decoder.at(node, dates)));
        let after = fields.get("after").and_then(|node| self.within("after", |decoder| decoder.after(node)));
        let every = fields.get("every").and_then(|node| self.within("every", |decoder| decoder.every(node)));
        let cron = fields.get("cron").and_then(|node| self.within("cron", |decoder| decoder.cron(node)));
        let recurrence = every.or(cron).map(Timing::Every);
        at.map(Timing::At).or(after).or(recurrence)
    }

    fn at(&mut self, node: &Node, dates: &Dates) -> Option<Spanned<At>> {
        if matches!(node.value, Value::Mapping(_)) {
            return self.at_date(node, dates).map(|at| Spanned::new(at, node.place()));
        }
        let word = self.word(node)?;
        if let Some(rest) = word.value.strip_prefix("now") {
            return self.counted_from_apply(rest, &word).map(|at| Spanned::new(at, word.span));
        }
        match parse_moment(&word.value) {
            Ok(at) => Some(Spanned::new(at, word.span)),
            Err(help) => {
                let problem = self.not_a_moment(&word, help);
                self.push(problem);
                None
            }
        }
    }

    fn not_a_moment(&self, word: &Spanned<String>, help: String) -> Diagnostic {
        self.error(
            codes::TIME_INVALID,
            word.span,
            format!("`{}` is not a date and time", visible(&word.value)),
        )
        .with_help(help)
    }

    /// `now`, `now + 20s`: `rest` is what follows the word.
    fn counted_from_apply(&mut self, rest: &str, word: &Spanned<String>) -> Option<At> {
        let rest = rest.trim();
        if rest.is_empty() {
            return Some(At::FromApply { wait_ms: 0 });
        }
        let Some(wait) = rest.strip_prefix('+') else {
            let problem = self.not_a_moment(word, "write `now` or `now + 20s`".to_owned());
            self.push(problem);
            return None;
        };
        let wait_ms = self.duration_word(Spanned::new(wait.trim(), word.span))?;
        Some(At::FromApply { wait_ms })
    }

    fn after(&mut self, node: &Node) -> Option<Timing> {
        let fields = self.fields(node, &keys::AFTER_POST, node.place())?;
        let happening = self.happening(&fields);
        let parent = self.after_post(&fields);
        let within = fields.get("within").map(|node| self.within("within", |decoder| decoder.duration(node)));
        let otherwise = self.choice_of(&fields, "else", ELSE);
        if fields.key("post").is_some() {
            self.only_beside(&fields, &["within", "else"], "a signal, a file or an event");
            return parent.map(Timing::After);
        }
        self.only_beside(&fields, &["account", "wait", "time"], "`post`");
        let (happening, within_ms) = (happening?, within??.value);
        Some(Timing::Awaits(Awaited { happening, within_ms, otherwise: otherwise? }))
    }

    fn after_post(&mut self, fields: &Fields<'_>) -> Option<After> {
        let post = fields.get("post").and_then(|node| self.within("post", |decoder| decoder.id(node)));
        let account =
            fields.get("account").map(|node| self.within("account", |decoder| decoder.account(node)));
        let wait_ms = fields.get("wait").map(|node| self.within("wait", |decoder| decoder.duration(node)));
        let time = fields.get("time").map(|node| self.within("time", |decoder| decoder.time(node)));
        let account = match account {
            Some(account) => Some(account?),
            None => None,
        };
        let wait_ms = match wait_ms {
            Some(wait) => wait?.value,
            None => 0,
        };
        let time = match time {
            Some(time) => Some(time?.value),
            None => None,
        };
        Some(After { post: post?, account, wait_ms, time })
    }

    fn happening(&mut self, fields: &Fields<'_>) -> Option<Spanned<Happening>> {
        let signal = fields.get("signal").and_then(|node| self.within("signal", |decoder| decoder.id(node)));
        let file =
            fields.get("file").and_then(|node| self.within("file", |decoder| decoder.plain_path(node)));
        let event = fields.get("event").and_then(|node| self.within("event", |decoder| decoder.event(node)));
        let signal = signal.map(|word| word.map(Happening::Signal));
        signal.or(file.map(|word| word.map(Happening::File))).or(event.map(|word| word.map(Happening::Event)))
    }

    /// `x/follow`: a platform and a word.
    fn event(&mut self, node: &Node) -> Option<Spanned<String>> {
        let word = self.word(node)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        let fits = word.value.split_once('/').is_some_and(|(platform, event)| {
            platform.parse::<campaigns_limits::Platform>().is_ok()
                && !event.is_empty()
                && event.len() <= EVENT_BYTES_MAX
                && event.chars().all(plain)
        });
        if fits {
            return Some(word);
        }
        let message = format!("`{}` is not an event of a platform", visible(&word.value));
        let problem = self.error(codes::SCHEMA_VALUE, word.span, message);
        self.push(problem.with_help("write platform/event, for example `x/follow`"));
        None
    }

    fn only_beside(&mut self, fields: &Fields<'_>, keys: &[&'static str], beside: &str) {
        for key in keys {
            let Some(span) = fields.key(key) else { continue };
            let problem =
                self.error(codes::SCHEMA_CONFLICT, span, format!("`{key}` belongs beside {beside} only"));
            self.push(problem);
        }
    }
}

/// The longest name of an event: those of the platforms have less than 50.
const EVENT_BYTES_MAX: usize = 100;

/// `2027-03-18 09:00`, perhaps with seconds and an offset; or what to do about it.
fn parse_moment(word: &str) -> Result<At, String> {
    let help =
        || "write `2027-03-18 09:00`, or with an offset `2027-03-18 09:00+01:00`, or `now + 20s`".to_owned();
    let Some((date, rest)) = word.split_once([' ', 'T']) else {
        return Err(match (parse_date(word), parse_time(word)) {
            (Ok(date), _) => format!("it needs a time: `{date} 09:00`"),
            (_, Some(time)) => format!("it needs a date: `2027-03-18 {}`", time.strftime("%H:%M")),
            _ => help(),
        });
    };
    let date = parse_date(date)?;
    let rest = rest.trim();
    let offset_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, offset) = rest.split_at(offset_at);
    let time = parse_time(time.trim_end()).ok_or_else(|| "write hours and minutes: `09:00`".to_owned())?;
    let local = date.to_datetime(time);
    if offset.is_empty() {
        return Ok(At::Local(local));
    }
    let offset = parse_offset(offset).ok_or_else(|| "write the offset as `Z` or `+01:00`".to_owned())?;
    offset
        .to_timestamp(local)
        .map(At::Instant)
        .map_err(|_| "it lies outside the years that can be reckoned with".to_owned())
}

/// `Z`, `+01:00`, `+0100`, `+01`.
fn parse_offset(word: &str) -> Option<Offset> {
    if matches!(word, "Z" | "z") {
        return Some(Offset::UTC);
    }
    let (sign, digits) = match word.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replacen(':', "", 1);
    if !(digits.len() == 2 || digits.len() == 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits.get(2..).filter(|rest| !rest.is_empty()).map_or(Ok(0), str::parse).ok()?;
    // The widest offset on Earth is 14 hours.
    (hours <= 14 && minutes < 60)
        .then(|| Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_local_unless_they_say_an_offset() {
        let local = "2027-03-18T09:00:00".parse().unwrap();
        assert_eq!(parse_moment("2027-03-18 09:00"), Ok(At::Local(local)));
        assert_eq!(parse_moment("2027-03-18T09:00:00"), Ok(At::Local(local)));
        let instant = At::Instant("2027-03-18T08:00:00Z".parse().unwrap());
        for word in [
            "2027-03-18 09:00+01:00",
            "2027-03-18 09:00 +0100",
            "2027-03-18T09:00:00+01",
            "2027-03-18 08:00Z",
        ] {
            assert_eq!(parse_moment(word), Ok(instant), "{word}");
        }
    }

    #[test]
    fn what_is_no_moment_says_what_to_write() {
        assert!(parse_moment("2027-02-30 09:00").unwrap_err().contains("February 2027 has 28 days"));
        assert!(parse_moment("2027-03-18").unwrap_err().contains("`2027-03-18 09:00`"));
        assert!(parse_moment("09:00").unwrap_err().contains("needs a date"));
        for word in [
            "2027-13-01 09:00",
            "2027-03-18 25:00",
            "2027-03-18 9:00",
            "tomorrow",
            "18.03.2027 09:00",
            "2027-03-18 09:00+99:00",
        ] {
            assert!(parse_moment(word).is_err(), "{word}");
        }
    }
}
