//! The search attributes that were registered: one row beside the runs, read when it is first needed.
//!
//! Databases from before there was such a row have runs with attributes that nobody registered: those are
//! registered then, so that what worked goes on working.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine_history::search_attributes::{BadAttributes, KnownAttributes, built_in, check_size};
use engine_schedules::ScheduleState;
use engine_store::{Commit, Expect, ListQuery, PAGE_MAX, RunKey, RunWrite, STATUS_RUNNING, Summary};
use prost::Message;
use temporalio_protos::temporal::api::common::v1::SearchAttributes;
use temporalio_protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_protos::temporal::api::workflow::v1::WorkflowExecutionInfo;
use tokio::sync::Mutex;
use tonic::Status;

use crate::rpc::NAMESPACE as RUNS;
use crate::service::Service;
use crate::{schedules, status};

/// Where the row is, apart from the runs of the namespace.
const NAMESPACE: &str = "default/search-attributes";
/// The row; no run is named so.
const ID: &str = "search-attributes:registered";

/// What is registered, once it was read.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<Option<Registered>>);

#[derive(Clone, Debug)]
struct Registered {
    known: Arc<KnownAttributes>,
    /// The row's.
    version: i64,
}

/// The row's content.
#[derive(Clone, PartialEq, Message)]
struct Row {
    /// Temporal's `IndexedValueType` by name.
    #[prost(btree_map = "string, int32", tag = "1")]
    types: BTreeMap<String, i32>,
}

impl Service {
    /// The attributes that requests may name.
    pub(crate) async fn known_attributes(&self) -> Result<Arc<KnownAttributes>, Status> {
        let mut registered = self.search_attributes.0.lock().await;
        Ok(self.registered(&mut registered).await?.known)
    }

    /// As [`Service::known_attributes`], without reading anything when no name is a registered one.
    pub(crate) async fn known_of<'a>(
        &self,
        mut attributes: impl Iterator<Item = &'a SearchAttributes>,
    ) -> Result<Arc<KnownAttributes>, Status> {
        if attributes.any(|it| it.indexed_fields.keys().any(|name| built_in(name).is_none())) {
            return self.known_attributes().await;
        }
        Ok(Arc::default())
    }

    /// The search attributes of a request as they are kept.
    pub(crate) async fn checked_attributes(
        &self,
        attributes: Option<SearchAttributes>,
    ) -> Result<Option<SearchAttributes>, Status> {
        let Some(attributes) = attributes else { return Ok(None) };
        let known = self.known_of(std::iter::once(&attributes)).await?;
        let invalid = |bad: BadAttributes| Status::invalid_argument(bad.to_string());
        let attributes = known.checked(RUNS, attributes).map_err(invalid)?;
        check_size(&attributes).map_err(invalid)?;
        Ok(Some(attributes))
    }

    /// What is shown of the attributes of runs: not those that were taken away.
    pub(crate) async fn shown_attributes(
        &self,
        runs: impl Iterator<Item = &mut WorkflowExecutionInfo>,
    ) -> Result<(), Status> {
        let mut attributes: Vec<_> = runs.filter_map(|run| run.search_attributes.as_mut()).collect();
        let known = self.known_of(attributes.iter().map(|it| &**it)).await?;
        for it in &mut attributes {
            it.indexed_fields.retain(|name, _| known.type_of(name).is_some());
        }
        Ok(())
    }

    /// Changes what is registered. When this returns, it is durable.
    pub(crate) async fn change_attributes(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, IndexedValueType>) -> Result<(), Status>,
    ) -> Result<(), Status> {
        let mut held = self.search_attributes.0.lock().await;
        let before = self.registered(&mut held).await?;
        let mut types = before.known.registered().clone();
        change(&mut types)?;
        if types == *before.known.registered() {
            return Ok(());
        }
        let known = KnownAttributes::new(types);
        // If the answer is lost, the next request reads what is there.
        *held = None;
        *held = Some(self.write_attributes(known, Expect::Version(before.version)).await?);
        Ok(())
    }

    async fn registered(&self, held: &mut Option<Registered>) -> Result<Registered, Status> {
        if let Some(registered) = held {
            return Ok(registered.clone());
        }
        let stored = self.store.load(ID).await.map_err(|error| status::unread(&error))?;
        let registered = match stored {
            Some(stored) => {
                let row = Row::decode(stored.state.as_slice()).map_err(|error| {
                    tracing::error!(%error, "engine: the registered search attributes can't be read");
                    Status::data_loss("the registered search attributes can't be read")
                })?;
                let kind = |kind| IndexedValueType::try_from(kind).unwrap_or_default();
                let types = row.types.into_iter().map(|(name, it)| (name, kind(it))).collect();
                Registered { known: Arc::new(KnownAttributes::new(types)), version: stored.version }
            }
            None => {
                self.write_attributes(self.used_attributes().await?, Expect::New { current: None }).await?
            }
        };
        Ok(held.insert(registered).clone())
    }

    /// What the runs and schedules of this database use.
    async fn used_attributes(&self) -> Result<KnownAttributes, Status> {
        let mut known = KnownAttributes::default();
        for namespace in [RUNS, schedules::NAMESPACE] {
            let mut page = None;
            loop {
                let query =
                    ListQuery { namespace: namespace.to_owned(), filters: Vec::new(), page, limit: PAGE_MAX };
                let found = self.store.list(&query).await.map_err(|error| status::unread(&error))?;
                for run in &found.runs {
                    let attributes = SearchAttributes::decode(run.summary.search_attributes.as_slice());
                    known.adopt(&attributes.unwrap_or_default());
                    if namespace == schedules::NAMESPACE
                        && let Ok((state, _)) = self.load_schedule(&run.key.run_id).await
                    {
                        known.adopt(&of_its_workflow(&state));
                    }
                }
                page = found.next;
                if page.is_none() {
                    break;
                }
            }
        }
        Ok(known)
    }

    async fn write_attributes(&self, known: KnownAttributes, expect: Expect) -> Result<Registered, Status> {
        let version = match expect {
            Expect::New { .. } => 1,
            Expect::Version(before) => before + 1,
        };
        let types = known.registered().iter().map(|(name, kind)| (name.clone(), *kind as i32)).collect();
        let write = RunWrite {
            key: RunKey {
                namespace: NAMESPACE.to_owned(),
                workflow_id: ID.to_owned(),
                run_id: ID.to_owned(),
            },
            expect,
            state: Row { types }.encode_to_vec(),
            summary: Summary { status: STATUS_RUNNING, first_run_id: ID.to_owned(), ..Summary::default() },
            next_due: None,
            has_tasks: false,
            events: None,
        };
        let written = self.store.commit(Commit { runs: vec![write] }).await;
        written.map_err(|error| status::uncommitted(&error))?;
        Ok(Registered { known: Arc::new(known), version })
    }
}

/// Of the workflow that a schedule starts.
fn of_its_workflow(schedule: &ScheduleState) -> SearchAttributes {
    schedule.start_workflow().and_then(|start| start.search_attributes.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, EngineOptions};
    use engine_clock::Clock;
    use engine_store::{Store, StoreOptions};
    use temporalio_client::callback_based::GrpcRequest;
    use temporalio_protos::temporal::api::common::v1::{Payload, WorkflowType};
    use temporalio_protos::temporal::api::operatorservice::v1::AddSearchAttributesRequest;
    use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
    use temporalio_protos::temporal::api::workflowservice::v1::{
        ListWorkflowExecutionsRequest, StartWorkflowExecutionRequest,
    };
    use tonic::Code;

    async fn call(engine: &Engine, service: &str, rpc: &str, request: &impl Message) -> Result<(), Status> {
        let request = GrpcRequest {
            service: format!(
                "temporal.api.{service}.v1.{}",
                if service == "operatorservice" { "OperatorService" } else { "WorkflowService" }
            ),
            rpc: rpc.to_owned(),
            headers: http::HeaderMap::new(),
            proto: request.encode_to_vec().into(),
        };
        engine.answer(request).await.map(|_| ())
    }

    async fn start(engine: &Engine, workflow_id: &str, json: &str) -> Result<(), Status> {
        let value = Payload {
            metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
            data: json.as_bytes().to_vec(),
            ..Payload::default()
        };
        let request = StartWorkflowExecutionRequest {
            namespace: RUNS.to_owned(),
            workflow_id: workflow_id.to_owned(),
            workflow_type: Some(WorkflowType { name: "type".to_owned() }),
            task_queue: Some(TaskQueue { name: "queue".to_owned(), ..TaskQueue::default() }),
            search_attributes: Some(SearchAttributes {
                indexed_fields: [("Customer".to_owned(), value)].into(),
            }),
            ..StartWorkflowExecutionRequest::default()
        };
        call(engine, "workflowservice", "StartWorkflowExecution", &request).await
    }

    async fn list(engine: &Engine, query: &str) -> Result<(), Status> {
        let request = ListWorkflowExecutionsRequest {
            namespace: RUNS.to_owned(),
            query: query.to_owned(),
            ..ListWorkflowExecutionsRequest::default()
        };
        call(engine, "workflowservice", "ListWorkflowExecutions", &request).await
    }

    fn code(outcome: Result<(), Status>) -> Code {
        outcome.map_or_else(|status| status.code(), |()| Code::Ok)
    }

    #[tokio::test]
    async fn what_older_databases_use_is_registered_when_it_is_first_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.db");
        let open = || Engine::open(&path, Clock::real(), EngineOptions::default());
        let engine = open().await.unwrap();
        assert_eq!(code(start(&engine, "first", "7").await), Code::InvalidArgument);
        let request = AddSearchAttributesRequest {
            namespace: RUNS.to_owned(),
            search_attributes: [("Customer".to_owned(), IndexedValueType::Int as i32)].into(),
        };
        call(&engine, "operatorservice", "AddSearchAttributes", &request).await.unwrap();
        assert_eq!(code(start(&engine, "first", "7").await), Code::Ok);
        engine.shutdown().await;

        // It stays registered.
        let engine = open().await.unwrap();
        assert_eq!(code(list(&engine, "Customer = 7").await), Code::Ok);
        engine.shutdown().await;

        // A database from before there was such a row.
        let store = Store::open(&path, StoreOptions::default()).await.unwrap();
        assert!(store.delete(ID).await.unwrap());
        store.close().await;
        let engine = open().await.unwrap();
        assert_eq!(code(start(&engine, "second", "8").await), Code::Ok);
        assert_eq!(code(start(&engine, "third", "\"text\"").await), Code::InvalidArgument);
        assert_eq!(code(list(&engine, "Other = 7").await), Code::InvalidArgument);
        engine.shutdown().await;
    }
}
