//! Files: rows of layers and tables of polygons.

use serde_json::{Value as Json, json};

use super::{
    dice::Dice,
    found::Found,
    reader::{Reader, escaped},
};

/// The whole numbers of a table in text, under headings that are looked for.
fn cells<'a>(
    text: &'a str,
    is_count: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = (String, i64)> + 'a {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines();
    let headings: Vec<String> = lines
        .next()
        .unwrap_or("")
        .split(',')
        .map(str::to_owned)
        .collect();
    lines.flat_map(move |line| {
        let cells = headings.iter().zip(line.split(','));
        let counts = cells.filter(|(heading, _)| is_count(heading));
        let counts =
            counts.filter_map(|(heading, cell)| Some((heading.clone(), cell.parse().ok()?)));
        counts.collect::<Vec<_>>()
    })
}

pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    for n in 0..times {
        let (layer, attribute) = match n % 2 {
            0 => ("workplaces", "jobs"),
            _ => ("residences", "usual_residents"),
        };
        let condition = escaped(&format!("{attribute} < {}", 3 + dice.below(200)));
        let path = format!("/api/layers/{layer}/download?lang=en&where={condition}");
        if n % 4 < 2 {
            let answer = reader.ask(&format!("{path}&format=geojson")).await;
            found.answer(&reader.names, &answer["features"], &path);
        } else {
            let answer = reader.get(&format!("{path}&format=csv")).await;
            let text = String::from_utf8(answer.body).expect("text");
            found.attacks += 1;
            for (name, count) in cells(&text, |heading| reader.names.contains(heading)) {
                found.count(|| format!("{path} {name}"), count);
            }
        }
        let ((lon, lat), size) = (dice.place(), dice.between(0.0005, 0.02));
        let (east, north) = (lon + size, lat + size);
        let ring = [
            [lon, lat],
            [east, lat],
            [east, north],
            [lon, north],
            [lon, lat],
        ];
        let question = json!({"geometry": {"type": "Polygon", "coordinates": [ring]},
            "layers": ["residences", "workplaces"]});
        let table = reader
            .post("/api/statistics?format=csv&lang=en", question)
            .await;
        let text = String::from_utf8(table.body).expect("text");
        found.attacks += 1;
        for (name, count) in cells(&text, |heading| heading == "Value") {
            found.count(|| format!("table {name}"), count);
        }
    }
    found
}

/// Every feature of a layer, page by page.
pub async fn features(reader: &Reader<'_>, layer: &str) -> Vec<Json> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/layers/{layer}/features?limit=1000{cursor}");
        let page = reader.ask(&path).await;
        all.extend(
            page["features"]
                .as_array()
                .expect("features")
                .iter()
                .cloned(),
        );
        let Some(next) = page["next"].as_str() else {
            return all;
        };
        cursor = format!("&cursor={next}");
    }
}
