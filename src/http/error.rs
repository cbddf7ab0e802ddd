use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{query::QueryError, store::StoreError};

/// Why a request has no answer; becomes problem details (RFC 9457).
#[derive(Clone, Debug, thiserror::Error)]
pub enum ApiError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("{field}: {problem}")]
    BadField { field: String, problem: String },
    #[error("{0}")]
    BadRequest(String),
    #[error("this address does not take that method")]
    WrongMethod,
    #[error("there is no {what} `{name}`")]
    NotFound { what: &'static str, name: String },
    #[error("{0}")]
    Forbidden(&'static str),
    #[error(
        "the answer takes longer than {0} s; ask for less at once, or ask with \
         `Prefer: respond-async` and fetch it later"
    )]
    TimedOut(u64),
    #[error("the job took longer than {0} s; ask for less at once")]
    JobTimedOut(u64),
    #[error("too many questions at once; try again in a moment")]
    Busy,
    #[error("too many jobs wait already; try again later")]
    TooManyJobs,
    #[error("the job is not done yet")]
    NotYet,
    #[error("the job was cancelled; ask anew")]
    JobCancelled,
    /// What is asked for needs something that this machine does not have yet.
    #[error("{0}")]
    NotReady(String),
    #[error("the server failed; its log says why")]
    Internal(String),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        ApiError::Internal(error.to_string())
    }
}

impl ApiError {
    /// The one place where errors become status codes.
    fn status(&self) -> StatusCode {
        match self {
            ApiError::Query(QueryError::NotFound { .. }) | ApiError::NotFound { .. } => {
                StatusCode::NOT_FOUND
            }
            ApiError::Query(QueryError::Field { .. })
            | ApiError::BadField { .. }
            | ApiError::BadRequest(_) => StatusCode::BAD_REQUEST,
            ApiError::Query(QueryError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            ApiError::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::Forbidden(_) => StatusCode::FORBIDDEN,
            ApiError::NotYet => StatusCode::CONFLICT,
            ApiError::JobCancelled => StatusCode::GONE,
            ApiError::Query(QueryError::Cancelled)
            | ApiError::TimedOut(_)
            | ApiError::JobTimedOut(_)
            | ApiError::Busy
            | ApiError::TooManyJobs
            | ApiError::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            ApiError::Query(QueryError::Field { field, .. }) => Some(field),
            ApiError::BadField { field, .. } => Some(field),
            _ => None,
        }
    }

    /// Problem details (RFC 9457).
    pub fn problem(&self) -> serde_json::Value {
        let status = self.status();
        let mut problem = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("error"),
            "status": status.as_u16(),
            "detail": self.to_string(),
        });
        if let Some(field) = self.field() {
            problem["field"] = json!(field);
        }
        problem
    }

    /// What only the log says.
    pub fn cause(&self) -> Option<&str> {
        match self {
            ApiError::Internal(cause) => Some(cause),
            _ => None,
        }
    }

    /// When it is worth asking again.
    fn retry_after_s(&self) -> Option<&'static str> {
        match self {
            ApiError::TooManyJobs => Some("30"),
            ApiError::NotYet => Some("1"),
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some("1"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = self.cause() {
            tracing::error!(%cause, "request failed");
        }
        let mut response = (self.status(), Json(self.problem())).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response
    }
}
