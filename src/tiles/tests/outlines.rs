use std::collections::BTreeMap;

use geo::{BooleanOps, Coord, Geometry, LineString, MultiPolygon, Polygon, polygon};
use proptest::prelude::*;

use super::{
    decoder::{Feature, Shape, decode, doubled_area},
    index, tile_over, tiles_over,
};
use crate::{
    domain::{TileCoord, from_mercator, to_mercator},
    index::{LayerIndex, stable_number},
    tiles::{MAX_TILE_BYTES, Shapes, encode},
};

type Rings = Vec<Vec<Vec<(i64, i64)>>>;

/// The features of the tile's main layer; every coordinate within the buffer.
fn features(index: &LayerIndex, shapes: &Shapes, tile: TileCoord) -> Vec<Feature> {
    let Some(made) = encode(index, shapes, tile, None) else {
        return Vec::new();
    };
    let layers = decode(&made.bytes);
    let found: Vec<Feature> = layers
        .into_iter()
        .filter(|layer| layer.name == "things")
        .flat_map(|layer| layer.features)
        .collect();
    for feature in &found {
        assert_eq!(feature.id, stable_number(feature.text("id")));
        let points: Vec<(i64, i64)> = match &feature.shape {
            Shape::Points(points) => points.clone(),
            Shape::Lines(lines) => lines.concat(),
            Shape::Polygons(polygons) => polygons.concat().concat(),
        };
        let inside = |v: i64| (-64..=4096 + 64).contains(&v);
        assert!(points.iter().all(|p| inside(p.0) && inside(p.1)));
    }
    found
}

fn polygons(feature: &Feature) -> &Rings {
    match &feature.shape {
        Shape::Polygons(polygons) => polygons,
        other => panic!("no polygon: {other:?}"),
    }
}

fn area_of(feature: &Feature) -> i64 {
    let rings = polygons(feature).iter().flatten();
    rings.map(|ring| doubled_area(ring)).sum()
}

fn polygon_index(polygons: Vec<(String, Polygon<f64>)>) -> (LayerIndex, Shapes) {
    let features = polygons
        .into_iter()
        .map(|(id, p)| (id, Geometry::from(p), Some(1)));
    let index = index("polygon", features);
    let shapes = Shapes::of(&index);
    (index, shapes)
}

/// A wavy column of corners from south to north at `lon`; straight for amplitude 0.
fn border(lon: f64, amplitude: f64) -> Vec<Coord<f64>> {
    (0..=400)
        .map(|i| {
            let t = f64::from(i) / 400.0;
            let wave = (t * 37.0).sin() + 0.3 * (t * 211.0).sin() + 0.1 * (t * 917.0).cos();
            let ends = if i == 0 || i == 400 { 0.0 } else { 1.0 };
            Coord {
                x: lon + amplitude * wave * ends,
                y: 23.0 + t * 0.2,
            }
        })
        .collect()
}

/// Four strips between wavy borders.
fn strips() -> Vec<(String, Polygon<f64>)> {
    let borders: Vec<Vec<Coord<f64>>> = (0..=4)
        .map(|i| {
            let outer = i == 0 || i == 4;
            border(113.0 + f64::from(i) * 0.05, if outer { 0.0 } else { 0.01 })
        })
        .collect();
    borders
        .windows(2)
        .enumerate()
        .map(|(number, pair)| {
            let mut ring = pair[0].clone();
            ring.extend(pair[1].iter().rev());
            (
                format!("strip{number}"),
                Polygon::new(LineString(ring), vec![]),
            )
        })
        .collect()
}

#[test]
fn neighbors_leave_no_gap_and_no_overlap_at_any_zoom() {
    let (strips, shapes) = polygon_index(strips());
    let whole = polygon![(x: 113.0, y: 23.0), (x: 113.0, y: 23.2), (x: 113.2, y: 23.2), (x: 113.2, y: 23.0)];
    let (whole, whole_shape) = polygon_index(vec![("whole".into(), whole)]);
    for z in 6..16 {
        for tile in tiles_over(113.0, 23.0, 113.2, 23.2, z)
            .into_iter()
            .step_by(3)
        {
            let parts: i64 = features(&strips, &shapes, tile).iter().map(area_of).sum();
            let all: i64 = features(&whole, &whole_shape, tile)
                .iter()
                .map(area_of)
                .sum();
            assert_eq!(parts, all, "{tile:?}");
        }
    }
}

#[test]
fn a_border_is_the_same_on_both_sides_and_in_both_tiles() {
    let (strips, shapes) = polygon_index(strips());
    for z in [9, 11, 13] {
        let tile = tile_over(113.075, 23.1, z);
        let right = TileCoord::new(z, tile.x() + 1, tile.y()).expect("inside");
        // Within the overlap of two tiles both hold the same corners of the same feature. On the
        // outermost units a cut may fall on a corner.
        let near_edge = |tile: TileCoord, shift: i64| -> BTreeMap<u64, Vec<(i64, i64)>> {
            let mut found = BTreeMap::new();
            for feature in features(&strips, &shapes, tile) {
                let points = polygons(&feature).concat().concat().into_iter();
                let shifted = points.map(|(x, y)| (x + shift, y));
                let mut near: Vec<(i64, i64)> = shifted
                    .filter(|(x, y)| (4034..4158).contains(x) && (-62..4158).contains(y))
                    .collect();
                near.sort_unstable();
                if !near.is_empty() {
                    found.insert(feature.id, near);
                }
            }
            found
        };
        assert_eq!(near_edge(tile, 0), near_edge(right, 4096), "z{z}");
    }
}

#[test]
fn a_tile_inside_a_polygon_is_its_buffered_square_and_inside_a_hole_nothing() {
    let square = |low: f64, high: f64| {
        LineString::from(vec![(low, low), (high, low), (high, high), (low, high)])
    };
    let ring = Polygon::new(square(10.0, 40.0), vec![square(20.0, 30.0)]);
    let (index, shapes) = polygon_index(vec![("ring".into(), ring)]);
    let full = features(&index, &shapes, tile_over(15.0, 15.0, 10));
    let mut corners = polygons(&full[0])[0][0].clone();
    corners.sort_unstable();
    assert_eq!(
        corners,
        [(-64, -64), (-64, 4160), (4160, -64), (4160, 4160)]
    );
    let inside_hole = features(&index, &shapes, tile_over(25.0, 25.0, 10));
    // The square and the hole of the same size may stand or fall together; no area may be left.
    assert_eq!(inside_hole.iter().map(area_of).sum::<i64>(), 0);
    let world = features(&index, &shapes, TileCoord::new(2, 2, 1).expect("inside"));
    assert_eq!(polygons(&world[0])[0].len(), 2, "the hole is kept");
}

#[test]
fn a_line_that_leaves_and_comes_back_is_two_parts() {
    let tile = tile_over(113.3, 23.1, 12);
    let at = |x: f64, y: f64| {
        let side = f64::from(1u32 << 12);
        let place = |unit: f64, tile: u32| (f64::from(tile) + unit / 4096.0) / side;
        let (lon, lat) = from_mercator(place(x, tile.x()), place(y, tile.y()));
        Coord { x: lon, y: lat }
    };
    let line = LineString(vec![
        at(100.0, 100.0),
        at(6000.0, 100.0),
        at(6000.0, 2000.0),
        at(100.0, 2000.0),
    ]);
    let lines = index("line", [("line".to_owned(), Geometry::from(line), None)]);
    let found = features(&lines, &Shapes::of(&lines), tile);
    let Shape::Lines(parts) = &found[0].shape else {
        panic!("no line");
    };
    let expected = vec![
        vec![(100, 100), (4160, 100)],
        vec![(4160, 2000), (100, 2000)],
    ];
    assert_eq!(parts, &expected);
}

#[test]
fn outlines_of_a_tile_that_would_be_too_large_are_drawn_more_coarsely() {
    // Stars of a thousand corners each, all in one tile.
    let tile = tile_over(113.3, 23.3, 10);
    let (west, south) = (tile.bbox().west, tile.bbox().south);
    let stars = (0..400).map(|i| {
        let center = (
            west + 0.02 + f64::from(i % 20) * 0.015,
            south + 0.02 + f64::from(i / 20) * 0.015,
        );
        let radius = |k: i32| if k % 2 == 0 { 0.014 } else { 0.013 };
        let radii: Vec<f64> = (0..1000).map(radius).collect();
        (i.to_string(), Polygon::new(star(center, &radii), vec![]))
    });
    let (index, shapes) = polygon_index(stars.collect());
    let made = encode(&index, &shapes, tile, None).expect("a full tile");
    assert!(made.generalized && made.bytes.len() <= MAX_TILE_BYTES);
    assert!(!decode(&made.bytes)[0].features.is_empty());
}

#[test]
fn a_name_stands_in_one_tile() {
    let (strips, shapes) = polygon_index(strips());
    for z in [5, 9, 12, 14] {
        let mut names = Vec::new();
        for tile in tiles_over(112.9, 22.9, 113.3, 23.3, z) {
            let made = encode(&strips, &shapes, tile, None);
            for layer in made.map(|made| decode(&made.bytes)).unwrap_or_default() {
                if layer.name == "things_label" {
                    names.extend(layer.features.iter().map(|f| f.text("name").to_owned()));
                }
            }
        }
        names.sort();
        assert_eq!(
            names,
            ["名strip0", "名strip1", "名strip2", "名strip3"],
            "z{z}"
        );
    }
}

/// A star-shaped ring around a place: valid whatever the radii.
fn star(center: (f64, f64), radii: &[f64]) -> LineString<f64> {
    let count = radii.len() as f64;
    let corner = |(i, r): (usize, &f64)| {
        let angle = i as f64 / count * std::f64::consts::TAU;
        Coord {
            x: center.0 + r * angle.cos(),
            y: center.1 + r * angle.sin(),
        }
    };
    let mut ring: Vec<Coord<f64>> = radii.iter().enumerate().map(corner).collect();
    ring.push(ring[0]);
    LineString(ring)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_tile_of_any_polygon_is_valid_and_close_to_the_truth(
        radii in prop::collection::vec(0.02..0.2f64, 5..60),
        hole in prop::option::of(prop::collection::vec(0.001..0.009f64, 3..20)),
        backward in any::<bool>(),
        z in 4..16u8,
        (dx, dy) in (-0.2..0.2f64, -0.2..0.2f64),
    ) {
        let center = (113.3, 23.1);
        let mut exterior = star(center, &radii);
        if backward {
            exterior.0.reverse();
        }
        let holes: Vec<LineString<f64>> = hole.iter().map(|radii| star(center, radii)).collect();
        let shape = Polygon::new(exterior, holes);
        let (index, shapes) = polygon_index(vec![("a".into(), shape.clone())]);
        let tile = tile_over(center.0 + dx, center.1 + dy, z);
        // Decoding checks winding, closing and that nothing is empty.
        let found = features(&index, &shapes, tile);
        let drawn = found.iter().map(area_of).sum::<i64>() as f64 / 2.0;
        let (expected, length) = true_area(&shape, tile);
        // Each outline may be off by the tolerance of simplification and rounding.
        let allowed = (length + 4.0 * 4224.0) * 4.0;
        prop_assert!((drawn - expected).abs() <= allowed, "{} for {}, z{}", drawn, expected, z);
    }
}

/// Area in square tile units within the buffered tile, and the length of the outline in it.
fn true_area(shape: &Polygon<f64>, tile: TileCoord) -> (f64, f64) {
    use geo::{Area, MapCoords};
    let side = f64::from(1u32 << tile.z());
    let flat = shape.map_coords(|c| {
        let (x, y) = to_mercator(c.x, c.y);
        Coord {
            x: (x * side - f64::from(tile.x())) * 4096.0,
            y: (y * side - f64::from(tile.y())) * 4096.0,
        }
    });
    let square = geo::Rect::new((-64.0, -64.0), (4160.0, 4160.0)).to_polygon();
    let cut: MultiPolygon<f64> = flat.intersection(&square);
    let length = |line: &LineString<f64>| -> f64 {
        line.lines()
            .map(|l| (l.dx().powi(2) + l.dy().powi(2)).sqrt())
            .sum()
    };
    let rings = cut
        .iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    (cut.unsigned_area(), rings.map(length).sum())
}
