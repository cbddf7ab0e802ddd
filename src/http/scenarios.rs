//! Scenarios: made, edited, taken back, compared.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, RawQuery, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    ApiError, AppState, Asker,
    answers::{Form, answer},
    asked::{InAddress, InBody, asked, named, posted},
    schemas::AskedInBody,
    snapshot::Snapshot,
};
use crate::{
    city::{
        City, Scenarios,
        scenario::{Described, Edit, Scenario, ScenarioError},
    },
    query::{self, Asked, Question},
};

/// A scenario and its version, which a writer sends back in `If-Match`.
fn told(status: StatusCode, scenario: &Scenario) -> Response {
    let mut response = (status, Json(scenario)).into_response();
    let tag = format!(
        "\"{}.{}.{}\"",
        scenario.id, scenario.version, scenario.data_version
    );
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The version that a writer has seen; `None` where it does not say.
fn seen(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(tag) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let tag = tag.to_str().unwrap_or("").trim().trim_start_matches("W/");
    if tag == "*" {
        return Ok(None);
    }
    let version = tag.trim_matches('"').split('.').nth(1);
    let version = version.and_then(|version| version.parse().ok());
    version.map(Some).ok_or_else(|| ApiError::BadField {
        field: "If-Match".into(),
        problem: "send the etag of the scenario as it was read".into(),
    })
}

/// Changes a scenario that a writer has seen, and tells of it.
async fn changed(
    state: &AppState,
    base: Arc<City>,
    headers: &HeaderMap,
    change: impl FnOnce(&Scenarios, &City, Option<u64>) -> Result<Scenario, ScenarioError>
    + Send
    + 'static,
) -> Result<Response, ApiError> {
    let version = seen(headers)?;
    let after = state
        .with_scenarios(base, move |scenarios, base| {
            Ok(change(scenarios, base, version)?)
        })
        .await?;
    Ok(told(StatusCode::OK, &after))
}

/// All scenarios (方案), oldest first, with their edits.
#[utoipa::path(get, path = "/api/scenarios", tag = "scenarios",
    responses((status = 200, description = "rows of scenarios", body = serde_json::Value)))]
pub async fn list_scenarios(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
) -> Result<Response, ApiError> {
    let rows = state
        .with_scenarios(base, |scenarios, base| Ok(scenarios.list(base)?))
        .await?;
    Ok(Json(json!({ "rows": rows })).into_response())
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScenario {
    name: String,
    #[serde(default)]
    note: String,
}

/// Makes an empty scenario.
#[utoipa::path(post, path = "/api/scenarios", tag = "scenarios",
    request_body = NewScenario,
    responses((status = 201, description = "the scenario, its address in `Location`", body = serde_json::Value)))]
pub async fn create_scenario(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
    new: Result<Json<NewScenario>, JsonRejection>,
) -> Result<Response, ApiError> {
    let new = posted(new)?;
    let made = state
        .with_scenarios(base, move |scenarios, base| {
            Ok(scenarios.create(base, &new.name, &new.note)?)
        })
        .await?;
    let mut response = told(StatusCode::CREATED, &made);
    let place = format!("/api/scenarios/{}", made.id);
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// One scenario with its edits; `refused` says why one is left out now.
#[utoipa::path(get, path = "/api/scenarios/{id}", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario")),
    responses((status = 200, description = "the scenario; its etag goes into If-Match", body = serde_json::Value)))]
pub async fn find_scenario(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
    Path(id): Path<u64>,
) -> Result<Response, ApiError> {
    let found = state
        .with_scenarios(base, move |scenarios, base| Ok(scenarios.find(base, id)?))
        .await?;
    Ok(told(StatusCode::OK, &found))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    name: Option<String>,
    note: Option<String>,
}

/// Another name or note.
#[utoipa::path(patch, path = "/api/scenarios/{id}", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario"),
           ("If-Match" = Option<String>, Header, description = "the etag that was read; 412 where it was changed since")),
    request_body = Texts,
    responses((status = 200, description = "the scenario", body = serde_json::Value),
              (status = 412, description = "changed meanwhile")))]
pub async fn describe_scenario(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
    Path(id): Path<u64>,
    headers: HeaderMap,
    texts: Result<Json<Texts>, JsonRejection>,
) -> Result<Response, ApiError> {
    let texts = posted(texts)?;
    changed(&state, base, &headers, move |scenarios, base, version| {
        let described = Described {
            name: texts.name.as_deref(),
            note: texts.note.as_deref(),
            edit: None,
        };
        scenarios.describe(base, id, version, described)
    })
    .await
}

/// Removes a scenario.
#[utoipa::path(delete, path = "/api/scenarios/{id}", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario"),
           ("If-Match" = Option<String>, Header, description = "the etag that was read")),
    responses((status = 204, description = "removed"), (status = 412, description = "changed meanwhile")))]
pub async fn delete_scenario(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
    Path(id): Path<u64>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let version = seen(&headers)?;
    state
        .with_scenarios(base, move |scenarios, base| {
            Ok(scenarios.delete(base, id, version)?)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What edits are added by: one, or a list of them.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read by hand, for errors that name the edit")]
enum EditsAdded {
    One(Box<Edit>),
    Several { edits: Vec<Edit> },
}

/// Adds one edit, or several as `{"edits":[…]}`: all or none.
///
/// An edit has a `kind` (`add`, `move`, `change`, `remove`, `grow`, `move_jobs`, `station`, `line`,
/// `street`), its fields, and a `note`.
#[utoipa::path(post, path = "/api/scenarios/{id}/edits", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario"),
           ("If-Match" = Option<String>, Header, description = "the etag that was read")),
    request_body = EditsAdded,
    responses((status = 200, description = "the scenario", body = serde_json::Value),
              (status = 400, description = "an edit that the city does not allow, with the place and the remedy"),
              (status = 412, description = "changed meanwhile")))]
pub async fn add_edits(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
    Path(id): Path<u64>,
    headers: HeaderMap,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, ApiError> {
    let body = posted(body)?;
    let read = |edit: Value| -> Result<Edit, ApiError> {
        serde_json::from_value(edit).map_err(|e| ApiError::BadField {
            field: "edit".into(),
            problem: e.to_string(),
        })
    };
    let edits = match body {
        Value::Object(mut fields) if fields.contains_key("edits") => match fields.remove("edits") {
            Some(Value::Array(edits)) => edits.into_iter().map(read).collect(),
            _ => Err(ApiError::BadRequest(
                "edits: a list of edits is needed".into(),
            )),
        },
        one => read(one).map(|edit| vec![edit]),
    }?;
    changed(&state, base, &headers, move |scenarios, base, version| {
        scenarios.add(base, id, version, edits)
    })
    .await
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    note: String,
}

/// Another note for an edit.
#[utoipa::path(patch, path = "/api/scenarios/{id}/edits/{number}", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario"), ("number" = u64, Path, description = "the edit, from 1"),
           ("If-Match" = Option<String>, Header, description = "the etag that was read")),
    request_body = Note,
    responses((status = 200, description = "the scenario", body = serde_json::Value)))]
pub async fn describe_edit(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
    Path((id, number)): Path<(u64, u64)>,
    headers: HeaderMap,
    note: Result<Json<Note>, JsonRejection>,
) -> Result<Response, ApiError> {
    let note = posted(note)?.note;
    changed(&state, base, &headers, move |scenarios, base, version| {
        let described = Described {
            edit: Some((number, &note)),
            ..Described::default()
        };
        scenarios.describe(base, id, version, described)
    })
    .await
}

/// Takes the last edit back (撤销).
#[utoipa::path(delete, path = "/api/scenarios/{id}/edits/last", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario"),
           ("If-Match" = Option<String>, Header, description = "the etag that was read")),
    responses((status = 200, description = "the scenario", body = serde_json::Value),
              (status = 409, description = "there is no edit")))]
pub async fn undo_edit(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
    Path(id): Path<u64>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    changed(&state, base, &headers, move |scenarios, base, version| {
        scenarios.undo(base, id, version)
    })
    .await
}

/// Does again what was taken back last (重做).
#[utoipa::path(post, path = "/api/scenarios/{id}/redo", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario"),
           ("If-Match" = Option<String>, Header, description = "the etag that was read")),
    responses((status = 200, description = "the scenario", body = serde_json::Value),
              (status = 409, description = "nothing was taken back")))]
pub async fn redo_edit(
    State(state): State<AppState>,
    Snapshot(base): Snapshot,
    Path(id): Path<u64>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    changed(&state, base, &headers, move |scenarios, base, version| {
        scenarios.redo(base, id, version)
    })
    .await
}

/// What a comparison is told beside its question.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Comparing {
    question: String,
    /// Only the first so many edits.
    #[serde(default)]
    edits: Option<usize>,
    #[serde(default)]
    changed_only: bool,
}

/// A question beside its comparison: the key of the answer.
#[derive(Serialize)]
struct Compared {
    comparing: Comparing,
    question: Question,
}

/// One question asked of the city as it is and of the scenario: both and their difference, row by
/// row (方案对比).
#[utoipa::path(get, path = "/api/scenarios/{id}/compare", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario"),
           ("question" = String, Query, description = "balance, commute, flows, areas, calibers, coverage, station_areas, station_coverage, gaps, blind_spots; its own parameters follow"),
           ("edits" = Option<usize>, Query, description = "only the first so many edits"),
           ("changed_only" = Option<bool>, Query, description = "only rows that differ"),
           ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    responses((status = 200, description = "rows and totals with base, scenario and difference of every number", body = serde_json::Value)))]
pub async fn compare_scenario(
    State(state): State<AppState>,
    asker: Asker,
    Path(id): Path<u64>,
    how: Result<Query<Comparing>, QueryRejection>,
    form: Form,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let own = ["question", "edits", "changed_only", "format", "lang"];
    let fields = InAddress::without(&own, query);
    compared(state, asker, id, asked(how)?, form, &fields).await
}

/// The same for a question in the body: `statistics`, `catchments`, `access`, `siting`, `zoning` …
#[utoipa::path(post, path = "/api/scenarios/{id}/compare", tag = "scenarios",
    params(("id" = u64, Path, description = "the scenario"),
           ("question" = String, Query, description = "the question, its fields in the body"),
           ("edits" = Option<usize>, Query, description = "only the first so many edits"),
           ("changed_only" = Option<bool>, Query, description = "only rows that differ"),
           ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = AskedInBody,
    responses((status = 200, description = "rows and totals with base, scenario and difference of every number", body = serde_json::Value)))]
pub async fn compare_scenario_with(
    State(state): State<AppState>,
    asker: Asker,
    Path(id): Path<u64>,
    how: Result<Query<Comparing>, QueryRejection>,
    form: Form,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, ApiError> {
    let fields = InBody(posted(body)?);
    compared(state, asker, id, asked(how)?, form, &fields).await
}

async fn compared(
    state: AppState,
    mut asker: Asker,
    id: u64,
    comparing: Comparing,
    form: Form,
    fields: &impl Asked<Error = ApiError>,
) -> Result<Response, ApiError> {
    let question = named(&comparing.question, fields)?;
    // Both sides read one snapshot.
    let edits = comparing.edits.unwrap_or(usize::MAX);
    let base = state.city_for(asker.city.as_ref())?;
    let (base, scenario) = state
        .with_scenarios(base, move |scenarios, base| {
            Ok((base.clone(), scenarios.city_after(base, id, edits)?))
        })
        .await?;
    asker.city = Some(scenario);
    let compared = Compared {
        comparing,
        question,
    };
    state
        .ask(
            asker,
            compared,
            form.clone(),
            move |scenario, compared, limits| {
                let changed_only = compared.comparing.changed_only;
                let cities = [&*base, scenario];
                let found =
                    query::compare(cities, &compared.question, form.lang, changed_only, limits)?;
                let title = query::compare_title(&compared.question);
                answer(scenario, &found, form, title)
            },
        )
        .await
}
