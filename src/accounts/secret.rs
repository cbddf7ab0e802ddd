//! Secrets that the server gives out: 256 random bits, kept only as their hash.

use sha2::{Digest, Sha256};

use super::AccountError;

/// A new secret, to be shown once.
///
/// # Errors
/// The system has no random numbers.
pub fn new() -> Result<String, AccountError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| AccountError::Backend(e.to_string()))?;
    Ok(hex(&bytes))
}

/// What is kept of a secret. It has 256 random bits, so one hash is enough and finding a row by it
/// tells nothing of the others.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn secrets_differ_and_are_kept_as_hashes() {
        let (one, other) = (super::new().unwrap(), super::new().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::hash(""), empty);
    }
}
