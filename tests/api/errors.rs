use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value as Json, json};

use super::helpers::App;

#[tokio::test]
async fn errors_are_problem_details_that_name_the_field() {
    let app = App::new();
    let answer = app.get("/api/balance?level=village").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.json()["field"], "level");
}

#[tokio::test]
async fn every_refusal_is_declared_as_problem_details() {
    let document = App::new().get("/api/openapi.json").await.json();
    let operations = document["paths"].as_object().into_iter().flatten();
    let operations = operations.flat_map(|(path, operations)| {
        let operations = operations.as_object().into_iter().flatten();
        operations.map(move |(method, operation)| (path, method, operation))
    });
    let mut count = 0;
    for (path, method, operation) in operations {
        let responses = operation["responses"].as_object().into_iter().flatten();
        for (status, response) in responses.filter(|(status, _)| status.as_str() >= "400") {
            let content = response["content"].as_object().expect("a content");
            let types: Vec<&String> = content.keys().collect();
            assert_eq!(
                types,
                ["application/problem+json"],
                "{method} {path} {status}"
            );
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

#[tokio::test]
async fn nonsense_is_refused_and_never_a_500() {
    let app = App::new();
    for path in [
        "/api/balance",
        "/api/balance?level=district&catchment_m=-5",
        "/api/balance?level=district&catchment_m=NaN",
        "/api/balance?level=district&period=yesterday",
        "/api/balance?level=district&unknown=1",
        "/api/areas/%00",
        "/api/layers/residences/features?bbox=1,2,3",
        "/api/layers/residences/features?cursor=-1",
        "/api/layers/residences/features?limit=0",
        "/api/layers/residences/values/usual_residents?classes=99",
        "/api/layers/residences/values/nothing",
        "/api/coverage?layer=districts&cutoff=500&level=district",
        "/api/coverage?layer=stations&cutoff=0&level=district",
        "/api/nothing",
    ] {
        let status = app.get(path).await.status;
        assert!(status.is_client_error(), "{path}: {status}");
    }
    let nul = "a\u{0}b";
    for (path, body) in [
        ("/api/edits", json!({"edits": [], "reason": nul})),
        ("/api/scenarios", json!({"name": "plan", "note": nul})),
        (
            "/api/layers/schools/features",
            json!({"lon": 113.3, "lat": 23.1, "values": {"name": nul}}),
        ),
    ] {
        let answer = app.post(path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(
            String::from_utf8_lossy(&answer.body).contains("NUL"),
            "{path}: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
    for body in [
        json!({}),
        json!({"geometry": {"type": "Point", "coordinates": [113, 23]}}),
        json!({"geometry": {"type": "Polygon", "coordinates": []}}),
        json!({"geometry": {"type": "Polygon", "coordinates": [[[1e9, 0], [1, 1], [0, 1], [1e9, 0]]]}}),
        json!({"area": "440103", "geometry": {"type": "Polygon", "coordinates": []}}),
        json!([1, 2, 3]),
    ] {
        let status = app.post("/api/statistics", body.clone()).await.status;
        assert!(status.is_client_error(), "{body}: {status}");
    }
    for body in [
        json!({"origins": [], "cutoffs": [500]}),
        json!({"origins": [{"lon": 113, "lat": 23}], "cutoffs": [0]}),
        json!({"origins": [{"lon": 999, "lat": 23}], "cutoffs": [500]}),
        json!({"origins": [{"layer": "stations", "id": "gone"}], "cutoffs": [500]}),
        json!({"origins": [{"lon": 113, "lat": 23}], "cutoffs": [500], "mode": "walk"}),
    ] {
        let status = app.post("/api/catchments", body.clone()).await.status;
        assert!(status.is_client_error(), "{body}: {status}");
    }
}

#[tokio::test]
async fn a_polygon_with_half_a_corner_is_refused() {
    let app = App::new();
    let ring = serde_json::json!([[113, 23], [114], [114, 23], [113, 24], [113, 23]]);
    let question = serde_json::json!({"geometry": {"type": "Polygon", "coordinates": [ring]}});
    assert_eq!(app.post("/api/statistics", question).await.status, 400);
}

#[tokio::test]
async fn a_city_without_accounts_is_for_its_own_machine_only() {
    let app = App::new();
    for (name, value) in [
        ("host", "suitu.example.org"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("origin", "https://example.org"),
    ] {
        let request = Request::get("/api/city")
            .header(name, value)
            .body(Body::empty())
            .expect("sound");
        assert_eq!(
            app.send(request).await.status,
            StatusCode::FORBIDDEN,
            "{name}"
        );
    }
    let request = Request::get("/api/city")
        .header("host", "127.0.0.1:8080")
        .body(Body::empty())
        .expect("sound");
    assert_eq!(app.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_documented_path_answers() {
    let app = App::new();
    let document = app.get("/api/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let request = Request::get("/api/balance?level=city").header("prefer", "respond-async");
    let accepted = app.send(request.body(Body::empty()).expect("sound")).await;
    let accepted = accepted.json();
    let job = accepted["id"].as_str().expect("a job");
    let scenario = app.post("/api/scenarios", json!({"name": "a"})).await;
    let scenario = scenario.json()["id"].to_string();
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 18, "{}", paths.len());
    for path in paths.keys() {
        let path = path
            .replace("{layer}", "residences")
            .replace("{name}", "districts.json")
            .replace("{code}", "440103")
            .replace("norms/{id}", "norms/public_services")
            .replace("scenarios/{id}", &format!("scenarios/{scenario}"))
            .replace("{id}", "a")
            .replace("{number}", "1")
            .replace("{kind}", "job-housing")
            .replace("{attribute}", "usual_residents")
            .replace("{job}", job)
            .replace("{z}", "9")
            .replace("{x}", "416")
            .replace("{y}", "222");
        let status = app.get(&path).await.status;
        let fits = status.is_success()
            || status == StatusCode::BAD_REQUEST
            || status == StatusCode::METHOD_NOT_ALLOWED
            || status == StatusCode::CONFLICT;
        // This city has no timetable.
        let lacks = path == "/api/timetable" && status == StatusCode::NOT_FOUND;
        assert!(fits || lacks, "{path}: {status}");
    }
    assert!(app.get("/api/docs").await.status.is_success());
}

/// Every body is described by the fields that it may have.
#[tokio::test]
async fn every_body_has_a_schema() {
    let document = App::new().get("/api/openapi.json").await.json();
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    // What is described: text, a list, fields or a choice, and every reference leads somewhere.
    fn told(schema: &Json, schemas: &serde_json::Map<String, Json>, depth: usize) -> bool {
        if depth > 12 {
            return true;
        }
        let all = |list: &Json| {
            let list = list.as_array().expect("a list");
            !list.is_empty() && list.iter().all(|part| told(part, schemas, depth + 1))
        };
        if let Some(to) = schema["$ref"].as_str() {
            let name = to.rsplit('/').next().expect("a name");
            return schemas
                .get(name)
                .is_some_and(|found| told(found, schemas, depth + 1));
        }
        for choice in ["oneOf", "allOf", "anyOf"] {
            if schema.get(choice).is_some() {
                return all(&schema[choice]);
            }
        }
        let fields = schema["properties"].as_object();
        fields.is_some_and(|fields| {
            let references = fields.values().filter_map(|field| field.get("$ref"));
            !fields.is_empty()
                && references
                    .into_iter()
                    .all(|to| told(&json!({"$ref": to}), schemas, depth + 1))
        }) || matches!(schema["type"].as_str(), Some("string" | "null" | "array"))
            || schema["description"].is_string() && schema["type"] == "object"
    }
    let mut without = Vec::new();
    let mut bodies = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in ["post", "put", "patch"] {
            let Some(operation) = operations.get(method) else {
                continue;
            };
            let Some(content) = operation["requestBody"]["content"].as_object() else {
                without.push(format!("{method} {path}"));
                continue;
            };
            for (kind, body) in content {
                bodies += 1;
                assert!(
                    told(&body["schema"], schemas, 0),
                    "{method} {path} {kind}: {body}"
                );
            }
        }
    }
    assert!(bodies > 25, "{bodies}");
    // These take none.
    assert_eq!(
        without,
        [
            "post /api/scenarios/{id}/redo",
            "post /api/session/second_factor",
            "post /api/users/{name}/reset",
        ]
    );
    let access = &schemas["AccessQuery"];
    assert_eq!(access["required"], json!(["to", "measure"]));
    assert!(access["properties"]["where"].is_null());
    assert_eq!(
        schemas["To"]["properties"]["where"]["type"],
        json!(["string", "null"])
    );
}

#[tokio::test]
async fn a_question_that_cannot_be_read_names_the_field_and_what_it_may_be() {
    let app = App::new();
    let place = json!({"lon": 113.05, "lat": 23.05});
    for (path, question, field, words) in [
        (
            "/api/catchments",
            json!({"origins": [place], "cutoffs": ["far"]}),
            "cutoffs[0]",
            "must be a number, not \"far\"",
        ),
        (
            "/api/catchments",
            json!({"origins": [place], "cutoffs": [9], "unit": "km"}),
            "unit",
            "`km` is not known; it is one of: m, min",
        ),
        (
            "/api/catchments",
            json!({"origins": [place]}),
            "cutoffs",
            "is missing",
        ),
        (
            "/api/access",
            json!({"to": {"layer": "stations", "size": 3}, "measure": "nearest"}),
            "to.size",
            "it is one of: layer, capacity, where",
        ),
    ] {
        let answer = app.post(path, question.clone()).await;
        assert!(answer.status.is_client_error(), "{question}");
        let problem = answer.json();
        assert_eq!(problem["field"], field, "{problem}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(words), "{detail}");
        for foreign in ["deserialize", "f64", "struct", "variant"] {
            assert!(!detail.contains(foreign), "{detail}");
        }
    }
    let (_, told) = app.run(&["query", "coverage", "--lang", "zh"]);
    assert!(told.contains("问题的 layer：没有填写"), "{told}");
    let (_, told) = app.run(&["query", "coverage", "--lang", "en", "--layer", "stations"]);
    assert!(told.contains("the question: cutoff: is missing"), "{told}");
}
