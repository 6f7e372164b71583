//! What a post asks of a platform beyond text and media, templates replaced.

use campaigns_limits::{
    AccountName, LinkedInPoll, MediaFacts, PlannedArticle, PlannedLinkedIn, PlannedOptions, PlannedX,
    Platform, PollDuration, PostReference, XPoll,
};

use super::said::OnPlatform;
use super::{PartOf, Scope};
use crate::Diagnostic;
use crate::campaign::{Link, Poll, Quote, Text};
use crate::template::{Names, Rendered};

const MINUTE_MS: u64 = 60 * 1_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// The durations of a poll on LinkedIn: it has no others.
pub(crate) const LINKEDIN_POLLS: [(u64, PollDuration); 4] = [
    (DAY_MS, PollDuration::OneDay),
    (3 * DAY_MS, PollDuration::ThreeDays),
    (7 * DAY_MS, PollDuration::OneWeek),
    (14 * DAY_MS, PollDuration::TwoWeeks),
];

/// A link as a card shows it.
pub(crate) struct Card<'c> {
    pub(crate) url: Rendered,
    pub(crate) title: Option<Rendered>,
    description: Option<Rendered>,
    image: Option<&'c MediaFacts>,
}

/// A rendered post's options, part by part, and what else it needs.
pub(crate) struct Asked<'c> {
    pub(crate) card: Option<Card<'c>>,
    /// Where the first comment is written, and what it says.
    pub(crate) comment: Option<(&'c Text, Rendered)>,
}

impl Scope<'_> {
    /// The texts of a post's card and first comment.
    pub(crate) fn asked<'c>(
        &self,
        platform: Platform,
        said: &OnPlatform<'c>,
        names: &Names,
    ) -> Result<Asked<'c>, Vec<Diagnostic>> {
        let mut faults = Vec::new();
        let mut render = |text: &Text| match self.render_text(text, names) {
            Ok(rendered) => Some(rendered),
            Err(more) => {
                faults.extend(more);
                None
            }
        };
        let link: Option<&'c Link> = said.first(|extras| extras.link.as_ref());
        let card = link.and_then(|link| {
            Some(Card {
                url: render(&link.url)?,
                title: link.title.as_ref().and_then(&mut render),
                description: link.description.as_ref().and_then(&mut render),
                image: link.image.as_ref().and_then(|image| image.facts.as_ref()),
            })
        });
        let comment = match platform {
            Platform::LinkedIn => {
                let text: Option<&'c Text> = said.first(|extras| extras.first_comment.as_ref());
                text.and_then(|text| Some((text, render(text)?)))
            }
            Platform::X => None,
        };
        if faults.is_empty() { Ok(Asked { card, comment }) } else { Err(faults) }
    }
}

impl<'c> Asked<'c> {
    /// The picture of the card, where the platform shows one.
    pub(crate) fn image(&self, platform: Platform) -> Option<&'c MediaFacts> {
        self.card.as_ref().filter(|_| platform == Platform::LinkedIn).and_then(|card| card.image)
    }

    /// What part `index` asks of its platform. `refer` finds the account whose post is meant by the id of a
    /// post of the campaign.
    pub(crate) fn options(
        &self,
        platform: Platform,
        said: &OnPlatform<'_>,
        (index, part): (usize, Option<PartOf<'_>>),
        refer: &dyn Fn(&str) -> Option<AccountName>,
    ) -> PlannedOptions {
        let poll = part.and_then(|part| part.poll);
        let of_post =
            |post: &str| refer(post).map(|account| PostReference::Post { post: post.to_owned(), account });
        let repost = said.repost.filter(|_| index == 0).and_then(|post| of_post(&post.value));
        let options = match platform {
            Platform::X => PlannedOptions::X(self.x(said, (index, part), poll, &of_post, repost)),
            Platform::LinkedIn if index == 0 => PlannedOptions::LinkedIn(self.linkedin(said, poll, repost)),
            Platform::LinkedIn => PlannedOptions::None,
        };
        if options.is_none() { PlannedOptions::None } else { options }
    }

    fn x(
        &self,
        said: &OnPlatform<'_>,
        (index, part): (usize, Option<PartOf<'_>>),
        poll: Option<&Poll>,
        of_post: &dyn Fn(&str) -> Option<PostReference>,
        repost_of: Option<PostReference>,
    ) -> PlannedX {
        if repost_of.is_some() {
            return PlannedX { repost_of, ..PlannedX::default() };
        }
        let poll = poll.map(|poll| XPoll {
            options: poll.options.iter().map(|option| option.value.clone()).collect(),
            duration_minutes: u32::try_from(poll.duration_ms.value / MINUTE_MS).unwrap_or(u32::MAX),
        });
        let flag = |value: Option<&bool>| value.copied().unwrap_or_default();
        let made_with_ai = flag(said.first(|extras| extras.made_with_ai.as_ref()));
        let with_media = part.is_some_and(|part| !part.media.is_empty());
        let paid_partnership = flag(said.first(|extras| extras.paid_partnership.as_ref()));
        let mut options = PlannedX {
            poll,
            paid_partnership,
            made_with_ai: made_with_ai && with_media,
            ..PlannedX::default()
        };
        if index == 0 {
            options.made_with_ai = made_with_ai;
            options.reply_settings = said.first(|extras| extras.reply_settings.as_ref()).copied();
            options.community = said.first(|extras| extras.community.as_ref()).map(|id| id.value.clone());
            options.quote = said.first(|extras| extras.quote.as_ref()).and_then(|quote| match &quote.value {
                Quote::Online(id) => Some(PostReference::Online { platform_post_id: id.clone() }),
                Quote::Post(post) => of_post(post),
            });
        }
        options
    }

    fn linkedin(
        &self,
        said: &OnPlatform<'_>,
        poll: Option<&Poll>,
        reshare_of: Option<PostReference>,
    ) -> PlannedLinkedIn {
        let poll = poll.and_then(|poll| {
            let known = LINKEDIN_POLLS.iter().find(|(ms, _)| *ms == poll.duration_ms.value);
            Some(LinkedInPoll {
                question: poll.question.value.clone(),
                options: poll.options.iter().map(|option| option.value.clone()).collect(),
                duration: known?.1,
            })
        });
        let article = self.card.as_ref().and_then(|card| {
            Some(PlannedArticle {
                source: card.url.text.clone(),
                title: card.title.as_ref()?.text.clone(),
                description: card.description.as_ref().map(|text| text.text.clone()),
                thumbnail: card.image.map(|facts| facts.sha256.clone()),
            })
        });
        PlannedLinkedIn {
            visibility: said.first(|extras| extras.visibility.as_ref()).copied().unwrap_or_default(),
            reshare_disabled: said
                .first(|extras| extras.reshare_disabled.as_ref())
                .copied()
                .unwrap_or_default(),
            article,
            poll,
            reshare_of,
        }
    }
}

/// The account whose post is passed on by one of `account`: the same where the post goes there, else the
/// only one on its platform.
pub(crate) fn referred(targets: &[&AccountName], account: &AccountName) -> Option<AccountName> {
    if targets.contains(&account) {
        return Some(account.clone());
    }
    let mut same = targets.iter().filter(|target| target.platform() == account.platform());
    match (same.next(), same.next()) {
        (Some(only), None) => Some((*only).clone()),
        _ => None,
    }
}
