use suitu::analysis::access::{
    Band, CostMatrix, Decay, RaamOptions, RowBuilder, balanced, competitive, raam, three_step,
    two_step,
};

use super::timed;

/// Numbers without an end, the same in every run.
pub struct Rng(pub u64);

impl Rng {
    /// 0 to 1.
    pub fn unit(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A square town, 60 minutes across, with everything at random; places come in rows of blocks, near
/// ones near in number. All pairs within `minutes`, in milliseconds.
fn town(places: usize, facilities: usize, minutes: f64) -> CostMatrix {
    let mut rng = Rng(1);
    let mut at = |count: usize| -> Vec<(f64, f64)> {
        (0..count)
            .map(|_| (rng.unit() * 60.0, rng.unit() * 60.0))
            .collect()
    };
    let (mut homes, sites) = (at(places), at(facilities));
    homes.sort_by_key(|(x, y)| ((*y / 2.0) as u32, (*x / 2.0) as u32));
    let mut matrix = CostMatrix::new(places, 60_000.0);
    for (x, y) in sites {
        let mut row = RowBuilder::default();
        for (number, home) in homes.iter().enumerate() {
            let cost = (home.0 - x).hypot(home.1 - y);
            if cost <= minutes {
                row.push(number as u32, (cost * 60_000.0) as u32);
            }
        }
        row.sort();
        matrix.push(&row);
    }
    matrix
}

pub fn measure() {
    let matrix = town(100_000, 5_000, 4.24);
    let mut rng = Rng(2);
    let mut amounts = |count: usize, most: f64| -> Vec<f64> {
        (0..count)
            .map(|_| (rng.unit() * most).floor() + 1.0)
            .collect()
    };
    let (people, doctors) = (amounts(100_000, 400.0), amounts(5_000, 30.0));
    let band = |until, weight| Band { until, weight };
    let bands = Decay::Bands(vec![band(1.4, 1.0), band(2.8, 0.68), band(4.24, 0.22)]);
    let gaussian = Decay::Gaussian { sigma: 2.0 };
    println!("| {} pairs | wall | CPU |\n|---|---|---|", matrix.pairs());
    timed("2SFCA", || two_step(&matrix, &people, &doctors, 4.24));
    timed("E2SFCA, three bands", || {
        competitive(&matrix, &people, &doctors, &bands)
    });
    timed("E2SFCA, Gaussian", || {
        competitive(&matrix, &people, &doctors, &gaussian)
    });
    timed("3SFCA, three bands", || {
        three_step(&matrix, &people, &doctors, &bands)
    });
    timed("BFCA, three bands", || {
        balanced(&matrix, &people, &doctors, &bands)
    });
    drop(matrix);
    println!("\n| RAAM, 10,000 places × 5,000 facilities | wall | CPU |\n|---|---|---|");
    for minutes in [15.0, 90.0] {
        let matrix = town(10_000, 5_000, minutes);
        let (people, doctors) = (&people[..10_000], &doctors[..]);
        let what = format!("within {minutes} min, {} pairs", matrix.pairs());
        let found = timed(&what, || {
            raam(&matrix, people, doctors, &RaamOptions::default(), &|| true)
        });
        println!("| its gap {:.6}, rounds {} | | |", found.gap, found.rounds);
    }
    println!();
}
