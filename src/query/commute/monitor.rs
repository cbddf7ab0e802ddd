//! What the yearly monitor of commuting tells beside: the commuting space and its cover by rail.

use geo::{Bearing, Haversine, Point};

use super::{Centers, Limits, QueryError, zones::ZonedFlows};
use crate::{
    analysis::commute::{Trip, Weighted, covering_ellipse, share_of_both_ends},
    city::{Area, City},
    definitions::commute_rules,
    domain::{CommuteRules, LayerKind, Period, Reason, Role, measure::distance_m},
    query::{
        Input, Ruler, Travel,
        nearest::nearest_costs,
        origins::starts_of,
        people::Counted,
        sources::{CountSource, population, with_role},
    },
};

/// The flows of a city between the smallest areas that they are told by, each area with the one of
/// the question that holds it.
pub(super) struct Monitor<'c> {
    flows: ZonedFlows<'c>,
    parents: Vec<Option<usize>>,
    rules: CommuteRules,
    /// How near to a station the homes and jobs of each area are; what was counted.
    rail: Option<RailShares>,
}

struct RailShares {
    homes: Vec<Option<f64>>,
    jobs: Vec<Option<f64>>,
    inputs: Vec<Input>,
}

impl<'c> Monitor<'c> {
    /// `None` where the flows hold no such areas.
    ///
    /// # Errors
    /// Where nobody waits any longer.
    pub fn of(
        city: &'c City,
        flows: &ZonedFlows<'c>,
        level: &str,
        mode: Option<&str>,
        period: Option<&Period>,
        limits: &Limits,
    ) -> Result<Option<Self>, QueryError> {
        let own = flows.loaded.level.clone();
        let Some(fine) = ZonedFlows::of(city, own.as_str(), period, mode) else {
            return Ok(None);
        };
        let parent =
            |area: &Area| super::zones::area_of(city, &own, area.code.as_str(), level, period);
        let rules = commute_rules();
        Ok(Some(Monitor {
            parents: fine.areas.iter().map(parent).collect(),
            rail: rail_shares(city, &rules, own.as_str(), fine.areas, period, limits)?,
            rules,
            flows: fine,
        }))
    }

    /// The radius of the commuting space (通勤空间半径), kilometres: of homes and workplaces of all
    /// who live and work in the city, at the points that stand for the areas of the flows.
    pub fn space_radius_km(
        &self,
        city: &City,
        people: Option<&CountSource>,
        period: Option<&Period>,
    ) -> Result<f64, Reason> {
        let areas = self.flows.areas;
        let centers = Centers::of(
            city,
            self.flows.loaded.level.as_str(),
            areas,
            people,
            period,
        );
        let mut weights = vec![0i64; areas.len()];
        for trip in &self.flows.trips {
            weights[trip.origin] += trip.commuters;
            weights[trip.destination] += trip.commuters;
        }
        let ellipse = covering_ellipse(&flat(&centers.points, &weights), self.rules.space.share)?;
        Ok(ellipse.semi_major_m / 1000.0)
    }

    /// The share of commuters with both ends near a station; of one area of the question by home,
    /// or of all.
    pub fn rail_share(&self, home: Option<usize>) -> Option<f64> {
        let rail = self.rail.as_ref()?;
        let is_wanted = |trip: &&Trip| home.is_none() || self.parents[trip.origin] == home;
        let trips = self.flows.trips.iter().filter(is_wanted);
        let found = share_of_both_ends(trips, &rail.homes, &rail.jobs);
        found.ok().map(|(share, _)| share)
    }

    /// The straight metres that count as near, where anything is known of it.
    pub fn rail_metres(&self) -> Option<f64> {
        self.rail.as_ref().map(|_| self.rules.rail.metres)
    }

    pub fn inputs(self) -> Vec<Input> {
        self.rail.map_or_else(Vec::new, |rail| rail.inputs)
    }
}

/// Places on a plane that touches the earth in the middle of them: distances from there are true.
fn flat(points: &[(f64, f64)], weights: &[i64]) -> Vec<Weighted> {
    let all: i64 = weights.iter().sum();
    let mean = |pick: fn(&(f64, f64)) -> f64| {
        let weighted = points.iter().zip(weights);
        let sum: f64 = weighted.map(|(p, w)| pick(p) * *w as f64).sum();
        sum / (all as f64).max(1.0)
    };
    let middle = Point::new(mean(|p| p.0), mean(|p| p.1));
    let weighted = points.iter().zip(weights);
    let place = |((lon, lat), commuters): (&(f64, f64), &i64)| {
        let point = Point::new(*lon, *lat);
        let away_m = distance_m(middle, point);
        let (east, north) = Haversine.bearing(middle, point).to_radians().sin_cos();
        Weighted {
            x_m: away_m * east,
            y_m: away_m * north,
            commuters: *commuters,
        }
    };
    weighted.map(place).collect()
}

/// `None` where the city knows no stations, or not who lives or works where.
fn rail_shares(
    city: &City,
    rules: &CommuteRules,
    level: &str,
    areas: &[Area],
    period: Option<&Period>,
    limits: &Limits,
) -> Result<Option<RailShares>, QueryError> {
    let Some(stations) = city.layer(&rules.rail.layer, period) else {
        return Ok(None);
    };
    let filled = |source: &CountSource| source.ever_filled();
    let employed = with_role(city, LayerKind::Residence, Role::Employed, period);
    let homes = employed
        .filter(filled)
        .or_else(|| population(city, None, period));
    let jobs = with_role(city, LayerKind::Workplace, Role::Jobs, period).filter(filled);
    let (Some(homes), Some(jobs)) = (homes, jobs) else {
        return Ok(None);
    };
    let starts = starts_of(city, stations, None, period)?;
    if starts.is_empty() {
        return Ok(None);
    }
    let ruler = Ruler::new(city, &Travel::default())?;
    let areas: Vec<&Area> = areas.iter().collect();
    let mut inputs = vec![Input::of(stations)];
    let mut shares = |source: CountSource| -> Result<Vec<Option<f64>>, QueryError> {
        inputs.push(Input::of(&source.loaded));
        let near = nearest_costs(&ruler, &source.loaded, &starts, rules.rail.metres, limits)?;
        let counted = Counted::of(source, level, &areas);
        let (part, whole) = (
            counted.sum(|number| near[number].is_finite()),
            counted.sum(|_| true),
        );
        let share = |(part, whole): (&Option<i64>, &Option<i64>)| {
            let (part, whole) = ((*part)?, (*whole)?);
            (whole > 0).then(|| part as f64 / whole as f64)
        };
        Ok(part.areas.iter().zip(&whole.areas).map(share).collect())
    };
    let (homes, jobs) = (shares(homes)?, shares(jobs)?);
    Ok(Some(RailShares {
        homes,
        jobs,
        inputs,
    }))
}
