use std::collections::BTreeSet;

use geo::Point;
use proptest::prelude::*;

use super::{decoder::decode, index, tile_over, tiles_over};
use crate::{
    index::{Filter, LayerIndex, stable_number},
    tiles::{MAX_TILE_BYTES, Shapes, encode},
};

type Home = (f64, f64, Option<i64>);

fn homes(most: usize) -> impl Strategy<Value = Vec<Home>> {
    // A raster beside free places makes ties and places on tile edges common.
    let coordinate = |low: f64| {
        prop_oneof![
            (0..9u32).prop_map(move |i| low + f64::from(i) * 0.0439453125),
            low..low + 0.4
        ]
    };
    let people = prop::option::weighted(0.9, prop_oneof![0..50i64, Just(4_000_000_000)]);
    prop::collection::vec((coordinate(112.5), coordinate(23.0), people), 1..most)
}

fn build(homes: &[Home]) -> LayerIndex {
    let features = homes.iter().enumerate();
    index(
        "point",
        features
            .map(|(i, (lon, lat, people))| (i.to_string(), Point::new(*lon, *lat).into(), *people)),
    )
}

/// Sums over all tiles of a zoom: people and features; every point checked on the way.
fn totals(index: &LayerIndex, z: u8, filter: Option<&Filter>) -> (i64, i64) {
    let mut total = (0, 0);
    let mut seen = BTreeSet::new();
    for tile in tiles_over(112.5, 23.0, 112.9, 23.4, z) {
        let Some(made) = encode(index, &Shapes::default(), tile, filter) else {
            continue;
        };
        assert!(made.bytes.len() <= MAX_TILE_BYTES);
        for layer in decode(&made.bytes) {
            assert_eq!(layer.name, "things");
            for feature in layer.features {
                let (x, y) = feature.point();
                assert!((0..4096).contains(&x) && (0..4096).contains(&y), "{x} {y}");
                total.0 += feature.integer("people");
                if z < 12 || made.generalized {
                    assert!(feature.integer("features") > 0);
                    total.1 += feature.integer("features");
                } else {
                    let id = feature.text("id");
                    assert_eq!(feature.id, stable_number(id));
                    assert_eq!(feature.text("name"), format!("名{id}"));
                    assert!(seen.insert(feature.id), "{id} is in two tiles");
                    total.1 += 1;
                }
            }
        }
    }
    total
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_tiles_of_every_zoom_sum_to_the_total(homes in homes(400), above in 0..60i64) {
        let index = build(&homes);
        let people: i64 = homes.iter().filter_map(|home| home.2).sum();
        let text = format!("people > {above}");
        let filter = Filter::parse(&text, index.layer(), index.levels()).expect("a condition");
        let kept: Vec<i64> = homes.iter().filter_map(|h| h.2.filter(|p| *p > above)).collect();
        for z in 0..15 {
            prop_assert_eq!(totals(&index, z, None), (people, homes.len() as i64), "z{}", z);
            let expected = (kept.iter().sum(), kept.len() as i64);
            prop_assert_eq!(totals(&index, z, Some(&filter)), expected, "z{} {}", z, text);
        }
    }
}

#[test]
fn a_tile_that_would_be_too_large_is_served_as_sums_and_says_so() {
    let count = 60_000;
    let homes: Vec<Home> = (0..count)
        .map(|i| {
            let (column, row) = (f64::from(i % 300), f64::from(i / 300));
            (
                112.60 + column * 1e-4,
                23.10 + row * 1e-4,
                Some(i64::from(i % 7)),
            )
        })
        .collect();
    let index = build(&homes);
    let tile = tile_over(112.61, 23.11, 12);
    let made = encode(&index, &Shapes::default(), tile, None).expect("a full tile");
    assert!(made.generalized && made.bytes.len() <= MAX_TILE_BYTES);
    let people: i64 = homes.iter().filter_map(|home| home.2).sum();
    assert_eq!(totals(&index, 12, None), (people, i64::from(count)));
    assert_eq!(totals(&index, 14, None), (people, i64::from(count)));
    let deep = encode(
        &index,
        &Shapes::default(),
        tile_over(112.61, 23.11, 17),
        None,
    );
    assert!(!deep.expect("some homes").generalized);
}

#[test]
fn there_is_no_tile_where_there_is_nothing() {
    let index = build(&[(112.6, 23.1, Some(1))]);
    let none = |lon, lat, z| encode(&index, &Shapes::default(), tile_over(lon, lat, z), None);
    assert!(none(112.6, 23.1, 9).is_some() && none(112.6, 23.1, 14).is_some());
    assert!(none(10.0, 50.0, 9).is_none() && none(112.61, 23.1, 16).is_none());
    let nobody = Filter::parse("people > 1", index.layer(), index.levels()).expect("a condition");
    for z in [0, 9, 14] {
        let tile = tile_over(112.6, 23.1, z);
        assert!(encode(&index, &Shapes::default(), tile, Some(&nobody)).is_none());
    }
    let empty = build(&[]);
    for z in [0, 9, 14] {
        assert!(encode(&empty, &Shapes::default(), tile_over(112.6, 23.1, z), None).is_none());
    }
}

#[test]
fn a_place_on_a_tile_edge_is_in_one_tile() {
    // 0 degrees is the edge between the middle columns and between the middle rows at every zoom.
    let index = build(&[(0.0, 0.0, Some(1))]);
    for z in [1, 5, 12] {
        let around = [(-1e-9, 1e-9), (1e-9, 1e-9), (-1e-9, -1e-9), (1e-9, -1e-9)];
        let made = around.iter().filter_map(|(lon, lat)| {
            encode(&index, &Shapes::default(), tile_over(*lon, *lat, z), None)
        });
        let features: usize = made
            .flat_map(|made| decode(&made.bytes))
            .map(|layer| layer.features.len())
            .sum();
        assert_eq!(features, 1, "z{z}");
    }
}
