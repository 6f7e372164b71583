//! Drift: what people changed on the platforms behind our back. It is shown, never undone.

use std::collections::{BTreeMap, HashMap};

use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{self, Segment};
use activities_data::{DbError, Publication, State, Tx, audit, organizations};
use activities_platforms::{Access, Look, Looked, SentPost};
use jiff::{SignedDuration, Timestamp};

use crate::settle::settle;
use crate::{Delivery, DeliveryError};

/// Publications that are looked at in one go: reads cost money on X.
const PUBLICATIONS_MAX: u32 = 2_000;
/// How far back the schedule looks: people delete soon, and every look at a post costs money on X.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Who looks where nobody asked.
const ACTOR: &str = "drift";
/// The audit's word for a post that is there and is not as it was sent.
const CHANGED: &str = "changed-there";

/// What is to be looked at.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub organization: String,
    /// Only of this campaign.
    pub campaign: Option<String>,
    /// Published then or later.
    pub since: Timestamp,
}

/// What a look at the platforms found, in publications.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    pub looked: u64,
    /// Their platform tells nothing of them.
    pub untold: u64,
    pub gone: Vec<Publication>,
    /// With what is different.
    pub changed: Vec<(Publication, String)>,
    /// Accounts that could not be asked (whole), and why.
    pub put_off: Vec<(String, String)>,
}

impl Delivery {
    /// Looks at what is published. What is no longer there is `gone` from then on; what was changed is noted
    /// in its story.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger fails; what was found until then stays written.
    pub async fn look_for_drift(&self, wanted: &Wanted, who: &str) -> Result<Drift, DeliveryError> {
        let mut by_account: BTreeMap<String, Vec<(Publication, Vec<Segment>)>> = BTreeMap::new();
        {
            let mut reader = self.db().reader().await?;
            let span = (wanted.since, Timestamp::MAX);
            let rows = publications::published_between(
                &mut reader,
                &wanted.organization,
                None,
                span,
                PUBLICATIONS_MAX,
            )
            .await?;
            let ours = |row: &Publication| {
                row.state == State::Published
                    && (wanted.campaign.is_none() || wanted.campaign == row.campaign)
            };
            for row in rows.into_iter().filter(ours) {
                let parts = segments::of(&mut reader, &row.id).await?;
                by_account.entry(row.account_id.clone()).or_default().push((row, parts));
            }
        }
        let mut drift = Drift::default();
        for (account_id, rows) in by_account {
            self.look_at_account(&account_id, rows, &mut drift, who).await?;
        }
        Ok(drift)
    }

    /// Looks at what every organization published lately.
    ///
    /// # Errors
    /// As [`Delivery::look_for_drift`].
    pub async fn look_for_drift_lately(&self) -> Result<Drift, DeliveryError> {
        let organizations = {
            let mut reader = self.db().reader().await?;
            organizations::all(&mut reader).await?
        };
        let since = self.now().saturating_sub(LATELY).unwrap_or(Timestamp::MIN);
        let mut all = Drift::default();
        for organization in organizations {
            let wanted = Wanted { organization, campaign: None, since };
            let Drift { looked, untold, gone, changed, put_off } =
                self.look_for_drift(&wanted, ACTOR).await?;
            all.looked += looked;
            all.untold += untold;
            all.gone.extend(gone);
            all.changed.extend(changed);
            all.put_off.extend(put_off);
        }
        Ok(all)
    }

    async fn look_at_account(
        &self,
        account_id: &str,
        rows: Vec<(Publication, Vec<Segment>)>,
        drift: &mut Drift,
        who: &str,
    ) -> Result<(), DeliveryError> {
        let Some((first, _)) = rows.first() else { return Ok(()) };
        let name = first.account.to_string();
        if let Some((until, why)) = self.uncollectable(account_id).await? {
            drift.put_off.push((name, format!("{why}; ask again after {until}")));
            return Ok(());
        }
        let looked = self.look(first, &rows).await?;
        let looks: HashMap<String, Look> = looked.posts.into_iter().collect();
        for (row, parts) in rows {
            self.note(row, &parts, &looks, drift, who).await?;
        }
        if let Some(failure) = looked.ended {
            self.after_failure(account_id, &failure).await?;
            drift.put_off.push((name, failure.to_string()));
        }
        Ok(())
    }

    async fn look(
        &self,
        first: &Publication,
        rows: &[(Publication, Vec<Segment>)],
    ) -> Result<Looked, DeliveryError> {
        let client = self.client(first.platform())?;
        let sent = rows.iter().flat_map(|(_, parts)| parts).filter_map(|part| {
            let platform_post_id = part.platform_post_id.clone()?;
            Some(SentPost { platform_post_id, text: part.text.clone() })
        });
        let posts: Vec<SentPost> = sent.collect();
        self.boundary("look").await?;
        let asked = self.vault().with_token(&first.account_id, |opened| async move {
            let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
            client.look(access, &posts).await
        });
        Ok(asked.await?)
    }

    async fn note(
        &self,
        row: Publication,
        parts: &[Segment],
        looks: &HashMap<String, Look>,
        drift: &mut Drift,
        who: &str,
    ) -> Result<(), DeliveryError> {
        let look = |part: &Segment| part.platform_post_id.as_ref().and_then(|id| looks.get(id)).copied();
        let Some(first) = parts.first().and_then(look) else { return Ok(()) };
        drift.looked += 1;
        if first == Look::Gone {
            if let Some(row) = self.is_gone(row, who).await? {
                drift.gone.push(row);
            }
            return Ok(());
        }
        let mut found = Vec::new();
        for part in parts {
            let what = match look(part) {
                Some(Look::Gone) => "is no longer there",
                Some(Look::Changed) => "was changed there",
                Some(Look::Online | Look::Untold) | None => continue,
            };
            found.push(match parts.len() {
                1 => format!("it {what}"),
                of => format!("part {} of {of} {what}", part.number + 1),
            });
        }
        if !found.is_empty() {
            let why = found.join("; ");
            self.is_changed(&row, &why, who).await?;
            drift.changed.push((row, why));
        } else if first == Look::Untold {
            drift.untold += 1;
        }
        Ok(())
    }

    /// Settles what is no longer there, unless someone else did meanwhile.
    async fn is_gone(&self, row: Publication, who: &str) -> Result<Option<Publication>, DeliveryError> {
        let who = who.to_owned();
        self.write("drift-gone", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &row.id).await?;
                if row.state != State::Published {
                    return Ok(None);
                }
                let reason = Reason::new("gone/seen", "it is no longer on the platform");
                settle(tx, &mut row, State::Gone, Some(reason), &Cause::by(&who)).await?;
                Ok(Some(row))
            })
        })
        .await
    }

    async fn is_changed(&self, row: &Publication, why: &str, who: &str) -> Result<(), DeliveryError> {
        let (row, why, who) = (row.clone(), why.to_owned(), who.to_owned());
        self.write::<_, DeliveryError, _>("drift-changed", move |tx| {
            Box::pin(async move { Ok(tell_once(tx, &row, &why, &who).await?) })
        })
        .await
    }
}

/// A change that was seen before is no news.
async fn tell_once(tx: &mut Tx, row: &Publication, why: &str, who: &str) -> Result<(), DbError> {
    let trail = audit::of_publication(tx, &row.id).await?;
    let last = trail.iter().rev().find(|entry| entry.event == CHANGED);
    if last.is_some_and(|entry| entry.why.as_deref() == Some(why)) {
        return Ok(());
    }
    let entry = audit::Entry { why: Some(why.to_owned()), ..audit::Entry::of(row, who, CHANGED) };
    audit::append(tx, &entry).await
}
