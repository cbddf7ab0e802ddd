use super::{CandidatesQuery, Objective, SitingQuery};
use crate::{
    domain::NormItem,
    query::{Mode, Unit},
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
}
