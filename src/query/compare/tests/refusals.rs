//! Edits that are none.

use super::*;

#[test]
fn bad_edits_are_refused_with_place_and_remedy() {
    let base = Model::new().city();
    let (lon, lat) = at(500.0, 500.0);
    let here = json!({"lon": lon, "lat": lat});
    let with = |mut json: Json, more: &Json| {
        json.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json
    };
    let whole = rectangle(0.0, 0.0, 2000.0, 1000.0);
    let grow = |more: Json| {
        with(
            json!({"kind": "grow", "layer": "residences", "within": whole}),
            &more,
        )
    };
    for (json, field) in [
        (
            with(json!({"kind": "add", "layer": "schoolz"}), &here),
            "layer",
        ),
        (
            with(json!({"kind": "add", "layer": "districts"}), &here),
            "layer",
        ),
        (
            json!({"kind": "add", "layer": "schools", "lon": lat, "lat": lon}),
            "lon",
        ),
        (
            with(
                json!({"kind": "add", "layer": "schools", "id": "s1"}),
                &here,
            ),
            "id",
        ),
        (
            with(
                json!({"kind": "add", "layer": "schools", "values": {"seats": 5}}),
                &here,
            ),
            "values",
        ),
        (
            with(
                json!({"kind": "add", "layer": "schools", "values": {"seats_primary": -5}}),
                &here,
            ),
            "values",
        ),
        (
            with(
                json!({"kind": "add", "layer": "schools", "values": {"kind": "castle"}}),
                &here,
            ),
            "values",
        ),
        (
            with(
                json!({"kind": "move", "layer": "schools", "id": "gone"}),
                &here,
            ),
            "id",
        ),
        (
            json!({"kind": "remove", "layer": "schools", "id": "gone"}),
            "id",
        ),
        (
            json!({"kind": "change", "layer": "schools", "id": "s1", "values": {}}),
            "values",
        ),
        (grow(json!({"amount": -1_000_000})), "amount"),
        (grow(json!({"factor": -1.0})), "factor"),
        (grow(json!({"factor": 2.0, "amount": 2})), "factor"),
        (
            grow(json!({"attribute": "jobs", "factor": 2.0})),
            "attribute",
        ),
        (
            json!({"kind": "grow", "layer": "residences", "factor": 2.0, "within": {"area": "999"}}),
            "within",
        ),
        (
            json!({"kind": "grow", "layer": "residences", "amount": 5,
                "within": rectangle(1998.0, 998.0, 1999.0, 999.0)}),
            "within",
        ),
        (
            json!({"kind": "line", "name": "9", "stops": [{"name": "无", "run_s": 60}, {"name": "无二"}],
                "headways": [{"from": "06:00", "until": "23:00", "headway_min": 5}]}),
            "stops",
        ),
        (json!({"kind": "street", "points": [[lon, lat]]}), "points"),
        (
            json!({"kind": "street", "points": [[lon, lat], [lon + 1e-4, lat]], "modes": ["car"]}),
            "modes",
        ),
        (
            json!({"kind": "street", "points": [[lon, lat], [lon + 1e-4, lat]], "class": "motorway"}),
            "class",
        ),
    ] {
        let error = refused(&base, json.clone());
        assert_eq!(error.field, field, "{json}: {error}");
        assert!(
            !error.problem.zh.is_empty() && error.problem.zh != error.problem.en,
            "{json}"
        );
    }
    for json in [
        json!({"kind": "explode"}),
        json!({"kind": "remove", "layer": "schools", "id": "s1", "x": 1}),
    ] {
        assert!(serde_json::from_value::<Edit>(json).is_err());
    }
}
