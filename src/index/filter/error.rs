use super::caps::{MAX_BYTES, MAX_DEPTH};

/// Why a text is no condition on a layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    #[error("the condition is {bytes} bytes long; at most {MAX_BYTES} are read")]
    TooLong { bytes: usize },
    #[error("the condition is nested {depth} deep; at most {MAX_DEPTH} are read")]
    TooDeep { depth: usize },
    #[error("the condition takes too long to read; write it with fewer parentheses")]
    TooTangled,
    #[error("no CQL2 text: {problem}")]
    Syntax { problem: String },
    #[error("{layer} has no attribute `{name}`; it has {known}")]
    UnknownName {
        layer: String,
        name: String,
        known: String,
    },
    #[error("`{name}` holds {holds}, which {value} is not")]
    WrongType {
        name: String,
        holds: &'static str,
        value: String,
    },
    #[error("`{name}` has no value '{value}'; it has {known}")]
    NoSuchValue {
        name: String,
        value: String,
        known: String,
    },
    #[error(
        "`{what}` cannot be used here; there are =, <>, <, <=, >, >=, BETWEEN, IN, LIKE, IS NULL, \
         AND, OR and NOT on attributes and values"
    )]
    Unsupported { what: String },
}
