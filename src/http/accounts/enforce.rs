//! The one place that lets a request through: it finds who asks, looks into the table of rights,
//! chooses the city that is read, and has it recorded.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    super::{ApiError, AppState, snapshot::Snapshot},
    Access, Caller,
    caller::bare,
    cookie::SESSION,
};
use crate::{
    accounts::{
        Actor,
        audit::{Entry, Recorder},
        rights::{self, Recording, Refusal, Rule},
    },
    clock,
    domain::Watermark,
};

/// What a route adds to the record: to whom or to what it was done.
#[derive(Clone, Debug)]
pub struct Noted(pub String);

/// The header that pages of other sites cannot send without asking.
const OWN_HEADER: &str = "x-suitu";

/// Lets a request through if whoever sends it may; without accounts every request.
pub async fn enforce(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(access) = state.access.clone() else {
        return next.run(request).await;
    };
    // The files of the page are for all.
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let method = request.method().clone();
    let Some(rule) = rights::rule(method.as_str(), path.as_str()) else {
        return ApiError::WrongMethod.into_response();
    };
    if rule.recording != Recording::No && !access.recorder.is_sound() {
        return ApiError::NotRecorded.into_response();
    }
    let caller = Caller::of(&request, &access.doors);
    let mut entry = Entry {
        at_ms: clock::unix_ms(),
        who: "-".into(),
        credential: "none".into(),
        origin: caller.address.clone(),
        act: format!("{method} {}", path.as_str()),
        subject: subject(path.as_str(), request.uri(), rule.recording),
        outcome: String::new(),
        times: 1,
    };
    let admitted = admit(&state, &access, rule, &caller, &mut entry, request).await;
    let request = match admitted {
        Ok(request) => request,
        Err(error) => {
            entry.outcome = outcome(&error);
            // Whoever is nobody could fill the record with names of their own.
            if entry.who == "-" {
                entry.subject.clear();
            }
            access.recorder.sum(entry);
            return private(error.into_response());
        }
    };
    let is_reading = matches!(method, Method::GET | Method::HEAD);
    let answering = answered(access, rule.recording, entry, next, request);
    if rule.recording != Recording::Wait || is_reading {
        return private(answering.await);
    }
    // What changes something is brought to its end, and on record, whoever hangs up meanwhile.
    let lost = |e: tokio::task::JoinError| ApiError::Internal(e.to_string()).into_response();
    private(tokio::spawn(answering).await.unwrap_or_else(lost))
}

/// The answer, once it is recorded as it has to be.
async fn answered(
    access: Arc<Access>,
    recording: Recording,
    entry: Entry,
    next: Next,
    request: Request,
) -> Response {
    let mut asked = Asked {
        recorder: access.recorder.clone(),
        entry: (recording != Recording::No).then_some(entry),
    };
    let response = next.run(request).await;
    let Some(mut entry) = asked.entry.take() else {
        return response;
    };
    if let Some(Noted(noted)) = response.extensions().get() {
        entry.subject = noted.clone();
    }
    entry.outcome = response.status().as_u16().to_string();
    match recording {
        Recording::No => {}
        Recording::Sum => access.recorder.sum(entry),
        Recording::Row => access.recorder.row(entry).await,
        Recording::Wait if access.recorder.wait(entry).await => {}
        Recording::Wait => return ApiError::NotRecorded.into_response(),
    }
    response
}

/// A question that is being answered; whoever hangs up before the answer is on record too.
struct Asked {
    recorder: Recorder,
    entry: Option<Entry>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(mut entry) = self.entry.take() {
            entry.outcome = "dropped".into();
            self.recorder.sum(entry);
        }
    }
}

/// The request with who asks and the city that they read.
async fn admit(
    state: &AppState,
    access: &Access,
    rule: &Rule,
    caller: &Caller,
    entry: &mut Entry,
    mut request: Request,
) -> Result<Request, ApiError> {
    let turn_of = |bucket: &str| {
        let turn = access.requests.take(bucket, Instant::now());
        turn.map_err(ApiError::TooManyRequests)
    };
    let actor = match actor(access, request.headers(), caller).await {
        Ok(actor) => actor,
        Err(error) => {
            turn_of(&caller.network())?;
            return Err(error);
        }
    };
    entry.who = actor.name().to_owned();
    entry.credential = actor.credential.shown();
    let bucket = match &actor.user {
        Some(user) => format!("@{user}"),
        None => caller.network(),
    };
    turn_of(&bucket)?;
    check_origin(request.method(), request.headers())?;
    let reading = rule.decide(&actor)?;
    let actor = Arc::new(actor);
    let chosen = match reading {
        // It may have to be made first, which takes a while.
        rights::Reading::District => {
            let (state, actor) = (state.clone(), actor.clone());
            let chosen = tokio::task::spawn_blocking(move || state.city_of(&actor, reading));
            chosen
                .await
                .map_err(|e| ApiError::Internal(e.to_string()))?
        }
        _ => state.city_of(&actor, reading),
    };
    if let Some(city) = chosen? {
        request.extensions_mut().insert(Snapshot(city));
    }
    if actor.is_watermarked {
        let mark = Watermark::new(actor.name(), &clock::now());
        request.extensions_mut().insert(mark);
    }
    request.extensions_mut().insert(actor);
    request.extensions_mut().insert(caller.clone());
    Ok(request)
}

/// Who shows a token or a session; nobody where there is neither, or the session has ended.
async fn actor(access: &Access, headers: &HeaderMap, caller: &Caller) -> Result<Actor, ApiError> {
    let now_s = clock::unix_seconds();
    if let Some(shown) = headers.get(header::AUTHORIZATION) {
        let token = shown
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("Bearer "));
        let wrong = || ApiError::Refused {
            reason: "token",
            detail: "the token is unknown or past its day".into(),
        };
        let token = token.ok_or_else(wrong)?.trim().to_owned();
        let found = access.with(move |accounts| accounts.token(&token, now_s));
        return found.await?.ok_or_else(wrong);
    }
    let Some(secret) = SESSION.read(headers, caller) else {
        return Ok(Actor::nobody());
    };
    let found = access.with(move |accounts| accounts.session(&secret, now_s));
    Ok(found.await?.unwrap_or_else(Actor::nobody))
}

/// Pages of other sites change nothing in the name of whoever is signed in (CSRF): they can neither
/// send our header nor another `Origin`. A token is sent by no page of itself.
fn check_origin(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if matches!(*method, Method::GET | Method::HEAD) || headers.contains_key(header::AUTHORIZATION)
    {
        return Ok(());
    }
    let refused = |detail: &str| {
        Err(ApiError::Refused {
            reason: "foreign_page",
            detail: detail.into(),
        })
    };
    if !headers.contains_key(OWN_HEADER) {
        return refused("send the header `x-suitu: 1`; pages of other sites cannot");
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else {
        return Ok(());
    };
    let from = origin.split_once("://").map_or("", |(_, host)| host);
    match text(header::HOST).is_some_and(|host| bare(host).eq_ignore_ascii_case(bare(from))) {
        true => Ok(()),
        false => refused("pages of other sites may not ask this city"),
    }
}

/// How a refusal stands in the record.
fn outcome(error: &ApiError) -> String {
    let status = error.problem()["status"].to_string();
    match error {
        ApiError::Refused { reason, .. } => format!("{status} {reason}"),
        _ => status,
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        ApiError::Refused {
            reason: refusal.name(),
            detail: refusal.to_string(),
        }
    }
}

/// Parameters that say what was asked for and hold no text of people.
const TOLD: [&str; 16] = [
    "level", "layer", "period", "caliber", "format", "area", "mode", "cutoff", "unit", "scenario",
    "norms", "rules", "question", "lang", "kind", "year",
];

/// What an operation is about: the names in its path and parameters that may be told.
fn subject(template: &str, uri: &Uri, recording: Recording) -> String {
    let is_summed = recording == Recording::Sum;
    let names = template.split('/').zip(uri.path().split('/'));
    let names = names.filter_map(|(name, value)| {
        let is_place = matches!(name, "{z}" | "{x}" | "{y}");
        (name.starts_with('{') && !is_place).then(|| value.to_owned())
    });
    let parameters = uri.query().unwrap_or("").split('&').filter(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        !is_summed && TOLD.contains(&name) && value.len() <= 40
    });
    let all: Vec<String> = names.chain(parameters.map(str::to_owned)).collect();
    decoded(&all.join(" "))
}

/// With `%41` as `A`.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3);
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What was answered to somebody is nobody else's: no shared cache keeps it.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let kept = headers.get(header::CACHE_CONTROL);
    let kept = kept
        .and_then(|value| value.to_str().ok())
        .unwrap_or("no-cache");
    if !kept.contains("no-store")
        && let Ok(value) = HeaderValue::from_str(&format!("private, {kept}"))
    {
        headers.insert(header::CACHE_CONTROL, value);
    }
    headers.append(
        header::VARY,
        HeaderValue::from_static("cookie, authorization"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_tells_names_and_no_texts() {
        let told = |template: &str, uri: &str, recording: Recording| {
            subject(template, &uri.parse().unwrap(), recording)
        };
        let row = Recording::Row;
        let uri = "/api/layers/residences/download?format=csv&where=name='x'&lang=zh";
        assert_eq!(
            told("/api/layers/{layer}/download", uri, row),
            "residences format=csv lang=zh"
        );
        assert_eq!(told("/api/search", "/api/search?q=%E9%99%88", row), "");
        let tile = "/tiles/residences/14/1/2?period=2020-11-01";
        assert_eq!(
            told("/tiles/{layer}/{z}/{x}/{y}", tile, Recording::Sum),
            "residences"
        );
        assert_eq!(told("/api/areas/{code}", "/api/areas/%34%34", row), "44");
        assert_eq!(decoded("100%"), "100%");
    }

    #[test]
    fn other_sites_change_nothing() {
        let check = |method: Method, headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| {
                let name: header::HeaderName = name.parse().unwrap();
                (name, HeaderValue::from_str(value).unwrap())
            });
            check_origin(&method, &headers.collect()).is_ok()
        };
        let own = ("x-suitu", "1");
        let host = ("host", "suitu.gz:8080");
        assert!(check(Method::GET, &[]));
        assert!(!check(Method::POST, &[host]));
        assert!(check(Method::POST, &[host, own]));
        assert!(check(
            Method::POST,
            &[host, own, ("origin", "https://suitu.gz")]
        ));
        assert!(!check(
            Method::POST,
            &[host, own, ("origin", "https://evil.cn")]
        ));
        assert!(!check(Method::POST, &[host, own, ("origin", "null")]));
        assert!(check(Method::DELETE, &[("authorization", "Bearer x")]));
    }
}
