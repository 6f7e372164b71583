//! Reading: histories in pages and as they grow, descriptions, lists.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{complete_workflow, continue_as_new, go_on, marker};
use temporalio_protos::temporal::api::enums::v1::HistoryEventFilterType;
use temporalio_protos::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, GetWorkflowExecutionHistoryRequest as History,
    ListWorkflowExecutionsRequest,
};
use tonic::Request;

async fn in_pages(s: &Scene) -> Result<()> {
    s.start("w").await?;
    for n in 0..4 {
        s.signal("w", &format!("signal-{n}")).await?;
        s.first_task([marker("m")]).await?;
    }
    let mut request = History { maximum_page_size: 5, ..s.history_request("w") };
    let mut events = Vec::new();
    loop {
        let page = s.try_history(request.clone()).await?;
        events.extend(page.history.unwrap_or_default().events);
        if page.next_page_token.is_empty() {
            break;
        }
        request.next_page_token = page.next_page_token;
    }
    s.events("all pages", &events);
    s.terminate("w").await
}

async fn as_it_grows(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let first = s.try_history(History { wait_new_event: true, ..s.history_request("w") }).await?;
    s.events("at once", &first.history.unwrap_or_default().events);
    let next =
        History { wait_new_event: true, next_page_token: first.next_page_token, ..s.history_request("w") };
    let (next, signalled) = tokio::join!(s.try_history(next), s.signal("w", "go"));
    signalled?;
    let next = next?;
    s.events("after the signal", &next.history.unwrap_or_default().events);
    s.first_task([complete_workflow("result")]).await?;
    let mut token = next.next_page_token;
    while !token.is_empty() {
        let more = History { wait_new_event: true, next_page_token: token, ..s.history_request("w") };
        token = s.try_history(more).await?.next_page_token;
    }
    s.record_history("w").await
}

async fn only_its_end(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let end = || History {
        history_event_filter_type: HistoryEventFilterType::CloseEvent as i32,
        ..s.history_request("w")
    };
    let open = s.try_history(end()).await?;
    s.events("of an open run", &open.history.unwrap_or_default().events);
    let waiting = History { wait_new_event: true, ..end() };
    let (closed, done) = tokio::join!(s.try_history(waiting), s.first_task([complete_workflow("result")]));
    done?;
    s.events("when it closes", &closed?.history.unwrap_or_default().events);
    let closed = s.try_history(end()).await?;
    s.events("of a closed run", &closed.history.unwrap_or_default().events);
    Ok(())
}

async fn of_a_run_that_went_on(s: &Scene) -> Result<()> {
    let first = s.start("w").await?;
    s.first_task([go_on(continue_as_new(s, "second"))]).await?;
    let closed = s.closed("w", &first).await?;
    s.events("end of the first", &[closed]);
    s.record_history_of("w", &first).await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn of_nobody(s: &Scene) -> Result<()> {
    s.outcome_in_words("unknown", &s.try_history(s.history_request("unknown")).await);
    let run_id = s.start("w").await?;
    let of = |run_id: &str| History { execution: s.run("w", run_id), ..s.history_request("w") };
    let stranger = "0190163d-8694-739b-aea5-966c26f8ad91";
    s.outcome("a run that is not", &s.try_history(of(stranger)).await);
    s.outcome("no run", &s.try_history(of("nonsense")).await);
    s.outcome("nothing", &s.try_history(History { execution: None, ..s.history_request("w") }).await);
    let forged = History { next_page_token: b"nonsense".to_vec(), ..s.history_request("w") };
    s.outcome("a page that nobody gave", &s.try_history(forged).await);
    let elsewhere = History { namespace: "nowhere".to_owned(), ..s.history_request("w") };
    s.outcome("elsewhere", &s.try_history(elsewhere).await);
    let other = History {
        execution: Some(temporalio_protos::temporal::api::common::v1::WorkflowExecution {
            workflow_id: s.name("other"),
            run_id,
        }),
        ..s.history_request("w")
    };
    s.outcome("another workflow's run", &s.try_history(other).await);
    s.terminate("w").await
}

async fn descriptions(s: &Scene) -> Result<()> {
    s.outcome_in_words("unknown", &s.try_describe("unknown", "").await);
    let run_id = s.start("w").await?;
    s.record_description("w").await?;
    let task = s.workflow_task().await?;
    s.record_description("w").await?;
    s.complete(&task, []).await?;
    s.record_description("w").await?;
    s.outcome("no run", &s.try_describe("w", "nonsense").await);
    s.outcome("by run", &s.try_describe("w", &run_id).await);
    s.terminate("w").await?;
    s.record_description("w").await
}

/// Visibility is eventual on a real server: asks until the runs are there.
async fn listed(s: &Scene, query: &str, expected: usize) -> Result<()> {
    let list = ListWorkflowExecutionsRequest {
        namespace: s.namespace(),
        query: query.to_owned(),
        page_size: 10,
        ..ListWorkflowExecutionsRequest::default()
    };
    loop {
        let answer = s.service().list_workflow_executions(Request::new(list.clone())).await?.into_inner();
        if answer.executions.len() == expected {
            let mut executions = answer.executions;
            executions.sort_by_key(|info| info.execution.clone().map(|execution| execution.workflow_id));
            s.note(&format!("list {query}"), &executions);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let count = CountWorkflowExecutionsRequest { namespace: s.namespace(), query: query.to_owned() };
    let answer = s.service().count_workflow_executions(Request::new(count)).await?.into_inner();
    s.note(&format!("count {query}"), &answer);
    Ok(())
}

async fn lists(s: &Scene) -> Result<()> {
    s.start("a").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.start("b").await?;
    s.start("c").await?;
    s.terminate("c").await?;
    let queue = s.name("queue");
    let (a, b) = (s.name("a"), s.name("b"));
    // First what comes last: a real server's lists follow a little later.
    listed(s, &format!("TaskQueue = '{queue}' AND ExecutionStatus != 'Running'"), 2).await?;
    listed(s, &format!("TaskQueue = '{queue}' AND ExecutionStatus = 'Running'"), 1).await?;
    listed(s, &format!("TaskQueue = '{queue}'"), 3).await?;
    listed(s, &format!("WorkflowId = '{a}'"), 1).await?;
    listed(s, &format!("WorkflowType = 'workflow-type' AND TaskQueue = \"{queue}\""), 3).await?;
    listed(s, &format!("WorkflowId STARTS_WITH '{b}'"), 1).await?;
    s.terminate("b").await
}

async fn lists_that_make_no_sense(s: &Scene) -> Result<()> {
    for query in ["nonsense", "WorkflowId =", "WorkflowId = 'x' AND", "ExecutionStatus = 'Odd'"] {
        let list = ListWorkflowExecutionsRequest {
            namespace: s.namespace(),
            query: query.to_owned(),
            ..ListWorkflowExecutionsRequest::default()
        };
        let answer = s.service().list_workflow_executions(Request::new(list)).await;
        s.outcome(query, &answer.map(tonic::Response::into_inner));
    }
    Ok(())
}

crate::judge::on_both_homes![
    in_pages,
    as_it_grows,
    only_its_end,
    of_a_run_that_went_on,
    of_nobody,
    descriptions,
    lists,
    lists_that_make_no_sense,
];
