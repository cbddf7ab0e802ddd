//! Tokens, by which programs ask in somebody's name.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{ApiError, AppState, asked::posted},
    Noted, own_name,
};
use crate::{
    accounts::{Actor, Role},
    clock,
};

/// One's own tokens (令牌).
#[utoipa::path(get, path = "/api/tokens", tag = "accounts",
    responses((status = 200, description = "rows: id, title, roles, created_at, expires_at (seconds since 1970)", body = serde_json::Value)))]
pub async fn list_tokens(
    State(state): State<AppState>,
    actor: Actor,
) -> Result<Json<Value>, ApiError> {
    let access = state.accounts()?;
    let name = own_name(&actor)?;
    let rows = access.with(move |accounts| accounts.tokens(&name)).await?;
    Ok(Json(json!({ "rows": rows })))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    title: String,
    roles: BTreeSet<Role>,
    days: u32,
}

/// A new token, shown this once; send it as `Authorization: Bearer …`.
#[utoipa::path(post, path = "/api/tokens", tag = "accounts",
    request_body(content = TokenRequest, description = "title: what for; roles: some of one's own; days: 1 to 366"),
    responses((status = 201, description = "the token and its secret", body = serde_json::Value)))]
pub async fn create_token(
    State(state): State<AppState>,
    actor: Actor,
    body: Result<Json<TokenRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let body = posted(body)?;
    let name = own_name(&actor)?;
    let made = access.with(move |accounts| {
        let now = clock::unix_seconds();
        accounts.add_token(&name, &body.title, &body.roles, body.days, now)
    });
    let made = made.await?;
    let fresh = [(header::CACHE_CONTROL, "no-store")];
    let noted = Noted(format!("token {}", made.info.id));
    let told = json!({ "token": made.info, "secret": made.secret });
    let mut response = (StatusCode::CREATED, fresh, Json(told)).into_response();
    response.extensions_mut().insert(noted);
    Ok(response)
}

/// Takes a token away.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "accounts",
    params(("id" = String, Path, description = "the token")),
    responses((status = 204, description = "gone"), (status = 404, description = "there is none")))]
pub async fn remove_token(
    State(state): State<AppState>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let access = state.accounts()?;
    let name = own_name(&actor)?;
    access
        .with(move |accounts| accounts.remove_token(&name, &id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
