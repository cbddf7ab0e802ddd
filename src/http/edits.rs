//! Edits of the city: features added, changed, moved, removed; their history, and undoing.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{HeaderMap, header},
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    ApiError, AppState, Document,
    areas::AtPeriod,
    asked::{asked, posted},
    edited::{self, Asked, EditAnswer, Hand},
    etag::{self, seen},
};
use crate::{
    accounts::Actor,
    city::{
        City,
        edit::{self, Editor, FeatureChange, FeatureEdit, History, Plan, Seen},
        scenario::{Add, Alter, Move, Remove},
    },
    domain::{FeatureState, LayerId, Period},
    query,
    store::{HistoryEntry, Store},
};

fn layer_id(layer: &str) -> Result<LayerId, ApiError> {
    layer.parse().map_err(|_| ApiError::NotFound {
        what: "layer",
        name: layer.chars().take(64).collect(),
    })
}

/// Refuses a feature that is not there for whoever edits.
fn check_there(
    state: &AppState,
    hand: &Hand,
    (layer, id): (&LayerId, &str),
    period: Option<&Period>,
) -> Result<(), ApiError> {
    let city = state.city().cleared(hand.clearance);
    Ok(query::feature(&city, layer.as_str(), id, period).map(drop)?)
}

#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFeature {
    #[serde(default)]
    id: Option<String>,
    lon: f64,
    lat: f64,
    #[serde(default)]
    #[schema(value_type = Object)]
    values: Map<String, Value>,
    #[serde(default)]
    reason: String,
}

/// Adds a feature to a layer of points.
#[utoipa::path(post, path = "/api/layers/{layer}/features", tag = "edits",
    params(("layer" = String, Path, description = "the layer"),
           ("period" = Option<String>, Query, description = "reference date"),
           ("Idempotency-Key" = Option<String>, Header, description = "a name of this edit, 1 to 255 visible ASCII letters, e.g. a UUID; sent again with the same one it is not made twice and is answered as the first time, for a day at least")),
    request_body(content = NewFeature, description = "lon, lat, values by attribute, id (given where there is none), reason"),
    responses((status = 201, description = "the feature, its address in `Location`, its version in the etag", body = serde_json::Value),
              (status = 400, description = "`faults`: field and message in both languages", body = serde_json::Value),
              (status = 422, description = "the key was given to another edit before")))]
pub async fn add_feature(
    State(state): State<AppState>,
    actor: Actor,
    Path(layer): Path<String>,
    at: Result<Query<AtPeriod>, QueryRejection>,
    headers: HeaderMap,
    new: Result<Json<NewFeature>, JsonRejection>,
) -> Result<Response, ApiError> {
    let (at, new) = (asked(at)?, posted(new)?);
    let hand = Hand::of(&state, &actor);
    let key = hand.key(&headers, &("add", &layer, &at.period, &new))?;
    let change = FeatureChange::Add(Add {
        layer: layer_id(&layer)?,
        id: new.id,
        lon: new.lon,
        lat: new.lat,
        values: new.values,
        period: at.period,
    });
    let edits = [FeatureEdit {
        change,
        version: None,
    }];
    let asked = Asked {
        hand,
        why: new.reason,
        key,
        plan: move |city: &City, _: &dyn Store, editor: &Editor<'_>| {
            Ok(edit::plan(city, editor, &edits)?)
        },
        answer: EditAnswer::of_new,
    };
    edited::make(&state, asked).await
}

#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedFeature {
    #[serde(default)]
    #[schema(value_type = Object)]
    values: Map<String, Value>,
    #[serde(default)]
    lon: Option<f64>,
    #[serde(default)]
    lat: Option<f64>,
    #[serde(default)]
    reason: String,
}

/// Changes values of a feature, moves it, or both.
#[utoipa::path(patch, path = "/api/layers/{layer}/features/{id}", tag = "edits",
    params(("layer" = String, Path, description = "the layer"),
           ("id" = String, Path, description = "the feature"),
           ("period" = Option<String>, Query, description = "reference date"),
           ("If-Match" = String, Header, description = "the etag of the feature as it was read"),
           ("Idempotency-Key" = Option<String>, Header, description = "a name of this edit, 1 to 255 visible ASCII letters, e.g. a UUID; sent again with the same one it is not made twice and is answered as the first time, for a day at least")),
    request_body(content = ChangedFeature, description = "values by attribute (`null` makes one missing), lon and lat, reason"),
    responses((status = 200, description = "the feature as it is now", body = serde_json::Value),
              (status = 400, description = "`faults`: field and message in both languages", body = serde_json::Value),
              (status = 412, description = "`conflicts`: the feature as somebody else left it", body = serde_json::Value),
              (status = 428, description = "If-Match is lacking"),
              (status = 422, description = "the key was given to another edit before")))]
pub async fn change_feature(
    State(state): State<AppState>,
    actor: Actor,
    Path((layer, id)): Path<(String, String)>,
    at: Result<Query<AtPeriod>, QueryRejection>,
    headers: HeaderMap,
    changed: Result<Json<ChangedFeature>, JsonRejection>,
) -> Result<Response, ApiError> {
    let (at, layer, changed) = (asked(at)?, layer_id(&layer)?, posted(changed)?);
    let hand = Hand::of(&state, &actor);
    let named = (&layer, &id, &at.period, tag(&headers));
    let key = hand.key(&headers, &("change", named, &changed))?;
    let why = changed.reason.clone();
    let shown = state.clone();
    let asked = Asked {
        hand: hand.clone(),
        why,
        key,
        plan: move |city: &City, _: &dyn Store, editor: &Editor<'_>| {
            check_there(&shown, &hand, (&layer, &id), at.period.as_ref())?;
            let version = version(&headers)?;
            let changes = changes(layer, id, at.period, changed)?;
            let with_version = |change| FeatureEdit {
                change,
                version: Some(version.clone()),
            };
            let edits: Vec<FeatureEdit> = changes.into_iter().map(with_version).collect();
            Ok(edit::plan(city, editor, &edits)?)
        },
        answer: EditAnswer::of_feature,
    };
    edited::make(&state, asked).await
}

/// What a request changes of a feature.
fn changes(
    layer: LayerId,
    id: String,
    period: Option<Period>,
    changed: ChangedFeature,
) -> Result<Vec<FeatureChange>, ApiError> {
    let mut changes = Vec::new();
    if !changed.values.is_empty() {
        changes.push(FeatureChange::Alter(Alter {
            layer: layer.clone(),
            id: id.clone(),
            values: changed.values,
            period: period.clone(),
        }));
    }
    match (changed.lon, changed.lat) {
        (Some(lon), Some(lat)) => changes.push(FeatureChange::Move(Move {
            layer,
            id,
            lon,
            lat,
            period,
        })),
        (None, None) => {}
        _ => {
            return Err(ApiError::BadField {
                field: "lon".into(),
                problem: "a place has both lon and lat (经度、纬度须同时给出)".into(),
            });
        }
    }
    if changes.is_empty() {
        return Err(ApiError::BadField {
            field: "values".into(),
            problem: "nothing to change; name a value or a place (没有要改的内容)".into(),
        });
    }
    Ok(changes)
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    period: Option<Period>,
    #[serde(default)]
    reason: String,
}

/// Removes a feature; its history stays, and undoing brings it back.
#[utoipa::path(delete, path = "/api/layers/{layer}/features/{id}", tag = "edits",
    params(("layer" = String, Path, description = "the layer"),
           ("id" = String, Path, description = "the feature"),
           ("period" = Option<String>, Query, description = "reference date"),
           ("reason" = Option<String>, Query, description = "why"),
           ("If-Match" = String, Header, description = "the etag of the feature as it was read"),
           ("Idempotency-Key" = Option<String>, Header, description = "a name of this edit, 1 to 255 visible ASCII letters, e.g. a UUID; sent again with the same one it is not made twice and is answered as the first time, for a day at least")),
    responses((status = 200, description = "that it is gone, and the version of the data", body = serde_json::Value),
              (status = 412, description = "`conflicts`: the feature as somebody else left it", body = serde_json::Value),
              (status = 428, description = "If-Match is lacking"),
              (status = 422, description = "the key was given to another edit before")))]
pub async fn remove_feature(
    State(state): State<AppState>,
    actor: Actor,
    Path((layer, id)): Path<(String, String)>,
    removal: Result<Query<Removal>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (removal, layer) = (asked(removal)?, layer_id(&layer)?);
    let hand = Hand::of(&state, &actor);
    let named = (&layer, &id, &removal, tag(&headers));
    let key = hand.key(&headers, &("remove", named))?;
    let shown = state.clone();
    let Removal { period, reason } = removal;
    let asked = Asked {
        hand: hand.clone(),
        why: reason,
        key,
        plan: move |city: &City, _: &dyn Store, editor: &Editor<'_>| {
            check_there(&shown, &hand, (&layer, &id), period.as_ref())?;
            let version = version(&headers)?;
            let change = FeatureChange::Remove(Remove { layer, id, period });
            let edits = [FeatureEdit {
                change,
                version: Some(version),
            }];
            Ok(edit::plan(city, editor, &edits)?)
        },
        answer: EditAnswer::of_feature,
    };
    edited::make(&state, asked).await
}

/// The etag that a writer has seen, as it was sent.
fn tag(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::IF_MATCH)?.to_str().ok()
}

/// The version of a feature that is there, as an edit names it.
fn version(headers: &HeaderMap) -> Result<String, ApiError> {
    match seen(headers)? {
        Seen::Any => Ok("*".into()),
        Seen::Version(version) => Ok(version.to_string()),
        Seen::Gone => Err(ApiError::BadField {
            field: "If-Match".into(),
            problem: "the feature was gone when it was read; undo brings it back".into(),
        }),
    }
}

#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRequest {
    #[schema(value_type = Vec<FeatureEdit>)]
    edits: Vec<Value>,
    #[serde(default)]
    reason: String,
}

/// Makes many edits in one commit, all or none.
///
/// Each edit has a `kind`: `add` (layer, lon, lat, values, id), `change` (layer, id, values), `move`
/// (layer, id, lon, lat) or `remove` (layer, id), and a `period` where it is not the newest. All but
/// `add` name the `version` of the feature that was seen, once for each feature.
#[utoipa::path(post, path = "/api/edits", tag = "edits",
    params(("Idempotency-Key" = Option<String>, Header, description = "a name of this edit, 1 to 255 visible ASCII letters, e.g. a UUID; sent again with the same one it is not made twice and is answered as the first time, for a day at least")),
    request_body(content = EditRequest, description = "edits (1 to 5000) and a reason"),
    responses((status = 200, description = "rows of the features with their versions now, and the version of the data", body = serde_json::Value),
              (status = 400, description = "`faults`: number of the edit, field and message in both languages", body = serde_json::Value),
              (status = 412, description = "`conflicts`: the features as somebody else left them", body = serde_json::Value),
              (status = 422, description = "the key was given to another edit before")))]
pub async fn make_edits(
    State(state): State<AppState>,
    actor: Actor,
    headers: HeaderMap,
    request: Result<Json<EditRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    let request = posted(request)?;
    let hand = Hand::of(&state, &actor);
    let key = hand.key(&headers, &("edits", &request))?;
    let edits = (1..).zip(request.edits).map(|(number, edit)| {
        serde_json::from_value(edit).map_err(|error| ApiError::BadField {
            field: format!("edits[{number}]"),
            problem: error.to_string(),
        })
    });
    let edits: Vec<FeatureEdit> = edits.collect::<Result<_, _>>()?;
    let count = edits.len();
    let asked = Asked {
        hand,
        why: request.reason,
        key,
        plan: move |city: &City, _: &dyn Store, editor: &Editor<'_>| {
            Ok(edit::plan(city, editor, &edits)?)
        },
        answer: move |_: &City, plan: &Plan| EditAnswer::of_all(plan, count),
    };
    edited::make(&state, asked).await
}

/// The edits of a feature, the newest first, with what it was before and after each.
///
/// Imports and edits of other programs are not among them.
#[utoipa::path(get, path = "/api/layers/{layer}/features/{id}/history", tag = "edits",
    params(("layer" = String, Path, description = "the layer"),
           ("id" = String, Path, description = "the feature, which may be gone"),
           ("period" = Option<String>, Query, description = "reference date")),
    responses((status = 200, description = "rows of edits; the etag goes into `If-Match` of undoing", body = serde_json::Value)))]
pub async fn list_history(
    State(state): State<AppState>,
    actor: Actor,
    Path((layer, id)): Path<(String, String)>,
    at: Result<Query<AtPeriod>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (at, layer) = (asked(at)?, layer_id(&layer)?);
    let hand = Hand::of(&state, &actor);
    state
        .ask_store(move |city, store| {
            let named = (&layer, &*id, at.period.as_ref());
            let found = edit::history(city, store, &hand.editor(""), named)?;
            let version = found.now.as_ref().map(|now| now.version(&found.layer));
            let rows = found.edits.iter().map(|entry| row(&found, &id, entry));
            let rows: Vec<Value> = rows.collect();
            let answer = json!({
                "layer": found.layer.id, "period": found.period, "id": id, "version": version,
                "rows": rows,
            });
            let tag = version.map_or(etag::GONE.to_owned(), |version| version.to_string());
            Ok(Document::json(&answer)?.tagged(&tag).respond(&headers))
        })
        .await
}

fn row(found: &History, id: &str, entry: &HistoryEntry) -> Value {
    let state = |state: &Option<FeatureState>| {
        let state = state.as_ref();
        state.map(|state| query::feature_state(&found.layer, id, state))
    };
    let kind = match (&entry.before, &entry.after) {
        (None, _) => "add",
        (_, None) => "remove",
        (Some(before), Some(after)) if before.values == after.values => "move",
        _ => "change",
    };
    json!({
        "number": entry.number, "at": entry.at, "who": entry.who, "why": entry.why,
        "undoes": entry.undoes, "kind": kind,
        "before": state(&entry.before), "after": state(&entry.after),
    })
}

#[derive(Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undone {
    #[serde(default)]
    number: Option<u64>,
    #[serde(default)]
    reason: String,
}

/// Makes a feature again what it was before one of its edits, the last one without a number: a new
/// edit, which can be undone too.
#[utoipa::path(post, path = "/api/layers/{layer}/features/{id}/undo", tag = "edits",
    params(("layer" = String, Path, description = "the layer"),
           ("id" = String, Path, description = "the feature, which may be gone"),
           ("period" = Option<String>, Query, description = "reference date"),
           ("If-Match" = String, Header, description = "the etag of the feature or of its history as it was read"),
           ("Idempotency-Key" = Option<String>, Header, description = "a name of this edit, 1 to 255 visible ASCII letters, e.g. a UUID; sent again with the same one it is not made twice and is answered as the first time, for a day at least")),
    request_body(content = Undone, description = "number of the edit, reason"),
    responses((status = 200, description = "the feature as it is now, or that it is gone", body = serde_json::Value),
              (status = 409, description = "there is no edit to undo"),
              (status = 412, description = "`conflicts`: the feature as somebody else left it", body = serde_json::Value),
              (status = 428, description = "If-Match is lacking"),
              (status = 422, description = "the key was given to another edit before")))]
pub async fn undo_feature_edit(
    State(state): State<AppState>,
    actor: Actor,
    Path((layer, id)): Path<(String, String)>,
    at: Result<Query<AtPeriod>, QueryRejection>,
    headers: HeaderMap,
    undone: Result<Json<Undone>, JsonRejection>,
) -> Result<Response, ApiError> {
    let (at, layer) = (asked(at)?, layer_id(&layer)?);
    let seen = seen(&headers)?;
    let undone = posted(undone)?;
    let hand = Hand::of(&state, &actor);
    let named = (&layer, &id, &at.period, tag(&headers));
    let key = hand.key(&headers, &("undo", named, &undone))?;
    let Undone { number, reason } = undone;
    let asked = Asked {
        hand,
        why: reason,
        key,
        plan: move |city: &City, store: &dyn Store, editor: &Editor<'_>| {
            let named = (&layer, &*id, at.period.as_ref());
            Ok(edit::undo(city, store, editor, (named, seen), number)?)
        },
        answer: EditAnswer::of_feature,
    };
    edited::make(&state, asked).await
}
