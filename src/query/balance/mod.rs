mod floating;
mod nominal;
mod report;
mod scales;
mod standing;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Arrival, Departure, Limits, Mode, Provenance, QueryError,
    answer::definition,
    areas::control_total,
    commute::{self, Ends, total},
    period::check_period,
    sources::{CountSource, named_population, with_role},
};
use crate::{
    analysis,
    city::{Area, City},
    domain::{LayerKind, LeftOut, Period, Reason, Role},
    index::{AreaSums, Sums},
};
use floating::Catchment;
pub use standing::{BalanceBand, Standing};

pub use nominal::NominalRow;
pub use report::{
    BalanceReport, BalanceReportQuery, BalanceScaleRow, ReportPart, balance_report,
    flat_balance_report,
};
pub use scales::BalanceScales;

/// `GET /api/balance`: which areas, and whether with floating catchments.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceQuery {
    /// An area level, or `city`.
    pub level: String,
    /// How far a floating catchment around each residence cell reaches, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catchment_m: Option<f64>,
    /// The same in minutes, for modes that have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
    /// By which way the floating catchment is measured.
    #[serde(default)]
    pub mode: Mode,
    /// What minutes on foot are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    /// What minutes by bicycle are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    /// When one sets out, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// When one must be there, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// The longest walk to a first stop and from a last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population attribute shown beside; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
}

/// The job-housing balance (职住平衡) of one area.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BalanceRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    pub usual_residents: Option<i64>,
    /// The published total of the caliber (官方控制数), where one came with the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub official: Option<i64>,
    /// The sum less the published total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<i64>,
    pub employed_residents: Option<i64>,
    pub households: Option<i64>,
    pub jobs: Option<i64>,
    /// Of the floating catchment where one was asked for.
    pub jobs_per_employed_resident: Option<f64>,
    pub jobs_per_household: Option<f64>,
    /// 职住差异率, (J - W) / (J + W)
    pub balance_index: Option<f64>,
    /// 职住混合度: how evenly living and working are mixed, 0 to 1.
    pub entropy_mix: Option<f64>,
    /// Why the ratio is undefined.
    pub reason: Option<Reason>,
    /// By who in fact commutes, where flows tell.
    #[serde(flatten)]
    pub contained: Option<Contained>,
    /// Jobs within reach of the mean employed resident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catchment_jobs: Option<f64>,
    /// Employed residents within reach of the mean employed resident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catchment_employed_residents: Option<f64>,
}

/// How far homes and workplaces fit together by commuting flows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contained {
    /// Share of resident workers who work inside.
    pub self_containment: Option<f64>,
    /// Share of jobs that residents hold.
    pub self_sufficiency: Option<f64>,
    pub independence: Option<f64>,
    /// What they are shares of.
    #[serde(skip)]
    ends: Ends,
}

/// The counts that a balance is made of.
struct Parts {
    population: Option<CountSource>,
    employed: Option<CountSource>,
    households: Option<CountSource>,
    jobs: Option<CountSource>,
}

impl Parts {
    /// # Errors
    /// An unknown caliber.
    fn of(city: &City, caliber: Option<&str>, period: Option<&Period>) -> Result<Self, QueryError> {
        Ok(Parts {
            population: named_population(city, caliber, period)?,
            employed: with_role(city, LayerKind::Residence, Role::Employed, period),
            households: with_role(city, LayerKind::Residence, Role::Households, period),
            jobs: with_role(city, LayerKind::Workplace, Role::Jobs, period),
        })
    }

    fn all(&self) -> impl Iterator<Item = &CountSource> {
        [
            &self.population,
            &self.employed,
            &self.households,
            &self.jobs,
        ]
        .into_iter()
        .flatten()
    }
}

/// The job-housing balance of every area of a level.
///
/// # Errors
/// An unknown level or caliber, a reach that is no length or no time, a mode without what it needs.
pub fn balance(
    city: &City,
    query: &BalanceQuery,
    limits: &Limits,
) -> Result<Answer<BalanceRow>, QueryError> {
    let period = query.period.as_ref();
    let areas = areas_of_level(city, &query.level, period)?;
    let catchment = Catchment::of(city, query)?;
    let parts = Parts::of(city, query.caliber.as_deref(), period)?;
    limits.check()?;
    let mut left_out = LeftOut::default();
    for source in parts.all() {
        let (layer, attribute) = (source.layer_id(), source.attribute().id.as_str());
        let total = source.total(Some(source.loaded.index.sums()));
        left_out.add_missing(layer, attribute, total.missing);
        if query.level != "city" {
            let by_area = source.loaded.index.sums_by_area(&query.level);
            left_out.add_outside(layer, attribute, outside(&by_area, &areas));
        }
    }
    let mut rows: Vec<BalanceRow> = areas.iter().map(|area| row_of(&parts, area)).collect();
    let mut totals = total_row(city, &parts);
    // Only where every area has one do published totals add up to one of the city.
    let published: Option<i64> = rows.iter().map(|row| row.official).sum();
    totals.official = published.filter(|_| !rows.is_empty());
    totals.difference = difference(totals.usual_residents, totals.official);
    if let Some(catchment) = &catchment {
        floating::float(
            city,
            &parts,
            query,
            catchment,
            &mut rows,
            &mut totals,
            limits,
        )?;
    }
    let flows = commute::containments(city, &query.level, period);
    if let Some(flows) = &flows {
        // Both are in the order of the codes.
        for (row, (code, contained)) in rows.iter_mut().zip(&flows.by_area) {
            debug_assert_eq!(row.code, *code);
            row.contained = Some(Contained::of(*contained));
        }
        totals.contained = Some(Contained::of(flows.total));
    }
    let caliber = parts
        .population
        .as_ref()
        .map(|source| source.attribute().id.to_string());
    let question = catchment.as_ref().map_or("balance", Catchment::question);
    let inputs = parts.all().map(|s| &*s.loaded);
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance
        .inputs
        .extend(catchment.iter().flat_map(Catchment::input));
    provenance.inputs.extend(flows.map(|flows| flows.input));
    Ok(Answer {
        query: json!(query),
        definition: definition(city, question),
        provenance,
        rows,
        totals,
        left_out,
    })
}

/// How many features lie in none of the areas, or in one that is not listed.
pub(super) fn outside(by_area: &AreaSums, areas: &[&Area]) -> u64 {
    let is_listed = |code: &str| {
        let found = areas.binary_search_by(|area| area.code.as_str().cmp(code));
        found.is_ok()
    };
    by_area
        .iter()
        .filter(|(code, _)| !code.as_deref().is_some_and(is_listed))
        .map(|(_, sums)| sums.features)
        .sum()
}

/// The areas of a level by code; one pseudo-area for `city`, told by `None`.
///
/// # Errors
/// An unknown level, or a period before all data.
pub(super) fn areas_of_level<'a>(
    city: &'a City,
    level: &str,
    period: Option<&Period>,
) -> Result<Vec<&'a Area>, QueryError> {
    check_period(city, period)?;
    if level == "city" {
        return Ok(Vec::new());
    }
    if city.catalog().area_layer(level).is_none() {
        let known: Vec<String> = city
            .catalog()
            .levels()
            .iter()
            .map(ToString::to_string)
            .collect();
        // The tier of a plan (圈层) is a property of districts and no level of its own.
        let areas = city.catalog().area_layers().into_iter();
        let mut holders = areas.filter(|layer| layer.attribute(level).is_some());
        let told = holders.next().map_or_else(String::new, |layer| {
            format!("; `{level}` is a column of {}", layer.id)
        });
        let problem = format!(
            "there is no level `{level}`; it is one of: city, {}{told}",
            known.join(", ")
        );
        return Err(QueryError::field("level", problem));
    }
    Ok(city.areas().at(level, period).iter().collect())
}

fn row_of(parts: &Parts, area: &Area) -> BalanceRow {
    let in_area = |source: &Option<CountSource>| {
        let source = source.as_ref()?;
        let by_area = source.loaded.index.sums_by_area(area.level.as_str());
        source.known(by_area.get(&Some(area.code.as_str().into())))
    };
    let official = parts.population.as_ref().and_then(|source| {
        let attribute = source.attribute().id.as_str();
        control_total(&source.loaded, area, attribute).map(|total| total.value)
    });
    let usual_residents = in_area(&parts.population);
    let row = BalanceRow {
        code: area.code.to_string(),
        name: area.name.clone(),
        name_en: area.name_en.clone(),
        level: area.level.to_string(),
        usual_residents,
        official,
        difference: difference(usual_residents, official),
        employed_residents: in_area(&parts.employed),
        households: in_area(&parts.households),
        jobs: in_area(&parts.jobs),
        ..BalanceRow::default()
    };
    with_ratios(row)
}

fn difference(sum: Option<i64>, official: Option<i64>) -> Option<i64> {
    Some(sum? - official?)
}

fn total_row(city: &City, parts: &Parts) -> BalanceRow {
    let whole = |source: &Option<CountSource>| {
        let source = source.as_ref()?;
        source.known(Some(source.loaded.index.sums()))
    };
    let title = city.title();
    with_ratios(BalanceRow {
        code: String::new(),
        name: title.zh,
        name_en: Some(title.en),
        level: "city".into(),
        usual_residents: whole(&parts.population),
        employed_residents: whole(&parts.employed),
        households: whole(&parts.households),
        jobs: whole(&parts.jobs),
        ..BalanceRow::default()
    })
}

fn with_ratios(mut row: BalanceRow) -> BalanceRow {
    match analysis::ratio(row.jobs, row.employed_residents) {
        Ok(ratio) => row.jobs_per_employed_resident = Some(ratio),
        Err(reason) => row.reason = Some(reason),
    }
    row.jobs_per_household = analysis::ratio(row.jobs, row.households).ok();
    row.balance_index = analysis::balance_index(row.jobs, row.employed_residents).ok();
    let uses = row.jobs.zip(row.employed_residents);
    row.entropy_mix = uses.and_then(|(jobs, workers)| {
        analysis::commute::entropy_mix(&[workers as f64, jobs as f64]).ok()
    });
    row
}

impl Contained {
    fn of(ends: Ends) -> Self {
        let found = ends.containment();
        Contained {
            self_containment: found.self_containment.ok(),
            self_sufficiency: found.self_sufficiency.ok(),
            independence: found.independence.ok(),
            ends,
        }
    }

    /// Of some areas together: who lives and works inside one of them, of all who live or work in any.
    /// `None` where no flows tell.
    pub fn of_all<'r>(rows: impl IntoIterator<Item = &'r BalanceRow>) -> Option<Self> {
        let ends = rows
            .into_iter()
            .map(|row| Some(row.contained.as_ref()?.ends));
        let ends: Vec<Ends> = ends.collect::<Option<_>>()?;
        (!ends.is_empty()).then(|| Contained::of(total(ends)))
    }
}

/// Sums of a source in one area, for other questions.
pub(super) fn area_sums<'s>(sums: &'s crate::index::AreaSums, area: &Area) -> Option<&'s Sums> {
    sums.get(&Some(area.code.as_str().into()))
}
