use crate::domain::{Language, Title};

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub features: u64,
    /// What the format could not hold; to be told to whoever asked for the file.
    pub losses: Vec<Loss>,
}

/// Something that a format cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Texts longer than the format's fields were cut.
    TextCut {
        field: String,
        most_bytes: usize,
        features: u64,
    },
    /// Shapes longer than a cell were left out.
    ShapeLeftOut { features: u64 },
}

impl Exported {
    pub(super) fn all(features: usize) -> Self {
        Exported {
            features: features as u64,
            losses: Vec::new(),
        }
    }
}

impl Loss {
    pub fn title(&self) -> Title {
        match self {
            Loss::TextCut {
                field,
                most_bytes,
                features,
            } => Title {
                zh: format!(
                    "字段 {field} 有 {features} 个要素的文字超过 {most_bytes} 字节，已截断；需要完整文字请选 gpkg 或 csv"
                ),
                en: format!(
                    "field {field}: the text of {features} features was cut at {most_bytes} bytes; gpkg and csv keep it whole"
                ),
            },
            Loss::ShapeLeftOut { features } => Title {
                zh: format!(
                    "{features} 个要素的图形超过单元格上限 32767 字符，未写入；需要图形请选 gpkg"
                ),
                en: format!(
                    "the shapes of {features} features are longer than the 32,767 characters of a cell and were left out; gpkg keeps them"
                ),
            },
        }
    }

    pub fn text(&self, language: Language) -> String {
        self.title().in_language(language).to_owned()
    }
}
