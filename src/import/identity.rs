//! Recognises columns of 公民身份号码 (GB 11643-1999), so that they are refused at the door.

/// Whether `text` is a valid identity number: 18 characters, a plausible birth date, the checksum.
pub fn is_identity_number(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let text = text.trim().as_bytes();
    if text.len() != 18 || !text[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'));
    let (year, month, day) = (
        number(&text[6..10]),
        number(&text[10..12]),
        number(&text[12..14]),
    );
    let plausible =
        (1850..=2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let sum: u32 = text
        .iter()
        .zip(WEIGHTS)
        .map(|(d, w)| u32::from(d - b'0') * w)
        .sum();
    plausible && CHECKS[(sum % 11) as usize] == text[17].to_ascii_uppercase()
}

/// Whether a message must not repeat `text`: any run of digits as long as a telephone or
/// identity number.
pub fn is_sensitive(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= 11
}

/// A text for a message, cut to a readable length, its content hidden where it is sensitive.
pub fn shown(text: &str) -> String {
    if is_sensitive(text) {
        return "(not shown)".to_owned();
    }
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        format!("`{short}…`")
    } else {
        format!("`{short}`")
    }
}

/// Counts identity numbers in one column.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdentityWatch {
    filled: u64,
    found: u64,
}

impl IdentityWatch {
    pub fn see(&mut self, text: &str) {
        self.filled += 1;
        self.found += u64::from(is_identity_number(text));
    }

    /// Whether the column holds identity numbers: three at least, and one in a hundred.
    pub fn is_alarmed(&self) -> bool {
        self.found >= 3 && self.found * 100 >= self.filled
    }

    /// The same where the file is at its end: in a short file one is enough.
    pub fn is_alarmed_at_end(&self) -> bool {
        self.is_alarmed() || (self.found > 0 && self.found * 2 >= self.filled)
    }
}

/// Whether a heading itself announces identity numbers.
pub fn is_identity_heading(heading: &str) -> bool {
    ["身份证", "公民身份", "身份号码", "证件号"]
        .iter()
        .any(|word| heading.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors_are_recognised_and_near_misses_are_not() {
        for number in [
            "11010519491231002X",
            "440524188001010014",
            "11010519491231002x",
        ] {
            assert!(is_identity_number(number));
        }
        for number in [
            "110105194912310021",
            "440524188013010014",
            "44052418800101001",
            "440106008001",
        ] {
            assert!(!is_identity_number(number));
        }
    }

    #[test]
    fn long_digits_are_never_shown() {
        assert_eq!(shown("11010519491231002X"), "(not shown)");
        assert_eq!(shown("13800138000"), "(not shown)");
        assert_eq!(shown("12.5"), "`12.5`");
    }
}
