//! Search attributes: registered and not, of the right type and not, in starts, commands and filters.

use anyhow::{Context as _, Result};
use engine_conformance::Scene;
use engine_conformance::command::{child, command, complete_workflow, continue_as_new, go_on, start_child};
use temporalio_protos::temporal::api::command::v1::{
    ContinueAsNewWorkflowExecutionCommandAttributes, StartChildWorkflowExecutionCommandAttributes,
    UpsertWorkflowSearchAttributesCommandAttributes, command::Attributes,
};
use temporalio_protos::temporal::api::common::v1::{Payload, SearchAttributes};
use temporalio_protos::temporal::api::enums::v1::IndexedValueType as Type;
use temporalio_protos::temporal::api::operatorservice::v1::{
    AddSearchAttributesRequest, ListSearchAttributesRequest, RemoveSearchAttributesRequest,
};
use temporalio_protos::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, ListSchedulesRequest, ListWorkflowExecutionsRequest,
    StartWorkflowExecutionRequest as Start,
};
use tonic::{Request, Status};

/// The most that may be registered of a type other than `Keyword`.
const OF_A_TYPE_MAX: usize = 3;

/// A name of this scenario that needs no quotes in filters.
fn named(s: &Scene, name: &str) -> String {
    s.name(name).replace('-', "X")
}

fn attributes(fields: &[(&str, &str)]) -> Option<SearchAttributes> {
    let payload = |json: &str| Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: json.as_bytes().to_vec(),
        ..Payload::default()
    };
    let fields = fields.iter().map(|(name, json)| ((*name).to_owned(), payload(json)));
    Some(SearchAttributes { indexed_fields: fields.collect() })
}

async fn add(s: &Scene, names: &[(&str, Type)]) -> Result<(), Status> {
    let request = AddSearchAttributesRequest {
        search_attributes: names.iter().map(|(name, kind)| ((*name).to_owned(), *kind as i32)).collect(),
        namespace: s.namespace(),
    };
    let mut service = s.home().connection().operator_service();
    service.add_search_attributes(Request::new(request)).await.map(|_| ())
}

async fn remove(s: &Scene, names: &[&str]) -> Result<(), Status> {
    let request = RemoveSearchAttributesRequest {
        search_attributes: names.iter().map(|name| (*name).to_owned()).collect(),
        namespace: s.namespace(),
    };
    let mut service = s.home().connection().operator_service();
    service.remove_search_attributes(Request::new(request)).await.map(|_| ())
}

/// Registers names and waits until every part of a server has heard of it.
async fn register(s: &Scene, names: &[(&str, Type)]) -> Result<()> {
    add(s, names).await.context("add search attributes")?;
    let fields: Vec<(&str, &str)> = names.iter().map(|(name, _)| (*name, "null")).collect();
    for number in 0.. {
        let probe = format!("probe-{number}-{}", names[0].0);
        let queue = s.queue_named("probes");
        let request =
            Start { search_attributes: attributes(&fields), task_queue: queue, ..s.start_request(&probe) };
        if s.try_start(request).await.is_ok() {
            let task = s.workflow_task_from(s.queue_named("probes")).await?;
            let taken = s.try_complete(s.completion(&task, [upsert(&fields)])).await;
            s.terminate(&probe).await?;
            if taken.is_ok() {
                break;
            }
        }
    }
    Ok(())
}

fn upsert(fields: &[(&str, &str)]) -> temporalio_protos::temporal::api::command::v1::Command {
    let upsert = UpsertWorkflowSearchAttributesCommandAttributes { search_attributes: attributes(fields) };
    command(Attributes::UpsertWorkflowSearchAttributesCommandAttributes(upsert))
}

async fn list(s: &Scene, query: &str) -> Result<Vec<String>, Status> {
    let request = ListWorkflowExecutionsRequest {
        namespace: s.namespace(),
        query: query.to_owned(),
        ..ListWorkflowExecutionsRequest::default()
    };
    let answer = s.service().list_workflow_executions(Request::new(request)).await?.into_inner();
    let found = answer.executions.into_iter().filter_map(|info| info.execution);
    let mut found: Vec<String> = found.map(|execution| execution.workflow_id).collect();
    found.sort_unstable();
    Ok(found)
}

async fn until_listed(s: &Scene, query: &str, wanted: usize) -> Result<()> {
    while list(s, query).await?.len() != wanted {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn that_nobody_registered(s: &Scene) -> Result<()> {
    let name = named(s, "nobody");
    let fields: &[(&str, &str)] = &[(&name, "\"a\"")];
    let with = |fields| Start { search_attributes: attributes(fields), ..s.start_request("w") };
    s.outcome("start", &s.try_start(with(fields)).await.map(|_| ()));
    let request = s.signal_with_start_request("w", "signal");
    let request =
        temporalio_protos::temporal::api::workflowservice::v1::SignalWithStartWorkflowExecutionRequest {
            search_attributes: attributes(fields),
            ..request
        };
    s.outcome("signal with start", &s.try_signal_with_start(request).await.map(|_| ()));
    for query in
        [format!("{name} = 'a'"), format!("WorkflowId = 'w' OR {name} IS NULL"), "Nothing > 3".to_owned()]
    {
        s.outcome("list", &list(s, &query).await);
        let request = CountWorkflowExecutionsRequest { namespace: s.namespace(), query: query.clone() };
        s.outcome("count", &s.service().count_workflow_executions(Request::new(request)).await.map(|_| ()));
        let request =
            ListSchedulesRequest { namespace: s.namespace(), query, ..ListSchedulesRequest::default() };
        s.outcome("schedules", &s.service().list_schedules(Request::new(request)).await.map(|_| ()));
    }
    let commands = [
        upsert(fields),
        start_child(StartChildWorkflowExecutionCommandAttributes {
            search_attributes: attributes(fields),
            ..child(s, "child")
        }),
        go_on(ContinueAsNewWorkflowExecutionCommandAttributes {
            search_attributes: attributes(fields),
            ..continue_as_new(s, "again")
        }),
    ];
    for (workflow, command) in ["upserts", "has-child", "goes-on"].into_iter().zip(commands) {
        s.start(workflow).await?;
        let task = s.workflow_task().await?;
        let answer = s.try_complete(s.completion(&task, [command])).await;
        s.outcome_in_words("completion", &answer.map(|_| ()));
        s.record_history(workflow).await?;
        s.terminate(workflow).await?;
    }
    Ok(())
}

async fn that_only_a_server_sets(s: &Scene) -> Result<()> {
    for (name, json) in [
        ("WorkflowId", "\"other\""),
        ("StartTime", "\"2026-01-01T00:00:00Z\""),
        ("TemporalWorkerDeployment", "\"a\""),
        ("TemporalScheduledById", "7"),
        ("TemporalChangeVersion", "\"a\""),
    ] {
        let request = Start { search_attributes: attributes(&[(name, json)]), ..s.start_request("w") };
        s.outcome_in_words(name, &s.try_start(request).await.map(|_| ()));
    }
    let fields =
        attributes(&[("TemporalChangeVersion", "[\"a\",\"b\"]"), ("TemporalScheduledById", "\"s\"")]);
    s.start_with(Start { search_attributes: fields, ..s.start_request("w") }).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await?;
    for query in
        ["ScheduledById = 's'", "ScheduleId = 'none'", "TemporalScheduleId = 'none'", "BuildIds = 'none'"]
    {
        let query = format!("TaskQueue = '{}' AND {query}", s.name("queue"));
        if query.contains("ScheduledById") {
            until_listed(s, &query, 1).await?;
        }
        s.outcome(&query, &list(s, &query).await);
    }
    Ok(())
}

async fn of_each_type(s: &Scene) -> Result<()> {
    let names = ["keyword", "keywords", "text", "int", "bool", "time"].map(|name| named(s, name));
    let [keyword, keywords, text, int, truth, time] = names.each_ref().map(String::as_str);
    let types = [Type::Keyword, Type::KeywordList, Type::Text, Type::Int, Type::Bool, Type::Datetime];
    let kinds: Vec<(&str, Type)> = names.iter().map(String::as_str).zip(types).collect();
    register(s, &kinds).await?;
    for (name, json) in [
        (keyword, "7"),
        (keywords, "\"a\""),
        (keywords, "[1]"),
        (text, "true"),
        (int, "\"7\""),
        (int, "1.5"),
        (truth, "\"true\""),
        (time, "\"tomorrow\""),
        (time, "7"),
        (keyword, "no json"),
        (keyword, "{}"),
    ] {
        let request = Start { search_attributes: attributes(&[(name, json)]), ..s.start_request("w") };
        s.outcome(&format!("{name} {json}"), &s.try_start(request).await.map(|_| ()));
    }
    let of_a = [
        (keyword, "\"a\""),
        (keywords, "[\"x\",\"y\"]"),
        (text, "\"The quick, brown fox\""),
        (int, "7"),
        (truth, "true"),
        (time, "\"2026-11-23T07:00:00Z\""),
    ];
    s.start_with(Start { search_attributes: attributes(&of_a), ..s.start_request("a") }).await?;
    let task = s.workflow_task().await?;
    s.note_workflow_task(&task);
    s.complete(&task, [upsert(&[(int, "8"), (truth, "null")]), complete_workflow("result")]).await?;
    s.record_history("a").await?;
    s.record_description("a").await?;
    let of_b = [(keyword, "\"b\""), (int, "-3"), (truth, "false")];
    s.start_with(Start { search_attributes: attributes(&of_b), ..s.start_request("b") }).await?;
    s.start("c").await?;
    let here = format!("TaskQueue = '{}'", s.name("queue"));
    until_listed(s, &here, 3).await?;
    until_listed(s, &format!("{here} AND {int} = 8"), 1).await?;
    for filter in [
        format!("{keyword} = 'a'"),
        format!("{keyword} != 'a'"),
        format!("{keyword} IN ('a', 'b')"),
        format!("{keyword} STARTS_WITH 'a'"),
        format!("{keyword} IS NULL"),
        format!("{keyword} > 'a'"),
        format!("`{keyword}` = 'a'"),
        format!("{keywords} = 'y'"),
        format!("{keywords} != 'y'"),
        format!("{keywords} IN ('q', 'x')"),
        format!("{keywords} NOT IN ('q', 'x')"),
        format!("{text} = 'slow fox'"),
        format!("{text} = 'QUICK'"),
        format!("{text} != 'fox'"),
        format!("{text} = 'qui'"),
        format!("{int} > 0"),
        format!("{int} BETWEEN -5 AND 7"),
        format!("{int} IN (8, -3)"),
        format!("{truth} = false"),
        format!("{truth} IS NULL"),
        format!("{time} > '2026-01-01T00:00:00Z'"),
        format!("{time} < '2030-11-23T08:00:00+01:00'"),
        format!("NOT {keyword} = 'a'"),
        format!("NOT {keywords} = 'x'"),
        format!("{keyword} = 7"),
        format!("{int} = 'a'"),
        format!("{truth} = 'true'"),
        format!("{time} > 'yesterday'"),
        format!("{keywords} STARTS_WITH 'x'"),
        format!("{keywords} > 'x'"),
        format!("{text} IN ('fox')"),
        format!("{text} = ''"),
        format!("{int} STARTS_WITH '8'"),
        format!("{truth} BETWEEN true AND true"),
    ] {
        s.outcome(&filter, &list(s, &format!("{here} AND ({filter})")).await);
    }
    remove(s, &names.each_ref().map(String::as_str)).await.context("remove search attributes")
}

async fn that_are_taken_away(s: &Scene) -> Result<()> {
    let name = named(s, "gone");
    register(s, &[(&name, Type::Keyword)]).await?;
    let fields = attributes(&[(&name, "\"a\"")]);
    s.start_with(Start { search_attributes: fields.clone(), ..s.start_request("w") }).await?;
    s.outcome("remove", &remove(s, &[&name]).await);
    // A server takes a moment to hear of it.
    while list(s, &format!("{name} = 'a'")).await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    s.outcome("remove again", &remove(s, &[&name]).await);
    s.outcome(
        "start",
        &s.try_start(Start { search_attributes: fields, ..s.start_request("v") }).await.map(|_| ()),
    );
    s.terminate("w").await
}

async fn by_the_operator(s: &Scene) -> Result<()> {
    let name = named(s, "double");
    for names in [
        vec![],
        vec![("WorkflowId", Type::Keyword)],
        vec![("TemporalMine", Type::Keyword)],
        vec![("BuildIds", Type::Keyword)],
        vec![("NamespaceId", Type::Keyword)],
        vec![(name.as_str(), Type::Unspecified)],
    ] {
        s.outcome(&format!("add {names:?}"), &add(s, &names).await);
    }
    for names in [vec![], vec!["WorkflowId"], vec!["BuildIds"], vec![name.as_str()]] {
        s.outcome(&format!("remove {names:?}"), &remove(s, &names).await);
    }
    for namespace in ["", "nowhere"] {
        let mut service = s.home().connection().operator_service();
        let request = ListSearchAttributesRequest { namespace: namespace.to_owned() };
        s.outcome("list", &service.list_search_attributes(Request::new(request)).await.map(|_| ()));
        let request = AddSearchAttributesRequest {
            namespace: namespace.to_owned(),
            search_attributes: [(name.clone(), Type::Keyword as i32)].into(),
        };
        s.outcome("add", &service.add_search_attributes(Request::new(request)).await.map(|_| ()));
        let request = RemoveSearchAttributesRequest {
            namespace: namespace.to_owned(),
            search_attributes: vec![name.clone()],
        };
        s.outcome("remove", &service.remove_search_attributes(Request::new(request)).await.map(|_| ()));
    }
    // Other scenarios register none of this type.
    let doubles: Vec<String> = (0..=OF_A_TYPE_MAX).map(|number| format!("{name}{number}")).collect();
    for double in &doubles {
        s.outcome_in_words("add one more", &add(s, &[(double, Type::Double)]).await);
        // A server counts what its frontend has heard of.
        if double != &doubles[OF_A_TYPE_MAX] {
            register(s, &[(double, Type::Double)]).await?;
        }
    }
    s.outcome("add again as another type", &add(s, &[(&doubles[0], Type::Int)]).await);
    let mut service = s.home().connection().operator_service();
    let request = ListSearchAttributesRequest { namespace: s.namespace() };
    let mut answer = service.list_search_attributes(Request::new(request)).await?.into_inner();
    answer.custom_attributes.retain(|custom, _| custom.starts_with(&name));
    s.note("listed", &answer);
    s.outcome("remove", &remove(s, &doubles.iter().map(String::as_str).collect::<Vec<_>>()).await);
    Ok(())
}

crate::judge::on_both_homes![
    that_nobody_registered,
    that_only_a_server_sets,
    of_each_type,
    that_are_taken_away,
    by_the_operator,
];
