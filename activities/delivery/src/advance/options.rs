//! What a part asks of its platform, with the platform's own ids in it: posts of the campaign that are
//! passed on, and images that were uploaded.

use activities_data::State;
use activities_data::publications;
use activities_data::segments::Segment;
use activities_platforms::{Article, LinkedInOptions, SegmentOptions, XOptions};
use campaigns_plan::{
    PlannedArticle, PlannedLinkedIn, PlannedMedia, PlannedOptions, PlannedX, PostReference,
};

use super::{Turn, View};
use crate::{Delivery, DeliveryError};

/// How often to look whether the post that is passed on is online by now. It makes the publication late.
const REFERENT_WAIT_MS: u64 = 10_000;
/// The code of what passes on a post that is not online.
const NO_REFERENT: &str = "publication/no-referent";

/// The platform's id of the post that a part passes on.
enum Referred {
    Online(String),
    /// Its publication may yet come online.
    NotYet,
    /// It never will, by itself.
    Never(String),
}

/// What came of looking for what the options name.
pub(super) enum Named {
    Ready(Box<SegmentOptions>),
    Turn(Turn),
}

impl Delivery {
    /// The options of a part as its request has them.
    pub(super) async fn options_of(&self, view: &View, part: &Segment) -> Result<Named, DeliveryError> {
        let referent = match part.options.referent() {
            None => None,
            Some(reference) => match self.referred(view, part, reference).await? {
                Referred::Online(id) => Some(id),
                Referred::NotYet => {
                    return Ok(Named::Turn(Turn::Wait { wait_ms: REFERENT_WAIT_MS, why: "referent" }));
                }
                Referred::Never(why) => {
                    return self.refuse(view, NO_REFERENT.to_owned(), why).await.map(Named::Turn);
                }
            },
        };
        let options = match &part.options {
            PlannedOptions::None => SegmentOptions::None,
            PlannedOptions::X(options) => SegmentOptions::X(x(options, referent)),
            PlannedOptions::LinkedIn(options) => {
                let thumbnail = self.thumbnail(part).await?;
                SegmentOptions::LinkedIn(linkedin(options, referent, thumbnail))
            }
        };
        Ok(Named::Ready(Box::new(options)))
    }

    /// An attempt before has frozen it: what is sent again is the same.
    async fn referred(
        &self,
        view: &View,
        part: &Segment,
        reference: &PostReference,
    ) -> Result<Referred, DeliveryError> {
        let frozen = view.attempts_of(part.number).find_map(|attempt| attempt.frozen.referent.clone());
        if let Some(id) = frozen {
            return Ok(Referred::Online(id));
        }
        let (post, account) = match reference {
            PostReference::Online { platform_post_id } => {
                return Ok(Referred::Online(platform_post_id.clone()));
            }
            PostReference::Post { post, account } => (post, account),
        };
        let Some(campaign) = &view.row.campaign else {
            return Ok(Referred::Never(format!("it belongs to no campaign that has a post `{post}`")));
        };
        let mut reader = self.db().reader().await?;
        let rows = publications::of_turn(&mut reader, (&view.row.organization, campaign), post, None).await?;
        let rows: Vec<_> = rows.into_iter().filter(|row| row.account == *account).collect();
        // Of a thread that is not whole, the first part is what others pass on.
        let online = rows.iter().filter(|row| matches!(row.state, State::Published | State::Partial));
        let newest = online.max_by_key(|row| (row.published_at, row.occurrence.clone()));
        if let Some(id) = newest.and_then(|row| row.platform_post_id.clone()) {
            return Ok(Referred::Online(id));
        }
        let open = |state: State| !state.is_settled() || matches!(state, State::Held | State::Blocked);
        if rows.iter().any(|row| open(row.state)) {
            return Ok(Referred::NotYet);
        }
        let states: Vec<_> = rows.iter().map(|row| row.state.as_str()).collect();
        let found = if states.is_empty() { "not planned".to_owned() } else { states.join(", ") };
        Ok(Referred::Never(format!("`{post}` on {account} is not online: it is {found}")))
    }

    async fn thumbnail(&self, part: &Segment) -> Result<Option<String>, DeliveryError> {
        let Some(item) = card_image(part) else { return Ok(None) };
        Ok(self.uploaded(&part.account_id, &item).await?.map(|upload| upload.platform_media_id))
    }
}

/// The image of a part's link card: uploaded as media are, and no medium of the post.
pub(super) fn card_image(part: &Segment) -> Option<PlannedMedia> {
    let PlannedOptions::LinkedIn(PlannedLinkedIn { article: Some(article), .. }) = &part.options else {
        return None;
    };
    let sha256 = article.thumbnail.clone()?;
    Some(PlannedMedia { sha256, ..PlannedMedia::default() })
}

fn x(planned: &PlannedX, referent: Option<String>) -> XOptions {
    let PlannedX { poll, reply_settings, quote, repost_of, community, made_with_ai, paid_partnership } =
        planned.clone();
    let passed = repost_of.is_some();
    XOptions {
        poll,
        reply_settings,
        quote: referent.clone().filter(|_| quote.is_some() && !passed),
        repost_of: referent.filter(|_| passed),
        community,
        made_with_ai,
        paid_partnership,
    }
}

fn linkedin(planned: &PlannedLinkedIn, referent: Option<String>, image: Option<String>) -> LinkedInOptions {
    let PlannedLinkedIn { visibility, reshare_disabled, article, poll, reshare_of: _ } = planned.clone();
    let article = article.map(|PlannedArticle { source, title, description, thumbnail: _ }| Article {
        source,
        title,
        description,
        thumbnail: image,
    });
    LinkedInOptions { visibility, reshare_disabled, article, poll, reshare_of: referent }
}
