//! Requests that nobody should send. The engine answers every one of them and goes on.

#[cfg(test)]
mod requests;
#[cfg(test)]
mod socket;
#[cfg(test)]
mod target;
#[cfg(test)]
mod wire;

#[cfg(test)]
mod hostile {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestCaseError, TestRunner};
    use prost::Message;
    use temporalio_protos::temporal::api::command::v1::Command;
    use temporalio_protos::temporal::api::workflowservice::v1::*;
    use tonic::Code;

    use crate::requests::{commands, full_start, names, seeds, start};
    use crate::target::Target;
    use crate::wire::{Damage, damaged};

    /// A sound request with some bytes changed, to its own RPC or another, or any bytes.
    fn bytes_changed() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
        let change = (any::<prop::sample::Index>(), any::<u8>());
        let seed = (prop::sample::select(seeds()), prop::collection::vec(change, 0..4)).prop_map(
            |((name, mut bytes), changes)| {
                for (at, value) in changes {
                    let at = at.index(bytes.len());
                    bytes[at] = value;
                }
                (name, bytes)
            },
        );
        prop_oneof![
            1 => (prop::sample::select(names()), prop::collection::vec(any::<u8>(), 0..200)),
            2 => (prop::sample::select(names()), seed.clone()).prop_map(|(name, (_, bytes))| (name, bytes)),
            4 => seed,
        ]
    }

    /// A sound request with its values replaced by hostile ones.
    fn hostile() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
        let numbers = prop_oneof![
            Just(0),
            Just(1),
            Just(u64::MAX),
            Just(i64::MAX as u64),
            Just(i64::MIN as u64),
            Just(i32::MAX as u64),
            Just(i32::MIN as i64 as u64),
            Just(253_402_300_800),
            any::<u64>(),
        ];
        let texts = prop_oneof![
            Just(String::new()),
            Just("default".to_owned()),
            Just("x".repeat(1_001)),
            Just("' OR 1 = 1 --".to_owned()),
            Just("\0\u{202e}\u{1F600}".to_owned()),
            Just("(".repeat(200)),
            Just("Europe/Nowhere".to_owned()),
            Just("*/0 99-1 * * *".to_owned()),
            Just("9999999999999999999".to_owned()),
            Just("ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned()),
            any::<String>(),
        ];
        let damage = prop_oneof![
            6 => Just(Damage::Leave),
            1 => Just(Damage::Drop),
            1 => Just(Damage::Double),
            3 => numbers.prop_map(Damage::Number),
            3 => texts.prop_map(|text| Damage::Text(text.into_bytes())),
        ];
        let mut seeds = seeds();
        seeds.push(("StartWorkflowExecution", full_start().encode_to_vec()));
        (prop::sample::select(seeds), prop::collection::vec(damage, 0..40))
            .prop_map(|((name, message), damages)| (name, damaged(&message, &damages)))
    }

    /// Any request may be refused, none may be answered with a fault of the engine.
    fn check(target: &Target, name: &str, proto: Vec<u8>) -> Result<(), TestCaseError> {
        if let Err(status) = target.call(name, proto) {
            let is_unreadable = status.message().starts_with("grpc: error unmarshalling request");
            prop_assert!(is_unreadable || status.code() != Code::Internal, "{name}: {status:?}");
            prop_assert!(status.code() != Code::Unknown, "{name}: {status:?}");
            prop_assert!(status.code() != Code::DataLoss, "{name}: {status:?}");
        }
        Ok(())
    }

    fn runner(cases: u32) -> TestRunner {
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
    }

    #[test]
    fn no_bytes_break_the_engine() {
        let target = Target::new();
        target.works("before");
        runner(3_000).run(&bytes_changed(), |(name, proto)| check(&target, name, proto)).unwrap();
        target.works("after");
    }

    #[test]
    fn no_values_break_the_engine() {
        let target = Target::new();
        target.works("before");
        runner(800).run(&hostile(), |(name, proto)| check(&target, name, proto)).unwrap();
        target.works("after");
    }

    #[test]
    fn no_commands_break_the_engine() {
        let target = Target::new();
        let number = any::<u64>().prop_map(Damage::Number);
        let text = any::<String>().prop_map(|text| Damage::Text(text.into_bytes()));
        let damage = prop_oneof![4 => Just(Damage::Leave), 1 => Just(Damage::Drop), 2 => number, 2 => text];
        let damages = prop::collection::vec(damage, 0..30);
        let runs = std::cell::Cell::new(0);
        runner(300)
            .run(&damages, |damages| {
                runs.set(runs.get() + 1);
                let task = target.task(&format!("run-{}", runs.get()));
                let damaged =
                    commands().into_iter().map(|command| damaged(&command.encode_to_vec(), &damages));
                let request = RespondWorkflowTaskCompletedRequest {
                    task_token: task.task_token,
                    commands: damaged.filter_map(|bytes| Command::decode(bytes.as_slice()).ok()).collect(),
                    ..RespondWorkflowTaskCompletedRequest::default()
                };
                check(&target, "RespondWorkflowTaskCompleted", request.encode_to_vec())
            })
            .unwrap();
        target.works("after");
    }

    #[test]
    fn other_services_are_answered_too() {
        let target = Target::new();
        let bytes = prop::collection::vec(any::<u8>(), 0..60);
        let services = prop::sample::select(vec![
            "temporal.api.operatorservice.v1.OperatorService",
            "temporal.api.cloud.cloudservice.v1.CloudService",
            "grpc.health.v1.Health",
            "",
        ]);
        let rpcs = prop::sample::select(vec![
            "ListSearchAttributes",
            "AddSearchAttributes",
            "RemoveSearchAttributes",
            "Check",
            "Watch",
            "DeleteNamespace",
            "",
        ]);
        runner(300)
            .run(&(services, rpcs, bytes), |(service, rpc, bytes)| {
                if let Err(status) = target.call_of(service, rpc, bytes) {
                    prop_assert!(status.code() != Code::Unknown, "{service}/{rpc}: {status:?}");
                }
                Ok(())
            })
            .unwrap();
        target.works("after");
    }

    #[test]
    fn an_unknown_method_is_named() {
        let status = Target::new().call("ResetWorkflowExecution", Vec::new()).unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        assert!(status.message().contains("ResetWorkflowExecution"));
    }

    #[test]
    fn what_is_missing_or_too_large_is_refused_by_name() {
        let target = Target::new();
        let refused = |request: StartWorkflowExecutionRequest| {
            target.ask::<StartWorkflowExecutionResponse>("StartWorkflowExecution", &request).unwrap_err()
        };
        let long = "x".repeat(1_001);
        for (request, word) in [
            (StartWorkflowExecutionRequest { workflow_id: String::new(), ..start() }, "WorkflowId"),
            (StartWorkflowExecutionRequest { workflow_id: long.clone(), ..start() }, "WorkflowId"),
            (StartWorkflowExecutionRequest { workflow_type: None, ..start() }, "WorkflowType"),
            (StartWorkflowExecutionRequest { task_queue: None, ..start() }, "taskQueue"),
            (StartWorkflowExecutionRequest { request_id: long, ..start() }, "RequestId"),
            (StartWorkflowExecutionRequest { namespace: String::new(), ..start() }, "Namespace"),
        ] {
            let status = refused(request);
            assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
            assert!(status.message().contains(word), "{status:?}");
        }
        let status = refused(StartWorkflowExecutionRequest { namespace: "other".to_owned(), ..start() });
        assert_eq!(status.code(), Code::NotFound);
    }
}
