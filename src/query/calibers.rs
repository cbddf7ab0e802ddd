use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Limits, Provenance, QueryError, Row, answer::definition, areas::caliber_values,
    sources::populations,
};
use crate::{
    city::City,
    domain::{LeftOut, Period},
};

/// `GET /api/calibers`: the population calibers side by side (口径对照表).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CalibersQuery {
    pub level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// Every population caliber of every area of a level; values of two calibers are never added.
///
/// # Errors
/// An unknown level.
pub fn calibers(
    city: &City,
    query: &CalibersQuery,
    limits: &Limits,
) -> Result<Answer<Row>, QueryError> {
    let period = query.period.as_ref();
    let areas = super::balance::areas_of_level(city, &query.level, period)?;
    let sources = populations(city, period);
    let mut left_out = LeftOut::default();
    let mut totals = Row::new();
    for source in &sources {
        let (layer, attribute) = (source.layer_id(), source.attribute().id.as_str());
        let sums = source.loaded.index.sums();
        left_out.add_missing(layer, attribute, source.total(Some(sums)).missing);
        let by_area = source.loaded.index.sums_by_area(&query.level);
        if query.level != "city" {
            let outside = by_area.get(&None).map_or(0, |sums| sums.features);
            left_out.add_outside(layer, attribute, outside);
        }
        totals.insert(
            format!("{layer}.{attribute}"),
            json!(source.known(Some(sums))),
        );
    }
    let mut rows = Vec::new();
    for area in areas {
        limits.check()?;
        let mut row = Row::new();
        row.insert("code".into(), json!(area.code));
        row.insert("name".into(), json!(area.name));
        row.insert("name_en".into(), json!(area.name_en));
        row.insert("level".into(), json!(area.level));
        for (source, value) in sources.iter().zip(caliber_values(city, area, period)) {
            row.insert(
                format!("{}.{}", source.layer_id(), value.attribute),
                json!(value.value),
            );
        }
        rows.push(row);
    }
    Ok(Answer {
        query: json!(query),
        definition: definition(city, "calibers"),
        provenance: Provenance::of(city, period, None, sources.iter().map(|s| &*s.loaded)),
        rows,
        totals,
        left_out,
    })
}
