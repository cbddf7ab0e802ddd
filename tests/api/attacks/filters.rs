//! Filters whose threshold goes up by one: where the number of pieces steps, there is a count.

use super::{
    K,
    dice::Dice,
    found::Found,
    reader::{Reader, escaped},
};

/// How many features meet a condition.
async fn matching(reader: &Reader<'_>, layer: &str, condition: &str) -> Option<u64> {
    let condition = escaped(condition);
    let path = format!("/api/layers/{layer}/features?limit=1&where={condition}");
    let answer = reader.get(&path).await;
    answer.status.is_success().then_some(())?;
    answer.json()["number_matched"].as_u64()
}

pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    let homes = [
        "usual_residents",
        "age_6_11",
        "employed_residents",
        "households",
    ];
    for _ in 0..times {
        let (layer, attribute) = match dice.below(4) {
            0 => ("workplaces", "jobs"),
            _ => ("residences", *dice.any(&homes)),
        };
        let area = match dice.below(3) {
            0 => String::new(),
            _ => format!(" AND district_code = '44010{}'", 3 + dice.below(4)),
        };
        let first = dice.below(60);
        let mut before = None;
        for threshold in first..first + 12 {
            let condition = format!("{attribute} >= {threshold}{area}");
            found.attacks += 1;
            let Some(number) = matching(reader, layer, &condition).await else {
                continue;
            };
            found.read += 1;
            // Fewer than with one less: some have one less exactly.
            let stepped = before.is_some_and(|before| before != number);
            if stepped && (threshold as i64 - 1) % K != 0 {
                found.leak(|| format!("{layer} {condition}"));
            }
            before = Some(number);
        }
    }
    found
}
