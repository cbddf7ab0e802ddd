//! People and jobs that grow, shrink and move.

use std::sync::Arc;

use super::*;
use crate::{
    city::LoadedFlows,
    domain::{Flow, FlowPlace, Flows},
    store::ImportRecord,
};

#[test]
fn growth_is_exact_and_age_groups_still_add_up() {
    let base = Model::new().city();
    let all = sum(&base, "residences", "usual_residents");
    let ages =
        |city: &City| sum(city, "residences", "age_0_2") + sum(city, "residences", "age_18_59");
    assert_eq!(ages(&base), all);
    let area = |code: &str| json!({"area": code});
    for (by, wanted) in [
        (json!({"factor": 1.37}), None),
        (json!({"amount": 1001}), Some(1001)),
        (json!({"amount": -50}), Some(-50)),
    ] {
        let mut grow = json!({"kind": "grow", "layer": "residences", "within": area("440103")});
        grow.as_object_mut()
            .unwrap()
            .extend(by.as_object().unwrap().clone());
        let scenario = after(&base, &[grow]);
        let grown = sum(&scenario, "residences", "usual_residents");
        if let Some(wanted) = wanted {
            assert_eq!(grown - all, wanted);
        }
        assert_eq!(ages(&scenario), grown);
        let outside = rectangle(1000.0, 0.0, 2000.0, 1000.0);
        let other = |city: &City| {
            let asked = serde_json::from_value(outside.clone()).unwrap();
            json!(
                query::statistics(city, &asked, &Limits::generous())
                    .unwrap()
                    .rows
            )
        };
        assert_eq!(other(&base), other(&scenario));
    }
    let jobs = json!({"kind": "grow", "layer": "workplaces", "amount": 7,
                      "within": rectangle(0.0, 0.0, 2000.0, 1000.0)});
    let scenario = after(&base, &[jobs]);
    assert_eq!(
        sum(&scenario, "workplaces", "jobs"),
        sum(&base, "workplaces", "jobs") + 7
    );
}

/// The base with flows between its districts: as many commuters as jobs.
fn with_flows(base: &City) -> City {
    let place = |code: &str| FlowPlace {
        code: code.parse().unwrap(),
        is_outside: false,
    };
    let by_area = base
        .layer("workplaces", None)
        .unwrap()
        .index
        .sums_by_area("district");
    let jobs = |code: &str| by_area[&Some(code.into())].counts[0].sum;
    let (first, second) = (jobs("440103"), jobs("440104"));
    let flow = |from: &str, to: &str, commuters: i64| Flow {
        origin: place(from),
        destination: place(to),
        mode: None,
        sector: None,
        commuters,
    };
    let flows = Flows::sum([
        flow("440103", "440103", first / 3),
        flow("440104", "440103", first - first / 3),
        flow("440103", "440104", second / 4),
        flow("440104", "440104", second - second / 4),
    ]);
    let loaded = LoadedFlows {
        level: "district".parse().unwrap(),
        period: "2020".parse().unwrap(),
        flows,
        record: ImportRecord::default(),
        version: 1,
    };
    base.clone().with_flows([Arc::new(loaded)])
}

#[test]
fn jobs_move_with_their_sectors_and_commuters() {
    let base = with_flows(&Model::new().city());
    let whole = |code: &str| json!({"area": code});
    let jobs = |city: &City, code: &str| {
        let loaded = city.layer("workplaces", None).unwrap();
        let by_area = loaded.index.sums_by_area("district");
        by_area
            .get(&Some(code.into()))
            .map_or(0, |sums| sums.counts[0].sum)
    };
    let commuters = |city: &City, code: &str, home: bool| -> i64 {
        let flows = &city.flows("district", None).unwrap().flows;
        let rows = flows.iter();
        let end =
            |row: &crate::domain::FlowRow<'_>| if home { row.origin } else { row.destination };
        let of = rows.filter(|row| flows.places()[end(row)].code.as_str() == code);
        of.map(|row| row.commuters).sum()
    };
    let sectors = |city: &City| {
        let index = &city.layer("workplaces", None).unwrap().index;
        let at = |id: &str| index.layer().attribute_index(id).unwrap();
        let mut sums = std::collections::BTreeMap::<String, i64>::new();
        for feature in index.iter() {
            let sector = index.text(feature, at("sector")).unwrap_or("").to_owned();
            *sums.entry(sector).or_default() +=
                index.value(feature, at("jobs")).as_integer().unwrap();
        }
        sums
    };
    let moved =
        json!({"kind": "move_jobs", "jobs": 19, "from": whole("440103"), "to": whole("440104")});
    let scenario = after(&base, &[moved]);
    assert_eq!(jobs(&scenario, "440103"), jobs(&base, "440103") - 19);
    assert_eq!(jobs(&scenario, "440104"), jobs(&base, "440104") + 19);
    assert_eq!(sectors(&scenario), sectors(&base));
    for code in ["440103", "440104"] {
        assert_eq!(
            commuters(&scenario, code, true),
            commuters(&base, code, true),
            "homes {code}"
        );
        assert_eq!(
            commuters(&scenario, code, false),
            jobs(&scenario, code),
            "jobs {code}"
        );
    }
    // Into a corner where nobody works: a workplace for each sector is new there.
    let corner = rectangle(1995.0, 995.0, 1999.0, 999.0);
    let moved = json!({"kind": "move_jobs", "jobs": 19, "from": whole("440103"), "to": corner});
    let scenario = after(&base, &[moved]);
    assert_eq!(jobs(&scenario, "440104"), jobs(&base, "440104") + 19);
    assert_eq!(sectors(&scenario), sectors(&base));
    assert_eq!(
        commuters(&scenario, "440104", false),
        jobs(&scenario, "440104")
    );
    // All of them.
    let all = jobs(&base, "440103");
    let moved =
        json!({"kind": "move_jobs", "jobs": all, "from": whole("440103"), "to": whole("440104")});
    let scenario = after(&base, &[moved]);
    assert_eq!(
        (
            jobs(&scenario, "440103"),
            commuters(&scenario, "440103", false)
        ),
        (0, 0)
    );
    // Within one district nobody commutes elsewhere.
    let (west, east) = (
        rectangle(0.0, 0.0, 500.0, 1000.0),
        rectangle(500.0, 0.0, 999.0, 1000.0),
    );
    let moved = json!({"kind": "move_jobs", "jobs": 3, "from": west, "to": east});
    let scenario = after(&base, &[moved]);
    let flows = |city: &City| city.flows("district", None).unwrap().clone();
    assert!(Arc::ptr_eq(&flows(&scenario), &flows(&base)));
    // To where they are is no move.
    for to in [whole("440103"), rectangle(10.0, 10.0, 500.0, 900.0)] {
        let nowhere = json!({"kind": "move_jobs", "jobs": 3, "from": whole("440103"), "to": to});
        assert_eq!(refused(&base, nowhere).field, "to");
    }
    let too_many = json!({"kind": "move_jobs", "jobs": all + 1, "from": whole("440103"), "to": whole("440104")});
    assert_eq!(refused(&base, too_many).field, "jobs");
}
