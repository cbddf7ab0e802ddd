//! Layout classes (人口布局分类): which class an area belongs to, why, and how firmly.

mod classify;
mod sentences;
mod stability;

pub use classify::{Judged, Verdict, classify};
pub use sentences::{Words, class_sentence, criterion_sentence, grouped, undecided_sentence};
pub use stability::{Flip, Shift, Stability, stability};

/// The value of an indicator in an area, or why there is none.
pub type Value = Result<f64, crate::domain::Reason>;
