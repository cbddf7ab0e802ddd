//! School places (学位供需): school by school, the children who live around it beside its places, now
//! and in the years ahead.

mod cohorts;
mod table;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Limits, Mode, Numbers, Provenance, QueryError, Ruler, Travel, Unit,
    answer::definition,
    gaps::{People, Supply, items, norm_set, share_that_comes},
    names::Names,
    nearest::nearest_starts,
    within::find_area,
};
use crate::{
    analysis,
    city::{Area, City, LoadedLayer},
    domain::{AreaCode, LayerId, LeftOut, NormItem, Period, Reason},
    index::FeatureRef,
};
use cohorts::Cohorts;
pub use table::{flat_school_places, school_places_table};

/// `GET /api/school_places`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SchoolPlacesQuery {
    /// Only schools in the area of this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    #[serde(default)]
    pub norms: Option<LayerId>,
    /// Items of the norm set; all that have a class size without it.
    #[serde(default)]
    pub services: Option<Names>,
    /// `straight` measures by the service radius, others along the network by the walk.
    #[serde(default)]
    pub mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    /// How many years ahead; 3 and 5 without it.
    #[serde(default)]
    pub ahead: Option<Numbers>,
    /// The share of an age group that comes, in place of the norm's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_rate: Option<f64>,
    #[serde(default)]
    pub period: Option<Period>,
}

/// One stage of one school.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SchoolRow {
    pub service: String,
    pub id: String,
    pub name: Option<String>,
    /// The smallest area that it lies in.
    pub code: String,
    pub kind: Option<String>,
    /// Classes of the whole school (班数).
    pub classes: Option<i64>,
    /// Places of the stage (学位).
    pub capacity: Option<i64>,
    /// Children of the stage within reach (服务半径内适龄人口); schools share them.
    pub children_within: Option<i64>,
    /// Those of them for whom it is the nearest: each child once.
    pub children_nearest: Option<i64>,
    /// Places that those need.
    pub required: Option<i64>,
    pub shortfall: Option<i64>,
    pub surplus: Option<i64>,
    pub reason: Option<Reason>,
    pub expected: Vec<Expected>,
}

/// A year ahead, from the children of now without migration (不计迁移).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Expected {
    /// Years from the reference date of the homes.
    pub ahead: u32,
    /// The year that it is of.
    pub year: Option<i32>,
    pub children_nearest: Option<i64>,
    pub shortfall: Option<i64>,
    pub surplus: Option<i64>,
    pub reason: Option<Reason>,
}

/// A stage in all schools asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StageTotal {
    pub service: String,
    /// How many schools.
    pub facilities: i64,
    pub capacity: Option<i64>,
    pub children_nearest: Option<i64>,
    /// Children of the area asked about, else of the city, whom no school of the stage reaches.
    pub children_beyond: Option<i64>,
    /// Whether the homes count children by single years; else the years ahead spread each age group
    /// evenly over its years.
    pub by_single_years: Option<bool>,
    pub required: Option<i64>,
    pub shortfall: Option<i64>,
    pub surplus: Option<i64>,
    pub expected: Vec<Expected>,
}

pub type SchoolPlaces = Answer<SchoolRow, Vec<StageTotal>>;

/// The furthest that children of now tell of their stages.
const MOST_AHEAD: u32 = 15;

/// Children within reach of each school beside its places, now and in some years.
///
/// # Errors
/// Unknown norms, services or area; a service that is none of schools; years that are none.
pub fn school_places(
    city: &City,
    query: &SchoolPlacesQuery,
    limits: &Limits,
) -> Result<SchoolPlaces, QueryError> {
    let mut query = query.clone();
    let set = norm_set(city, query.norms.as_ref())?;
    query.norms = Some(set.id.clone());
    let mut stages = items(set, query.services.as_ref(), None)?;
    match &query.services {
        None => stages.retain(|item| item.class_size.is_some() && item.demand.is_some()),
        Some(_) => {
            if let Some(item) = stages.iter().find(|item| item.demand.is_none()) {
                let problem = format!("the norm of `{}` does not say who wants it", item.id);
                return Err(QueryError::field("services", problem));
            }
        }
    }
    query.services = Some(Names(stages.iter().map(|s| s.id.to_string()).collect()));
    let ahead = ahead(&mut query)?;
    if query
        .enrolment_rate
        .is_some_and(|rate| !(0.0..=1.0).contains(&rate))
    {
        return Err(QueryError::field("enrolment_rate", "a share from 0 to 1"));
    }
    let period = query.period.as_ref();
    let area = query.area.as_deref();
    let area = area.map(|code| find_area(city, code, period));
    let area = area.transpose().map_err(of_area)?;
    let (mut rows, mut totals) = (Vec::new(), Vec::new());
    let (mut left_out, mut inputs) = (LeftOut::default(), Vec::new());
    let mut measured_on = Vec::new();
    for item in stages {
        limits.check()?;
        let supply = Supply::of(city, item, period);
        let demand = item.demand.as_ref();
        let people = demand.and_then(|demand| People::of(city, demand, None, period));
        let Some(supply) = supply else { continue };
        supply.leave_out(&mut left_out);
        if let Some(people) = &people {
            // Nobody stands outside: rows are schools.
            let homes = vec![Some(0); people.loaded.index.features() as usize];
            people.leave_out(&people.all(), &homes, &mut left_out);
        }
        let stage = Stage {
            item,
            rate: share_that_comes(item, query.enrolment_rate),
            ahead: &ahead,
            area,
            year: people
                .as_ref()
                .map(|people| people.loaded.index.period().year()),
        };
        let reached = match &people {
            Some(people) => {
                let ruler = Ruler::new(city, &travel(&query, item))?;
                let reached = stage.reach(&ruler, &query.mode, people, &supply, limits)?;
                measured_on = ruler.input();
                reached
            }
            None => None,
        };
        let start = rows.len();
        for (number, facility) in supply.facilities.iter().enumerate() {
            if area
                .as_ref()
                .is_none_or(|area| lies_in(&supply.loaded, facility.feature, &area.code))
            {
                let counts = reached.as_ref().map(|reached| &reached.schools[number]);
                rows.push(stage.row(&supply, number, counts, people.is_some()));
            }
        }
        totals.push(stage.total(&rows[start..], reached.as_ref()));
        inputs.push(supply.loaded.clone());
        inputs.extend(people.map(|people| people.loaded));
    }
    let inputs = inputs.iter().map(|loaded| &**loaded);
    let mut provenance = Provenance::of(city, period, None, inputs);
    provenance.inputs.extend(measured_on);
    Ok(Answer {
        query: json!(query),
        definition: definition(city, "school_places"),
        provenance,
        rows,
        totals,
        left_out,
    })
}

/// Years ahead, whole.
fn ahead(query: &mut SchoolPlacesQuery) -> Result<Vec<u32>, QueryError> {
    let asked = query.ahead.get_or_insert_with(|| Numbers(vec![3.0, 5.0]));
    let year = |years: &f64| {
        let is_sound = years.fract() == 0.0 && (1.0..=f64::from(MOST_AHEAD)).contains(years);
        is_sound.then_some(*years as u32)
    };
    let years: Option<Vec<u32>> = asked.0.iter().map(year).collect();
    let problem = || {
        QueryError::field(
            "ahead",
            format!("whole years from 1 to {MOST_AHEAD}, at most 6"),
        )
    };
    let mut years = years.filter(|years| years.len() <= 6).ok_or_else(problem)?;
    years.sort_unstable();
    years.dedup();
    Ok(years)
}

/// What is not found is the field of the question.
fn of_area(error: QueryError) -> QueryError {
    match error {
        QueryError::NotFound { name, .. } => {
            QueryError::field("area", format!("there is no area `{name}`"))
        }
        other => other,
    }
}

/// Whether a feature carries the code of an area at any level.
fn lies_in(loaded: &LoadedLayer, feature: FeatureRef, code: &AreaCode) -> bool {
    let index = &loaded.index;
    (0..index.levels().len()).any(|level| index.area_code(feature, level) == Some(code.as_str()))
}

fn travel(query: &SchoolPlacesQuery, item: &NormItem) -> Travel {
    let travel = Travel {
        mode: query.mode.clone(),
        unit: match item.distance(query.mode == Mode::Straight) {
            Some((_, "min")) => Unit::Minutes,
            _ => Unit::Metres,
        },
        walk_speed_km_h: query.walk_speed_km_h,
        ..Travel::default()
    };
    travel.reversed()
}

/// One stage as a question asks for it.
struct Stage<'n> {
    item: &'n NormItem,
    /// The share of the children that comes, or why it is not known.
    rate: Result<f64, Reason>,
    ahead: &'n [u32],
    /// Whose children are counted where no school is near.
    area: Option<&'n Area>,
    /// The year of the homes.
    year: Option<i32>,
}

/// The children around the schools of a stage.
struct Around {
    schools: Vec<Children>,
    /// Undefined where the homes do not say which area they lie in.
    beyond: Option<i64>,
    by_single_years: bool,
}

#[derive(Clone, Default)]
struct Children {
    within: i64,
    nearest: i64,
    cohorts: Cohorts,
}

impl Stage<'_> {
    /// `None` where the norm knows no distance.
    fn reach(
        &self,
        ruler: &Ruler<'_>,
        mode: &Mode,
        people: &People,
        supply: &Supply,
        limits: &Limits,
    ) -> Result<Option<Around>, QueryError> {
        let Some((cutoff, _)) = self.item.distance(*mode == Mode::Straight) else {
            return Ok(None);
        };
        let cost = ruler.cost("services", cutoff)?;
        let starts = &supply.facilities.starts;
        let mut schools = vec![Children::default(); starts.len()];
        let children = people.all();
        let (loaded, numbering) = (&people.loaded, people.loaded.index.numbering());
        let mut traveler = ruler.traveler(limits);
        for (school, start) in schools.iter_mut().zip(starts) {
            traveler.within(loaded, start, cost, |home, _| {
                school.within += children[numbering.number(home)].unwrap_or(0);
            })?;
        }
        let places = cohorts::places(loaded.layer(), loaded);
        let nearest = nearest_starts(ruler, loaded, starts, cost, limits)?;
        let level = self
            .area
            .map(|area| loaded.index.level_index(area.level.as_str()));
        let is_known = level.is_none_or(|level| level.is_some());
        let is_own = |home| {
            self.area
                .is_none_or(|area| lies_in(loaded, home, &area.code))
        };
        let mut beyond = 0;
        for (home, (nearest, children)) in loaded.index.iter().zip(nearest.iter().zip(&children)) {
            match schools.get_mut(nearest.start as usize) {
                Some(school) => {
                    school.nearest += children.unwrap_or(0);
                    school.cohorts.add(loaded, home, &places);
                }
                None if is_own(home) => beyond += children.unwrap_or(0),
                None => {}
            }
        }
        Ok(Some(Around {
            schools,
            beyond: is_known.then_some(beyond),
            by_single_years: places.iter().all(cohorts::Group::is_single_year),
        }))
    }

    fn row(
        &self,
        supply: &Supply,
        number: usize,
        children: Option<&Children>,
        has_people: bool,
    ) -> SchoolRow {
        let facility = &supply.facilities[number];
        let (index, layer) = (&supply.loaded.index, supply.loaded.layer());
        let feature = facility.feature;
        let text = |id: &str| {
            let at = layer.attribute_index(id)?;
            index.text(feature, at).map(str::to_owned)
        };
        let smallest = (0..index.levels().len()).rev();
        let code = smallest
            .filter_map(|level| index.area_code(feature, level))
            .next();
        let classes = layer.attribute_index("classes");
        let name = layer.index_with_role(crate::domain::Role::Name);
        let mut row = SchoolRow {
            service: self.item.id.to_string(),
            id: index.id(feature).to_owned(),
            name: name
                .and_then(|at| index.text(feature, at))
                .map(str::to_owned),
            code: code.unwrap_or_default().to_owned(),
            kind: text("kind"),
            classes: classes.and_then(|at| index.value(feature, at).as_integer()),
            capacity: facility.capacity.map(|capacity| capacity.round() as i64),
            ..SchoolRow::default()
        };
        let Some(children) = children else {
            let reason = match has_people {
                true => Reason::SetByCity,
                false => Reason::NoData,
            };
            row.reason = Some(reason);
            row.expected = self
                .ahead
                .iter()
                .map(|years| self.unknown(*years, reason))
                .collect();
            return row;
        };
        row.children_within = Some(children.within);
        row.children_nearest = Some(children.nearest);
        row.required = self.required(children.nearest as f64).ok();
        match self.gap(row.capacity, children.nearest as f64) {
            Ok((shortfall, surplus)) => {
                (row.shortfall, row.surplus) = (Some(shortfall), Some(surplus));
            }
            Err(reason) => row.reason = Some(reason),
        }
        let ahead = self.ahead.iter();
        row.expected = ahead
            .map(|years| self.expected(*years, &children.cohorts, row.capacity))
            .collect();
        row
    }

    fn required(&self, children: f64) -> Result<i64, Reason> {
        Ok((children * self.rate?).round() as i64)
    }

    /// Shortfall and surplus.
    fn gap(&self, capacity: Option<i64>, children: f64) -> Result<(i64, i64), Reason> {
        let required = self.required(children)?;
        let capacity = capacity.ok_or(Reason::CapacityIncomplete)?;
        Ok(analysis::gap(capacity, required))
    }

    fn expected(&self, years: u32, cohorts: &Cohorts, capacity: Option<i64>) -> Expected {
        let ages = self.item.demand.as_ref().and_then(cohorts::ages);
        let Some((from, to)) = ages else {
            return self.unknown(years, Reason::NoData);
        };
        let Some(children) = cohorts.aged(from, to, years) else {
            return self.unknown(years, cohorts.why_not(from, years));
        };
        let gap = self.gap(capacity, children);
        Expected {
            ahead: years,
            year: self.year_in(years),
            children_nearest: Some(children.round() as i64),
            shortfall: gap.ok().map(|gap| gap.0),
            surplus: gap.ok().map(|gap| gap.1),
            reason: gap.err(),
        }
    }

    fn year_in(&self, years: u32) -> Option<i32> {
        self.year.map(|year| year + years as i32)
    }

    fn unknown(&self, years: u32, reason: Reason) -> Expected {
        Expected {
            ahead: years,
            year: self.year_in(years),
            children_nearest: None,
            shortfall: None,
            surplus: None,
            reason: Some(reason),
        }
    }

    fn total(&self, rows: &[SchoolRow], around: Option<&Around>) -> StageTotal {
        let sum = |pick: &dyn Fn(&SchoolRow) -> Option<i64>| {
            let known = rows.iter().filter_map(pick);
            let is_any = rows.iter().any(|row| pick(row).is_some());
            is_any.then(|| known.sum::<i64>())
        };
        let expected = self.ahead.iter().enumerate().map(|(at, years)| Expected {
            ahead: *years,
            year: self.year_in(*years),
            children_nearest: sum(&|row| row.expected[at].children_nearest),
            shortfall: sum(&|row| row.expected[at].shortfall),
            surplus: sum(&|row| row.expected[at].surplus),
            reason: rows.iter().find_map(|row| row.expected[at].reason),
        });
        StageTotal {
            service: self.item.id.to_string(),
            facilities: rows.len() as i64,
            capacity: sum(&|row| row.capacity),
            children_nearest: sum(&|row| row.children_nearest),
            children_beyond: around.and_then(|around| around.beyond),
            by_single_years: around.map(|around| around.by_single_years),
            required: sum(&|row| row.required),
            shortfall: sum(&|row| row.shortfall),
            surplus: sum(&|row| row.surplus),
            expected: expected.collect(),
        }
    }
}
