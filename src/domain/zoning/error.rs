use crate::domain::Title;

/// Why a rule file does not hold: where in it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.told().en)]
pub struct RuleError {
    pub file: String,
    /// E.g. `class \`disperse\`, criterion 2`; `None` where the whole file is meant.
    place: Option<Title>,
    problem: Title,
}

impl RuleError {
    pub(super) fn of_file(file: &str, problem: String) -> Self {
        RuleError {
            file: file.to_owned(),
            place: None,
            problem: Title::new(format!("无法读作规则文件：{problem}"), problem),
        }
    }

    pub(super) fn at(place: Title, zh: impl Into<String>, en: impl Into<String>) -> Self {
        RuleError {
            file: String::new(),
            place: Some(place),
            problem: Title::new(zh, en),
        }
    }

    pub(super) fn in_file(mut self, file: &str) -> Self {
        self.file = file.to_owned();
        self
    }

    /// File, place and what is wrong there, in both languages.
    pub fn told(&self) -> Title {
        let Title { zh, en } = self.inside();
        Title::new(
            format!("{}：{zh}", self.file),
            format!("{}: {en}", self.file),
        )
    }

    /// The same for whoever names the file, or the field that the rules came in.
    pub fn inside(&self) -> Title {
        let Title { zh, en } = &self.problem;
        match &self.place {
            Some(place) => Title::new(format!("{}：{zh}", place.zh), format!("{}: {en}", place.en)),
            None => self.problem.clone(),
        }
    }
}

/// A field, or the key of a criterion, as the file has it.
pub(super) fn field(name: &str) -> Title {
    Title::new(name, name)
}

pub(super) fn class(id: &str) -> Title {
    Title::new(format!("类别“{id}”"), format!("class `{id}`"))
}

/// A criterion, counted from 1 within its class.
pub(super) fn criterion(class_id: &str, number: usize) -> Title {
    let Title { zh, en } = class(class_id);
    Title::new(
        format!("{zh}第 {number} 个条件"),
        format!("{en}, criterion {number}"),
    )
}
