//! Publications: listed and told.

use activities_data::accounts::by_name;
use activities_data::attempts::Attempt;
use activities_data::audit::Entry;
use activities_data::segments::Segment;
use activities_data::uploads::UploadBegun;
use activities_data::views::{self, Filter, Listed, Page, Story};
use activities_data::{Publication, State, pauses, publications};
use campaigns_limits::{AccountName, Platform};
use campaigns_plan::PublicationId;

use super::control::pause_seen;
use super::{App, AppError};
use crate::api::VERSION;
use crate::api::publication::{
    AttemptView, EventView, PublicationList, PublicationQuery, PublicationStory, PublicationView,
    SegmentMediaView, SegmentView, UploadView,
};

/// Digits of an id, and the fewest that may stand for it: shorter ones are typing errors.
const DIGITS: usize = 24;
const DIGITS_MIN: usize = 4;
/// Ids that are told when a beginning fits several.
const CANDIDATES: u32 = 5;
/// Publications per page unless the request says otherwise.
const PAGE_ROWS: u32 = 50;

impl App {
    /// A page of publications by due time.
    ///
    /// # Errors
    /// [`AppError::Field`] for a filter that can't be understood.
    pub async fn publications(
        &self,
        organization: &str,
        query: &PublicationQuery,
    ) -> Result<PublicationList, AppError> {
        let mut conn = self.db.reader().await?;
        let mut filter = filter(organization, query)?;
        if let Some(account) = &query.account {
            let name = parse::<AccountName>("account", account)?;
            // An account that nobody knows has no publications.
            let found = by_name(&mut conn, organization, &name).await?;
            filter.account_id = Some(found.map_or_else(String::new, |account| account.id));
        }
        let limit = query.limit.unwrap_or(PAGE_ROWS).clamp(1, views::PAGE_MAX);
        let offset = query.offset.unwrap_or(0);
        let list = views::list(&mut conn, &filter, Page { limit, offset }).await?;
        let publications = list.rows.iter().map(listed).collect();
        Ok(PublicationList { version: VERSION, publications, total: list.total, limit, offset })
    }

    /// Everything about one publication.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization has none of that id.
    pub async fn publication(&self, organization: &str, id: &str) -> Result<PublicationStory, AppError> {
        let id = self.owned(organization, id).await?;
        let mut conn = self.db.reader().await?;
        let story = views::story(&mut conn, &id).await?;
        let waits = matches!(story.publication.state, State::Planned | State::AwaitingApproval);
        let pause = match pauses::stopping(&mut conn, &story.publication).await?.filter(|_| waits) {
            Some(pause) => Some(pause_seen(&mut conn, pause).await),
            None => None,
        };
        Ok(PublicationStory { pause, ..told(&story) })
    }

    /// The id, if the organization has such a publication. Its beginning is enough where no other begins so.
    /// Another organization's is as unknown as none.
    pub(super) async fn owned(&self, organization: &str, word: &str) -> Result<PublicationId, AppError> {
        let unknown = || AppError::NotFound { what: "publication", id: word.chars().take(80).collect() };
        let mut conn = self.db.reader().await?;
        if let Ok(id) = word.parse::<PublicationId>() {
            let found = publications::find(&mut conn, &id).await?;
            return found.filter(|row| row.organization == organization).map(|_| id).ok_or_else(unknown);
        }
        let prefix = beginning(word).ok_or_else(unknown)?;
        let found = publications::beginning_with(&mut conn, organization, &prefix, CANDIDATES).await?;
        match found.as_slice() {
            [] => Err(unknown()),
            [one] => Ok(one.clone()),
            several => Err(AppError::AmbiguousId {
                word: word.to_owned(),
                candidates: several.iter().map(ToString::to_string).collect(),
            }),
        }
    }
}

/// The beginning of an id, with or without its prefix.
fn beginning(word: &str) -> Option<String> {
    let digits = word.strip_prefix("pub_").unwrap_or(word);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (plain && (DIGITS_MIN..DIGITS).contains(&digits.len())).then(|| format!("pub_{digits}"))
}

fn filter(organization: &str, query: &PublicationQuery) -> Result<Filter, AppError> {
    let states = match &query.state {
        Some(words) => {
            words.split(',').filter(|word| !word.is_empty()).map(state).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    let platform = query.platform.as_deref().map(|word| parse_platform("platform", word)).transpose()?;
    Ok(Filter {
        organization: Some(organization.to_owned()),
        campaign: query.campaign.clone(),
        states,
        platform,
        account_id: None,
        from: query.from,
        to: query.to,
        untouched_since: query.untouched_since,
    })
}

fn state(word: &str) -> Result<State, AppError> {
    word.parse().map_err(|_| AppError::field("state", format!("`{word}` is not a state of a publication")))
}

pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &str,
    word: &str,
) -> Result<T, AppError> {
    word.parse().map_err(|error: T::Err| AppError::Field {
        field: field.to_owned(),
        code: "request/field",
        message: error.to_string(),
    })
}

/// A platform by its word in files or by its name in the HTTP API; `X` is accepted, too.
pub(crate) fn parse_platform(field: &str, word: &str) -> Result<Platform, AppError> {
    let by_api_name = Platform::ALL.into_iter().find(|platform| platform.api_name() == word);
    match by_api_name.or((word == "X").then_some(Platform::X)) {
        Some(platform) => Ok(platform),
        None => parse(field, word),
    }
}

fn listed(row: &Listed) -> PublicationView {
    view(&row.publication, row.attempts, row.last_error.clone())
}

fn view(row: &Publication, attempts: u32, last_error: Option<String>) -> PublicationView {
    PublicationView {
        id: row.id.to_string(),
        campaign: row.campaign.clone(),
        post: row.post.clone(),
        platform: row.account.platform().to_string(),
        account: row.account.to_string(),
        occurrence: row.occurrence.clone(),
        state: row.state.to_string(),
        due_at: row.due_at.or(row.expected_at),
        published_at: row.published_at,
        platform_post_id: row.platform_post_id.clone(),
        url: row.url.clone(),
        attempts,
        last_error,
    }
}

pub(super) fn told(story: &Story) -> PublicationStory {
    let Story { publication, segments, attempts, audit, uploads } = story;
    let failed = attempts.iter().rev().find_map(|attempt| attempt.message.clone());
    let online = matches!(publication.state, State::Published | State::Deleted | State::Gone);
    let reason = publication.reason.as_ref().filter(|_| !online);
    let last_error = reason.map(|reason| reason.text.clone()).or(failed).filter(|_| !online);
    PublicationStory {
        version: VERSION,
        publication: view(publication, u32::try_from(attempts.len()).unwrap_or(u32::MAX), last_error),
        reason_code: reason.map(|reason| reason.code.clone()),
        next_attempt_at: publication.next_attempt_at,
        pause: None,
        priority: publication.priority,
        revision: publication.revision,
        segments: segments.iter().map(|row| segment(row, uploads)).collect(),
        attempts: attempts.iter().map(attempt).collect(),
        history: audit.iter().map(event).collect(),
    }
}

fn segment(row: &Segment, uploads: &[UploadBegun]) -> SegmentView {
    let upload = |sha256: &str| {
        let begun = uploads.iter().find(|upload| upload.sha256 == sha256)?;
        Some(UploadView { done_bytes: begun.done_bytes, total_bytes: begun.total_bytes })
    };
    SegmentView {
        number: row.number + 1,
        state: row.state.to_string(),
        text: row.text.clone(),
        length: row.length,
        length_max: row.length_max,
        media: row
            .media
            .iter()
            .map(|media| SegmentMediaView {
                sha256: media.sha256.clone(),
                alt: media.alt.clone(),
                captions: media.captions.as_ref().map(|captions| captions.language.to_string()),
                upload: upload(&media.sha256),
            })
            .collect(),
        platform_post_id: row.platform_post_id.clone(),
        url: row.url.clone(),
        published_at: row.published_at,
    }
}

fn attempt(row: &Attempt) -> AttemptView {
    AttemptView {
        segment: row.segment + 1,
        number: row.number,
        intent_at: row.intent_at,
        answered_at: row.answered_at,
        outcome: row.outcome.map(|word| word.to_string()),
        settled: row.settlement.map(|word| word.to_string()),
        status: row.http_status,
        message: row.message.clone(),
        request_id: row.request_id.clone(),
    }
}

pub(super) fn event(row: &Entry) -> EventView {
    EventView {
        at: row.at,
        event: row.event.clone(),
        actor: row.actor.clone(),
        from: row.from.map(|state| state.to_string()),
        to: row.to.map(|state| state.to_string()),
        why: row.why.clone(),
        segment: row.segment.map(|number| number + 1),
        attempt: row.attempt,
        request_id: row.request_id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_go_by_either_name() {
        for (word, platform) in [
            ("x", Platform::X),
            ("X", Platform::X),
            ("TWITTER", Platform::X),
            ("LINKEDIN", Platform::LinkedIn),
        ] {
            assert_eq!(parse_platform("platform", word).unwrap(), platform);
        }
        assert!(parse_platform("platform", "twitter").is_err());
    }

    #[test]
    fn the_beginning_of_an_id_stands_for_it() {
        assert_eq!(beginning("pub_01ab").as_deref(), Some("pub_01ab"));
        assert_eq!(beginning("01ab").as_deref(), Some("pub_01ab"));
        for word in ["", "pub_", "01a", "nonsense", "01AB", "pub_%", &"a".repeat(24)] {
            assert_eq!(beginning(word), None, "{word:?}");
        }
    }

    #[test]
    fn an_unknown_state_is_a_wrong_field() {
        let query = PublicationQuery { state: Some("planned,sent".into()), ..PublicationQuery::default() };
        assert!(matches!(filter("default", &query), Err(AppError::Field { .. })));
    }
}
