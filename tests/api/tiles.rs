use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use super::helpers::App;

#[tokio::test]
async fn a_tile_has_a_strong_etag_and_is_not_sent_twice() {
    let app = App::new();
    let path = "/tiles/districts/9/416/222";
    let first = app.get(path).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(
        first.headers["content-type"],
        "application/vnd.mapbox-vector-tile"
    );
    let etag = first.headers["etag"].clone();
    assert!(etag.to_str().expect("ASCII").starts_with('"'));
    let request = Request::get(path)
        .header("if-none-match", etag)
        .body(Body::empty())
        .expect("sound");
    let second = app.send(request).await;
    assert_eq!(
        (second.status, second.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
}

#[tokio::test]
async fn every_encoding_unpacks_to_the_same_tile() {
    let app = App::new();
    let path = "/tiles/districts/9/416/222";
    let plain = app.get(path).await.body;
    for encoding in ["gzip", "zstd", "br"] {
        let request = Request::get(path)
            .header("accept-encoding", encoding)
            .body(Body::empty())
            .expect("sound");
        let answer = app.send(request).await;
        assert_eq!(answer.headers["content-encoding"], encoding);
        let unpacked = match encoding {
            "gzip" => {
                let mut out = Vec::new();
                std::io::Read::read_to_end(
                    &mut flate2::read::GzDecoder::new(&answer.body[..]),
                    &mut out,
                )
                .expect("gzip");
                out
            }
            "zstd" => zstd::decode_all(&answer.body[..]).expect("zstd"),
            _ => {
                let mut out = Vec::new();
                brotli::BrotliDecompress(&mut &answer.body[..], &mut out).expect("brotli");
                out
            }
        };
        assert_eq!(unpacked, plain, "{encoding}");
    }
}

#[tokio::test]
async fn an_empty_tile_is_204_and_a_wrong_one_400() {
    let app = App::new();
    assert_eq!(
        app.get("/tiles/districts/9/0/0").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        app.get("/tiles/schools/9/416/222").await.status,
        StatusCode::NO_CONTENT
    );
    for path in [
        "/tiles/districts/9/512/0",
        "/tiles/districts/99/0/0",
        "/tiles/districts/9/x/0",
        "/tiles/districts/9/0/x",
        "/tiles/districts/9/-1/0",
        "/tiles/districts/9/0/99999999999",
        "/tiles/districts/256/0/0",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    assert_eq!(
        app.get("/tiles/nothing/9/0/0").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn tilejson_and_style_name_the_tiles() {
    let app = App::new();
    let tilejson = app.get("/tiles/districts.json").await.json();
    assert_eq!(tilejson["tilejson"], "3.0.0");
    assert_eq!(tilejson["bounds"][0], 113.0);
    let style = app.get("/styles/default.json").await.json();
    assert_eq!(style["version"], 8);
    assert!(style["sources"]["districts"].is_object());
}

#[tokio::test]
async fn a_condition_is_applied_before_summing_and_has_its_own_tile() {
    let app = App::new();
    let all = app.get("/tiles/residences/9/416/222").await;
    let some = "/tiles/residences/9/416/222?where=usual_residents%20%3E%20300";
    let kept = app.get(some).await;
    assert_eq!((all.status, kept.status), (StatusCode::OK, StatusCode::OK));
    assert_ne!(all.headers["etag"], kept.headers["etag"]);
    assert!(kept.body.len() < all.body.len());
    // The same condition again is the same tile; the other one is not mixed up with it.
    assert_eq!(app.get(some).await.body, kept.body);
    assert_eq!(app.get("/tiles/residences/9/416/222").await.body, all.body);
    let nobody = "/tiles/residences/9/416/222?where=usual_residents%20%3E%209999";
    assert_eq!(app.get(nobody).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_wrong_condition_is_refused_wherever_it_is_given() {
    let app = App::new();
    for path in [
        "/tiles/residences/9/416/222?where=peple%20%3E%201",
        "/tiles/residences.json?where=peple%20%3E%201",
        "/api/layers/residences/features?where=peple%20%3E%201",
        "/api/layers/residences/download?format=csv&where=peple%20%3E%201",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let problem = answer.json();
        assert_eq!(problem["field"], "where", "{path}");
        let detail = problem["detail"].as_str().expect("text");
        assert!(detail.contains("`peple`") && detail.contains("usual_residents"));
    }
    let deep = format!("{}a=1{}", "(".repeat(500), ")".repeat(500));
    let answer = app
        .get(&format!("/tiles/residences/9/416/222?where={deep}"))
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_condition_chooses_features_and_rows_of_a_file() {
    let app = App::new();
    let condition = "employed_residents%20IS%20NULL%20OR%20id%20IN%20('a','b')";
    let found = app
        .get(&format!(
            "/api/layers/residences/features?where={condition}"
        ))
        .await;
    let found = found.json();
    assert_eq!(found["number_matched"], 3);
    let file = app
        .get(&format!(
            "/api/layers/residences/download?format=geojson&where={condition}"
        ))
        .await;
    assert_eq!(
        file.json()["features"].as_array().expect("features").len(),
        3
    );
    let tilejson = app
        .get(&format!("/tiles/residences.json?where={condition}"))
        .await;
    let address = tilejson.json()["tiles"][0]
        .as_str()
        .expect("an address")
        .to_owned();
    assert!(
        address.contains("{z}/{x}/{y}?where=employed_residents+IS+NULL+OR"),
        "{address}"
    );
}
