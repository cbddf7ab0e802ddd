//! What values are written as that are text in JSON, or have several forms.

use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    accounts::UserName,
    domain::{AreaCode, AttributeId, LayerId, Period},
    query::{self, Arrival, ClockTime, Departure, Mode, Numbers},
};

macro_rules! written {
    ($($kind:ty: $schema:tt,)*) => {$(
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                serde_json::from_value(json!($schema)).expect("a schema")
            }
        }

        impl ToSchema for $kind {}
    )*};
}

written! {
    LayerId: { "type": "string", "description": "the id of a layer" },
    AttributeId: { "type": "string", "description": "the id of an attribute" },
    AreaCode: { "type": "string", "description": "the code of an area" },
    UserName: { "type": "string", "description": "2 to 32 letters, digits, `.`, `-`, `_`" },
    Period: { "type": "string", "description": "2020, 2020-11 or 2020-11-01" },
    ClockTime: { "type": "string", "description": "HH:MM or HH:MM:SS, up to 47:59" },
    Mode: {
        "type": "string",
        "description": "straight, walk, bicycle, car, transit or matrix:NAME",
        "default": "straight",
    },
    Numbers: {
        "oneOf": [
            { "type": "array", "items": { "type": "number" } },
            { "type": "number" },
            { "type": "string", "description": "with commas between: 300,500" },
        ],
    },
    Departure: {
        "oneOf": [
            {
                "type": "object",
                "required": ["date", "from"],
                "properties": {
                    "date": { "type": "string", "description": "2019-05-13" },
                    "from": { "type": "string", "description": "HH:MM" },
                    "to": { "type": "string", "description": "HH:MM; without it one sets out once" },
                    "percentile": { "type": "integer", "minimum": 1, "maximum": 100, "default": 50 },
                },
            },
            { "type": "string", "description": "DATE,FROM[,TO[,PERCENTILE]]" },
        ],
    },
    Arrival: {
        "oneOf": [
            {
                "type": "object",
                "required": ["date", "by"],
                "properties": {
                    "date": { "type": "string", "description": "2019-05-13" },
                    "by": { "type": "string", "description": "HH:MM" },
                },
            },
            { "type": "string", "description": "DATE,BY" },
        ],
    },
}

/// The questions that are asked in a body.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "`question` in the address says which it is")]
pub(super) enum AskedInBody {
    Statistics(query::StatisticsQuery),
    Catchments(query::CatchmentsQuery),
    TravelTimes(query::TravelTimesQuery),
    Access(query::AccessQuery),
    Siting(query::SitingQuery),
    Zoning(query::ZoningQuery),
}
