//! Accounts and grants: the system administrator makes accounts, the security administrator grants.
//! Accounts of administrators are changed on the machine alone, by `suitu accounts`.

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
    Noted,
};
use crate::{
    accounts::{AccountError, Accounts, Actor, Grants, Invitation, Policy, Role, UserName},
    city::Areas,
    clock,
    domain::{AreaCode, SecurityLevel},
    query::QueryError,
};

/// Every account with its roles (用户).
#[utoipa::path(get, path = "/api/users", tag = "accounts",
    responses((status = 200, description = "rows: name, title, is_disabled, has_password, has_second_factor, roles, scope, clearance; roles: all there are", body = serde_json::Value)))]
pub async fn list_users(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    let access = state.accounts()?;
    let rows = access.with(Accounts::users).await?;
    let roles = Role::ALL.map(|role| {
        let is_administrator = role.is_administrator();
        json!({ "id": role, "title": role.title(), "is_administrator": is_administrator })
    });
    Ok(Json(json!({ "rows": rows, "roles": roles })))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    name: String,
    #[serde(default)]
    title: String,
}

/// A new account without roles; its person sets the password by the invitation, within a day.
#[utoipa::path(post, path = "/api/users", tag = "accounts",
    request_body(content = NewUser, description = "name, title"),
    responses((status = 201, description = "the account's invitation, shown this once", body = serde_json::Value),
              (status = 409, description = "the name is taken")))]
pub async fn create_user(
    State(state): State<AppState>,
    body: Result<Json<NewUser>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let body = posted(body)?;
    let made = access.with(move |accounts| {
        accounts.add_user(&body.name.parse()?, &body.title, clock::unix_seconds())
    });
    Ok(invited(StatusCode::CREATED, &made.await?))
}

fn invited(status: StatusCode, invitation: &Invitation) -> Response {
    let fresh = [(header::CACHE_CONTROL, "no-store")];
    let told = json!({
        "name": invitation.user,
        "invitation": invitation.secret,
        "expires_at": invitation.expires_at,
    });
    let mut response = (status, fresh, Json(told)).into_response();
    let noted = Noted(invitation.user.to_string());
    response.extensions_mut().insert(noted);
    response
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    is_disabled: Option<bool>,
}

/// Another title, or locks and unlocks an account.
#[utoipa::path(patch, path = "/api/users/{name}", tag = "accounts",
    params(("name" = String, Path, description = "the account")),
    request_body(content = UserChange, description = "title, is_disabled"),
    responses((status = 200, description = "the account", body = serde_json::Value),
              (status = 404, description = "there is none"),
              (status = 409, description = "an administrator's account is changed on the machine")))]
pub async fn change_user(
    State(state): State<AppState>,
    actor: Actor,
    Path(name): Path<String>,
    body: Result<Json<UserChange>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let body = posted(body)?;
    let noted = match body.is_disabled {
        Some(true) => "locked",
        Some(false) => "unlocked",
        None => "title",
    };
    let after = access.with(move |accounts| {
        let name = changeable(accounts, &actor, &name)?;
        if let Some(title) = &body.title {
            accounts.rename_user(&name, title)?;
        }
        if let Some(is_disabled) = body.is_disabled {
            accounts.disable_user(&name, is_disabled)?;
        }
        accounts.user(&name)
    });
    let after = after.await?;
    let noted = Noted(format!("{} {noted}", after.name));
    let mut response = Json(after).into_response();
    response.extensions_mut().insert(noted);
    Ok(response)
}

/// Takes password, second factor and sessions of an account away and gives a new invitation.
#[utoipa::path(post, path = "/api/users/{name}/reset", tag = "accounts",
    params(("name" = String, Path, description = "the account")),
    responses((status = 200, description = "the account's invitation, shown this once", body = serde_json::Value),
              (status = 404, description = "there is none"),
              (status = 409, description = "an administrator's account is reset on the machine")))]
pub async fn reset_user(
    State(state): State<AppState>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let made = access.with(move |accounts| {
        let name = changeable(accounts, &actor, &name)?;
        accounts.reset_user(&name, clock::unix_seconds())
    });
    Ok(invited(StatusCode::OK, &made.await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    roles: BTreeSet<Role>,
    #[serde(default)]
    scope: Vec<AreaCode>,
    clearance: SecurityLevel,
}

/// Gives an account these roles, scope and clearance in place of what it had (授权).
#[utoipa::path(put, path = "/api/grants/{name}", tag = "accounts",
    params(("name" = String, Path, description = "the account")),
    request_body(content = GrantRequest, description = "roles; scope: area codes of a district official; clearance: public, internal, sensitive or core"),
    responses((status = 200, description = "the account", body = serde_json::Value),
              (status = 400, description = "roles that do not go together"),
              (status = 404, description = "there is no such account, or no area of a code in the scope"),
              (status = 409, description = "an administrator's role is granted on the machine")))]
pub async fn put_grants(
    State(state): State<AppState>,
    actor: Actor,
    Path(name): Path<String>,
    body: Result<Json<GrantRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let body = posted(body)?;
    check_scope(state.city().areas(), &body.scope)?;
    let after = access.with(move |accounts| {
        let name = changeable(accounts, &actor, &name)?;
        if body.roles.iter().any(|role| role.is_administrator()) {
            return Err(AccountError::refused(
                "管理员角色只能在服务器上用命令授予：suitu accounts grant",
                "An administrator's role is granted on the machine: suitu accounts grant.",
            ));
        }
        let grants = Grants {
            roles: body.roles,
            scope: body.scope,
            clearance: body.clearance,
        };
        accounts.set_grants(&name, &grants, actor.name(), clock::unix_seconds())?;
        accounts.user(&name)
    });
    let after = after.await?;
    let roles: Vec<&str> = after.roles.iter().map(|role| role.name()).collect();
    let scope: Vec<&str> = after.scope.iter().map(AreaCode::as_str).collect();
    let (roles, scope, clearance) = (roles.join(","), scope.join(","), after.clearance);
    let noted = format!(
        "{} roles={roles} scope={scope} clearance={clearance:?}",
        after.name
    );
    let mut response = Json(after).into_response();
    response.extensions_mut().insert(Noted(noted));
    Ok(response)
}

/// Refuses a scope that shows nothing: a code that no area has. A city without areas takes any.
fn check_scope(areas: &Areas, scope: &[AreaCode]) -> Result<(), QueryError> {
    let unknown = scope.iter().find(|code| !areas.knows(code));
    match unknown.filter(|_| !areas.is_empty()) {
        Some(code) => Err(QueryError::NotFound {
            what: "area",
            name: code.to_string(),
        }),
        None => Ok(()),
    }
}

/// The name, if whoever asks may change that account: neither one's own nor an administrator's.
fn changeable(accounts: &Accounts, actor: &Actor, name: &str) -> Result<UserName, AccountError> {
    let name: UserName = name.parse()?;
    if actor.user.as_ref() == Some(&name) {
        return Err(AccountError::refused(
            "自己的账户不能自己改，请另一位管理员来做。",
            "Nobody changes their own account; ask another administrator.",
        ));
    }
    let found = accounts.user(&name)?;
    match found.roles.iter().any(|role| role.is_administrator()) {
        true => Err(AccountError::refused(
            "三员的账户只能在服务器上用命令修改：suitu accounts",
            "An administrator's account is changed on the machine: suitu accounts.",
        )),
        false => Ok(name),
    }
}

/// Ages of passwords and sessions, the second factor, the watermark (安全策略).
#[utoipa::path(get, path = "/api/policy", tag = "accounts",
    responses((status = 200, description = "password_days, idle_minutes, second_factor, watermark", body = serde_json::Value)))]
pub async fn find_policy(State(state): State<AppState>) -> Result<Json<Policy>, ApiError> {
    let access = state.accounts()?;
    Ok(Json(access.with(Accounts::policy).await?))
}

/// Sets the policy; it holds from the next request on.
#[utoipa::path(put, path = "/api/policy", tag = "accounts",
    request_body(content = Policy, description = "password_days, idle_minutes, second_factor (optional, administrators, everyone), watermark"),
    responses((status = 200, description = "the policy", body = serde_json::Value),
              (status = 400, description = "a number out of bounds")))]
pub async fn put_policy(
    State(state): State<AppState>,
    body: Result<Json<Policy>, JsonRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let policy = posted(body)?;
    let set = policy.clone();
    access
        .with(move |accounts| accounts.set_policy(&set))
        .await?;
    let noted = serde_json::to_string(&policy).unwrap_or_default();
    let mut response = Json(policy).into_response();
    response.extensions_mut().insert(Noted(noted));
    Ok(response)
}
