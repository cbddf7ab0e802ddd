use super::{
    needs::{Quarter, name},
    rng::Rng,
    sheet::Sheet,
};

/// A kind of school: its code, its word, and how much of a full school of each stage it holds.
struct Kind {
    code: &'static str,
    word: &'static str,
    stages: [f64; 3],
}

const PRIMARY: Kind = kind("primary", "小学", [1.0, 0.0, 0.0]);
const NINE_YEAR: Kind = kind("nine_year", "九年一贯制学校", [0.8, 0.5, 0.0]);
const TWELVE_YEAR: Kind = kind("twelve_year", "十二年一贯制学校", [0.7, 0.5, 0.4]);
const JUNIOR: Kind = kind("junior", "初级中学", [0.0, 1.0, 0.0]);
const COMPLETE: Kind = kind("complete", "完全中学", [0.0, 0.6, 0.7]);
const SENIOR: Kind = kind("senior", "高级中学", [0.0, 0.0, 1.2]);

const fn kind(code: &'static str, word: &'static str, stages: [f64; 3]) -> Kind {
    Kind { code, word, stages }
}

/// Pupils in a class by stage, GB 50099-2011; a nine-year school has 45 in years 1 to 6, then 50.
const CLASS: [f64; 3] = [45.0, 50.0, 50.0];
/// Share of an age group that goes to a school of its stage here.
const ENROLLED: [f64; 3] = [0.98, 0.97, 0.62];
/// Places in a usual school of each stage.
const USUAL: [f64; 3] = [1080.0, 1200.0, 1500.0];

/// The rows of the layer `schools`.
pub fn schools(quarters: &[Quarter<'_>], rng: &mut Rng) -> Sheet {
    let mut sheet = Sheet::default();
    let mut names = Vec::new();
    let (mut kinds, mut owners) = (Vec::new(), Vec::new());
    let (mut seats, mut classes, mut enrolled) = (Vec::new(), Vec::new(), Vec::new());
    for quarter in quarters {
        let need = [2, 3, 4].map(|group| quarter.ages[group]);
        let wanted: Vec<f64> = (0..3)
            .map(|stage| need[stage] * ENROLLED[stage] * quarter.supply)
            .collect();
        let found = found_schools(&wanted, rng);
        let mut given = [0.0; 3];
        for kind in &found {
            (0..3).for_each(|stage| given[stage] += kind.stages[stage]);
        }
        for (number, kind) in found.iter().enumerate() {
            let size = rng.between(0.75, 1.25);
            let rooms: Vec<f64> = (0..3)
                .map(|stage| {
                    let share = kind.stages[stage] / given[stage].max(kind.stages[stage]).max(1e-9);
                    let rooms = wanted[stage] * share * size / CLASS[stage];
                    if kind.stages[stage] > 0.0 {
                        rooms.round().max(6.0)
                    } else {
                        0.0
                    }
                })
                .collect();
            let places = [0, 1, 2].map(|stage| (rooms[stage] * CLASS[stage]) as i64);
            let fill = rng.between(0.9, 1.06) / quarter.supply.clamp(0.9, 1.1);
            sheet.push_spot(&format!("s{:05}", names.len() + 1), quarter.spot(rng));
            names.push(name(quarter.name, number + 1, kind.word));
            kinds.push(kind.code);
            owners.push(if rng.chance(0.24) {
                "private"
            } else {
                "public"
            });
            seats.push(places);
            classes.push(rooms.iter().sum::<f64>() as i64);
            enrolled.push((places.iter().sum::<i64>() as f64 * fill).round() as i64);
        }
    }
    sheet.texts("name", names);
    sheet.texts("kind", kinds);
    sheet.texts("ownership", owners);
    for (stage, attribute) in ["seats_primary", "seats_junior", "seats_senior"]
        .into_iter()
        .enumerate()
    {
        sheet.integers(attribute, seats.iter().map(|places| places[stage]));
    }
    sheet.integers("classes", classes);
    sheet.integers("enrolled", enrolled);
    sheet
}

/// As many schools as the places of each stage fill.
fn found_schools(wanted: &[f64], rng: &mut Rng) -> Vec<Kind> {
    let mut found = Vec::new();
    let mut open = [0, 1, 2].map(|stage| wanted[stage] / USUAL[stage]);
    let mut add = |kind: Kind, open: &mut [f64; 3]| {
        (0..3).for_each(|stage| open[stage] -= kind.stages[stage]);
        found.push(kind);
    };
    while open[0] > 0.45 {
        let kind = match rng.unit() {
            drawn if drawn < 0.78 => PRIMARY,
            drawn if drawn < 0.96 => NINE_YEAR,
            _ => TWELVE_YEAR,
        };
        add(kind, &mut open);
    }
    while open[1] > 0.45 {
        let kind = if rng.chance(0.55) { JUNIOR } else { COMPLETE };
        add(kind, &mut open);
    }
    while open[2] > 0.7 {
        add(SENIOR, &mut open);
    }
    found
}

/// The rows of the layer `kindergartens`.
pub fn kindergartens(quarters: &[Quarter<'_>], rng: &mut Rng) -> Sheet {
    let mut sheet = Sheet::default();
    let mut names = Vec::new();
    let (mut owners, mut classes, mut enrolled) = (Vec::new(), Vec::new(), Vec::new());
    for quarter in quarters {
        let wanted = quarter.ages[1] * 0.92 * quarter.supply;
        let count = (wanted / 290.0).round() as usize;
        for number in 1..=count {
            let rooms = (wanted / count as f64 * rng.between(0.6, 1.4) / 30.0)
                .round()
                .max(3.0);
            sheet.push_spot(&format!("k{:05}", names.len() + 1), quarter.spot(rng));
            names.push(name(quarter.name, number, "幼儿园"));
            owners.push(match rng.unit() {
                drawn if drawn < 0.5 => "public",
                drawn if drawn < 0.85 => "subsidised",
                _ => "private",
            });
            classes.push(rooms as i64);
            enrolled.push((rooms * 30.0 * rng.between(0.85, 1.02)).round() as i64);
        }
    }
    sheet.texts("name", names);
    sheet.texts("ownership", owners);
    sheet.integers("seats", classes.iter().map(|rooms| rooms * 30));
    sheet.integers("classes", classes);
    sheet.integers("enrolled", enrolled);
    sheet
}
