//! Every request comes to an end, and every refusal is problem details, whoever refuses.

use std::time::Duration;

use axum::{
    body::to_bytes,
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::ApiError;

/// How long a request may take with its body and its answer's head; questions take 60 s at most.
const LONGEST: Duration = Duration::from_secs(90);

/// The longest reason that is passed on.
const REASON_BYTES: usize = 4 << 10;

/// Bounds a request in time, and writes as problem details (RFC 9457) what was refused before any
/// route saw it: an address that cannot be read, say.
pub async fn whole(request: Request, next: Next) -> Response {
    within(LONGEST, request, next).await
}

async fn within(longest: Duration, request: Request, next: Next) -> Response {
    let Ok(response) = tokio::time::timeout(longest, next.run(request)).await else {
        let slow = "the request did not come to its end within 90 s; try again, or ask for less";
        return ApiError::NotReady(slow.into()).into_response();
    };
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if kind.contains("json") {
        return response;
    }
    let reason = to_bytes(response.into_body(), REASON_BYTES).await;
    let reason = reason.unwrap_or_default();
    unread(status, String::from_utf8_lossy(&reason).into_owned())
}

fn unread(status: StatusCode, reason: String) -> Response {
    let detail = match reason.is_empty() {
        true => status.canonical_reason().unwrap_or("refused").to_owned(),
        false => reason,
    };
    ApiError::Unread { status, detail }.into_response()
}

/// What a panic is told as; the log has it already.
pub fn broken(_: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::Internal("a panic, see above".into()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, extract::Path, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    async fn answer(path: &str) -> (StatusCode, serde_json::Value, bool) {
        let routes = Router::new()
            .route("/number/{number}", get(|Path(_): Path<u64>| async { "ok" }))
            .route("/never", get(std::future::pending::<String>))
            .layer(middleware::from_fn(|request, next| {
                within(Duration::from_millis(1), request, next)
            }));
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = routes.oneshot(request).await.expect("an answer");
        let status = response.status();
        let again = response.headers().contains_key(header::RETRY_AFTER);
        let body = to_bytes(response.into_body(), 1 << 20)
            .await
            .expect("a body");
        let problem = serde_json::from_slice(&body).unwrap_or_default();
        (status, problem, again)
    }

    #[tokio::test]
    async fn what_no_route_refused_is_a_problem_too() {
        let (status, problem, _) = answer("/number/one").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(problem["status"], 400);
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| text.contains("one"))
        );
        let (status, problem, again) = answer("/never").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((&problem["status"], again), (&503.into(), true));
    }
}
