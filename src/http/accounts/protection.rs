use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{ApiError, AppState, asked::posted},
    Noted,
};
use crate::{
    protection::{Policy, PolicyError, PublishError},
    publication::{KeyTold, Publisher, PublisherError, Status, key_file::KeyError},
};

/// The protected city (统计保护): whether it is served, k, the fingerprint of the key, the day of the
/// publication, and whether the exact city has changed since. The key itself is told to nobody.
#[utoipa::path(get, path = "/api/protection", tag = "accounts",
    responses((status = 200, description = "served, publishes, key, publication, behind, publishing, failed, and the k that may be chosen", body = serde_json::Value)))]
pub async fn find_protection(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    Ok(Json(status(&state).await?))
}

async fn status(state: &AppState) -> Result<Value, ApiError> {
    let status = match state.publisher.clone() {
        Some(publisher) => at_work(move || publisher.status()).await?,
        None => {
            let published = state.published();
            Status {
                served: published.is_some(),
                publication: published.and_then(|city| city.protection().cloned()),
                ..Status::default()
            }
        }
    };
    let mut told = json!(status);
    told["k"] = json!({
        "least": Policy::LEAST_K, "most": Policy::MOST_K, "default": Policy::DEFAULT_K,
    });
    told["cell_m"] = json!(Policy::CELL_M);
    Ok(told)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// Every published count is a multiple of it.
    k: u32,
}

/// Makes the key with k, once for a city and for ever; the city is published by it at once.
#[utoipa::path(post, path = "/api/protection/key", tag = "accounts",
    request_body(content = NewKey, description = "k, 3 to 1000"),
    responses((status = 201, description = "how it stands, with the fingerprint of the key", body = serde_json::Value),
              (status = 400, description = "k out of bounds"),
              (status = 409, description = "there is a key or a publication already, or this server does not publish")))]
pub async fn make_protection_key(
    State(state): State<AppState>,
    body: Result<Json<NewKey>, JsonRejection>,
) -> Result<Response, ApiError> {
    let NewKey { k } = posted(body)?;
    let publisher = publisher(&state)?;
    let made = at_work(move || publisher.make_key(k)).await??;
    begun(&state, StatusCode::CREATED, &made, "key made").await
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    k: u32,
    /// The fingerprint of now, typed: whoever rotates has looked.
    confirm: String,
}

/// Takes another key: the publication is withdrawn, its file removed, and the city published anew.
///
/// Right when the key has become known. Whoever kept the old publication can compare it with the new
/// one, and the differences tell of small numbers.
#[utoipa::path(post, path = "/api/protection/rotation", tag = "accounts",
    request_body(content = Rotation, description = "k, and the fingerprint of now in `confirm`"),
    responses((status = 202, description = "how it stands, with the fingerprint of the new key", body = serde_json::Value),
              (status = 400, description = "k out of bounds, or a fingerprint that is not the one of now"),
              (status = 409, description = "there is nothing to rotate, or this server cannot withdraw the publication")))]
pub async fn rotate_protection_key(
    State(state): State<AppState>,
    body: Result<Json<Rotation>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Rotation { k, confirm } = posted(body)?;
    let publisher = publisher(&state)?;
    let before = confirm.trim().to_owned();
    let made = at_work(move || publisher.rotate(k, &confirm)).await??;
    let noted = format!("publication {before} withdrawn");
    begun(&state, StatusCode::ACCEPTED, &made, &noted).await
}

/// Publishes away from this request, and tells how it stands and what the record says.
async fn begun(
    state: &AppState,
    status_code: StatusCode,
    key: &KeyTold,
    noted: &str,
) -> Result<Response, ApiError> {
    let publisher = publisher(state)?;
    tokio::task::spawn_blocking(move || publisher.publish());
    let mut response = (status_code, Json(status(state).await?)).into_response();
    let KeyTold { k, fingerprint } = key;
    let noted = Noted(format!("{noted} k={k} fingerprint={fingerprint}"));
    response.extensions_mut().insert(noted);
    Ok(response)
}

fn publisher(state: &AppState) -> Result<std::sync::Arc<Publisher>, ApiError> {
    state.publisher.clone().ok_or_else(|| ApiError::Nothing {
        reason: "no_publisher",
        detail:
            "this server publishes nothing: `suitu serve --protected CITY --protection-key FILE`"
                .into(),
    })
}

async fn at_work<T: Send + 'static>(
    act: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(act).await;
    done.map_err(|e| ApiError::Internal(e.to_string()))
}

impl From<PublisherError> for ApiError {
    fn from(error: PublisherError) -> Self {
        let detail = error.to_string();
        let nothing = |reason: &'static str, detail: String| ApiError::Nothing { reason, detail };
        match error {
            PublisherError::KeyThere => nothing("key_there", detail),
            PublisherError::PublishedOtherwise => nothing("published_otherwise", detail),
            PublisherError::NothingThere => nothing("no_key", detail),
            PublisherError::Busy => nothing("publishing", detail),
            PublisherError::InDatabase => nothing("publication_in_database", detail),
            PublisherError::NotWithdrawn => nothing("not_withdrawn", detail),
            PublisherError::NotPublished => nothing("no_publication", detail),
            PublisherError::NotConfirmed => ApiError::BadField {
                field: "confirm".into(),
                problem: detail,
            },
            PublisherError::Key(KeyError::Policy(PolicyError::K(_))) => ApiError::BadField {
                field: "k".into(),
                problem: detail,
            },
            PublisherError::Key(_) => nothing("key_file", detail),
            PublisherError::Publish(PublishError::OtherKey(_)) => nothing("other_key", detail),
            PublisherError::Store(error) => error.into(),
            other => ApiError::Internal(other.to_string()),
        }
    }
}
