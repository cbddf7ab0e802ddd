//! Rounded and exact counts are never mistaken for one another: the city says what it is, and what
//! was made for one reader is never given to another.

use serde_json::Value as Json;

use super::{
    K,
    city::Attacked,
    found::{Found, counts},
    reader::Reader,
};

pub async fn attack(city: &Attacked, viewer: &Reader<'_>, planner: &Reader<'_>) {
    the_city_says_so_in_every_answer(viewer, planner).await;
    nobody_gets_what_was_made_for_others(viewer, planner).await;
    an_official_is_exact_in_scope_alone(city, viewer, planner).await;
}

async fn the_city_says_so_in_every_answer(viewer: &Reader<'_>, planner: &Reader<'_>) {
    let told = viewer.ask("/api/city").await;
    assert_eq!(told["protection"]["k"], K);
    let marking = told["marking"]["zh"].as_str().expect("a marking");
    assert!(marking.ends_with("保护数据（取整至 10）"), "{marking}");
    let answer = viewer.ask("/api/balance?level=district").await;
    assert_eq!(answer["provenance"]["protected"], true);
    let note = answer["provenance"]["protection"]["zh"].as_str();
    assert!(note.expect("a note").contains("±10√n"), "{note:?}");
    for input in answer["provenance"]["inputs"].as_array().expect("inputs") {
        assert_eq!(input["crs"], "");
    }
    // Features are pieces with counts and codes alone.
    for layer in ["residences", "workplaces"] {
        for feature in super::downloads::features(viewer, layer).await {
            let properties = feature["properties"].as_object().expect("properties");
            let mut names = properties.keys();
            let foreign =
                names.find(|name| !viewer.names.contains(*name) && !name.ends_with("_code"));
            assert_eq!(foreign, None);
        }
    }
    // The exact city says nothing of the kind.
    let answer = planner.ask("/api/balance?level=district").await;
    assert_eq!(answer["provenance"]["protected"], false);
    assert_eq!(planner.ask("/api/city").await["protection"], Json::Null);
}

/// Each asks first once: the exact answer waits in the memory of the server, then the other.
async fn nobody_gets_what_was_made_for_others(viewer: &Reader<'_>, planner: &Reader<'_>) {
    for path in [
        "/api/balance?level=subdistrict",
        "/api/areas?level=district",
        "/api/layers/residences/features?limit=1000",
        "/api/coverage?layer=stations&cutoff=800&level=district",
        "/tiles/residences/10/834/444",
        "/tiles/residences/13/6673/3554",
    ] {
        let exact = planner.get(path).await;
        let rounded = viewer.get(path).await;
        let again = planner.get(path).await;
        assert!(
            exact.status.is_success() && rounded.status.is_success(),
            "{path}"
        );
        assert_eq!(exact.body, again.body, "{path}");
        assert_ne!(exact.body, rounded.body, "{path}");
        assert_ne!(exact.headers["etag"], rounded.headers["etag"], "{path}");
        if path.starts_with("/api") {
            let mut found = Found::default();
            found.answer(&viewer.names, &rounded.json(), path);
            found.assert_nothing(path, 1, 10);
        }
    }
}

async fn an_official_is_exact_in_scope_alone(
    city: &Attacked,
    viewer: &Reader<'_>,
    planner: &Reader<'_>,
) {
    let official = city.official("tianhe", &["440106"], &viewer.names);
    let people = async |reader: &Reader<'_>, code: &str| {
        let path = "/api/areas?level=district";
        let answer = reader.ask(path).await;
        let mut rows = answer["rows"].as_array().expect("rows").iter();
        let row = rows.find(|row| row["code"] == code).expect("a row");
        counts(&reader.names, row)[".residences.usual_residents"]
    };
    for (code, like) in [("440106", planner), ("440103", viewer), ("440105", viewer)] {
        assert_eq!(
            people(&official, code).await,
            people(like, code).await,
            "{code}"
        );
    }
    assert_ne!(
        people(planner, "440106").await,
        people(viewer, "440106").await
    );
    assert_eq!(official.ask("/api/city").await["protection"]["k"], K);
}
