//! A street that is not there yet.

use std::sync::Arc;

use super::{EditError, StreetEdit, apply::Step, place::check_place};
use crate::{
    city::{City, Streets},
    network::LinkError,
};

const MAX_POINTS: usize = 1000;

/// Adds the street to the network of every mode that it is for; walks to the stops of the timetable
/// take it too.
pub(super) fn street(at: &Step<'_>, change: &StreetEdit) -> Result<City, EditError> {
    if !(2..=MAX_POINTS).contains(&change.points.len()) {
        return Err(EditError::new(
            "points",
            "一条道路应有 2 到 1000 个点",
            "a street has 2 to 1,000 points",
        ));
    }
    let points: Vec<(f64, f64)> = change
        .points
        .iter()
        .map(|[lon, lat]| (*lon, *lat))
        .collect();
    for point in &points {
        check_place(at.city, "points", *point, None)?;
    }
    for mode in &change.modes {
        if at.city.streets(mode).is_none() {
            return Err(EditError::new(
                "modes",
                format!("城市没有 `{mode}` 路网；请先用 `suitu import streets` 导入"),
                format!("the city has no streets for `{mode}`; `suitu import streets` brings them"),
            ));
        }
    }
    let mut tags = vec![("highway", change.class.as_str())];
    if change.one_way {
        tags.push(("oneway", "yes"));
    }
    let mut is_any = false;
    let mut all: Vec<Arc<Streets>> = Vec::new();
    for streets in at.city.all_streets() {
        let mode = &streets.rules.mode;
        let is_asked = change.modes.is_empty() || change.modes.contains(mode);
        let passage = is_asked.then(|| streets.rules.passage(&tags)).flatten();
        let Some(passage) = passage else {
            if change.modes.contains(mode) {
                return Err(EditError::new(
                    "class",
                    format!(
                        "按规则，`{}` 类道路不允许 `{mode}` 通行；请改类别或出行方式",
                        change.class
                    ),
                    format!(
                        "streets of class `{}` are not for `{mode}`; choose another class or mode",
                        change.class
                    ),
                ));
            }
            all.push(streets.clone());
            continue;
        };
        let graph = streets.graph.with_link(streets.snapper(), &points, passage);
        let graph = graph.map_err(|error| refused(&error, mode))?;
        all.push(Arc::new(
            streets.with_graph(graph, at.version(streets.version)),
        ));
        is_any = true;
    }
    if !is_any {
        return Err(EditError::new(
            "class",
            format!(
                "没有路网收 `{}` 类道路；请改类别，或先导入路网",
                change.class
            ),
            format!(
                "no network of the city takes streets of class `{}`; choose another class, or \
                 import streets first",
                change.class
            ),
        ));
    }
    let city = at.city.clone().with_streets(all);
    let walk = city.streets("walk").cloned();
    let is_same = match (at.city.streets("walk"), &walk) {
        (Some(before), Some(after)) => Arc::ptr_eq(before, after),
        (None, None) => true,
        _ => false,
    };
    Ok(match city.transit().filter(|_| !is_same) {
        Some(transit) => {
            let transit = Arc::new(transit.beside(walk));
            city.with_transit(Some(transit))
        }
        None => city,
    })
}

fn refused(error: &LinkError, mode: &str) -> EditError {
    let zh = match error {
        LinkError::Apart => "两端 50 米内都没有道路；请把至少一端画到现有道路上",
        LinkError::OneWayEnd => "单行道两端都必须接到现有道路上",
        LinkError::Short => "道路没有长度；请画出两个不同的点",
    };
    EditError::new(
        "points",
        format!("{mode}：{zh}"),
        format!("{mode}: {error}"),
    )
}
