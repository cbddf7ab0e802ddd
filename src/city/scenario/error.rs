use crate::domain::{Language, Title};

/// Why an edit cannot be made, and what would do (拒绝原因).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {}", .problem.en)]
pub struct EditError {
    /// The field of the edit at fault.
    pub field: &'static str,
    pub problem: Title,
}

impl EditError {
    pub fn new(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        EditError {
            field,
            problem: Title {
                zh: zh.into(),
                en: en.into(),
            },
        }
    }

    pub fn text(&self, language: Language) -> &str {
        self.problem.in_language(language)
    }
}
