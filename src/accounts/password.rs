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
    let wrong = |zh: &str, en: &str| Err(AccountError::field("password", zh, en));
    let letters = password.chars().count();
    if letters < SHORTEST {
        return wrong("太短：至少 10 个字符。", "Too short: at least 10 letters.");
    }
    if letters > LONGEST {
        return wrong("太长：最多 128 个字符。", "Too long: at most 128 letters.");
    }
    if password.chars().any(char::is_control) {
        return wrong(
            "含有打不出来的字符，请删去。",
            "It holds letters that cannot be typed.",
        );
    }
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_lowercase(),
        |c| c.is_uppercase(),
        |c| c.is_numeric(),
        |c| !c.is_lowercase() && !c.is_uppercase() && !c.is_numeric(),
    ];
    let used = kinds.iter().filter(|is| password.chars().any(is));
    if letters < 20 && used.count() < 3 {
        return wrong(
            "种类太少：大写、小写、数字、符号中须有三类，或不少于 20 个字符。",
            "Too plain: three of small letters, capitals, digits and signs; or 20 letters.",
        );
    }
    let small = password.to_lowercase();
    if small.contains(user.as_str()) {
        return wrong("不能含账户名。", "It contains the name of the account.");
    }
    if COMMON.iter().any(|common| small.contains(common)) {
        return wrong(
            "含有人人先猜的词（如 password、123456），请换一个。",
            "It contains what everybody tries first, such as password or 123456.",
        );
    }
    let first = password.chars().next();
    let different: std::collections::BTreeSet<char> = password.chars().collect();
    if first.is_none() || different.len() < 5 {
        return wrong(
            "重复太多：至少五种不同的字符。",
            "It repeats the same few letters: at least five different ones.",
        );
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
        for (bad, why) in [
            ("Short-7a", "太短"),
            ("alllowercase", "种类太少"),
            ("ChenYu-2026!", "账户名"),
            ("Password-2026", "人人先猜"),
            ("Aa1Aa1Aa1Aa1", "重复太多"),
            ("Lychee\u{0}Bay-7x", "打不出来"),
            (&*"Aa1-xyz".repeat(20), "太长"),
        ] {
            let Err(AccountError::Fields(faults)) = check(bad, &user) else {
                panic!("{bad}");
            };
            let told = &faults[0].message;
            assert!(told.zh.contains(why), "{bad}: {told:?}");
            assert!(!told.en.contains(bad) && !told.zh.contains(bad));
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
