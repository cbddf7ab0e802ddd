use std::{fmt, str::FromStr};

use serde::Serialize;

use super::AccountError;

/// The name that an account signs in by: 2 to 32 letters (also Chinese ones), digits, `.`, `-`, `_`;
/// capitals count as small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct UserName(String);

impl UserName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let name = text.trim().to_lowercase();
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let starts = name.starts_with(char::is_alphanumeric);
        let is_number = name.chars().filter(char::is_ascii_digit).count() > 12;
        if !starts || !(2..=32).contains(&name.chars().count()) || !name.chars().all(fits) {
            let rule = "A name is 2 to 32 letters, digits, `.`, `-` or `_` and begins with a \
                        letter or digit.";
            return Err(AccountError::field(
                "name",
                "账户名须为 2 至 32 个字母、汉字、数字或 . - _，以字母、汉字或数字开头。",
                rule,
            ));
        }
        if is_number {
            let rule = "A name is no identity number: it stands in the record of all that is done.";
            return Err(AccountError::field(
                "name",
                "账户名不能是身份号码：它会出现在每一条审计记录中。",
                rule,
            ));
        }
        Ok(UserName(name))
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_of_any_script_and_never_identity_numbers() {
        let name = |text: &str| text.parse::<UserName>().ok().map(|name| name.0);
        assert_eq!(name(" Chen.Yu "), Some("chen.yu".into()));
        assert_eq!(name("陈雨"), Some("陈雨".into()));
        for bad in [
            "",
            "a",
            "-ab",
            "a b",
            "a/b",
            "440103199001011234",
            "a\u{7}b",
        ] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }
}
