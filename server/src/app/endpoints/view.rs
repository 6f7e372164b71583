//! Endpoints and deliveries as the API shows them.

use activities_data::notices::NoticeKind;
use activities_data::webhook_deliveries::{Attempt, Delivery, DeliveryState};
use activities_data::webhook_endpoints::{Endpoint, EndpointState};

use crate::api::webhook_endpoint::{
    DeliveryAttempt, DeliveryStatus, DeliveryView, EndpointStatus, EndpointView, NoticeType,
};

pub(super) fn endpoint(endpoint: Endpoint) -> EndpointView {
    let Endpoint {
        id,
        organization,
        url,
        description,
        kinds,
        state,
        state_reason,
        sealed_secret: _,
        previous,
        failing_since,
        not_before: _,
        created_by: _,
        created_at,
        updated_at,
    } = endpoint;
    EndpointView {
        id,
        organization_id: organization,
        url,
        events: kinds.into_iter().map(NoticeType::from).collect(),
        description,
        status: state.into(),
        status_reason: state_reason,
        failing_since,
        previous_secret_until: previous.map(|(_, until)| until),
        created_at,
        updated_at,
    }
}

pub(super) fn delivery(delivery: Delivery, attempts: Vec<Attempt>) -> DeliveryView {
    let Delivery { endpoint: _, notice, state, attempts: _, next_attempt_at, delivered_at } = delivery;
    DeliveryView {
        id: notice.id,
        r#type: notice.kind.into(),
        timestamp: notice.created_at,
        data: notice.data,
        status: state.into(),
        next_attempt_at: (state == DeliveryState::Waiting).then_some(next_attempt_at),
        delivered_at,
        attempts: attempts.into_iter().map(attempt).collect(),
    }
}

fn attempt(attempt: Attempt) -> DeliveryAttempt {
    let Attempt { number, attempted_at, took_ms, http_status, error } = attempt;
    DeliveryAttempt { number, at: attempted_at, took_ms, http_status, error }
}

pub(super) fn kinds(types: Vec<NoticeType>) -> Vec<NoticeKind> {
    let mut kinds: Vec<NoticeKind> = types.into_iter().map(NoticeKind::from).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

impl From<EndpointState> for EndpointStatus {
    fn from(state: EndpointState) -> Self {
        match state {
            EndpointState::Active => Self::Active,
            EndpointState::Disabled => Self::Disabled,
            EndpointState::Revoked => Self::Revoked,
        }
    }
}

impl From<DeliveryState> for DeliveryStatus {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Waiting => Self::Waiting,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Failed => Self::Failed,
        }
    }
}

impl From<DeliveryStatus> for DeliveryState {
    fn from(status: DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Waiting => Self::Waiting,
            DeliveryStatus::Delivered => Self::Delivered,
            DeliveryStatus::Failed => Self::Failed,
        }
    }
}

impl From<NoticeKind> for NoticeType {
    fn from(kind: NoticeKind) -> Self {
        match kind {
            NoticeKind::PublicationPublished => Self::PublicationPublished,
            NoticeKind::PublicationFailed => Self::PublicationFailed,
            NoticeKind::PublicationHeld => Self::PublicationHeld,
            NoticeKind::PublicationNeedsApproval => Self::PublicationNeedsApproval,
            NoticeKind::AccountNeedsReconnect => Self::AccountNeedsReconnect,
            NoticeKind::CampaignFinished => Self::CampaignFinished,
            NoticeKind::EndpointTest => Self::EndpointTest,
        }
    }
}

impl From<NoticeType> for NoticeKind {
    fn from(kind: NoticeType) -> Self {
        match kind {
            NoticeType::PublicationPublished => Self::PublicationPublished,
            NoticeType::PublicationFailed => Self::PublicationFailed,
            NoticeType::PublicationHeld => Self::PublicationHeld,
            NoticeType::PublicationNeedsApproval => Self::PublicationNeedsApproval,
            NoticeType::AccountNeedsReconnect => Self::AccountNeedsReconnect,
            NoticeType::CampaignFinished => Self::CampaignFinished,
            NoticeType::EndpointTest => Self::EndpointTest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_and_the_ledger_use_the_same_words() {
        for kind in NoticeKind::ALL {
            let told = NoticeType::from(*kind);
            assert_eq!(serde_json::to_value(told).unwrap(), kind.as_str());
            assert_eq!(NoticeKind::from(told), *kind);
        }
    }
}
