//! Lists and counts by filters, sound and unsound ones.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{complete_workflow, fail_workflow, start_child};
use temporalio_protos::temporal::api::common::v1::WorkflowType;
use temporalio_protos::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse, ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse, StartWorkflowExecutionRequest as Start,
};
use tonic::{Request, Status};

/// Runs of a scene: `a` completed, `b` failed, `c` terminated, `d` open, `e` open and of another type.
const RUNS: usize = 5;

async fn list(s: &Scene, query: &str) -> Result<ListWorkflowExecutionsResponse, Status> {
    let request = ListWorkflowExecutionsRequest {
        namespace: s.namespace(),
        query: query.to_owned(),
        page_size: 20,
        ..ListWorkflowExecutionsRequest::default()
    };
    s.service().list_workflow_executions(Request::new(request)).await.map(tonic::Response::into_inner)
}

async fn count(s: &Scene, query: &str) -> Result<CountWorkflowExecutionsResponse, Status> {
    let request = CountWorkflowExecutionsRequest { namespace: s.namespace(), query: query.to_owned() };
    let mut answer = s.service().count_workflow_executions(Request::new(request)).await?.into_inner();
    // They come in any order.
    answer.groups.sort_by_key(|group| group.group_values.first().map(|value| value.data.clone()));
    Ok(answer)
}

/// Five runs, all of them listed as they are.
async fn five_runs(s: &Scene) -> Result<()> {
    s.start("a").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.start("b").await?;
    s.first_task([fail_workflow("it broke")]).await?;
    s.start("c").await?;
    s.terminate("c").await?;
    s.start("d").await?;
    let other = Some(WorkflowType { name: "other-type".to_owned() });
    s.start_with(Start { workflow_type: other, ..s.start_request("e") }).await?;
    let queue = s.name("queue");
    // Visibility is eventual on a real server.
    until_listed(s, &format!("TaskQueue = '{queue}'"), RUNS).await?;
    until_listed(s, &format!("TaskQueue = '{queue}' AND ExecutionStatus = 'Running'"), 2).await
}

async fn until_listed(s: &Scene, query: &str, wanted: usize) -> Result<()> {
    while list(s, query).await?.executions.len() != wanted {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Writes down which runs a filter finds among those of the scene.
async fn find(s: &Scene, filter: &str) {
    let query = format!("TaskQueue = '{}' AND ({filter})", s.name("queue"));
    match list(s, &query).await {
        Ok(answer) => {
            let executions = answer.executions.into_iter().filter_map(|info| info.execution);
            let mut found: Vec<String> = executions.map(|execution| execution.workflow_id).collect();
            found.sort_unstable();
            s.note(filter, &found);
        }
        Err(status) => s.outcome::<()>(filter, &Err(status)),
    }
}

async fn joined_by_words_and_parentheses(s: &Scene) -> Result<()> {
    five_runs(s).await?;
    for filter in [
        "ExecutionStatus = 'Completed' OR ExecutionStatus = 'Failed'",
        "ExecutionStatus = 'Running' OR ExecutionStatus = 'Failed' AND WorkflowType = 'other-type'",
        "(ExecutionStatus = 'Running' OR ExecutionStatus = 'Failed') AND WorkflowType = 'other-type'",
        "NOT ExecutionStatus = 'Running'",
        "NOT (ExecutionStatus = 'Running' OR WorkflowType = 'other-type')",
        "((WorkflowType = 'other-type'))",
        "not ExecutionStatus = 'Running' and WorkflowType = 'workflow-type'",
    ] {
        find(s, filter).await;
    }
    Ok(())
}

async fn by_every_comparison(s: &Scene) -> Result<()> {
    five_runs(s).await?;
    let (a, b, prefix) = (s.name("a"), s.name("b"), s.name(""));
    for filter in [
        format!("WorkflowId IN ('{a}', '{b}')"),
        format!("WorkflowId NOT IN ('{a}', '{b}')"),
        format!("WorkflowId != '{a}'"),
        format!("WorkflowId > '{a}'"),
        format!("WorkflowId <= '{b}'"),
        format!("WorkflowId BETWEEN '{a}' AND '{b}'"),
        format!("WorkflowId NOT BETWEEN '{a}' AND '{b}'"),
        format!("WorkflowId STARTS_WITH '{prefix}'"),
        format!("WorkflowId NOT STARTS_WITH '{a}'"),
        "WorkflowType STARTS_WITH 'other'".to_owned(),
        "WorkflowType IN ('other-type')".to_owned(),
        "ExecutionStatus IN ('Completed', 'Terminated')".to_owned(),
        "ExecutionStatus NOT IN ('Completed', 'Terminated')".to_owned(),
        "CloseTime IS NULL".to_owned(),
        "CloseTime IS NOT NULL".to_owned(),
        "ParentWorkflowId IS NULL".to_owned(),
        "HistoryLength > 4".to_owned(),
        "HistoryLength BETWEEN 1 AND 3".to_owned(),
        "StartTime > '2020-01-01T00:00:00Z'".to_owned(),
        "StartTime < '2020-01-01T00:00:00Z'".to_owned(),
        "StartTime BETWEEN '2020-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'".to_owned(),
        "CloseTime > '2020-01-01T00:00:00Z'".to_owned(),
        "ExecutionTime NOT BETWEEN '2020-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'".to_owned(),
        "ExecutionDuration < '1h'".to_owned(),
        "ExecutionDuration > 3600000000000".to_owned(),
    ] {
        find(s, &filter).await;
    }
    Ok(())
}

async fn by_what_is_not_there(s: &Scene) -> Result<()> {
    s.start("parent").await?;
    let child = engine_conformance::command::child(s, "child");
    let here = temporalio_protos::temporal::api::command::v1::StartChildWorkflowExecutionCommandAttributes {
        task_queue: s.queue(),
        ..child
    };
    s.first_task([start_child(here)]).await?;
    until_listed(s, &format!("TaskQueue = '{}'", s.name("queue")), 2).await?;
    let parent = s.name("parent");
    for filter in [
        format!("ParentWorkflowId = '{parent}'"),
        format!("ParentWorkflowId != '{parent}'"),
        "ParentWorkflowId != 'another'".to_owned(),
        format!("NOT ParentWorkflowId = '{parent}'"),
        "ParentWorkflowId IS NOT NULL".to_owned(),
        "CloseTime != '2020-01-01T00:00:00Z'".to_owned(),
    ] {
        find(s, &filter).await;
    }
    Ok(())
}

async fn counts_by_status(s: &Scene) -> Result<()> {
    five_runs(s).await?;
    let of = format!("TaskQueue = '{}'", s.name("queue"));
    for query in [
        format!("{of} GROUP BY ExecutionStatus"),
        format!(
            "{of} AND (ExecutionStatus = 'Running' OR ExecutionStatus = 'Failed') GROUP BY ExecutionStatus"
        ),
        format!("{of} AND WorkflowType = 'nothing' GROUP BY ExecutionStatus"),
        format!("{of} AND WorkflowType = 'other-type' OR {of} AND ExecutionStatus = 'Failed'"),
        format!("{of} GROUP BY WorkflowType"),
        format!("{of} GROUP BY ExecutionStatus, WorkflowType"),
        format!("{of} GROUP BY Nothing"),
    ] {
        s.outcome(&query, &count(s, &query).await);
    }
    Ok(())
}

async fn that_make_no_sense(s: &Scene) -> Result<()> {
    for query in [
        "WorkflowId = 'a' OR",
        "WorkflowId = 'a' WorkflowType = 'b'",
        "(WorkflowId = 'a'",
        "WorkflowId = 'a')",
        "WorkflowId = a",
        "WorkflowId = 7",
        "WorkflowId",
        "'a' = WorkflowId",
        "WorkflowId LIKE 'a'",
        "ExecutionStatus = 'Sleeping'",
        "ExecutionStatus = 99",
        "StartTime > 'yesterday'",
        "StartTime > true",
        "HistoryLength = 'long'",
        "StartTime STARTS_WITH '2020'",
        "WorkflowId IN ()",
        "WorkflowId IN 'a'",
        "WorkflowId IS 'a'",
        "WorkflowId = 'a' ORDER BY StartTime",
        "ORDER BY StartTime DESC",
        "WorkflowId = 'a' LIMIT 3",
        "WorkflowId = 'a'; WorkflowId = 'b'",
        "ExecutionDuration > 'long'",
    ] {
        s.outcome(query, &list(s, query).await.map(|_| ()));
        s.outcome(&format!("count {query}"), &count(s, query).await.map(|_| ()));
    }
    Ok(())
}

async fn of_a_namespace_that_is_not(s: &Scene) -> Result<()> {
    for namespace in ["nowhere", ""] {
        let request = ListWorkflowExecutionsRequest {
            namespace: namespace.to_owned(),
            ..ListWorkflowExecutionsRequest::default()
        };
        let answer = s.service().list_workflow_executions(Request::new(request)).await;
        s.outcome("list", &answer.map(|_| ()));
    }
    Ok(())
}

crate::judge::on_both_homes![
    joined_by_words_and_parentheses,
    by_every_comparison,
    by_what_is_not_there,
    counts_by_status,
    that_make_no_sense,
    of_a_namespace_that_is_not,
];
