//! How posts do.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::analytics::{
    AnalyticsQuery, AnalyticsView, CollectRequest, CollectionView, Report, ReportFormat, ReportQuery,
    TopPosts, TopQuery,
};
use crate::app::{Caller, Rank, analytics};
use crate::http::asked::{MaybeKeyed, Path};
use crate::http::page;
use crate::http::reply::{Failed, Params, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    let viewer = Need::Rank(Rank::Viewer);
    vec![
        Route::get("/api/v1/social/analytics/{organizationId}", viewer, show)
            .summary("How the posts of some days do: summed, and by day.")
            .query::<AnalyticsQuery>()
            .answers::<AnalyticsView>(200),
        Route::get("/api/v1/social/analytics/{organizationId}/top-posts", viewer, top)
            .summary("The posts of some days by any metric, those without a number last.")
            .query::<TopQuery>()
            .answers::<TopPosts>(200),
        Route::get("/api/v1/social/analytics/{organizationId}/report", viewer, report)
            .summary("An engagement report of a week or a month, as JSON, CSV or a page.")
            .query::<ReportQuery>()
            .answers::<Report>(200)
            .answers_text(200, "text/csv")
            .answers_text(200, "text/html"),
        Route::post("/api/v1/social/analytics/{organizationId}/collect", Need::Rank(Rank::Editor), collect)
            .summary("Counts now.")
            .may_take::<CollectRequest>()
            .like(json!({"platform": "TWITTER", "forceRefresh": true}))
            .answers::<CollectionView>(202)
            .once(),
        Route::get("/api/v1/social/analytics/collections/{collectionId}", viewer, collection)
            .summary("How far a collection is.")
            .answers::<CollectionView>(200),
    ]
}

async fn show(
    State(shared): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    Params(query): Params<AnalyticsQuery>,
) -> Reply<AnalyticsView> {
    let organization = shared.app.organization_for(&caller, &organization).await?;
    Ok(Json(shared.app.analytics(&organization, &query).await?))
}

async fn top(
    State(shared): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    Params(query): Params<TopQuery>,
) -> Reply<TopPosts> {
    let organization = shared.app.organization_for(&caller, &organization).await?;
    Ok(Json(shared.app.top_posts(&organization, &query).await?))
}

async fn report(
    State(shared): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    Params(ReportQuery { period, format }): Params<ReportQuery>,
) -> Result<Response, Failed> {
    let organization = shared.app.organization_for(&caller, &organization).await?;
    let report = shared.app.report(&organization, period).await?;
    Ok(match format {
        ReportFormat::Json => Json(report).into_response(),
        ReportFormat::Csv => {
            ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], analytics::csv(&report)).into_response()
        }
        ReportFormat::Html => {
            page::document(StatusCode::OK, "Engagement report", &analytics::html(&report, page::escaped))
        }
    })
}

async fn collect(
    State(shared): State<Shared>,
    caller: Caller,
    Path(organization): Path<String>,
    MaybeKeyed { body, once }: MaybeKeyed<CollectRequest>,
) -> Result<(StatusCode, Json<CollectionView>), Failed> {
    let organization = shared.app.organization_for(&caller, &organization).await?;
    Ok((StatusCode::ACCEPTED, Json(shared.app.collect(&organization, body, once).await?)))
}

async fn collection(
    State(shared): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Reply<CollectionView> {
    Ok(Json(shared.app.collection(&caller, &id).await?))
}
