//! The HTTP interface, one file per resource; `helpers` starts a city.

mod access;
mod accounts;
mod commands;
mod commute;
mod downloads;
mod edits;
mod errors;
mod events;
mod gaps;
mod helpers;
mod jobs;
mod layers;
mod periods;
mod protection;
mod provider;
mod questions;
mod reports;
mod rights;
mod scenarios;
mod siting;
mod stations;
mod streets;
mod tiles;
mod transit;
mod watermark;
mod zoning;
