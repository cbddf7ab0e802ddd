//! Access on a grid of cells that are both homes and workplaces, against plain loops over the file.

use serde_json::json;

use super::*;

/// A cell of the file as anyone would read it.
struct Hexagon {
    id: String,
    lon: f64,
    lat: f64,
    people: f64,
    /// Empty is not zero.
    jobs: Option<f64>,
}

fn hexagons(file: &Path) -> Vec<Hexagon> {
    let text = std::fs::read_to_string(file).expect("readable");
    let mut lines = text.lines();
    let headings: Vec<&str> = lines.next().expect("headings").split(',').collect();
    let at = |name: &str| headings.iter().position(|h| h.trim_matches('"') == name);
    let [id, lon, lat, people, jobs] =
        ["id", "lon", "lat", "population", "jobs"].map(|name| at(name).expect("a column"));
    let hexagon = |line: &str| {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        let number = |at: usize| cells[at].parse::<f64>().ok();
        Hexagon {
            id: cells[id].to_owned(),
            lon: number(lon).expect("a number"),
            lat: number(lat).expect("a number"),
            people: number(people).expect("a number"),
            jobs: number(jobs),
        }
    };
    lines.map(hexagon).collect()
}

/// Great-circle metres by the haversine formula.
fn metres(a: &Hexagon, b: &Hexagon) -> f64 {
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let h = half(b.lat - a.lat) + lat_a.cos() * lat_b.cos() * half(b.lon - a.lon);
    2.0 * 6_371_008.8 * h.sqrt().asin()
}

struct City {
    desk: Desk,
    cells: Vec<Hexagon>,
}

impl City {
    fn new() -> Option<Self> {
        let file = data("porto-alegre/poa_hexgrid.csv")?;
        let desk = Desk::new();
        let told = ["--crs", "EPSG:4326", "--period", "2019"];
        let map = ["--map", "usual_residents=population"];
        let homes = [&["import", "residences", text(&file)][..], &map, &told].concat();
        desk.done(&homes);
        desk.done(&[&["import", "workplaces", text(&file)][..], &told].concat());
        let cells = hexagons(&file);
        Some(City { desk, cells })
    }

    fn ask(&self, question: &str, body: Json) -> Json {
        std::fs::write(self.desk.path("question.json"), body.to_string()).expect("written");
        self.desk
            .json(&["query", question, "--json", "question.json"])
    }

    fn access(&self, measure: &str, more: Json) -> Json {
        let to = json!({"layer": "workplaces", "capacity": "jobs"});
        let mut question = json!({"to": to, "measure": measure, "cutoff": 2000});
        let more = more.as_object().expect("fields").clone();
        question.as_object_mut().expect("fields").extend(more);
        self.ask("access", question)
    }
}

/// The value of a cell.
fn value(answer: &Json, id: &str) -> f64 {
    let rows = answer["rows"].as_array().expect("rows").iter();
    let mut own = rows.filter(|row| row["id"] == id);
    own.next().expect("a row")["value"]
        .as_f64()
        .expect("a value")
}

fn close(found: f64, wanted: f64) {
    assert!(
        (found - wanted).abs() <= 1e-9 * wanted.abs().max(1e-6),
        "{found} is not {wanted}"
    );
}

#[test]
fn straight_access_in_porto_alegre_agrees_with_plain_loops() {
    let Some(city) = City::new() else {
        return;
    };
    let cells = &city.cells;
    let near = |a: &Hexagon, b: &Hexagon| metres(a, b) <= 2000.0;
    let within = |a: &Hexagon, of: fn(&Hexagon) -> f64| -> f64 {
        cells.iter().filter(|b| near(a, b)).map(of).sum()
    };
    let jobs = |cell: &Hexagon| cell.jobs.unwrap_or(0.0);
    let cumulative = city.access("cumulative", json!({}));
    let two_step = city.access("2sfca", json!({}));
    let ratios: Vec<f64> = cells.iter().map(|b| within(b, |a| a.people)).collect();
    let ratio = |at: usize| {
        if ratios[at] > 0.0 {
            jobs(&cells[at]) / ratios[at]
        } else {
            0.0
        }
    };
    let mut values = Vec::new();
    for cell in cells {
        close(
            value(&cumulative, &cell.id),
            within(cell, |b| b.jobs.unwrap_or(0.0)),
        );
        let reached = (0..cells.len()).filter(|at| near(cell, &cells[*at]));
        let wanted: f64 = reached.map(ratio).sum();
        close(value(&two_step, &cell.id), wanted);
        values.push((cell.people, wanted));
    }
    assert_eq!(two_step["left_out"]["workplaces.jobs"]["missing"], 5);
    assert_eq!(two_step["summary"]["supply"], 337_921.0);

    // All jobs that anyone reaches are handed out, and no more.
    let stranded: f64 = (0..cells.len())
        .filter(|at| ratios[*at] == 0.0)
        .map(|at| jobs(&cells[at]))
        .sum();
    assert_eq!(two_step["summary"]["stranded"]["supply"], stranded);
    let handed: f64 = values.iter().map(|(people, value)| people * value).sum();
    close(handed, 337_921.0 - stranded);
    close(
        two_step["totals"]["value"].as_f64().expect("a mean"),
        handed / 812_935.0,
    );

    // Half the mean difference between any two people over the mean.
    let mut apart = 0.0;
    for (people, value) in &values {
        apart += values
            .iter()
            .map(|(p, v)| people * p * (value - v).abs())
            .sum::<f64>();
    }
    let gini = two_step["summary"]["gini"].as_f64().expect("a Gini");
    close(gini, apart / (2.0 * 812_935.0 * handed));
}

#[test]
fn walking_access_in_porto_alegre_agrees_with_catchments_and_keeps_every_job() {
    let (Some(city), Some(streets)) = (City::new(), data("porto-alegre/poa_osm.pbf")) else {
        return;
    };
    city.desk.done(&["import", "streets", text(&streets)]);
    let on_foot = json!({"mode": "walk", "unit": "min", "cutoff": 30});
    let cumulative = city.access("cumulative", on_foot.clone());
    let some: Vec<&Hexagon> = city.cells.iter().step_by(40).collect();
    let origins: Vec<Json> = some
        .iter()
        .map(|cell| json!({"layer": "residences", "id": cell.id}))
        .collect();
    let catchments = city.ask(
        "catchments",
        json!({"origins": origins, "mode": "walk", "unit": "min", "cutoffs": [30]}),
    );
    let mut compared = 0;
    for (cell, catchment) in some
        .iter()
        .zip(catchments["catchments"].as_array().expect("some"))
    {
        let rows = cumulative["rows"].as_array().expect("rows").iter();
        let row = rows
            .clone()
            .find(|row| row["id"] == *cell.id)
            .expect("a row");
        let jobs = &catchment["totals"]["workplaces.jobs"];
        assert_eq!(row["value"].as_f64(), jobs.as_f64(), "{}", cell.id);
        assert_eq!(row["value"].is_null(), row["reason"] == "off_network");
        compared += usize::from(jobs.as_f64().is_some_and(|jobs| jobs > 0.0));
    }
    assert!(compared > 10, "{compared}");
    let two_step = city.access("2sfca", on_foot.clone());
    let summary = &two_step["summary"];
    let mean = summary["mean"].as_f64().expect("a mean");
    let people = summary["people"].as_f64().expect("people");
    let (supply, stranded) = (&summary["supply"], &summary["stranded"]["supply"]);
    let handed = supply.as_f64().expect("jobs") - stranded.as_f64().expect("jobs");
    close(mean * people, handed);
    let raam = city.access("raam", on_foot);
    assert!(
        raam["summary"]["gap"]
            .as_f64()
            .is_some_and(|gap| gap <= 1e-3)
    );
}
