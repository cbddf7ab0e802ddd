//! Personal identity numbers (公民身份号码, GB 11643-1999).

use super::half_width;

/// Whether 18 characters are a valid number: a plausible birth date and the right check digit.
pub fn is_identity_number(number: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: &[u8; 11] = b"10X98765432";
    if number.len() != 18 || !number[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let weighted = number.iter().zip(WEIGHTS);
    let sum: u32 = weighted.map(|(d, w)| u32::from(d - b'0') * w).sum();
    CHECK[sum as usize % 11] == number[17].to_ascii_uppercase() && is_birth_date(&number[6..14])
}

/// Whether eight digits are a day between 1800 and 2099.
pub fn is_birth_date(digits: &[u8]) -> bool {
    let number = |range: std::ops::Range<usize>| {
        digits[range].iter().try_fold(0u32, |n, d| {
            d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0'))
        })
    };
    matches!(
        (number(0..4), number(4..6), number(6..8)),
        (Some(1800..=2099), Some(1..=12), Some(1..=31))
    )
}

/// The runs of digits in a text, an `X` at the end included.
pub fn runs(text: &str) -> impl Iterator<Item = &[u8]> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !bytes[at].is_ascii_digit() {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        if start == at {
            return None;
        }
        if bytes.get(at).is_some_and(|b| matches!(b, b'x' | b'X')) {
            at += 1;
        }
        Some(&bytes[start..at])
    })
}

/// Whether a text holds a valid identity number, alone or among other words.
pub fn tells_identity(text: &str) -> bool {
    // Digits are plain or of full width, which begin with 0xEF.
    let may_be_digit = |byte: &&u8| byte.is_ascii_digit() || **byte == 0xEF;
    if text.len() < 18 || text.as_bytes().iter().filter(may_be_digit).count() < 17 {
        return false;
    }
    match text.is_ascii() {
        true => runs(text).any(is_identity_number),
        false => runs(&text.chars().map(half_width).collect::<String>()).any(is_identity_number),
    }
}
