use std::collections::{HashMap, HashSet};

use super::{
    hexagons::{self, HexGrid},
    plane::Spot,
    rng::Rng,
    settlement::{Character, Plot},
};
use crate::network::{Lines, Rules};

/// Half a side of a hexagon is the shortest street: about 145 m.
const PARTS: i32 = 2;

/// How far a crossing lies from the regular pattern at the most, metres.
const BEND_M: f64 = 28.0;

/// The streets of the city, each with its class.
#[derive(Clone, Debug, Default)]
pub struct DemoStreets {
    pub lines: Lines,
    /// Of each line, as OpenStreetMap calls it.
    pub classes: Vec<&'static str>,
}

impl DemoStreets {
    /// The streets as a mode uses them.
    pub fn for_mode(&self, rules: &Rules) -> Lines {
        let mut lines = Lines {
            points: self.lines.points.clone(),
            leg_cost_per_m: rules.leg_cost_per_m(),
            ..Lines::default()
        };
        for (line, class) in self.lines.lines.iter().zip(&self.classes) {
            if let Some(passage) = rules.passage(&[("highway", *class)]) {
                lines.lines.push(line.clone());
                lines.passages.push(passage);
            }
        }
        lines
    }
}

/// Streets along the borders of all hexagons, and a mesh of half their size within towns.
pub fn streets(grid: &HexGrid, plots: &[Plot], seed: u64) -> DemoStreets {
    let mut streets = Streets {
        seed,
        made: DemoStreets::default(),
        numbers: HashMap::new(),
        known: HashSet::new(),
    };
    for plot in plots {
        let is_town = !matches!(plot.character, Character::Rural | Character::Industrial);
        // A hexagon is three rhombs around its center, each a sheared square.
        for [center, a, b] in hexagons::rhombs(grid, plot.cell) {
            let at = |i: i32, j: i32| {
                let axis = |axis: usize| {
                    PARTS * center[axis]
                        + i * (a[axis] - center[axis])
                        + j * (b[axis] - center[axis])
                };
                [axis(0), axis(1)]
            };
            for along in 0..=PARTS {
                // Only the outer sides are streets everywhere, and the wider ones.
                let class = match along {
                    PARTS => "tertiary",
                    _ if is_town => "residential",
                    _ => continue,
                };
                for step in 0..PARTS {
                    streets.add(class, at(along, step), at(along, step + 1));
                    streets.add(class, at(step, along), at(step + 1, along));
                }
            }
        }
    }
    streets.made
}

struct Streets {
    seed: u64,
    made: DemoStreets,
    numbers: HashMap<[i32; 2], u32>,
    known: HashSet<(u32, u32)>,
}

impl Streets {
    fn add(&mut self, class: &'static str, from: [i32; 2], to: [i32; 2]) {
        let (from, to) = (self.number(from), self.number(to));
        if self.known.insert((from.min(to), from.max(to))) {
            self.made.lines.lines.push(vec![from, to]);
            self.made.classes.push(class);
        }
    }

    fn number(&mut self, point: [i32; 2]) -> u32 {
        let next = self.made.lines.points.len() as u32;
        let number = *self.numbers.entry(point).or_insert(next);
        if number == next {
            let spot = hexagons::spot_of_parts(point, PARTS);
            self.made.lines.points.push(self.bent(point, spot));
        }
        number
    }

    /// A crossing a little beside its place, the same whoever asks.
    fn bent(&self, point: [i32; 2], spot: Spot) -> [i32; 2] {
        let name = u64::from(point[0] as u32) << 32 | u64::from(point[1] as u32);
        let mut rng = Rng::new(self.seed ^ name.wrapping_mul(0x9E37_79B9_7F4A_7C15), 9);
        let (east, north) = (rng.between(-BEND_M, BEND_M), rng.between(-BEND_M, BEND_M));
        let place = spot.moved(east, north).lon_lat();
        [place.x, place.y].map(|degrees| (degrees * 1e7).round() as i32)
    }
}
