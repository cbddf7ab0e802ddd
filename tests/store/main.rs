//! What every home of a city's data promises, and what each of them promises beside.

mod conformance;
mod edits;
mod external;
mod geopackage;
mod killed;
mod once;
mod postgres;
mod sample;
