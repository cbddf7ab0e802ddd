//! What has changed between two periods.

use axum::{
    Json,
    extract::{
        Query, RawQuery, State,
        rejection::{JsonRejection, QueryRejection},
    },
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ApiError, AppState, Asker,
    answers::{Form, answer},
    asked::{InAddress, InBody, asked, named, posted},
    schemas::AskedInBody,
};
use crate::{
    domain::Period,
    query::{self, Asked, Between, Question},
};

/// What a change is told beside its question.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Changing {
    question: String,
    from: Period,
    #[serde(default)]
    to: Option<Period>,
    #[serde(default)]
    changed_only: bool,
}

/// A question beside the times that it is asked of: the key of the answer.
#[derive(Serialize)]
struct Changed {
    changing: Changing,
    question: Question,
}

/// One question asked of two periods: both and their difference, row by row (时点对比).
#[utoipa::path(get, path = "/api/change", tag = "questions",
    params(("question" = String, Query, description = "balance, areas, calibers, commute, flows, coverage, station_areas, station_coverage, gaps, blind_spots; its own parameters follow"),
           ("from" = String, Query, description = "the earlier date: each layer at its newest state at or before it"),
           ("to" = Option<String>, Query, description = "the later date; the newest states without it"),
           ("changed_only" = Option<bool>, Query, description = "only rows that differ"),
           ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    responses((status = 200, description = "rows and totals with then, now and difference of every number, and the change of every count as a share", body = serde_json::Value),
              (status = 400, description = "area codes that do not match where no crosswalk was brought, by name", body = serde_json::Value),
              (status = 404, description = "nothing is known at or before a date; `periods` lists the dates that there are", body = serde_json::Value)))]
pub async fn list_change(
    State(state): State<AppState>,
    asker: Asker,
    how: Result<Query<Changing>, QueryRejection>,
    form: Form,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let own = ["question", "from", "to", "changed_only", "format", "lang"];
    let fields = InAddress::without(&own, query);
    changed(&state, asker, asked(how)?, form, &fields).await
}

/// The same for a question in the body: `statistics`, `catchments`, `access`, `siting`, `zoning` …
#[utoipa::path(post, path = "/api/change", tag = "questions",
    params(("question" = String, Query, description = "the question, its fields in the body"),
           ("from" = String, Query, description = "the earlier date"),
           ("to" = Option<String>, Query, description = "the later date; the newest states without it"),
           ("changed_only" = Option<bool>, Query, description = "only rows that differ"),
           ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = AskedInBody,
    responses((status = 200, description = "rows and totals with then, now and difference of every number", body = serde_json::Value)))]
pub async fn compute_change(
    State(state): State<AppState>,
    asker: Asker,
    how: Result<Query<Changing>, QueryRejection>,
    form: Form,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, ApiError> {
    let fields = InBody(posted(body)?);
    changed(&state, asker, asked(how)?, form, &fields).await
}

async fn changed(
    state: &AppState,
    asker: Asker,
    changing: Changing,
    form: Form,
    fields: &impl Asked<Error = ApiError>,
) -> Result<Response, ApiError> {
    let question = named(&changing.question, fields)?;
    let changed = Changed { changing, question };
    state
        .ask(
            asker,
            changed,
            form.clone(),
            move |city, changed, limits| {
                let Changed { changing, question } = changed;
                let between = Between {
                    from: changing.from.clone(),
                    to: changing.to.clone(),
                };
                let changed_only = changing.changed_only;
                let found =
                    query::change(city, question, &between, form.lang, changed_only, limits)?;
                answer(city, &found, form, query::change_title(question))
            },
        )
        .await
}
