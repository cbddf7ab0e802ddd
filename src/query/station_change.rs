use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Arrival, Departure, Direction, Limits, Mode, Numbers, Origin, Provenance, QueryError,
    Ruler, Start, Travel, Unit,
    answer::definition,
    balance::areas_of_level,
    nearest::nearest_costs,
    numbers::each_once,
    origins::find_origins,
    people::{ByArea, Counted, share},
    sources::{CountSource, named_population, with_role},
    stations::Entrances,
};
use crate::{
    city::City,
    domain::{LayerId, LayerKind, LeftOut, Period, Reason, Role},
};

/// `POST /api/station_change`: what another set of stations changes.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StationChangeQuery {
    /// Empty where there was no station yet.
    pub before: Vec<Origin>,
    pub after: Vec<Origin>,
    #[serde(default)]
    pub mode: Mode,
    pub cutoffs: Numbers,
    #[serde(default)]
    pub unit: Unit,
    #[serde(default)]
    pub direction: Direction,
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
    /// An area level, or `city`.
    #[serde(default = "whole")]
    pub level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population attribute; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
}

fn whole() -> String {
    "city".into()
}

impl StationChangeQuery {
    fn travel(&self) -> Travel {
        Travel {
            mode: self.mode.clone(),
            unit: self.unit,
            direction: self.direction,
            walk_speed_km_h: self.walk_speed_km_h,
            bicycle_speed_km_h: self.bicycle_speed_km_h,
            departure: self.departure.clone(),
            arrival: self.arrival.clone(),
            max_walk_m: self.max_walk_m,
        }
    }
}

/// Residents and jobs near a station before and after, in one area within one cutoff.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StationChangeRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    pub cutoff: f64,
    pub residents: Option<i64>,
    pub before_residents: Option<i64>,
    pub after_residents: Option<i64>,
    /// Gained less lost.
    pub difference_residents: Option<i64>,
    /// Near a station only after.
    pub gained_residents: Option<i64>,
    /// Near a station only before.
    pub lost_residents: Option<i64>,
    /// 0–1
    pub before_share_residents: Option<f64>,
    pub after_share_residents: Option<f64>,
    pub jobs: Option<i64>,
    pub before_jobs: Option<i64>,
    pub after_jobs: Option<i64>,
    pub difference_jobs: Option<i64>,
    pub gained_jobs: Option<i64>,
    pub lost_jobs: Option<i64>,
    /// 0–1
    pub before_share_jobs: Option<f64>,
    pub after_share_jobs: Option<f64>,
    /// Why the shares of residents are undefined.
    pub reason: Option<Reason>,
    /// Why those of jobs are.
    pub jobs_reason: Option<Reason>,
}

/// Residents and jobs within reach of one set of stations and of another, by area and cutoff; zero
/// difference where the sets are the same.
///
/// # Errors
/// As [`catchments`](super::catchments()), and an unknown level.
pub fn station_change(
    city: &City,
    query: &StationChangeQuery,
    limits: &Limits,
) -> Result<Answer<StationChangeRow, Vec<StationChangeRow>>, QueryError> {
    let period = query.period.as_ref();
    let areas = areas_of_level(city, &query.level, period)?;
    let ruler = Ruler::new(city, &query.travel())?;
    let cutoffs = each_once(&query.cutoffs.0);
    let costs = super::catchments::costs(&ruler, &cutoffs)?;
    let mut layers: Vec<LayerId> = Vec::new();
    let mut starts = |field, origins: &[Origin]| -> Result<Vec<Start>, QueryError> {
        // No station at all is a state that a line can be compared with.
        if origins.is_empty() {
            return Ok(Vec::new());
        }
        let found = find_origins(city, field, origins, period)?;
        layers.extend(found.iter().filter_map(|origin| origin.layer.clone()));
        Ok(found.into_iter().map(|origin| origin.start).collect())
    };
    let sets = [
        starts("before", &query.before)?,
        starts("after", &query.after)?,
    ];
    let people = named_population(city, query.caliber.as_deref(), period)?;
    let jobs = with_role(city, LayerKind::Workplace, Role::Jobs, period);
    let mut left_out = LeftOut::default();
    // A station that no street comes near is not one that reaches nobody.
    let known = ["before", "after"].map(|name| {
        let set = if name == "before" { &sets[0] } else { &sets[1] };
        let lost = set
            .iter()
            .filter(|start| !ruler.is_measurable(start))
            .count();
        left_out.add_missing(name, "off_network", lost as u64);
        match set.is_empty() || lost < set.len() {
            true => Ok(()),
            false => Err(ruler.unmeasurable()),
        }
    });
    let mut change = |source: &Option<CountSource>| {
        let Some(source) = source else {
            return Ok(Change::default());
        };
        let counted = Counted::of(source.clone(), &query.level, &areas);
        counted.leave_out(&mut left_out);
        let largest = costs.iter().copied().fold(0.0, f64::max);
        let nearest = |set: &[Start]| nearest_costs(&ruler, &source.loaded, set, largest, limits);
        let (before, after) = (nearest(&sets[0])?, nearest(&sets[1])?);
        let sums = |cost: &f64| {
            let was = |n: usize| before[n] <= *cost;
            let is = |n: usize| after[n] <= *cost;
            [
                counted.sum(was),
                counted.sum(is),
                counted.sum(|n| is(n) && !was(n)),
                counted.sum(|n| was(n) && !is(n)),
            ]
        };
        Ok::<_, QueryError>(Change {
            total: Some(counted.total()),
            by_cutoff: costs.iter().map(sums).collect(),
        })
    };
    let (of_people, of_jobs) = (change(&people)?, change(&jobs)?);
    let row = |area: Option<usize>, number: usize| {
        let title = city.title();
        let area_of = area.map(|area| areas[area]);
        let p = of_people.at(area, number, Reason::NoPopulation, known);
        let j = of_jobs.at(area, number, Reason::NoJobs, known);
        StationChangeRow {
            code: area_of.map_or_else(String::new, |area| area.code.to_string()),
            name: area_of.map_or(title.zh, |area| area.name.clone()),
            name_en: area_of.map_or(Some(title.en), |area| area.name_en.clone()),
            level: area_of.map_or_else(whole, |area| area.level.to_string()),
            cutoff: cutoffs[number],
            residents: p.total,
            before_residents: p.before,
            after_residents: p.after,
            difference_residents: p.difference(),
            gained_residents: p.gained,
            lost_residents: p.lost,
            before_share_residents: p.before_share.ok(),
            after_share_residents: p.after_share.ok(),
            jobs: j.total,
            before_jobs: j.before,
            after_jobs: j.after,
            difference_jobs: j.difference(),
            gained_jobs: j.gained,
            lost_jobs: j.lost,
            before_share_jobs: j.before_share.ok(),
            after_share_jobs: j.after_share.ok(),
            reason: p.before_share.err().or(p.after_share.err()),
            jobs_reason: j.before_share.err().or(j.after_share.err()),
        }
    };
    let numbers = 0..costs.len();
    let of_area = |area: usize| numbers.clone().map(move |number| (Some(area), number));
    let rows = (0..areas.len()).flat_map(of_area);
    let rows = rows.map(|(area, number)| row(area, number)).collect();
    let totals = numbers.clone().map(|number| row(None, number)).collect();
    layers.sort();
    layers.dedup();
    let entrances = Entrances::of(city, period);
    let counted = [&people, &jobs].into_iter().flatten().map(|s| &*s.loaded);
    let of_stations = layers.iter().flat_map(|layer| {
        let own = city.layer(layer.as_str(), period).map(|loaded| &**loaded);
        own.into_iter().chain(entrances.sources(layer))
    });
    let caliber = people.as_ref().map(|p| p.attribute().id.to_string());
    let mut provenance = Provenance::of(city, period, caliber, counted.chain(of_stations));
    provenance.inputs.extend(ruler.input());
    Ok(Answer {
        query: json!(query),
        definition: definition(city, question(&query.mode)),
        provenance,
        rows,
        totals,
        left_out,
    })
}

fn question(mode: &Mode) -> &'static str {
    match mode {
        Mode::Straight => "station_change",
        _ => "station_change_network",
    }
}

/// One count: all of it, and within each cutoff what is covered before, after, only after, only
/// before.
#[derive(Default)]
struct Change {
    total: Option<ByArea>,
    by_cutoff: Vec<[ByArea; 4]>,
}

/// The same in one area within one cutoff.
struct Changed {
    total: Option<i64>,
    before: Option<i64>,
    after: Option<i64>,
    gained: Option<i64>,
    lost: Option<i64>,
    before_share: Result<f64, Reason>,
    after_share: Result<f64, Reason>,
}

impl Change {
    /// `known` says of the stations before and after why they cannot be measured from.
    fn at(
        &self,
        area: Option<usize>,
        number: usize,
        nobody: Reason,
        known: [Result<(), Reason>; 2],
    ) -> Changed {
        let total = self.total.as_ref().and_then(|sums| sums.at(area));
        let [before, after, gained, lost] = match self.by_cutoff.get(number) {
            Some(sums) => [0, 1, 2, 3].map(|part: usize| sums[part].at(area)),
            None => [None; 4],
        };
        let [was, is] = known;
        let (before, after) = (before.filter(|_| was.is_ok()), after.filter(|_| is.is_ok()));
        let both = was.and(is);
        Changed {
            total,
            before,
            after,
            gained: gained.filter(|_| both.is_ok()),
            lost: lost.filter(|_| both.is_ok()),
            before_share: was.and_then(|()| share(before, total, nobody)),
            after_share: is.and_then(|()| share(after, total, nobody)),
        }
    }
}

impl Changed {
    fn difference(&self) -> Option<i64> {
        Some(self.after? - self.before?)
    }
}
