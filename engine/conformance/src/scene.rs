//! One scenario on one home: its names, its transcript, and the RPCs as short calls.

use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;
use temporalio_client::grpc::WorkflowService;
use temporalio_protos::temporal::api::common::v1::{Payload, Payloads, WorkflowExecution};
use temporalio_protos::temporal::api::enums::v1::TaskQueueKind;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use tonic::Status;

use crate::home::Home;
use crate::transcript::Transcript;

/// How long a scene waits for anything: both homes answer within a second, but the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A scenario's place. All methods take `&self`, so that a scene can be client and worker at once.
#[derive(Debug)]
pub struct Scene {
    home: Home,
    /// What all names begin with: scenarios share the real server.
    prefix: String,
    transcript: Mutex<Transcript>,
}

impl Scene {
    #[must_use]
    pub fn new(home: Home, prefix: &str) -> Self {
        let transcript = Mutex::new(Transcript::new(&home.namespace));
        Self { home, prefix: prefix.to_owned(), transcript }
    }

    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Ends the scene and gives what it saw.
    pub async fn end(self) -> Transcript {
        self.home.close().await;
        self.transcript.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The RPCs themselves, without retries.
    #[must_use]
    pub fn service(&self) -> Box<dyn WorkflowService> {
        self.home.connection().workflow_service()
    }

    #[must_use]
    pub fn namespace(&self) -> String {
        self.home.namespace.clone()
    }

    /// A workflow id, task queue or other name of this scenario, the same on both homes.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// The current run of a workflow of this scenario.
    #[must_use]
    pub fn execution(&self, workflow: &str) -> Option<WorkflowExecution> {
        self.run(workflow, "")
    }

    /// A run of a workflow of this scenario.
    #[must_use]
    pub fn run(&self, workflow: &str, run_id: &str) -> Option<WorkflowExecution> {
        Some(WorkflowExecution { workflow_id: self.name(workflow), run_id: run_id.to_owned() })
    }

    /// The scenario's task queue.
    #[must_use]
    pub fn queue(&self) -> Option<TaskQueue> {
        self.queue_named("queue")
    }

    #[must_use]
    pub fn queue_named(&self, name: &str) -> Option<TaskQueue> {
        Some(TaskQueue {
            name: self.name(name),
            kind: TaskQueueKind::Normal as i32,
            normal_name: String::new(),
        })
    }

    /// Writes down a message.
    pub fn note(&self, what: &str, message: &impl Serialize) {
        self.write(|transcript| transcript.note(what, message));
    }

    /// Writes down what an RPC answered, whichever way.
    pub fn outcome<T: Serialize>(&self, what: &str, outcome: &Result<T, Status>) {
        self.write(|transcript| match outcome {
            Ok(message) => transcript.note(&format!("{what} → Ok"), message),
            Err(status) => transcript.status(what, status),
        });
    }

    /// Like [`Scene::outcome`], for errors whose text clients read.
    pub fn outcome_in_words<T: Serialize>(&self, what: &str, outcome: &Result<T, Status>) {
        self.outcome(what, outcome);
        if let Err(status) = outcome {
            self.write(|transcript| transcript.message(status));
        }
    }

    pub fn events(&self, what: &str, events: &[HistoryEvent]) {
        self.write(|transcript| transcript.events(what, events));
    }

    pub(crate) fn event_names(&self, what: &str, events: &[HistoryEvent]) {
        self.write(|transcript| transcript.event_names(what, events));
    }

    fn write(&self, line: impl FnOnce(&mut Transcript)) {
        line(&mut self.transcript.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

/// A JSON text as payloads, the way that SDKs encode it.
#[must_use]
pub fn payloads(text: &str) -> Option<Payloads> {
    Some(Payloads { payloads: vec![payload(text)] })
}

/// A JSON text as a payload.
#[must_use]
pub fn payload(text: &str) -> Payload {
    Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: format!("\"{text}\"").into_bytes(),
        ..Payload::default()
    }
}

/// The answer, unless it takes too long.
pub(crate) async fn patiently<T>(what: &str, answer: impl Future<Output = Result<T, Status>>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(status)) => {
            bail!("{what}: {:?} `{}`", status.code(), status.message())
        }
        Err(_) => bail!("{what}: no answer within {PATIENCE:?}"),
    }
}
