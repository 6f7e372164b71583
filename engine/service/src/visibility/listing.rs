//! Pages of runs that a condition asks for.

use engine_store::{ListQuery, PAGE_MAX, PageToken};
use temporalio_protos::temporal::api::workflow::v1::WorkflowExecutionInfo;
use tonic::Status;

use super::parse::parse;
use super::{Condition, info};
use crate::service::Service;
use crate::status;

/// What a request for a list gives.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) filter: &'a str,
    /// 0 or less for as many as there may be.
    pub(crate) page_size: i32,
    pub(crate) page_token: &'a [u8],
}

/// Runs, and where to go on; an empty token for nowhere.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) executions: Vec<WorkflowExecutionInfo>,
    pub(crate) next_page_token: Vec<u8>,
}

impl Service {
    /// What a filter asks for.
    pub(crate) async fn condition(&self, filter: &str) -> Result<Condition, Status> {
        let condition = match parse(filter, None) {
            Ok(condition) => Ok(condition),
            // Most filters name only what is always there: only the others need what was registered.
            Err(_) => parse(filter, Some(&*self.known_attributes().await?)),
        };
        condition.map_err(|error| Status::invalid_argument(error.to_string()))
    }

    /// One page, the latest runs first.
    pub(crate) async fn list_runs(&self, wanted: Wanted<'_>) -> Result<Listed, Status> {
        let Wanted { namespace, filter, page_size, page_token } = wanted;
        let condition = self.condition(filter).await?;
        let limit = match usize::try_from(page_size) {
            Ok(0) | Err(_) => PAGE_MAX,
            Ok(size) => size.min(PAGE_MAX),
        };
        let mut page = match page_token {
            [] => None,
            bytes => {
                let token = PageToken::from_bytes(bytes);
                Some(token.ok_or_else(|| Status::invalid_argument("Invalid NextPageToken."))?)
            }
        };
        let mut executions = Vec::new();
        loop {
            let query = ListQuery {
                namespace: namespace.to_owned(),
                filters: condition.filters.clone(),
                page,
                limit: limit - executions.len(),
            };
            let found = self.store.list(&query).await.map_err(|error| status::unread(&error))?;
            let held = found.runs.iter().filter(|run| condition.holds(&run.key, &run.summary));
            executions.extend(held.map(|run| info(&run.key, &run.summary)));
            page = found.next;
            if page.is_none() || executions.len() >= limit {
                break;
            }
        }
        self.shown_attributes(executions.iter_mut()).await?;
        let next_page_token = page.map(|token| token.to_bytes().to_vec()).unwrap_or_default();
        Ok(Listed { executions, next_page_token })
    }
}
