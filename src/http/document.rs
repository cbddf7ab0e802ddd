use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Serialize;

use super::{ApiError, etag};
use crate::domain::{Language, Title};

/// A finished answer (答复): the bytes as they go out, and the headers that tell what they are.
#[derive(Clone, Debug)]
pub struct Document {
    body: Bytes,
    headers: HeaderMap,
    etag: String,
}

impl Document {
    /// # Errors
    /// A value that JSON cannot write.
    pub fn json(value: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(value).map_err(|e| ApiError::Internal(e.to_string()))?;
        Ok(Document::new(body, "application/json"))
    }

    /// A file to keep, named by its title.
    pub fn file(
        bytes: Vec<u8>,
        kind: &'static str,
        title: &Title,
        extension: &str,
        language: Language,
    ) -> Self {
        let disposition = disposition(title, extension, language);
        Document::new(bytes, kind).with(header::CONTENT_DISPOSITION, &disposition)
    }

    fn new(body: Vec<u8>, kind: &'static str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        // The client may keep it, but asks each time whether it still holds.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Document {
            etag: etag::etag(&body),
            body: body.into(),
            headers,
        }
    }

    /// The same answer with a further header; a value that no header can hold is left out.
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same answer, its etag beginning with the version of what it is about.
    pub fn tagged(mut self, version: &str) -> Self {
        self.etag = format!("\"{version}.{}", &self.etag[1..]);
        self
    }

    pub fn bytes(&self) -> u64 {
        self.body.len() as u64
    }

    /// The answer, or that the client already holds it.
    pub fn respond(&self, asked: &HeaderMap) -> Response {
        let known = etag::known(asked, &self.etag);
        let body = match known {
            Some(_) => Body::empty(),
            None => Body::from(self.body.clone()),
        };
        let mut response = body.into_response();
        if known.is_some() {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.extend(self.headers.clone());
        if let Ok(etag) = HeaderValue::from_str(known.unwrap_or(&self.etag)) {
            headers.insert(header::ETAG, etag);
        }
        response
    }
}

/// That an answer is a file, and its name.
pub fn disposition(title: &Title, extension: &str, language: Language) -> String {
    let keeps = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = title.in_language(language).chars();
    let name: String = name.map(|c| if keeps(c) { c } else { '_' }).collect();
    let escaped = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => (byte as char).to_string(),
        other => format!("%{other:02X}"),
    };
    let encoded: String = name.bytes().map(escaped).collect();
    format!("attachment; filename=\"suitu.{extension}\"; filename*=UTF-8''{encoded}.{extension}")
}
