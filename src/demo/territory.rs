//! Who owns which hexagon: a schematic city whose districts have their official area.

use std::collections::BTreeMap;

use geo::{MultiPolygon, Polygon};

use super::{
    figures::Figures,
    hexagons::{Cell, HexGrid},
    plane::Spot,
};

/// The hexagons of the city and the subdistrict of each.
#[derive(Clone, Debug)]
pub struct Territory {
    pub grid: HexGrid,
    /// For each cell of the grid its subdistrict, by place in [`Figures::subdistricts`].
    owner: Vec<Option<u16>>,
    /// For each subdistrict its cells, ascending.
    pub cells: Vec<Vec<Cell>>,
    /// For each subdistrict its district, by place in [`Figures::districts`].
    pub district: Vec<usize>,
}

impl Territory {
    /// 1. Every cell goes to the anchor with the least d² ÷ (r²·k), where r is the anchor's distance
    ///    to the next anchor and k the reach of its district, and to none above 1: a
    ///    multiplicatively weighted Voronoi diagram.
    /// 2. The cell of a station goes to the true district of the station.
    /// 3. Enclosed gaps are filled, and strays go to their neighbours.
    pub fn of(figures: &Figures) -> Self {
        let grid = HexGrid::up_to(Spot::of(114.2, 24.1));
        let district: Vec<usize> = figures
            .subdistricts
            .iter()
            .map(|s| figures.district_of(&s.code))
            .collect();
        let mut owner = nearest_anchors(figures, &grid, &district);
        pin_stations(figures, &grid, &district, &mut owner);
        fill_gaps(&grid, &mut owner);
        while join_strays(&grid, &district, &mut owner) {}
        let mut cells = vec![Vec::new(); district.len()];
        for (cell, owner) in owner.iter().enumerate() {
            if let Some(owner) = owner {
                cells[usize::from(*owner)].push(cell as Cell);
            }
        }
        Territory {
            grid,
            owner,
            cells,
            district,
        }
    }

    pub fn owner(&self, cell: Cell) -> Option<usize> {
        self.owner[cell as usize].map(usize::from)
    }

    /// The outline of all cells whose subdistrict fits.
    pub fn outline(&self, fits: impl Fn(usize) -> bool) -> Polygon<f64> {
        let parts = self.cells.iter().enumerate().filter(|(s, _)| fits(*s));
        let cells: Vec<Cell> = parts.flat_map(|(_, cells)| cells.iter().copied()).collect();
        let is_inside = |cell| self.owner(cell).is_some_and(&fits);
        self.grid.outline(&cells, is_inside)
    }

    /// The subdistricts that touch a subdistrict, ascending.
    pub fn touching(&self, subdistrict: usize) -> Vec<usize> {
        let around = self.cells[subdistrict]
            .iter()
            .flat_map(|cell| self.grid.neighbours(*cell).into_iter().flatten());
        let mut found: Vec<usize> = around
            .filter_map(|cell| self.owner(cell))
            .filter(|other| *other != subdistrict)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A polygon as the feature of an area layer.
pub fn area_geometry(outline: Polygon<f64>) -> geo::Geometry<f64> {
    geo::Geometry::MultiPolygon(MultiPolygon(vec![outline]))
}

/// The subdistrict that reaches each cell.
fn nearest_anchors(figures: &Figures, grid: &HexGrid, district: &[usize]) -> Vec<Option<u16>> {
    let anchors: Vec<Spot> = figures.subdistricts.iter().map(|s| s.anchor()).collect();
    let reached2 = |(anchor, district): (&Spot, &usize)| {
        next_anchor2(*anchor, &anchors) * figures.assumptions[*district].reach
    };
    let reached2: Vec<f64> = anchors.iter().zip(district).map(reached2).collect();
    let owner = |cell: Cell| {
        let center = grid.center(cell);
        let mut best = (1.0, None);
        for (subdistrict, (anchor, reached2)) in anchors.iter().zip(&reached2).enumerate() {
            let weighted = center.distance2(*anchor) / reached2;
            if weighted < best.0 {
                best = (weighted, Some(subdistrict as u16));
            }
        }
        best.1
    };
    (0..grid.len() as Cell).map(owner).collect()
}

/// The square of the distance to the next other anchor, at least 600 m.
fn next_anchor2(anchor: Spot, anchors: &[Spot]) -> f64 {
    let others = anchors.iter().filter(|other| **other != anchor);
    let next = others.map(|other| anchor.distance2(*other));
    next.fold(f64::INFINITY, f64::min).max(600.0 * 600.0)
}

fn pin_stations(figures: &Figures, grid: &HexGrid, district: &[usize], owner: &mut [Option<u16>]) {
    for station in &figures.stations {
        let own = figures.district_of(&station.district);
        let spot = station.spot();
        let Some(cell) = grid.at(spot) else { continue };
        let is_own = owner[cell as usize].is_some_and(|s| district[usize::from(s)] == own);
        if !is_own {
            let candidates = (0..district.len()).filter(|s| district[*s] == own);
            let distance = |s: &usize| figures.subdistricts[*s].anchor().distance2(spot);
            let nearest = candidates.min_by(|a, b| distance(a).total_cmp(&distance(b)));
            owner[cell as usize] = nearest.map(|s| s as u16);
        }
    }
}

/// Gives cells that nobody owns and the outside cannot reach to a neighbour.
fn fill_gaps(grid: &HexGrid, owner: &mut [Option<u16>]) {
    let mut outside = vec![false; owner.len()];
    let mut open: Vec<Cell> = vec![0];
    outside[0] = true;
    while let Some(cell) = open.pop() {
        for next in grid.neighbours(cell).into_iter().flatten() {
            if owner[next as usize].is_none() && !outside[next as usize] {
                outside[next as usize] = true;
                open.push(next);
            }
        }
    }
    loop {
        let gaps = (0..owner.len()).filter(|c| owner[*c].is_none() && !outside[*c]);
        let filled: Vec<(usize, u16)> = gaps
            .filter_map(|cell| {
                let around = grid.neighbours(cell as Cell).into_iter().flatten();
                let found = around.filter_map(|c| owner[c as usize]).min()?;
                Some((cell, found))
            })
            .collect();
        if filled.is_empty() {
            return;
        }
        for (cell, found) in filled {
            owner[cell] = Some(found);
        }
    }
}

/// Keeps the largest connected part of every subdistrict and gives the others to the neighbour
/// with the longest common border, of the same district where there is one. Tells whether
/// anything moved.
fn join_strays(grid: &HexGrid, district: &[usize], owner: &mut [Option<u16>]) -> bool {
    let mut parts: BTreeMap<u16, Vec<Vec<Cell>>> = BTreeMap::new();
    let mut seen = vec![false; owner.len()];
    for start in 0..owner.len() {
        let Some(own) = owner[start].filter(|_| !seen[start]) else {
            continue;
        };
        seen[start] = true;
        let mut part = vec![start as Cell];
        let mut done = 0;
        while done < part.len() {
            for next in grid.neighbours(part[done]).into_iter().flatten() {
                if owner[next as usize] == Some(own) && !seen[next as usize] {
                    seen[next as usize] = true;
                    part.push(next);
                }
            }
            done += 1;
        }
        parts.entry(own).or_default().push(part);
    }
    let mut moved = false;
    for (own, mut parts) in parts {
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        for part in parts.into_iter().skip(1) {
            let mut borders: BTreeMap<u16, usize> = BTreeMap::new();
            for cell in &part {
                for next in grid.neighbours(*cell).into_iter().flatten() {
                    if let Some(other) = owner[next as usize].filter(|other| *other != own) {
                        *borders.entry(other).or_default() += 1;
                    }
                }
            }
            let home = district[usize::from(own)];
            let longest = borders
                .into_iter()
                .max_by_key(|(other, sides)| (district[usize::from(*other)] == home, *sides));
            if let Some((other, _)) = longest {
                part.iter().for_each(|c| owner[*c as usize] = Some(other));
                moved = true;
            }
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use geo::{Contains, Point, Validation};

    use super::*;
    use crate::{demo::hexagons::CELL_KM2, domain::measure};

    fn area(polygon: &Polygon<f64>) -> f64 {
        measure::area_km2(&geo::Geometry::Polygon(polygon.clone()))
    }

    #[test]
    fn districts_are_whole_have_their_area_and_hold_their_stations() {
        let figures = Figures::built_in();
        let city = Territory::of(&figures);
        let mut sum = 0.0;
        for (d, district) in figures.districts.iter().enumerate() {
            let outline = city.outline(|s| city.district[s] == d);
            println!(
                "{} {:.1} of {:.1}, {} corners, {} holes",
                district.name,
                area(&outline),
                district.official_area_km2,
                outline.exterior().0.len(),
                outline.interiors().len()
            );
            let cells: usize = (0..city.cells.len())
                .filter(|s| city.district[*s] == d)
                .map(|s| city.cells[s].len())
                .sum();
            let of_cells = cells as f64 * CELL_KM2;
            assert!((area(&outline) / of_cells - 1.0).abs() < 0.01, "whole");
            assert!(outline.is_valid() && outline.interiors().is_empty());
            let deviation = area(&outline) / district.official_area_km2 - 1.0;
            assert!(deviation.abs() < 0.02, "{} {deviation}", district.name);
            for station in figures.stations.iter() {
                let inside = outline.contains(&Point::from((station.lon, station.lat)));
                assert_eq!(
                    inside,
                    station.district == district.code,
                    "{}",
                    station.name
                );
            }
            sum += area(&outline);
        }
        let whole = city.outline(|_| true);
        assert!((area(&whole) - sum).abs() < 1e-3, "{} {sum}", area(&whole));
        assert!(whole.interiors().is_empty());
    }

    #[test]
    fn subdistricts_are_whole_and_tile_their_district() {
        let figures = Figures::built_in();
        let city = Territory::of(&figures);
        let mut sums = vec![0.0; figures.districts.len()];
        for (s, subdistrict) in figures.subdistricts.iter().enumerate() {
            let outline = city.outline(|other| other == s);
            println!("{} {:.2}", subdistrict.name, area(&outline));
            assert!(outline.is_valid(), "{}", subdistrict.name);
            let of_cells = city.cells[s].len() as f64 * CELL_KM2;
            assert!((area(&outline) / of_cells - 1.0).abs() < 0.01, "whole");
            sums[city.district[s]] += area(&outline);
        }
        for (d, sum) in sums.into_iter().enumerate() {
            let district = area(&city.outline(|s| city.district[s] == d));
            assert!((sum - district).abs() < 1e-3);
        }
    }
}
