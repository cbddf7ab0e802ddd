//! Coordinate systems (坐标系): EPSG codes, Gauss-Krüger zones, proj4 definitions, GCJ-02, BD-09.
//!
//! Everything is taken to longitude, latitude (EPSG:4490, taken as WGS 84). Pure: no I/O.

mod detect;
mod gcj02;
mod plausible;
mod system;
mod transform;
mod wkt;

pub use detect::{ShiftWarning, detect_shift};
pub use gcj02::{bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02};
pub use system::Crs;
pub use transform::Transform;

/// Why coordinates cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CrsError {
    #[error(
        "`{0}` is no coordinate system this program knows: write EPSG:4490, EPSG:4326, EPSG:4547, \
         EPSG:4526, EPSG:3857, another EPSG code, GCJ-02, BD-09 or a +proj definition"
    )]
    Unknown(String),
    #[error(
        "the definition of {crs} cannot be used: {problem}; save the file in EPSG:4490 or EPSG:4326 \
         first"
    )]
    Unusable { crs: String, problem: String },
    #[error("a coordinate lies outside the area of {0}")]
    OutOfArea(String),
    #[error("the coordinates do not fit {crs}: {advice}")]
    Implausible { crs: String, advice: String },
}
