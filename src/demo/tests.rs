use std::collections::BTreeSet;

use geo::{Contains, Geometry, Validation};
use sha2::{Digest, Sha256};

use super::*;
use crate::domain::{Column, Value};

fn catalog() -> Catalog {
    crate::definitions::read_catalog(None).expect("built-in definitions")
}

fn city(residences: usize, seed: u64) -> (Catalog, DemoCity) {
    let catalog = catalog();
    let city = generate(&catalog, &DemoOptions { residences, seed });
    (catalog, city)
}

fn layer<'a>(city: &'a DemoCity, id: &str) -> &'a Table {
    let found = city.layers.iter().find(|l| l.layer == *id);
    &found.unwrap_or_else(|| panic!("{id}")).table
}

fn column<'a>(catalog: &Catalog, city: &'a DemoCity, id: &str, attribute: &str) -> &'a Column {
    let place = catalog
        .layer(id)
        .unwrap()
        .attribute_index(attribute)
        .unwrap();
    &layer(city, id).columns[place]
}

fn integers(catalog: &Catalog, city: &DemoCity, id: &str, attribute: &str) -> Vec<i64> {
    let column = column(catalog, city, id, attribute);
    (0..column.len())
        .map(|row| column.get(row).as_integer().expect("filled"))
        .collect()
}

#[test]
fn every_layer_fits_its_definition() {
    let (catalog, city) = city(3000, 1);
    assert_eq!(city.layers.len(), 15);
    for demo in &city.layers {
        let table = &demo.table;
        let layer = catalog.layer(demo.layer.as_str()).unwrap();
        assert!(!table.is_empty(), "{}", layer.id);
        assert_eq!(table.ids.len(), table.geometries.len());
        let ids: BTreeSet<_> = table.ids.iter().collect();
        assert_eq!(ids.len(), table.len(), "{}: ids are unique", layer.id);
        assert_eq!(table.columns.len(), layer.attributes.len());
        for (attribute, column) in layer.attributes.iter().zip(&table.columns) {
            assert_eq!(column.len(), table.len());
            if let (Column::Text(texts), false) = (column, attribute.values.is_empty()) {
                for word in texts.words() {
                    let known = attribute.values.iter().any(|v| v.code == **word);
                    assert!(known, "{}.{}: {word}", layer.id, attribute.id);
                }
            }
        }
        assert_eq!(demo.synthetic, demo.source.zh.contains("合成"));
        assert_eq!(demo.synthetic, demo.source.en.contains("Synthetic"));
        let is_ours = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        assert!(!demo.source.en.contains(is_ours), "{}", demo.source.en);
    }
}

#[test]
fn people_are_the_census_and_calibers_add_up_in_every_home() {
    let (catalog, city) = city(20_000, 7);
    let read = |attribute: &str| integers(&catalog, &city, "residences", attribute);
    let sum = |attribute: &str| read(attribute).iter().sum::<i64>();
    assert_eq!(sum("usual_residents"), 18_676_605);
    assert_eq!(sum("floating_residents"), people::FLOATING_2020);
    assert_eq!(
        sum("hukou_residents"),
        18_676_605 - people::FLOATING_2020 + people::HUKOU_AWAY_2020
    );
    assert_eq!(sum("employed_residents"), people::EMPLOYED);
    let jobs: i64 = integers(&catalog, &city, "workplaces", "jobs").iter().sum();
    assert_eq!(jobs, workplaces::JOBS);
    let (usual, floating) = (read("usual_residents"), read("floating_residents"));
    assert!(usual.iter().zip(&floating).all(|(u, f)| f <= u && *f >= 0));
    let ages: Vec<Vec<i64>> = people::AGE_GROUPS.iter().map(|group| read(group)).collect();
    for (home, usual) in usual.iter().enumerate() {
        let of_home = ages.iter().map(|group| group[home]);
        assert_eq!(of_home.sum::<i64>(), *usual);
    }
    let parts = [
        read("hukou_residents"),
        read("registered_migrants"),
        read("overseas_residents"),
    ];
    for (home, actual) in read("actual_residents").iter().enumerate() {
        assert_eq!(parts.iter().map(|part| part[home]).sum::<i64>(), *actual);
    }
    let children: i64 = ages[..4].iter().flatten().sum();
    let elderly: i64 = ages[6..].iter().flatten().sum();
    let share = |part: i64| part as f64 / 18_676_605.0;
    assert!((share(children) - 0.1387).abs() < 2e-4, "{children}");
    assert!((share(elderly) - 0.1141).abs() < 2e-4, "{elderly}");
}

#[test]
fn everybody_has_an_income_and_lives_beside_residential_land() {
    let (catalog, city) = city(5_000, 3);
    let people = integers(&catalog, &city, "residences", "usual_residents");
    let incomes = column(&catalog, &city, "residences", "income");
    let (mut earners, mut sum) = (0, 0.0);
    for (home, people) in people.iter().enumerate() {
        let income = incomes.get(home).as_number();
        assert_eq!(income.is_some(), *people > 0);
        let each = income.unwrap_or(0.0);
        assert!(
            *people == 0 || (15_000.0..250_000.0).contains(&each),
            "{each}"
        );
        earners += people;
        sum += each * *people as f64;
    }
    let mean = sum / earners as f64;
    assert!((50_000.0..75_000.0).contains(&mean), "{mean}");
    let land = layer(&city, "residential_land");
    let km2: f64 = land
        .geometries
        .iter()
        .map(crate::domain::measure::area_km2)
        .sum();
    assert!((50.0..1_500.0).contains(&km2), "{km2} km²");
    assert!(land.geometries.iter().all(|plot| plot.is_valid()));
}

/// Sums a count of a point layer by the district that holds each point.
fn by_district(catalog: &Catalog, city: &DemoCity, id: &str, attribute: &str) -> Vec<i64> {
    let districts = &layer(city, "districts").geometries;
    let values = integers(catalog, city, id, attribute);
    let mut sums = vec![0; districts.len()];
    for (value, place) in values.iter().zip(&layer(city, id).geometries) {
        let Geometry::Point(place) = place else {
            panic!("a point layer")
        };
        let holders: Vec<usize> = (0..districts.len())
            .filter(|d| districts[*d].contains(place))
            .collect();
        assert_eq!(holders.len(), 1, "{id}: {place:?} lies in one district");
        sums[holders[0]] += value;
    }
    sums
}

#[test]
fn districts_hold_their_census_and_the_centre_holds_the_jobs() {
    let (catalog, city) = city(4000, 3);
    let people = by_district(&catalog, &city, "residences", "usual_residents");
    let figures = Figures::built_in();
    let census: Vec<i64> = figures.districts.iter().map(|d| d.census_2020).collect();
    assert_eq!(people, census);
    let jobs = by_district(&catalog, &city, "workplaces", "jobs");
    let workers = by_district(&catalog, &city, "residences", "employed_residents");
    for (d, district) in figures.districts.iter().enumerate() {
        let ratio = jobs[d] as f64 / workers[d] as f64;
        println!("{} {ratio:.2}", district.name);
        match district.name_en.as_str() {
            "Yuexiu" | "Tianhe" => assert!(ratio > 1.2, "{ratio}"),
            "Panyu" | "Baiyun" | "Zengcheng" => assert!(ratio < 0.9, "{ratio}"),
            _ => {}
        }
    }
}

#[test]
fn areas_are_valid_and_facilities_lie_in_the_city() {
    let (catalog, city) = city(4000, 3);
    for id in ["districts", "planning_units", "subdistricts"] {
        for (id, shape) in layer(&city, id)
            .ids
            .iter()
            .zip(&layer(&city, id).geometries)
        {
            assert!(shape.is_valid(), "{id}");
        }
    }
    assert_eq!(layer(&city, "subdistricts").len(), 178);
    assert_eq!(layer(&city, "planning_units").len(), 42);
    for (id, attribute) in [
        ("schools", "enrolled"),
        ("kindergartens", "seats"),
        ("clinics", "beds"),
        ("elderly_care", "beds"),
    ] {
        let sums = by_district(&catalog, &city, id, attribute);
        assert!(sums.iter().all(|sum| *sum > 0), "{id}: {sums:?}");
        println!(
            "{id} {} {}",
            layer(&city, id).len(),
            sums.iter().sum::<i64>()
        );
    }
}

#[test]
fn grid_codes_name_the_subdistrict_around_the_home() {
    let (catalog, city) = city(2000, 5);
    let subdistricts = layer(&city, "subdistricts");
    let Column::Text(codes) = column(&catalog, &city, "residences", "grid_code") else {
        panic!("text")
    };
    for (row, place) in layer(&city, "residences")
        .geometries
        .iter()
        .enumerate()
        .step_by(20)
    {
        let Geometry::Point(place) = place else {
            panic!("a point layer")
        };
        let code = &codes.get(row).unwrap()[..9];
        let around = subdistricts
            .ids
            .iter()
            .position(|id| **id == *code)
            .unwrap();
        assert!(subdistricts.geometries[around].contains(place));
    }
}

#[test]
fn commuters_are_the_employed_and_the_jobs_of_every_subdistrict() {
    let (catalog, city) = city(2000, 5);
    let figures = Figures::built_in();
    let sums = |id: &str, count: &str| {
        let layer_of = catalog.layer(id).unwrap();
        flows::by_subdistrict(&figures, layer_of, layer(&city, id), count)
    };
    let places = city.flows.places();
    let (mut homes, mut work) = (vec![0; places.len()], vec![0; places.len()]);
    for row in city.flows.iter() {
        assert!(row.commuters > 0);
        assert!(!places[row.origin].is_outside || !places[row.destination].is_outside);
        homes[row.origin] += row.commuters;
        work[row.destination] += row.commuters;
    }
    let employed = sums("residences", "employed_residents");
    let jobs = sums("workplaces", "jobs");
    for (number, subdistrict) in figures.subdistricts.iter().enumerate() {
        let at = places
            .iter()
            .position(|p| p.code.as_str() == subdistrict.code);
        let of = |list: &[i64]| at.map_or(0, |at| list[at]);
        assert_eq!(of(&homes), employed[number], "{}", subdistrict.name);
        assert_eq!(of(&work), jobs[number], "{}", subdistrict.name);
    }
    assert_eq!(places.iter().filter(|p| p.is_outside).count(), 5);
    // Short ways are walked, long ones driven; the way within a street is a short one.
    let by = |mode: &str, is_within: bool| -> i64 {
        let rows = city.flows.iter().filter(|row| row.mode == Some(mode));
        let rows = rows.filter(|row| (row.origin == row.destination) == is_within);
        rows.map(|row| row.commuters).sum()
    };
    assert_eq!(city.flows.modes(), ["bicycle", "car", "transit", "walk"]);
    assert!(by("walk", true) > by("car", true) && by("walk", false) < by("car", false));
}

fn digest(city: &DemoCity) -> String {
    let mut hash = Sha256::new();
    for demo in &city.layers {
        for row in 0..demo.table.len() {
            hash.update(demo.table.ids[row].as_bytes());
            hash.update(format!("{:?}", demo.table.geometries[row]).as_bytes());
            for column in &demo.table.columns {
                match column.get(row) {
                    Value::Missing => hash.update([0]),
                    value => hash.update(format!("{value:?}").as_bytes()),
                }
            }
        }
    }
    for row in city.flows.iter() {
        hash.update(format!("{row:?}").as_bytes());
    }
    hash.update(format!("{:?}", city.settings).as_bytes());
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_seed_gives_the_same_bytes_everywhere() {
    let (_, once) = city(1500, 42);
    let (_, again) = city(1500, 42);
    let (_, other) = city(1500, 43);
    assert_eq!(digest(&once), digest(&again));
    assert_ne!(digest(&once), digest(&other));
    // Changes only when what is generated changes, which is worth a line in the changelog.
    assert_eq!(&digest(&once)[..16], "db9763152988ecb6");
}

#[test]
fn a_handful_of_buildings_is_a_city_too() {
    for residences in [1, 10, 30, 100] {
        let (_, made) = city(residences, 1);
        assert!(!layer(&made, "residences").is_empty());
    }
}
