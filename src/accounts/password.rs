//! Passwords: what they must be, and how they are kept (argon2id, RFC 9106).

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use super::{AccountError, UserName};

const SHORTEST: usize = 10;
const LONGEST: usize = 128;

/// What people write first; a password may not contain any of them.
const COMMON: [&str; 13] = [
    "password", "passw0rd", "admin", "qwerty", "asdf", "abc123", "abcd1234", "123456", "654321",
    "111111", "888888", "suitu", "iloveyou",
];

/// Whether a password may be set: 10 letters or more, three of the four kinds (or 20 letters of any
/// kind), not the name, nothing common.
///
/// # Errors
/// The rule that it breaks; never the password.
pub fn check(password: &str, user: &UserName) -> Result<(), AccountError> {
    let wrong = |rule: &str| Err(AccountError::field("password", rule));
    let letters = password.chars().count();
    if letters < SHORTEST {
        return wrong("it needs 10 letters or more");
    }
    if letters > LONGEST {
        return wrong("it has more than 128 letters");
    }
    if password.chars().any(char::is_control) {
        return wrong("it holds letters that cannot be typed");
    }
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_lowercase(),
        |c| c.is_uppercase(),
        |c| c.is_numeric(),
        |c| !c.is_lowercase() && !c.is_uppercase() && !c.is_numeric(),
    ];
    let used = kinds.iter().filter(|is| password.chars().any(is));
    if letters < 20 && used.count() < 3 {
        return wrong("it needs three of: small letters, capitals, digits, others; or 20 letters");
    }
    let small = password.to_lowercase();
    if small.contains(user.as_str()) {
        return wrong("it contains the name of the account");
    }
    if COMMON.iter().any(|common| small.contains(common)) {
        return wrong("it contains what everybody tries first");
    }
    let first = password.chars().next();
    let different: std::collections::BTreeSet<char> = password.chars().collect();
    if first.is_none() || different.len() < 5 {
        return wrong("it repeats the same few letters");
    }
    Ok(())
}

/// The password as it is kept: argon2id with a random salt (19 MiB, two passes).
///
/// # Errors
/// The system has no random numbers.
pub fn hash(password: &str) -> Result<String, AccountError> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    let hashed: PasswordHash = hashed.map_err(|e| AccountError::Backend(e.to_string()))?;
    Ok(hashed.to_string())
}

/// Whether `password` is the one that was kept; takes the same time where there is none.
pub fn verify(password: &str, kept: Option<&str>) -> bool {
    // Of no password at all; only its cost matters.
    const NONE: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let parsed = PasswordHash::new(kept.unwrap_or(NONE));
    let is_same = |parsed: PasswordHash| {
        let verified = Argon2::default().verify_password(password.as_bytes(), &parsed);
        verified.is_ok()
    };
    parsed.is_ok_and(is_same) && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_mixed_and_not_the_name() {
        let user: UserName = "chenyu".parse().unwrap();
        let ok = |password: &str| check(password, &user).is_ok();
        for good in [
            "Lychee-Bay-7",
            "荔湾涌 2026 Spring",
            "correct horse battery staple",
        ] {
            assert!(ok(good), "{good}");
        }
        for bad in [
            "Short-7a",
            "alllowercase",
            "ChenYu-2026!",
            "Password-2026",
            "Aa1Aa1Aa1Aa1",
            "Lychee\u{0}Bay-7x",
            &"Aa1-xyz".repeat(20),
        ] {
            assert!(!ok(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_kept_is_argon2id_and_opens_by_the_password_alone() {
        let kept = hash("Lychee-Bay-7").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(verify("Lychee-Bay-7", Some(&kept)));
        assert!(!verify("Lychee-Bay-8", Some(&kept)));
        assert!(!verify("Lychee-Bay-7", None));
        assert!(!verify("", Some("")));
        assert_ne!(kept, hash("Lychee-Bay-7").unwrap());
    }
}
