//! What every home of a city's data promises, and what the file home promises beside.

mod conformance;
mod geopackage;
mod sample;
