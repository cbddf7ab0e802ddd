use cql2::Expr;

use super::{FilterError, predicate::Column};
use crate::domain::{Attribute, AttributeType, Layer, LevelId, Period};

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Operand<'a> {
    Column(Named<'a>),
    Number(f64),
    Text(String),
    Flag(bool),
    Null,
}

/// A column with what its attribute allows.
#[derive(Clone, Debug)]
pub(super) struct Named<'a> {
    pub name: String,
    pub column: Column,
    /// `None` for the id and area codes, which are text.
    attribute: Option<&'a Attribute>,
}

impl<'a> Operand<'a> {
    pub fn read(
        expression: &Expr,
        layer: &'a Layer,
        levels: &[LevelId],
    ) -> Result<Self, FilterError> {
        Ok(match expression {
            Expr::Property { property } => Operand::Column(Named::find(property, layer, levels)?),
            Expr::Float(number) => Operand::Number(*number),
            Expr::Literal(text) => Operand::Text(text.clone()),
            Expr::Bool(flag) => Operand::Flag(*flag),
            Expr::Date { date } => match &**date {
                Expr::Literal(text) => Operand::Text(text.clone()),
                _ => return Err(unsupported("DATE()")),
            },
            Expr::Null => Operand::Null,
            other => return Err(unsupported(&name_of(other))),
        })
    }

    /// The value in the words of an error.
    fn shown(&self) -> String {
        match self {
            Operand::Column(column) => format!("`{}`", column.name),
            Operand::Number(number) => number.to_string(),
            Operand::Text(text) => format!("'{}'", text.chars().take(40).collect::<String>()),
            Operand::Flag(flag) => flag.to_string(),
            Operand::Null => "NULL".into(),
        }
    }
}

impl<'a> Named<'a> {
    fn find(name: &str, layer: &'a Layer, levels: &[LevelId]) -> Result<Self, FilterError> {
        let level = || levels.iter().position(|l| code_of(l) == name);
        let column = if let Some(place) = layer.attribute_index(name) {
            Column::Attribute(place)
        } else if name == "id" {
            Column::Id
        } else if let Some(place) = level() {
            Column::AreaCode(place)
        } else {
            let attributes = layer.attributes.iter().map(|a| a.id.to_string());
            let known = std::iter::once("id".to_owned()).chain(attributes);
            let known: Vec<String> = known.chain(levels.iter().map(code_of)).collect();
            return Err(FilterError::UnknownName {
                layer: layer.id.to_string(),
                name: name.chars().take(64).collect(),
                known: known.join(", "),
            });
        };
        Ok(Named {
            name: name.to_owned(),
            column,
            attribute: layer.attribute(name),
        })
    }

    fn kind(&self) -> AttributeType {
        self.attribute.map_or(AttributeType::Text, |a| a.kind)
    }

    pub fn is_number(&self) -> bool {
        use AttributeType::{Count, Flag, Integer, Number};
        matches!(self.kind(), Count | Integer | Number | Flag)
    }

    pub fn is_flag(&self) -> bool {
        self.kind() == AttributeType::Flag
    }

    fn holds(&self) -> &'static str {
        match self.kind() {
            AttributeType::Flag => "0 or 1",
            AttributeType::Date => "dates",
            _ if self.is_number() => "numbers",
            _ => "text",
        }
    }

    fn refuse(&self, value: &Operand) -> FilterError {
        FilterError::WrongType {
            name: self.name.clone(),
            holds: self.holds(),
            value: value.shown(),
        }
    }

    /// The number that `value` is to this column.
    pub fn number(&self, value: &Operand) -> Result<f64, FilterError> {
        match value {
            Operand::Number(number) => Ok(*number),
            Operand::Flag(flag) if self.is_flag() => Ok(f64::from(u8::from(*flag))),
            other => Err(self.refuse(other)),
        }
    }

    /// The text that `value` is to this column: of a date a date, of a category one of its codes.
    pub fn text(&self, value: &Operand) -> Result<String, FilterError> {
        let Operand::Text(text) = value else {
            return Err(self.refuse(value));
        };
        if self.kind() == AttributeType::Date && text.parse::<Period>().is_err() {
            return Err(self.refuse(value));
        }
        let codes = self.attribute.map_or(&[][..], |a| &a.values);
        if codes.is_empty() || codes.iter().any(|v| v.code == *text) {
            return Ok(text.clone());
        }
        let known: Vec<&str> = codes.iter().map(|v| v.code.as_str()).collect();
        Err(FilterError::NoSuchValue {
            name: self.name.clone(),
            value: text.chars().take(40).collect(),
            known: known.join(", "),
        })
    }

    /// The text of a pattern, which need not be a value.
    pub fn pattern<'t>(&self, value: &'t Operand) -> Result<&'t str, FilterError> {
        match value {
            Operand::Text(text) if !self.is_number() => Ok(text),
            Operand::Text(_) => Err(self.refuse(value)),
            other => Err(unsupported(&format!("LIKE {}", other.shown()))),
        }
    }

    /// Whether values of both columns can be compared.
    pub fn check_against(&self, other: &Named) -> Result<(), FilterError> {
        match self.is_number() == other.is_number() {
            true => Ok(()),
            false => Err(self.refuse(&Operand::Column(other.clone()))),
        }
    }
}

fn code_of(level: &LevelId) -> String {
    format!("{level}_code")
}

pub(super) fn unsupported(what: &str) -> FilterError {
    FilterError::Unsupported {
        what: what.chars().take(64).collect(),
    }
}

fn name_of(expression: &Expr) -> String {
    match expression {
        Expr::Operation { op, .. } => op.clone(),
        Expr::Interval { .. } => "INTERVAL".into(),
        Expr::Timestamp { .. } => "TIMESTAMP".into(),
        Expr::BBox { .. } => "BBOX".into(),
        Expr::Geometry(_) => "a geometry".into(),
        Expr::Array(_) => "a list".into(),
        _ => "a value".into(),
    }
}
