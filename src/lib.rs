//! Suitu 穗图.
