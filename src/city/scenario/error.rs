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

    /// A text that names a person by the number that stands for them everywhere.
    pub fn identity(field: &'static str) -> Self {
        EditError::new(
            field,
            "其中含有公民身份号码；系统不保存个人身份号码，请删去后重试",
            "it holds an identity number (公民身份号码), which is kept nowhere; take it out and try again",
        )
    }

    pub fn text(&self, language: Language) -> &str {
        self.problem.in_language(language)
    }
}
