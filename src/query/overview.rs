use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{
    BalanceQuery, HoursOfService, Limits, PlanQuery, answer::software, balance, plan,
    sources::populations,
};
use crate::{
    city::{City, LoadedFlows, Setting, Streets, TimeMatrix, Transit},
    domain::{FigureKind, Language, Title},
};

/// What a city is, for whoever opens it: title, dates, levels, calibers, markings, findings.
pub fn overview(city: &City) -> Json {
    let levels: Vec<Json> = city
        .catalog()
        .area_layers()
        .into_iter()
        .filter_map(|layer| {
            let level = layer.area_level.as_ref()?;
            let areas = city.areas().at(level.as_str(), None).len();
            (areas > 0).then(
                || json!({"id": level, "layer": layer.id, "title": layer.title, "areas": areas}),
            )
        })
        .collect();
    let calibers: Vec<Json> = populations(city, None)
        .iter()
        .map(|source| json!({"id": source.attribute().id, "title": source.attribute().title}))
        .collect();
    json!({
        "title": city.title(),
        "synthetic": city.is_synthetic(),
        "protection": city.protection().map(|protection| json!({
            "k": protection.k,
            "cell_m": protection.cell_m,
            "published": protection.published,
            "note": protection.note(),
        })),
        "approval_number": city.setting(Setting::ApprovalNumber),
        "marking": {
            "zh": city.setting(Setting::MarkingZh),
            "en": city.setting(Setting::MarkingEn),
        },
        "data_version": city.version(),
        "time_zone": city.setting(Setting::TimeZone),
        "bbox": city.bounds().map(|bounds| bounds.as_array()),
        "periods": city.periods(),
        "levels": levels,
        "calibers": calibers,
        "streets": city.streets("walk").map(street_network),
        "modes": city.all_streets().map(street_network).collect::<Vec<_>>(),
        "transit": city.transit().map(|transit| timetable(transit)),
        "matrices": city.matrices().map(|stored| matrix(city, stored)).collect::<Vec<_>>(),
        "flows": city.all_flows().map(|flows| commuting(flows)).collect::<Vec<_>>(),
        "software": software(),
        "basemap": Json::Null,
        "findings": findings(city),
        "plan_targets": plan_targets(city),
    })
}

fn street_network(streets: &Arc<Streets>) -> Json {
    json!({
        "mode": streets.rules.mode,
        "title": streets.rules.title,
        "period": streets.period,
        "source": streets.record.source,
        "source_en": streets.record.source_en,
        "licence": streets.record.licence,
        "imported_at": streets.record.imported_at,
        "length_km": (streets.graph.length_m() / 1000.0).round(),
    })
}

/// A timetable with the dates that can be asked about.
fn timetable(transit: &Transit) -> Json {
    let summary = transit.summary();
    let dates = summary.dates();
    let busiest = summary.busiest_date();
    let hours = busiest.and_then(|(date, _)| summary.hours_on(date));
    json!({
        "period": transit.period,
        "source": transit.record.source,
        "source_en": transit.record.source_en,
        "licence": transit.record.licence,
        "imported_at": transit.record.imported_at,
        "synthetic": transit.record.synthetic,
        "lines": summary.routes,
        "stops": summary.platforms,
        "trips": summary.trips,
        "first_date": dates.map(|(first, _)| first.to_string()),
        "last_date": dates.map(|(_, last)| last.to_string()),
        "default_date": busiest.map(|(date, _)| date.to_string()),
        "default_date_trips": busiest.map(|(_, trips)| trips),
        "default_date_hours": hours.map(HoursOfService::from),
    })
}

/// A table of travel times with the layers that it leads between; areas with their level.
fn matrix(city: &City, stored: &TimeMatrix) -> Json {
    let (from, to) = (&stored.matrix.from.layer, &stored.matrix.to.layer);
    let layer = city.catalog().layer(from);
    json!({
        "name": stored.name,
        "from": from,
        "from_level": layer.and_then(|layer| layer.area_level.as_ref()),
        "to": to,
        "pairs": stored.matrix.pairs(),
        "period": stored.period,
        "source": stored.record.source,
        "source_en": stored.record.source_en,
    })
}

/// Commuting flows with the ways to work that tell them apart.
fn commuting(loaded: &LoadedFlows) -> Json {
    json!({
        "level": loaded.level,
        "period": loaded.period,
        "source": loaded.record.source,
        "source_en": loaded.record.source_en,
        "modes": loaded.flows.modes(),
    })
}

/// The targets of the city and of its groups of areas, with what is so and the year of both.
fn plan_targets(city: &City) -> Vec<Json> {
    let of_level = |level: &str| {
        let query = PlanQuery {
            level: Some(level.to_owned()),
            ..PlanQuery::default()
        };
        let answer = plan(city, &query, &Limits::generous());
        answer.map_or_else(|_| Vec::new(), |answer| answer.rows)
    };
    let rows = ["city", "group"].into_iter().flat_map(of_level);
    rows.map(|row| {
        let is_limit = row.kind == FigureKind::AtMost;
        let group = |name: &str| match row.level.as_str() {
            "group" => name.to_owned(),
            _ => String::new(),
        };
        let title = Title {
            zh: format!(
                "{}{}{}",
                group(&row.name),
                row.indicator_title.zh,
                if is_limit { "（上限）" } else { "" }
            ),
            en: match row.level.as_str() {
                "group" => format!(
                    "{}, {}",
                    row.indicator_title.en,
                    row.name_en.as_deref().unwrap_or(&row.name).to_lowercase()
                ),
                _ if is_limit => format!("{} (upper limit)", row.indicator_title.en),
                _ => row.indicator_title.en.clone(),
            },
        };
        let mut source = row.source_title();
        if let Some(actual) = row.actual_source_title() {
            source.zh += &format!("；{}", actual.zh);
            source.en += &format!("; {}", actual.en);
        }
        json!({
            "key": format!("{}_{}_{}", row.indicator, row.code, row.target_year),
            "title": title,
            "unit": "person",
            "year": row.target_year,
            "kind": row.kind,
            "target": row.target,
            "actual": row.actual,
            "actual_year": row.actual_year,
            "source": source.zh,
            "source_en": source.en,
            "confidence": row.confidence,
        })
    })
    .collect()
}

/// One sentence worth reading about the job-housing balance, where there are districts.
fn findings(city: &City) -> Vec<Title> {
    let Some(level) = city
        .catalog()
        .levels()
        .into_iter()
        .find(|level| city.areas().at(level.as_str(), None).len() > 1)
    else {
        return Vec::new();
    };
    let query = BalanceQuery {
        level: level.to_string(),
        ..BalanceQuery::default()
    };
    let Ok(answer) = balance(city, &query, &Limits::generous()) else {
        return Vec::new();
    };
    let mut rated: Vec<(&str, &str, f64)> = answer
        .rows
        .iter()
        .filter_map(|row| {
            let english = row.name_en.as_deref().unwrap_or(&row.name);
            Some((row.name.as_str(), english, row.jobs_per_employed_resident?))
        })
        .collect();
    if rated.len() < 2 {
        return Vec::new();
    }
    rated.sort_by(|a, b| b.2.total_cmp(&a.2));
    let balanced = rated
        .iter()
        .filter(|(_, _, ratio)| (0.8..=1.2).contains(ratio))
        .count();
    let (high, low) = (rated[0], rated[rated.len() - 1]);
    let layer = city.catalog().area_layer(level.as_str());
    let unit = |language| {
        layer.map_or(String::new(), |layer| {
            layer.title.in_language(language).to_owned()
        })
    };
    vec![Title {
        zh: format!(
            "{} 个{}中 {balanced} 个职住比在 0.8–1.2 之间；最高 {} {:.2}，最低 {} {:.2}",
            rated.len(),
            unit(Language::Zh),
            high.0,
            high.2,
            low.0,
            low.2
        ),
        en: format!(
            "{balanced} of {} {} have 0.8–1.2 jobs per employed resident; highest {} {:.2}, lowest {} {:.2}",
            rated.len(),
            unit(Language::En).to_lowercase(),
            high.1,
            high.2,
            low.1,
            low.2
        ),
    }]
}
