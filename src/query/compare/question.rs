use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use crate::{
    city::City,
    domain::{Language, LeftOut, Period, Title},
    query::{self, Answer, Limits, Provenance, QueryError, Row},
};

/// A question that is asked of a city and of a scenario alike.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Question {
    Balance(query::BalanceQuery),
    Commute(query::CommuteQuery),
    Flows(query::FlowsQuery),
    Areas(query::AreasQuery),
    Calibers(query::CalibersQuery),
    Statistics(Box<query::StatisticsQuery>),
    Catchments(Box<query::CatchmentsQuery>),
    StationAreas(Box<query::StationAreasQuery>),
    StationCoverage(query::StationCoverageQuery),
    Coverage(Box<query::CoverageQuery>),
    TravelTimes(Box<query::TravelTimesQuery>),
    Access(Box<query::AccessQuery>),
    Gaps(Box<query::GapsQuery>),
    BlindSpots(Box<query::BlindSpotsQuery>),
    Siting(Box<query::SitingQuery>),
    Zoning(Box<query::ZoningQuery>),
    BalanceReport(Box<query::BalanceReportQuery>),
    SchoolPlaces(Box<query::SchoolPlacesQuery>),
    Plan(query::PlanQuery),
}

/// Where the fields of a question come from: an address or a body.
pub trait Asked {
    type Error;

    /// # Errors
    /// Fields that are not those of the question.
    fn read<Q: DeserializeOwned>(&self) -> Result<Q, Self::Error>;
}

impl Question {
    pub const NAMES: [&str; 19] = [
        "balance",
        "commute",
        "flows",
        "areas",
        "calibers",
        "statistics",
        "catchments",
        "station_areas",
        "station_coverage",
        "coverage",
        "travel_times",
        "access",
        "gaps",
        "blind_spots",
        "siting",
        "zoning",
        "balance_report",
        "school_places",
        "plan",
    ];

    /// The question of a name; `None` where there is none of that name.
    ///
    /// # Errors
    /// Fields that are not those of the question.
    pub fn read<A: Asked>(name: &str, asked: &A) -> Result<Option<Self>, A::Error> {
        Ok(Some(match name {
            "balance" => Question::Balance(asked.read()?),
            "commute" => Question::Commute(asked.read()?),
            "flows" => Question::Flows(asked.read()?),
            "areas" => Question::Areas(asked.read()?),
            "calibers" => Question::Calibers(asked.read()?),
            "statistics" => Question::Statistics(asked.read()?),
            "catchments" => Question::Catchments(asked.read()?),
            "station_areas" => Question::StationAreas(asked.read()?),
            "station_coverage" => Question::StationCoverage(asked.read()?),
            "coverage" => Question::Coverage(asked.read()?),
            "travel_times" => Question::TravelTimes(asked.read()?),
            "access" => Question::Access(asked.read()?),
            "gaps" => Question::Gaps(asked.read()?),
            "blind_spots" => Question::BlindSpots(asked.read()?),
            "siting" => Question::Siting(asked.read()?),
            "zoning" => Question::Zoning(asked.read()?),
            "balance_report" => Question::BalanceReport(asked.read()?),
            "school_places" => Question::SchoolPlaces(asked.read()?),
            "plan" => Question::Plan(asked.read()?),
            _ => return Ok(None),
        }))
    }

    /// The same question about the city of another time.
    pub(super) fn at(mut self, period: Option<&Period>) -> Self {
        let own = match &mut self {
            Question::Balance(q) => &mut q.period,
            Question::Commute(q) => &mut q.period,
            Question::Flows(q) => &mut q.period,
            Question::Areas(q) => &mut q.period,
            Question::Calibers(q) => &mut q.period,
            Question::Statistics(q) => &mut q.period,
            Question::Catchments(q) => &mut q.period,
            Question::StationAreas(q) => &mut q.period,
            Question::StationCoverage(q) => &mut q.period,
            Question::Coverage(q) => &mut q.period,
            Question::TravelTimes(q) => &mut q.period,
            Question::Access(q) => &mut q.period,
            Question::Gaps(q) => &mut q.period,
            Question::BlindSpots(q) => &mut q.period,
            Question::Siting(q) => &mut q.period,
            Question::Zoning(q) => &mut q.period,
            Question::BalanceReport(q) => &mut q.period,
            Question::SchoolPlaces(q) => &mut q.period,
            Question::Plan(q) => &mut q.period,
        };
        *own = period.cloned();
        self
    }

    /// The level of areas that the rows are of; none where they are of something else.
    pub(super) fn level(&self) -> Option<&str> {
        match self {
            Question::Balance(q) => Some(&q.level),
            Question::Commute(q) => Some(&q.level),
            Question::Flows(q) => Some(&q.level),
            Question::Areas(q) => Some(&q.level),
            Question::Calibers(q) => Some(&q.level),
            Question::StationCoverage(q) => Some(&q.level),
            Question::Coverage(q) => Some(&q.level),
            Question::Gaps(q) => Some(&q.level),
            Question::BlindSpots(q) => Some(&q.level),
            Question::Zoning(q) => Some(&q.level),
            Question::Statistics(_)
            | Question::Catchments(_)
            | Question::StationAreas(_)
            | Question::TravelTimes(_)
            | Question::Access(_)
            | Question::Siting(_)
            // Several levels at once, or none.
            | Question::BalanceReport(_)
            | Question::SchoolPlaces(_)
            | Question::Plan(_) => None,
        }
    }

    /// Whether its rows are sums over areas, which a crosswalk of codes can carry over.
    pub(super) fn sums_areas(&self) -> bool {
        match self {
            Question::Areas(_) | Question::Calibers(_) => true,
            Question::Balance(q) => q.catchment_m.is_none() && q.minutes.is_none(),
            _ => false,
        }
    }

    /// The columns that say which row is which.
    pub(super) fn keys(&self) -> &'static [&'static str] {
        match self {
            Question::Flows(_) => &["origin_code", "destination_code"],
            Question::Statistics(_) => &["layer", "attribute"],
            Question::Catchments(_) => &["origin", "cutoff", "cutoff_min"],
            Question::StationAreas(_) => &["id"],
            Question::StationCoverage(_) | Question::Coverage(_) => {
                &["code", "cutoff", "cutoff_min"]
            }
            Question::TravelTimes(_) => &["from", "to"],
            Question::Access(_) | Question::Siting(_) => &["id"],
            Question::Gaps(_) => &["code", "service"],
            // Its other part lists places.
            Question::BalanceReport(_) => &["scale", "level", "code"],
            Question::SchoolPlaces(_) => &["id", "service"],
            Question::Plan(_) => &[
                "level",
                "code",
                "indicator_title",
                "target_year",
                "figure_kind",
                "source",
            ],
            Question::Balance(_)
            | Question::Commute(_)
            | Question::Areas(_)
            | Question::Calibers(_)
            | Question::BlindSpots(_)
            | Question::Zoning(_) => &["code"],
        }
    }

    /// The columns of words that an edit may change, told of both sides.
    pub(super) fn words(&self) -> &'static [&'static str] {
        match self {
            Question::Gaps(_) => &["evaluation"],
            Question::Plan(_) => &["status"],
            Question::Zoning(_) => &["class", "reasons", "conflicts"],
            _ => &[],
        }
    }

    pub(super) fn title(&self) -> Title {
        let (zh, en) = match self {
            Question::Balance(_) => ("职住平衡", "Job-housing balance"),
            Question::Commute(_) => ("通勤", "Commuting"),
            Question::Flows(_) => ("通勤流", "Commuting flows"),
            Question::Areas(_) => ("单元一览", "Areas"),
            Question::Calibers(_) => ("人口口径对照表", "Calibers side by side"),
            Question::Statistics(_) => ("范围统计", "Statistics"),
            Question::Catchments(_) => ("服务区", "Catchments"),
            Question::StationAreas(_) => ("站点影响区人口岗位", "People and jobs around stations"),
            Question::StationCoverage(_) => ("站点人口岗位覆盖率", "Coverage by stations"),
            Question::Coverage(_) => ("服务覆盖率", "Coverage"),
            Question::TravelTimes(_) => ("出行时间表", "Travel times"),
            Question::Access(_) => ("可达性", "Access"),
            Question::Gaps(_) => ("公共服务设施供需", "Supply of public services"),
            Question::BlindSpots(_) => ("服务盲区人口", "People in blind spots"),
            Question::Siting(_) => ("设施选址", "Sites for facilities"),
            Question::Zoning(_) => ("人口布局分类", "Population layout classes"),
            Question::BalanceReport(_) => ("多尺度职住平衡", "Job-housing balance scale by scale"),
            Question::SchoolPlaces(_) => ("学位供需", "School places"),
            Question::Plan(_) => ("规划目标与现状", "Plan and actual"),
        };
        Title {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The answer as plain rows, words in `language`.
    pub(super) fn ask(
        &self,
        city: &City,
        language: Language,
        limits: &Limits,
    ) -> Result<Flat, QueryError> {
        Ok(match self {
            Question::Balance(q) => Flat::of(&query::balance(city, q, limits)?),
            Question::Commute(q) => Flat::of(&query::commute(city, q, limits)?),
            Question::Flows(q) => Flat::of(&query::flow_lines(city, q, limits)?),
            Question::Areas(q) => Flat::of(&query::areas(city, q, limits)?),
            Question::Calibers(q) => Flat::of(&query::calibers(city, q, limits)?),
            Question::Statistics(q) => {
                let mut flat = Flat::of(&query::statistics(city, q, limits)?);
                for row in &mut flat.rows {
                    let title = &row["title"][if language == Language::Zh { "zh" } else { "en" }];
                    row["title"] = title.clone();
                }
                flat
            }
            Question::Catchments(q) => {
                let found = query::catchments(city, q, limits)?;
                Flat::of(&query::flat_catchments(&found, language))
            }
            Question::StationAreas(q) => {
                let found = query::station_areas(city, q, limits)?;
                Flat::of(&query::flat_station_areas(city, &found, language))
            }
            Question::StationCoverage(q) => {
                let found = query::station_coverage(city, q, limits)?;
                Flat::of(&query::flat_cutoffs(&found))
            }
            Question::Coverage(q) => {
                let found = query::coverage(city, q, limits)?;
                Flat::of(&query::flat_coverage(&found, language))
            }
            Question::TravelTimes(q) => Flat::of(&query::travel_times(city, q, limits)?),
            Question::Access(q) => Flat::of(&query::access(city, q, limits)?.answer),
            Question::Gaps(q) => Flat::of(&query::gaps(city, q, limits)?.answer),
            Question::BlindSpots(q) => Flat::of(&query::blind_spots(city, q, limits)?.answer),
            Question::Siting(q) => Flat::of(&query::siting(city, q, limits)?.answer),
            Question::Zoning(q) => {
                let found = query::zoning(city, q, limits)?;
                Flat::of(&query::flat_zoning(&found, language))
            }
            Question::BalanceReport(q) => {
                let found = query::balance_report(city, q, limits)?;
                Flat::of(&query::flat_balance_report(&found, language))
            }
            Question::SchoolPlaces(q) => {
                let found = query::school_places(city, q, limits)?;
                let mut flat = Flat::of(&query::flat_school_places(city, &found, language));
                // Schools of one name are told apart.
                for (row, school) in flat.rows.iter_mut().zip(&found.rows) {
                    row.insert("id".into(), json!(school.id));
                }
                flat
            }
            Question::Plan(q) => {
                let found = query::plan(city, q, limits)?;
                Flat::of(&query::flat_plan(&found, language))
            }
        })
    }
}

/// An answer as plain rows.
pub(super) struct Flat {
    pub query: Json,
    pub definition: Title,
    pub provenance: Provenance,
    pub rows: Vec<Row>,
    pub totals: Vec<Row>,
    pub left_out: LeftOut,
}

impl Flat {
    fn of<R: Serialize, T: Serialize>(answer: &Answer<R, T>) -> Self {
        let row = |value: Json| match value {
            Json::Object(row) => Some(row),
            _ => None,
        };
        let rows = |value: Json| match value {
            Json::Array(rows) => rows.into_iter().filter_map(row).collect(),
            Json::Object(only) if !only.is_empty() => vec![only],
            _ => Vec::new(),
        };
        Flat {
            query: answer.query.clone(),
            definition: answer.definition.clone(),
            provenance: answer.provenance.clone(),
            rows: rows(json!(answer.rows)),
            totals: rows(json!(answer.totals)),
            left_out: answer.left_out.clone(),
        }
    }
}
