use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;

use super::LoadedLayer;
use crate::{
    domain::{Bbox, LevelId, Role, Table, TextColumn},
    index::{PreparedPolygon, Region, Relation},
};

/// Cells per side of the raster that settles most places without looking at a polygon.
const SIDE: usize = 128;

/// Finds the area that a place lies in, for one level (point-in-polygon, 点在面内).
///
/// Where areas overlap, the one with the smallest code is taken; a place on a border shared by
/// two areas belongs to exactly one.
#[derive(Debug)]
pub struct AreaLocator {
    bounds: Bbox,
    codes: Vec<Box<str>>,
    polygons: Vec<PreparedPolygon>,
    raster: Vec<RasterCell>,
}

#[derive(Clone, Debug)]
enum RasterCell {
    Outside,
    /// Wholly inside the area of this number, and in none before it.
    Inside(u32),
    Candidates(Box<[u32]>),
}

impl AreaLocator {
    /// A locator for the areas of an area layer.
    pub fn for_layer(areas: &LoadedLayer) -> Self {
        let code_at = areas.layer().index_with_role(Role::Code);
        let index = &areas.index;
        let coded = index.iter().filter_map(|feature| {
            let code = index.text(feature, code_at?)?;
            Some((code.to_owned(), index.geometry(feature)))
        });
        Self::new(coded)
    }

    /// A locator for areas given as code and polygon.
    pub fn new(areas: impl Iterator<Item = (String, geo::Geometry<f64>)>) -> Self {
        let mut areas: Vec<_> = areas.collect();
        areas.sort_by(|a, b| a.0.cmp(&b.0));
        let polygons: Vec<_> = areas
            .par_iter()
            .map(|(_, g)| PreparedPolygon::new(g))
            .collect();
        let mut bounds = Bbox::EMPTY;
        polygons
            .iter()
            .for_each(|polygon| bounds.expand(polygon.bounds()));
        let codes = areas.into_iter().map(|(code, _)| code.into()).collect();
        let mut locator = AreaLocator {
            bounds,
            codes,
            polygons,
            raster: Vec::new(),
        };
        if !bounds.is_empty() {
            locator.raster = (0..SIDE * SIDE)
                .into_par_iter()
                .map(|cell| locator.raster_cell(cell))
                .collect();
        }
        locator
    }

    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The code of the area around a place.
    pub fn locate(&self, lon: f64, lat: f64) -> Option<&str> {
        if !self.bounds.contains(lon, lat) {
            return None;
        }
        let number = match &self.raster[self.cell_at(lon, lat)] {
            RasterCell::Outside => return None,
            RasterCell::Inside(number) => *number,
            RasterCell::Candidates(candidates) => {
                let inside = |n: &&u32| self.polygons[**n as usize].contains(lon, lat);
                *candidates.iter().find(inside)?
            }
        };
        Some(&self.codes[number as usize])
    }

    fn step(&self) -> (f64, f64) {
        let width = (self.bounds.east - self.bounds.west) / SIDE as f64;
        let height = (self.bounds.north - self.bounds.south) / SIDE as f64;
        (width, height)
    }

    fn cell_at(&self, lon: f64, lat: f64) -> usize {
        let (width, height) = self.step();
        let place = |from: f64, step: f64| ((from / step) as usize).min(SIDE - 1);
        place(lat - self.bounds.south, height) * SIDE + place(lon - self.bounds.west, width)
    }

    fn raster_cell(&self, cell: usize) -> RasterCell {
        let (width, height) = self.step();
        let (column, row) = ((cell % SIDE) as f64, (cell / SIDE) as f64);
        let (west, south) = (
            self.bounds.west + column * width,
            self.bounds.south + row * height,
        );
        // A hair more than the cell, so that rounding in `cell_at` cannot leave it.
        let (dx, dy) = (width * 1e-6, height * 1e-6);
        let window = Bbox {
            west: west - dx,
            south: south - dy,
            east: west + width + dx,
            north: south + height + dy,
        };
        let mut candidates = Vec::new();
        for (number, polygon) in self.polygons.iter().enumerate() {
            match polygon.relation(&window) {
                Relation::Outside => {}
                Relation::Crosses => candidates.push(number as u32),
                Relation::Inside if candidates.is_empty() => {
                    return RasterCell::Inside(number as u32);
                }
                Relation::Inside => {
                    candidates.push(number as u32);
                    break;
                }
            }
        }
        if candidates.is_empty() {
            RasterCell::Outside
        } else {
            RasterCell::Candidates(candidates.into())
        }
    }
}

/// Sets the area codes of every row of `table` for each level that has a locator.
pub(super) fn set_area_codes(table: &mut Table, locators: &BTreeMap<LevelId, Arc<AreaLocator>>) {
    let places: Vec<(f64, f64)> = table.geometries.par_iter().map(place_of).collect();
    for (level, locator) in locators {
        let codes: Vec<Option<&str>> = places
            .par_iter()
            .map(|(lon, lat)| locator.locate(*lon, *lat))
            .collect();
        let mut column = TextColumn::default();
        codes.into_iter().for_each(|code| column.push(code));
        table.area_codes.insert(level.clone(), column);
    }
}

fn place_of(geometry: &geo::Geometry<f64>) -> (f64, f64) {
    match geometry {
        geo::Geometry::Point(point) => (point.x(), point.y()),
        other => geo::InteriorPoint::interior_point(other)
            .map_or((f64::NAN, f64::NAN), |point| (point.x(), point.y())),
    }
}

#[cfg(test)]
mod tests {
    use geo::{Geometry, Intersects, Point, Polygon};
    use proptest::prelude::*;

    use super::*;

    fn hexagon(lon: f64, lat: f64, radius: f64) -> Geometry<f64> {
        let corner = |i: u32| {
            let angle = f64::from(i) * std::f64::consts::FRAC_PI_3;
            (lon + radius * angle.cos(), lat + radius * angle.sin())
        };
        Geometry::Polygon(Polygon::new(
            (0..6).map(corner).collect::<Vec<_>>().into(),
            vec![],
        ))
    }

    proptest! {
        #[test]
        fn finds_the_first_area_by_code_that_holds_the_place(
            centers in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64, 0.01..0.4f64), 1..12),
            places in prop::collection::vec((-0.2..1.2f64, -0.2..1.2f64), 1..100),
        ) {
            let areas: Vec<_> = centers.iter().enumerate()
                .map(|(i, c)| (format!("{i:02}"), hexagon(c.0, c.1, c.2))).collect();
            let locator = AreaLocator::new(areas.clone().into_iter());
            for (lon, lat) in places {
                let plain = areas.iter().find(|(_, g)| g.intersects(&Point::new(lon, lat)));
                prop_assert_eq!(locator.locate(lon, lat), plain.map(|(code, _)| code.as_str()));
            }
        }
    }
}
