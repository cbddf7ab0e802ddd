//! The record, for the audit administrator.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::super::{ApiError, AppState, asked::asked};
use crate::accounts::audit::{self, Chain, Search};

/// The record (审计), the newest row first.
#[utoipa::path(get, path = "/api/audit", tag = "audit",
    params(("who" = Option<String>, Query, description = "the account"),
           ("act" = Option<String>, Query, description = "part of the operation"),
           ("subject" = Option<String>, Query, description = "part of what it was done to"),
           ("outcome" = Option<String>, Query, description = "the begin of the outcome: 403"),
           ("from" = Option<String>, Query, description = "a date, or a time in UTC"),
           ("until" = Option<String>, Query, description = "a date, or a time in UTC; both ends are included"),
           ("before" = Option<i64>, Query, description = "only rows with a smaller number: the next page"),
           ("limit" = Option<u32>, Query, description = "at most 1000, 100 by default")),
    responses((status = 200, description = "rows: number, at_ms, who, credential, origin, act, subject, outcome, times, hash", body = serde_json::Value)))]
pub async fn list_audit(
    State(state): State<AppState>,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let access = state.accounts()?;
    let search = asked(search)?;
    let rows = access.with(move |accounts| Chain::open(accounts.record())?.search(&search));
    Ok(Json(json!({ "rows": rows.await? })))
}

/// The record as a CSV file, the oldest row first.
#[utoipa::path(get, path = "/api/audit/export", tag = "audit",
    params(("who" = Option<String>, Query, description = "the account"),
           ("act" = Option<String>, Query, description = "part of the operation"),
           ("subject" = Option<String>, Query, description = "part of what it was done to"),
           ("outcome" = Option<String>, Query, description = "the begin of the outcome"),
           ("from" = Option<String>, Query, description = "a date, or a time in UTC"),
           ("until" = Option<String>, Query, description = "a date, or a time in UTC; both ends are included")),
    responses((status = 200, description = "UTF-8 with BOM", content_type = "text/csv", body = String)))]
pub async fn export_audit(
    State(state): State<AppState>,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<Response, ApiError> {
    let access = state.accounts()?;
    let search = asked(search)?;
    let bytes = access.with(move |accounts| {
        let mut out = b"\xef\xbb\xbf".to_vec();
        let chain = Chain::open(accounts.record())?;
        audit::write_csv(&chain, &search, &mut out)?;
        Ok(out)
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"suitu-audit.csv\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes.await?).into_response())
}

/// Goes through the whole chain: whether any row was changed or is missing.
#[utoipa::path(get, path = "/api/audit/check", tag = "audit",
    responses((status = 200, description = "holds; rows, first and head, or the problem", body = serde_json::Value)))]
pub async fn check_audit(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    let access = state.accounts()?;
    let checked = access.with(move |accounts| Ok(Chain::open(accounts.record())?.check(None)));
    Ok(Json(match checked.await? {
        Ok(checked) => {
            json!({ "holds": true, "rows": checked.rows, "first": checked.first, "head": checked.head })
        }
        Err(broken) => json!({ "holds": false, "problem": broken.to_string() }),
    }))
}
