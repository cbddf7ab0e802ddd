//! Texts that every home can keep: none holds a NUL character, which a database refuses.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{ApiError, bodies};

/// Refuses an address or a JSON body with a NUL character in it.
pub async fn refuse(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query();
    if address.is_some_and(|address| address.as_str().contains("%00")) {
        let problem = "the address holds a NUL character (%00); take it out";
        return ApiError::BadRequest(problem.into()).into_response();
    }
    let content = request.headers().get(header::CONTENT_TYPE);
    let content = content.and_then(|content| content.to_str().ok());
    if !content.is_some_and(|content| content.contains("json")) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, bodies::MOST_BYTES).await else {
        return ApiError::LargeBody(bodies::MOST_BYTES).into_response();
    };
    if holds_nul(&bytes) {
        let problem = "a text in the body holds a NUL character (\\u0000); take it out";
        return ApiError::BadRequest(problem.into()).into_response();
    }
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

/// Whether JSON has a text with a NUL character, which can only be written as an escape.
fn holds_nul(json: &[u8]) -> bool {
    let is_escape = |at: usize| {
        let before = json[..at].iter().rev().take_while(|byte| **byte == b'\\');
        before.count().is_multiple_of(2)
    };
    let mut windows = json.windows(6).enumerate();
    windows.any(|(at, window)| window == b"\\u0000" && is_escape(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_character_is_told_from_its_name() {
        for json in [r#"{"a":"\u0000"}"#, r#"["x\\\u0000"]"#] {
            assert!(holds_nul(json.as_bytes()), "{json}");
        }
        for json in [r#"{"a":"\\u0000"}"#, r#"{"a":"\u0001"}"#, "", "{}"] {
            assert!(!holds_nul(json.as_bytes()), "{json}");
        }
    }
}
