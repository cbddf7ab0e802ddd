use serde::{Deserialize, Serialize};

use super::{Candidates, QueryError, SitingQuery, place::area_at};
use crate::{
    analysis::siting::{Closing, Shortfalls},
    city::City,
    domain::LayerId,
    query::{
        GapRow, GapsQuery,
        gaps::{Lack, lacking},
        names::Names,
    },
};

/// What areas lack of a service of the norms, and what a new site adds where it stands.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortfallQuery {
    /// The norm set; the usual one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norms: Option<LayerId>,
    /// The item of the norm set.
    pub service: String,
    /// The level of the areas whose shortfall counts, or `city`.
    pub level: String,
    /// What a new site adds to the capacity of the area that it stands in.
    pub capacity: i64,
    /// The share of an age group that comes, in place of the norm's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_rate: Option<f64>,
}

/// What an area lacks of a service before and after new sites, counted as the gap table counts:
/// where a facility stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RemainingGap {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub shortfall: i64,
    /// What the new sites in it offer.
    pub added_capacity: i64,
    pub shortfall_after: i64,
}

/// What the areas of a question lack, and in which of them each candidate stands.
pub(super) struct Lacking {
    rows: Vec<GapRow>,
    pub unit: String,
    pub shortfalls: Shortfalls,
    pub closing: Closing,
}

impl Lacking {
    /// `None` where the question names no service.
    ///
    /// # Errors
    /// Unknown norms, service, level or area; a service of another layer; a shortfall that no area
    /// knows.
    pub fn of(
        city: &City,
        query: &SitingQuery,
        candidates: &Candidates,
    ) -> Result<Option<Self>, QueryError> {
        let Some(asked) = &query.shortfall else {
            return Ok(None);
        };
        let refuse = |problem: String| Err(QueryError::field("shortfall", problem));
        if asked.capacity < 1 {
            return refuse("a site adds a capacity of at least 1".into());
        }
        let question = GapsQuery {
            level: asked.level.clone(),
            area: query.area.clone(),
            norms: asked.norms.clone(),
            services: Some(Names(vec![asked.service.clone()])),
            // Of a service for everybody; others name their age group themselves.
            caliber: query.demand.clone(),
            enrolment_rate: asked.enrolment_rate,
            period: query.period.clone(),
            ..GapsQuery::default()
        };
        let Lack { rows, unit, layer } = lacking(city, &question)?;
        if query.layer != *layer {
            let problem = format!("`{}` is a service of the layer {layer}", asked.service);
            return refuse(problem);
        }
        if rows.iter().all(|row| row.shortfall.is_none()) {
            let reason = rows.iter().find_map(|row| row.reason);
            let reason = reason.map_or_else(String::new, |reason| reason.title().en);
            let problem = format!(
                "no {} knows what it lacks of `{}`: {reason}",
                asked.level, asked.service
            );
            return refuse(problem);
        }
        let number = |code: &str| rows.iter().position(|row| row.code == code);
        let area_of = candidates.places.iter().map(|candidate| {
            let found = match asked.level.as_str() {
                "city" => 0,
                level => {
                    let area = area_at(city, level, candidate.place(), query.period.as_ref())?;
                    number(area.code.as_str())?
                }
            };
            Some(found as u32)
        });
        let shortfalls = Shortfalls {
            area_of: area_of.collect(),
            lacking: rows.iter().map(|row| row.shortfall.unwrap_or(0)).collect(),
            capacity: asked.capacity,
        };
        Ok(Some(Lacking {
            closing: shortfalls.closing(),
            rows,
            unit,
            shortfalls,
        }))
    }

    /// The area that a candidate's capacity counts in.
    pub fn area(&self, candidate: usize) -> Option<&GapRow> {
        Some(&self.rows[self.shortfalls.area_of[candidate]? as usize])
    }

    /// What each of some sites makes up for, beside those before it.
    pub fn closed(&self, sites: &[usize]) -> Vec<i64> {
        let mut left = self.shortfalls.lacking.clone();
        let own = sites.iter().map(|site| {
            let Some(area) = self.shortfalls.area_of[*site] else {
                return 0;
            };
            let lacking = &mut left[area as usize];
            let own = self.shortfalls.capacity.min(*lacking);
            *lacking -= own;
            own
        });
        own.collect()
    }

    /// The areas that lack anything or get a site, before and after some sites.
    pub fn remaining(&self, sites: &[usize]) -> Vec<RemainingGap> {
        let mut added = vec![0i64; self.rows.len()];
        for site in sites {
            if let Some(area) = self.shortfalls.area_of[*site] {
                added[area as usize] += self.shortfalls.capacity;
            }
        }
        let rows = self.rows.iter().zip(added);
        let told = rows.filter_map(|(row, added)| {
            let shortfall = row.shortfall?;
            (shortfall > 0 || added > 0).then(|| RemainingGap {
                code: row.code.clone(),
                name: row.name.clone(),
                name_en: row.name_en.clone(),
                shortfall,
                added_capacity: added,
                shortfall_after: (shortfall - added).max(0),
            })
        });
        told.collect()
    }
}
