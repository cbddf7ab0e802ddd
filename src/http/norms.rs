//! Norm sets: what they are, and the city's own copies.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value as Json_, json};

use super::{ApiError, AppState, accounts::Noted, etag::etag, snapshot::Snapshot};
use crate::{
    city::City,
    definitions,
    domain::{NormError, NormSet},
    store::{Definition, ImportRecord},
};

/// Every norm set (标准) with what it follows.
#[utoipa::path(get, path = "/api/norms", tag = "norms",
    responses((status = 200, description = "rows: id, title, source and the same in English (source_en), date, own, items, circles; faults: own sets that cannot be used", body = serde_json::Value)))]
pub async fn list_norms(Snapshot(city): Snapshot) -> Json<Json_> {
    let row = |set: &std::sync::Arc<NormSet>| {
        let items = set.items.iter();
        let items = items.map(|item| {
            json!({ "id": item.id, "title": item.title, "layer": item.layer,
                    "circle": item.circle, "required": item.required })
        });
        json!({
            "id": set.id, "title": set.title, "source": set.source, "source_en": set.source_en,
            "date": set.date, "note": set.note, "own": city.has_own_norms(set.id.as_str()),
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
    let tag = |form: &str| [(header::ETAG, format!("\"{}.{form}\"", version(&city, set)))];
    let accepted = headers.get(header::ACCEPT).and_then(|h| h.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.starts_with(TOML)) {
        let text = match city.definition(City::NORMS, &id) {
            Some(stored) if city.has_own_norms(&id) => stored.definition.text.clone(),
            _ => definitions::norms_text(set, city.catalog()),
        };
        let kind = [(header::CONTENT_TYPE, format!("{TOML}; charset=utf-8"))];
        return Ok((tag("toml"), kind, text).into_response());
    }
    let mut whole = json!(**set);
    whole["own"] = json!(city.has_own_norms(&id));
    whole["set_by_city"] = json!(set.set_by_city());
    Ok((tag("json"), Json(whole)).into_response())
}

/// What a set is as a whole, and whether it is the city's own.
fn version(city: &City, set: &NormSet) -> String {
    let whole = json!([set, city.has_own_norms(set.id.as_str())]).to_string();
    etag(whole.as_bytes()).trim_matches('"').to_owned()
}

/// Whether a set is still the one that a writer has seen, where the writer says which.
///
/// # Errors
/// Somebody changed it, or took it away, in the meantime.
fn still_as_seen(city: &City, id: &str, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(tag) = headers.get(header::IF_MATCH) else {
        return Ok(());
    };
    let tag = tag.to_str().unwrap_or("").trim().trim_start_matches("W/");
    let seen = tag.trim_matches('"').split(['.', '-']).next();
    let now = city.norm_set(id).map(|set| version(city, set));
    match (seen, now) {
        (Some("*"), Some(_)) => Ok(()),
        (Some(seen), Some(now)) if seen == now => Ok(()),
        _ => Err(ApiError::Changed(format!(
            "the norm set `{}` was changed meanwhile: read it again, then repeat what you did \
             (标准已被他人修改，请重新读取后再改)",
            shown(id)
        ))),
    }
}

/// Which figures a set has changed, `primary_school.walk 10 → 15 min`, for the record.
fn changed(before: Option<&NormSet>, after: &NormSet) -> String {
    let told = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |value| value.to_string());
    let mut changes = vec![after.id.to_string()];
    for item in &after.items {
        let old = before.and_then(|set| set.item(item.id.as_str()));
        for (field, figure) in item.figures() {
            let old = old.and_then(|old| old.figures().find(|(known, _)| *known == field));
            let old = old.map(|(_, figure)| figure);
            if old != Some(figure) {
                let was = told(old.and_then(|old| old.value));
                let (now, unit, source) = (told(figure.value), &figure.unit, &figure.source);
                changes.push(format!(
                    "{}.{field} {was} → {now} {unit} ({source})",
                    item.id
                ));
            }
        }
    }
    changes.join("; ")
}

const TOML: &str = "application/toml";

/// Keeps a norm set of the city's own, JSON or TOML, in place of the one of the same id.
#[utoipa::path(put, path = "/api/norms/{id}", tag = "norms",
    params(("id" = String, Path, description = "the norm set"),
           ("If-Match" = Option<String>, Header, description = "the etag of the set as it was read; without it whatever stands is replaced")),
    request_body(content = String, description = "the whole set as JSON, or as application/toml"),
    responses((status = 200, description = "kept", body = serde_json::Value),
              (status = 400, description = "what does not hold together: item, field and remedy"),
              (status = 412, description = "somebody changed the set meanwhile")))]
pub async fn keep_norms(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    text: String,
) -> Result<Response, ApiError> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|h| h.to_str().ok());
    let is_toml = kind.is_some_and(|kind| kind.starts_with(TOML));
    let (number, noted) = state
        .write(move |city, store| {
            still_as_seen(city, &id, &headers)?;
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
            let noted = changed(city.norm_set(&id).map(|set| &**set), &set);
            let items = set.items.len() as u64;
            let kept = Definition {
                kind: City::NORMS.into(),
                id: set.id.to_string(),
                text,
                record: ImportRecord {
                    source: set.source.clone(),
                    source_en: set.source_en.clone(),
                    read: items,
                    kept: items,
                    ..ImportRecord::default()
                },
            };
            Ok((store.put_definitions(&[kept])?, noted))
        })
        .await?;
    let mut response = Json(json!({ "data_version": number })).into_response();
    response.extensions_mut().insert(Noted(noted));
    Ok(response)
}

/// Takes the city's own copy away; the built-in set of that id, if any, holds again.
#[utoipa::path(delete, path = "/api/norms/{id}", tag = "norms",
    params(("id" = String, Path, description = "the norm set"),
           ("If-Match" = Option<String>, Header, description = "the etag of the set as it was read")),
    responses((status = 204, description = "taken away"), (status = 404, description = "the city has none of its own"),
              (status = 412, description = "somebody changed the set meanwhile")))]
pub async fn drop_norms(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    state
        .write(move |city, store| {
            still_as_seen(city, &id, &headers)?;
            match store.remove_definition(City::NORMS, &id)? {
                Some(_) => Ok(StatusCode::NO_CONTENT),
                None => Err(ApiError::NotFound {
                    what: "norm set of the city's own",
                    name: shown(&id),
                }),
            }
        })
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
    ApiError::BadField {
        field,
        problem: problem.en,
    }
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
