//! Population layout classes (人口布局分类): rules as data, every criterion visible.

mod condition;
mod error;
mod indicator;
mod names;
mod rules;

pub use condition::{Comparison, Condition, Criterion};
pub use error::RuleError;
pub use indicator::{Indicator, Parameters};
pub use rules::{Direction, ZoningClass, ZoningRules};
