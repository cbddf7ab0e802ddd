use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("the key file cannot be read: {0}")]
    Text(String),
    #[error("k = {0}: it is a whole number from {least} to {most}", least = Policy::LEAST_K, most = Policy::MOST_K)]
    K(u32),
    #[error("the key is not 64 hexadecimal digits; `suitu protect key` makes one")]
    Key,
}

/// What counts are rounded by: k and a secret. Both stay the same for everything that is ever
/// published of a city, since the difference of two roundings by two keys tells of the number.
#[derive(Clone, PartialEq, Eq)]
pub struct Policy {
    k: u32,
    key: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    k: u32,
    key: String,
}

impl Policy {
    pub const LEAST_K: u32 = 3;
    pub const MOST_K: u32 = 1000;
    /// The k of a city that chose none.
    pub const DEFAULT_K: u32 = 10;
    /// The side of the cells that pieces are cut by, metres.
    pub const CELL_M: u32 = 100;

    /// # Errors
    /// A k that protects nothing, or drowns everything.
    pub fn new(k: u32, key: [u8; 32]) -> Result<Self, PolicyError> {
        match (Self::LEAST_K..=Self::MOST_K).contains(&k) {
            true => Ok(Policy { k, key }),
            false => Err(PolicyError::K(k)),
        }
    }

    /// Reads what [`Policy::to_text`] wrote.
    ///
    /// # Errors
    /// Anything else. The message never holds the key.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        // The parser quotes what it does not understand, which may be the key.
        let malformed = |_| PolicyError::Text("write `k = 10` and `key = \"…\"`".into());
        let text: Text = toml::from_str(text).map_err(malformed)?;
        let digits = text.key.as_bytes();
        let mut key = [0; 32];
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(PolicyError::Key);
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| PolicyError::Key)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| PolicyError::Key)?;
        }
        Policy::new(text.k, key)
    }

    /// The text of a key file.
    pub fn to_text(&self) -> String {
        let digits: String = self.key.iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "# Keep it secret and keep it for ever: whoever has it can undo the protection, and a\n\
             # city that is published again with another key or k can be compared with itself.\n\
             k = {}\nkey = \"{digits}\"\n",
            self.k
        )
    }

    pub fn k(&self) -> u32 {
        self.k
    }

    /// A number that names key and k and from which neither can be found.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"suitu protection policy");
        hash.update(self.k.to_be_bytes());
        hash.update(self.key);
        let digest = hash.finalize();
        digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// What a publication is sealed with: nobody without the key can tell from it what it was made
    /// of, nor whether two were made of the same.
    pub(super) fn seal(&self, before: &str, publication: u32, bytes: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length is taken");
        mac.update(b"suitu publication");
        mac.update(before.as_bytes());
        mac.update(&publication.to_be_bytes());
        mac.update(bytes);
        let bytes = mac.finalize().into_bytes();
        bytes[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Names a commit of the exact city without telling it.
    pub fn name_of(&self, commit: u64) -> String {
        let digest = self.digest("commit of the exact city", &commit.to_string());
        digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The secret draw of one count, uniform in [0, 1): the same for the same piece and attribute
    /// at all times.
    pub(super) fn draw(&self, piece: &str, attribute: &str) -> f64 {
        let bytes = self.digest(piece, attribute);
        let first: [u8; 8] = bytes[..8].try_into().expect("32 bytes");
        (u64::from_be_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Policy {
    fn digest(&self, of: &str, in_it: &str) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length is taken");
        mac.update(of.as_bytes());
        mac.update(&[0]);
        mac.update(in_it.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Without the key.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy {{ k: {}, key: … }}", self.k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_read_as_written() {
        let policy = Policy::new(10, [0xab; 32]).expect("a policy");
        assert_eq!(Policy::parse(&policy.to_text()), Ok(policy.clone()));
        assert!(!format!("{policy:?}").contains("ab"));
    }

    #[test]
    fn faulty_key_files_are_refused_without_telling_them() {
        let wrong = [
            "k = 10".to_owned(),
            format!("k = 10\nkey = \"{}\"", "a".repeat(63)),
            format!("k = 10\nkey = \"{}\"", "g".repeat(64)),
            format!("k = 10\nkey = \"{}\"", "é".repeat(32)),
            format!("k = 2\nkey = \"{}\"", "a".repeat(64)),
            format!("k = 10\nkey = {}", "a".repeat(64)),
        ];
        for text in wrong {
            let error = Policy::parse(&text).expect_err(&text).to_string();
            assert!(
                !error.contains("aaaa") && !error.contains("gggg"),
                "{error}"
            );
        }
    }

    #[test]
    fn seals_depend_on_everything() {
        let policy = Policy::new(10, [7; 32]).expect("a policy");
        let other = Policy::new(10, [8; 32]).expect("a policy");
        let seal = policy.seal("before", 2, b"groups");
        assert_eq!(seal.len(), 32);
        assert_eq!(policy.seal("before", 2, b"groups"), seal);
        for different in [
            other.seal("before", 2, b"groups"),
            policy.seal("other", 2, b"groups"),
            policy.seal("before", 3, b"groups"),
            policy.seal("before", 2, b"group"),
        ] {
            assert_ne!(different, seal);
        }
    }

    #[test]
    fn draws_are_uniform_and_depend_on_everything() {
        let policy = Policy::new(10, [7; 32]).expect("a policy");
        let other = Policy::new(10, [8; 32]).expect("a policy");
        assert_ne!(policy.fingerprint(), other.fingerprint());
        assert_ne!(policy.draw("a", "b"), other.draw("a", "b"));
        assert_ne!(policy.draw("a", "b"), policy.draw("ab", ""));
        assert_eq!(policy.draw("a", "b"), policy.draw("a", "b"));
        let draws = (0..20_000).map(|n| policy.draw(&n.to_string(), "jobs"));
        let mean = draws.sum::<f64>() / 20_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }
}
