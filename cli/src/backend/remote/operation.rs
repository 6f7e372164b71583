//! How posts do, and what operators see and do, over HTTP.

use reqwest::Method;
use server::api::analytics::{AnalyticsQuery, AnalyticsView};
use server::api::operation::{QueueList, ScheduleChange, ScheduleList, ScheduleView, WorkerList};
use server::api::webhook::Registration;
use server::app::ORGANIZATION;

use super::{Remote, escaped};
use crate::exit::Failure;

impl Remote {
    pub(crate) async fn analytics(&self, query: &AnalyticsQuery) -> Result<AnalyticsView, Failure> {
        let path = format!("api/v1/social/analytics/{ORGANIZATION}");
        self.json(self.request(Method::GET, &path)?.query(query)).await
    }

    pub(crate) async fn queues(&self) -> Result<QueueList, Failure> {
        self.json(self.request(Method::GET, "api/v1/queues")?).await
    }

    pub(crate) async fn workers(&self) -> Result<WorkerList, Failure> {
        self.json(self.request(Method::GET, "api/v1/workers")?).await
    }

    pub(crate) async fn schedules(&self) -> Result<ScheduleList, Failure> {
        self.json(self.request(Method::GET, "api/v1/schedules")?).await
    }

    pub(crate) async fn webhook_registration(&self) -> Result<Registration, Failure> {
        self.json(self.request(Method::GET, "api/v1/webhook-registration")?).await
    }

    pub(crate) async fn register_webhook(&self) -> Result<Registration, Failure> {
        self.json(self.request(Method::POST, "api/v1/webhook-registration")?).await
    }

    pub(crate) async fn change_schedule(
        &self,
        id: &str,
        change: &ScheduleChange,
    ) -> Result<ScheduleView, Failure> {
        let path = format!("api/v1/schedules/{}", escaped(id));
        self.json(self.request(Method::PATCH, &path)?.json(change)).await
    }
}
