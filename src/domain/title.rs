use serde::{Deserialize, Serialize};

/// The two languages that every text of Suitu is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    Zh,
    En,
}

/// A text in Chinese and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Title {
    pub zh: String,
    pub en: String,
}

impl Title {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Title {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// A source (来源) in both languages; as it stands where nobody told it in English.
    pub fn of_source(source: &str, source_en: &str) -> Self {
        let en = match source_en.is_empty() {
            true => source,
            false => source_en,
        };
        Title {
            zh: source.to_owned(),
            en: en.to_owned(),
        }
    }

    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}
