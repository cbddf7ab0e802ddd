//! Who lives in a residence. City totals are exact; how they spread is invented.

use super::{
    figures::Figures,
    residences::KINDS,
    share::{Running, Splitter, spread},
};

pub const AGE_GROUPS: [&str; 9] = [
    "age_0_2",
    "age_3_5",
    "age_6_11",
    "age_12_14",
    "age_15_17",
    "age_18_59",
    "age_60_64",
    "age_65_79",
    "age_80_plus",
];

/// Residents by age group, census 2020. Published: 0–14 2,590,189; 15–59 13,955,818; 60 and over
/// 2,130,598, of them 65 and over 1,460,333. The finer cut is invented.
const AGES_2020: [f64; 9] = [
    485_000.0,
    580_000.0,
    1_065_000.0,
    460_189.0,
    411_000.0,
    13_544_818.0,
    670_265.0,
    1_199_333.0,
    261_000.0,
];
/// 流动人口, census 2020, published.
pub const FLOATING_2020: i64 = 9_378_825;
/// Registered here, away for more than six months, 2020, published.
pub const HUKOU_AWAY_2020: i64 = 553_300;
/// Registered migrants and overseas residents for each usual resident: the shares of the actual
/// population at the end of 2023 (53.03 % and 0.44 % of 22,981,800; usual residents 18,827,000).
const MIGRANTS_PER_USUAL: f64 = 0.5303 * 22_981_800.0 / 18_827_000.0;
const OVERSEAS_PER_USUAL: f64 = 0.0044 * 22_981_800.0 / 18_827_000.0;
/// Employed people by residence, invented beside the published "about 11 million" employed.
pub const EMPLOYED: i64 = 10_700_000;

/// By kind of housing: weight of the age groups up to 17, of 18 to 59, and from 60.
const AGE_OF_KIND: [[f64; 3]; 6] = [
    [1.25, 1.0, 0.8],
    [0.85, 0.9, 1.9],
    [0.85, 1.1, 0.4],
    [1.2, 0.8, 1.6],
    [0.05, 1.25, 0.02],
    [1.1, 0.95, 1.2],
];
/// By kind of housing: odds of being a floating resident, people in a household, share of the
/// people of working age who work, weight of overseas residents.
const FLOATING_OF_KIND: [f64; 6] = [0.8, 0.6, 6.0, 0.1, 9.0, 0.5];
const HOUSEHOLD_OF_KIND: [f64; 6] = [2.75, 2.35, 1.75, 3.2, 4.5, 2.6];
const WORK_OF_KIND: [f64; 6] = [1.0, 0.9, 1.08, 0.85, 1.15, 0.9];
const OVERSEAS_OF_KIND: [f64; 6] = [2.0, 0.8, 0.3, 0.02, 0.1, 0.05];

/// Residents of every residence in columns.
#[derive(Debug, Default)]
pub struct Homes {
    pub district: Vec<u8>,
    pub kind: Vec<u8>,
    pub usual: Vec<i64>,
    pub hukou: Vec<i64>,
    pub floating: Vec<i64>,
    pub migrants: Vec<i64>,
    pub overseas: Vec<i64>,
    pub households: Vec<i64>,
    pub employed: Vec<i64>,
    pub ages: Vec<[i64; 9]>,
}

impl Homes {
    /// 实有 = registered here + registered migrants + overseas; hotel guests live nowhere.
    pub fn actual(&self) -> impl Iterator<Item = i64> + '_ {
        let parts = self.hukou.iter().zip(&self.migrants).zip(&self.overseas);
        parts.map(|((hukou, migrants), overseas)| hukou + migrants + overseas)
    }

    /// District and kind as one number.
    fn mix(&self, home: usize) -> usize {
        usize::from(self.district[home]) * KINDS.len() + usize::from(self.kind[home])
    }
}

/// Fills `homes` whose district and kind are known; `crowd` weighs how many live in each.
///
/// 1. The census population of each district is spread by `crowd`, to the last person.
/// 2. Age groups follow district and kind and sum to the people of each home.
/// 3. Floating residents follow odds by district and kind; their city total is the published one.
/// 4. The other counts are shares of these, each rounded along the way so that sums are exact.
pub fn fill(figures: &Figures, homes: &mut Homes, crowd: &[f64]) {
    let mut start = 0;
    for (d, district) in figures.districts.iter().enumerate() {
        let of_district = homes.district[start..].iter();
        let count = of_district.take_while(|of| usize::from(**of) == d).count();
        let end = start + count;
        homes
            .usual
            .extend(spread(district.census_2020, &crowd[start..end]));
        start = end;
    }
    let mut people = vec![0.0; figures.districts.len() * KINDS.len()];
    for home in 0..homes.usual.len() {
        people[homes.mix(home)] += homes.usual[home] as f64;
    }
    fill_ages(figures, homes, &people);
    fill_calibers(figures, homes, &people);
    let working = |home: usize| {
        let ages = &homes.ages[home];
        (ages[5] as f64 + 0.15 * ages[6] as f64) * WORK_OF_KIND[usize::from(homes.kind[home])]
    };
    let working: Vec<f64> = (0..homes.usual.len()).map(working).collect();
    homes.employed = spread(EMPLOYED, &working);
    let mut households = Running::default();
    let homes_of = homes.usual.iter().zip(&homes.kind);
    homes.households = homes_of
        .map(|(people, kind)| {
            households.next(*people as f64 / HOUSEHOLD_OF_KIND[usize::from(*kind)])
        })
        .collect();
}

fn fill_ages(figures: &Figures, homes: &mut Homes, people: &[f64]) {
    let mut shares: Vec<[f64; 9]> = people.iter().map(|_| AGES_2020).collect();
    for (mix, shares) in shares.iter_mut().enumerate() {
        let (district, kind) = (mix / KINDS.len(), mix % KINDS.len());
        let assumed = &figures.assumptions[district];
        for (group, share) in shares.iter_mut().enumerate() {
            *share *= match group {
                0..=4 => assumed.children * AGE_OF_KIND[kind][0],
                5 => AGE_OF_KIND[kind][1],
                _ => assumed.elderly * AGE_OF_KIND[kind][2],
            };
        }
    }
    // Iterative proportional fitting: rows to 1, columns to the census.
    for _ in 0..60 {
        let mut sums = [0.0; 9];
        for (shares, people) in shares.iter_mut().zip(people) {
            let row: f64 = shares.iter().sum();
            for (share, sum) in shares.iter_mut().zip(&mut sums) {
                *share /= row;
                *sum += *share * people;
            }
        }
        for shares in &mut shares {
            for group in 0..9 {
                shares[group] *= AGES_2020[group] / sums[group];
            }
        }
    }
    for shares in &mut shares {
        let row: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= row);
    }
    let mut splitters = vec![Splitter::<9>::new(); people.len()];
    homes.ages = (0..homes.usual.len())
        .map(|home| {
            let mix = homes.mix(home);
            splitters[mix].split(homes.usual[home], &shares[mix])
        })
        .collect();
}

fn fill_calibers(figures: &Figures, homes: &mut Homes, people: &[f64]) {
    let odds: Vec<f64> = (0..people.len())
        .map(|mix| {
            figures.assumptions[mix / KINDS.len()].floating * FLOATING_OF_KIND[mix % KINDS.len()]
        })
        .collect();
    let share = |scale: f64, mix: usize| scale * odds[mix] / (1.0 + scale * odds[mix]);
    let floating_at = |scale: f64| -> f64 {
        let parts = people.iter().enumerate();
        parts.map(|(mix, people)| people * share(scale, mix)).sum()
    };
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if floating_at(middle) < FLOATING_2020 as f64 {
            low = middle
        } else {
            high = middle
        }
    }
    let mut floating = Running::default();
    let mut left = FLOATING_2020;
    homes.floating = (0..homes.usual.len())
        .map(|home| {
            let people = homes.usual[home];
            let expected = people as f64 * share(low, homes.mix(home));
            let given = floating.next(expected).min(people).min(left);
            left -= given;
            given
        })
        .collect();
    // Rounding may leave a person or two: they live where there is room.
    for (floating, people) in homes.floating.iter_mut().zip(&homes.usual) {
        let more = left.min(people - *floating);
        *floating += more;
        left -= more;
    }
    let settled = homes.usual.iter().zip(&homes.floating).map(|(u, f)| u - f);
    let settled: Vec<i64> = settled.collect();
    let rooted: Vec<f64> = settled.iter().map(|s| *s as f64).collect();
    let away = spread(HUKOU_AWAY_2020, &rooted);
    homes.hukou = settled.iter().zip(away).map(|(s, away)| s + away).collect();
    let total: i64 = homes.usual.iter().sum();
    let migrants = (total as f64 * MIGRANTS_PER_USUAL).round() as i64;
    let by_floating: Vec<f64> = homes.floating.iter().map(|f| *f as f64).collect();
    homes.migrants = spread(migrants, &by_floating);
    let foreign =
        |home: usize| homes.usual[home] as f64 * OVERSEAS_OF_KIND[usize::from(homes.kind[home])];
    let foreign: Vec<f64> = (0..homes.usual.len()).map(foreign).collect();
    homes.overseas = spread((total as f64 * OVERSEAS_PER_USUAL).round() as i64, &foreign);
}
