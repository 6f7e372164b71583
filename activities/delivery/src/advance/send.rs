//! Sending the next part of a publication, under the account's lane.

use activities_data::accounts::{self, Account, AccountStatus};
use activities_data::attempts::{self, Attempt};
use activities_data::lanes::{self, Asked, Lane};
use activities_data::publications::{self, Cause};
use activities_data::segments::{self, Segment, SegmentState};
use activities_data::{DbError, State, Tx};
use activities_platforms::{Access, Answer, Outcome, SegmentRequest};
use campaigns_limits::Platform;
use jiff::SignedDuration;

use super::answer::Recorded;
use super::intent::{Intent, LEASE_MS, Under, Wish, intend};
use super::options::Named;
use super::prepare::Prepared;
use super::{ACTOR, PAUSED_WAIT_MS, Turn, View};
use crate::accounts::blocked;
use crate::settle::settle;
use crate::{Delivery, DeliveryError};

/// A request leaves so soon after its intent, or not at all: a process that stood still in between must not
/// send when others have taken it for dead. With the guard below this ends before the lease does.
const SEND_WITHIN: SignedDuration = SignedDuration::from_secs(20);
/// Beyond this the client has failed to keep its own deadline of 30 s; the lease outlives both.
const PUBLISH_GUARD: std::time::Duration = std::time::Duration::from_secs(45);
/// A marker is a read that costs money: a post of ours that is not older serves as well.
const OWN_MARKER_AGE: SignedDuration = SignedDuration::from_hours(24);
/// How long to wait where another process holds the lane; it is given back much sooner than it expires.
const LANE_WAIT_MS: u64 = 2_000;

/// What is found to be done next.
enum Wished {
    Part(Box<Wish>),
    Turn(Turn),
}

impl Delivery {
    /// Sends what is to be sent next, part by part, until something ends it.
    pub(super) async fn send_on(&self, view: View) -> Result<Turn, DeliveryError> {
        if view.next_part().is_none() {
            return self.nothing_left(view).await;
        }
        let account = self.account(&view.row.account_id).await?;
        if let Some(turn) = self.inactive(&view, &account).await? {
            return Ok(turn);
        }
        if let Some(turn) = self.check_scopes(&view, &account).await? {
            return Ok(turn);
        }
        if let Some(turn) = self.access(&view).await? {
            return Ok(turn);
        }
        if let Some(turn) = self.check_limits(&view).await? {
            return Ok(turn);
        }
        if let Prepared::Turn(turn) = self.prepare(&view).await? {
            return Ok(turn);
        }
        let Some(_turn) = self.turn_of(&view.row.account_id).await else {
            return Ok(Turn::Wait { wait_ms: LANE_WAIT_MS, why: "lane" });
        };
        let mut held = None;
        let turn = self.send_parts(view, &mut held).await;
        // After a fault in a test nothing more may happen, as after the end of the process.
        if let Some(lane) = held
            && !matches!(turn, Err(DeliveryError::Halted(_)))
        {
            self.give_lane_back(lane).await?;
        }
        turn
    }

    /// Blocks what is planned for an account that can't be acted for.
    async fn inactive(&self, view: &View, account: &Account) -> Result<Option<Turn>, DeliveryError> {
        if account.status == AccountStatus::Active {
            return Ok(None);
        }
        let id = view.row.id.clone();
        self.write::<_, DeliveryError, _>("blocked", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                let account = accounts::get(tx, &row.account_id).await?;
                let open = matches!(row.state, State::Planned | State::Sending);
                if account.status != AccountStatus::Active && open {
                    settle(tx, &mut row, State::Blocked, Some(blocked(&account)), &Cause::by(ACTOR)).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Some(Turn::Again))
    }

    /// `held` is the lane while it is: intents take it, what is written down in the end gives it back.
    async fn send_parts(&self, mut view: View, held: &mut Option<Lane>) -> Result<Turn, DeliveryError> {
        loop {
            let wish = match self.wish(&view, held.as_ref()).await? {
                Wished::Part(wish) => *wish,
                Wished::Turn(turn) => return Ok(turn),
            };
            let request = wish.request.clone();
            let intent = self
                .write::<_, DeliveryError, _>("intent", move |tx| {
                    Box::pin(async move { Ok(intend(tx, &wish).await?) })
                })
                .await?;
            *held = None;
            let (attempt, lane) = match intent {
                Intent::Written { attempt, lane } => (*attempt, lane),
                Intent::Busy { until } => {
                    return Ok(Turn::Wait { wait_ms: self.ms_until(until).min(LANE_WAIT_MS), why: "lane" });
                }
                Intent::Changed | Intent::Inactive => return Ok(Turn::Again),
                Intent::Paused => return Ok(Turn::Wait { wait_ms: PAUSED_WAIT_MS, why: "paused" }),
                Intent::Later { until, why } => return Ok(Turn::Wait { wait_ms: self.ms_until(until), why }),
            };
            *held = Some(lane.clone());
            match self.publish(view.row.platform(), attempt, lane, request).await? {
                Recorded::Next => view = self.view(self.row(&view.row.id).await?).await?,
                Recorded::Stop => {
                    *held = None;
                    return Ok(Turn::Again);
                }
            }
        }
    }

    async fn wish(&self, view: &View, held: Option<&Lane>) -> Result<Wished, DeliveryError> {
        let Some(part) = view.next_part().cloned() else { return Ok(Wished::Turn(Turn::Again)) };
        let Some(media) = self.media_of(view.row.platform(), &part).await? else {
            return Ok(Wished::Turn(Turn::Again));
        };
        let options = match self.options_of(view, &part).await? {
            Named::Ready(options) => *options,
            Named::Turn(turn) => return Ok(Wished::Turn(turn)),
        };
        let reply_to = parent(view, &part);
        let holder = || Under::Taken { holder: self.new_holder() };
        let wish = Wish {
            marker: self.marker(view, &part).await?,
            probe: view.attempts_of(part.number).last().is_some_and(super::reconcile::asks_for_probe),
            row: view.row.clone(),
            part: part.number,
            under: held.cloned().map_or_else(holder, Under::Held),
            request: SegmentRequest { text: part.text, reply_to, media, options },
        };
        Ok(Wished::Part(Box::new(wish)))
    }

    /// For where no commit did it.
    async fn give_lane_back(&self, lane: Lane) -> Result<(), DeliveryError> {
        self.write("lane-back", move |tx| Box::pin(async move { Ok(lanes::give_back(tx, &lane).await?) }))
            .await
    }

    /// Sends and writes down what came of it. Once begun it runs to its end even when the caller goes away:
    /// an answer that arrived must not be lost.
    async fn publish(
        &self,
        platform: Platform,
        attempt: Attempt,
        lane: Lane,
        request: SegmentRequest,
    ) -> Result<Recorded, DeliveryError> {
        let delivery = self.clone();
        let sending = tokio::spawn(async move {
            delivery.boundary("request").await?;
            let answer = delivery.ask_platform(platform, &attempt, &request).await?;
            delivery.boundary("answer").await?;
            delivery.record(attempt, lane, answer).await
        });
        sending.await.map_err(|_| DeliveryError::Panicked)?
    }

    async fn ask_platform(
        &self,
        platform: Platform,
        attempt: &Attempt,
        request: &SegmentRequest,
    ) -> Result<Answer, DeliveryError> {
        if self.now().duration_since(attempt.intent_at) > SEND_WITHIN {
            return Ok(unsent("this process stood still between intent and request"));
        }
        let client = self.client(platform)?;
        let sent = self.vault().with_token(&attempt.account_id, |opened| async move {
            let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
            let publish = client.publish(access, request);
            tokio::time::timeout(PUBLISH_GUARD, publish)
                .await
                .unwrap_or_else(|_| unknown("no answer came within the deadline"))
        });
        Ok(sent.await.unwrap_or_else(|error| unsent(&error.to_string())))
    }

    /// From where to look for this part, should its attempt turn out ambiguous. The first attempt's marker
    /// holds for all further ones: what may be online since then is what is looked for.
    async fn marker(&self, view: &View, part: &Segment) -> Result<Option<String>, DeliveryError> {
        if let Some(first) = view.attempts_of(part.number).next() {
            return Ok(first.marker.clone());
        }
        let since = self.now().saturating_sub(OWN_MARKER_AGE).unwrap_or(jiff::Timestamp::MIN);
        let known = {
            let mut reader = self.db().reader().await?;
            segments::newest_post(&mut reader, &part.account_id, since).await?
        };
        if known.is_some() {
            return Ok(known);
        }
        let client = self.client(view.row.platform())?;
        self.boundary("marker").await?;
        let asked = self.vault().with_token(&part.account_id, |opened| async move {
            let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
            tokio::time::timeout(PUBLISH_GUARD, client.marker(access)).await
        });
        // Without a marker the attempt's instant serves: a read that fails must not keep a post back.
        match asked.await? {
            Ok(Ok(marker)) => Ok(marker),
            Ok(Err(failure)) => {
                tracing::info!(publication = %view.row.id, failure = %failure, "no marker was to be had");
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    /// Every part is online or was given up.
    async fn nothing_left(&self, view: View) -> Result<Turn, DeliveryError> {
        let id = view.row.id.clone();
        let failed = view.parts.iter().any(|part| part.state == SegmentState::Failed);
        self.write::<_, DeliveryError, _>("finish", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                if !matches!(row.state, State::Planned | State::Sending) {
                    return Ok(());
                }
                super::answer::finish(tx, &mut row, failed).await?;
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }

    /// An attempt without an answer: its holder is at work, or dead. Who takes over the lane knows that it
    /// is dead, and that nobody knows whether its request arrived.
    pub(super) async fn take_over(&self, attempt: Attempt) -> Result<Turn, DeliveryError> {
        let Some(_turn) = self.turn_of(&attempt.account_id).await else {
            return Ok(Turn::Wait { wait_ms: LANE_WAIT_MS, why: "lane" });
        };
        let (id, account_id, holder) = (attempt.id, attempt.account_id, self.new_holder());
        let asked = self
            .write::<_, DeliveryError, _>("take-over", move |tx| {
                Box::pin(async move {
                    let asked = lanes::take(tx, &account_id, &holder, LEASE_MS).await?;
                    if let Asked::Held(lane) = &asked {
                        end_unanswered(tx, id).await?;
                        lanes::give_back(tx, lane).await?;
                    }
                    Ok(asked)
                })
            })
            .await?;
        Ok(match asked {
            Asked::Busy { until } => Turn::Wait { wait_ms: self.ms_until(until), why: "lane" },
            Asked::Held(_) => Turn::Again,
        })
    }
}

async fn end_unanswered(tx: &mut Tx, id: i64) -> Result<(), DbError> {
    let attempt = attempts::get(tx, id).await?;
    if attempt.settled_at.is_some() || attempt.outcome.is_some() {
        return Ok(());
    }
    super::unanswered(tx, attempt, "who sent it died before an answer was written down").await
}

/// The id that this part replies to: the nearest part before it that is online. On LinkedIn, which has no
/// threads, every later part is a comment on the post itself.
fn parent(view: &View, part: &Segment) -> Option<String> {
    let before = view.parts.iter().filter(|other| other.number < part.number);
    let mut online = before.filter_map(|other| other.platform_post_id.clone());
    match view.row.platform() {
        Platform::X => online.next_back(),
        Platform::LinkedIn => online.next(),
    }
}

fn unknown(message: &str) -> Answer {
    answer(Outcome::Ambiguous { message: message.to_owned() })
}

fn unsent(message: &str) -> Answer {
    answer(Outcome::NotSent { message: message.to_owned() })
}

fn answer(outcome: Outcome) -> Answer {
    Answer { outcome, status: None, request_id: None, readings: Vec::new() }
}
