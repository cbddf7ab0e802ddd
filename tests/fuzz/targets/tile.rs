//! Shapes of any form drawn on any tile.

#![no_main]

use geo::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon};
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use suitu::{
    domain::{AttributeType, Period, Table, TileCoord, Value},
    index::LayerIndex,
    tiles::{Shapes, encode},
};
use suitu_fuzz::layer;

#[derive(Arbitrary, Debug)]
struct Asked {
    z: u8,
    x: u32,
    y: u32,
    /// The tile lies where the shapes are.
    is_near: bool,
    points: Vec<(i16, i16)>,
    rings: Vec<Vec<(i16, i16)>>,
    count: i64,
}

/// Degrees around a city, down to a few metres and up to some hundred kilometres.
fn place((x, y): (i16, i16)) -> Coord {
    Coord {
        x: 113.3 + f64::from(x) * 1e-4,
        y: 23.1 + f64::from(y) * 1e-4,
    }
}

fn drawn(id: &str, geometries: Vec<Geometry>, count: i64, tile: TileCoord) {
    let layer = layer(id);
    let values: Vec<Value> = layer
        .attributes
        .iter()
        .map(|attribute| match attribute.kind {
            AttributeType::Count => Value::Integer(count.max(0)),
            _ => Value::Missing,
        })
        .collect();
    let mut table = Table::for_layer(&layer);
    for (n, geometry) in geometries.into_iter().enumerate() {
        table.push(&n.to_string(), geometry, &values);
    }
    let period: Period = "2020".parse().expect("a year");
    let index = LayerIndex::build(layer, period, Vec::new(), &table);
    let shapes = Shapes::of(&index);
    let first = encode(&index, &shapes, tile, None);
    assert!(first == encode(&index, &shapes, tile, None));
}

fuzz_target!(|asked: Asked| {
    let z = asked.z % 23;
    let (x, y) = if asked.is_near {
        let n = f64::from(1 << z);
        let lat = 23.1_f64.to_radians();
        let down = (1.0 - lat.tan().asinh() / std::f64::consts::PI) / 2.0;
        (((113.3 + 180.0) / 360.0 * n) as u32, (down * n) as u32)
    } else {
        (asked.x, asked.y)
    };
    let Ok(tile) = TileCoord::new(z, x, y) else {
        return;
    };
    let points = asked.points.into_iter().take(200);
    drawn(
        "residences",
        points.map(|at| Point(place(at)).into()).collect(),
        asked.count >> 20,
        tile,
    );
    let rings = asked
        .rings
        .into_iter()
        .take(20)
        .filter(|ring| ring.len() > 2);
    let areas: Vec<Geometry> = rings
        .map(|ring| {
            let ring = ring.into_iter().take(100).map(place).collect::<Vec<_>>();
            let area = Polygon::new(LineString::new(ring), Vec::new());
            MultiPolygon::new(vec![area]).into()
        })
        .collect();
    drawn("planning_units", areas, asked.count >> 20, tile);
});
