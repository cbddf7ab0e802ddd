use serde::{Deserialize, Serialize};

use super::AttributeId;

/// What a file written here says of its data, so that it says the same when it comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// Who publishes the data.
    pub source: String,
    /// The same in English; empty where it is not told.
    pub source_en: String,
    pub licence: String,
    /// Some of the data are generated (合成).
    pub synthetic: bool,
    /// Attributes whose values are estimates (推算).
    pub estimated: Vec<AttributeId>,
}

/// What the software of files written here begins with.
const SIGNATURE: &str = "Suitu 穗图 ";

/// The labels, Chinese and English, under which a file tells people its origin.
pub mod label {
    pub const SOURCE: [&str; 2] = ["来源", "Source"];
    pub const LICENCE: [&str; 2] = ["许可", "Licence"];
    pub const CRS: [&str; 2] = ["坐标系", "Coordinate system"];
    pub const ESTIMATED: [&str; 2] = ["推算字段", "Estimated"];
    pub const NATURE: [&str; 2] = ["数据性质", "Nature of the data"];
    /// Only files written here carry it.
    pub const SOFTWARE: [&str; 2] = ["软件", "Software"];
}

impl Origin {
    /// The origin in notes made for people, label and text; `None` where no software signs them.
    pub fn from_notes<'a>(notes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let mut origin = Origin::default();
        let mut is_signed = false;
        for (label, text) in notes {
            let is = |labels: [&str; 2]| labels.contains(&label);
            if is(label::SOURCE) {
                text.clone_into(&mut origin.source);
            } else if is(label::LICENCE) {
                text.clone_into(&mut origin.licence);
            } else if is(label::NATURE) {
                origin.synthetic = !text.is_empty();
            } else if is(label::ESTIMATED) {
                let ids = text.split(',').map(str::trim);
                origin.estimated = ids.filter_map(|id| id.parse().ok()).collect();
            } else if is(label::SOFTWARE) {
                is_signed = text.starts_with(SIGNATURE);
            }
        }
        is_signed.then_some(origin)
    }

    /// The origin in the `provenance` of a file for machines.
    pub fn from_json(provenance: &serde_json::Value) -> Option<Self> {
        let software = provenance.get("software")?.as_str()?;
        let origin = software.starts_with(SIGNATURE).then_some(provenance)?;
        serde_json::from_value(origin.clone()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_english_of_a_source_comes_back_with_it() {
        let file = serde_json::json!({
            "software": "Suitu 穗图 0.1.0", "source": "某局", "source_en": "a bureau",
        });
        let origin = Origin::from_json(&file).expect("signed");
        assert_eq!((&*origin.source, &*origin.source_en), ("某局", "a bureau"));
    }

    #[test]
    fn notes_of_other_programs_are_no_origin() {
        let notes = [("Source", "a bureau"), ("数据性质", "合成数据")];
        assert_eq!(Origin::from_notes(notes), None);
        let signed = notes.into_iter().chain([("软件", "Suitu 穗图 0.1.0")]);
        let origin = Origin::from_notes(signed).expect("signed");
        assert_eq!(origin.source, "a bureau");
        assert!(origin.synthetic);
    }
}
