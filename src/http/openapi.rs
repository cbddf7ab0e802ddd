//! The OpenAPI document, made from the handlers, and a page to read it.

use axum::{Router, response::Html, routing::get};
use serde_json::{Value as Json, json};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

use super::AppState;

/// Title, version and licence; the paths come from the handlers.
pub fn frame() -> OpenApi {
    let licence = LicenseBuilder::new().name("Apache-2.0").build();
    let info = InfoBuilder::new()
        .title("Suitu 穗图")
        .version("1")
        .description(Some(
            "Population geographic information system. Undefined values are null with a reason, \
             never 0. Errors are problem details (RFC 9457).",
        ))
        .license(Some(licence))
        .build();
    OpenApiBuilder::new().info(info).build()
}

/// Says of every question that it may be asked as a job, and that equal answers need not be sent
/// again.
fn tell_of_jobs(document: &mut Json) {
    let operations = document["paths"].as_object_mut().into_iter();
    let operations = operations
        .flat_map(|paths| paths.values_mut())
        .filter_map(Json::as_object_mut)
        .flat_map(|path| path.values_mut());
    let is_question = |operation: &Json| {
        let tag = operation["tags"][0].as_str();
        matches!(tag, Some("questions" | "areas"))
    };
    for operation in operations.filter(|operation| is_question(operation)) {
        let header = |name: &str, description: &str| {
            json!({ "name": name, "in": "header", "required": false,
                    "description": description, "schema": { "type": "string" } })
        };
        let prefer = "respond-async: answer 202 at once, the answer itself as a job";
        let known = "the etag of an answer that the client holds";
        let parameters = &mut operation["parameters"];
        if !parameters.is_array() {
            *parameters = json!([]);
        }
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(header("Prefer", prefer));
            parameters.push(header("If-None-Match", known));
        }
        operation["responses"]["202"] = json!({
            "description": "accepted as a job; its state, with its address in `Location`. Ask about it at \
                            least once a minute or listen to its events: after two minutes in \
                            which nobody does it is cancelled",
            "content": { "application/json": { "schema": {} } },
        });
        operation["responses"]["304"] = json!({ "description": "not changed" });
        operation["responses"]["503"] =
            json!({ "description": "too much at once; `Retry-After` says when to ask again" });
    }
}

/// Says of everything that is read from the city that it may be read from a scenario.
fn tell_of_scenarios(document: &mut Json) {
    let operations = document["paths"].as_object_mut().into_iter();
    let operations = operations
        .flat_map(|paths| paths.values_mut())
        .filter_map(Json::as_object_mut)
        .flat_map(|path| path.values_mut());
    for operation in operations {
        let tag = operation["tags"][0].as_str();
        if !matches!(
            tag,
            Some("questions" | "areas" | "layers" | "tiles" | "city")
        ) {
            continue;
        }
        let parameters = &mut operation["parameters"];
        if !parameters.is_array() {
            *parameters = json!([]);
        }
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(json!({
                "name": "scenario", "in": "query", "required": false,
                "description": "the number of a scenario to read instead of the city as it is",
                "schema": { "type": "integer" },
            }));
        }
    }
}

/// Says of every operation how it refuses.
fn tell_of_refusals(document: &mut Json) {
    let problem = |description: &str| {
        json!({ "description": description, "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" } } } })
    };
    document["components"]["schemas"]["Problem"] = json!({
        "type": "object",
        "required": ["title", "status", "detail"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "what is wrong, and the remedy" },
            "field": { "type": "string", "description": "the parameter or field that is wrong" },
            "reason": { "type": "string", "description": "for programs to tell by" },
        },
    });
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        for operation in operations
            .as_object_mut()
            .into_iter()
            .flat_map(|o| o.values_mut())
        {
            let has_parameters = operation["parameters"]
                .as_array()
                .is_some_and(|p| !p.is_empty());
            let has_body = operation["requestBody"].is_object();
            let responses = &mut operation["responses"];
            // Those that an operation tells of itself are problem details too.
            let told = responses.as_object_mut().into_iter().flatten();
            for (_, response) in told.filter(|(status, _)| status.as_str() >= "400") {
                let description = response["description"].as_str().unwrap_or_default();
                *response = problem(description);
            }
            let mut say = |status: &str, description: &str| {
                if responses[status].is_null() {
                    responses[status] = problem(description);
                }
            };
            if has_parameters || has_body {
                say("400", "a parameter or field is wrong; `field` names it");
            }
            if path.contains('{') {
                say("404", "there is nothing of that name");
            }
            if has_body {
                say("413", "the body, or what it asks for, is too large");
            }
            say(
                "default",
                "refused, for the reason told; with `Retry-After` it is worth trying again",
            );
        }
    }
}

pub fn routes(document: OpenApi) -> Router<AppState> {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    tell_of_jobs(&mut document);
    tell_of_scenarios(&mut document);
    tell_of_refusals(&mut document);
    let page = page(&document);
    Router::new()
        .route(
            "/api/openapi.json",
            get(move || async move { axum::Json(document) }),
        )
        .route("/api/docs", get(move || async move { Html(page) }))
}

/// A plain page that lists every path with its parameters; no script, nothing from outside.
fn page(document: &serde_json::Value) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let mut body = String::new();
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    for (path, methods) in &paths {
        for (method, operation) in methods.as_object().cloned().unwrap_or_default() {
            let text = |key: &str| escape(operation[key].as_str().unwrap_or(""));
            body += &format!(
                "<h2><code>{} {}</code></h2><p>{} {}</p>",
                method.to_uppercase(),
                escape(path),
                text("summary"),
                text("description")
            );
            let parameters = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            if !parameters.is_empty() {
                body += "<table><tr><th>parameter</th><th>in</th><th>required</th><th></th></tr>";
                for p in parameters {
                    let cell = |key: &str| escape(p[key].as_str().unwrap_or(""));
                    let required = if p["required"] == true { "yes" } else { "" };
                    body += &format!(
                        "<tr><td><code>{}</code></td><td>{}</td><td>{required}</td><td>{}</td></tr>",
                        cell("name"),
                        cell("in"),
                        cell("description")
                    );
                }
                body += "</table>";
            }
        }
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Suitu API</title><style>\
         body{{font:15px/1.5 system-ui,sans-serif;max-width:880px;margin:2rem auto;padding:0 1rem;color:#222}}\
         h2{{margin:2rem 0 .2rem;font-size:1rem;border-top:1px solid #ddd;padding-top:1rem}}\
         code{{color:#0b6e75}}table{{border-collapse:collapse}}td,th{{text-align:left;padding:.15rem 1rem .15rem 0;\
         vertical-align:top;font-size:.9rem}}</style><h1>Suitu 穗图 API</h1>\
         <p>The same as data: <a href=\"/api/openapi.json\">/api/openapi.json</a></p>{body}</html>"
    )
}
