//! What somebody can learn who asks a protected city everything: an attacker with patience.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use suitu::accounts::{Grants, Role};

use super::helpers::App;

const K: i64 = 10;

/// Random numbers that are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.roll() * (high - low)
    }
}

/// The attributes of people and units, as the city itself tells them.
async fn protected_counts(app: &App) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for layer in ["residences", "workplaces"] {
        let told = app.get(&format!("/api/layers/{layer}")).await.json();
        for attribute in told["attributes"].as_array().expect("attributes") {
            assert_eq!(attribute["type"], "count", "{attribute}");
            let id = attribute["id"].as_str().expect("a name");
            all.insert(id.to_owned());
            all.insert(format!("{layer}.{id}"));
        }
    }
    // What questions call sums of them.
    let words = [
        "population",
        "covered",
        "uncovered",
        "commuters",
        "people",
        "employed",
    ];
    all.extend(words.map(str::to_owned));
    all
}

/// Every number under one of the names, wherever it stands; answers how many there were.
fn check(answer: &Json, names: &BTreeSet<String>, path: &str) -> usize {
    match answer {
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| match value {
                // Published totals are official figures and stand as they are.
                Json::Number(n) if names.contains(key) => {
                    let whole = n.as_i64().unwrap_or_else(|| panic!("{path}.{key} = {n}"));
                    assert_eq!(whole % K, 0, "{path}.{key} = {n}");
                    1
                }
                _ => check(value, names, &format!("{path}.{key}")),
            })
            .sum(),
        Json::Array(all) => all.iter().map(|value| check(value, names, path)).sum(),
        _ => 0,
    }
}

/// One city serves all attacks: making and publishing it takes longer than they do.
#[tokio::test]
async fn an_attacker_who_asks_a_protected_city_everything_learns_no_exact_count() {
    let app = App::published();
    no_answer_holds_a_count_that_is_not_rounded(&app).await;
    features_are_pieces_and_filters_see_counts_alone(&app).await;
    tiles_hold_rounded_counts_at_every_zoom(&app).await;
    other_dates_and_what_changed_are_rounded_too(&app).await;
    the_city_says_so_in_every_answer(&app).await;
    who_reads_rounded_counts_never_gets_what_was_made_for_others(&app).await;
}

fn ring(lon: f64, lat: f64, radius: f64, corners: usize) -> Json {
    let corner = |n: usize| {
        let angle = n as f64 / corners as f64 * std::f64::consts::TAU;
        json!([lon + radius * angle.cos(), lat + radius * angle.sin()])
    };
    let corners: Vec<Json> = (0..=corners).map(|n| corner(n % corners)).collect();
    json!({"type": "Polygon", "coordinates": [corners]})
}

async fn no_answer_holds_a_count_that_is_not_rounded(app: &App) {
    let names = protected_counts(app).await;
    let mut dice = Dice(1);

    // Differences of polygons: rings that grow by a few metres at a time around places.
    let mut found = 0;
    for _ in 0..60 {
        let (lon, lat) = (dice.between(113.1, 113.6), dice.between(22.8, 23.4));
        let mut radius = dice.between(0.001, 0.01);
        for _ in 0..20 {
            radius += dice.between(0.0001, 0.002);
            let question = json!({"geometry": ring(lon, lat, radius, 16)});
            let answer = app.post("/api/statistics", question).await.json();
            found += check(&answer["totals"], &names, "statistics");
        }
    }
    assert!(found > 10_000, "{found} counts were read");

    // Neighbouring cutoffs of catchments, as the crow flies and over streets.
    let mut found = 0;
    for mode in ["straight", "walk"] {
        for _ in 0..8 {
            let (lon, lat) = (dice.between(113.2, 113.4), dice.between(23.05, 23.2));
            let cutoffs: Vec<i64> = (0..6).map(|n| 400 + 13 * n).collect();
            let question =
                json!({"origins": [{"lon": lon, "lat": lat}], "cutoffs": cutoffs, "mode": mode});
            let answer = app.post("/api/catchments", question).await;
            if answer.status == StatusCode::OK {
                found += check(&answer.json(), &names, "catchments");
            }
        }
    }
    assert!(found > 500, "{found} counts were read");

    // Tables of areas at every level, coverage, balance, gaps.
    for path in [
        "/api/areas?level=district",
        "/api/areas?level=subdistrict",
        "/api/balance?level=subdistrict",
        "/api/balance?level=district",
        "/api/coverage?layer=stations&cutoff=800&level=subdistrict",
        "/api/coverage?layer=schools&cutoff=500&level=district&mode=walk",
        "/api/calibers?level=subdistrict",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let answer = answer.json();
        assert!(check(&answer, &names, path) > 10, "{path}");
    }
}

/// A date is published with the draws of every other one: their differences are those of rounded counts.
async fn other_dates_and_what_changed_are_rounded_too(app: &App) {
    let plain = protected_counts(app).await;
    let mut names = plain.clone();
    for side in ["then", "now", "difference"] {
        names.extend(plain.iter().map(|name| format!("{side}.{name}")));
    }
    let mut then = 0;
    for level in ["district", "subdistrict"] {
        for path in [
            format!("/api/areas?level={level}&period=2015"),
            format!("/api/calibers?level={level}&period=2010"),
            format!("/api/change?question=areas&level={level}&from=2010"),
            format!("/api/change?question=calibers&level={level}&from=2012&to=2020-11-01"),
        ] {
            let answer = app.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let answer = answer.json();
            assert!(check(&answer, &names, &path) > 10, "{path}");
            let rows = answer["rows"].as_array().expect("rows").iter();
            let people = rows.filter_map(|row| row["then.residences.usual_residents"].as_i64());
            then += people.sum::<i64>();
        }
    }
    assert!(then > 100_000, "{then} people of 2010 were told of");
}

async fn features_are_pieces_and_filters_see_counts_alone(app: &App) {
    let names = protected_counts(app).await;
    for layer in ["residences", "workplaces"] {
        let mut cursor = String::new();
        let mut rows = 0;
        loop {
            let path = format!("/api/layers/{layer}/features?limit=1000{cursor}");
            let page = app.get(&path).await.json();
            assert!(check(&page, &names, layer) > 0);
            for feature in page["features"].as_array().expect("features") {
                rows += 1;
                let properties = feature["properties"].as_object().expect("properties");
                let foreign = properties
                    .keys()
                    .find(|key| !names.contains(*key) && !key.ends_with("_code"));
                assert_eq!(foreign, None);
            }
            let Some(next) = page["next"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert!(rows > 10, "{layer}: {rows}");
    }
    // What an exact city may be asked is unknown here, and the refusal tells nothing of the data.
    for (layer, filter) in [
        ("residences", "income>5000"),
        ("residences", "name='1号楼'"),
        ("workplaces", "sector='C'"),
        ("workplaces", "name LIKE '%'"),
    ] {
        let filter: String = filter.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/api/layers/{layer}/features?where={filter}");
        let answer = app.get(&path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let found = app.get("/api/search?q=%E5%85%AC%E5%8F%B8").await.json();
    let homes = found["rows"].as_array().expect("rows").iter();
    assert!(homes.filter(|row| row["layer"] == "workplaces").count() == 0);
}

/// Field number, number and bytes of each field of a protocol buffer.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let (mut number, mut length) = (0, 0);
        match tag & 7 {
            0 => number = varint(&mut bytes),
            1 => length = 8,
            5 => length = 4,
            _ => length = varint(&mut bytes) as usize,
        }
        let (own, rest) = bytes.split_at(length);
        all.push((tag >> 3, number, own));
        bytes = rest;
    }
    all
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// The numbers that the features of a vector tile carry, with their names.
fn tile_numbers(tile: &[u8]) -> Vec<(String, f64)> {
    let mut numbers = Vec::new();
    for (_, _, layer) in fields(tile).into_iter().filter(|field| field.0 == 3) {
        let layer = fields(layer);
        let of = |number: u64| layer.iter().filter(move |field| field.0 == number);
        let keys: Vec<String> = of(3)
            .map(|(_, _, key)| String::from_utf8_lossy(key).into_owned())
            .collect();
        let value = |bytes: &[u8]| {
            let (kind, number, bytes) = fields(bytes).into_iter().next()?;
            Some(match kind {
                2 => f64::from(f32::from_le_bytes(bytes.try_into().ok()?)),
                3 => f64::from_le_bytes(bytes.try_into().ok()?),
                4 | 5 => number as f64,
                6 => ((number >> 1) as i64 ^ -((number & 1) as i64)) as f64,
                _ => return None,
            })
        };
        let values: Vec<Option<f64>> = of(4).map(|(_, _, bytes)| value(bytes)).collect();
        for (_, _, feature) in of(2) {
            for (_, _, mut tags) in fields(feature).into_iter().filter(|field| field.0 == 2) {
                while !tags.is_empty() {
                    let (key, value) = (varint(&mut tags), varint(&mut tags));
                    if let Some(number) = values[value as usize] {
                        numbers.push((keys[key as usize].clone(), number));
                    }
                }
            }
        }
    }
    numbers
}

async fn tiles_hold_rounded_counts_at_every_zoom(app: &App) {
    let names = protected_counts(app).await;
    let (lon, lat) = (113.32_f64, 23.13_f64);
    let mut read = 0;
    for layer in ["residences", "workplaces"] {
        for z in 6..=16_u32 {
            let n = f64::from(1 << z);
            let x = ((lon + 180.0) / 360.0 * n) as u32;
            let y =
                ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * n) as u32;
            let plain = app.get(&format!("/tiles/{layer}/{z}/{x}/{y}")).await;
            if plain.status != StatusCode::OK {
                continue;
            }
            for (name, number) in tile_numbers(&plain.body) {
                if names.contains(&name) {
                    assert_eq!(number as i64 % K, 0, "{layer} {z} {name} = {number}");
                    read += 1;
                }
            }
        }
    }
    assert!(read > 1000, "{read}");
}

async fn the_city_says_so_in_every_answer(app: &App) {
    let city = app.get("/api/city").await.json();
    assert_eq!(city["protection"]["k"], K);
    let marking = city["marking"]["zh"].as_str().expect("a marking");
    assert!(marking.ends_with("保护数据（取整至 10）"), "{marking}");
    let answer = app.get("/api/balance?level=district").await.json();
    assert_eq!(answer["provenance"]["protected"], true);
    let note = answer["provenance"]["protection"]["zh"]
        .as_str()
        .expect("a note");
    assert!(note.contains("±10√n"), "{note}");
    for input in answer["provenance"]["inputs"].as_array().expect("inputs") {
        assert_eq!(input["crs"], "");
    }
    // The exact city says nothing of the kind.
    let exact = App::new();
    let answer = exact.get("/api/balance?level=district").await.json();
    assert_eq!(answer["provenance"]["protected"], false);
}

/// Two people ask the same server the same; what was made for one is never given to the other.
async fn who_reads_rounded_counts_never_gets_what_was_made_for_others(app: &App) {
    let names = protected_counts(app).await;
    let guarded = app.guarded_beside_exact();
    let planner = guarded.session_of(Role::Planner);
    let viewer = guarded.session_of(Role::Viewer);
    for path in [
        "/api/balance?level=subdistrict",
        "/api/areas?level=district",
        "/api/layers/residences/features?limit=1000",
        "/api/coverage?layer=stations&cutoff=800&level=district",
        "/tiles/residences/10/834/444",
        "/tiles/residences/13/6673/3554",
    ] {
        // Each asks first once: the exact answer waits in the memory of the server, then the other.
        let exact = guarded.get(path, &planner).await;
        let rounded = guarded.get(path, &viewer).await;
        let exact_again = guarded.get(path, &planner).await;
        let told = format!("{path}: {} {}", exact.status, rounded.status);
        assert!(
            exact.status.is_success() && rounded.status.is_success(),
            "{told}"
        );
        assert_eq!(exact.body, exact_again.body, "{path}");
        assert_ne!(exact.body, rounded.body, "{path}");
        assert_ne!(
            exact.headers.get("etag"),
            rounded.headers.get("etag"),
            "{path}"
        );
        if path.starts_with("/api") {
            check(&rounded.json(), &names, path);
        } else {
            for (name, number) in tile_numbers(&rounded.body) {
                assert!(
                    !names.contains(&name) || number as i64 % K == 0,
                    "{path} {name} {number}"
                );
            }
        }
    }
    // Whoever has a district reads exact counts in it and rounded ones outside.
    let scoped = Grants {
        roles: [Role::District].into(),
        scope: vec!["440106".parse().expect("a code")],
        ..Grants::none()
    };
    let name = guarded.user("tianhe", scoped);
    let district = guarded.signed_in(&name).1;
    let people = async |cookie: &str, code: &str| {
        let path = "/api/areas?level=district";
        let answer = guarded.get(path, cookie).await.json();
        let rows = answer["rows"].as_array().expect("rows").clone();
        let row = rows
            .into_iter()
            .find(|row| row["code"] == code)
            .expect("a row");
        row["residences.usual_residents"].as_i64().expect("a count")
    };
    for (code, like) in [
        ("440106", &planner),
        ("440103", &viewer),
        ("440105", &viewer),
    ] {
        assert_eq!(
            people(&district, code).await,
            people(like, code).await,
            "{code}"
        );
    }
    assert_ne!(
        people(&planner, "440106").await,
        people(&viewer, "440106").await
    );
    let told = guarded.get("/api/city", &district).await.json();
    assert_eq!(told["protection"]["k"], K);
    let told = guarded.get("/api/city", &planner).await.json();
    assert_eq!(told["protection"], Json::Null);
}
