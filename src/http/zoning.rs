//! Layout classes, their rules and what was set by hand; targets beside what is so.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    ApiError, AppState, Asker, Document,
    answers::{Form, Format, answer},
    asked::{Posted, With, asked, posted},
    questions::title,
    snapshot::Snapshot,
};
use crate::{
    city::City,
    clock,
    domain::Title,
    query::{self, Limits, OverrideRequest, PlanQuery, QueryError, ZONING_KIND, ZoningQuery},
    store::{Definition, ImportRecord},
};

/// The population layout class of every area, with its reasons (人口布局分类).
#[utoipa::path(get, path = "/api/zoning", tag = "questions",
    params(
        ("level" = Option<String>, Query, description = "an area level; subdistrict without it"),
        ("rules" = Option<String>, Query, description = "the id of a rule set; default without it"),
        ("area" = Option<String>, Query, description = "only what lies in the area of this code"),
        ("plan_year" = Option<i32>, Query, description = "the year of the plan; that of the rules without it"),
        ("swing" = Option<f64>, Query, description = "the part by which thresholds are moved for stability, 0.1 without it"),
        ("period" = Option<String>, Query, description = "reference date; the newest state at or before it"),
        ("caliber" = Option<String>, Query, description = "the population attribute"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows, classes, districts, stability, conflicts, rules, provenance", body = serde_json::Value)))]
pub async fn list_zoning(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<ZoningQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(asker, question, form.clone(), classified(form))
        .await
}

/// The same by rules or thresholds that come with the question.
#[utoipa::path(post, path = "/api/zoning", tag = "questions",
    params(("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = ZoningQuery,
    responses((status = 200, description = "as GET", body = serde_json::Value)))]
pub async fn compute_zoning(
    State(state): State<AppState>,
    asker: Asker,
    Posted(With { question, form }): Posted<ZoningQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(asker, question, form.clone(), classified(form))
        .await
}

fn classified(
    form: Form,
) -> impl FnOnce(&City, &ZoningQuery, &Limits) -> Result<Document, ApiError> + Send + 'static {
    move |city, question, limits| {
        let found = query::zoning(city, question, limits)?;
        match form.format {
            Format::Json => Document::json(&found),
            _ => {
                let flat = query::flat_zoning(&found, form.lang);
                answer(city, &flat, form, zoning_title())
            }
        }
    }
}

fn zoning_title() -> Title {
    title("人口布局分类", "Population layout classes")
}

/// Every rule set that the city may be classified by.
#[utoipa::path(get, path = "/api/zoning/rules", tag = "questions",
    responses((status = 200, description = "rows of rule sets", body = serde_json::Value)))]
pub async fn list_rules(Snapshot(city): Snapshot) -> impl IntoResponse {
    Json(query::rule_sets_json(&city))
}

/// Keeps a rule set as the city's own, in place of the one of the same id.
#[utoipa::path(put, path = "/api/zoning/rules/{id}", tag = "questions",
    params(("id" = String, Path, description = "the id of the rule set")),
    request_body = crate::domain::zoning::ZoningRules,
    responses((status = 200, description = "the rule set", body = serde_json::Value)))]
pub async fn put_rules(
    State(state): State<AppState>,
    Path(id): Path<String>,
    rules: Result<Json<serde_json::Value>, JsonRejection>,
) -> Result<Response, ApiError> {
    let json = posted(rules)?;
    let rules = crate::domain::zoning::ZoningRules::from_json("rules", &json).map_err(|error| {
        ApiError::from(QueryError::Field {
            field: "rules",
            problem: error.inside().en,
        })
    })?;
    if rules.id != id {
        let problem = format!("`{}` is not the id in the address, `{id}`", rules.id);
        return Err(ApiError::BadField {
            field: "id".into(),
            problem,
        });
    }
    let stored = rules.clone();
    state
        .write(move |_, store| {
            let text = toml::to_string(&stored).map_err(|e| ApiError::Internal(e.to_string()))?;
            let definition = Definition {
                kind: ZONING_KIND.into(),
                id: stored.id.clone(),
                text,
                record: ImportRecord {
                    source: stored.source.clone(),
                    source_en: stored.source_en.clone(),
                    imported_at: clock::now(),
                    ..ImportRecord::default()
                },
            };
            Ok(store.put_definitions(&[definition])?)
        })
        .await?;
    Ok(Json(rules).into_response())
}

/// Gives up the city's own rule set of this id; a built-in one of the same id holds again.
#[utoipa::path(delete, path = "/api/zoning/rules/{id}", tag = "questions",
    params(("id" = String, Path, description = "the id of the rule set")),
    responses((status = 204, description = "gone")))]
pub async fn remove_rules(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    state
        .write(
            move |_, store| match store.remove_definition(ZONING_KIND, &id)? {
                Some(_) => Ok(StatusCode::NO_CONTENT),
                None => Err(ApiError::NotFound {
                    what: "rule set of the city's own",
                    name: id,
                }),
            },
        )
        .await
}

/// Every class that was set by hand, with what was before.
#[utoipa::path(get, path = "/api/zoning/overrides", tag = "questions",
    responses((status = 200, description = "rows of overrides, the newest first", body = serde_json::Value)))]
pub async fn list_overrides(Snapshot(city): Snapshot) -> impl IntoResponse {
    Json(query::list_overrides(&city))
}

/// Sets the class of an area by hand, with who and why.
#[utoipa::path(put, path = "/api/zoning/overrides/{code}", tag = "questions",
    params(("code" = String, Path, description = "the code of the area")),
    request_body = OverrideRequest,
    responses((status = 200, description = "all overrides", body = serde_json::Value)))]
pub async fn put_override(
    State(state): State<AppState>,
    Path(code): Path<String>,
    request: Result<Json<OverrideRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    let request = posted(request)?;
    if request.class.is_none() {
        return Err(ApiError::BadField {
            field: "class".into(),
            problem: "is missing; DELETE takes an override back".into(),
        });
    }
    write_override(state, code, request).await
}

/// Takes an override back, with who and why; what it was stays listed.
#[utoipa::path(delete, path = "/api/zoning/overrides/{code}", tag = "questions",
    params(
        ("code" = String, Path, description = "the code of the area"),
        ("level" = Option<String>, Query, description = "the level of the area"),
        ("rules" = Option<String>, Query, description = "the id of the rule set"),
        ("by" = String, Query, description = "who takes it back"),
        ("reason" = String, Query, description = "why"),
    ),
    responses((status = 200, description = "all overrides", body = serde_json::Value)))]
pub async fn remove_override(
    State(state): State<AppState>,
    Path(code): Path<String>,
    request: Result<Query<OverrideRequest>, QueryRejection>,
) -> Result<Response, ApiError> {
    let mut request = asked(request)?;
    request.class = None;
    write_override(state, code, request).await
}

async fn write_override(
    state: AppState,
    code: String,
    request: OverrideRequest,
) -> Result<Response, ApiError> {
    state
        .write(move |city, store| {
            let definition = query::set_override(city, &code, &request, clock::now())?;
            Ok(store.put_definitions(&[definition])?)
        })
        .await?;
    Ok(Json(query::list_overrides(&state.city())).into_response())
}

/// Targets of plans beside what is so, with the year of both (规划目标与现状).
#[utoipa::path(get, path = "/api/plan", tag = "questions",
    params(
        ("level" = Option<String>, Query, description = "city, group or an area level; all without it"),
        ("area" = Option<String>, Query, description = "only areas whose code begins so"),
        ("year" = Option<i32>, Query, description = "the year of the target"),
        ("indicator" = Option<String>, Query, description = "the count, e.g. usual_residents"),
        ("superseded" = Option<bool>, Query, description = "whether replaced figures are listed too"),
        ("period" = Option<String>, Query, description = "what is so at or before this date"),
        ("format" = Option<String>, Query, description = "json, csv, xlsx or geojson"),
        ("lang" = Option<String>, Query, description = "zh or en"),
    ),
    responses((status = 200, description = "rows, provenance", body = serde_json::Value)))]
pub async fn list_plan(
    State(state): State<AppState>,
    asker: Asker,
    With { question, form }: With<PlanQuery>,
) -> Result<Response, ApiError> {
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let found = query::plan(city, question, limits)?;
                match form.format {
                    Format::Json => Document::json(&found),
                    _ => {
                        let flat = query::flat_plan(&found, form.lang);
                        let title = title("规划目标与现状", "Plan and actual");
                        answer(city, &flat, form, title)
                    }
                }
            },
        )
        .await
}
