use std::collections::BTreeSet;

use super::{
    figures::Figures,
    residences::Residences,
    rng::Rng,
    settlement::{Character, Plot},
    sheet::Sheet,
    territory::{Territory, area_geometry},
};

/// The rows of the layer `residential_land`: of each hexagon where somebody lives the inner part,
/// larger in a town than in the country.
pub fn residential_land(
    figures: &Figures,
    territory: &Territory,
    plots: &[Plot],
    residences: &Residences,
    seed: u64,
) -> Sheet {
    let mut rng = Rng::new(seed, 10);
    let lived_on: BTreeSet<u32> = residences.plots.iter().copied().collect();
    let mut sheet = Sheet::default();
    let (mut names, mut kinds) = (Vec::new(), Vec::new());
    for plot in lived_on.iter().map(|at| &plots[*at as usize]) {
        let (share, kind) = match plot.character {
            Character::Core => (rng.between(0.7, 0.85), "R2"),
            Character::Town if rng.chance(0.08) => (rng.between(0.5, 0.7), "R1"),
            Character::Town => (rng.between(0.6, 0.8), "R2"),
            Character::UrbanVillage => (rng.between(0.5, 0.7), "R3"),
            Character::Industrial => (rng.between(0.2, 0.35), "R2"),
            Character::Rural => (rng.between(0.2, 0.4), "rural"),
        };
        let subdistrict = &figures.subdistricts[plot.subdistrict];
        let number = plot.number + 1;
        sheet.push(
            &format!("{}-L{number:04}", subdistrict.code),
            area_geometry(territory.grid.inner(plot.cell, share)),
        );
        names.push(format!("{}居住用地{number}", subdistrict.short_name()));
        kinds.push(kind);
    }
    sheet.texts("name", &names);
    sheet.texts("kind", &kinds);
    sheet
}
