//! Why a part of the report cannot be written, in words and with what to do.

use crate::{query::QueryError, reports::document::Words};

/// The norm leaves the distance to the city.
pub fn no_distance(words: Words) -> String {
    words
        .say(
            "标准未给距离，由本市设定",
            "the norm gives no distance: the city sets it",
        )
        .to_owned()
}

/// Nobody knows where people live.
pub fn no_population(words: Words) -> String {
    words
        .say(
            "没有人口数据：需导入居住图层 residences",
            "no population: import the layer residences",
        )
        .to_owned()
}

/// Nobody knows who of them want a service.
pub fn no_demand(words: Words) -> String {
    words
        .say(
            "居住图层没有该类需求人口（年龄组）",
            "the residences do not count those who want it by age",
        )
        .to_owned()
}

/// Nobody knows what there is of a service.
pub fn no_facilities(words: Words) -> String {
    words
        .say(
            "没有该类设施数据：需导入设施图层",
            "no such facilities: import their layer",
        )
        .to_owned()
}

/// An answer, or why there is none.
///
/// # Errors
/// Nobody waits any longer, or there is no memory for it: that is no fault of the data.
pub fn or_why<T>(
    found: Result<T, QueryError>,
    words: Words,
) -> Result<Result<T, String>, QueryError> {
    let text = match found {
        Ok(found) => return Ok(Ok(found)),
        Err(stopped @ (QueryError::Cancelled | QueryError::TooLarge { .. })) => {
            return Err(stopped);
        }
        Err(QueryError::NotFound { what, .. }) if what.starts_with("population") => {
            no_population(words)
        }
        Err(QueryError::NotFound { what, .. }) if what.starts_with("facility") => {
            no_facilities(words)
        }
        Err(QueryError::Field {
            field: "service", ..
        }) => no_distance(words),
        Err(QueryError::Field {
            field: "demand", ..
        }) => no_demand(words),
        Err(QueryError::Field {
            field: "candidates",
            ..
        }) => words
            .say(
                "候选点过多或没有候选点，请按区出具报告",
                "too many candidates or none: write the report of a district",
            )
            .to_owned(),
        Err(other) => words.tell(
            || format!("无法计算（{other}）"),
            || format!("it cannot be computed ({other})"),
        ),
    };
    Ok(Err(text))
}
