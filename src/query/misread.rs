//! Questions that cannot be read, in words of theirs and not of the programming language.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::Title;

/// Which field of a question is wrong, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// `origins[0].lon`; none where the question is no question at all.
    pub field: Option<String>,
    pub problem: Title,
}

impl Misread {
    /// From the path to the field and what a reader of such texts says of it.
    pub fn of(path: &str, message: &str) -> Self {
        let message = match message.rfind(" at line ") {
            Some(end) => &message[..end],
            None => message,
        };
        let path = path.trim_matches('.');
        let within = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        let own = (!path.is_empty()).then(|| path.to_owned());
        let (field, problem) = if let Some(name) = between(message, "missing field `", "`") {
            let problem = Title::new("没有填写；请填上", "is missing; give it");
            (Some(within(name)), problem)
        } else if let Some(name) = between(message, "unknown field `", "`") {
            // Readers that give the path of an unknown field end it with its name.
            let field = match path == name || path.ends_with(&format!(".{name}")) {
                true => own,
                false => Some(within(name)),
            };
            let known = allowed(message);
            let problem = match known.is_empty() {
                true => Title::new("没有这一项", "there is no such field"),
                false => Title::new(
                    format!("没有这一项；可用：{known}"),
                    format!("there is no such field; it is one of: {known}"),
                ),
            };
            (field, problem)
        } else if let Some(given) = between(message, "unknown variant `", "`") {
            let known = allowed(message);
            let problem = Title::new(
                format!("没有“{given}”；应为其中之一：{known}"),
                format!("`{given}` is not known; it is one of: {known}"),
            );
            (own, problem)
        } else if let Some((given, wanted)) = mismatch(message) {
            let Title { zh, en } = kind(wanted);
            let problem = Title::new(
                format!("应为{zh}，而不是 {given}"),
                format!("must be {en}, not {given}"),
            );
            (own, problem)
        } else {
            (own, Title::new(message, message))
        };
        Misread { field, problem }
    }

    /// The field and what is wrong with it.
    pub fn told(&self) -> Title {
        match &self.field {
            Some(field) => Title::new(
                format!("问题的 {field}：{}", self.problem.zh),
                format!("the question: {field}: {}", self.problem.en),
            ),
            None => Title::new(
                format!("问题看不懂：{}", self.problem.zh),
                format!("the question: {}", self.problem.en),
            ),
        }
    }
}

/// A question of its fields in JSON.
///
/// # Errors
/// The first field that is none of its own, is missing or is not what it must be.
pub fn read_question<Q: DeserializeOwned>(fields: Value) -> Result<Q, Misread> {
    serde_path_to_error::deserialize(fields)
        .map_err(|error| Misread::of(&error.path().to_string(), &error.inner().to_string()))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(before)?;
    rest.split_once(after).map(|(inside, _)| inside)
}

/// The names after `expected`, with commas between.
fn allowed(message: &str) -> String {
    let (_, known) = message.split_once(", expected ").unwrap_or(("", ""));
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    known.join(", ")
}

/// What was given and what was wanted.
fn mismatch(message: &str) -> Option<(String, &str)> {
    let rest = ["invalid type: ", "invalid value: "]
        .iter()
        .find_map(|start| message.strip_prefix(start))?;
    let (given, wanted) = rest.rsplit_once(", expected ")?;
    let bare = match given.split_once(['`', '"']) {
        Some((_, quoted)) => quoted.trim_end_matches(['`', '"']),
        None => given,
    };
    let given = match given {
        "map" => "{…}".to_owned(),
        "sequence" => "[…]".to_owned(),
        text if text.starts_with("string") => format!("\"{bare}\""),
        _ => bare.to_owned(),
    };
    Some((given, wanted))
}

fn kind(wanted: &str) -> Title {
    match wanted {
        "f64" | "f32" => Title::new("数字", "a number"),
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            Title::new("不小于 0 的整数", "a whole number, 0 or more")
        }
        "i8" | "i16" | "i32" | "i64" | "isize" => Title::new("整数", "a whole number"),
        "a string" | "string" | "a borrowed string" => Title::new("文字", "a text"),
        "a boolean" => Title::new(" true 或 false", "true or false"),
        "a sequence" => Title::new("列表 […]", "a list […]"),
        "string or map" => Title::new("文字或 {…}", "a text or {…}"),
        wanted if wanted.starts_with("struct ") || wanted == "a map" => {
            Title::new(" {…}", "an object {…}")
        }
        other => Title::new(other, other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::query::{AccessQuery, CatchmentsQuery};

    fn told<Q: DeserializeOwned>(fields: Value) -> Title {
        let Err(misread) = read_question::<Q>(fields) else {
            panic!("this is no question");
        };
        misread.told()
    }

    #[test]
    fn the_field_and_what_it_may_be_are_named() {
        let place = json!({"lon": 113.0, "lat": 23.0});
        let cases = [
            (
                json!({"origins": [place], "cutoffs": ["far"]}),
                "the question: cutoffs[0]: must be a number, not \"far\"",
                "问题的 cutoffs[0]：应为数字，而不是 \"far\"",
            ),
            (
                json!({"origins": [place]}),
                "the question: cutoffs: is missing; give it",
                "问题的 cutoffs：没有填写；请填上",
            ),
            (
                json!({"origins": [place], "cutoffs": [9], "unit": "km"}),
                "the question: unit: `km` is not known; it is one of: m, min",
                "问题的 unit：没有“km”；应为其中之一：m, min",
            ),
            (
                json!({"origins": place, "cutoffs": 9}),
                "the question: origins: must be a list […], not {…}",
                "问题的 origins：应为列表 […]，而不是 {…}",
            ),
        ];
        for (fields, en, zh) in cases {
            let told = told::<CatchmentsQuery>(fields);
            assert_eq!((told.en.as_str(), told.zh.as_str()), (en, zh));
        }
        let fields = json!({"to": {"layer": "clinics", "size": 3}, "measure": "2sfca"});
        let found = told::<AccessQuery>(fields);
        let en =
            "the question: to.size: there is no such field; it is one of: layer, capacity, where";
        assert_eq!(found.en, en);
        let fields = json!({"to": {"layer": "clinics"}, "measure": "magic"});
        let found = told::<AccessQuery>(fields);
        assert!(
            found.en.contains("measure: `magic` is not known"),
            "{}",
            found.en
        );
        assert!(found.en.contains("e2sfca"), "{}", found.en);
    }

    #[test]
    fn what_has_words_of_its_own_keeps_them() {
        let own = "an origin is {layer, id} or {lon, lat, name} at line 1 column 7";
        let misread = Misread::of("origins[0]", own);
        assert_eq!(misread.field.as_deref(), Some("origins[0]"));
        assert_eq!(
            misread.problem.en,
            "an origin is {layer, id} or {lon, lat, name}"
        );
    }
}
