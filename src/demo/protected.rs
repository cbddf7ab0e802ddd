use std::collections::BTreeSet;

use super::{
    figures::Figures,
    hexagons::Cell,
    plane::Spot,
    settlement::{Character, Plot},
    sheet::Sheet,
    territory::{Territory, area_geometry},
};

/// The hills begin about here; a schematic line, no red line of any plan.
const HILLS: (f64, f64) = (113.5, 23.38);
/// Smaller patches are left out: 2 km² and less.
const SMALLEST: usize = 10;

/// The rows of the layer `protected_land`: empty country in the northern hills, patch by patch
/// within each subdistrict.
pub fn protected_land(figures: &Figures, territory: &Territory, plots: &[Plot]) -> Sheet {
    let north = Spot::of(HILLS.0, HILLS.1).y;
    let mut sheet = Sheet::default();
    let mut names: Vec<String> = Vec::new();
    for (s, subdistrict) in figures.subdistricts.iter().enumerate() {
        let is_empty = |plot: &&Plot| {
            plot.subdistrict == s
                && plot.homes == 0.0
                && plot.character == Character::Rural
                && territory.grid.center(plot.cell).y > north
        };
        let mut left: BTreeSet<Cell> = plots.iter().filter(is_empty).map(|p| p.cell).collect();
        let mut number = 0;
        while let Some(first) = left.pop_first() {
            let mut patch = vec![first];
            let mut at = 0;
            while at < patch.len() {
                for next in territory.grid.neighbours(patch[at]).into_iter().flatten() {
                    if left.remove(&next) {
                        patch.push(next);
                    }
                }
                at += 1;
            }
            if patch.len() < SMALLEST {
                continue;
            }
            number += 1;
            let members: BTreeSet<Cell> = patch.iter().copied().collect();
            let outline = territory
                .grid
                .outline(&patch, |cell| members.contains(&cell));
            sheet.push(
                &format!("{}-P{number}", subdistrict.code),
                area_geometry(outline),
            );
            names.push(format!("{}保护用地{number}", subdistrict.short_name()));
        }
    }
    sheet.texts("name", &names);
    sheet.texts("kind", names.iter().map(|_| "redline"));
    sheet
}
