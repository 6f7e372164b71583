//! Updates: admitted by a client, carried to the worker by a workflow task, then rejected without a trace
//! or accepted and completed in the history.

use prost::Message as _;

use crate::draft::Draft;
use crate::effect::Effect;
use crate::failure::BadCommand;
use crate::limits::{PAYLOAD_BYTES_MAX, UPDATES_IN_FLIGHT_MAX, UPDATES_MAX};
use crate::proto::{Failure, FailureInfo, WorkflowTaskFailedCause};
use crate::refusal::Refusal;
use crate::state::{RunState, Update, UpdateStage};
use temporalio_protos::temporal::api::failure::v1::ApplicationFailureInfo;
use temporalio_protos::temporal::api::history::v1::{
    WorkflowExecutionUpdateAcceptedEventAttributes, WorkflowExecutionUpdateCompletedEventAttributes,
};
use temporalio_protos::temporal::api::protocol::v1::{Message, message::SequencingId};
use temporalio_protos::temporal::api::update::v1::{
    Acceptance, Outcome, Rejection, Request, Response, outcome,
};

/// How the bodies of protocol messages are named.
const TYPE_PREFIX: &str = "type.googleapis.com/";
const REQUEST: &str = "temporal.api.update.v1.Request";
const ACCEPTANCE: &str = "temporal.api.update.v1.Acceptance";
const REJECTION: &str = "temporal.api.update.v1.Rejection";
const RESPONSE: &str = "temporal.api.update.v1.Response";

/// What a client of an older worker learns, in Temporal's words.
const UNPROCESSED: &str = "Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is not supported by the worker.";

/// What a client learns while the workflow task fails again and again, in Temporal's words.
const FAILING: &str = "Unable to perform workflow execution update due to Workflow Task in failed state.";

impl Draft {
    pub(crate) fn admit_update(&mut self, request: Request) -> Result<(), Refusal> {
        if self.state.fails_again_and_again() {
            return Err(Refusal::NotReady(FAILING));
        }
        self.state.check_not_closing()?;
        if self.state.updates.contains_key(update_id(&request)) {
            return Err(Refusal::Repeated);
        }
        let in_flight = self.state.updates.values().filter(|it| it.stage() != UpdateStage::Completed).count();
        if in_flight >= UPDATES_IN_FLIGHT_MAX {
            return Err(Refusal::LimitReached(format!(
                "limit on number of concurrent in-flight updates has been reached ({UPDATES_IN_FLIGHT_MAX})"
            )));
        }
        if self.state.update_count >= UPDATES_MAX {
            return Err(Refusal::FailedPrecondition(format!(
                "limit on number of total updates has been reached ({UPDATES_MAX})"
            )));
        }
        self.keep_update(request);
        self.wake();
        Ok(())
    }

    /// Keeps an update for the next workflow task.
    pub(crate) fn keep_update(&mut self, request: Request) {
        let id = update_id(&request).to_owned();
        self.state.update_count += 1;
        let ordinal = self.state.update_count;
        self.state.updates.insert(id, Update { request: Some(request), ordinal, ..Update::default() });
    }

    pub(crate) fn has_admitted_updates(&self) -> bool {
        self.state.updates.values().any(|update| update.stage() == UpdateStage::Admitted)
    }

    /// Takes a worker's message about an update.
    pub(crate) fn take_message(&mut self, message: &Message) -> Result<(), BadCommand> {
        let Some(body) = &message.body else { return Err(bad("message has no body")) };
        if body.value.len() > PAYLOAD_BYTES_MAX {
            return Err(BadCommand::terminating(
                WorkflowTaskFailedCause::BadUpdateWorkflowExecutionMessage,
                "Message exceeds size limit.",
            ));
        }
        let id = message.protocol_instance_id.as_str();
        match body.type_url.strip_prefix(TYPE_PREFIX).unwrap_or(&body.type_url) {
            ACCEPTANCE => self.accept_update(id, &decode(&body.value)?),
            REJECTION => self.reject_update(id, decode(&body.value)?),
            RESPONSE => self.complete_update(id, decode(&body.value)?),
            other => Err(bad(&format!("unsupported message type {other}"))),
        }
    }

    fn accept_update(&mut self, id: &str, acceptance: &Acceptance) -> Result<(), BadCommand> {
        let update = self.state.update_in(id, UpdateStage::Sent)?;
        update.set_stage(UpdateStage::Accepted);
        let accepted_request = update.request.take();
        let sequencing_event_id = update.sequencing_event_id;
        let accepted_event_id = self.write(WorkflowExecutionUpdateAcceptedEventAttributes {
            protocol_instance_id: id.to_owned(),
            accepted_request_message_id: acceptance.accepted_request_message_id.clone(),
            accepted_request_sequencing_event_id: sequencing_event_id,
            accepted_request,
        });
        self.state.update_in(id, UpdateStage::Accepted)?.accepted_event_id = accepted_event_id;
        self.effects.push(Effect::UpdateMoved { update_id: id.to_owned(), outcome: None });
        Ok(())
    }

    fn reject_update(&mut self, id: &str, rejection: Rejection) -> Result<(), BadCommand> {
        self.state.update_in(id, UpdateStage::Sent)?;
        self.drop_update(id, rejection.failure.unwrap_or_default());
        Ok(())
    }

    fn complete_update(&mut self, id: &str, response: Response) -> Result<(), BadCommand> {
        let update = self.state.update_in(id, UpdateStage::Accepted)?;
        update.set_stage(UpdateStage::Completed);
        let accepted_event_id = update.accepted_event_id;
        let outcome = response.outcome.clone().map(Box::new);
        let completed_event_id = self.write(WorkflowExecutionUpdateCompletedEventAttributes {
            meta: response.meta,
            accepted_event_id,
            outcome: response.outcome,
        });
        self.state.update_in(id, UpdateStage::Completed)?.completed_event_id = completed_event_id;
        self.effects.push(Effect::UpdateMoved { update_id: id.to_owned(), outcome });
        Ok(())
    }

    /// A worker that doesn't know updates leaves them unanswered; they are rejected, or they would come
    /// again for ever.
    pub(crate) fn reject_unprocessed_updates(&mut self, is_heartbeat: bool) {
        if is_heartbeat {
            return;
        }
        let sent: Vec<String> = self
            .state
            .updates
            .iter()
            .filter(|(_, update)| update.stage() == UpdateStage::Sent)
            .map(|(id, _)| id.clone())
            .collect();
        for id in sent {
            self.drop_update(&id, unprocessed());
        }
    }

    fn drop_update(&mut self, id: &str, failure: Failure) {
        self.state.updates.remove(id);
        self.state.update_count -= 1;
        let outcome = Some(Box::new(Outcome { value: Some(outcome::Value::Failure(failure)) }));
        self.effects.push(Effect::UpdateMoved { update_id: id.to_owned(), outcome });
    }
}

impl RunState {
    fn update_in(&mut self, id: &str, stage: UpdateStage) -> Result<&mut Update, BadCommand> {
        self.updates.get_mut(id).filter(|update| update.stage() == stage).ok_or_else(|| {
            bad(&format!(
                "update {id} wasn't found on the server. This is most likely a transient error which will be resolved automatically by retries"
            ))
        })
    }

    /// The messages that carry these updates to a worker.
    #[must_use]
    pub fn update_messages(&self, ids: &[String]) -> Vec<Message> {
        ids.iter()
            .filter_map(|id| {
                let update = self.updates.get(id)?;
                let request = update.request.as_ref()?;
                Some(Message {
                    id: format!("{id}/request"),
                    protocol_instance_id: id.clone(),
                    sequencing_id: Some(SequencingId::EventId(update.sequencing_event_id)),
                    body: Some(prost_wkt_types::Any {
                        type_url: format!("{TYPE_PREFIX}{REQUEST}"),
                        value: request.encode_to_vec(),
                    }),
                })
            })
            .collect()
    }
}

fn update_id(request: &Request) -> &str {
    request.meta.as_ref().map_or("", |meta| &meta.update_id)
}

fn decode<T: prost::Message + Default>(value: &[u8]) -> Result<T, BadCommand> {
    T::decode(value).map_err(|error| bad(&error.to_string()))
}

fn bad(message: &str) -> BadCommand {
    BadCommand::new(WorkflowTaskFailedCause::BadUpdateWorkflowExecutionMessage, message)
}

fn unprocessed() -> Failure {
    Failure {
        message: UNPROCESSED.to_owned(),
        source: "Server".to_owned(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo {
            r#type: "UnprocessedUpdate".to_owned(),
            non_retryable: true,
            ..ApplicationFailureInfo::default()
        })),
        ..Failure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;
    use crate::limits::{UPDATES_IN_FLIGHT_MAX, UPDATES_MAX};
    use crate::refusal::Refusal;
    use crate::testing::Played;
    use temporalio_protos::temporal::api::update::v1::{Input as Arguments, Meta};

    fn admit(run: &mut Played, id: &str) -> Result<(), Refusal> {
        let request = Request {
            meta: Some(Meta { update_id: id.to_owned(), identity: "client".to_owned() }),
            input: Some(Arguments { name: "update".to_owned(), ..Arguments::default() }),
            ..Request::default()
        };
        run.apply(Input::AdmitUpdate { request }).map(|_| ())
    }

    #[test]
    fn a_run_has_so_many_updates_in_flight() {
        let (mut run, _) = Played::with_task();
        for number in 0..UPDATES_IN_FLIGHT_MAX {
            admit(&mut run, &format!("u{number}")).unwrap();
        }
        assert!(matches!(admit(&mut run, "more"), Err(Refusal::LimitReached(_))));
    }

    #[test]
    fn a_run_takes_so_many_updates_in_all() {
        let (mut run, _) = Played::with_task();
        run.state.update_count = UPDATES_MAX - 1;
        admit(&mut run, "last").unwrap();
        assert!(matches!(admit(&mut run, "more"), Err(Refusal::FailedPrecondition(_))));
    }
}
