use super::{figures::Figures, hexagons::Cell, plane::nearness, rng::Rng, territory::Territory};

/// How a hexagon is used.
#[derive(Clone, Copy, Debug)]
pub struct Plot {
    pub cell: Cell,
    pub subdistrict: usize,
    pub district: usize,
    /// Number of the cell within its subdistrict.
    pub number: usize,
    /// Weight of dwellings and of workplaces; only relations within a district matter.
    pub homes: f64,
    pub jobs: f64,
    pub character: Character,
}

/// What a hexagon looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Character {
    /// The dense centre: old streets and offices.
    Core,
    /// Estates in a street or near a town's centre.
    Town,
    /// 城中村: low, dense, mostly floating residents.
    UrbanVillage,
    Industrial,
    Rural,
}

/// All hexagons of the city by subdistrict, with people and work where they may well be: near
/// stations and centres, in villages and works that the seed chooses.
pub fn settle(figures: &Figures, territory: &Territory, seed: u64) -> Vec<Plot> {
    let mut rng = Rng::new(seed, 1);
    let stations: Vec<_> = figures
        .stations
        .iter()
        .map(|s| (s.spot(), 0.6 + 0.4 * s.line_count() as f64))
        .collect();
    let mut plots = Vec::new();
    for (subdistrict, cells) in territory.cells.iter().enumerate() {
        let district = territory.district[subdistrict];
        let anchor = figures.subdistricts[subdistrict].anchor();
        let is_street = figures.subdistricts[subdistrict].kind() == "subdistrict";
        let is_centre = figures.districts[district].tier == "centre";
        let town_m = (cells.len() as f64).sqrt().clamp(2.0, 12.0) * 130.0;
        for (number, &cell) in cells.iter().enumerate() {
            let center = territory.grid.center(cell);
            let town = nearness(center.distance2(anchor), town_m);
            let (mut rail, mut hub) = (0.0, 0.0);
            for (spot, lines) in &stations {
                let near = nearness(center.distance2(*spot), 700.0);
                rail += near * near;
                hub += near * near * near * lines;
            }
            let character = character(&mut rng, is_centre, is_street, town, rail);
            let (homes, jobs) = match character {
                Character::Core => (1.0, 1.0),
                Character::Town => (1.0, 0.5),
                Character::UrbanVillage => (2.2, 0.35),
                Character::Industrial => (0.15, 1.6),
                Character::Rural => (0.3, 0.15),
            };
            let dwelt = character != Character::Rural || rng.chance(0.12 + 0.8 * town);
            let (noise, bustle) = (rng.between(0.35, 1.65), rng.between(0.3, 1.7));
            let attraction = 0.03 + 1.2 * town * town + 0.8 * rail;
            plots.push(Plot {
                cell,
                subdistrict,
                district,
                number,
                homes: if dwelt {
                    homes * attraction * noise
                } else {
                    0.0
                },
                jobs: jobs * (0.04 + 0.5 * town * town + 1.6 * hub) * bustle,
                character,
            });
        }
    }
    plots
}

fn character(rng: &mut Rng, is_centre: bool, is_street: bool, town: f64, rail: f64) -> Character {
    let urban = is_centre || town > 0.35 || rail > 0.25 || (is_street && town > 0.12);
    let drawn = rng.unit();
    match (is_centre, urban) {
        (true, _) if drawn < 0.10 => Character::UrbanVillage,
        (true, _) => Character::Core,
        (false, true) if drawn < 0.22 => Character::UrbanVillage,
        (false, true) if drawn < 0.34 => Character::Industrial,
        (false, true) => Character::Town,
        (false, false) if drawn < 0.03 + 0.2 * town => Character::Industrial,
        (false, false) => Character::Rural,
    }
}
