//! Travel times, streamed where there are many.

use axum::{
    Json,
    extract::{
        Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{HeaderValue, header},
    response::Response,
};

use super::{
    ApiError, AppState,
    answers::{Form, Format, answer, name_file},
    questions::{asked, posted, title},
};
use crate::query::{self, TravelTimes, TravelTimesQuery};

/// How long it takes from every origin to every destination (出行时间表).
///
/// `format=csv` streams the reachable pairs, any number of them, with the keys as headings.
#[utoipa::path(post, path = "/api/travel_times", tag = "questions",
    params(("format" = Option<String>, Query, description = "json, csv or xlsx"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    request_body = serde_json::Value,
    responses((status = 200, description = "rows of from, to and seconds, or reached and percentiles", body = serde_json::Value)))]
pub async fn compute_travel_times(
    State(state): State<AppState>,
    form: Result<Query<Form>, QueryRejection>,
    question: Result<Json<TravelTimesQuery>, JsonRejection>,
) -> Result<Response, ApiError> {
    let (form, question) = (asked(form)?, posted(question)?);
    let title = title("出行时间表", "Travel times");
    if form.format == Format::Csv {
        let body = state
            .stream(move |city, limits, begin, out| {
                let found = TravelTimes::find(city, &question)?;
                begin.now();
                Ok(found.write_csv(limits, out))
            })
            .await?;
        let mut response = Response::new(body);
        let kind = HeaderValue::from_static("text/csv; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        name_file(&mut response, &title, "csv", form.lang);
        return Ok(response);
    }
    let city = state.city();
    let found = state
        .compute(move |city, limits| query::travel_times(city, &question, limits))
        .await?;
    answer(&city, &found, form, title)
}
