//! A synthetic Guangzhou (演示城市), drawn from public figures and a seed; nothing here is read
//! from a file or a clock.
#![allow(dead_code)]
mod figures;
mod hexagons;
mod plane;
mod rng;
mod territory;
