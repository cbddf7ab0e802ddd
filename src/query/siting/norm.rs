use super::{CandidatesQuery, Objective, SitingQuery};
use crate::{
    domain::{Figure, NormItem},
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

    /// The same by unmet demand: what stands is used up to its capacity first, and a new facility
    /// has as many places as those that stand have on average. Unchanged where a capacity is not
    /// known, none stands, or a place is not for one person.
    ///
    /// # Arguments
    /// * `total` - the service in the area of the question as a whole
    #[must_use]
    pub fn within_capacity(self, item: &NormItem, total: &GapRow) -> Self {
        let is_one = |figure: &Figure| figure.value == Some(1.0);
        let is_for_one = item
            .provision
            .as_ref()
            .is_some_and(|figure| figure.unit == "per_person" && is_one(figure));
        let do_all_come = item.enrolment_rate.as_ref().is_none_or(is_one);
        let [capacity] = &item.capacity[..] else {
            return self;
        };
        let known = (total.capacity_unknown == Some(0) && total.shortfall.is_some())
            .then_some(total.capacity.zip(total.facilities))
            .flatten();
        let mean = known
            .filter(|(_, facilities)| *facilities > 0)
            .map(|(all, facilities)| (all as f64 / facilities as f64).round() as i64)
            .filter(|mean| *mean > 0 && is_for_one && do_all_come);
        match mean {
            None => self,
            Some(mean) => SitingQuery {
                capacity: Some(mean),
                existing_capacity: Some(capacity.to_string()),
                ..self
            },
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
            let asked = asked.within_capacity(item, total);
            (asked.capacity, asked.existing_capacity)
        };
        assert_eq!(asked(&total), (Some(667), Some("seats_primary".into())));
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
            assert_eq!(asked(&unknown), (None, None));
        }
    }
}
