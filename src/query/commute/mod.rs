//! Who commutes where (通勤), and how far that is from the least that homes and jobs allow.

mod check;
mod costs;
mod lines;
mod monitor;
mod ways;
mod zones;

use serde::{Deserialize, Serialize};
use serde_json::json;

pub use check::{Compared, FlowCheck, check_flows};
pub use costs::{Center, Intrazonal};
pub use lines::{FlowLine, FlowsQuery, flow_lines, flow_lines_to_geojson};

use super::{
    Answer, Arrival, Departure, Direction, Input, Limits, Mode, Provenance, QueryError, Ruler,
    Travel, Unit,
    answer::definition,
    balance::areas_of_level,
    sources::{population, with_role},
};
use crate::{
    analysis::commute::{Trip, dissimilarity, excess_commute},
    city::{City, LoadedFlows},
    domain::{LayerKind, LeftOut, Period, Reason, Role, Title},
};
use costs::Centers;
use monitor::Monitor;
pub use ways::Way;
use ways::{Scale, Travelled};
use zones::ZonedFlows;
pub(super) use zones::{Ends, total};

/// `GET /api/commute`: between which areas, and how commutes are measured.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CommuteQuery {
    /// An area level.
    pub level: String,
    /// How a commute is measured.
    #[serde(default)]
    pub cost: Mode,
    /// Distance or time; without it what the way of travelling is usually measured in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// What a commute within an area costs; without it what a matrix says, else half of the way to
    /// the nearest other area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intrazonal: Option<Intrazonal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    /// When one sets out; by timetable only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// When one must be there; by timetable only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    /// Only commuters by this mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population that centers and mismatch are made from; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
}

impl CommuteQuery {
    /// The question with its defaults.
    fn filled(&self) -> Self {
        let unit = match matches!(self.cost, Mode::Straight | Mode::Walk) {
            true => Unit::Metres,
            false => Unit::Minutes,
        };
        let intrazonal = match self.cost.to_string().starts_with("matrix:") {
            true => Intrazonal::Given,
            false => Intrazonal::HalfNearest,
        };
        CommuteQuery {
            unit: self.unit.or(Some(unit)),
            intrazonal: self.intrazonal.or(Some(intrazonal)),
            ..self.clone()
        }
    }

    fn travel(&self) -> Travel {
        Travel {
            mode: self.cost.clone(),
            unit: self.unit.unwrap_or_default(),
            walk_speed_km_h: self.walk_speed_km_h,
            bicycle_speed_km_h: self.bicycle_speed_km_h,
            departure: self.departure.clone(),
            arrival: self.arrival.clone(),
            max_walk_m: self.max_walk_m,
            // Who must be at work by a time is searched for from the workplace.
            direction: match self.arrival {
                Some(_) => Direction::To,
                None => Direction::From,
            },
        }
    }
}

/// The commuters (通勤) of one area.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CommuteRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    /// Resident workers: who lives there.
    pub commuters: i64,
    /// Who lives and works there.
    pub inside: i64,
    pub out_commuters: i64,
    pub in_commuters: i64,
    pub self_containment: Option<f64>,
    pub self_sufficiency: Option<f64>,
    pub independence: Option<f64>,
    /// Of the resident workers whose commute is known.
    #[serde(flatten)]
    pub way: Way,
    /// Of the resident workers who work in the city: those with home and workplace near a station.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_rail_both_ends: Option<f64>,
    /// Why a value is undefined.
    pub reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub center: Option<Center>,
    /// Of the whole city.
    #[serde(flatten)]
    pub city: Option<CityCommute>,
    /// What the way was made of.
    #[serde(skip)]
    travelled: Travelled,
}

/// What only the city as a whole has.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CityCommute {
    /// `km` or `min`, of the four commutes.
    pub unit: &'static str,
    pub observed_commute: Option<f64>,
    pub minimum_commute: Option<f64>,
    pub maximum_commute: Option<f64>,
    pub random_commute: Option<f64>,
    pub excess_share: Option<f64>,
    pub potential_used: Option<f64>,
    /// The longer half axis of the ellipse that holds 90 % of the commuters' homes and workplaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commuting_space_radius_km: Option<f64>,
    /// What near a station means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rail_metres: Option<f64>,
    pub dissimilarity: Option<f64>,
    pub mismatch: Option<f64>,
    /// Who lives in the city and works outside.
    pub leaving_city: i64,
    /// Who works in the city and lives outside.
    pub entering_city: i64,
    /// Who commutes between areas without a known way: in none of the four commutes.
    pub without_way: i64,
}

/// Self-containment, commutes and their bounds for every area of a level.
///
/// # Errors
/// An unknown level, no flows between its areas, or a way of travelling that the city lacks.
pub fn commute(
    city: &City,
    query: &CommuteQuery,
    limits: &Limits,
) -> Result<Answer<CommuteRow>, QueryError> {
    let query = &query.filled();
    let period = query.period.as_ref();
    let flows = zoned(city, &query.level, period, query.mode.as_deref())?;
    let travel = query.travel();
    let ruler = Ruler::new(city, &travel).map_err(of_cost)?;
    let people = population(city, query.caliber.as_deref(), period);
    if let (Some(caliber), None) = (&query.caliber, &people) {
        return Err(QueryError::NotFound {
            what: "population attribute",
            name: caliber.clone(),
        });
    }
    let intrazonal = query.intrazonal.unwrap_or(Intrazonal::HalfNearest);
    let centers = Centers::of(city, &query.level, flows.areas, people.as_ref(), period);
    let costs = centers.costs(&ruler, &travel, flows.areas, intrazonal, limits)?;
    limits.check()?;
    let mode = query.mode.as_deref();
    let monitor = Monitor::of(city, &flows, &query.level, mode, period, limits)?;
    let rail = |home| {
        monitor
            .as_ref()
            .and_then(|monitor| monitor.rail_share(home))
    };
    let scale = Scale::of(travel.unit, &ruler);
    let ends = flows.ends();
    let mut trips_of: Vec<Vec<Trip>> = vec![Vec::new(); flows.areas.len()];
    for trip in &flows.trips {
        trips_of[trip.origin].push(*trip);
    }
    let rows: Vec<CommuteRow> = flows
        .areas
        .iter()
        .enumerate()
        .map(|(zone, area)| CommuteRow {
            code: area.code.to_string(),
            name: area.name.clone(),
            name_en: area.name_en.clone(),
            level: area.level.to_string(),
            center: Some(centers.kinds[zone]),
            share_rail_both_ends: rail(Some(zone)),
            ..row(ends[zone], scale.travelled(&trips_of[zone], &costs))
        })
        .collect();
    limits.check()?;
    limits.step(
        "求最小与最大通勤",
        "solving for the least and the greatest commute",
    );
    let excess = excess_commute(&flows.trips, &costs);
    let title = city.title();
    let jobs = with_role(city, LayerKind::Workplace, Role::Jobs, period);
    let mismatch = match (&people, &jobs) {
        (Some(people), Some(jobs)) => {
            let by_area = |source: &super::sources::CountSource| {
                let sums = source.loaded.index.sums_by_area(&query.level);
                let known = move |code: &str| source.total(sums.get(&Some(code.into()))).sum;
                flows
                    .areas
                    .iter()
                    .map(move |area| known(area.code.as_str()))
                    .collect()
            };
            let (people, jobs): (Vec<i64>, Vec<i64>) = (by_area(people), by_area(jobs));
            dissimilarity(&people.into_iter().zip(jobs).collect::<Vec<_>>())
        }
        _ => Err(Reason::NoData),
    };
    let mut totals = CommuteRow {
        name: title.zh,
        name_en: Some(title.en),
        level: "city".into(),
        share_rail_both_ends: rail(None),
        ..commute_of(&rows)
    };
    if let (Err(reason), None) = (&excess, totals.reason) {
        totals.reason = Some(*reason);
    }
    let of_city = CityCommute {
        commuting_space_radius_km: monitor
            .as_ref()
            .and_then(|monitor| monitor.space_radius_km(city, people.as_ref(), period).ok()),
        rail_metres: monitor.as_ref().and_then(Monitor::rail_metres),
        dissimilarity: homes_and_jobs(&ends).ok(),
        mismatch: mismatch.ok(),
        leaving_city: flows.leaving.iter().sum(),
        entering_city: flows.entering.iter().sum(),
        ..scale.city(&excess, &flows.trips)
    };
    totals.city = Some(of_city);
    let mut left_out = LeftOut::default();
    left_out.add_outside("flows", "commuters", flows.unplaced);
    let inputs = people.iter().chain(&jobs).map(|source| &*source.loaded);
    let caliber = people.as_ref().map(|p| p.attribute().id.to_string());
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.push(input(flows.loaded));
    provenance.inputs.extend(ruler.input());
    for input in monitor.map_or_else(Vec::new, Monitor::inputs) {
        let is_known = |known: &Input| {
            (&known.layer, &known.reference_date) == (&input.layer, &input.reference_date)
        };
        if !provenance.inputs.iter().any(is_known) {
            provenance.inputs.push(input);
        }
    }
    Ok(Answer {
        query: json!(query),
        definition: definition(city, "commute"),
        provenance,
        rows,
        totals,
        left_out,
    })
}

/// Who lives and works inside, for columns beside other measures of areas.
pub(super) struct Containments {
    /// By code, in its order.
    pub by_area: Vec<(String, Ends)>,
    /// Of all areas together.
    pub total: Ends,
    pub input: Input,
}

/// The containment of every area of a level; `None` without flows.
pub(super) fn containments(
    city: &City,
    level: &str,
    period: Option<&Period>,
) -> Option<Containments> {
    let flows = ZonedFlows::of(city, level, period, None)?;
    let ends = flows.ends();
    let named = flows.areas.iter().zip(&ends);
    let named = named.map(|(area, ends)| (area.code.to_string(), *ends));
    Some(Containments {
        by_area: named.collect(),
        total: total(ends),
        input: input(flows.loaded),
    })
}

/// The flows between the areas of a level.
fn zoned<'c>(
    city: &'c City,
    level: &str,
    period: Option<&Period>,
    mode: Option<&str>,
) -> Result<ZonedFlows<'c>, QueryError> {
    if level == "city" {
        let problem = "commutes are counted between areas: name an area level";
        return Err(QueryError::field("level", problem));
    }
    areas_of_level(city, level, period)?;
    let flows = ZonedFlows::of(city, level, period, mode).ok_or_else(|| {
        let problem = format!(
            "there are no flows between areas of level {level} or smaller; bring them in with \
             `suitu import flows`"
        );
        QueryError::field("level", problem)
    })?;
    let modes = flows.loaded.flows.modes();
    if let Some(mode) = mode
        && !modes.contains(&mode)
    {
        let problem = match modes[..] {
            [] => "these flows do not tell modes apart".to_owned(),
            _ => format!(
                "no commuter goes by `{mode}`; there are {}",
                modes.join(", ")
            ),
        };
        return Err(QueryError::field("mode", problem));
    }
    Ok(flows)
}

/// What a ruler calls the mode is the cost here.
fn of_cost(error: QueryError) -> QueryError {
    match error {
        QueryError::Field {
            field: "mode",
            problem,
        } => QueryError::field("cost", problem),
        other => other,
    }
}

/// The source of the flows.
fn input(loaded: &LoadedFlows) -> Input {
    Input {
        layer: "flows".parse().expect("a name"),
        title: Title {
            zh: "通勤流".into(),
            en: "Commuting flows".into(),
        },
        source: loaded.record.source.clone(),
        source_en: loaded.record.source_en.clone(),
        licence: loaded.record.licence.clone(),
        reference_date: loaded.period.clone(),
        features: loaded.flows.len() as u64,
        crs: String::new(),
        synthetic: loaded.record.synthetic,
        estimated: Vec::new(),
        notes: Vec::new(),
    }
}

/// Homes and jobs by area as the flows tell them.
fn homes_and_jobs(ends: &[Ends]) -> Result<f64, Reason> {
    let counts = ends.iter().map(|e| (e.inside + e.out, e.inside + e.into));
    dissimilarity(&counts.collect::<Vec<_>>())
}

/// The commuters of some areas of one answer together (合计): the sums over those areas, and what all
/// their commuters travel between the same areas. Nothing that only the city as a whole has.
pub fn commute_of<'r>(rows: impl IntoIterator<Item = &'r CommuteRow>) -> CommuteRow {
    let mut ends = Vec::new();
    let mut travelled = Travelled::default();
    for row in rows {
        ends.push(Ends {
            inside: row.inside,
            out: row.out_commuters,
            into: row.in_commuters,
        });
        travelled.scale = row.travelled.scale;
        travelled.tally.add(&row.travelled.tally);
    }
    row(total(ends), travelled)
}

fn row(ends: Ends, travelled: Travelled) -> CommuteRow {
    let (way, why) = travelled.way();
    let found = ends.containment();
    let parts = [
        found.self_containment,
        found.self_sufficiency,
        found.independence,
    ];
    let reasons = parts.into_iter().filter_map(Result::err);
    CommuteRow {
        commuters: ends.inside + ends.out,
        inside: ends.inside,
        out_commuters: ends.out,
        in_commuters: ends.into,
        self_containment: found.self_containment.ok(),
        self_sufficiency: found.self_sufficiency.ok(),
        independence: found.independence.ok(),
        reason: reasons.chain(why).next(),
        way,
        travelled,
        ..CommuteRow::default()
    }
}
