//! The home of the workflows, as operators see it through the server.

use engine_worker::{Order, SeenSchedule, SeenWorker, Sight};
use futures_util::future::BoxFuture;
use server::api::operation::{ScheduleView, WorkerView};
use server::app::operation::{ACTIVITIES, ScheduleOrder, WorkflowHome};

/// A worker's view of its home.
#[derive(Debug)]
pub(crate) struct HomeSight(pub(crate) Sight);

impl WorkflowHome for HomeSight {
    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerView>, String>> {
        Box::pin(async move {
            let seen = self.0.workers().await.map_err(|error| error.to_string())?;
            Ok(seen.into_iter().map(worker).collect())
        })
    }

    fn schedules(&self) -> BoxFuture<'_, Result<Vec<ScheduleView>, String>> {
        Box::pin(async move {
            let seen = self.0.schedules().await.map_err(|error| error.to_string())?;
            Ok(seen.into_iter().map(schedule).collect())
        })
    }

    fn change_schedule(&self, id: String, order: ScheduleOrder) -> BoxFuture<'_, Result<(), String>> {
        let order = match order {
            ScheduleOrder::Pause(why) => Order::Pause(why),
            ScheduleOrder::Resume(why) => Order::Resume(why),
            ScheduleOrder::Trigger => Order::Trigger,
        };
        Box::pin(async move { self.0.order(&id, order).await.map_err(|error| error.to_string()) })
    }
}

fn worker(seen: SeenWorker) -> WorkerView {
    let SeenWorker { identity, queue, polls_workflows, last_seen_at } = seen;
    let polls = if polls_workflows { "workflows" } else { ACTIVITIES };
    WorkerView {
        identity,
        queue: queue.to_owned(),
        polls: polls.to_owned(),
        last_seen_at,
        started_at: None,
        running: None,
        completed: None,
        failed: None,
    }
}

fn schedule(seen: SeenSchedule) -> ScheduleView {
    let SeenSchedule { id, paused, note, last_run_at, next_run_at, runs, running } = seen;
    let note = (!note.is_empty()).then_some(note);
    ScheduleView { id: id.to_owned(), paused, note, last_run_at, next_run_at, runs, running }
}
