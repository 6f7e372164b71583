//! Posts that applications schedule: rows without a campaign, which go the same way as all others.

use activities_data::accounts::Account;
use activities_data::idempotency::{self, Known, Request};
use activities_data::outbox::{self, OutboxKind};
use activities_data::publications;
use activities_data::{DbError, Publication, State, Tx, accounts, audit, content, instant, media, segments};
use campaigns_limits::{AccountName, MediaFacts};
use campaigns_plan::{
    Gates, Identity, PlannedPublication, PlannedSegment, Policy, PublicationId, Timing, content_hash,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::edit::Edited;
use crate::settle::{begun, start_if_soon, wake};
use crate::{Delivery, DeliveryError};

/// Posts started through the outbox by one write; the dispatcher takes the rest, in its batches.
const AT_ONCE_MAX: usize = 50;

/// A post to write down.
#[derive(Clone, Debug)]
pub struct NewPost {
    pub organization: String,
    pub account_id: String,
    /// The content piece, as the application calls it.
    pub content_piece: String,
    pub content_version: u64,
    /// Tells apart the posts of one piece on one account. A request that is repeated must give the same one.
    pub slot: String,
    pub due_at: Timestamp,
    /// From 1 (first) to 5.
    pub priority: u32,
    pub content: Content,
}

/// What a post says, fitted to its platform.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// At least one.
    pub segments: Vec<PlannedSegment>,
    /// Every file that the segments use.
    pub media: Vec<MediaFacts>,
}

/// Makes the answer to keep from the posts that were written.
pub type Answer = Box<dyn FnOnce(&[Publication]) -> Value + Send>;

/// What became of a wish to schedule.
#[derive(Clone, Debug, PartialEq)]
pub enum Scheduled {
    /// The answer about the posts, which were written now, or before by the same request.
    Answer(Value),
    /// The key belongs to another request; nothing was written.
    OtherRequest,
}

/// Changes of a post that is not sent yet; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Reschedule {
    pub due_at: Option<Timestamp>,
    pub priority: Option<u32>,
    /// The piece's id, its version and what it says.
    pub content: Option<(String, u64, Content)>,
}

impl Delivery {
    /// Writes posts down, all or none, and `answer` with them where the request may be asked again. A post
    /// that was written before, by the same request, is given back as it is now.
    ///
    /// # Errors
    /// [`DeliveryError`] when an account is unknown or the ledger can't be written.
    pub async fn schedule(
        &self,
        posts: Vec<NewPost>,
        who: &str,
        once: Option<Request>,
        answer: Answer,
    ) -> Result<Scheduled, DeliveryError> {
        let who = who.to_owned();
        self.write("schedule", move |tx| {
            Box::pin(async move {
                let known = match &once {
                    Some(request) => idempotency::look(tx, request).await?,
                    None => Known::New,
                };
                match known {
                    Known::New => {}
                    Known::Answered(answer) => return Ok(Scheduled::Answer(answer)),
                    Known::Other => return Ok(Scheduled::OtherRequest),
                }
                let answer = answer(&schedule(tx, &posts, &who).await?);
                if let Some(request) = &once {
                    idempotency::keep(tx, request, &answer).await?;
                }
                Ok(Scheduled::Answer(answer))
            })
        })
        .await
    }

    /// The post that was written before under this slot, of this piece on this account.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be read.
    pub async fn scheduled_before(
        &self,
        account: &Account,
        content_piece: &str,
        slot: &str,
    ) -> Result<Option<PublicationId>, DeliveryError> {
        let id = identity(&account.organization, content_piece, &account.name, slot).publication_id();
        let mut reader = self.db().reader().await?;
        Ok(publications::find(&mut reader, &id).await?.map(|row| row.id))
    }

    /// Moves a post, gives it another rank or other content.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn reschedule(
        &self,
        id: &PublicationId,
        wish: Reschedule,
        who: &str,
    ) -> Result<Edited, DeliveryError> {
        let (id, who) = (id.clone(), who.to_owned());
        self.write("reschedule", move |tx| {
            Box::pin(async move { Ok(reschedule(tx, &id, &wish, &who).await?) })
        })
        .await
    }
}

async fn schedule(tx: &mut Tx, posts: &[NewPost], who: &str) -> Result<Vec<Publication>, DbError> {
    let mut written = Vec::with_capacity(posts.len());
    let mut started = 0;
    for post in posts {
        let row = write(tx, post, who).await?;
        if started < AT_ONCE_MAX && start_if_soon(tx, &row).await? {
            started += 1;
        }
        // As it is stored now, its start noted.
        written.push(publications::get(tx, &row.id).await?);
    }
    if let Some(first) = written.first() {
        outbox::put(tx, OutboxKind::Rescheduled, &first.organization, None, None).await?;
    }
    Ok(written)
}

async fn write(tx: &mut Tx, post: &NewPost, who: &str) -> Result<Publication, DbError> {
    let account = accounts::get(tx, &post.account_id).await?;
    let due_at = instant::whole_ms(post.due_at);
    let identity = identity(&post.organization, &post.content_piece, &account.name, &post.slot);
    let id = identity.publication_id();
    if let Some(known) = publications::find(tx, &id).await? {
        return Ok(known);
    }
    let row = Publication {
        id,
        organization: identity.organization,
        campaign: None,
        post: identity.post,
        account_id: account.id,
        account: identity.account,
        occurrence: identity.occurrence,
        position: 0,
        state: State::Planned,
        reason: None,
        timing: at(due_at),
        gates: Gates::default(),
        policy: Policy::default(),
        content_hash: String::new(),
        priority: post.priority,
        revision: post.content_version,
        version: 1,
        due_at: Some(due_at),
        expected_at: Some(due_at),
        next_attempt_at: None,
        dispatched_at: None,
        attempts_used: 0,
        unsent: 0,
        platform_post_id: None,
        url: None,
        published_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let row = Publication { content_hash: hash(&row, &post.content), ..row };
    publications::insert(tx, &row).await?;
    content::schedule(tx, &row.id, &post.content_piece).await?;
    write_content(tx, &row, &post.content).await?;
    let entry = audit::Entry { to: Some(row.state), ..audit::Entry::of(&row, who, "created") };
    audit::append(tx, &entry).await?;
    Ok(row)
}

fn identity(organization: &str, content_piece: &str, account: &AccountName, slot: &str) -> Identity {
    Identity {
        organization: organization.to_owned(),
        // No campaign has this name, so no campaign's post has this identity.
        campaign: String::new(),
        post: content_piece.to_owned(),
        account: account.clone(),
        occurrence: slot.to_owned(),
    }
}

async fn reschedule(
    tx: &mut Tx,
    id: &PublicationId,
    wish: &Reschedule,
    who: &str,
) -> Result<Edited, DbError> {
    let mut row = publications::get(tx, id).await?;
    let refused = |row: &Publication, code, why: String| Edited::Refused { state: row.state, code, why };
    if row.campaign.is_some() {
        let why = "it belongs to a campaign: its file says when and what".to_owned();
        return Ok(refused(&row, "publication/of-campaign", why));
    }
    if !matches!(row.state, State::Planned | State::AwaitingApproval | State::Blocked) {
        return Ok(refused(&row, "publication/not-planned", format!("it is {}", row.state)));
    }
    if begun(tx, &row).await? {
        return Ok(refused(&row, "publication/not-planned", "a part of it is online already".to_owned()));
    }
    let mut events = Vec::new();
    if let Some((piece, version, content)) = &wish.content {
        // The identity keeps the first piece's name: it names this row for ever.
        content::schedule(tx, &row.id, piece).await?;
        row.revision = *version;
        row.content_hash = hash(&row, content);
        write_content(tx, &row, content).await?;
        events.push("replaced");
    }
    if let Some(due_at) = wish.due_at.map(instant::whole_ms) {
        row.timing = at(due_at);
        row.due_at = Some(due_at);
        row.expected_at = Some(due_at);
        row.next_attempt_at = None;
        row.attempts_used = 0;
        row.unsent = 0;
        events.push("moved");
    }
    if let Some(priority) = wish.priority.filter(|priority| *priority != row.priority) {
        row.priority = priority;
        events.push("ranked");
    }
    publications::save(tx, &mut row).await?;
    for event in events {
        audit::append(tx, &audit::Entry::of(&row, who, event)).await?;
    }
    wake(tx, &row).await?;
    start_if_soon(tx, &row).await?;
    outbox::put(tx, OutboxKind::Rescheduled, &row.organization, None, None).await?;
    Ok(Edited::Done { state: row.state })
}

async fn write_content(tx: &mut Tx, row: &Publication, content: &Content) -> Result<(), DbError> {
    for facts in &content.media {
        media::put(tx, facts).await?;
    }
    segments::replace(tx, &row.id, &row.account_id, &content.segments).await?;
    let files: Vec<_> = content.media.iter().map(|facts| facts.sha256.as_str()).collect();
    media::set_uses(tx, &row.id, &files).await
}

/// Applications speak of instants, not of local times.
fn at(due_at: Timestamp) -> Timing {
    Timing::At { due_at, local: due_at.strftime("%Y-%m-%d %H:%M UTC").to_string() }
}

fn hash(row: &Publication, content: &Content) -> String {
    content_hash(&PlannedPublication {
        id: row.id.clone(),
        post: row.post.clone(),
        account: row.account.clone(),
        occurrence: row.occurrence.clone(),
        timing: row.timing.clone(),
        gates: Gates::default(),
        segments: content.segments.clone(),
        policy: row.policy.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_time_of_a_post_is_universal_time() {
        let due_at: Timestamp = "2027-03-18T09:00:30Z".parse().unwrap();
        assert_eq!(at(due_at), Timing::At { due_at, local: "2027-03-18 09:00 UTC".to_owned() });
    }
}
