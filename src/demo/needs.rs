use super::{
    figures::Figures, plane::Spot, residences::Residences, rng::Rng, settlement::Plot,
    territory::Territory,
};

/// What the people of one subdistrict need, and a way to find places among them.
pub struct Quarter<'a> {
    pub district: usize,
    /// The short name, for invented names of facilities.
    pub name: &'a str,
    pub is_town: bool,
    pub area_km2: f64,
    pub people: f64,
    /// Residents by age group, in the order of [`super::people::AGE_GROUPS`].
    pub ages: [f64; 9],
    /// Places for each unit of need, district times a little chance.
    pub supply: f64,
    homes: std::ops::Range<usize>,
    residences: &'a Residences,
    plots: &'a [Plot],
    territory: &'a Territory,
}

impl Quarter<'_> {
    /// A place near a residence that chance picks.
    pub fn spot(&self, rng: &mut Rng) -> Spot {
        let home = self.homes.start + rng.below(self.homes.len());
        let plot = &self.plots[self.residences.plots[home] as usize];
        let (across, along) = (rng.unit(), rng.unit());
        self.territory.grid.inside(plot.cell, across, along)
    }
}

/// All subdistricts where anyone lives.
pub fn quarters<'a>(
    figures: &'a Figures,
    territory: &'a Territory,
    plots: &'a [Plot],
    residences: &'a Residences,
    rng: &mut Rng,
) -> Vec<Quarter<'a>> {
    let mut found = Vec::new();
    for (subdistrict, row) in figures.subdistricts.iter().enumerate() {
        let homes = residences.of_subdistrict[subdistrict].clone();
        let luck = rng.between(0.8, 1.2);
        if homes.is_empty() {
            continue;
        }
        let mut ages = [0.0; 9];
        for home in &residences.homes.ages[homes.clone()] {
            ages.iter_mut()
                .zip(home)
                .for_each(|(sum, n)| *sum += *n as f64);
        }
        let district = territory.district[subdistrict];
        found.push(Quarter {
            district,
            name: row.short_name(),
            is_town: row.kind() != "subdistrict",
            area_km2: territory.cells[subdistrict].len() as f64 * super::hexagons::CELL_KM2,
            people: ages.iter().sum(),
            ages,
            supply: figures.assumptions[district].supply * luck,
            homes,
            residences,
            plots,
            territory,
        });
    }
    found
}

/// An invented name: the word 合成 stands in front, so that it is nobody's.
pub fn name(place: &str, number: usize, what: &str) -> String {
    format!("合成{place}第{number}{what}")
}
