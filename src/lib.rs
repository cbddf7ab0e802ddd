//! Suitu 穗图: a population geographic information system (人口地理信息系统).
//!
//! Files from many bureaus go into one checked, dated store; a city in memory is built from it;
//! questions are answered and tiles drawn from the city. The rooms, lowest floor first; arrows
//! only point down:
//!
//! - [`domain`], [`crs`]: words of the field, coordinate systems. No I/O.
//! - [`import`], [`export`], [`store`], [`index`], [`analysis`]: do not know one another.
//! - [`transit`]: timetables and journeys by them, in memory; knows no other room.
//! - [`city`]: an immutable snapshot of all layers; hands values from one room to the next.
//! - [`protection`]: from a city the pieces and rounded counts that everybody may see.
//! - [`query`], [`tiles`]: plain functions from the city to answers and tiles.
//! - [`reports`]: answers as documents to hand in.
//! - [`accounts`]: who may do what, and the record of what was done; a file of their own.
//! - [`http`]: routes. Only here are status codes and JSON envelopes.
//!
//! Invariants: only `store` holds SQL on a city, `accounts` that of its own file; only `import` reads foreign formats; only `export`,
//! `reports` and `tiles` write them; `analysis`, `query` and `tiles` have no clock, no log and no database.

pub mod accounts;
pub mod analysis;
pub mod city;
pub mod cli;
pub mod clock;
pub mod crs;
pub mod definitions;
pub mod demo;
pub mod domain;
pub mod export;
pub mod http;
pub mod import;
pub mod index;
pub mod network;
pub mod protection;
pub mod publication;
pub mod query;
pub mod reports;
pub mod store;
pub mod tiles;
pub mod transit;
