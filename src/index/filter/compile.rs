use cql2::Expr;

use super::{
    FilterError,
    like::Pattern,
    operand::{Named, Operand, unsupported},
    predicate::{Comparison, NumberTest, Predicate, TextTest},
};
use crate::domain::{Layer, LevelId};

/// Turns a parsed expression into tests of a layer's columns.
pub(super) fn compile(
    expression: &Expr,
    layer: &Layer,
    levels: &[LevelId],
) -> Result<Predicate, FilterError> {
    Compiler { layer, levels }.condition(expression)
}

struct Compiler<'a> {
    layer: &'a Layer,
    levels: &'a [LevelId],
}

impl<'a> Compiler<'a> {
    fn condition(&self, expression: &Expr) -> Result<Predicate, FilterError> {
        let Expr::Operation { op, args } = expression else {
            return match self.operand(expression)? {
                Operand::Flag(flag) => Ok(Predicate::Constant(Some(flag))),
                Operand::Null => Ok(Predicate::Constant(None)),
                Operand::Column(column) if column.is_flag() => {
                    let test = NumberTest::Compare(Comparison::Equal, 1.0);
                    Ok(Predicate::Number(column.column, test))
                }
                _ => Err(unsupported("a value without a comparison")),
            };
        };
        let conditions = || args.iter().map(|arg| self.condition(arg));
        match (op.as_str(), args.as_slice()) {
            ("and", _) => Ok(Predicate::And(conditions().collect::<Result<_, _>>()?)),
            ("or", _) => Ok(Predicate::Or(conditions().collect::<Result<_, _>>()?)),
            ("not", [inner]) => Ok(Predicate::Not(Box::new(self.condition(inner)?))),
            ("isNull", [value]) => Ok(match self.operand(value)? {
                Operand::Column(column) => Predicate::IsMissing(column.column),
                value => Predicate::Constant(Some(matches!(value, Operand::Null))),
            }),
            ("between", [value, low, high]) => {
                let value = self.operand(value)?;
                let low = compare(Comparison::AtLeast, &value, &self.operand(low)?)?;
                let high = compare(Comparison::AtMost, &value, &self.operand(high)?)?;
                Ok(Predicate::And(vec![low, high]))
            }
            ("in", [value, list]) => self.one_of(value, list),
            ("like", [value, pattern]) => self.like(value, pattern),
            (op, [left, right]) => match Comparison::of(op) {
                Some(comparison) => {
                    compare(comparison, &self.operand(left)?, &self.operand(right)?)
                }
                None => Err(unsupported(op)),
            },
            (op, _) => Err(unsupported(op)),
        }
    }

    fn operand(&self, expression: &Expr) -> Result<Operand<'a>, FilterError> {
        Operand::read(expression, self.layer, self.levels)
    }

    /// `value IN (…)`: equal to any; unknown where it is not but a `NULL` is in the list.
    fn one_of(&self, value: &Expr, list: &Expr) -> Result<Predicate, FilterError> {
        let Expr::Array(list) = list else {
            return Err(unsupported("IN without a list"));
        };
        let value = self.operand(value)?;
        let list: Vec<Operand> = list
            .iter()
            .map(|item| self.operand(item))
            .collect::<Result<_, _>>()?;
        let (plain, other): (Vec<&Operand>, Vec<&Operand>) = list
            .iter()
            .partition(|item| !matches!(item, Operand::Null | Operand::Column(_)));
        let mut any = Vec::new();
        match &value {
            Operand::Column(column) if !plain.is_empty() => any.push(among(column, &plain)?),
            _ => {
                for item in plain {
                    any.push(compare(Comparison::Equal, &value, item)?);
                }
            }
        }
        for item in other {
            any.push(compare(Comparison::Equal, &value, item)?);
        }
        Ok(Predicate::Or(any))
    }

    fn like(&self, value: &Expr, pattern: &Expr) -> Result<Predicate, FilterError> {
        let (value, pattern) = (self.operand(value)?, self.operand(pattern)?);
        match (&value, &pattern) {
            (Operand::Null, _) | (_, Operand::Null) => Ok(Predicate::Constant(None)),
            (Operand::Column(column), pattern) => {
                let pattern = Pattern::new(column.pattern(pattern)?);
                Ok(Predicate::Text(column.column, TextTest::Like(pattern)))
            }
            _ => Err(unsupported("LIKE without an attribute")),
        }
    }
}

fn among(column: &Named, values: &[&Operand]) -> Result<Predicate, FilterError> {
    let values = values.iter();
    if column.is_number() {
        let mut numbers: Vec<f64> = values
            .map(|v| Ok(column.number(v)? + 0.0))
            .collect::<Result<_, _>>()?;
        numbers.sort_by(f64::total_cmp);
        return Ok(Predicate::Number(column.column, NumberTest::OneOf(numbers)));
    }
    let texts = values.map(|v| column.text(v)).collect::<Result<_, _>>()?;
    Ok(Predicate::Text(column.column, TextTest::OneOf(texts)))
}

fn compare(
    comparison: Comparison,
    left: &Operand,
    right: &Operand,
) -> Result<Predicate, FilterError> {
    Ok(match (left, right) {
        (Operand::Column(column), Operand::Column(other)) => {
            column.check_against(other)?;
            Predicate::Pair(column.column, comparison, other.column)
        }
        (Operand::Null, _) | (_, Operand::Null) => Predicate::Constant(None),
        (Operand::Column(column), value) if column.is_number() => {
            let test = NumberTest::Compare(comparison, column.number(value)?);
            Predicate::Number(column.column, test)
        }
        (Operand::Column(column), value) => {
            let test = TextTest::Compare(comparison, column.text(value)?);
            Predicate::Text(column.column, test)
        }
        (value, Operand::Column(_)) => compare(comparison.turned(), right, value)?,
        (Operand::Number(a), Operand::Number(b)) => {
            Predicate::Constant(Some(comparison.holds(a, b)))
        }
        (Operand::Text(a), Operand::Text(b)) => Predicate::Constant(Some(comparison.holds(a, b))),
        (Operand::Flag(a), Operand::Flag(b)) => Predicate::Constant(Some(comparison.holds(a, b))),
        _ => return Err(unsupported("a comparison of text with a number")),
    })
}
