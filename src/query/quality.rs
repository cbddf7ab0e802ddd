use serde::Serialize;

use super::Limits;
use crate::{
    city::{City, LoadedLayer},
    domain::{LayerId, Title},
};

/// How far an outline's area may lie from the official one before it is named.
const AREA_TOLERANCE: f64 = 0.05;

/// The most rows of a state that are named one by one.
const MOST_ROWS: usize = 20;

/// Something about the data that a steward should know (数据质量).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub layer: LayerId,
    /// As it stands in the home; of rows written outside it may be no period.
    pub period: String,
    /// How many features or areas it concerns.
    pub features: u64,
    /// In plain words, with what to do.
    pub text: Title,
}

/// Looks through every layer of a city for what makes numbers doubtful: missing values, features
/// outside all areas, features at one and the same place, outlines that deviate from the official
/// area, sums that differ from published totals; before these the rows that another program wrote and that
/// are not sound.
///
/// # Errors
/// Cancelled.
pub fn check(city: &City, limits: &Limits) -> Result<Vec<Finding>, super::QueryError> {
    let mut findings = Vec::new();
    unsound_rows(city, &mut findings);
    for loaded in city.all_states() {
        limits.check()?;
        missing_values(loaded, &mut findings);
        if loaded.layer().is_area() {
            deviating_areas(city, loaded, &mut findings);
        } else {
            outside_areas(city, loaded, &mut findings);
            shared_places(loaded, &mut findings);
        }
        control_totals(loaded, &mut findings);
    }
    Ok(findings)
}

fn unsound_rows(city: &City, findings: &mut Vec<Finding>) {
    for state in city.faults() {
        let mut add = |features: u64, zh: String, en: String| {
            findings.push(Finding {
                layer: state.layer.clone(),
                period: state.period.to_string(),
                features,
                text: Title { zh, en },
            });
        };
        for fault in state.rows.iter().take(MOST_ROWS) {
            let Title { zh, en } = fault.reason.told();
            let (id, field) = (&fault.id, &fault.field);
            match id.is_empty() {
                true => add(1, format!("{field}：{zh}"), format!("{field}: {en}")),
                false => add(
                    1,
                    format!("要素 `{id}` 的 {field}：{zh}"),
                    format!("`{id}`, {field}: {en}"),
                ),
            }
        }
        let more = state.rows.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            add(
                more as u64,
                format!("另有 {more} 处外部写入的错误，`GET /api/faults` 逐条列出"),
                format!("{more} more faults of rows written outside; `GET /api/faults` lists them"),
            );
        }
    }
}

fn found(loaded: &LoadedLayer, features: u64, zh: String, en: String) -> Finding {
    Finding {
        layer: loaded.layer().id.clone(),
        period: loaded.index.period().as_str().to_owned(),
        features,
        text: Title { zh, en },
    }
}

fn missing_values(loaded: &LoadedLayer, findings: &mut Vec<Finding>) {
    let all = loaded.index.features();
    for ((_, attribute), total) in loaded.layer().counts().zip(&loaded.index.sums().counts) {
        let missing = total.missing;
        if missing == 0 || missing == all {
            continue;
        }
        let title = &attribute.title;
        findings.push(found(
            loaded,
            missing,
            format!("{}：{missing} 个要素缺值，合计不含它们", title.zh),
            format!(
                "{}: {missing} features have no value; sums leave them out",
                title.en
            ),
        ));
    }
}

fn outside_areas(city: &City, loaded: &LoadedLayer, findings: &mut Vec<Finding>) {
    let period = loaded.index.period();
    for level in loaded.index.levels() {
        if city.areas().at(level.as_str(), Some(period)).is_empty() {
            continue;
        }
        let by_area = loaded.index.sums_by_area(level.as_str());
        let outside = by_area.get(&None).map_or(0, |sums| sums.features);
        if outside == 0 {
            continue;
        }
        findings.push(found(
            loaded,
            outside,
            format!("{outside} 个要素不在任何“{level}”单元内：请核对坐标系和边界"),
            format!("{outside} features lie in no {level}: check coordinate system and boundaries"),
        ));
    }
}

/// Ten or more features at one place are often an address that was not found.
fn shared_places(loaded: &LoadedLayer, findings: &mut Vec<Finding>) {
    const MANY: usize = 10;
    let mut places: Vec<(u64, u64)> = loaded
        .index
        .iter()
        .map(|feature| loaded.index.place(feature))
        .map(|(lon, lat)| (lon.to_bits(), lat.to_bits()))
        .collect();
    places.sort_unstable();
    let piles = places.chunk_by(|a, b| a == b).map(<[_]>::len);
    let (mut count, mut features) = (0u64, 0u64);
    for pile in piles.filter(|pile| *pile >= MANY) {
        count += 1;
        features += pile as u64;
    }
    if count > 0 {
        findings.push(found(
            loaded,
            features,
            format!("{count} 处坐标各有 {MANY} 个以上要素，共 {features} 个：可能是未能定位的地址"),
            format!(
                "{count} places hold {MANY} or more features each, {features} in all: perhaps \
                 addresses that were not found"
            ),
        ));
    }
}

fn deviating_areas(city: &City, loaded: &LoadedLayer, findings: &mut Vec<Finding>) {
    let Some(level) = &loaded.layer().area_level else {
        return;
    };
    let areas = city.areas().at(level.as_str(), Some(loaded.index.period()));
    let deviating: Vec<_> = areas
        .iter()
        .filter_map(|area| Some((area, area.area_deviation_share()?)))
        .filter(|(_, share)| share.abs() > AREA_TOLERANCE)
        .collect();
    let Some((worst, share)) = deviating
        .iter()
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
    else {
        return;
    };
    let (count, percent) = (deviating.len() as u64, share * 100.0);
    findings.push(found(
        loaded,
        count,
        format!(
            "{count} 个单元的边界面积与官方面积相差超过 5%，最大为{} {percent:+.1}%；密度按官方面积计算",
            worst.name
        ),
        format!(
            "the outlines of {count} areas deviate more than 5 % from the official area, most {} \
             with {percent:+.1} %; densities use the official area",
            worst.name_en.as_deref().unwrap_or(&worst.name)
        ),
    ));
}

fn control_totals(loaded: &LoadedLayer, findings: &mut Vec<Finding>) {
    let counts: Vec<_> = loaded.layer().counts().map(|(_, a)| a).collect();
    let mut by_attribute: std::collections::BTreeMap<_, Vec<String>> = Default::default();
    for control in &loaded.control_totals {
        let Some(count) = counts.iter().position(|a| a.id == control.attribute) else {
            continue;
        };
        let by_area = loaded.index.sums_by_area(control.level.as_str());
        let sum = by_area
            .get(&Some(control.code.as_str().into()))
            .map_or(0, |sums| sums.counts[count].sum);
        if sum != control.value {
            let difference = sum - control.value;
            let line = format!("{} {difference:+}", control.code);
            by_attribute.entry(count).or_default().push(line);
        }
    }
    for (count, lines) in by_attribute {
        let (title, all) = (&counts[count].title, lines.len());
        let first = lines[..all.min(5)].join(", ");
        findings.push(found(
            loaded,
            all as u64,
            format!(
                "{}：{all} 个单元的合计与公布的控制数不符：{first}",
                title.zh
            ),
            format!(
                "{}: the sums of {all} areas differ from the published totals: {first}",
                title.en
            ),
        ));
    }
}
