//! What those who look after an installation see and do: queues, workers, schedules.

use std::sync::{Arc, OnceLock};

use activities_data::figures::{self, QueueFigures};
use activities_data::workers::{self, Report};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{App, AppError};
use crate::api::operation::{
    QueueList, QueueView, ScheduleChange, ScheduleList, ScheduleView, WorkerList, WorkerView,
};

/// What a worker polls for whose work is counted.
pub const ACTIVITIES: &str = "activities";
/// The longest word about a pause that is kept, in characters.
const NOTE_CHARS_MAX: usize = 500;

/// The home of the workflows, as far as people look at it.
pub trait WorkflowHome: Send + Sync {
    /// The workers that poll it.
    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerView>, String>>;
    /// The installation's schedules.
    fn schedules(&self) -> BoxFuture<'_, Result<Vec<ScheduleView>, String>>;
    /// Does to a schedule what a person wants.
    fn change_schedule(&self, id: String, change: ScheduleOrder) -> BoxFuture<'_, Result<(), String>>;
}

/// Where the home is, once a worker of the process has reached it. Clones share it.
#[derive(Clone, Default)]
pub struct HomeInSight(Arc<OnceLock<Arc<dyn WorkflowHome>>>);

impl HomeInSight {
    /// The home was reached; the first one stays.
    pub fn reached(&self, home: Arc<dyn WorkflowHome>) {
        // There is one home for the life of a process.
        let _ = self.0.set(home);
    }

    #[must_use]
    pub fn seen(&self) -> Option<&dyn WorkflowHome> {
        self.0.get().map(AsRef::as_ref)
    }
}

impl std::fmt::Debug for HomeInSight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HomeInSight").field(&self.seen().is_some()).finish()
    }
}

/// What is done to a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleOrder {
    Pause(String),
    Resume(String),
    /// Run once, now.
    Trigger,
}

impl App {
    /// How publishing and analytics stand. Where the home does not answer, its pollers are unknown.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn queues(&self, home: Option<&dyn WorkflowHome>) -> Result<QueueList, AppError> {
        let now = self.clock.now();
        let (publishing, analytics) = {
            let mut conn = self.db.reader().await?;
            (figures::publishing(&mut conn, now).await?, figures::analytics(&mut conn, now).await?)
        };
        let workers = match home {
            Some(home) => home.workers().await.ok(),
            None => None,
        };
        let view = |name, figures| {
            let pollers = workers.as_ref().map(|workers| pollers(workers, name));
            queue(name, figures, pollers, now)
        };
        Ok(QueueList { queues: vec![view("publishing", publishing), view("analytics", analytics)] })
    }

    /// The workers that poll the home, with what they told of their work.
    ///
    /// # Errors
    /// [`AppError::Home`].
    pub async fn workers(&self, home: Option<&dyn WorkflowHome>) -> Result<WorkerList, AppError> {
        let mut workers = there(home)?.workers().await.map_err(AppError::Home)?;
        let reports = {
            let mut conn = self.db.reader().await?;
            workers::all(&mut conn).await?
        };
        for worker in workers.iter_mut().filter(|worker| worker.polls == ACTIVITIES) {
            let its = |report: &&Report| report.identity == worker.identity && report.queue == worker.queue;
            let Some(report) = reports.iter().find(its) else { continue };
            worker.started_at = Some(report.started_at);
            worker.running = Some(report.running);
            worker.completed = Some(report.completed);
            worker.failed = Some(report.failed);
        }
        Ok(WorkerList { workers })
    }

    /// The schedules of the installation.
    ///
    /// # Errors
    /// [`AppError::Home`].
    pub async fn schedules(&self, home: Option<&dyn WorkflowHome>) -> Result<ScheduleList, AppError> {
        Ok(ScheduleList { schedules: there(home)?.schedules().await.map_err(AppError::Home)? })
    }

    /// Pauses, resumes or triggers a schedule; the schedules as they are then.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Field`], [`AppError::Home`].
    pub async fn change_schedule(
        &self,
        home: Option<&dyn WorkflowHome>,
        id: &str,
        change: ScheduleChange,
        who: &str,
    ) -> Result<ScheduleView, AppError> {
        let home = there(home)?;
        let order = order(change, who)?;
        let unknown = || AppError::NotFound { what: "schedule", id: id.chars().take(80).collect() };
        let known = home.schedules().await.map_err(AppError::Home)?;
        known.iter().find(|one| one.id == id).ok_or_else(unknown)?;
        home.change_schedule(id.to_owned(), order.clone()).await.map_err(AppError::Home)?;
        self.note_schedule(id, &order, who).await?;
        let known = home.schedules().await.map_err(AppError::Home)?;
        known.into_iter().find(|one| one.id == id).ok_or_else(unknown)
    }

    async fn note_schedule(&self, id: &str, order: &ScheduleOrder, who: &str) -> Result<(), AppError> {
        let event = match order {
            ScheduleOrder::Pause(_) => "schedule-paused",
            ScheduleOrder::Resume(_) => "schedule-resumed",
            ScheduleOrder::Trigger => "schedule-triggered",
        };
        let entry = activities_data::audit::Entry {
            organization: super::ORGANIZATION.to_owned(),
            actor: who.to_owned(),
            event: event.to_owned(),
            why: Some(id.to_owned()),
            ..activities_data::audit::Entry::default()
        };
        self.db
            .write(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(activities_data::audit::append(tx, &entry).await?) })
            })
            .await
    }
}

/// Long polls of workers for a queue.
pub(crate) fn pollers(workers: &[WorkerView], queue: &str) -> u64 {
    workers.iter().filter(|worker| worker.queue == queue).count() as u64
}

fn there(home: Option<&dyn WorkflowHome>) -> Result<&dyn WorkflowHome, AppError> {
    home.ok_or_else(|| AppError::Home("no worker of this process has reached it yet".to_owned()))
}

fn order(change: ScheduleChange, who: &str) -> Result<ScheduleOrder, AppError> {
    let ScheduleChange { paused, trigger, note } = change;
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        return Err(AppError::field("note", format!("it has more than {NOTE_CHARS_MAX} characters")));
    }
    let note = note.map_or_else(|| format!("by {who}"), |note| format!("{note} (by {who})"));
    match (paused, trigger) {
        (Some(true), false) => Ok(ScheduleOrder::Pause(note)),
        (Some(false), false) => Ok(ScheduleOrder::Resume(note)),
        (None, true) => Ok(ScheduleOrder::Trigger),
        _ => Err(AppError::field("paused", "say either `paused` or `trigger`")),
    }
}

fn queue(name: &str, figures: QueueFigures, pollers: Option<u64>, now: Timestamp) -> QueueView {
    /// What figures of a day are divided by to be those of an hour.
    const HOURS: f64 = 24.0;
    let QueueFigures { waiting, running, delayed, completed, failed, oldest_at } = figures;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let per_hour = |count: u64| count as f64 / HOURS;
    let age = oldest_at.map(|oldest| now.duration_since(oldest).as_secs());
    QueueView {
        name: name.to_owned(),
        waiting,
        running,
        delayed,
        completed,
        failed,
        oldest_age_seconds: age.and_then(|age| u64::try_from(age).ok()),
        pollers,
        completed_per_hour: per_hour(completed),
        failed_per_hour: per_hour(failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_told_one_thing() {
        let change = |paused, trigger| ScheduleChange { paused, trigger, note: None };
        assert_eq!(order(change(Some(true), false), "ana").unwrap(), ScheduleOrder::Pause("by ana".into()));
        assert_eq!(order(change(None, true), "ana").unwrap(), ScheduleOrder::Trigger);
        assert!(order(change(None, false), "ana").is_err());
        assert!(order(change(Some(false), true), "ana").is_err());
    }
}
