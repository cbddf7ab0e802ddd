use std::fmt;

use serde::{Deserialize, Serialize};

use super::Title;

/// Who took a file away and when (水印): `zhangsan 2026-03-31 08:05 UTC`. It stands on files where
/// the security administrator asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Watermark(String);

impl Watermark {
    /// # Parameters
    /// `at`: UTC, RFC 3339; minutes count, so that a second click gives the same file.
    pub fn new(account: &str, at: &str) -> Self {
        let minute = at.get(..16).unwrap_or(at).replace('T', " ");
        Watermark(format!("{account} {minute} UTC"))
    }

    /// What stands before it in lists of notes, in Chinese and English.
    pub const LABEL: [&str; 2] = ["水印", "Watermark"];

    /// The same text in both languages.
    pub fn text(&self) -> Title {
        Title {
            zh: self.0.clone(),
            en: self.0.clone(),
        }
    }

    /// A title with the mark after it: names of files say it too, since not every format holds notes.
    pub fn after(&self, title: &Title) -> Title {
        Title {
            zh: format!("{} {self}", title.zh),
            en: format!("{} {self}", title.en),
        }
    }
}

impl fmt::Display for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_account_and_minute() {
        let mark = Watermark::new("zhangsan", "2026-03-31T08:05:59Z");
        assert_eq!(mark.to_string(), "zhangsan 2026-03-31 08:05 UTC");
        let title = Title {
            zh: "职住平衡".into(),
            en: "Balance".into(),
        };
        assert_eq!(
            mark.after(&title).zh,
            "职住平衡 zhangsan 2026-03-31 08:05 UTC"
        );
    }
}
