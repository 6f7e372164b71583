//! The keys that post, campaign and workspace share.

use super::Decoder;
use super::dates::parse_time;
use super::fields::Fields;
use crate::campaign::{
    CatchUpSetting, Else, OnAmbiguous, OnPartFailure, OnSiblingFailure, QuietHours, RetrySetting, Settings,
};
use crate::document::Node;
use crate::visible::visible;
use crate::{codes, keys};

/// `else:` and its words.
pub(super) const ELSE: &[(&str, Else)] = &[("skip", Else::Skip), ("hold", Else::Hold), ("post", Else::Post)];

pub(super) const ON_AMBIGUOUS: &[(&str, OnAmbiguous)] =
    &[("reconcile", OnAmbiguous::Reconcile), ("probe", OnAmbiguous::Probe), ("hold", OnAmbiguous::Hold)];

const ON_PART_FAILURE: &[(&str, OnPartFailure)] = &[
    ("hold", OnPartFailure::Hold),
    ("continue", OnPartFailure::Continue),
    ("delete", OnPartFailure::Delete),
];

const ON_SIBLING_FAILURE: &[(&str, OnSiblingFailure)] =
    &[("continue", OnSiblingFailure::Continue), ("hold", OnSiblingFailure::Hold)];

impl Decoder<'_> {
    /// `defaults:` as a mapping of its own.
    pub(super) fn defaults(&mut self, node: Option<&Node>) -> Settings {
        let Some(node) = node else { return Settings::default() };
        self.within("defaults", |decoder| {
            let fields = decoder.fields(node, &keys::SETTINGS, node.place());
            fields.map_or_else(Settings::default, |fields| decoder.settings(&fields))
        })
    }

    /// The same keys among those of a post.
    pub(super) fn settings(&mut self, fields: &Fields<'_>) -> Settings {
        Settings {
            jitter_ms: self.duration_of(fields, "jitter"),
            spacing_ms: self.duration_of(fields, "spacing"),
            quiet_hours: self.quiet_hours(fields.get("quiet_hours")),
            retry: self.retry(fields.get("retry")),
            catch_up: self.catch_up(fields.get("catch_up")),
            on_ambiguous: self.choice_of(fields, "on_ambiguous", ON_AMBIGUOUS),
            on_part_failure: self.choice_of(fields, "on_part_failure", ON_PART_FAILURE),
            on_sibling_failure: self.choice_of(fields, "on_sibling_failure", ON_SIBLING_FAILURE),
        }
    }

    pub(super) fn duration_of(&mut self, fields: &Fields<'_>, key: &str) -> Option<u64> {
        let node = fields.get(key)?;
        self.within(key, |decoder| decoder.duration(node)).map(|duration| duration.value)
    }

    pub(super) fn choice_of<T: Copy>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let node = fields.get(key)?;
        self.within(key, |decoder| decoder.choice(node, choices))
    }

    /// Unsaid is `false`.
    pub(super) fn boolean_of(&mut self, fields: &Fields<'_>, key: &str) -> bool {
        let node = fields.get(key);
        let said = node.and_then(|node| self.within(key, |decoder| decoder.boolean(node)));
        said.is_some_and(|said| said.value)
    }

    fn integer_of(&mut self, fields: &Fields<'_>, key: &str, least: u64, most: u64) -> Option<u32> {
        let node = fields.get(key)?;
        let number = self.within(key, |decoder| decoder.integer(node, least, most))?;
        u32::try_from(number.value).ok()
    }

    /// `"22:00-07:00"`, or `none`.
    fn quiet_hours(&mut self, node: Option<&Node>) -> Option<QuietHours> {
        let node = node?;
        self.within("quiet_hours", |decoder| {
            let word = decoder.word(node)?;
            if word.value == "none" {
                return Some(QuietHours::None);
            }
            let times = word
                .value
                .split_once('-')
                .and_then(|(start, end)| Some((parse_time(start.trim())?, parse_time(end.trim())?)));
            match times {
                Some((start, end)) if start != end => Some(QuietHours::Between { start, end }),
                _ => {
                    let message = format!("`{}` are no hours", visible(&word.value));
                    let problem = decoder
                        .error(codes::TIME_INVALID, word.span, message)
                        .with_help("write two times of day, in quotes: \"22:00-07:00\", or `none`");
                    decoder.push(problem);
                    None
                }
            }
        })
    }

    fn retry(&mut self, node: Option<&Node>) -> RetrySetting {
        let Some(node) = node else { return RetrySetting::default() };
        self.within("retry", |decoder| {
            let Some(fields) = decoder.fields(node, &keys::RETRY, node.place()) else {
                return RetrySetting::default();
            };
            RetrySetting {
                attempts: decoder.integer_of(&fields, "attempts", 1, 20),
                first_ms: decoder.duration_of(&fields, "first"),
                factor: decoder.integer_of(&fields, "factor", 1, 10),
                max_ms: decoder.duration_of(&fields, "max"),
            }
        })
    }

    fn catch_up(&mut self, node: Option<&Node>) -> Option<CatchUpSetting> {
        let node = node?;
        self.within("catch_up", |decoder| {
            let fields = decoder.fields(node, &keys::CATCH_UP, node.place())?;
            let within_ms = decoder.duration_of(&fields, "within");
            let otherwise = decoder.choice_of(&fields, "else", ELSE).unwrap_or(Else::Hold);
            Some(CatchUpSetting { within_ms: within_ms?, otherwise })
        })
    }
}
