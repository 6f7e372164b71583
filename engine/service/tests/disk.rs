//! The engine on a disk that fills up, fails and loses power: what it refuses it has not done, what it
//! acknowledged is there.

#[cfg(test)]
mod disk {
    use bytes::Bytes;
    use engine_clock::Clock;
    use engine_faulty_disk::{Disk, Operation};
    use engine_service::{Engine, EngineOptions};
    use http::HeaderMap;
    use prost::Message;
    use temporalio_client::callback_based::GrpcRequest;
    use temporalio_protos::temporal::api::common::v1::{WorkflowExecution, WorkflowType};
    use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
    use temporalio_protos::temporal::api::workflowservice::v1::*;
    use tonic::{Code, Status};

    async fn open(folder: &tempfile::TempDir) -> Engine {
        let file = folder.path().join("engine.db");
        Engine::open(&file, Clock::real(), EngineOptions::default()).await.unwrap()
    }

    async fn ask<T: Message + Default>(
        engine: &Engine,
        rpc: &str,
        request: &impl Message,
    ) -> Result<T, Status> {
        let request = GrpcRequest {
            service: "temporal.api.workflowservice.v1.WorkflowService".to_owned(),
            rpc: rpc.to_owned(),
            headers: HeaderMap::new(),
            proto: Bytes::from(request.encode_to_vec()),
        };
        let answer = engine.answer(request).await?;
        Ok(T::decode(answer.proto.as_slice()).unwrap())
    }

    /// Starts a workflow; its request can be repeated.
    async fn start(engine: &Engine, workflow_id: &str) -> Result<String, Status> {
        let request = StartWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_id: workflow_id.to_owned(),
            workflow_type: Some(WorkflowType { name: "Type".to_owned() }),
            task_queue: Some(TaskQueue { name: "queue".to_owned(), ..TaskQueue::default() }),
            request_id: format!("start {workflow_id}"),
            ..StartWorkflowExecutionRequest::default()
        };
        let started: StartWorkflowExecutionResponse = ask(engine, "StartWorkflowExecution", &request).await?;
        Ok(started.run_id)
    }

    fn execution(workflow_id: &str) -> Option<WorkflowExecution> {
        Some(WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() })
    }

    async fn signal(engine: &Engine, workflow_id: &str, request_id: &str) -> Result<(), Status> {
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution(workflow_id),
            signal_name: "signal".to_owned(),
            request_id: request_id.to_owned(),
            ..SignalWorkflowExecutionRequest::default()
        };
        ask::<SignalWorkflowExecutionResponse>(engine, "SignalWorkflowExecution", &request).await.map(drop)
    }

    /// Events in the history of a workflow's current run; their ids are dense.
    async fn events(engine: &Engine, workflow_id: &str) -> Result<usize, Status> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution(workflow_id),
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let answer: GetWorkflowExecutionHistoryResponse =
            ask(engine, "GetWorkflowExecutionHistory", &request).await?;
        let events = answer.history.unwrap_or_default().events;
        let ids: Vec<i64> = events.iter().map(|event| event.event_id).collect();
        assert_eq!(ids, (1..=ids.len() as i64).collect::<Vec<_>>());
        Ok(events.len())
    }

    #[tokio::test]
    async fn a_full_or_broken_disk_refuses_work_and_takes_it_when_it_is_well() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::at(folder.path(), 1).unwrap();
        let engine = open(&folder).await;
        start(&engine, "kept").await.unwrap();
        signal(&engine, "kept", "one").await.unwrap();
        let before = events(&engine, "kept").await.unwrap();
        for broken in [None, Some(Operation::Sync), Some(Operation::Write)] {
            match broken {
                None => disk.set_free_space(Some(0)),
                Some(operation) => disk.fail(&[operation]),
            }
            for _ in 0..3 {
                let status = start(&engine, "refused").await.unwrap_err();
                assert_eq!(status.code(), Code::Unavailable, "clients repeat it: {status:?}");
                let status = signal(&engine, "kept", "two").await.unwrap_err();
                assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                assert_eq!(events(&engine, "refused").await.unwrap_err().code(), Code::NotFound);
                assert_eq!(events(&engine, "kept").await.unwrap(), before, "nothing is half done");
            }
            disk.set_free_space(None);
            disk.heal();
        }
        start(&engine, "refused").await.unwrap();
        signal(&engine, "kept", "two").await.unwrap();
        assert_eq!(events(&engine, "kept").await.unwrap(), before + 1);
        engine.shutdown().await;
        engine_store::backup::verify(&folder.path().join("engine.db")).await.unwrap();
    }

    #[tokio::test]
    async fn what_was_acknowledged_survives_power_loss_and_its_repetition_does_nothing() {
        for seed in 0..15 {
            let folder = tempfile::tempdir().unwrap();
            let disk = Disk::at(folder.path(), seed).unwrap();
            let engine = open(&folder).await;
            disk.lose_power_after(20 + seed * 7);
            let mut started = Vec::new();
            let mut signals = 0;
            while let Ok(run_id) = start(&engine, &format!("w{}", started.len())).await {
                started.push(run_id);
                if signal(&engine, "w0", &format!("signal {signals}")).await.is_ok() {
                    signals += 1;
                }
            }
            disk.lose_power();
            engine.shutdown().await;
            disk.restore_power().unwrap();
            let engine = open(&folder).await;
            for (number, run_id) in started.iter().enumerate() {
                let again = start(&engine, &format!("w{number}")).await.unwrap();
                assert_eq!(again, *run_id, "seed {seed}: the same request is answered with the same run");
            }
            if signals > 0 {
                // Started and its task, then the signals: one more may have been written unacknowledged.
                let found = events(&engine, "w0").await.unwrap() - 2;
                assert!(found == signals || found == signals + 1, "seed {seed}: {found} of {signals}");
                for number in 0..signals {
                    signal(&engine, "w0", &format!("signal {number}")).await.unwrap();
                }
                assert_eq!(
                    events(&engine, "w0").await.unwrap() - 2,
                    found,
                    "seed {seed}: none is heard twice"
                );
            }
            engine.shutdown().await;
            engine_store::backup::verify(&folder.path().join("engine.db")).await.unwrap();
        }
    }
}
