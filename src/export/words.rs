//! What attributes and their values are called in workbooks, so that an import takes them back.

use crate::domain::{Attribute, Language, Title};

/// A heading with its unit: `常住人口(人)`.
pub fn heading(title: &Title, unit: &Title, language: Language) -> String {
    let title = title.in_language(language);
    match (unit.in_language(language), language) {
        ("", _) => title.to_owned(),
        (unit, Language::Zh) => format!("{title}({unit})"),
        (unit, Language::En) => format!("{title} ({unit})"),
    }
}

/// The heading of the column of ids.
pub fn id_heading(language: Language) -> &'static str {
    match language {
        Language::Zh => "编号",
        Language::En => "id",
    }
}

/// The headings of the columns that hold where a feature is.
pub fn place_headings(language: Language, are_points: bool) -> &'static [&'static str] {
    match (language, are_points) {
        (Language::Zh, true) => &["经度", "纬度"],
        (Language::En, true) => &["Longitude", "Latitude"],
        (_, false) => &["WKT"],
    }
}

/// The words for a code of a category, or the code itself where an import could take the words
/// for another one.
pub fn category<'a>(attribute: &'a Attribute, code: &'a str, language: Language) -> &'a str {
    let Some(value) = attribute.values.iter().find(|value| value.code == code) else {
        return code;
    };
    let words = value.title.in_language(language);
    let can_mean_words = attribute.values.iter().filter(|value| {
        let own = [&value.code, &value.title.zh, &value.title.en];
        own.into_iter()
            .chain(&value.aliases)
            .any(|spelling| spelling == words)
    });
    if !words.is_empty() && can_mean_words.count() == 1 {
        words
    } else {
        code
    }
}

/// Yes or no.
pub fn flag(flag: bool, language: Language) -> &'static str {
    match (flag, language) {
        (true, Language::Zh) => "是",
        (false, Language::Zh) => "否",
        (true, Language::En) => "yes",
        (false, Language::En) => "no",
    }
}

/// 合计
pub fn total(language: Language) -> &'static str {
    match language {
        Language::Zh => "合计",
        Language::En => "Total",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_could_mean_two_codes_are_not_used() {
        let kind: Attribute = toml::from_str(
            r#"
            id = "kind"
            type = "category"
            title = { zh = "类型", en = "Kind" }
            values = [
              { code = "a", zh = "甲", en = "A" },
              { code = "b", zh = "乙", en = "B", aliases = ["甲"] },
            ]"#,
        )
        .expect("an attribute");
        assert_eq!(category(&kind, "a", Language::Zh), "a");
        assert_eq!(category(&kind, "b", Language::Zh), "乙");
        assert_eq!(category(&kind, "a", Language::En), "A");
        assert_eq!(category(&kind, "unknown", Language::Zh), "unknown");
    }
}
