//! The same place at two dates, and what changed between them.

use serde_json::json;

use super::{dice::Dice, found::Found, reader::Reader};

const PERIODS: [&str; 4] = ["2010", "2015", "2020-11-01", "2024"];

pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    for _ in 0..times {
        let ((lon, lat), size) = (dice.place(), dice.between(0.0005, 0.02));
        let (east, north) = (lon + size, lat + size);
        let ring = [
            [lon, lat],
            [east, lat],
            [east, north],
            [lon, north],
            [lon, lat],
        ];
        let place = json!({"type": "Polygon", "coordinates": [ring]});
        let (then, now) = (dice.any(&PERIODS), dice.any(&PERIODS));
        let before = reader.sums(&place, Some(then)).await;
        let after = reader.sums(&place, Some(now)).await;
        found.difference(&format!("{then} to {now}"), &after, &before);
    }
    for level in ["district", "subdistrict"] {
        for path in [
            format!("/api/areas?level={level}&period=2015"),
            format!("/api/calibers?level={level}&period=2010"),
            format!("/api/change?question=areas&level={level}&from=2010"),
            format!("/api/change?question=calibers&level={level}&from=2012&to=2020-11-01"),
        ] {
            let answer = reader.ask(&path).await;
            found.answer(&reader.names, &answer, &path);
        }
    }
    found
}
