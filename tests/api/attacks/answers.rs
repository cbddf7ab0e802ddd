//! Access, gaps, sites, coverage, stations, commuting, values and their classes, search.

use serde_json::{Value as Json, json};

use super::{dice::Dice, found::Found, reader::Reader};

/// A question with numbers of its own.
fn question(dice: &mut Dice) -> (String, Option<Json>) {
    let cutoff = 200 + dice.below(2500);
    let level = *dice.any(&["district", "subdistrict"]);
    let area = format!("44010{}", 3 + dice.below(4));
    let asked = |path: String| (path, None);
    match dice.below(12) {
        0 => {
            let access = json!({"to": {"layer": "workplaces", "capacity": "jobs"},
                "measure": "2sfca", "cutoff": cutoff});
            ("/api/access".into(), Some(access))
        }
        1 => {
            let sites = json!({"layer": "clinics", "objective": "cover", "sites": 2,
                "cutoff": cutoff, "candidates": {"grid_m": 3000}, "area": area});
            ("/api/siting".into(), Some(sites))
        }
        2 => asked(format!("/api/gaps?level={level}&services=primary_school")),
        3 | 4 => asked(format!(
            "/api/coverage?layer=stations&cutoff={cutoff}&level={level}"
        )),
        5 => asked(format!(
            "/api/station_areas?core={}&influence={cutoff}",
            cutoff / 2
        )),
        6 => asked(format!("/api/balance?level={level}&catchment_m={cutoff}")),
        7 => asked(format!("/api/commute?level={level}")),
        8 => asked(format!(
            "/api/flows?level={level}&area={area}&limit={}",
            1 + dice.below(90)
        )),
        9 => asked(format!(
            "/api/station_coverage?level={level}&cutoffs={cutoff}"
        )),
        10 => asked(format!("/api/areas/{area}")),
        _ => asked(format!("/api/calibers?level={level}")),
    }
}

pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    for _ in 0..times {
        let (path, body) = question(dice);
        let answer = match body {
            Some(body) => reader.post(&path, body).await,
            None => reader.get(&path).await,
        };
        if answer.status.is_success() {
            let answer = answer.json();
            for part in ["rows", "totals", "summary", "features"] {
                found.answer(&reader.names, &answer[part], &path);
            }
            // Official figures stand beside; an area's card has its counts at the top.
            if path.starts_with("/api/areas/") {
                found.answer(&reader.names, &answer, &path);
            }
        }
    }
    for attribute in [
        "usual_residents",
        "age_6_11",
        "employed_residents",
        "households",
    ] {
        for classes in 3..9 {
            let path = format!("/api/layers/residences/values/{attribute}?classes={classes}");
            let answer = reader.ask(&path).await;
            found.attacks += 1;
            for what in ["min", "max", "sum"] {
                let number = answer[what].as_f64().expect("a number");
                found.count(|| format!("{path} {what}"), number as i64);
            }
        }
    }
    // Nobody finds a workplace by its name.
    for word in ["公司", "u1-0", "s17", "u", "s", "1"] {
        let path = format!("/api/search?q={}", super::reader::escaped(word));
        let answer = reader.ask(&path).await;
        found.attacks += 1;
        for row in answer["rows"].as_array().expect("rows") {
            if ["workplaces", "residences"].contains(&row["layer"].as_str().unwrap_or_default()) {
                found.leak(|| format!("{path}: {row}"));
            }
        }
    }
    found
}
