use std::{path::Path, sync::Arc};

use serde_json::json;
use suitu::{
    city, definitions,
    query::{self, AccessQuery, Limits},
    store::geopackage::GeoPackage,
};

use super::{Outcome, timed};

/// E2SFCA from every home to a twentieth of the workplaces within 2 km, straight and on foot.
pub fn measure(path: &Path) -> Outcome {
    let catalog = Arc::new(definitions::read_catalog(None)?);
    let store = GeoPackage::open(path, catalog.clone())?;
    let city = city::load(&store, catalog)?;
    let homes = city.layer("residences", None).ok_or("no residences")?;
    println!(
        "| {} residences | wall | CPU |\n|---|---|---|",
        homes.index.features()
    );
    let some = ["00", "20", "40", "60", "80"].map(|end| format!("id LIKE '%{end}'"));
    for mode in ["straight", "walk"] {
        let question: AccessQuery = serde_json::from_value(json!({
            "to": {"layer": "workplaces", "capacity": "jobs", "where": some.join(" OR ")},
            "measure": "e2sfca", "mode": mode, "cutoff": 2000,
        }))?;
        let ask = || query::access(&city, &question, &Limits::generous());
        let first = timed(&format!("{mode}, the first time"), ask)?;
        timed(&format!("{mode}, again"), ask)?;
        let facilities = first.summary.facilities;
        println!(
            "| {facilities} facilities, mean {:?} | | |",
            first.summary.mean
        );
    }
    Ok(())
}
