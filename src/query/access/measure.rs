use serde::{Deserialize, Serialize};

use super::{AccessQuery, Costs, DecayQuery, Offer, Places, QueryError, Unit};
use crate::analysis::access::{
    Choices, Decay, Floating, Nearest, Raam, RaamOptions, add_gravity, raam,
};

/// How access is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
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

/// What the places have, in the order of their numbers.
#[derive(Default)]
pub(super) struct Found {
    pub values: Vec<Option<f64>>,
    /// Why a value is undefined, or 0 because nothing is there.
    pub reasons: Vec<Option<crate::domain::Reason>>,
    /// Facilities that nobody reaches, where the measure asks who does.
    pub stranded: Vec<usize>,
    pub raam: Option<Raam>,
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
        places: &Places,
        offer: &Offer,
    ) -> Result<Found, QueryError> {
        let count = places.people.len();
        let (demand, supply, decay) = (&places.demand(), &offer.supply, &self.decay);
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
                    values: match self.nearest_mean {
                        true => nearest.mean(),
                        false => nearest.last(),
                    },
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
                    values: raam.costs.clone(),
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
}

fn found(access: Vec<f64>, stranded: Vec<usize>) -> Found {
    Found {
        values: access.into_iter().map(Some).collect(),
        stranded,
        ..Found::default()
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
