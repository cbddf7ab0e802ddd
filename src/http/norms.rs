//! Norm sets: what they are, and the city's own copies.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value as Json_, json};

use super::{ApiError, AppState, snapshot::Snapshot};
use crate::{
    city::City,
    definitions,
    domain::{NormError, NormSet},
    store::{Definition, ImportRecord},
};

/// Every norm set (标准) with what it follows.
#[utoipa::path(get, path = "/api/norms", tag = "norms",
    responses((status = 200, description = "rows: id, title, source, date, own, items, circles; faults: own sets that cannot be used", body = serde_json::Value)))]
pub async fn list_norms(Snapshot(city): Snapshot) -> Json<Json_> {
    let row = |set: &std::sync::Arc<NormSet>| {
        let items = set.items.iter();
        let items = items.map(|item| {
            json!({ "id": item.id, "title": item.title, "layer": item.layer,
                    "circle": item.circle, "required": item.required })
        });
        json!({
            "id": set.id, "title": set.title, "source": set.source, "date": set.date,
            "note": set.note, "own": city.has_own_norms(set.id.as_str()),
            "circles": set.circles, "items": items.collect::<Vec<_>>(),
        })
    };
    let rows: Vec<Json_> = city.norm_sets().map(row).collect();
    let fault =
        |(id, error): &(String, NormError)| json!({ "id": id, "problem": error.to_string() });
    let faults: Vec<Json_> = city.norm_faults().iter().map(fault).collect();
    Json(json!({ "default": NormSet::DEFAULT, "rows": rows, "faults": faults }))
}

/// One norm set, whole: JSON, or TOML where the client accepts that alone.
#[utoipa::path(get, path = "/api/norms/{id}", tag = "norms",
    params(("id" = String, Path, description = "the norm set")),
    responses((status = 200, description = "the set with every figure, its source, date and confidence; a figure without a value is set by the city", body = serde_json::Value)))]
pub async fn find_norms(
    Snapshot(city): Snapshot,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let set = city.norm_set(&id).ok_or_else(|| unknown(&id))?;
    let accepted = headers.get(header::ACCEPT).and_then(|h| h.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.starts_with(TOML)) {
        let text = match city.definition(City::NORMS, &id) {
            Some(stored) if city.has_own_norms(&id) => stored.definition.text.clone(),
            _ => definitions::norms_text(set, city.catalog()),
        };
        let kind = [(header::CONTENT_TYPE, format!("{TOML}; charset=utf-8"))];
        return Ok((kind, text).into_response());
    }
    let mut whole = json!(**set);
    whole["own"] = json!(city.has_own_norms(&id));
    whole["set_by_city"] = json!(set.set_by_city());
    Ok(Json(whole).into_response())
}

const TOML: &str = "application/toml";

/// Keeps a norm set of the city's own, JSON or TOML, in place of the one of the same id.
#[utoipa::path(put, path = "/api/norms/{id}", tag = "norms",
    params(("id" = String, Path, description = "the norm set")),
    request_body(content = String, description = "the whole set as JSON, or as application/toml"),
    responses((status = 200, description = "kept", body = serde_json::Value),
              (status = 400, description = "what does not hold together: item, field and remedy")))]
pub async fn keep_norms(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    text: String,
) -> Result<Json<Json_>, ApiError> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|h| h.to_str().ok());
    let is_toml = kind.is_some_and(|kind| kind.starts_with(TOML));
    let number = state
        .write(move |city, store| {
            let read = match is_toml {
                true => NormSet::parse(&text, city.catalog()),
                false => NormSet::parse_json(&as_kept(&text), city.catalog()),
            };
            let set = read.map_err(refused)?;
            if set.id != *id {
                let problem = format!("is `{}`, the address says `{id}`; write the same", set.id);
                let field = "id".to_owned();
                return Err(ApiError::BadField { field, problem });
            }
            let text = match is_toml {
                true => text,
                false => {
                    toml::to_string_pretty(&set).map_err(|e| ApiError::Internal(e.to_string()))?
                }
            };
            let items = set.items.len() as u64;
            let kept = Definition {
                kind: City::NORMS.into(),
                id: set.id.to_string(),
                text,
                record: ImportRecord {
                    source: set.source.clone(),
                    read: items,
                    kept: items,
                    ..ImportRecord::default()
                },
            };
            Ok(store.put_definitions(&[kept])?)
        })
        .await?;
    Ok(Json(json!({ "data_version": number })))
}

/// Takes the city's own copy away; the built-in set of that id, if any, holds again.
#[utoipa::path(delete, path = "/api/norms/{id}", tag = "norms",
    params(("id" = String, Path, description = "the norm set")),
    responses((status = 204, description = "taken away"), (status = 404, description = "the city has none of its own")))]
pub async fn drop_norms(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    state
        .write(
            move |_, store| match store.remove_definition(City::NORMS, &id)? {
                Some(_) => Ok(StatusCode::NO_CONTENT),
                None => Err(ApiError::NotFound {
                    what: "norm set of the city's own",
                    name: shown(&id),
                }),
            },
        )
        .await
}

/// The text without what [`find_norms`] adds, so that what was got can be put back.
fn as_kept(text: &str) -> String {
    match serde_json::from_str::<serde_json::Map<String, Json_>>(text) {
        Ok(mut set) => {
            set.retain(|key, _| key != "own" && key != "set_by_city");
            json!(set).to_string()
        }
        Err(_) => text.to_owned(),
    }
}

fn refused(error: NormError) -> ApiError {
    let NormError {
        item,
        field,
        problem,
    } = error;
    let field = match (item, field.is_empty()) {
        (Some(item), true) => format!("items.{item}"),
        (Some(item), false) => format!("items.{item}.{field}"),
        (None, true) => "norms".to_owned(),
        (None, false) => field,
    };
    ApiError::BadField { field, problem }
}

fn unknown(id: &str) -> ApiError {
    ApiError::NotFound {
        what: "norm set",
        name: shown(id),
    }
}

fn shown(id: &str) -> String {
    id.chars().take(64).collect()
}
