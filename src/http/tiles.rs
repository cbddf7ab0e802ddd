//! Vector tiles, TileJSON and styles.

use std::sync::Arc;

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{ApiError, AppState, asked::asked, etag, snapshot::Snapshot};
use crate::{
    city::{City, LoadedLayer},
    domain::{Layer, Period, TileCoord},
    query::{self, QueryError},
    tiles::{self, Encoded, Encoding, TileKey},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileQuery {
    period: Option<Period>,
    /// CQL2 text.
    #[serde(default, rename = "where")]
    condition: Option<String>,
    /// Any text: a new one asks for the tile anew.
    #[serde(default, rename = "v")]
    _version: Option<String>,
}

/// A Mapbox Vector Tile of a layer.
#[utoipa::path(get, path = "/tiles/{layer}/{z}/{x}/{y}", tag = "tiles",
    params(("layer" = String, Path, description = "the layer"), ("z" = u8, Path, description = "zoom"),
           ("x" = u32, Path, description = "column"), ("y" = u32, Path, description = "row"),
           ("period" = Option<String>, Query, description = "reference date"),
           ("where" = Option<String>, Query, description = "CQL2 text that features meet; applied before summing")),
    responses((status = 200, description = "the tile", content_type = "application/vnd.mapbox-vector-tile"),
              (status = 204, description = "nothing is inside"), (status = 304, description = "not changed")))]
pub async fn find_tile(
    State(state): State<AppState>,
    Snapshot(city): Snapshot,
    path: Result<Path<(String, u8, u32, String)>, PathRejection>,
    question: Result<Query<TileQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let question = asked(question)?;
    let Path((layer, z, x, y)) = path.map_err(|e| bad("z", e.body_text()))?;
    let y = y
        .strip_suffix(".mvt")
        .or_else(|| y.strip_suffix(".pbf"))
        .unwrap_or(&y);
    let y: u32 = y.parse().map_err(|_| bad("y", "a row is a whole number"))?;
    let tile = TileCoord::new(z, x, y).map_err(|e| bad("z", e.to_string()))?;
    let missing = || ApiError::NotFound {
        what: "layer",
        name: layer.chars().take(64).collect(),
    };
    if city.catalog().layer(&layer).is_none() {
        return Err(missing());
    }
    let period = question.period.as_ref();
    let Some(loaded) = city.layer(&layer, period) else {
        return match query::no_state(&city, &layer, period) {
            // The layer is there, without any data.
            QueryError::NotFound { .. } => Ok(empty()),
            later => Err(later.into()),
        };
    };
    let condition = question.condition.filter(|text| !text.trim().is_empty());
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let key = TileKey {
        layer: loaded.layer().id.clone(),
        period: loaded.index.period().clone(),
        version: loaded.version,
        publication: city.publication(),
        tile,
        filter: condition.as_deref().map(Into::into),
        encoding: Encoding::accepted(accepted),
    };
    let Some(encoded) = encoded(&state, loaded.clone(), key).await? else {
        return Ok(empty());
    };
    let same = etag::known(&headers, &encoded.etag).is_some();
    Ok(respond(encoded, same))
}

/// The tile from the cache, or made away from the threads that serve requests.
async fn encoded(
    state: &AppState,
    loaded: Arc<LoadedLayer>,
    key: TileKey,
) -> Result<Option<Encoded>, ApiError> {
    if let Some(known) = state.tiles.known(&key) {
        return Ok(known);
    }
    let filter = query::condition(&loaded, key.filter.as_deref())?;
    let turn = state.tile_turns.clone().acquire_owned().await;
    let turn = turn.map_err(|e| ApiError::Internal(e.to_string()))?;
    let state = state.clone();
    let making = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let (tile, encoding, publication) = (key.tile, key.encoding, key.publication);
        state.tiles.get_or_make(key, || {
            let shapes = state.shapes(&loaded, publication);
            let tile = tiles::encode(&loaded.index, &shapes, tile, filter.as_ref())?;
            Some(Encoded::new(&tile, encoding))
        })
    });
    making.await.map_err(|e| ApiError::Internal(e.to_string()))
}

fn bad(field: &str, problem: impl Into<String>) -> ApiError {
    ApiError::BadField {
        field: field.to_owned(),
        problem: problem.into(),
    }
}

fn empty() -> Response {
    let cache = [(header::CACHE_CONTROL, "no-cache")];
    (StatusCode::NO_CONTENT, cache).into_response()
}

fn respond(encoded: Encoded, same: bool) -> Response {
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        encoded.body.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/vnd.mapbox-vector-tile"),
    );
    // The client may keep it, but asks each time whether it still holds.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&encoded.etag) {
        headers.insert(header::ETAG, etag);
    }
    if let Some(name) = encoded.encoding.name().filter(|_| !same) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    if encoded.generalized {
        headers.insert("x-suitu-generalized", HeaderValue::from_static("1"));
    }
    response
}

/// TileJSON 3 of a layer; the name ends in `.json`.
#[utoipa::path(get, path = "/tiles/{name}", tag = "tiles",
    params(("name" = String, Path, description = "the layer with .json"),
           ("period" = Option<String>, Query, description = "reference date"),
           ("where" = Option<String>, Query, description = "CQL2 text, handed on to the tiles")),
    responses((status = 200, description = "TileJSON", body = serde_json::Value)))]
pub async fn find_tilejson(
    Snapshot(city): Snapshot,
    Path(name): Path<String>,
    question: Result<Query<TileQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let question = asked(question)?;
    let layer = name.strip_suffix(".json").unwrap_or(&name);
    let period = question.period.as_ref();
    let loaded = city.layer(layer, period);
    let loaded = loaded.ok_or_else(|| query::no_state(&city, layer, period))?;
    let filter = query::condition(loaded, question.condition.as_deref())?;
    let period = question.period.map(|period| period.to_string());
    let condition = filter.map(|filter| filter.text().to_string());
    let scenario = city.scenario().map(|scenario| scenario.id.to_string());
    let handed_on = [
        ("period", period),
        ("where", condition),
        ("scenario", scenario),
    ];
    let handed_on: Vec<(&str, String)> = handed_on
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let query = match serde_urlencoded::to_string(&handed_on) {
        Ok(query) if !query.is_empty() => format!("?{query}"),
        _ => String::new(),
    };
    let document = tiles::tilejson(
        &loaded.index,
        &base_url(&headers),
        &query,
        &attribution(&city, loaded),
    );
    Ok(Json(document).into_response())
}

/// A map style that MapLibre and QGIS can load; the name is `default` or a layer.
#[utoipa::path(get, path = "/styles/{name}", tag = "tiles",
    params(("name" = String, Path, description = "default or a layer, with .json")),
    responses((status = 200, description = "a MapLibre style", body = serde_json::Value)))]
pub async fn find_style(
    Snapshot(city): Snapshot,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = name.strip_suffix(".json").unwrap_or(&name);
    let loaded: Vec<&Arc<LoadedLayer>> = match name {
        "default" => city.layers_at(None).collect(),
        layer => city.layer(layer, None).into_iter().collect(),
    };
    if loaded.is_empty() && name != "default" {
        return Err(ApiError::NotFound {
            what: "style",
            name: name.chars().take(64).collect(),
        });
    }
    let layers: Vec<&Layer> = loaded.iter().map(|l| &**l.layer()).collect();
    Ok(Json(tiles::style(name, &layers, &base_url(&headers))).into_response())
}

/// How the client reached this server.
fn base_url(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("127.0.0.1:8080");
    format!("http://{host}")
}

fn attribution(city: &City, loaded: &LoadedLayer) -> String {
    let source = loaded
        .records
        .last()
        .map_or("", |record| record.source.as_str());
    let marking = city.setting(crate::city::Setting::MarkingZh);
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    format!("{} · {}", escape(source), escape(marking))
}
