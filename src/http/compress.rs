//! Answers in text are compressed where the client allows it; tiles bring their own compression.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::etag;
use crate::tiles::Encoding;

/// Small answers are not worth it; huge ones are streamed as they are.
const WORTH: std::ops::Range<u64> = 1024..(64 << 20);

pub async fn compress(request: Request, next: Next) -> Response {
    let accepted = request
        .headers()
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok());
    let encoding = Encoding::accepted(accepted.unwrap_or(""));
    let response = next.run(request).await;
    let headers = response.headers();
    let is_text = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|t| {
            ["json", "text/", "javascript", "svg", "xml"]
                .iter()
                .any(|kind| t.contains(kind))
        });
    let length = axum::body::HttpBody::size_hint(response.body())
        .exact()
        .unwrap_or(0);
    let fits =
        is_text && WORTH.contains(&length) && !headers.contains_key(header::CONTENT_ENCODING);
    let Some(name) = encoding.name().filter(|_| fits) else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, WORTH.end as usize).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let packed = encoding.compress(&bytes);
    parts
        .headers
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    parts
        .headers
        .append(header::VARY, HeaderValue::from_static("accept-encoding"));
    parts.headers.remove(header::CONTENT_LENGTH);
    let etag = parts.headers.get(header::ETAG);
    if let Some(etag) = etag.and_then(|tag| tag.to_str().ok())
        && let Ok(etag) = HeaderValue::from_str(&etag::compressed(etag, name))
    {
        parts.headers.insert(header::ETAG, etag);
    }
    Response::from_parts(parts, Body::from(packed))
}
