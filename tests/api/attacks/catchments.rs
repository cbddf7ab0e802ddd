//! Neighbouring metres and minutes of what can be reached.

use serde_json::json;

use super::{
    dice::Dice,
    found::{Counts, Found, counts},
    reader::Reader,
};

/// Asks for catchments whose cutoffs are a step apart, and takes each from the next.
pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    for n in 0..times {
        let (lon, lat) = dice.place();
        // Streets take longer to search.
        let (mode, unit, from, most) = match n % 8 {
            0 => ("walk", "min", 3.0, 25.0),
            1 => ("walk", "m", 200.0, 2000.0),
            2 => ("bicycle", "min", 2.0, 12.0),
            _ => ("straight", "m", 50.0, 3000.0),
        };
        let first = dice.between(from, most).floor();
        let cutoffs: Vec<f64> = (0..6).map(|n| first + f64::from(n)).collect();
        let question = json!({"origins": [{"lon": lon, "lat": lat}], "cutoffs": cutoffs,
            "mode": mode, "unit": unit});
        let answer = reader.post("/api/catchments", question).await;
        if !answer.status.is_success() {
            continue;
        }
        let answer = answer.json();
        found.answer(&reader.names, &answer["union"], mode);
        let catchments = answer["catchments"].as_array().expect("catchments");
        let sums = catchments
            .iter()
            .map(|catchment| counts(&reader.names, &catchment["totals"]));
        let sums: Vec<Counts> = sums.collect();
        for pair in sums.windows(2) {
            found.difference(mode, &pair[1], &pair[0]);
        }
    }
    found
}
