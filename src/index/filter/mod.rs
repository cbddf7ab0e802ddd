//! Conditions on features (筛选): CQL2 text compiled to tests of packed columns.
//!
//! A [`Filter`] is parsed once for a layer and then read cell by cell. As in SQL a comparison with
//! a missing value is neither true nor false, and only what is true is kept.

mod caps;
mod compile;
mod error;
mod like;
mod mask;
mod operand;
mod predicate;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;

use std::{ops::Range, sync::Arc};

pub use error::FilterError;
pub use mask::Mask;

use self::predicate::Predicate;
use super::Cell;
use crate::domain::{Layer, LevelId};

/// A condition on the features of one layer.
#[derive(Clone, Debug)]
pub struct Filter {
    text: Arc<str>,
    predicate: Predicate,
}

impl Filter {
    /// Compiles a condition on the attributes of `layer`, on `id` and on the area codes
    /// (`district_code` …) of `levels`, the levels of the index it will be used on.
    ///
    /// ```text
    /// usual_residents > 100 AND (district_code IN ('440103', '440106') OR name LIKE '%新村%')
    /// ```
    ///
    /// Comparisons, `BETWEEN`, `IN`, `LIKE` (`%`, `_`, escape `\`), `IS NULL`, `AND`, `OR`, `NOT`.
    ///
    /// # Errors
    /// Longer or deeper than the caps, no CQL2, an unknown name, or a value of another type than the
    /// attribute's.
    pub fn parse(text: &str, layer: &Layer, levels: &[LevelId]) -> Result<Self, FilterError> {
        let text = text.trim();
        let expression = caps::parse(text)?;
        Ok(Filter {
            text: text.into(),
            predicate: compile::compile(&expression, layer, levels)?,
        })
    }

    /// The condition as it was written, without outer spaces.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Which of `rows` of a cell meet the condition; the first bit is the first of them.
    pub fn rows(&self, cell: &Cell, rows: Range<usize>) -> Mask {
        self.predicate.truth(cell, rows).yes
    }
}
