//! Who is signed in: in and out, passwords, the second factor.

use std::time::Instant;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{ApiError, AppState, asked::posted},
    Access, Caller, Noted,
    cookie::SESSION,
    own_name,
    standing::Standing,
};
use crate::{
    accounts::{Accounts, Actor, SignedIn, rights},
    clock,
};

/// Who is signed in and what they may do; `accounts` is false where the city has none.
#[utoipa::path(get, path = "/api/session", tag = "accounts",
    responses((status = 200, description = "accounts, user, roles, scope, clearance, pending, rights; for nobody `provider`, what the button of the identity provider says, null where there is none", body = serde_json::Value)))]
pub async fn find_session(
    State(state): State<AppState>,
    actor: Actor,
) -> Result<Response, ApiError> {
    let Some(access) = &state.access else {
        return Ok(Json(json!({ "accounts": false })).into_response());
    };
    told(access, actor).await.map(IntoResponse::into_response)
}

async fn told(access: &Access, actor: Actor) -> Result<Json<Value>, ApiError> {
    let Some(name) = actor.user.clone() else {
        let provider = access.doors.provider.as_ref();
        let provider = provider.map(|provider| provider.title());
        return Ok(Json(
            json!({ "accounts": true, "user": null, "provider": provider }),
        ));
    };
    let both = {
        let name = name.clone();
        move |accounts: &Accounts| Ok((accounts.user(&name)?, accounts.policy()?))
    };
    let Standing { user, policy } = access.told.keep(&name, access.with(both).await)?;
    let may = rights::operations().filter(|(_, _, rule)| rule.decide(&actor).is_ok());
    let mut may: Vec<String> = may
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    may.sort();
    let reads = rights::rule("GET", "/api/city").and_then(|rule| rule.decide(&actor).ok());
    Ok(Json(json!({
        "accounts": true,
        "user": user.name,
        "title": user.title,
        "roles": actor.grants.roles.iter().map(|role| json!({
            "id": role, "title": role.title(),
        })).collect::<Vec<_>>(),
        "scope": actor.grants.scope,
        "clearance": actor.grants.clearance,
        "reads": reads.map(|reading| format!("{reading:?}").to_lowercase()),
        "pending": actor.pending.map(|pending| pending.name()),
        "has_second_factor": user.has_second_factor,
        "by_provider": user.by_provider,
        "idle_minutes": policy.idle_minutes,
        "watermark": policy.watermark,
        "rights": may,
    })))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    code: Option<String>,
}

/// Signs in: the answer sets a cookie.
///
/// Wrong names and passwords are not told apart. After five wrong attempts each one waits twice as
/// long as the one before.
#[utoipa::path(post, path = "/api/session", tag = "accounts",
    request_body(content = SignIn, description = "name, password, and code where the account has a second factor"),
    responses((status = 200, description = "who is signed in", body = serde_json::Value),
              (status = 401, description = "`reason`: wrong_credentials, or code_needed"),
              (status = 429, description = "too many attempts; `Retry-After` says when")))]
pub async fn sign_in(
    State(state): State<AppState>,
    caller: Caller,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let body = posted(body)?;
    let turn = access.sign_ins.take(&caller.network(), Instant::now());
    turn.map_err(ApiError::TooManyRequests)?;
    // A name that nobody has may be a password in the wrong field: it is not recorded.
    let name = body.name.clone();
    let known = access.with(move |accounts| {
        let known = name.parse().and_then(|name| accounts.user(&name));
        Ok(known.map(|user| user.name.to_string()))
    });
    let attempted = known.await?.unwrap_or_else(|_| "?".into());
    let network = caller.network();
    let signing = access.hash(move |accounts| {
        let code = body.code.as_deref().filter(|code| !code.is_empty());
        let now = clock::unix_seconds();
        accounts.sign_in(&body.name, &body.password, code, &network, now)
    });
    let mut response = match signing.await {
        Ok(signed_in) => signed(access, signed_in, &caller).await?,
        Err(error) => error.into_response(),
    };
    response.extensions_mut().insert(Noted(attempted));
    Ok(response)
}

/// Tells who is signed in, and sets the cookie.
async fn signed(
    access: &Access,
    signed_in: SignedIn,
    caller: &Caller,
) -> Result<Response, ApiError> {
    let told = told(access, signed_in.actor).await?;
    let mut response = told.into_response();
    SESSION.give(&mut response, &signed_in.secret, None, caller);
    let fresh = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    Ok(response)
}

/// Signs out.
#[utoipa::path(delete, path = "/api/session", tag = "accounts",
    responses((status = 204, description = "signed out")))]
pub async fn sign_out(
    State(state): State<AppState>,
    actor: Actor,
    caller: Caller,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let credential = actor.credential.clone();
    let ended = access.with(move |accounts| accounts.end_session(&credential));
    ended.await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    SESSION.take_back(&mut response, &caller);
    Ok(response)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    invitation: String,
    password: String,
}

/// Sets the password of a new account, or after a reset, by the invitation that was given; signs in.
#[utoipa::path(post, path = "/api/invitation", tag = "accounts",
    request_body(content = Accepted, description = "invitation, password"),
    responses((status = 200, description = "who is signed in", body = serde_json::Value),
              (status = 400, description = "a password that may not be set, or an invitation that is used up")))]
pub async fn accept_invitation(
    State(state): State<AppState>,
    caller: Caller,
    body: Result<Json<Accepted>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let body = posted(body)?;
    let turn = access.sign_ins.take(&caller.network(), Instant::now());
    turn.map_err(ApiError::TooManyRequests)?;
    let accepting = access.hash(move |accounts| {
        let now = clock::unix_seconds();
        accounts.accept_invitation(&body.invitation, &body.password, now)
    });
    let signed_in = accepting.await?;
    let noted = Noted(signed_in.actor.name().to_owned());
    let mut response = signed(access, signed_in, &caller).await?;
    response.extensions_mut().insert(noted);
    Ok(response)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    old: String,
    new: String,
}

/// Another password; other sessions of the account end.
#[utoipa::path(put, path = "/api/session/password", tag = "accounts",
    request_body(content = NewPassword, description = "old, new"),
    responses((status = 200, description = "who is signed in", body = serde_json::Value),
              (status = 400, description = "a password that may not be set: the rule it breaks"),
              (status = 401, description = "the old one is wrong")))]
pub async fn change_password(
    State(state): State<AppState>,
    actor: Actor,
    caller: Caller,
    body: Result<Json<NewPassword>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let body = posted(body)?;
    let name = own_name(&actor)?;
    let network = caller.network();
    let changing = access.hash(move |accounts| {
        let now = clock::unix_seconds();
        accounts.change_password(&name, &body.old, &body.new, &network, now)
    });
    signed(access, changing.await?, &caller).await
}

/// Begins to enrol a second factor (TOTP): a key for the program on the telephone.
#[utoipa::path(post, path = "/api/session/second_factor", tag = "accounts",
    responses((status = 200, description = "key to type in, address to scan", body = serde_json::Value)))]
pub async fn begin_second_factor(
    State(state): State<AppState>,
    actor: Actor,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let name = own_name(&actor)?;
    let made = access
        .with(move |accounts| accounts.begin_second_factor(&name))
        .await?;
    let fresh = [(header::CACHE_CONTROL, "no-store")];
    let told = json!({ "key": made.key, "address": made.address });
    Ok((fresh, Json(told)).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    code: String,
    /// Of the factor that is replaced.
    #[serde(default)]
    current: Option<String>,
}

/// Enrols the second factor by a code that it made; one that replaces another takes a code of that
/// one too.
#[utoipa::path(put, path = "/api/session/second_factor", tag = "accounts",
    request_body(content = Codes, description = "code, and current where a factor is replaced"),
    responses((status = 200, description = "who is signed in", body = serde_json::Value),
              (status = 400, description = "a code is not the one of now: `field` says which"),
              (status = 429, description = "too many attempts; `Retry-After` says when")))]
pub async fn confirm_second_factor(
    State(state): State<AppState>,
    mut actor: Actor,
    caller: Caller,
    body: Result<Json<Codes>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let access = state.accounts()?;
    let Codes { code, current } = posted(body)?;
    let (name, network) = (own_name(&actor)?, caller.network());
    let confirming = access.with(move |accounts| {
        let (current, now) = (current.as_deref(), clock::unix_seconds());
        accounts.confirm_second_factor(&name, &code, current, &network, now)
    });
    confirming.await?;
    actor.pending = None;
    told(access, actor).await
}
