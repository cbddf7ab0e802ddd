use super::{
    figures::Figures,
    people::{self, Homes},
    plane::Spot,
    rng::Rng,
    settlement::{Character, Plot},
    share::Running,
    sheet::Sheet,
    territory::Territory,
};

/// Kinds of housing as `layers/residences.toml` names them.
pub const KINDS: [&str; 6] = [
    "commodity",
    "old_estate",
    "urban_village",
    "rural",
    "dormitory",
    "social",
];
/// How many people a building of each kind holds, in relation to the others.
const CROWD: [f64; 6] = [1.0, 0.85, 1.25, 0.3, 2.6, 1.3];
/// Floor area for each person, m².
const FLOOR_M2: [f64; 6] = [36.0, 27.0, 18.0, 42.0, 9.0, 22.0];

/// What each person has a year, yuan, in the middle: invented around the 68,304 yuan that each
/// resident of the towns had in 2020, and the 31,266 of the country (Guangzhou's bureau of statistics).
const INCOME: [f64; 6] = [84_000.0, 66_000.0, 49_000.0, 31_000.0, 43_000.0, 36_000.0];

/// Residences in columns, by district, subdistrict and hexagon.
#[derive(Debug, Default)]
pub struct Residences {
    pub spots: Vec<Spot>,
    /// Place of each residence's plot.
    pub plots: Vec<u32>,
    pub homes: Homes,
    pub floor_area_m2: Vec<f64>,
    /// For each subdistrict its residences.
    pub of_subdistrict: Vec<std::ops::Range<usize>>,
}

/// Puts about `wanted` buildings where the weights of the plots say, and people into them.
pub fn generate(
    figures: &Figures,
    territory: &Territory,
    plots: &[Plot],
    wanted: usize,
    seed: u64,
) -> Residences {
    let mut rng = Rng::new(seed, 2);
    let mut weight_of = vec![0.0; figures.districts.len()];
    plots.iter().for_each(|p| weight_of[p.district] += p.homes);
    let people: i64 = figures.districts.iter().map(|d| d.census_2020).sum();
    let mut found = Residences::default();
    let mut crowd: Vec<f64> = Vec::with_capacity(wanted);
    let mut running = Running::default();
    let mut at = 0;
    for subdistrict in 0..figures.subdistricts.len() {
        let first = found.spots.len();
        while let Some(plot) = plots.get(at).filter(|p| p.subdistrict == subdistrict) {
            let share = figures.districts[plot.district].census_2020 as f64 / people as f64;
            let expected = wanted as f64 * share * plot.homes / weight_of[plot.district];
            for _ in 0..running.next(expected) {
                let kind = kind_of(&mut rng, plot);
                let (across, along) = (rng.unit(), rng.unit());
                found
                    .spots
                    .push(territory.grid.inside(plot.cell, across, along));
                found.plots.push(at as u32);
                found.homes.kind.push(kind as u8);
                found.homes.district.push(plot.district as u8);
                let size = rng.unit();
                crowd.push(CROWD[kind] * (0.25 + 1.5 * size * size));
            }
            at += 1;
        }
        found.of_subdistrict.push(first..found.spots.len());
    }
    people::fill(figures, &mut found.homes, &crowd);
    let persons = found.homes.usual.iter().zip(&found.homes.kind);
    found.floor_area_m2 = persons
        .map(|(people, kind)| {
            let each = FLOOR_M2[usize::from(*kind)] * rng.between(0.75, 1.3);
            (each * (*people as f64).max(1.5)).round()
        })
        .collect();
    found
}

fn kind_of(rng: &mut Rng, plot: &Plot) -> usize {
    let running: [f64; 6] = match plot.character {
        Character::Core => [0.42, 0.90, 0.92, 0.92, 0.95, 1.0],
        Character::Town => [0.62, 0.80, 0.86, 0.90, 0.95, 1.0],
        Character::UrbanVillage => [0.08, 0.14, 0.97, 0.97, 0.99, 1.0],
        Character::Industrial => [0.15, 0.20, 0.40, 0.50, 0.97, 1.0],
        Character::Rural => [0.04, 0.05, 0.05, 0.99, 1.0, 1.0],
    };
    rng.pick(&running)
}

impl Residences {
    /// Yuan a year for each person of a home, to the nearest hundred; none where nobody lives.
    fn incomes(&self, figures: &Figures, seed: u64) -> Vec<Option<f64>> {
        let mut rng = Rng::new(seed, 11);
        let homes = self
            .homes
            .kind
            .iter()
            .zip(&self.homes.district)
            .zip(&self.homes.usual);
        let income = homes.map(|((kind, district), people)| {
            let is_centre = figures.districts[usize::from(*district)].tier == "centre";
            let tier = if is_centre { 1.15 } else { 0.93 };
            // A few earn far more than most.
            let luck = rng.unit();
            let each = INCOME[usize::from(*kind)] * tier * (0.65 + 0.5 * luck + 0.6 * luck.powi(6));
            (*people > 0).then_some((each / 100.0).round() * 100.0)
        });
        income.collect()
    }

    /// The rows of the layer `residences`.
    pub fn sheet(&self, figures: &Figures, plots: &[Plot], seed: u64) -> Sheet {
        let mut sheet = Sheet::default();
        for (number, spot) in self.spots.iter().enumerate() {
            sheet.push_spot(&format!("r{:07}", number + 1), *spot);
        }
        let homes = &self.homes;
        sheet.integers("usual_residents", homes.usual.iter().copied());
        sheet.integers("hukou_residents", homes.hukou.iter().copied());
        sheet.integers("floating_residents", homes.floating.iter().copied());
        sheet.integers("registered_migrants", homes.migrants.iter().copied());
        sheet.integers("overseas_residents", homes.overseas.iter().copied());
        sheet.integers("actual_residents", homes.actual());
        sheet.integers("households", homes.households.iter().copied());
        sheet.integers("employed_residents", homes.employed.iter().copied());
        for (group, name) in people::AGE_GROUPS.into_iter().enumerate() {
            sheet.integers(name, homes.ages.iter().map(|ages| ages[group]));
        }
        sheet.numbers("floor_area_m2", self.floor_area_m2.iter().copied());
        sheet.some_numbers("income", self.incomes(figures, seed));
        sheet.texts("kind", homes.kind.iter().map(|k| KINDS[usize::from(*k)]));
        let code = |plot: &Plot| {
            let subdistrict = &figures.subdistricts[plot.subdistrict].code;
            format!("{subdistrict}-{:04}", plot.number + 1)
        };
        let codes: Vec<String> = plots.iter().map(code).collect();
        sheet.texts("grid_code", self.plots.iter().map(|p| &codes[*p as usize]));
        sheet
    }
}
