use super::*;
use crate::{definitions::read_catalog, domain::Catalog};

fn catalog() -> Catalog {
    read_catalog(None).expect("the built-in definitions hold together")
}

/// A norm set of one item with the lines given.
fn set(lines: &str) -> String {
    format!(
        r#"
id = "test"
title = {{ zh = "试", en = "Test" }}
source = "a test"
date = "2020"
[[items]]
id = "primary_school"
title = {{ zh = "小学", en = "Primary schools" }}
layer = "schools"
{lines}
"#
    )
}

const RADIUS: &str = r#"service_radius = { value = 500, unit = "m", source = "s", date = "2018", confidence = "A" }"#;

fn problem(lines: &str) -> String {
    let error = NormSet::parse(&set(lines), &catalog()).expect_err(lines);
    error.to_string()
}

#[test]
fn a_sound_file_is_read_whole_and_written_back_the_same() {
    let catalog = catalog();
    let text = set(&format!("{RADIUS}\ncapacity = [\"seats_primary\"]"));
    let read = NormSet::parse(&text, &catalog).expect("sound");
    assert_eq!(read.items[0].radius_m(), Some(500.0));
    let toml = toml::to_string_pretty(&read).expect("writes");
    assert_eq!(NormSet::parse(&toml, &catalog), Ok(read.clone()));
    let json = serde_json::to_string(&read).expect("writes");
    assert_eq!(NormSet::parse_json(&json, &catalog), Ok(read));
}

#[test]
fn what_does_not_hold_is_refused_with_its_place_and_the_remedy() {
    let radius = |figure: &str| format!("service_radius = {{ {figure} }}");
    let rest = r#"source = "s", date = "2018", confidence = "A""#;
    for (lines, told) in [
        (
            radius(&format!("value = 500, {rest}")),
            "item `primary_school`, service_radius.unit: is missing; write one of: m",
        ),
        (
            radius(&format!("value = 500, unit = \"km\", {rest}")),
            "service_radius.unit: `km` does not fit; write one of: m",
        ),
        (
            radius(&format!("value = -500, unit = \"m\", {rest}")),
            "service_radius.value: -500 is not possible; write more than 0",
        ),
        (
            radius(&format!("value = nan, unit = \"m\", {rest}")),
            "service_radius.value: NaN is not possible",
        ),
        (
            radius("value = 500, unit = \"m\", date = \"2018\", confidence = \"A\""),
            "service_radius.source: is missing",
        ),
        (
            radius("value = 500, unit = \"m\", source = \"s\", confidence = \"A\""),
            "service_radius.date: `` is no date",
        ),
        (
            radius("value = 500, unit = \"m\", source = \"s\", date = \"2018\""),
            "service_radius.confidence: is missing",
        ),
        (
            radius(
                "value = 500, unit = \"m\", source = \"s\", date = \"2018\", confidence = \"C\"",
            ),
            "C is too unsure to compute with",
        ),
        (String::new(), "item `primary_school`: asks nothing"),
        (
            format!("{RADIUS}\ncapacity = [\"seats\"]"),
            "capacity: `seats` is no number of schools; it is one of: seats_primary",
        ),
        (
            format!("{RADIUS}\ncapacity = [\"seats_primary\", \"classes\"]"),
            "`seat` and `class` do not add up",
        ),
        (
            format!("{RADIUS}\nwhere = {{ kind = [\"primary\", \"primry\"] }}"),
            "where.kind: unknown code `primry`; known are: primary",
        ),
        (
            format!("{RADIUS}\nwhere = {{ colour = [\"red\"] }}"),
            "where.colour: no category of schools; it is one of: kind, ownership",
        ),
        (
            format!("{RADIUS}\ndemand = {{ attributes = [\"age_6_12\"] }}"),
            "demand.attributes[1]: `age_6_12` is no count of the residences",
        ),
        (
            format!("{RADIUS}\ndemand = {{ }}"),
            "demand: write { role = \"population\" }",
        ),
        (
            format!("{RADIUS}\ncircle = 15"),
            "circle: 15 is no life circle of this set",
        ),
        (
            format!("{RADIUS}\nprovision = {{ value = 1, unit = \"per_person\", {rest} }}"),
            "provision: needs `demand`",
        ),
        (
            format!(
                "{RADIUS}\ndemand = {{ role = \"population\" }}\nprovision = {{ value = 1, unit = \"per_person\", {rest} }}"
            ),
            "facilities are counted: the unit is persons_per_facility",
        ),
        (
            format!("{RADIUS}\nenrolment_rate = {{ value = 98, unit = \"share\", {rest} }}"),
            "enrolment_rate.value: 98 is not possible; write at least 0 and at most 1",
        ),
        (format!("{RADIUS}\nradius = 3"), "unknown field `radius`"),
    ] {
        let problem = problem(&lines);
        assert!(problem.contains(told), "{problem}\n{told}");
    }
    // Every refusal is told in Chinese too, with the same place.
    let error = NormSet::parse(&set(""), &catalog()).unwrap_err().told();
    assert_eq!(
        error.zh,
        "项目“primary_school”：没有任何要求：请写 service_radius、walk 或 provision"
    );
    let unknown_layer = set(RADIUS).replace("\"schools\"", "\"libraries\"");
    let problem = NormSet::parse(&unknown_layer, &catalog()).unwrap_err();
    let problem = problem.to_string();
    assert!(
        problem.contains("item `primary_school`, layer: there is no facility layer `libraries`"),
        "{problem}"
    );
}

#[test]
fn bands_fall_and_ids_differ() {
    let band = |id: &str, from: f64| {
        format!(
            "[[items.bands]]\nid = \"{id}\"\ntitle = {{ zh = \"甲\", en = \"A\" }}\nfrom = {{ value = {from:?}, unit = \"share\", source = \"s\", date = \"2020\", confidence = \"city\" }}\n"
        )
    };
    let bands = |a: String, b: String| format!("{RADIUS}\n{a}{b}");
    assert!(problem(&bands(band("a", 0.5), band("b", 1.0))).contains("best band first"));
    assert!(problem(&bands(band("a", 1.0), band("a", 0.5))).contains("its id stands twice"));
    let sound = set(&bands(band("a", 1.0), band("b", 0.5)));
    assert!(NormSet::parse(&sound, &catalog()).is_ok());
}

#[test]
fn the_built_in_norms_hold_what_the_standards_say() {
    let catalog = catalog();
    let ids: Vec<&str> = catalog.norm_sets().map(|set| set.id.as_str()).collect();
    assert_eq!(ids, ["gb_50180_2018", "public_services", "td_t_1063_2021"]);
    let set = catalog.norm_set("gb_50180_2018").expect("built in");
    let radius = |id: &str| set.item(id).and_then(NormItem::radius_m);
    assert_eq!(radius("primary_school"), Some(500.0));
    assert_eq!(radius("junior_school"), Some(1000.0));
    assert_eq!(radius("kindergarten"), Some(300.0));
    assert_eq!(radius("elderly_home"), None);
    let minutes: Vec<u32> = set.circles.iter().map(|circle| circle.minutes).collect();
    assert_eq!(minutes, [15, 10, 5]);
    let services = catalog.norm_set("public_services").expect("built in");
    let need = |id: &str| services.item(id).and_then(NormItem::need_per_person);
    assert_eq!(need("elderly_beds"), Some(0.04));
    assert_eq!(need("hospital_beds"), Some(0.0062));
    assert_eq!(need("community_health"), Some(1e-5));
    assert_eq!(need("parks"), None);
    // What nobody could read stays empty.
    for set in catalog.norm_sets() {
        for (name, figure) in set.items.iter().flat_map(NormItem::figures) {
            assert_ne!(figure.confidence, Some(Confidence::C), "{name}");
        }
    }
}

#[test]
fn a_folder_replaces_a_set_and_names_the_file_at_fault() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let norms = folder.path().join("norms");
    std::fs::create_dir(&norms).expect("a folder");
    let own = set(RADIUS).replace("\"test\"", "\"public_services\"");
    std::fs::write(norms.join("own.toml"), &own).expect("written");
    let catalog = read_catalog(Some(folder.path())).expect("sound");
    assert_eq!(
        catalog.norm_set("public_services").map(|s| s.items.len()),
        Some(1)
    );
    std::fs::write(norms.join("own.toml"), own.replace("500", "-500")).expect("written");
    let error = read_catalog(Some(folder.path())).unwrap_err().to_string();
    assert!(
        error.contains("own.toml: item `primary_school`, service_radius.value"),
        "{error}"
    );
}
