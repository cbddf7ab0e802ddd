use super::{
    figures::Figures,
    residences::Residences,
    rng::Rng,
    settlement::{Character, Plot},
    share::{Running, spread},
    sheet::Sheet,
    territory::Territory,
};

/// Jobs of the city: the published "about 11 million" employed, taken as jobs.
pub const JOBS: i64 = 11_000_000;

/// Sectors of GB/T 4754 with their running share of the sites.
const OFFICES: &[(&str, f64)] = &[
    ("F", 0.22),
    ("L", 0.37),
    ("I", 0.50),
    ("M", 0.59),
    ("K", 0.65),
    ("H", 0.72),
    ("J", 0.77),
    ("P", 0.83),
    ("Q", 0.87),
    ("S", 0.92),
    ("O", 0.95),
    ("R", 0.97),
    ("G", 1.00),
];
const STREETS: &[(&str, f64)] = &[
    ("F", 0.30),
    ("H", 0.41),
    ("C", 0.53),
    ("O", 0.61),
    ("P", 0.68),
    ("E", 0.75),
    ("K", 0.80),
    ("S", 0.85),
    ("Q", 0.89),
    ("G", 0.94),
    ("L", 0.97),
    ("R", 0.99),
    ("N", 1.00),
];
const WORKS: &[(&str, f64)] = &[
    ("C", 0.62),
    ("G", 0.76),
    ("F", 0.88),
    ("E", 0.93),
    ("D", 0.96),
    ("M", 1.00),
];
const FIELDS: &[(&str, f64)] = &[
    ("A", 0.30),
    ("C", 0.50),
    ("F", 0.70),
    ("E", 0.80),
    ("H", 0.90),
    ("S", 1.00),
];

/// The rows of the layer `workplaces`: about `wanted` places of work with the jobs of the city.
pub fn sheet(
    figures: &Figures,
    territory: &Territory,
    plots: &[Plot],
    residences: &Residences,
    wanted: usize,
    seed: u64,
) -> Sheet {
    let mut rng = Rng::new(seed, 3);
    let jobs_of = jobs_by_district(figures, residences);
    let mut weight_of = vec![0.0; figures.districts.len()];
    plots.iter().for_each(|p| weight_of[p.district] += p.jobs);
    let mut sheet = Sheet::default();
    let (mut sectors, mut sizes, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    let mut of_district = vec![0..0; figures.districts.len()];
    let mut running = Running::default();
    for plot in plots {
        let share = jobs_of[plot.district] as f64 / JOBS as f64;
        let expected = wanted as f64 * share * plot.jobs / weight_of[plot.district];
        let range = &mut of_district[plot.district];
        if range.start == range.end {
            *range = sizes.len()..sizes.len();
        }
        for _ in 0..running.next(expected) {
            let (across, along) = (rng.unit(), rng.unit());
            let spot = territory.grid.inside(plot.cell, across, along);
            sheet.push_spot(&format!("w{:07}", sizes.len() + 1), spot);
            sectors.push(sector(&mut rng, plot.character));
            // Many small places and few large ones.
            sizes.push(1.0 / (0.03 + rng.unit()));
            let subdistrict = &figures.subdistricts[plot.subdistrict].code;
            codes.push(format!("{subdistrict}-{:04}", plot.number + 1));
        }
        range.end = sizes.len();
    }
    let mut jobs = Vec::with_capacity(sizes.len());
    for (total, range) in jobs_of.iter().zip(of_district) {
        jobs.extend(spread(*total, &sizes[range]));
    }
    let floor = jobs.iter().map(|jobs| {
        let each = rng.between(12.0, 40.0);
        (*jobs as f64 * each).round()
    });
    let floor: Vec<f64> = floor.collect();
    sheet.integers("jobs", jobs);
    sheet.texts("sector", sectors);
    sheet.numbers("floor_area_m2", floor);
    sheet.texts("grid_code", codes);
    sheet
}

/// The jobs of each district: its employed residents times the assumed ratio, scaled to the city.
fn jobs_by_district(figures: &Figures, residences: &Residences) -> Vec<i64> {
    let mut workers = vec![0.0; figures.districts.len()];
    let homes = &residences.homes;
    for (district, employed) in homes.district.iter().zip(&homes.employed) {
        workers[usize::from(*district)] += *employed as f64;
    }
    let assumed = figures.assumptions.iter().zip(&workers);
    let weights: Vec<f64> = assumed.map(|(a, w)| a.jobs_per_worker * w).collect();
    spread(JOBS, &weights)
}

fn sector(rng: &mut Rng, character: Character) -> &'static str {
    let list = match character {
        Character::Core => OFFICES,
        Character::Town | Character::UrbanVillage => STREETS,
        Character::Industrial => WORKS,
        Character::Rural => FIELDS,
    };
    let drawn = rng.unit();
    let found = list.iter().find(|(_, running)| drawn < *running);
    found.map_or("F", |(sector, _)| sector)
}
