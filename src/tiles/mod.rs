//! Vector tiles (矢量瓦片): from a layer in memory to Mapbox Vector Tile bytes. Plain functions
//! from values to values, and a cache of what they gave.

mod cache;
mod clip;
mod encode;
mod mvt;
mod shapes;
mod style;
mod tilejson;

#[cfg(test)]
mod tests;

pub use cache::{Encoded, Encoding, TileCache, TileKey};
pub use encode::{MAX_TILE_BYTES, Tile, encode};
pub use shapes::Shapes;
pub use style::style;
pub use tilejson::tilejson;
