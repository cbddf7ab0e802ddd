use super::{CandidatesQuery, Objective, ShortfallQuery, SitingQuery};
use crate::{
    domain::{Figure, LayerId, NormItem},
    query::{GapRow, Mode, Unit},
};

/// The side of the cells in which new sites are looked for, metres.
const GRID_M: u32 = 500;

impl SitingQuery {
    /// Which new sites of a norm's service bring most people within its distance, one candidate in
    /// each cell of 500 m where people want it. `None` where the norm knows no distance.
    pub fn of_norm(item: &NormItem, sites: usize, mode: Mode) -> Option<Self> {
        let (cutoff, unit) = item.distance(mode == Mode::Straight)?;
        let conditions = item.condition.iter().map(|(attribute, values)| {
            let quoted = values
                .iter()
                .map(|v| format!("'{}'", v.replace('\'', "''")));
            let quoted: Vec<String> = quoted.collect();
            format!("{attribute} IN ({})", quoted.join(", "))
        });
        let conditions: Vec<String> = conditions.collect();
        let demand = item.demand.iter().flat_map(|demand| &demand.attributes);
        let demand: Vec<&str> = demand.map(|id| id.as_str()).collect();
        Some(SitingQuery {
            layer: item.layer.clone(),
            condition: (!conditions.is_empty()).then(|| conditions.join(" AND ")),
            area: None,
            demand: (!demand.is_empty()).then(|| demand.join("+")),
            beside: None,
            objective: Objective::Cover,
            sites: Some(sites),
            mode,
            cutoff,
            unit: match unit {
                "min" => Unit::Minutes,
                _ => Unit::Metres,
            },
            candidates: CandidatesQuery {
                grid_m: Some(GRID_M),
                ..CandidatesQuery::default()
            },
            existing: true,
            shortfall: None,
            capacity: None,
            existing_capacity: None,
            penalty: None,
            walk_speed_km_h: None,
            bicycle_speed_km_h: None,
            arrival: None,
            departure: None,
            max_walk_m: None,
            period: None,
        })
    }

    /// The same where places are counted: what areas lack is made up for, each new facility having
    /// as many places as those that stand have on average, and where nothing lacks those are served
    /// whom nothing nearby has a place for. Where a place is for one person, that is told in any
    /// case. Unchanged where a capacity is not known or none stands.
    ///
    /// # Arguments
    /// * `norms` - the norm set of the item
    /// * `total` - the service in the area of the question as a whole
    /// * `level` - of the areas that lack
    #[must_use]
    pub fn with_places(
        self,
        norms: &LayerId,
        item: &NormItem,
        total: &GapRow,
        level: &str,
    ) -> Self {
        let is_one = |figure: &Figure| figure.value == Some(1.0);
        let is_for_one = item
            .provision
            .as_ref()
            .is_some_and(|figure| figure.unit == "per_person" && is_one(figure));
        let do_all_come = item.enrolment_rate.as_ref().is_none_or(is_one);
        let known = (!item.capacity.is_empty() && total.capacity_unknown == Some(0))
            .then_some(total.shortfall.zip(total.capacity.zip(total.facilities)))
            .flatten();
        let Some((shortfall, (all, facilities))) = known else {
            return self;
        };
        let mean = (all as f64 / facilities.max(1) as f64).round() as i64;
        if mean < 1 {
            return self;
        }
        let own = match &item.capacity[..] {
            [capacity] if is_for_one && do_all_come => Some(capacity.to_string()),
            _ => None,
        };
        SitingQuery {
            objective: match shortfall {
                0 => self.objective,
                _ => Objective::Shortfall,
            },
            shortfall: Some(ShortfallQuery {
                norms: Some(norms.clone()),
                service: item.id.to_string(),
                level: level.to_owned(),
                capacity: mean,
                enrolment_rate: None,
            }),
            capacity: own.as_ref().map(|_| mean),
            existing_capacity: own,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::read_catalog;

    #[test]
    fn a_new_school_is_as_large_as_the_mean_of_those_that_stand() {
        let catalog = read_catalog(None).expect("the own definitions");
        let mut sets = catalog.norm_sets();
        let set = sets.find(|set| set.id == "public_services");
        let item = set.and_then(|set| set.item("primary_school"));
        let item = item.expect("the norm of primary schools");
        let total = GapRow {
            facilities: Some(3),
            capacity: Some(2000),
            capacity_unknown: Some(0),
            shortfall: Some(10),
            ..GapRow::default()
        };
        let asked = |total: &GapRow| {
            let asked = SitingQuery::of_norm(item, 2, Mode::Straight).expect("a distance");
            let norms = "public_services".parse().expect("a name");
            let asked = asked.with_places(&norms, item, total, "district");
            let adds = asked.shortfall.map(|shortfall| shortfall.capacity);
            (
                asked.objective,
                adds,
                asked.capacity,
                asked.existing_capacity,
            )
        };
        let own = Some("seats_primary".to_owned());
        let wanted = (Objective::Shortfall, Some(667), Some(667), own.clone());
        assert_eq!(asked(&total), wanted);
        // Where nothing lacks, whoever has no place nearby is served.
        let enough = GapRow {
            shortfall: Some(0),
            ..total.clone()
        };
        let wanted = (Objective::Cover, Some(667), Some(667), own);
        assert_eq!(asked(&enough), wanted);
        for unknown in [
            GapRow {
                capacity_unknown: Some(1),
                ..total.clone()
            },
            GapRow {
                facilities: Some(0),
                capacity: Some(0),
                ..total.clone()
            },
            GapRow {
                shortfall: None,
                ..total
            },
        ] {
            assert_eq!(asked(&unknown), (Objective::Cover, None, None, None));
        }
    }
}
