//! Endpoints of applications that are told what happens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::api::webhook_endpoint::{
    DeliveryList, DeliveryQuery, EndpointChange, EndpointList, EndpointMade, EndpointRequest, EndpointView,
    ReplayRequest, Replayed, RotationRequest, TestAsked,
};
use crate::app::{Caller, Rank};
use crate::http::asked::{Body, Home, Keyed, MaybeBody, Path};
use crate::http::reply::{Failed, Params, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

const ENDPOINTS: &str = "/api/v1/webhook-endpoints";
const ENDPOINT: &str = "/api/v1/webhook-endpoints/{endpointId}";

pub(super) fn routes() -> Vec<Route> {
    let admin = Need::Rank(Rank::Admin);
    vec![
        Route::get(ENDPOINTS, admin, list)
            .summary("The endpoints that are told what happens in the organization.")
            .answers::<EndpointList>(200)
            .home(),
        Route::post(ENDPOINTS, admin, make)
            .summary("Makes an endpoint. Its secret is shown in this answer only.")
            .takes::<EndpointRequest>()
            .like(json!({"url": "https://app.acme.dev/tidings", "events": ["publication.published"]}))
            .answers::<EndpointMade>(201)
            .once()
            .home(),
        Route::get(ENDPOINT, admin, show).summary("One endpoint.").answers::<EndpointView>(200),
        Route::patch(ENDPOINT, admin, change)
            .summary("Changes an endpoint, switches it off or on again.")
            .takes::<EndpointChange>()
            .like(json!({"enabled": true}))
            .answers::<EndpointView>(200),
        Route::delete(ENDPOINT, admin, revoke)
            .summary("Removes an endpoint for ever.")
            .answers::<EndpointView>(200),
        Route::post("/api/v1/webhook-endpoints/{endpointId}/rotate", admin, rotate)
            .summary("Gives an endpoint a new secret; the one before it signs beside it for a while.")
            .may_take::<RotationRequest>()
            .like(json!({"overlapHours": 24}))
            .answers::<EndpointMade>(200),
        Route::post("/api/v1/webhook-endpoints/{endpointId}/test", admin, test)
            .summary("Sends an `endpoint.test` to the endpoint.")
            .answers::<TestAsked>(202),
        Route::get("/api/v1/webhook-endpoints/{endpointId}/deliveries", admin, deliveries)
            .summary("What the endpoint was told, the newest first, with every attempt.")
            .query::<DeliveryQuery>()
            .answers::<DeliveryList>(200),
        Route::post("/api/v1/webhook-endpoints/{endpointId}/replay", admin, replay)
            .summary("Sends one delivery again, or everything since an instant.")
            .takes::<ReplayRequest>()
            .like(json!({"since": "2027-03-18T09:00:00Z"}))
            .answers::<Replayed>(202),
    ]
}

async fn list(State(shared): State<Shared>, Home(organization): Home) -> Reply<EndpointList> {
    Ok(Json(shared.app.endpoints(&organization).await?))
}

async fn make(
    State(shared): State<Shared>,
    caller: Caller,
    Home(organization): Home,
    Keyed { body, once }: Keyed<EndpointRequest>,
) -> Result<(StatusCode, Json<EndpointMade>), Failed> {
    let made = shared.app.make_endpoint(&organization, body, once, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn show(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<EndpointView> {
    Ok(Json(shared.app.endpoint(&caller, &id).await?))
}

async fn change(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(change): Body<EndpointChange>,
) -> Reply<EndpointView> {
    Ok(Json(shared.app.change_endpoint(&caller, &id, change).await?))
}

async fn revoke(State(shared): State<Shared>, caller: Caller, Path(id): Path<String>) -> Reply<EndpointView> {
    Ok(Json(shared.app.revoke_endpoint(&caller, &id).await?))
}

async fn rotate(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    MaybeBody(request): MaybeBody<RotationRequest>,
) -> Reply<EndpointMade> {
    Ok(Json(shared.app.rotate_endpoint(&caller, &id, request).await?))
}

async fn test(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<TestAsked>), Failed> {
    Ok((StatusCode::ACCEPTED, Json(shared.app.test_endpoint(&caller, &id).await?)))
}

async fn deliveries(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<DeliveryQuery>,
) -> Reply<DeliveryList> {
    Ok(Json(shared.app.deliveries(&caller, &id, &query).await?))
}

async fn replay(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Body(request): Body<ReplayRequest>,
) -> Result<(StatusCode, Json<Replayed>), Failed> {
    Ok((StatusCode::ACCEPTED, Json(shared.app.replay(&caller, &id, request).await?)))
}
