use serde::Serialize;

use crate::{
    city::City,
    domain::{Flows, LayerKind, LevelId, Period, Role},
    query::sources::with_role,
};

/// Flows beside what the layers of the city count by area.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FlowCheck {
    /// Who lives in the areas by the flows, and their employed residents.
    pub homes: Option<Compared>,
    /// Who works in the areas by the flows, and their jobs.
    pub jobs: Option<Compared>,
}

/// Two totals of the same thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    pub commuters: i64,
    pub counted: i64,
    /// Code, commuters and count of the areas that differ most.
    pub apart: Vec<(String, i64, i64)>,
}

/// How many areas that differ are named.
const NAMED: usize = 3;

/// Holds the ends of flows against employed residents and jobs of the areas of a level; `None` for
/// what the city does not know.
pub fn check_flows(city: &City, level: &LevelId, period: &Period, flows: &Flows) -> FlowCheck {
    let compare = |kind, role, end: fn(&crate::domain::FlowRow<'_>) -> usize| {
        let source = with_role(city, kind, role, Some(period)).filter(|s| s.ever_filled())?;
        let mut of_place = vec![0i64; flows.places().len()];
        for row in flows.iter() {
            of_place[end(&row)] += row.commuters;
        }
        let by_area = source.loaded.index.sums_by_area(level.as_str());
        let mut compared = Compared {
            commuters: 0,
            counted: 0,
            apart: Vec::new(),
        };
        for area in city.areas().at(level.as_str(), Some(period)) {
            let place = flows.places().binary_search_by(|p| p.code.cmp(&area.code));
            let commuters = place.map_or(0, |place| of_place[place]);
            let counted = source
                .total(by_area.get(&Some(area.code.as_str().into())))
                .sum;
            compared.commuters += commuters;
            compared.counted += counted;
            if commuters != counted {
                let code = area.code.to_string();
                compared.apart.push((code, commuters, counted));
            }
        }
        let gap = |(_, commuters, counted): &(String, i64, i64)| -(commuters - counted).abs();
        compared.apart.sort_by_key(gap);
        compared.apart.truncate(NAMED);
        Some(compared)
    };
    FlowCheck {
        homes: compare(LayerKind::Residence, Role::Employed, |row| row.origin),
        jobs: compare(LayerKind::Workplace, Role::Jobs, |row| row.destination),
    }
}
