//! `docs/engine.md` says what the dispatcher does.

#[cfg(test)]
mod support_matrix {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use engine_clock::Clock;
    use engine_service::{Engine, EngineOptions};
    use http::HeaderMap;
    use temporalio_client::callback_based::GrpcRequest;
    use tonic::Code;

    const PAGE: &str = include_str!("../../../docs/engine.md");
    const DISPATCHER: &str = include_str!("../src/dispatch.rs");

    /// Service, RPC, and what the page says of it.
    fn rows() -> BTreeMap<(String, String), String> {
        let mut rows = BTreeMap::new();
        let mut service = None;
        for line in PAGE.lines() {
            if let Some(title) = line.strip_prefix("### ") {
                service = Some(title.to_owned());
            } else if line.starts_with("## ") {
                service = None;
            }
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let (Some(service), [_, name, here, ..]) = (&service, cells.as_slice()) else { continue };
            if let Some(name) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')) {
                let before = rows.insert((service.clone(), name.to_owned()), (*here).to_owned());
                assert_eq!(before, None, "{name} is there twice");
            }
        }
        rows
    }

    /// The RPCs that the dispatcher names.
    fn dispatched() -> Vec<&'static str> {
        let arms = DISPATCHER.lines().map(str::trim).filter(|line| line.starts_with('"'));
        let names = arms.filter_map(|line| line.strip_prefix('"')?.split_once("\" =>"));
        names.map(|(name, _)| name).collect()
    }

    #[test]
    fn each_rpc_of_the_dispatcher_is_in_the_table() {
        let rows = rows();
        let dispatched = dispatched();
        assert!(dispatched.len() > 40, "{dispatched:?}");
        for name in dispatched {
            assert!(rows.keys().any(|(_, row)| row == name), "{name} is missing in docs/engine.md");
        }
    }

    #[tokio::test]
    async fn each_row_of_the_table_is_true() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            EngineOptions { long_poll_max: std::time::Duration::from_millis(1), ..EngineOptions::default() };
        let path = folder.path().join("engine.db");
        let engine = Engine::open(&path, Clock::real(), options).await.unwrap();
        for ((service, rpc), here) in rows() {
            let request = GrpcRequest {
                service: service.clone(),
                rpc: rpc.clone(),
                headers: HeaderMap::new(),
                proto: Bytes::new(),
            };
            let code = engine.answer(request).await.err().map(|status| status.code());
            let is_answered = code != Some(Code::Unimplemented);
            match here.as_str() {
                "supported" | "partly" => assert!(is_answered, "{service}/{rpc} is {here}, but {code:?}"),
                "UNIMPLEMENTED" => assert!(!is_answered, "{service}/{rpc} is {here}, but {code:?}"),
                other => panic!("{rpc}: `{other}`"),
            }
        }
        engine.shutdown().await;
    }
}
