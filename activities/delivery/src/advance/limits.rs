//! What the platform would refuse is refused here, before anything leaves: by the same code that `validate`
//! uses, with what probing found out about the files.

use activities_data::State;
use activities_data::media;
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{self, Segment, SegmentState};
use campaigns_limits::{MediaFacts, SegmentContent, SegmentFault, segment_faults};
use campaigns_plan::PlannedMedia;

use super::answer::walk;
use super::{ACTOR, Turn, View, parts};
use crate::{Delivery, DeliveryError};

impl Delivery {
    /// Refuses a publication of which a part that is still to be sent breaks a limit.
    pub(super) async fn check_limits(&self, view: &View) -> Result<Option<Turn>, DeliveryError> {
        let waiting = view.parts.iter().filter(|part| part.state == SegmentState::Waiting);
        for part in waiting {
            let Some(fault) = self.fault_of(view, part).await? else { continue };
            let where_ =
                if view.parts.len() > 1 { format!("part {}: ", part.number + 1) } else { String::new() };
            let code = fault.code().to_owned();
            return self.refuse(view, code, format!("{where_}{fault}")).await.map(Some);
        }
        Ok(None)
    }

    async fn fault_of(&self, view: &View, part: &Segment) -> Result<Option<SegmentFault>, DeliveryError> {
        let facts = self.facts_of(part).await?;
        let media: Vec<&MediaFacts> = facts.iter().collect();
        let alts: Vec<&str> = part.media.iter().filter_map(|item| item.alt.as_deref()).collect();
        let content = SegmentContent {
            platform: view.row.platform(),
            follows: part.number > 0,
            text: &part.text,
            media: &media,
            alts: &alts,
            options: &part.options,
        };
        Ok(segment_faults(&content).into_iter().next())
    }

    /// A file of which nothing is known is none to judge: uploading says so.
    async fn facts_of(&self, part: &Segment) -> Result<Vec<MediaFacts>, DeliveryError> {
        let mut facts = Vec::with_capacity(part.media.len());
        if part.media.is_empty() {
            return Ok(facts);
        }
        let mut reader = self.db().reader().await?;
        for PlannedMedia { sha256, .. } in &part.media {
            facts.extend(media::find(&mut reader, sha256).await?);
        }
        Ok(facts)
    }

    /// Refused without a request: as if the platform had refused it for good.
    pub(super) async fn refuse(&self, view: &View, code: String, why: String) -> Result<Turn, DeliveryError> {
        let (id, version) = (view.row.id.clone(), view.row.version);
        self.write::<_, DeliveryError, _>("refused-here", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                if row.version != version || !matches!(row.state, State::Planned | State::Sending) {
                    return Ok(());
                }
                let cause = Cause::by(ACTOR);
                if crate::settle::begun(tx, &row).await? {
                    for part in segments::of(tx, &id).await? {
                        if part.state == SegmentState::Waiting {
                            segments::set_state(tx, &id, part.number, SegmentState::Failed).await?;
                        }
                    }
                    let path = [State::Planned, State::Sending, State::Partial];
                    walk(tx, &mut row, &path, Some(parts::part_failed(why)), &cause).await?;
                } else {
                    let path = [State::Planned, State::Sending, State::Rejected];
                    walk(tx, &mut row, &path, Some(Reason::new(&code, why)), &cause).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }
}
