//! The index against plain loops over all features.

use std::{collections::BTreeMap, sync::Arc};

use geo::{Geometry, Intersects, Point, Polygon};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    Bbox, Catalog, Layer, LevelId, Period, Table, TileCoord, Value, measure, to_mercator,
};

const LAYER: &str = r##"
id = "homes"
kind = "residence"
geometry = "point"
level = "public"
title = { zh = "住宅", en = "Homes" }
zoom = { min = 0, max = 22, detail = 14 }
style = { color = "#000000" }
[[attributes]]
id = "people"
type = "count"
title = { zh = "人", en = "People" }
[[attributes]]
id = "name"
type = "text"
title = { zh = "名", en = "Name" }
"##;

fn layer() -> Arc<Layer> {
    let catalog = Catalog::parse([("homes.toml", LAYER)]).expect("a sound definition");
    catalog.layer("homes").expect("just parsed").clone()
}

type Home = (f64, f64, Option<i64>);

fn table(homes: &BTreeMap<String, Home>) -> Table {
    let mut table = Table::for_layer(&layer());
    for (id, (lon, lat, people)) in homes {
        let people = people.map_or(Value::Missing, Value::Integer);
        table.push(
            id,
            Point::new(*lon, *lat).into(),
            &[people, Value::Text(id.clone())],
        );
    }
    table
}

fn index(homes: &BTreeMap<String, Home>) -> LayerIndex {
    LayerIndex::build(
        layer(),
        "2020".parse().expect("a year"),
        vec![],
        &table(homes),
    )
}

fn homes(most: usize) -> impl Strategy<Value = BTreeMap<String, Home>> {
    // A coarse raster beside free places makes ties and places on edges common.
    let coordinate = |low: f64| {
        prop_oneof![
            (0..40u32).prop_map(move |i| low + f64::from(i) * 0.01),
            low..low + 0.4
        ]
    };
    let home = (
        coordinate(113.0),
        coordinate(23.0),
        prop::option::weighted(0.9, 0..5000i64),
    );
    prop::collection::vec(home, 0..most).prop_map(|homes| {
        homes
            .into_iter()
            .enumerate()
            .map(|(i, home)| (format!("h{i}"), home))
            .collect()
    })
}

fn sums<'a>(homes: impl Iterator<Item = &'a Home>) -> Sums {
    let mut total = Sums::zero(1);
    for (_, _, people) in homes {
        total.features += 1;
        total.counts[0].sum += people.unwrap_or(0);
        total.counts[0].missing += u64::from(people.is_none());
    }
    total
}

/// All grid cells of a tile by looking at every home.
fn plain_grid(
    homes: &BTreeMap<String, Home>,
    tile: TileCoord,
    zoom: u8,
) -> BTreeMap<(u32, u32), (u64, i64)> {
    let mut cells = BTreeMap::new();
    for (lon, lat, people) in homes.values() {
        let (mx, my) = to_mercator(*lon, *lat);
        let place = |share: f64| ((share * 4_294_967_296.0) as u32) >> (32 - zoom);
        let (x, y) = (place(mx), place(my));
        let bits = zoom - tile.z();
        if x >> bits == tile.x() && y >> bits == tile.y() {
            let cell: &mut (u64, i64) = cells.entry((x, y)).or_default();
            cell.0 += 1;
            cell.1 += people.unwrap_or(0);
        }
    }
    cells
}

fn grid(index: &LayerIndex, tile: TileCoord, zoom: u8) -> BTreeMap<(u32, u32), (u64, i64)> {
    let cells = index.grid(tile, zoom, None);
    let count = cells.len();
    let map: BTreeMap<_, _> = cells
        .into_iter()
        .map(|c| ((c.x, c.y), (c.features, c.sums[0])))
        .collect();
    assert_eq!(map.len(), count, "a grid cell stands twice");
    map
}

fn tile_over(lon: f64, lat: f64, z: u8) -> TileCoord {
    let (x, y) = to_mercator(lon, lat);
    let side = f64::from(1u32 << z);
    TileCoord::new(z, (x * side) as u32, (y * side) as u32).expect("inside the world")
}

fn check_grids(index: &LayerIndex, homes: &BTreeMap<String, Home>) -> Result<(), TestCaseError> {
    for z in [0, 6, 9, 11, 13] {
        let tile = tile_over(113.2, 23.2, z);
        prop_assert_eq!(
            grid(index, tile, z + GRID_BITS),
            plain_grid(homes, tile, z + GRID_BITS)
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn windows_polygons_and_circles_agree_with_a_plain_loop(
        homes in homes(300), west in 112.9..113.4f64, south in 22.9..23.4f64,
        width in 0.0..0.4f64, radius_m in 0.0..30_000.0f64,
    ) {
        let index = index(&homes);
        let window = Bbox::new(west, south, west + width, south + width).unwrap();
        let inside = homes.values().filter(|h| window.contains(h.0, h.1));
        prop_assert_eq!(index.sums_in(&window), sums(inside));

        let ring = vec![(west, south), (west + width, south + 0.05), (west + 0.1, south + width)];
        let polygon = Geometry::Polygon(Polygon::new(ring.into(), vec![]));
        let prepared = PreparedPolygon::new(&polygon);
        let on_border = homes.values().any(|h| {
            let place = Point::new(h.0, h.1);
            polygon.intersects(&place) != geo::Contains::contains(&polygon, &place)
        });
        if !on_border {
            let inside = homes.values().filter(|h| polygon.intersects(&Point::new(h.0, h.1)));
            prop_assert_eq!(index.sums_in(&prepared), sums(inside));
        }

        let circle = Circle { lon: west, lat: south, radius_m };
        let center = Point::new(west, south);
        let near = |h: &&Home| measure::distance_m(center, Point::new(h.0, h.1)) <= radius_m;
        prop_assert_eq!(index.sums_in(&circle), sums(homes.values().filter(near)));
        let mut found = 0;
        index.within(west, south, radius_m, |_| found += 1);
        prop_assert_eq!(found, homes.values().filter(near).count());
    }

    #[test]
    fn the_nearest_are_the_nearest(
        homes in homes(200), lon in 112.5..113.9f64, lat in 22.5..23.9f64, k in 1..8usize,
    ) {
        let index = index(&homes);
        let mut all: Vec<(f64, &str)> = homes.iter().map(|(id, h)| {
            (measure::distance_m(Point::new(lon, lat), Point::new(h.0, h.1)), id.as_str())
        }).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
        all.truncate(k);
        let found = index.nearest(lon, lat, k, f64::INFINITY);
        let found: Vec<(f64, &str)> =
            found.iter().map(|n| (n.distance_m, index.id(n.feature))).collect();
        prop_assert_eq!(found, all);
    }

    #[test]
    fn the_pyramid_is_exact_before_and_after_edits(
        mut homes in homes(200),
        edits in prop::collection::vec((0..250usize, prop::option::of((112.0..114.0f64, 22.0..24.0f64, 0..900i64))), 0..40),
    ) {
        let mut index = index(&homes);
        check_grids(&index, &homes)?;
        for chunk in edits.chunks(7) {
            let mut batch = Vec::new();
            for (number, change) in chunk {
                let id = format!("h{number}");
                match change {
                    Some((lon, lat, people)) => {
                        homes.insert(id.clone(), (*lon, *lat, Some(*people)));
                        batch.push(Edit::Put {
                            id: id.clone(),
                            geometry: Point::new(*lon, *lat).into(),
                            values: vec![Value::Integer(*people), Value::Text(id)],
                            area_codes: BTreeMap::new(),
                        });
                    }
                    None => {
                        homes.remove(&id);
                        batch.push(Edit::Remove { id });
                    }
                }
            }
            index = index.edited(&batch);
            prop_assert_eq!(index.sums(), &sums(homes.values()));
            check_grids(&index, &homes)?;
        }
        for (id, home) in &homes {
            let feature = index.find(id).expect("every home is found by its id");
            prop_assert_eq!(index.place(feature), (home.0, home.1));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn features_that_stay_get_their_values_as_if_built_of_them(
        homes in homes(120),
        edits in prop::collection::btree_map(
            0..120usize,
            (prop::option::of(prop_oneof![0..4i64, 250..260i64, 65_530..65_540i64]), 0..4u8, 0..3u8),
            0..30,
        ),
        moved in 0..130usize,
    ) {
        let level: LevelId = "district".parse().expect("a level");
        let build = |table: &Table| {
            let period = "2020".parse().expect("a year");
            LayerIndex::build(layer(), period, vec![level.clone()], table)
        };
        let mut before = table(&homes);
        let codes = before.area_codes.entry(level.clone()).or_default();
        (0..homes.len()).for_each(|row| codes.push((row % 3 > 0).then_some("a")));
        let before = build(&before);
        let mut batch = Vec::new();
        for (number, (people, name, code)) in edits {
            let id = format!("h{number}");
            let Some((lon, lat, _)) = homes.get(&id) else { continue };
            // At most one of them moves, so that its cell is rebuilt beside what stays.
            let lon = if number == moved { lon + 0.01 } else { *lon };
            let code = (code > 0).then(|| (level.clone(), format!("c{code}")));
            batch.push(Edit::Put {
                id,
                geometry: Point::new(lon, *lat).into(),
                values: vec![
                    people.map_or(Value::Missing, Value::Integer),
                    Value::Text(format!("n{name}")),
                ],
                area_codes: code.into_iter().collect(),
            });
        }
        let has_moved = batch.iter().any(|edit| {
            matches!(edit, Edit::Put { id, .. } if *id == format!("h{moved}"))
        });
        let after = before.edited(&batch);
        let plain = build(&after.to_table());
        for edit in &batch {
            let Edit::Put { id, values, area_codes, .. } = edit else { unreachable!() };
            let feature = after.find(id).expect("it is there");
            prop_assert_eq!(&(0..2).map(|place| after.value(feature, place)).collect::<Vec<_>>(), values);
            let code = area_codes.get(&level).map(String::as_str);
            prop_assert_eq!(after.area_code(feature, 0), code);
        }
        prop_assert_eq!(after.sums(), plain.sums());
        prop_assert_eq!(after.cells().len(), plain.cells().len());
        for (number, (cell, plain)) in after.cells().iter().zip(plain.cells()).enumerate() {
            prop_assert_eq!(&cell.ids, &plain.ids);
            prop_assert_eq!(&cell.columns, &plain.columns);
            prop_assert_eq!(&cell.area_codes, &plain.area_codes);
            prop_assert_eq!(format!("{:?}", cell.grids), format!("{:?}", plain.grids));
            let known = &before.cells()[number];
            prop_assert_eq!(cell.ground() == known.ground(), !has_moved);
            // A tree of places that was made stays with them.
            prop_assert_eq!(Arc::ptr_eq(&cell.tree, &known.tree), !has_moved);
        }
    }
}

#[test]
fn what_changes_nothing_leaves_the_cell_as_it_is() {
    let homes = BTreeMap::from([("h0".to_owned(), (113.0, 23.0, Some(7)))]);
    let before = index(&homes);
    let put = |people: i64| Edit::Put {
        id: "h0".into(),
        geometry: Point::new(113.0, 23.0).into(),
        values: vec![Value::Integer(people), Value::Text("h0".into())],
        area_codes: BTreeMap::new(),
    };
    let serial = |index: &LayerIndex| index.cells()[0].serial();
    assert_eq!(serial(&before.edited(&[put(7)])), serial(&before));
    let after = before.edited(&[put(8)]);
    assert_ne!(serial(&after), serial(&before));
    assert_eq!(after.sums().counts[0].sum, 8);
}

#[test]
fn a_large_layer_is_cut_into_cells_that_keep_every_row() {
    let homes: BTreeMap<String, Home> = (0..50_000u32)
        .map(|i| {
            // Half of the homes share one place.
            let spread = if i % 2 == 0 { 0.0 } else { f64::from(i) * 1e-5 };
            (
                format!("{i}"),
                (113.0 + spread, 23.0 + spread / 2.0, Some(i64::from(i))),
            )
        })
        .collect();
    let index = index(&homes);
    assert!(index.cells().iter().all(|cell| cell.len() <= MAX_ROWS));
    assert_eq!(index.sums(), &sums(homes.values()));
    for z in [0, 8, 12, 13] {
        let tile = tile_over(113.0, 23.0, z);
        assert_eq!(
            grid(&index, tile, z + GRID_BITS),
            plain_grid(&homes, tile, z + GRID_BITS)
        );
    }
    let period: Period = "2020".parse().expect("a year");
    let again = LayerIndex::build(layer(), period, vec![], &index.to_table());
    assert_eq!(again.to_table(), index.to_table());
}

#[test]
fn an_empty_layer_answers() {
    let index = index(&BTreeMap::new());
    assert_eq!(index.features(), 0);
    assert!(index.nearest(113.0, 23.0, 3, f64::INFINITY).is_empty());
    assert!(index.grid(tile_over(113.0, 23.0, 5), 11, None).is_empty());
    assert!(index.bounds().is_empty());
}
