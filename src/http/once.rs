//! Writes that are sent again because their answer was lost: a key names each, so that it is made once.

use axum::http::HeaderMap;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::ApiError;
use crate::store::Once;

/// The header that holds the key.
const HEADER: &str = "Idempotency-Key";

/// The longest key, letters.
const LONGEST: usize = 255;

/// The key of a request, and the hash of what it asks for.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub key: String,
    pub digest: String,
}

impl Key {
    /// The key in `headers` of a request that asks for `asked`; `None` where it has none.
    ///
    /// # Errors
    /// It is no key, or there are several.
    pub fn of(headers: &HeaderMap, asked: &impl Serialize) -> Result<Option<Self>, ApiError> {
        let mut keys = headers.get_all(HEADER).iter();
        let Some(key) = keys.next() else {
            return Ok(None);
        };
        let is_key = (1..=LONGEST).contains(&key.len())
            && key.as_bytes().iter().all(u8::is_ascii_graphic)
            && keys.next().is_none();
        let text = key.to_str().ok().filter(|_| is_key);
        let Some(text) = text else {
            return Err(ApiError::BadField {
                field: HEADER.into(),
                problem: format!(
                    "a key is 1 to {LONGEST} visible ASCII letters without spaces, one for each \
                     write, e.g. a UUID (幂等键为 1 至 {LONGEST} 个可见 ASCII 字符)"
                ),
            });
        };
        let failed = |e: serde_json::Error| ApiError::Internal(e.to_string());
        let mut asked = serde_json::to_value(asked).map_err(failed)?;
        asked.sort_all_objects();
        let hash = Sha256::digest(serde_json::to_vec(&asked).map_err(failed)?);
        Ok(Some(Key {
            key: text.to_owned(),
            digest: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }))
    }

    /// The write that it names, and what is answered to it.
    pub fn once<'a>(&'a self, answer: &'a str) -> Once<'a> {
        Once {
            key: &self.key,
            digest: &self.digest,
            answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_key_is_visible_ascii_and_stands_for_what_is_asked() {
        let of = |keys: &[&[u8]], asked: &str| {
            let mut headers = HeaderMap::new();
            for key in keys {
                headers.append(HEADER, HeaderValue::from_bytes(key).expect("a value"));
            }
            Key::of(&headers, &asked)
        };
        assert!(of(&[], "x").expect("none is no fault").is_none());
        let key = of(&[b"\"8e03-97\""], "x").expect("sound").expect("there");
        let other = of(&[b"\"8e03-97\""], "y").expect("sound").expect("there");
        assert_eq!((&*key.key, key.digest.len()), ("\"8e03-97\"", 64));
        assert_ne!(key.digest, other.digest);
        assert!(of(&[&[b'k'; LONGEST]], "x").is_ok());
        let wrong: [&[&[u8]]; 5] = [
            &[b""],
            &[b"a b"],
            &["键".as_bytes()],
            &[b"a", b"a"],
            &[&[b'k'; LONGEST + 1]],
        ];
        for keys in wrong {
            assert!(
                matches!(of(keys, "x"), Err(ApiError::BadField { field, .. }) if field == HEADER)
            );
        }
    }
}
