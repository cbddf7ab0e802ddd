//! Tiles read back by a decoder of its own and held against the features.

mod decoder;
mod outlines;
mod points;

use std::sync::Arc;

use geo::Geometry;

use crate::{
    domain::{Catalog, Layer, Table, TileCoord, Value, to_mercator},
    index::LayerIndex,
};

fn layer(geometry: &str) -> Arc<Layer> {
    let definition = format!(
        r##"
id = "things"
kind = "ground"
geometry = "{geometry}"
level = "public"
title = {{ zh = "物", en = "Things" }}
zoom = {{ min = 0, max = 22, detail = 12 }}
style = {{ color = "#000000" }}
[[attributes]]
id = "name"
type = "text"
role = "name"
title = {{ zh = "名", en = "Name" }}
[[attributes]]
id = "people"
type = "count"
title = {{ zh = "人", en = "People" }}
"##
    );
    let catalog = Catalog::parse([("things.toml", definition.as_str())]).expect("sound");
    catalog.layer("things").expect("just parsed").clone()
}

/// Features by id, name and count.
fn index(
    geometry: &str,
    features: impl IntoIterator<Item = (String, Geometry<f64>, Option<i64>)>,
) -> LayerIndex {
    let layer = layer(geometry);
    let mut table = Table::for_layer(&layer);
    for (id, shape, people) in features {
        let people = people.map_or(Value::Missing, Value::Integer);
        table.push(&id, shape, &[Value::Text(format!("名{id}")), people]);
    }
    LayerIndex::build(layer, "2020".parse().expect("a year"), vec![], &table)
}

fn tile_over(lon: f64, lat: f64, z: u8) -> TileCoord {
    let (x, y) = to_mercator(lon, lat);
    let side = f64::from(1u32 << z);
    TileCoord::new(z, (x * side) as u32, (y * side) as u32).expect("inside the world")
}

/// All tiles of zoom `z` that meet a window of longitudes and latitudes.
fn tiles_over(west: f64, south: f64, east: f64, north: f64, z: u8) -> Vec<TileCoord> {
    let (first, last) = (tile_over(west, north, z), tile_over(east, south, z));
    let columns = first.x()..=last.x();
    columns
        .flat_map(|x| (first.y()..=last.y()).map(move |y| TileCoord::new(z, x, y).expect("inside")))
        .collect()
}
