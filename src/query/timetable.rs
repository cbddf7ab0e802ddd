//! What a service date offers, for whoever chooses when to ask about.

use serde::{Deserialize, Serialize};

use super::QueryError;
use crate::{
    city::{City, Transit},
    domain::Title,
    transit::{Hours, ServiceDate, TransitError, clock},
};

/// `GET /api/timetable`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TimetableQuery {
    /// The busiest weekday without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// A service date of the timetable (运营日).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TimetableDay {
    pub date: String,
    /// Runs of vehicles, headways counted out.
    pub trips: u64,
    #[serde(flatten)]
    pub hours: HoursOfService,
    /// The same of each feed that runs on the date, by name, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<FeedOfDay>,
    /// What the date lacks of what feeds usually offer.
    #[schema(value_type = Vec<Object>)]
    pub notes: Vec<Title>,
}

/// A feed on a service date.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FeedOfDay {
    pub name: String,
    pub trips: u64,
    #[serde(flatten)]
    pub hours: HoursOfService,
}

/// From when to when vehicles run (运营时段), as `HH:MM` or `HH:MM:SS` of the service day; `25:30`
/// is half past one of the next night.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HoursOfService {
    /// When the first vehicle sets out.
    pub first_departure: String,
    /// When a vehicle can be boarded for the last time.
    pub last_departure: String,
    /// When the last vehicle gets to its end.
    pub last_arrival: String,
}

impl From<Hours> for HoursOfService {
    fn from(hours: Hours) -> Self {
        HoursOfService {
            first_departure: clock(hours.first_departure_s),
            last_departure: clock(hours.last_departure_s),
            last_arrival: clock(hours.last_arrival_s),
        }
    }
}

/// From when to when vehicles run on a date, and what it lacks.
///
/// # Errors
/// A city without a timetable, a date that is none or has no service.
pub fn timetable_day(city: &City, query: &TimetableQuery) -> Result<TimetableDay, QueryError> {
    let none = || QueryError::NotFound {
        what: "timetable",
        name: "transit".into(),
    };
    let transit = city.transit().ok_or_else(none)?;
    let summary = transit.summary();
    let date = match &query.date {
        Some(text) => text.parse().map_err(|error| refused("date", error))?,
        None => summary
            .busiest_date()
            .map(|(date, _)| date)
            .ok_or_else(none)?,
    };
    let hours = summary
        .hours_on(date)
        .ok_or_else(|| QueryError::NoService {
            field: "date",
            date: date.to_string(),
            nearest: nearest(transit, date),
        })?;
    let doubts = summary.doubts_on(date);
    let feeds = summary.feeds.values().filter_map(|feed| {
        Some(FeedOfDay {
            name: feed.name.clone(),
            trips: feed.runs_on(date),
            hours: (*feed.hours.get(&date)?).into(),
        })
    });
    let feeds: Vec<FeedOfDay> = feeds.filter(|_| summary.feeds.len() > 1).collect();
    Ok(TimetableDay {
        date: date.to_string(),
        trips: summary.runs[&date],
        hours: hours.into(),
        feeds,
        notes: doubts.iter().map(|doubt| doubt.text(date)).collect(),
    })
}

/// The dates with service that are nearest to one without.
fn nearest(transit: &Transit, date: ServiceDate) -> Vec<String> {
    let dates = transit.schedule.nearest_dates(date);
    dates.iter().map(ToString::to_string).collect()
}

/// What a timetable refuses, as a refusal of the field that asked for it.
pub(super) fn refused(field: &'static str, error: TransitError) -> QueryError {
    let problem = error.to_string();
    match error {
        TransitError::NoService { date, nearest } => QueryError::NoService {
            field,
            date,
            nearest,
        },
        _ => QueryError::field(field, problem),
    }
}
