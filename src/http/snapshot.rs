//! Which city a request is about: the city as it is, or a scenario of it. Chosen here alone, before
//! any route sees the request.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{Uri, request::Parts, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{ApiError, AppState};
use crate::{
    accounts::{Actor, rights},
    city::City,
};

/// The parameter that names a scenario.
const PARAMETER: &str = "scenario=";

/// The city that a request is about.
#[derive(Clone)]
pub struct Snapshot(pub Arc<City>);

impl FromRequestParts<AppState> for Snapshot {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let chosen = parts.extensions.get().map(|Snapshot(city)| city);
        state.city_for(chosen).map(Snapshot)
    }
}

/// Takes `scenario=ID` out of the address and puts the city of that scenario, made upon the city that
/// whoever asks may read, in its place; without it that city as it is. Routes of scenarios themselves name theirs in the path.
pub async fn choose(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let asked = match request.uri().path().starts_with("/api/scenarios") {
        true => None,
        false => taken(request.uri()),
    };
    if let Some((uri, id)) = asked {
        *request.uri_mut() = uri;
        if !id.is_empty() {
            let chosen = request.extensions().get().map(|Snapshot(city)| city);
            if let Err(error) = may_read_scenarios(&state, &request) {
                return error.into_response();
            }
            // An operation that reads no city reads no scenario either.
            let Ok(base) = state.city_for(chosen) else {
                return next.run(request).await;
            };
            match scenario(&state, base, &id).await {
                Ok(city) => drop(request.extensions_mut().insert(Snapshot(city))),
                Err(error) => return error.into_response(),
            }
        }
    }
    next.run(request).await
}

/// A scenario tells what was done to exact data: who may not read it by its own address does not read
/// it through a question either.
fn may_read_scenarios(state: &AppState, request: &Request) -> Result<(), ApiError> {
    let Some(actor) = request.extensions().get::<Arc<Actor>>() else {
        return match state.access {
            None => Ok(()),
            Some(_) => Err(ApiError::Internal("nobody was let through".into())),
        };
    };
    match rights::rule("GET", "/api/scenarios/{id}") {
        Some(rule) => rule.decide(actor).map(drop).map_err(ApiError::from),
        None => Err(ApiError::Internal("scenarios have no entry".into())),
    }
}

/// The city of `ID` or `ID.VERSION`: a new version asks for what was kept anew, and answers are
/// those of now either way.
async fn scenario(state: &AppState, base: Arc<City>, named: &str) -> Result<Arc<City>, ApiError> {
    let id = named.split_once('.').map_or(named, |(id, _)| id);
    let id: u64 = id.parse().map_err(|_| ApiError::BadField {
        field: "scenario".into(),
        problem: "a scenario is named by its number, see /api/scenarios".into(),
    })?;
    state
        .with_scenarios(base, move |scenarios, base| Ok(scenarios.city(base, id)?))
        .await
}

/// The address without the parameter, and its value; the other parameters keep their letters.
fn taken(uri: &Uri) -> Option<(Uri, String)> {
    let query = uri.query()?;
    let named = |part: &&str| part.starts_with(PARAMETER);
    let id = query.split('&').find(named)?[PARAMETER.len()..].to_owned();
    let rest: Vec<&str> = query.split('&').filter(|part| !named(part)).collect();
    let path = match rest.is_empty() {
        true => uri.path().to_owned(),
        false => format!("{}?{}", uri.path(), rest.join("&")),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.parse::<PathAndQuery>().ok()?);
    Some((Uri::from_parts(parts).ok()?, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_goes_and_the_others_stay_as_they_are() {
        let take = |text: &str| {
            let taken = taken(&text.parse().expect("an address"));
            taken.map(|(uri, id)| (uri.to_string(), id))
        };
        let own = |uri: &str, id: &str| Some((uri.to_owned(), id.to_owned()));
        assert_eq!(take("/a?x=%20+1&scenario=7&y"), own("/a?x=%20+1&y", "7"));
        assert_eq!(take("/a?scenario=7"), own("/a", "7"));
        assert_eq!(take("/a?scenario="), own("/a", ""));
        assert_eq!(take("/a?my_scenario=7"), None);
        assert_eq!(take("/a"), None);
    }
}
