use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DataValidationRule, Format, Formula, XlsxError,
};

use crate::{
    domain::{Attribute, AttributeType, Catalog, GeometryKind, Language, Layer},
    export::{sheet, words},
};

/// A column to fill.
#[derive(Debug)]
pub struct Column<'a> {
    pub heading: String,
    pub kind: Kind<'a>,
    /// The unit in words, empty for none.
    pub unit: String,
}

#[derive(Debug)]
pub enum Kind<'a> {
    Id,
    /// Longitude or latitude with its greatest absolute value.
    Degrees(f64),
    Wkt,
    Attribute(&'a Attribute),
}

/// The columns of a layer's template: id, attributes, place.
pub fn columns<'a>(layer: &'a Layer, catalog: &Catalog, language: Language) -> Vec<Column<'a>> {
    let id = Column {
        heading: words::id_heading(language).to_owned(),
        kind: Kind::Id,
        unit: String::new(),
    };
    let attributes = attributes(layer, catalog, language);
    let are_points = layer.geometry == GeometryKind::Point;
    let kinds = match are_points {
        true => vec![Kind::Degrees(180.0), Kind::Degrees(90.0)],
        false => vec![Kind::Wkt],
    };
    let place = words::place_headings(language, are_points);
    let place = place.iter().zip(kinds).map(|(heading, kind)| Column {
        heading: (*heading).to_owned(),
        kind,
        unit: String::new(),
    });
    std::iter::once(id).chain(attributes).chain(place).collect()
}

/// The columns of the attributes alone.
pub fn attributes<'a>(
    layer: &'a Layer,
    catalog: &Catalog,
    language: Language,
) -> impl Iterator<Item = Column<'a>> {
    layer.attributes.iter().map(move |attribute| {
        let unit = catalog.unit(&attribute.unit);
        Column {
            heading: words::heading(&attribute.title, &unit, language),
            kind: Kind::Attribute(attribute),
            unit: unit.in_language(language).to_owned(),
        }
    })
}

impl Column<'_> {
    pub fn is_required(&self) -> bool {
        match self.kind {
            Kind::Id => false,
            Kind::Degrees(_) | Kind::Wkt => true,
            Kind::Attribute(attribute) => attribute.required,
        }
    }

    /// How the cells under the heading print; text keeps the leading zeros of codes.
    pub fn cell_format(&self) -> Format {
        let format = match self.kind {
            Kind::Id | Kind::Wkt => sheet::TEXT,
            Kind::Degrees(_) => "0.000000",
            Kind::Attribute(attribute) => match attribute.kind {
                AttributeType::Count => sheet::WHOLE,
                AttributeType::Integer => "0",
                AttributeType::Number => "General",
                AttributeType::Flag
                | AttributeType::Text
                | AttributeType::Category
                | AttributeType::Date => sheet::TEXT,
            },
        };
        Format::new().set_num_format(format)
    }

    /// What a cell accepts; `choices` is the range of a category's words.
    pub fn validation(
        &self,
        choices: Option<Formula>,
        language: Language,
    ) -> Result<Option<DataValidation>, XlsxError> {
        let new = DataValidation::new;
        let rule = match self.kind {
            Kind::Id | Kind::Wkt => return Ok(None),
            // Metres of a projected system are right too, so this only asks.
            Kind::Degrees(most) => new()
                .allow_decimal_number(DataValidationRule::Between(-most, most))
                .set_error_style(DataValidationErrorStyle::Warning),
            Kind::Attribute(attribute) => match (attribute.kind, choices) {
                (AttributeType::Count, _) => {
                    new().allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0))
                }
                (AttributeType::Integer, _) => {
                    new().allow_whole_number(DataValidationRule::Between(i32::MIN, i32::MAX))
                }
                (AttributeType::Number, _) => {
                    new().allow_decimal_number(DataValidationRule::Between(-1e15, 1e15))
                }
                (AttributeType::Flag, _) => new()
                    .allow_list_strings(&[true, false].map(|yes| words::flag(yes, language)))?,
                (AttributeType::Category, Some(range)) => new().allow_list_formula(range),
                _ => return Ok(None),
            },
        };
        let heading: String = self.heading.chars().take(32).collect();
        let message: String = self.what_to_write(language).chars().take(200).collect();
        Ok(Some(
            rule.set_error_title(heading)?.set_error_message(message)?,
        ))
    }

    /// What belongs into the cells, in a sentence.
    pub fn what_to_write(&self, language: Language) -> &'static str {
        let (zh, en) = match self.kind {
            Kind::Id => (
                "文字；稳定且不重复，以后按它更新；可留空，由系统编号",
                "text; stable and unique, later updates go by it; if left empty, rows are numbered",
            ),
            Kind::Degrees(_) => (
                "十进制度；导入时用 --crs 说明坐标系。若是投影坐标，请把表头改为 X坐标、Y坐标",
                "decimal degrees; name the system with --crs at import. For projected coordinates \
                 change the headings to x and y",
            ),
            Kind::Wkt => (
                "WKT 文本；图形超过单元格上限时请改用 GeoPackage、Shapefile 或 GeoJSON",
                "well-known text; where a shape is too long for a cell bring a GeoPackage, \
                 Shapefile or GeoJSON instead",
            ),
            Kind::Attribute(attribute) => match attribute.kind {
                AttributeType::Count => (
                    "非负整数；不知道请留空，不要填 0",
                    "a whole number of 0 or more; leave it empty where unknown, do not write 0",
                ),
                AttributeType::Integer => ("整数", "a whole number"),
                AttributeType::Number => ("数字", "a number"),
                AttributeType::Text => ("文字", "text"),
                AttributeType::Category => (
                    "从下拉列表中选择，或填下表中的代码",
                    "choose from the list, or write a code of the table below",
                ),
                AttributeType::Date => (
                    "日期：2020、2020-11 或 2020-11-01",
                    "a date: 2020, 2020-11 or 2020-11-01",
                ),
                AttributeType::Flag => ("是 或 否", "yes or no"),
            },
        };
        match language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// A value as it could stand in a cell.
    pub fn example(&self, language: Language) -> String {
        match self.kind {
            Kind::Id => "TH-00017".to_owned(),
            Kind::Degrees(most) if most > 90.0 => "113.264435".to_owned(),
            Kind::Degrees(_) => "23.129163".to_owned(),
            Kind::Wkt => "POLYGON((113.2 23.1,113.3 23.1,113.3 23.2,113.2 23.1))".to_owned(),
            Kind::Attribute(attribute) => match attribute.kind {
                AttributeType::Count => "120".to_owned(),
                AttributeType::Integer => "3".to_owned(),
                AttributeType::Number => "85.5".to_owned(),
                AttributeType::Text => String::new(),
                AttributeType::Category => {
                    attribute.values.first().map_or(String::new(), |value| {
                        words::category(attribute, &value.code, language).to_owned()
                    })
                }
                AttributeType::Date => "2020-11-01".to_owned(),
                AttributeType::Flag => words::flag(true, language).to_owned(),
            },
        }
    }
}
