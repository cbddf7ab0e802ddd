//! Time-based one-time codes (TOTP, RFC 6238): six digits, half a minute, SHA-1, as the usual
//! programs on telephones make them.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{AccountError, UserName};

const STEP_S: i64 = 30;
const DIGITS: u32 = 6;

/// A key that was made for an account and is not confirmed yet.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// Base 32, to type in.
    pub key: String,
    /// `otpauth://…`, to scan.
    pub address: String,
}

/// A new key of 160 random bits.
///
/// # Errors
/// The system has no random numbers.
pub fn enrol(user: &UserName) -> Result<Enrolment, AccountError> {
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes).map_err(|e| AccountError::Backend(e.to_string()))?;
    let key = base32(&bytes);
    let label: String = user
        .as_str()
        .bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect();
    let address = format!("otpauth://totp/Suitu:{label}?secret={key}&issuer=Suitu");
    Ok(Enrolment { key, address })
}

/// The step that `code` is of, if it is one of now or the step before or after, later than `used`:
/// a code is good once.
pub fn accepted(key: &str, code: &str, now_s: i64, used: i64) -> Option<i64> {
    let key = unbase32(key)?;
    let code = code.trim();
    let steps = (now_s / STEP_S - 1)..=(now_s / STEP_S + 1);
    steps
        .filter(|step| *step > used)
        .find(|step| code_at(&key, *step) == code)
}

/// The code of a moment, as a telephone makes it.
#[cfg(test)]
pub fn code(key: &str, now_s: i64) -> Option<String> {
    Some(code_at(&unbase32(key)?, now_s / STEP_S))
}

/// HOTP (RFC 4226, section 5.3) of a step.
fn code_at(key: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let four = [hash[at] & 127, hash[at + 1], hash[at + 2], hash[at + 3]];
    let number = u32::from_be_bytes(four) % 10u32.pow(DIGITS);
    format!("{number:06}")
}

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648, section 6, without padding; 20 bytes give 32 letters.
fn base32(bytes: &[u8]) -> String {
    let bits = bytes.len() * 8;
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let letter = |start: usize| {
        let five = (start..start + 5).fold(0, |number, at| number << 1 | bit(at));
        char::from(LETTERS[usize::from(five)])
    };
    (0..bits).step_by(5).map(letter).collect()
}

fn unbase32(text: &str) -> Option<Vec<u8>> {
    let mut bits = 0u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for letter in text.bytes() {
        let five = LETTERS.iter().position(|known| *known == letter)?;
        bits = bits << 5 | u32::try_from(five).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 255) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, its last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let key = b"12345678901234567890";
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000i64, "353130"),
        ] {
            assert_eq!(code_at(key, time / STEP_S), code, "{time}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute_and_a_half() {
        let key = base32(b"12345678901234567890");
        assert_eq!(key, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let now = 1_234_567_890;
        let step = now / STEP_S;
        assert_eq!(accepted(&key, "005924", now, 0), Some(step));
        assert_eq!(accepted(&key, " 005924 ", now + 30, 0), Some(step));
        assert_eq!(accepted(&key, "005924", now, step), None);
        assert_eq!(accepted(&key, "005924", now + 60, 0), None);
        assert_eq!(accepted(&key, "000000", now, 0), None);
        assert_eq!(accepted(&key, "", now, 0), None);
    }

    #[test]
    fn a_new_key_is_read_back() {
        let user: UserName = "陈雨".parse().unwrap();
        let made = enrol(&user).unwrap();
        assert_eq!(unbase32(&made.key).map(|key| key.len()), Some(20));
        assert!(made.address.starts_with("otpauth://totp/Suitu:%E9%99%88"));
    }
}
