use serde::{Deserialize, Serialize};

use super::{
    AccessQuery, Costs, DecayQuery, Offer, QueryError, Unit,
    found::{CellFound, Found, Gather},
    places::PlaceKind,
};
use crate::{
    analysis::access::{
        Choices, Decay, Floating, Nearest, RaamOptions, Weigher, add_gravity, raam,
    },
    city::{CellWays, PartKey, Parts},
    query::by_cell::{ByCell, CellSum, Offered, Sharers, SharingPeople, row_of},
};

/// How access is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
pub enum Measure {
    /// All within the cutoff.
    #[serde(rename = "cumulative")]
    Cumulative,
    /// All, less and less with their cost.
    #[serde(rename = "gravity")]
    Gravity,
    /// Per person who wants it.
    #[serde(rename = "competitive")]
    Competitive,
    #[serde(rename = "2sfca")]
    TwoStep,
    #[serde(rename = "e2sfca")]
    EnhancedTwoStep,
    #[serde(rename = "3sfca")]
    ThreeStep,
    #[serde(rename = "bfca")]
    Balanced,
    #[serde(rename = "raam")]
    Raam,
    #[serde(rename = "nearest")]
    Nearest,
}

impl Measure {
    pub fn key(self) -> &'static str {
        match self {
            Measure::Cumulative => "cumulative",
            Measure::Gravity => "gravity",
            Measure::Competitive => "competitive",
            Measure::TwoStep => "2sfca",
            Measure::EnhancedTwoStep => "e2sfca",
            Measure::ThreeStep => "3sfca",
            Measure::Balanced => "bfca",
            Measure::Raam => "raam",
            Measure::Nearest => "nearest",
        }
    }

    /// Its definition in `terms.toml`.
    pub(super) fn term(self) -> &'static str {
        match self {
            Measure::Cumulative => "access_cumulative",
            Measure::Gravity => "access_gravity",
            Measure::Competitive => "access_competitive",
            Measure::TwoStep => "access_2sfca",
            Measure::EnhancedTwoStep => "access_e2sfca",
            Measure::ThreeStep => "access_3sfca",
            Measure::Balanced => "access_bfca",
            Measure::Raam => "access_raam",
            Measure::Nearest => "access_nearest",
        }
    }

    /// Whether a value is a cost, of which less is better.
    pub fn is_cost(self) -> bool {
        matches!(self, Measure::Raam | Measure::Nearest)
    }

    /// Whether a decay can be told, or is part of the measure's name.
    fn takes_decay(self) -> bool {
        !matches!(
            self,
            Measure::Cumulative | Measure::TwoStep | Measure::Raam | Measure::Nearest
        )
    }
}

/// A question's measure, all of it known.
pub(super) struct Plan {
    pub measure: Measure,
    pub cutoff: f64,
    decay: Decay,
    nearest_k: usize,
    nearest_mean: bool,
    tau_min: f64,
}

const MAX_NEAREST: usize = 20;

impl Plan {
    /// Reads the measure off a question and fills its defaults in.
    ///
    /// # Errors
    /// Fields that are missing, out of range or do not belong to the measure.
    pub fn of(query: &mut AccessQuery) -> Result<Self, QueryError> {
        let measure = query.measure;
        let key = measure.key();
        let end = query.decay.as_ref().and_then(DecayQuery::end);
        let cutoff = query.cutoff.or(end).ok_or_else(|| {
            let problem = "say how far people go, e.g. 1000 with unit m or 15 with unit min";
            QueryError::field("cutoff", problem)
        })?;
        query.cutoff = Some(cutoff);
        if query.decay.is_some() && !measure.takes_decay() {
            let problem = format!("{key} has no decay; gravity, e2sfca, 3sfca, bfca have one");
            return Err(QueryError::field("decay", problem));
        }
        // The classic weights: of 30 minutes each ten.
        if matches!(measure, Measure::EnhancedTwoStep | Measure::ThreeStep) {
            query.decay.get_or_insert_with(|| {
                let third = |n: f64, weight| (cutoff * n / 3.0, weight);
                DecayQuery::bands(vec![third(1.0, 1.0), third(2.0, 0.68), (cutoff, 0.22)])
            });
        }
        if query.decay.is_none() && measure == Measure::Gravity {
            let problem = r#"gravity needs one, e.g. {"kind": "gaussian", "sigma": 800}"#;
            return Err(QueryError::field("decay", problem));
        }
        let decay = query.decay.as_ref().map(|decay| decay.decay(cutoff));
        let nearest_k = query.nearest_k.unwrap_or(1);
        if query.nearest_k.is_some() && measure != Measure::Nearest {
            let problem = "belongs to the measure nearest";
            return Err(QueryError::field("nearest_k", problem));
        }
        if !(1..=MAX_NEAREST).contains(&nearest_k) {
            let problem = format!("1 to {MAX_NEAREST}");
            return Err(QueryError::field("nearest_k", problem));
        }
        let tau_min = query.tau_min.unwrap_or(60.0);
        match (measure == Measure::Raam, query.tau_min, query.unit) {
            (false, Some(_), _) => {
                return Err(QueryError::field("tau_min", "belongs to the measure raam"));
            }
            (true, _, Unit::Metres) => {
                let problem = "raam weighs minutes against congestion: ask with min";
                return Err(QueryError::field("unit", problem));
            }
            (true, ..) if !(tau_min > 0.0 && tau_min.is_finite()) => {
                return Err(QueryError::field("tau_min", "minutes above 0; 60 is usual"));
            }
            (true, ..) => query.tau_min = Some(tau_min),
            _ => {}
        }
        if measure == Measure::Nearest {
            query.nearest_k = Some(nearest_k);
        }
        check_poverty_line(query)?;
        Ok(Plan {
            measure,
            cutoff,
            decay: decay.unwrap_or_else(|| Ok(Decay::within(cutoff)))?,
            nearest_k,
            nearest_mean: query.nearest_mean,
            tau_min,
        })
    }

    /// The value of every place.
    ///
    /// # Errors
    /// Where nobody waits any longer or the memory does not suffice.
    pub fn measure(
        &self,
        costs: &Costs<'_, '_>,
        parts: &Parts,
        gather: &Gather<'_>,
        offer: &Offer,
    ) -> Result<Found, QueryError> {
        let is_of_homes = matches!(gather.places.kind, PlaceKind::Homes) && !costs.is_from_places;
        let by_cell = is_of_homes.then(|| costs.by_cell(parts)).flatten();
        if let Some(by_cell) = by_cell
            && let Some(found) = self.cell_by_cell(&by_cell, parts, costs, gather, offer)?
        {
            return Ok(found);
        }
        let count = gather.places.loaded.index.features() as usize;
        let found = |access: Vec<f64>, stranded| {
            let values: Vec<Option<f64>> = access.into_iter().map(Some).collect();
            Found {
                cells: gather.all(&values),
                stranded,
                raam: None,
            }
        };
        let (demand, supply, decay) = (&gather.places.demand(), &offer.supply, &self.decay);
        let floating = match self.measure {
            Measure::Cumulative | Measure::Gravity => {
                let mut access = vec![0.0; count];
                costs.for_each(|matrix, some| {
                    add_gravity(&mut access, matrix, &supply[some], decay);
                })?;
                return Ok(found(access, Vec::new()));
            }
            Measure::Nearest => {
                let mut nearest = Nearest::new(count, self.nearest_k, costs.per_unit());
                costs.for_each(|matrix, _| nearest.add(matrix))?;
                return Ok(Found {
                    cells: gather.all(&self.costs_of(&nearest)),
                    ..Found::default()
                });
            }
            Measure::Raam => {
                let options = RaamOptions {
                    tau: self.tau_min,
                    ..RaamOptions::default()
                };
                let matrix = costs.all()?;
                costs.limits.allow(matrix.pairs() as u64 * 8)?;
                let keep_on = || costs.limits.check().is_ok();
                let raam = raam(&matrix, demand, supply, &options, &keep_on);
                costs.limits.check()?;
                return Ok(Found {
                    cells: gather.all(&raam.costs),
                    raam: Some(raam),
                    ..Found::default()
                });
            }
            Measure::Competitive | Measure::TwoStep | Measure::EnhancedTwoStep => {
                let mut floating = Floating::new(count);
                costs.for_each(|matrix, some| {
                    floating.add_competitive(matrix, demand, &supply[some], decay);
                })?;
                floating
            }
            Measure::ThreeStep | Measure::Balanced => {
                let mut choices = Choices::new(count);
                let kept = costs.all()?;
                choices.add(&kept, decay);
                let mut floating = Floating::new(count);
                match self.measure {
                    Measure::Balanced => {
                        floating.add_balanced(&choices, &kept, demand, supply, decay);
                    }
                    _ => floating.add_three_step(&choices, &kept, demand, supply, decay),
                }
                floating
            }
        };
        let stranded = floating.stranded(supply).collect();
        Ok(found(floating.access, stranded))
    }

    /// Measures that add up facility by facility; `None` of others.
    fn cell_by_cell(
        &self,
        by_cell: &ByCell<'_>,
        parts: &Parts,
        costs: &Costs<'_, '_>,
        gather: &Gather<'_>,
        offer: &Offer,
    ) -> Result<Option<Found>, QueryError> {
        let supply = &offer.supply;
        let weigher = self.decay.weigher(costs.per_unit());
        let added = Added {
            gather,
            weigher: &weigher,
        };
        Ok(Some(match self.measure {
            Measure::Cumulative | Measure::Gravity => {
                let cells = by_cell.sums(&added, &Offered::Whole(supply))?.cells;
                Found {
                    cells,
                    ..Found::default()
                }
            }
            Measure::Nearest => {
                let least = Least {
                    gather,
                    plan: self,
                    per_unit: costs.per_unit(),
                };
                let cells = by_cell.sums(&least, &Offered::Whole(supply))?.cells;
                Found {
                    cells,
                    ..Found::default()
                }
            }
            Measure::Competitive | Measure::TwoStep | Measure::EnhancedTwoStep => {
                let place = gather.places.source.place as u64;
                let people = |cell: usize| {
                    let serial = gather.places.loaded.index.cells()[cell].serial();
                    let key = PartKey::new("sharing").with_all([place]).with(serial);
                    parts.find_or_make(key, || SharingPeople::of(gather.places.people_in(cell)))
                };
                let sharers = Sharers {
                    key: vec![place],
                    people: &people,
                    weigher: &weigher,
                };
                let summed = by_cell.sums(&added, &Offered::Shared(supply, sharers))?;
                let is_stranded = |at: &usize| summed.values[*at].is_none() && supply[*at] > 0.0;
                Found {
                    stranded: (0..supply.len()).filter(is_stranded).collect(),
                    cells: summed.cells,
                    raam: None,
                }
            }
            _ => return Ok(None),
        }))
    }

    fn costs_of(&self, nearest: &Nearest) -> Vec<Option<f64>> {
        match self.nearest_mean {
            true => nearest.mean(),
            false => nearest.last(),
        }
    }
}

/// The weighted values of all facilities within reach.
struct Added<'a> {
    gather: &'a Gather<'a>,
    weigher: &'a Weigher<'a>,
}

impl CellSum for Added<'_> {
    type Homes = Vec<f64>;
    type Part = CellFound;

    fn key(&self) -> PartKey {
        self.gather.key().with_all(self.weigher.words())
    }

    fn begin(&self, cell: usize, _near: &dyn Fn(PartKey) -> PartKey) -> Vec<f64> {
        vec![0.0; self.gather.places.loaded.index.cells()[cell].len()]
    }

    fn add(&self, homes: &mut Vec<f64>, _facility: usize, value: f64, ways: &CellWays) {
        row_of(ways).add_to(self.weigher, value, 0, homes);
    }

    fn finish(&self, cell: usize, homes: Vec<f64>) -> CellFound {
        self.gather
            .cell(cell, homes.into_iter().map(Some).collect())
    }
}

/// The costs of the nearest facilities.
struct Least<'a> {
    gather: &'a Gather<'a>,
    plan: &'a Plan,
    per_unit: f64,
}

impl CellSum for Least<'_> {
    type Homes = Nearest;
    type Part = CellFound;

    fn key(&self) -> PartKey {
        let key = self.gather.key().with(self.per_unit.to_bits());
        key.with(self.plan.nearest_k as u64)
            .with(u64::from(self.plan.nearest_mean))
    }

    fn begin(&self, cell: usize, _near: &dyn Fn(PartKey) -> PartKey) -> Nearest {
        let homes = self.gather.places.loaded.index.cells()[cell].len();
        Nearest::new(homes, self.plan.nearest_k, self.per_unit)
    }

    fn add(&self, homes: &mut Nearest, _facility: usize, _value: f64, ways: &CellWays) {
        homes.add_row(row_of(ways));
    }

    fn finish(&self, cell: usize, homes: Nearest) -> CellFound {
        self.gather.cell(cell, self.plan.costs_of(&homes))
    }
}

fn check_poverty_line(query: &AccessQuery) -> Result<(), QueryError> {
    let fail = |problem| Err(QueryError::field("poverty_line", problem));
    match query.poverty_line {
        Some(_) if query.measure.is_cost() => fail("a cost has none: less of it is better"),
        Some(line) if !(line > 0.0 && line.is_finite()) => fail("a value above 0"),
        _ => Ok(()),
    }
}
