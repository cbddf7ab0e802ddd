//! The web map, built into the program.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::Embed;

use super::ApiError;

#[derive(Embed)]
#[folder = "web/dist/"]
#[allow_missing = true]
struct Web;

/// A file of the web map; `index.html` for the page itself.
pub async fn find_asset(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let name = if path.is_empty() { "index.html" } else { path };
    let Some(file) = Web::get(name) else {
        if name == "index.html" {
            let hint = "the web map was not built into this program; run `make serve`\n";
            return (StatusCode::NOT_FOUND, hint).into_response();
        }
        let name = path.chars().take(100).collect();
        return ApiError::NotFound { what: "page", name }.into_response();
    };
    let hash: String = file
        .metadata
        .sha256_hash()
        .iter()
        .take(12)
        .map(|b| format!("{b:02x}"))
        .collect();
    let etag = format!("\"{hash}\"");
    let same = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|v| v.as_bytes() == etag.as_bytes());
    // Names under assets/ carry a hash of their content.
    let forever = name.starts_with("assets/");
    let cache = if forever {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mime = mime_guess::from_path(name).first_or_octet_stream();
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_owned().into_response()
    };
    let response_headers = response.headers_mut();
    for (key, value) in [
        (header::CONTENT_TYPE, mime.essence_str()),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, &etag),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response_headers.insert(key, value);
        }
    }
    response
}
