//! Strong validators: equal tags, equal bytes.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

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
}
