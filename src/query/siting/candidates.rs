use std::{collections::BTreeMap, sync::Arc};

use geo::Point;
use serde::{Deserialize, Serialize};

use super::{Demand, QueryError, Ruler, SitingQuery};
use crate::{
    city::{City, LoadedLayer},
    domain::{Grid, LayerId, Role, measure::distance_m},
    index::FeatureRef,
    query::{Start, features::condition},
};

/// Where new sites may be: the features of a layer, one in each cell of a grid, or places.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidatesQuery {
    /// Plots, buildings or any other features; polygons stand at a point inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
    /// CQL2 text: which features of the layer.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// One candidate for each cell of this side: the feature of the layer nearest to the middle of
    /// those in the cell; without a layer the middle of its homes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid_m: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<CandidatePlace>>,
}

/// A place of one's own.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidatePlace {
    pub lon: f64,
    pub lat: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One place where a site may be.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub id: String,
    pub name: Option<String>,
    pub start: Start,
}

impl Candidate {
    pub fn place(&self) -> (f64, f64) {
        self.start.points[0]
    }
}

/// The candidates of a question that can be measured from, in the order of their ids.
pub(super) struct Candidates {
    pub places: Vec<Candidate>,
    pub off_network: usize,
    /// The layer that they come from.
    pub loaded: Option<Arc<LoadedLayer>>,
}

/// The most candidates of one question.
const MAX_CANDIDATES: usize = 20_000;

const CELLS_M: std::ops::RangeInclusive<u32> = 50..=20_000;

impl Candidates {
    /// # Errors
    /// An unknown layer or condition, no candidates or too many, places outside the world.
    pub fn of(
        city: &City,
        query: &SitingQuery,
        demand: &Demand,
        ruler: &Ruler<'_>,
    ) -> Result<Self, QueryError> {
        let asked = &query.candidates;
        let problem = |problem: String| QueryError::field("candidates", problem);
        if let Some(cell_m) = asked.grid_m
            && !CELLS_M.contains(&cell_m)
        {
            let (least, most) = CELLS_M.into_inner();
            return Err(problem(format!("grid_m is {least} to {most} metres")));
        }
        if asked.condition.is_some() && asked.layer.is_none() {
            return Err(problem("where belongs to a layer".into()));
        }
        let (mut places, loaded) = match (&asked.layer, asked.grid_m, &asked.points) {
            (Some(layer), grid_m, None) => {
                let loaded = city.layer(layer.as_str(), query.period.as_ref());
                let loaded = loaded.ok_or_else(|| QueryError::NotFound {
                    what: "candidate layer with features",
                    name: layer.to_string(),
                })?;
                let features = features(loaded, query, demand)?;
                let features = match grid_m {
                    None => features,
                    Some(cell_m) => middles(loaded, &features, Grid { cell_m }),
                };
                let places = features.iter().map(|f| candidate(loaded, *f)).collect();
                (places, Some(loaded.clone()))
            }
            (None, Some(cell_m), None) => (cells(demand, Grid { cell_m }), None),
            (None, None, Some(points)) => (named(points)?, None),
            _ => {
                let forms = "write {layer}, {layer, grid_m}, {grid_m} or {points}";
                return Err(problem(forms.into()));
            }
        };
        let found = places.len();
        if found > MAX_CANDIDATES {
            let text = format!(
                "these are {found} candidates; {MAX_CANDIDATES} at most: name an area, a \
                 condition or a wider grid_m"
            );
            return Err(problem(text));
        }
        places.retain(|candidate: &Candidate| ruler.is_measurable(&candidate.start));
        if places.is_empty() {
            let text = match found {
                0 => "there is no candidate: widen the area or the condition".to_owned(),
                _ => format!("no way leads to any of the {found} candidates by this mode"),
            };
            return Err(problem(text));
        }
        Ok(Candidates {
            off_network: found - places.len(),
            places,
            loaded,
        })
    }
}

/// The features of the candidate layer that a question means, by id.
fn features(
    loaded: &LoadedLayer,
    query: &SitingQuery,
    demand: &Demand,
) -> Result<Vec<FeatureRef>, QueryError> {
    let condition = condition(loaded, query.candidates.condition.as_deref());
    let condition = condition.map_err(|error| match error {
        QueryError::Field { problem, .. } => {
            QueryError::field("candidates", format!("where: {problem}"))
        }
        other => other,
    })?;
    let index = &loaded.index;
    let mut features: Vec<FeatureRef> = match &condition {
        Some(condition) => index.iter_kept(condition).collect(),
        None => index.iter().collect(),
    };
    if let Some(area) = &demand.area {
        let level = index.level_index(area.level.as_str());
        let code = |feature| level.and_then(|level| index.area_code(feature, level));
        features.retain(|feature| code(*feature) == Some(area.code.as_str()));
    }
    features.sort_by(|a, b| index.id(*a).cmp(index.id(*b)));
    Ok(features)
}

fn candidate(loaded: &LoadedLayer, feature: FeatureRef) -> Candidate {
    let index = &loaded.index;
    let name_at = loaded.layer().index_with_role(Role::Name);
    let name = name_at.and_then(|at| index.text(feature, at));
    Candidate {
        id: index.id(feature).to_owned(),
        name: name.map(str::to_owned),
        start: Start::of(loaded, feature),
    }
}

/// The mean of some places by the cell that they lie in: number, sums of longitude and latitude.
fn gather(places: impl Iterator<Item = (f64, f64)>, grid: Grid) -> BTreeMap<(i32, i32), [f64; 3]> {
    let mut cells: BTreeMap<(i32, i32), [f64; 3]> = BTreeMap::new();
    for (lon, lat) in places {
        let sums = cells.entry(grid.cell(lon, lat)).or_default();
        *sums = [sums[0] + 1.0, sums[1] + lon, sums[2] + lat];
    }
    cells
}

/// Of the features in each cell the one nearest to the middle of them, the first of equals.
fn middles(loaded: &LoadedLayer, features: &[FeatureRef], grid: Grid) -> Vec<FeatureRef> {
    let place = |feature: &FeatureRef| loaded.index.place(*feature);
    let cells = gather(features.iter().map(place), grid);
    let mut nearest: BTreeMap<(i32, i32), (f64, FeatureRef)> = BTreeMap::new();
    for feature in features {
        let (lon, lat) = place(feature);
        let cell = grid.cell(lon, lat);
        let [number, east, north] = cells[&cell];
        let middle = Point::new(east / number, north / number);
        let away_m = distance_m(middle, Point::new(lon, lat));
        let known = nearest.entry(cell).or_insert((away_m, *feature));
        if away_m < known.0 {
            *known = (away_m, *feature);
        }
    }
    let mut found: Vec<FeatureRef> = nearest.into_values().map(|(_, feature)| feature).collect();
    found.sort_by(|a, b| loaded.index.id(*a).cmp(loaded.index.id(*b)));
    found
}

/// The middle of the homes in each cell where anybody wants to be served.
fn cells(demand: &Demand, grid: Grid) -> Vec<Candidate> {
    let index = &demand.loaded.index;
    let homes = index.iter().zip(&demand.people);
    let homes = homes.filter(|(_, people)| **people > 0);
    let cells = gather(homes.map(|(home, _)| index.place(home)), grid);
    let candidate = |((column, row), [number, lon, lat]): ((i32, i32), [f64; 3])| Candidate {
        id: format!("{column}_{row}"),
        name: None,
        start: Start::at(lon / number, lat / number),
    };
    cells.into_iter().map(candidate).collect()
}

fn named(points: &[CandidatePlace]) -> Result<Vec<Candidate>, QueryError> {
    let candidate = |(at, point): (usize, &CandidatePlace)| {
        let CandidatePlace { lon, lat, name } = point;
        if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
            let problem = format!(
                "point {}: a place is longitude, latitude in degrees",
                at + 1
            );
            return Err(QueryError::field("candidates", problem));
        }
        Ok(Candidate {
            id: (at + 1).to_string(),
            name: name.clone(),
            start: Start::at(*lon, *lat),
        })
    };
    points.iter().enumerate().map(candidate).collect()
}
