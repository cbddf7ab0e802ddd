//! Strong validators: equal tags, equal bytes.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::ApiError;
use crate::{city::edit::Seen, domain::FeatureVersionError};

/// The hash of `bytes`, in quotes.
pub fn etag(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().take(12).map(|b| format!("{b:02x}")).collect();
    format!("\"{hex}\"")
}

/// The same answer's tag once it is compressed: other bytes have another tag.
pub fn compressed(etag: &str, encoding: &str) -> String {
    format!("{}-{encoding}\"", etag.trim_end_matches('"'))
}

/// The tag by which the client already holds the answer, in whatever encoding it came.
pub fn known<'h>(headers: &'h HeaderMap, etag: &'h str) -> Option<&'h str> {
    let all = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"));
    let bare = etag.trim_matches('"');
    tags.find_map(|tag| match tag.trim_matches('"') {
        "*" => Some(etag),
        known => (known.split('-').next() == Some(bare)).then_some(tag),
    })
}

/// The etag of a feature that is gone begins with it.
pub const GONE: &str = "none";

/// The state of a feature that a writer has seen, by the etag in `If-Match`.
///
/// # Errors
/// There is none, or it is no etag of a feature.
pub fn seen(headers: &HeaderMap) -> Result<Seen, ApiError> {
    let tag = headers
        .get(header::IF_MATCH)
        .ok_or(ApiError::PreconditionRequired(
            "send the etag of the feature as it was read in If-Match (请在 If-Match 中给出读取时的 ETag)",
        ))?;
    let tag = tag.to_str().unwrap_or("").trim().trim_start_matches("W/");
    let version = tag.trim_matches('"').split(['.', '-']).next();
    match version.unwrap_or("") {
        "*" => Ok(Seen::Any),
        GONE => Ok(Seen::Gone),
        version => {
            let wrong = |e: FeatureVersionError| ApiError::BadField {
                field: "If-Match".into(),
                problem: e.to_string(),
            };
            version.parse().map(Seen::Version).map_err(wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_knows_an_answer_in_any_encoding_it_came_in() {
        let tag = etag(b"answer");
        let packed = compressed(&tag, "gzip");
        assert_ne!(tag, packed);
        let holds = |text: &str| {
            let headers = HeaderMap::from_iter([(
                header::IF_NONE_MATCH,
                text.parse().expect("a header value"),
            )]);
            known(&headers, &tag).map(str::to_owned)
        };
        assert_eq!(holds(&tag), Some(tag.clone()));
        assert_eq!(holds(&format!("\"x\", W/{packed}")), Some(packed.clone()));
        assert_eq!(holds("*"), Some(tag.clone()));
        assert_eq!(holds(&etag(b"another")), None);
        assert_eq!(known(&HeaderMap::new(), &tag), None);
    }

    #[test]
    fn a_writer_says_what_was_seen() {
        let seen = |text: &str| {
            let value = text.parse().expect("a header value");
            super::seen(&HeaderMap::from_iter([(header::IF_MATCH, value)]))
        };
        let version = "0123456789abcdef".parse().expect("a version");
        for tag in [
            "\"0123456789abcdef.aabb\"",
            "W/\"0123456789abcdef.aabb-gzip\"",
            "0123456789abcdef",
        ] {
            assert!(matches!(seen(tag), Ok(Seen::Version(found)) if found == version));
        }
        assert!(matches!(seen("*"), Ok(Seen::Any)));
        assert!(matches!(seen("\"none.aabb\""), Ok(Seen::Gone)));
        assert!(matches!(seen("\"aabb\""), Err(ApiError::BadField { .. })));
        let lacking = super::seen(&HeaderMap::new());
        assert!(matches!(lacking, Err(ApiError::PreconditionRequired(_))));
    }
}
