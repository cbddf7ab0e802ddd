use std::{collections::BTreeMap, sync::Arc};

use geo::{Geometry, Point};

use super::{AccessQuery, Limits, QueryError};
use crate::{
    city::{Area, City, LoadedLayer},
    domain::{Grid, LayerKind, LeftOut, Table},
    index::{FeatureRef, LayerIndex},
    query::{balance::areas_of_level, grid, sources::CountSource},
};

/// The places of a question with the people who want something.
pub(super) struct Places {
    /// What is measured to; places are numbered in the order of its index.
    pub loaded: Arc<LoadedLayer>,
    /// By the number of the place; unknown where no home of it has a value. None where the places
    /// are the homes, which say it themselves.
    people: Vec<Option<i64>>,
    /// What people are ranked by; empty where the question does not ask.
    pub income: Vec<Option<f64>>,
    pub kind: PlaceKind,
    /// The count of people.
    pub source: CountSource,
    missing: u64,
    outside: u64,
}

/// What a place is.
#[derive(Clone, Debug)]
pub(super) enum PlaceKind {
    Homes,
    Cells,
    /// The areas of a level in the order of their codes, with their numbers.
    Areas(Vec<(Area, usize)>),
}

const CELLS_M: std::ops::RangeInclusive<u32> = 50..=20_000;

impl Places {
    /// # Errors
    /// Unknown levels or attributes, a cell that is too small or too large.
    pub fn of(city: &City, query: &mut AccessQuery, limits: &Limits) -> Result<Self, QueryError> {
        let source = people(city, query)?;
        query.demand = Some(source.attribute().id.to_string());
        let income = income(&source, query)?;
        limits.allow(source.loaded.index.features() * 48)?;
        if query.cell_m.is_some() && query.from != "grid" {
            return Err(QueryError::field("cell_m", "belongs to `from: grid`"));
        }
        if query.by.is_some() && query.from != "residences" {
            let problem = "areas are summed up from residences: leave `from` out";
            return Err(QueryError::field("by", problem));
        }
        if let Some(level) = &query.by {
            if level == "city" {
                let problem = "the whole city is in the totals of any question";
                return Err(QueryError::field("by", problem));
            }
            areas_of_level(city, level, query.period.as_ref()).map_err(|e| renamed(e, "by"))?;
        }
        match query.from.as_str() {
            "residences" => Ok(homes(source, income)),
            "grid" => {
                let cell_m = *query.cell_m.get_or_insert(500);
                if !CELLS_M.contains(&cell_m) {
                    let (least, most) = CELLS_M.into_inner();
                    let problem = format!("{least} to {most} metres");
                    return Err(QueryError::field("cell_m", problem));
                }
                Ok(cells(source, income, Grid { cell_m }))
            }
            level => areas(city, level, query, source, income),
        }
    }

    /// The people of every place, by its number; unknown where no home of it has a value.
    pub fn people(&self) -> Vec<Option<i64>> {
        match self.kind {
            PlaceKind::Homes => self.loaded.index.integers(self.source.place).collect(),
            _ => self.people.clone(),
        }
    }

    /// The same of one place, with its number.
    pub fn people_at(&self, place: FeatureRef, number: usize) -> Option<i64> {
        match self.kind {
            PlaceKind::Homes => {
                let value = self.loaded.index.value(place, self.source.place);
                value.as_integer()
            }
            _ => self.people[number],
        }
    }

    /// The same of the places of one cell, row by row.
    pub fn people_in(&self, cell: usize) -> Vec<Option<i64>> {
        let cells = self.loaded.index.cells();
        let rows = 0..cells[cell].len();
        match self.kind {
            PlaceKind::Homes => {
                let column = &cells[cell].columns()[self.source.place];
                rows.map(|row| column.integer(row)).collect()
            }
            _ => {
                let first: usize = cells[..cell].iter().map(|cell| cell.len()).sum();
                self.people[first..first + rows.len()].to_vec()
            }
        }
    }

    /// People as the measures take them: nobody where the number is unknown.
    pub fn demand(&self) -> Vec<f64> {
        let people = self.people().into_iter();
        people.map(|people| people.unwrap_or(0) as f64).collect()
    }

    pub fn left_out(&self, left_out: &mut LeftOut) {
        let (layer, attribute) = (self.source.layer_id(), self.source.attribute().id.as_str());
        left_out.add_missing(layer, attribute, self.missing);
        left_out.add_outside(layer, attribute, self.outside);
    }

    /// Counts the homes outside all areas of a level.
    pub fn outside(&self, level: &str, left_out: &mut LeftOut) {
        let by_area = self.source.loaded.index.sums_by_area(level);
        let outside = by_area.get(&None).map_or(0, |sums| sums.features);
        let attribute = self.source.attribute().id.as_str();
        left_out.add_outside(self.source.layer_id(), attribute, outside);
    }
}

fn renamed(error: QueryError, field: &'static str) -> QueryError {
    match error {
        QueryError::Field { problem, .. } => QueryError::Field { field, problem },
        other => other,
    }
}

/// The count of a residence layer that a question names, else the first filled population.
fn people(city: &City, query: &AccessQuery) -> Result<CountSource, QueryError> {
    let period = query.period.as_ref();
    let Some(name) = &query.demand else {
        let none = || QueryError::NotFound {
            what: "population attribute with values",
            name: "population".into(),
        };
        return crate::query::sources::population(city, None, period).ok_or_else(none);
    };
    let homes = city.layers_at(period);
    let homes = homes.filter(|loaded| loaded.layer().kind == LayerKind::Residence);
    let mut named = homes.filter_map(|loaded| {
        let mut counts = loaded.layer().counts().enumerate();
        let (count, (place, _)) = counts.find(|(_, (_, a))| a.id == **name)?;
        let loaded = loaded.clone();
        Some(CountSource {
            loaded,
            place,
            count,
        })
    });
    named.find(CountSource::ever_filled).ok_or_else(|| {
        let problem = format!("no residence layer has values of `{name}`; import them");
        QueryError::field("demand", problem)
    })
}

/// Where the income of homes stands, if a question asks for it.
fn income(source: &CountSource, query: &AccessQuery) -> Result<Option<usize>, QueryError> {
    let Some(name) = &query.income else {
        return Ok(None);
    };
    let layer = source.loaded.layer();
    let place = layer.attribute_index(name).ok_or_else(|| {
        let problem = format!("{} has no attribute `{name}`", layer.id);
        QueryError::field("income", problem)
    })?;
    let attribute = &layer.attributes[place];
    if attribute.is_count() {
        let problem = format!(
            "`{name}` counts {}, and people are ranked by an amount per person, such as `income`",
            attribute.title.en
        );
        return Err(QueryError::field("income", problem));
    }
    let index = &source.loaded.index;
    let mut values = index
        .iter()
        .map(|home| index.value(home, place).as_number());
    if !values.any(|value| value.is_some()) {
        let problem = format!("no home has a value of `{name}`; import them");
        return Err(QueryError::field("income", problem));
    }
    Ok(Some(place))
}

fn homes(source: CountSource, income: Option<usize>) -> Places {
    let index = &source.loaded.index;
    let income = income.map_or_else(Vec::new, |at| {
        let value = |home| index.value(home, at).as_number();
        index.iter().map(value).collect()
    });
    Places {
        missing: index.sums().counts[source.count].missing,
        outside: 0,
        loaded: source.loaded.clone(),
        people: Vec::new(),
        income,
        kind: PlaceKind::Homes,
        source,
    }
}

/// What the homes of a place add up to.
#[derive(Clone, Copy, Debug, Default)]
struct Gathered {
    homes: u64,
    missing: u64,
    people: i64,
    /// The mean place of its homes, as sums.
    lon: f64,
    lat: f64,
    /// People of known income, and what they have together.
    earners: i64,
    income: f64,
}

impl Gathered {
    fn add(&mut self, source: &CountSource, home: FeatureRef, income: Option<usize>) {
        let index = &source.loaded.index;
        let (lon, lat) = index.place(home);
        self.homes += 1;
        self.lon += lon;
        self.lat += lat;
        let Some(people) = index.value(home, source.place).as_integer() else {
            self.missing += 1;
            return;
        };
        self.people += people;
        if let Some(each) = income.and_then(|at| index.value(home, at).as_number()) {
            self.earners += people;
            self.income += people as f64 * each;
        }
    }

    fn people(&self) -> Option<i64> {
        (self.missing == 0 || self.missing < self.homes).then_some(self.people)
    }

    fn income(&self) -> Option<f64> {
        (self.earners > 0).then(|| self.income / self.earners as f64)
    }
}

/// The cells that hold homes; a cell stands at the mean place of them.
fn cells(source: CountSource, income: Option<usize>, grid: Grid) -> Places {
    let index = &source.loaded.index;
    let mut gathered: BTreeMap<(i32, i32), Gathered> = BTreeMap::new();
    for home in index.iter() {
        let (lon, lat) = index.place(home);
        let cell = gathered.entry(grid.cell(lon, lat)).or_default();
        cell.add(&source, home, income);
    }
    let layer = grid::layer(source.loaded.layer());
    let mut table = Table::for_layer(&layer);
    for ((column, row), cell) in &gathered {
        let homes = cell.homes as f64;
        let place = Point::new(cell.lon / homes, cell.lat / homes);
        table.push(&format!("{column}_{row}"), Geometry::Point(place), &[]);
    }
    let period = index.period().clone();
    let cells = LayerIndex::build(layer, period, Vec::new(), &table);
    // The index puts cells in an order of its own.
    let by_id: BTreeMap<String, &Gathered> = gathered
        .iter()
        .map(|((column, row), cell)| (format!("{column}_{row}"), cell))
        .collect();
    let own = |cell| by_id[cells.id(cell)];
    let people = cells.iter().map(|cell| own(cell).people()).collect();
    let incomes = cells.iter().map(|cell| own(cell).income());
    let incomes = income.map_or_else(Vec::new, |_| incomes.collect());
    Places {
        missing: gathered.values().map(|cell| cell.missing).sum(),
        outside: 0,
        people,
        income: incomes,
        kind: PlaceKind::Cells,
        loaded: Arc::new(LoadedLayer {
            index: cells,
            records: Vec::new(),
            control_totals: Vec::new(),
            // Names these very cells: the homes they were made of, and their size.
            version: source.loaded.version << 16 | u64::from(grid.cell_m),
        }),
        source,
    }
}

/// The areas of a level, each at a point inside, with the people of its homes.
fn areas(
    city: &City,
    level: &str,
    query: &AccessQuery,
    source: CountSource,
    income: Option<usize>,
) -> Result<Places, QueryError> {
    let period = query.period.as_ref();
    let found = (level != "city").then(|| areas_of_level(city, level, period));
    let areas = found.and_then(Result::ok).ok_or_else(|| {
        let levels: Vec<String> = city
            .catalog()
            .levels()
            .iter()
            .map(ToString::to_string)
            .collect();
        let levels = levels.join(", ");
        let problem = format!("`{level}` is none of residences, grid, {levels}");
        QueryError::field("from", problem)
    })?;
    let none = || QueryError::NotFound {
        what: "layer of areas with features",
        name: level.to_owned(),
    };
    let layer = city.catalog().area_layer(level).ok_or_else(none)?;
    let state = city.areas().period_at(level, period).ok_or_else(none)?;
    let mut states = city.states(layer.id.as_str());
    let loaded = states
        .find(|loaded| loaded.index.period() == state)
        .ok_or_else(none)?;
    let numbering = loaded.index.numbering();
    let mut gathered: BTreeMap<&str, Gathered> = BTreeMap::new();
    let index = &source.loaded.index;
    let level_at = index.level_index(level);
    let mut outside = 0;
    for home in index.iter() {
        match level_at.and_then(|level| index.area_code(home, level)) {
            Some(code) => gathered.entry(code).or_default().add(&source, home, income),
            None => outside += 1,
        }
    }
    let mut people = vec![None; loaded.index.features() as usize];
    let mut incomes = vec![None; if income.is_some() { people.len() } else { 0 }];
    let mut numbered = Vec::new();
    for area in areas {
        let number = numbering.number(area.feature);
        let own = gathered
            .get(area.code.as_str())
            .copied()
            .unwrap_or_default();
        people[number] = own.people();
        if income.is_some() {
            incomes[number] = own.income();
        }
        numbered.push((area.clone(), number));
    }
    Ok(Places {
        missing: gathered.values().map(|area| area.missing).sum(),
        outside,
        loaded: loaded.clone(),
        people,
        income: incomes,
        kind: PlaceKind::Areas(numbered),
        source,
    })
}
