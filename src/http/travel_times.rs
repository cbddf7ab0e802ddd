//! Travel times, streamed where there are many.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};

use super::{
    ApiError, AppState, Asker, Document,
    answers::{Form, Format, answer},
    asked::{Posted, With},
    document::disposition,
    questions::title,
};
use crate::{
    city::City,
    query::{self, TravelTimes, TravelTimesQuery},
};

const CSV: &str = "text/csv; charset=utf-8";

/// How long it takes from every origin to every destination (出行时间表).
///
/// `format=csv` streams the reachable pairs, any number of them, with the keys as headings. Origins
/// and destinations are lists of places and features, or all of a layer; `{"layer": "stops"}` is all
/// stops of the timetable. A place off the network has a row with a reason in place of a time; where
/// all origins or all destinations are, the question is refused.
#[utoipa::path(post, path = "/api/travel_times", tag = "questions",
    params(("format" = Option<String>, Query, description = "json, csv or xlsx"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = TravelTimesQuery,
    responses((status = 200, description = "rows of from, to and seconds, or reached and percentiles", body = serde_json::Value)))]
pub async fn compute_travel_times(
    State(state): State<AppState>,
    asker: Asker,
    Posted(With { question, form }): Posted<TravelTimesQuery>,
) -> Result<Response, ApiError> {
    if form.format == Format::Csv && !asker.wants_job() {
        return stream(&state, state.city_for(asker.city.as_ref())?, question, form).await;
    }
    state
        .ask(
            asker,
            question,
            form.clone(),
            move |city, question, limits| {
                let title = title("出行时间表", "Travel times");
                if form.format == Format::Csv {
                    let mut out = Vec::new();
                    let failed = |e: std::io::Error| ApiError::Internal(e.to_string());
                    let found = TravelTimes::find(city, question)?;
                    found.write_csv(limits, &mut out).map_err(failed)?;
                    let name = form.named(&title);
                    return Ok(Document::file(out, CSV, &name, "csv", form.lang));
                }
                let found = query::travel_times(city, question, limits)?;
                answer(city, &found, form, title)
            },
        )
        .await
}

async fn stream(
    state: &AppState,
    city: Arc<City>,
    question: TravelTimesQuery,
    form: Form,
) -> Result<Response, ApiError> {
    let body = state
        .streams
        .send(city, move |city, limits, begin, out| {
            let found = TravelTimes::find(city, &question)?;
            begin.now();
            Ok(found.write_csv(limits, out))
        })
        .await?;
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CSV));
    let name = form.named(&title("出行时间表", "Travel times"));
    let name = disposition(&name, "csv", form.lang);
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
