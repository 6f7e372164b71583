//! Telling applications what happened: the ledger's deliveries, carried to their endpoints.
//!
//! What is to be told is written in the transaction of what happened, so nothing is lost when a process ends; a
//! delivery is done only after its receiver said so, so it may come twice, with the same `webhook-id`. To one
//! endpoint goes one request at a time, whichever process sends it: first attempts in the order of what happened.
//! One that failed comes again later, while younger ones go on.

mod patience;
mod request;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use activities_data::webhook_deliveries::{self, Attempt, Delivery, DeliveryState};
use activities_data::webhook_endpoints::{self, Endpoint, EndpointState};
use activities_data::{DbError, audit, instant};
use tokio::task::{Id, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::app::outside::OutsideError;
use crate::app::{App, AppError};
use patience::{Answer, GIVEN_UP_AFTER, Meaning};
pub(crate) use request::opened;

/// Endpoints that are served at once: each costs a connection and waits for its receiver.
const ENDPOINTS_AT_ONCE: usize = 16;
/// Deliveries of one endpoint that are read at a time.
const BATCH: u32 = 20;
/// Deliveries that may wait at one endpoint; it is disabled where more do.
const WAITING_MAX: u64 = 50_000;
/// How long an endpoint is ours without a sign of life: one request, and room for the ledger.
const LEASE_MS: u64 = 45_000;
/// Writes come in bursts: one look for all of them.
const GATHER: Duration = Duration::from_millis(50);
/// A ledger that servers share is written by others, too; what failed is tried again.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Who carries the deliveries in this process.
struct Notifier {
    app: App,
    client: reqwest::Client,
    holder: String,
    stop: CancellationToken,
}

/// A notifier at work.
#[derive(Debug)]
pub struct RunningNotifier {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Starts to carry deliveries; needs an application that writes.
///
/// # Errors
/// [`OutsideError`] when there is no HTTP client to be had.
pub fn notify(app: App) -> Result<RunningNotifier, OutsideError> {
    let stop = CancellationToken::new();
    let notifier = Notifier {
        client: app.outside.client(request::REQUEST_TIME_MAX)?,
        app,
        holder: hex::encode(rand::random::<[u8; 8]>()),
        stop: stop.clone(),
    };
    let task = tokio::spawn(Arc::new(notifier).run());
    Ok(RunningNotifier { stop, task })
}

impl RunningNotifier {
    /// Begins no more requests, and waits for those that run, at most `deadline`.
    pub async fn shutdown(mut self, deadline: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(deadline, &mut self.task).await.is_err() {
            // Their receivers may hear of it twice.
            self.task.abort();
        }
    }
}

impl Notifier {
    async fn run(self: Arc<Self>) {
        let mut at_work = JoinSet::new();
        let mut busy: HashMap<Id, String> = HashMap::new();
        while !self.stop.is_cancelled() {
            if let Err(error) = self.begin(&mut at_work, &mut busy).await {
                tracing::warn!(%error, "deliveries to webhook endpoints can't be read; trying again");
            }
            tokio::select! {
                Some(done) = at_work.join_next_with_id() => {
                    let id = done.map_or_else(|error| error.id(), |(id, ())| id);
                    busy.remove(&id);
                }
                () = self.something_due() => {}
                () = self.stop.cancelled() => {}
            }
        }
        while at_work.join_next().await.is_some() {}
    }

    /// Serves every endpoint that something is due for and that nobody serves.
    async fn begin(
        self: &Arc<Self>,
        at_work: &mut JoinSet<()>,
        busy: &mut HashMap<Id, String>,
    ) -> Result<(), DbError> {
        let due = {
            let mut conn = self.app.db.reader().await?;
            webhook_deliveries::due_endpoints(&mut conn, self.app.db.now(), ENDPOINTS_AT_ONCE as u32).await?
        };
        for endpoint in due {
            if at_work.len() >= ENDPOINTS_AT_ONCE {
                break;
            }
            if busy.values().any(|one| *one == endpoint) {
                continue;
            }
            let (notifier, id) = (Arc::clone(self), endpoint.clone());
            let task = at_work.spawn(async move {
                if let Err(error) = notifier.serve(&id).await {
                    tracing::warn!(endpoint = id, %error, "deliveries to a webhook endpoint stopped; trying again");
                    tokio::select! {
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                        () = notifier.stop.cancelled() => {}
                    }
                }
            });
            busy.insert(task.id(), endpoint);
        }
        Ok(())
    }

    /// Returns when something was written, is due, or may be.
    async fn something_due(&self) {
        let Some(writing) = &self.app.writing else { return std::future::pending().await };
        let next = async {
            let mut conn = self.app.db.reader().await?;
            webhook_deliveries::next_due(&mut conn).await
        };
        let next = next.await;
        // What is due is at work here, and its end is waited for beside this; or something failed.
        let passing = !matches!(next, Ok(next) if next.is_none_or(|next| next > self.app.clock.now()));
        let look = passing || self.app.db.postgres().is_some();
        let next = next.ok().flatten().filter(|_| !passing);
        let due = async {
            match next {
                Some(next) => self.app.clock.sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = writing.delivery.notices_written() => tokio::time::sleep(GATHER).await,
            () = due => {}
            () = tokio::time::sleep(LOOK_EVERY), if look => {}
        }
    }

    /// Delivers to one endpoint what is due, one request after the other.
    async fn serve(&self, id: &str) -> Result<(), AppError> {
        if !self.lease(id).await? {
            return Ok(());
        }
        let served = self.deliver_all(id).await;
        let (id, holder) = (id.to_owned(), self.holder.clone());
        self.app
            .db
            .write::<_, DbError, _>(move |tx| {
                Box::pin(async move { webhook_endpoints::release(tx, &id, &holder).await })
            })
            .await?;
        served
    }

    async fn deliver_all(&self, id: &str) -> Result<(), AppError> {
        loop {
            let (endpoint, due) = {
                let mut conn = self.app.db.reader().await?;
                let now = self.app.db.now();
                let endpoint = webhook_endpoints::find(&mut conn, id).await?;
                let Some(endpoint) = endpoint.filter(|one| is_open(one, now)) else { return Ok(()) };
                (endpoint, webhook_deliveries::due(&mut conn, id, now, BATCH).await?)
            };
            if due.is_empty() {
                return Ok(());
            }
            for delivery in &due {
                if self.stop.is_cancelled() || !self.deliver(&endpoint, delivery).await? {
                    return Ok(());
                }
            }
        }
    }

    /// Makes one attempt and writes down what came of it; returns whether the endpoint takes more.
    async fn deliver(&self, endpoint: &Endpoint, delivery: &Delivery) -> Result<bool, AppError> {
        let Self { app, client, .. } = self;
        let begun = app.db.now();
        let parts = (&*app.outside, &app.writing()?.vault);
        let answer = request::send(client, parts, endpoint, &delivery.notice, begun).await;
        let ended = app.db.now();
        let attempt = Attempt {
            number: 0,
            attempted_at: begun,
            took_ms: instant::ms_between(begun, ended),
            http_status: match &answer {
                Answer::Status { code, .. } => Some(*code),
                Answer::None(_) => None,
            },
            error: answer.error(),
        };
        tracing::debug!(
            endpoint = endpoint.id,
            notice = delivery.notice.id,
            status = attempt.http_status,
            error = attempt.error,
            "told a webhook endpoint"
        );
        self.keep(endpoint, delivery.clone(), attempt, answer).await
    }

    async fn keep(
        &self,
        endpoint: &Endpoint,
        delivery: Delivery,
        attempt: Attempt,
        answer: Answer,
    ) -> Result<bool, AppError> {
        let (endpoint, holder) = (endpoint.clone(), self.holder.clone());
        self.app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let now = tx.now();
                    let draw = rand::random::<f64>();
                    let next = patience::next_attempt(now, delivery.attempts + 1, &answer, draw);
                    let meaning = answer.meaning();
                    let after = match (meaning, next) {
                        (Meaning::Arrived, _) => (DeliveryState::Delivered, now),
                        (Meaning::Gone, _) | (_, None) => (DeliveryState::Failed, now),
                        (_, Some(next)) => (DeliveryState::Waiting, next),
                    };
                    webhook_deliveries::attempted(tx, &delivery, &attempt, after).await?;
                    if meaning == Meaning::Arrived {
                        webhook_endpoints::reached(tx, &endpoint.id).await?;
                    } else {
                        let until = patience::pause(now, next, &answer);
                        webhook_endpoints::missed(tx, &endpoint.id, until).await?;
                        if let Some(why) = gives_up(tx, &endpoint, meaning).await? {
                            disable(tx, &endpoint, &why).await?;
                        }
                    }
                    let ours = instant::after(now, LEASE_MS);
                    let open = meaning == Meaning::Arrived || meaning == Meaning::Refused;
                    Ok::<_, AppError>(
                        open && webhook_endpoints::lease(tx, &endpoint.id, &holder, ours).await?,
                    )
                })
            })
            .await
    }

    async fn lease(&self, id: &str) -> Result<bool, DbError> {
        let (id, holder) = (id.to_owned(), self.holder.clone());
        self.app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let until = instant::after(tx.now(), LEASE_MS);
                    webhook_endpoints::lease(tx, &id, &holder, until).await
                })
            })
            .await
    }
}

fn is_open(endpoint: &Endpoint, now: jiff::Timestamp) -> bool {
    endpoint.state == EndpointState::Active && endpoint.not_before.is_none_or(|at| at <= now)
}

/// Why nothing more is tried at an endpoint after an attempt that failed, if so.
async fn gives_up(
    tx: &mut activities_data::Tx,
    endpoint: &Endpoint,
    meaning: Meaning,
) -> Result<Option<String>, DbError> {
    if meaning == Meaning::Gone {
        return Ok(Some("its receiver answered 410: it is gone".to_owned()));
    }
    let since = endpoint.failing_since.map(|since| tx.now().duration_since(since));
    if since.is_some_and(|since| since >= GIVEN_UP_AFTER) {
        return Ok(Some(format!("nothing got through for {} days", GIVEN_UP_AFTER.as_hours() / 24)));
    }
    let waiting = webhook_deliveries::waiting(tx, &endpoint.id).await?;
    Ok((waiting > WAITING_MAX).then(|| format!("more than {WAITING_MAX} deliveries wait")))
}

async fn disable(tx: &mut activities_data::Tx, endpoint: &Endpoint, why: &str) -> Result<(), DbError> {
    if !webhook_endpoints::disable(tx, &endpoint.id, why).await? {
        return Ok(());
    }
    tracing::warn!(
        endpoint = endpoint.id,
        organization = endpoint.organization,
        why,
        "a webhook endpoint was disabled: `tidings webhooks` shows it, and switches it on again"
    );
    let entry = audit::Entry {
        organization: endpoint.organization.clone(),
        actor: "notifier".to_owned(),
        event: "webhook-disabled".to_owned(),
        why: Some(format!("{}: {why}", endpoint.id)),
        ..audit::Entry::default()
    };
    audit::append(tx, &entry).await
}
