/// Why a rule file does not hold: where in it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}{problem}")]
pub struct RuleError {
    pub file: String,
    /// E.g. `class \`disperse\`, criterion 2: `; empty where the whole file is meant.
    place: String,
    pub problem: String,
}

impl RuleError {
    pub(super) fn of_file(file: &str, problem: impl Into<String>) -> Self {
        RuleError {
            file: file.to_owned(),
            place: String::new(),
            problem: problem.into(),
        }
    }

    pub(super) fn at(place: &str, problem: impl Into<String>) -> Self {
        RuleError {
            file: String::new(),
            place: format!("{place}: "),
            problem: problem.into(),
        }
    }

    pub(super) fn in_file(mut self, file: &str) -> Self {
        self.file = file.to_owned();
        self
    }
}
