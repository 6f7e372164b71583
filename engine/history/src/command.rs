//! The commands of a workflow, one file each.

mod cancel_external;
mod cancel_timer;
mod close_workflow;
mod continue_as_new;
mod modify_properties;
mod record_marker;
mod request_cancel_activity;
mod schedule_activity;
mod signal_external;
mod start_child;
mod start_timer;
mod upsert_search_attributes;

use std::collections::HashSet;

use prost::Message as _;

use crate::draft::Draft;
use crate::failure::{BadCommand, camel_case};
use crate::input::CompleteWorkflowTask;
use crate::limits::ID_BYTES_MAX;
use crate::proto::{
    Attributes, Command, CommandAttributes, HistoryEvent, Payload, Payloads, SearchAttributes,
    WorkflowTaskFailedCause,
};
use crate::search_attributes::{self, BadAttributes};
use temporalio_protos::temporal::api::enums::v1::CommandType;
use temporalio_protos::temporal::api::history::v1::ActivityTaskCanceledEventAttributes;

/// Id of the namespace `default`, the only one; workers and histories show it.
pub const DEFAULT_NAMESPACE_ID: &str = "6b0c1ff4-6b3d-4f0e-9f4e-5d1e6f1f6a3e";

/// What the commands of one answer led to, besides events.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    /// Activities that the worker wants at once, by scheduled event.
    pub(crate) eager_activities: Vec<i64>,
    /// An activity was cancelled before it started: the workflow has news.
    pub(crate) cancelled_unstarted: bool,
}

/// One answer while its commands are carried out.
pub(crate) struct Work<'a> {
    pub(crate) draft: &'a mut Draft,
    pub(crate) completed_event_id: i64,
    pub(crate) input: &'a CompleteWorkflowTask,
    pub(crate) result: Commands,
    /// Children that the same answer starts: those can't be cancelled yet.
    pub(crate) new_children: HashSet<String>,
    /// Events to write after those of the commands, with what came meanwhile.
    pub(crate) later: Vec<ActivityTaskCanceledEventAttributes>,
    messages_taken: HashSet<String>,
}

/// Checks what no order of commands may be: anything after the end.
pub(crate) fn check_sequence(commands: &[Command]) -> Result<(), String> {
    let names = || {
        let names: Vec<_> = commands.iter().map(|command| type_name(command.command_type)).collect();
        names.join(", ")
    };
    for (index, command) in commands.iter().enumerate() {
        let Some(attributes) = &command.attributes else {
            if CommandType::try_from(command.command_type).is_ok_and(|kind| kind != CommandType::Unspecified)
            {
                continue;
            }
            return Err(format!("unknown command type: {}", type_name(command.command_type)));
        };
        if closes(attributes) && index + 1 < commands.len() {
            return Err(format!(
                "invalid command sequence: [{}], command {} must be the last command.",
                names(),
                type_name(command.command_type)
            ));
        }
    }
    Ok(())
}

fn closes(attributes: &CommandAttributes) -> bool {
    matches!(
        attributes,
        CommandAttributes::CompleteWorkflowExecutionCommandAttributes(_)
            | CommandAttributes::FailWorkflowExecutionCommandAttributes(_)
            | CommandAttributes::CancelWorkflowExecutionCommandAttributes(_)
            | CommandAttributes::ContinueAsNewWorkflowExecutionCommandAttributes(_)
    )
}

fn type_name(command_type: i32) -> String {
    CommandType::try_from(command_type).map_or_else(
        |_| command_type.to_string(),
        |kind| camel_case(kind.as_str_name().trim_start_matches("COMMAND_TYPE_")),
    )
}

/// Carries out commands and messages in order; the first bad one ends it.
pub(crate) fn carry_out(
    draft: &mut Draft,
    completed_event_id: i64,
    input: &CompleteWorkflowTask,
) -> Result<Commands, BadCommand> {
    let mut work = Work {
        draft,
        completed_event_id,
        input,
        result: Commands::default(),
        new_children: HashSet::new(),
        later: Vec::new(),
        messages_taken: HashSet::new(),
    };
    for command in &input.commands {
        work.carry_out_one(command)?;
    }
    for message in &input.messages {
        if work.messages_taken.insert(message.id.clone()) {
            work.draft.take_message(message)?;
        }
    }
    // A run that these commands closed has no more news.
    for event in std::mem::take(&mut work.later) {
        if work.draft.state.is_open() {
            work.draft.write_after_waiting(event);
        }
    }
    Ok(work.result)
}

impl Work<'_> {
    fn carry_out_one(&mut self, command: &Command) -> Result<(), BadCommand> {
        use CommandAttributes as C;
        let Some(attributes) = &command.attributes else {
            return Err(missing_attributes(command.command_type));
        };
        match attributes {
            C::ScheduleActivityTaskCommandAttributes(it) => self.schedule_activity(command, it.clone()),
            C::RequestCancelActivityTaskCommandAttributes(it) => self.request_cancel_activity(command, it),
            C::StartTimerCommandAttributes(it) => self.start_timer(command, it),
            C::CancelTimerCommandAttributes(it) => self.cancel_timer(command, it),
            C::RecordMarkerCommandAttributes(it) => self.record_marker(command, it.clone()),
            C::CompleteWorkflowExecutionCommandAttributes(it) => self.complete_workflow(command, it.clone()),
            C::FailWorkflowExecutionCommandAttributes(it) => self.fail_workflow(command, it.clone()),
            C::CancelWorkflowExecutionCommandAttributes(it) => self.cancel_workflow(command, it.clone()),
            C::ContinueAsNewWorkflowExecutionCommandAttributes(it) => {
                self.continue_as_new(command, it.clone())
            }
            C::StartChildWorkflowExecutionCommandAttributes(it) => self.start_child(command, it.clone()),
            C::SignalExternalWorkflowExecutionCommandAttributes(it) => {
                self.signal_external(command, it.clone())
            }
            C::RequestCancelExternalWorkflowExecutionCommandAttributes(it) => {
                self.cancel_external(command, it.clone())
            }
            C::UpsertWorkflowSearchAttributesCommandAttributes(it) => {
                self.upsert_search_attributes(command, it.clone())
            }
            C::ModifyWorkflowPropertiesCommandAttributes(it) => self.modify_properties(command, it.clone()),
            C::ProtocolMessageCommandAttributes(it) => self.protocol_message(&it.message_id),
            C::ScheduleNexusOperationCommandAttributes(_)
            | C::RequestCancelNexusOperationCommandAttributes(_) => Err(BadCommand::new(
                WorkflowTaskFailedCause::FeatureDisabled,
                "Nexus operations are not supported by this engine",
            )),
        }
    }

    fn protocol_message(&mut self, message_id: &str) -> Result<(), BadCommand> {
        let cause = WorkflowTaskFailedCause::BadUpdateWorkflowExecutionMessage;
        if message_id.is_empty() {
            return Err(BadCommand::new(cause, "MessageID is not set on ProtocolMessageCommand."));
        }
        let message = self.input.messages.iter().find(|message| message.id == message_id);
        let Some(message) = message.filter(|_| self.messages_taken.insert(message_id.to_owned())) else {
            return Err(BadCommand::new(
                cause,
                format!("ProtocolMessageCommand referenced absent message ID {message_id}"),
            ));
        };
        self.draft.take_message(message)
    }

    /// The attributes as a run keeps them. What is wrong with their values is said by `wrong`, as each command
    /// does it.
    fn known_attributes(
        &self,
        attributes: SearchAttributes,
        wrong: impl FnOnce(BadAttributes) -> String,
    ) -> Result<SearchAttributes, BadCommand> {
        self.input.known_attributes.checked(&self.draft.state.namespace, attributes).map_err(|bad| {
            let message = match bad {
                BadAttributes::Unknown { .. } => bad.to_string(),
                BadAttributes::Invalid(_) | BadAttributes::TooLarge(_) => wrong(bad),
            };
            BadCommand::new(WorkflowTaskFailedCause::BadSearchAttributes, message)
        })
    }

    /// Writes the event of a command, with the command's metadata.
    pub(crate) fn write(&mut self, command: &Command, attributes: impl Into<Attributes>) -> i64 {
        self.draft.write_event(with_metadata(command, attributes.into()))
    }

    /// A run that has unread events doesn't close: the worker must see them first.
    pub(crate) fn refuse_close_with_news(&self) -> Result<(), BadCommand> {
        if self.draft.state.buffered.is_empty() {
            return Ok(());
        }
        Err(BadCommand::bare(WorkflowTaskFailedCause::UnhandledCommand))
    }
}

/// An event with the metadata of the command that causes it.
pub(crate) fn with_metadata(command: &Command, attributes: Attributes) -> HistoryEvent {
    HistoryEvent {
        user_metadata: command.user_metadata.clone(),
        event_group_markers: command.event_group_markers.clone(),
        attributes: Some(attributes),
        ..HistoryEvent::default()
    }
}

/// The id of a namespace.
pub(crate) fn namespace_id(_namespace: &str) -> String {
    DEFAULT_NAMESPACE_ID.to_owned()
}

/// Whether the namespace of a command is that of the run, or left open.
pub(crate) fn check_namespace(
    own: &str,
    named: &str,
    cause: WorkflowTaskFailedCause,
) -> Result<(), BadCommand> {
    if named.is_empty() || named == own {
        return Ok(());
    }
    Err(BadCommand::new(cause, format!("Namespace {named} is not found.")))
}

/// Checks the length of an id or name.
pub(crate) fn check_length(
    what: &str,
    value: &str,
    command: &str,
    cause: WorkflowTaskFailedCause,
) -> Result<(), BadCommand> {
    if value.len() <= ID_BYTES_MAX {
        return Ok(());
    }
    Err(BadCommand::new(
        cause,
        format!("{what} on {command} exceeds length limit. Length={} Limit={ID_BYTES_MAX}", value.len()),
    ))
}

/// Refuses payloads beyond the limit; they would break the run, so it is terminated as a server does.
pub(crate) fn check_payloads(
    payloads: Option<&Payloads>,
    what: &str,
    cause: WorkflowTaskFailedCause,
) -> Result<(), BadCommand> {
    check_bytes(payloads.map_or(0, Payloads::encoded_len), what, cause)
}

/// Refuses search attributes beyond the limits, as [`check_payloads`] does payloads.
fn check_attributes_size(
    attributes: Option<&SearchAttributes>,
    cause: WorkflowTaskFailedCause,
) -> Result<(), BadCommand> {
    attributes
        .map_or(Ok(()), search_attributes::check_size)
        .map_err(|bad| BadCommand::terminating(cause, bad.to_string()))
}

pub(crate) fn check_bytes(
    bytes: usize,
    what: &str,
    cause: WorkflowTaskFailedCause,
) -> Result<(), BadCommand> {
    if bytes <= crate::limits::PAYLOAD_BYTES_MAX {
        return Ok(());
    }
    Err(BadCommand::terminating(cause, format!("{what} exceeds size limit.")))
}

/// A text as the payload that SDKs read as a string.
pub(crate) fn text_payload(text: &str) -> Payloads {
    let payload = Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: format!("\"{text}\"").into_bytes(),
        ..Payload::default()
    };
    Payloads { payloads: vec![payload] }
}

fn missing_attributes(command_type: i32) -> BadCommand {
    use WorkflowTaskFailedCause as Cause;
    let kind = CommandType::try_from(command_type).unwrap_or_default();
    let cause = match kind {
        CommandType::ScheduleActivityTask => Cause::BadScheduleActivityAttributes,
        CommandType::RequestCancelActivityTask => Cause::BadRequestCancelActivityAttributes,
        CommandType::StartTimer => Cause::BadStartTimerAttributes,
        CommandType::CancelTimer => Cause::BadCancelTimerAttributes,
        CommandType::RecordMarker => Cause::BadRecordMarkerAttributes,
        CommandType::CompleteWorkflowExecution => Cause::BadCompleteWorkflowExecutionAttributes,
        CommandType::FailWorkflowExecution => Cause::BadFailWorkflowExecutionAttributes,
        CommandType::CancelWorkflowExecution => Cause::BadCancelWorkflowExecutionAttributes,
        CommandType::ContinueAsNewWorkflowExecution => Cause::BadContinueAsNewAttributes,
        CommandType::StartChildWorkflowExecution => Cause::BadStartChildExecutionAttributes,
        CommandType::SignalExternalWorkflowExecution => Cause::BadSignalWorkflowExecutionAttributes,
        CommandType::RequestCancelExternalWorkflowExecution => {
            Cause::BadRequestCancelExternalWorkflowExecutionAttributes
        }
        CommandType::UpsertWorkflowSearchAttributes => Cause::BadSearchAttributes,
        CommandType::ModifyWorkflowProperties => Cause::BadModifyWorkflowPropertiesAttributes,
        CommandType::ProtocolMessage => Cause::BadUpdateWorkflowExecutionMessage,
        CommandType::Unspecified
        | CommandType::ScheduleNexusOperation
        | CommandType::RequestCancelNexusOperation => Cause::FeatureDisabled,
    };
    let name = type_name(command_type);
    BadCommand::new(cause, format!("{name}CommandAttributes is not set on {name}Command."))
}

/// Whether a payload says that there is nothing: SDKs remove a field by it.
pub(crate) fn is_nothing(payload: &Payload) -> bool {
    payload.data.is_empty() || payload.data == b"null" || payload.data == b"[]"
}
