//! Signing in by the identity provider: there and back.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    super::{ApiError, AppState},
    Access, Caller, Noted,
    cookie::{ON_THE_WAY, SESSION},
};
use crate::{
    accounts::{AccountError, Accounts, PATIENCE_S, Provider, ProviderError, SignedIn},
    clock,
};

/// Sends whoever asks to the identity provider.
#[utoipa::path(get, path = "/api/session/provider", tag = "accounts",
    responses((status = 303, description = "to the identity provider; where it cannot be asked back to the page, with the reason behind `#refused=`"),
              (status = 409, description = "the server has no identity provider"),
              (status = 429, description = "too many attempts; `Retry-After` says when")))]
pub async fn leave_for_provider(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let (access, provider) = doors(&state, &caller)?;
    let begun = asked(access, move |_| provider.begin(clock::unix_seconds())).await?;
    Ok(match begun {
        Ok(begun) => {
            let mut response = Redirect::to(&begun.address).into_response();
            ON_THE_WAY.give(&mut response, &begun.browser, Some(PATIENCE_S), &caller);
            fresh(response)
        }
        Err(error) => refused(&error),
    })
}

/// What the provider sends back with a person.
#[derive(Deserialize)]
pub struct Returned {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
}

/// Signs in whoever comes back from the identity provider.
#[utoipa::path(get, path = "/api/session/provider/return", tag = "accounts",
    params(("state" = Option<String>, Query, description = "as it was sent along"),
           ("code" = Option<String>, Query, description = "what the provider vouches by"),
           ("error" = Option<String>, Query, description = "why it does not")),
    responses((status = 303, description = "to the page, signed in by a cookie; else with the reason behind `#refused=`"),
              (status = 409, description = "the server has no identity provider"),
              (status = 429, description = "too many attempts; `Retry-After` says when")))]
pub async fn return_from_provider(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Result<Response, ApiError> {
    let (access, provider) = doors(&state, &caller)?;
    let browser = ON_THE_WAY.read(&headers, &caller).unwrap_or_default();
    let signing = asked(access, move |accounts| {
        signed_in(accounts, &provider, &returned, &browser)
    });
    let mut response = match signing.await? {
        Ok(signed_in) => {
            let mut response = Redirect::to("/").into_response();
            let name = signed_in.actor.name().to_owned();
            response.extensions_mut().insert(Noted(name));
            SESSION.give(&mut response, &signed_in.secret, None, &caller);
            fresh(response)
        }
        Err(error) => refused(&error),
    };
    ON_THE_WAY.take_back(&mut response, &caller);
    Ok(response)
}

fn signed_in(
    accounts: &Accounts,
    provider: &Provider,
    returned: &Returned,
    browser: &str,
) -> Result<SignedIn, ProviderError> {
    let now_s = clock::unix_seconds();
    let Some(code) = &returned.code else {
        let why = returned.error.as_deref().unwrap_or("no code");
        return Err(ProviderError::NotBelieved(why.chars().take(60).collect()));
    };
    let identity = provider.finish(&returned.state, code, browser, now_s)?;
    Ok(accounts.sign_in_by_provider(&identity, now_s)?)
}

/// The accounts and the provider, where this caller's turn is.
fn doors<'a>(
    state: &'a AppState,
    caller: &Caller,
) -> Result<(&'a Arc<Access>, Arc<Provider>), ApiError> {
    let access = state.accounts()?;
    let provider = access.doors.provider.clone();
    let provider = provider.ok_or_else(|| {
        let remedy = "this server has no identity provider; `suitu serve --provider` names one";
        ApiError::Nothing(remedy.into())
    })?;
    let turn = access.sign_ins.take(&caller.network(), Instant::now());
    turn.map_err(ApiError::TooManyRequests)?;
    Ok((access, provider))
}

/// Asks the provider or the accounts, which takes a while; faults of this server alone are errors.
async fn asked<T: Send + 'static>(
    access: &Access,
    act: impl FnOnce(&Accounts) -> Result<T, ProviderError> + Send + 'static,
) -> Result<Result<T, ProviderError>, ApiError> {
    access
        .with(move |accounts| match act(accounts) {
            Err(ProviderError::Account(error @ AccountError::Backend(_))) => Err(error),
            done => Ok(done),
        })
        .await
}

/// Back to the page, which says why; the log knows more.
fn refused(error: &ProviderError) -> Response {
    tracing::warn!(%error, "nobody is signed in by the identity provider");
    let reason = error.reason();
    let mut response = Redirect::to(&format!("/#refused={reason}")).into_response();
    response.extensions_mut().insert(Noted(reason.into()));
    fresh(response)
}

/// Kept by nobody.
fn fresh(mut response: Response) -> Response {
    let fresh = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    response
}
