use serde::Serialize;

use crate::{
    city::City,
    domain::{LayerId, Title},
};

/// The most rows that are listed.
const MOST: usize = 5000;

/// Something wrong with a row as it stands in the city's home.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Fault {
    #[schema(value_type = String)]
    pub layer: LayerId,
    /// As it stands: of a row whose period is none it is no period.
    pub period: String,
    /// Empty where the whole state is meant.
    pub id: String,
    /// The column; `geom` is the shape.
    pub field: String,
    /// What is wrong and what is shown instead.
    pub reason: Title,
    /// When another program wrote the row last, by the clock of the home (UTC).
    pub since: Option<String>,
    /// Whether the feature is left out of the city.
    pub left_out: bool,
}

/// What other programs wrote and is not sound (外部编辑的错误).
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Faults {
    /// All of them; `rows` are the first.
    pub total: usize,
    pub rows: Vec<Fault>,
}

/// Lists what is wrong with rows as they stand in the home, by layer, period and id.
pub fn faults(city: &City) -> Faults {
    let states = city.faults();
    let all = || {
        let rows = states.iter();
        rows.flat_map(|state| state.rows.iter().map(move |fault| (state, fault)))
    };
    let listed = all().take(MOST).map(|(state, fault)| Fault {
        layer: state.layer.clone(),
        period: state.period.to_string(),
        id: fault.id.to_string(),
        field: fault.field.to_string(),
        reason: fault.reason.told(),
        since: fault.since.as_deref().map(str::to_owned),
        left_out: fault.reason.leaves_out(),
    });
    Faults {
        total: all().count(),
        rows: listed.collect(),
    }
}
