//! What a report says of how its numbers were made: each definition once, with all that was asked by
//! it.

use serde_json::Value as Json;

use crate::reports::document::Words;

/// The notes on methods, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Methods(Vec<Method>);

#[derive(Clone, Debug)]
struct Method {
    label: String,
    text: String,
    /// Keys and values of the questions, each value once.
    asked: Vec<(String, Vec<String>)>,
}

impl Methods {
    pub fn say(&mut self, label: String, text: String) {
        self.ask(label, text, Vec::new());
    }

    /// A definition with the parameters of a question by it.
    pub fn ask(&mut self, label: String, text: String, asked: Vec<(String, String)>) {
        let is_same = |known: &Method| known.label == label && known.text == text;
        let at = self.0.iter().position(is_same).unwrap_or_else(|| {
            self.0.push(Method {
                label,
                text,
                asked: Vec::new(),
            });
            self.0.len() - 1
        });
        let known = &mut self.0[at].asked;
        for (key, value) in asked {
            match known.iter_mut().find(|(own, _)| *own == key) {
                Some((_, values)) if values.contains(&value) => {}
                Some((_, values)) => values.push(value),
                None => known.push((key, vec![value])),
            }
        }
    }

    /// The text under any of some labels.
    pub fn of(&self, labels: &[&str]) -> Option<String> {
        let mut all = self.0.iter();
        let found = all.find(|method| labels.contains(&method.label.as_str()))?;
        Some(found.text.clone())
    }

    /// Label and text of each; a definition that stands under another label is not told again.
    pub fn told(self, words: Words) -> Vec<(String, String)> {
        let mut told: Vec<(String, String)> = Vec::new();
        for (at, method) in self.0.iter().enumerate() {
            let same = self.0[..at].iter().find(|known| known.text == method.text);
            let text = match same.filter(|_| !method.asked.is_empty()) {
                None => method.text.clone(),
                Some(known) => words.tell(
                    || format!("口径与方法同“{}”。", known.label),
                    || format!("As under “{}”.", known.label),
                ),
            };
            told.push((method.label.clone(), text + &method.parameters(words)));
        }
        told
    }
}

impl Method {
    /// `（参数：level = 街道(镇)；mode = straight）`
    fn parameters(&self, words: Words) -> String {
        if self.asked.is_empty() {
            return String::new();
        }
        let pairs = self.asked.iter();
        let pairs = pairs.map(|(key, values)| format!("{key} = {}", words.list(values)));
        let list = pairs.collect::<Vec<_>>().join(words.say("；", "; "));
        words.tell(
            || format!("（参数：{list}）"),
            || format!(" (Parameters: {list})"),
        )
    }
}

/// The parameters of a question that are words, numbers or lists of numbers.
pub(super) fn parameters(query: &Json) -> Vec<(String, String)> {
    let pairs = query.as_object().into_iter().flatten();
    let pairs = pairs.filter_map(|(key, value)| {
        let text = match value {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            Json::Bool(flag) => flag.to_string(),
            Json::Array(parts) if parts.iter().all(Json::is_number) => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                parts.join(", ")
            }
            _ => return None,
        };
        Some((key.clone(), text))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

    #[test]
    fn a_definition_is_told_once_with_every_level_that_it_was_asked_by() {
        let mut methods = Methods::default();
        let asked = |level: &str, cost: &str| {
            let pairs = [("level", level), ("cost", cost)];
            pairs
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .to_vec()
        };
        for level in ["区", "街道", "区"] {
            methods.ask("通勤".into(), "定义。".into(), asked(level, "straight"));
            methods.ask("通勤时间".into(), "定义。".into(), asked(level, "car"));
            methods.say("来源".into(), "统计局".into());
        }
        let told = methods.told(Words(Language::Zh));
        let told: Vec<(&str, &str)> = told.iter().map(|(l, t)| (&**l, &**t)).collect();
        assert_eq!(
            told,
            [
                ("通勤", "定义。（参数：level = 区、街道；cost = straight）"),
                (
                    "通勤时间",
                    "口径与方法同“通勤”。（参数：level = 区、街道；cost = car）"
                ),
                ("来源", "统计局"),
            ]
        );
    }
}
