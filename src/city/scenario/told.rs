//! Edits in words, for a history that people read.

use super::{Change, Within};
use crate::{
    city::City,
    definitions::street_lines,
    domain::{LayerId, Title},
};

impl Change {
    /// What the edit does, in a sentence.
    pub fn told(&self, city: &City) -> Title {
        let layer = |id: &LayerId| layer_title(city, id);
        match self {
            Change::Add(add) => {
                let title = layer(&add.layer);
                let (zh, en) = named(&add.values);
                say(
                    format!("新增{}{zh}（{}）", title.zh, at(add.lon, add.lat)),
                    format!("{}: add{en} at {}", title.en, at(add.lon, add.lat)),
                )
            }
            Change::Move(moved) => {
                let title = layer(&moved.layer);
                let place = at(moved.lon, moved.lat);
                let (zh, en) = match has_calls(city, &moved.layer) {
                    true => (
                        "，时刻表中如有停靠则随之移动",
                        ", with its calls if the timetable has any",
                    ),
                    false => ("", ""),
                };
                say(
                    format!("移动{} {} 至 {place}{zh}", title.zh, moved.id),
                    format!("{}: move {} to {place}{en}", title.en, moved.id),
                )
            }
            Change::Alter(alter) => {
                let title = layer(&alter.layer);
                let layer = city.catalog().layer(alter.layer.as_str());
                let list = |is_zh: bool| -> String {
                    let parts = alter.values.iter().map(|(key, value)| {
                        let known = layer.and_then(|layer| layer.attribute(key));
                        let name = known.map(|known| match is_zh {
                            true => known.title.zh.as_str(),
                            false => known.title.en.as_str(),
                        });
                        let value = value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned);
                        format!("{} = {value}", name.unwrap_or(key))
                    });
                    parts
                        .collect::<Vec<_>>()
                        .join(if is_zh { "，" } else { ", " })
                };
                say(
                    format!("修改{} {}：{}", title.zh, alter.id, list(true)),
                    format!("{}: change {}: {}", title.en, alter.id, list(false)),
                )
            }
            Change::Remove(remove) => {
                let title = layer(&remove.layer);
                let (zh, en) = match has_calls(city, &remove.layer) {
                    true => (
                        "，时刻表中如有停靠则改为通过",
                        ", passed by where the timetable called",
                    ),
                    false => ("", ""),
                };
                say(
                    format!("删除{} {}{zh}", title.zh, remove.id),
                    format!("{}: remove {}{en}", title.en, remove.id),
                )
            }
            Change::Grow(grow) => {
                let title = layer(&grow.layer);
                let known = city.catalog().layer(grow.layer.as_str());
                let attribute = grow.attribute.as_ref();
                let attribute = attribute.and_then(|id| known?.attribute(id.as_str()));
                let of = attribute.map_or(title, |attribute| attribute.title.clone());
                let within = within(city, &grow.within);
                let by = match (grow.factor, grow.amount) {
                    (Some(factor), _) => format!("× {factor}"),
                    (_, Some(amount)) => format!("{amount:+}"),
                    _ => String::new(),
                };
                // Who commutes where is not known of people and jobs that are not there yet.
                let (zh, en) = match city.all_flows().next() {
                    Some(_) => ("（通勤流不变）", " (commuting flows unchanged)"),
                    None => ("", ""),
                };
                say(
                    format!("{}：{} {by}{zh}", within.zh, of.zh),
                    format!("{}: {} {by}{en}", within.en, of.en),
                )
            }
            Change::MoveJobs(moved) => {
                let (from, to) = (within(city, &moved.from), within(city, &moved.to));
                say(
                    format!("{} 个岗位连同通勤者从{}迁往{}", moved.jobs, from.zh, to.zh),
                    format!(
                        "{} jobs with their commuters from {} to {}",
                        moved.jobs, from.en, to.en
                    ),
                )
            }
            Change::Station(station) => {
                let (zh, en) = named(&station.values);
                let place = at(station.lon, station.lat);
                let entrances = station.entrances.len();
                say(
                    format!("新增站点{zh}（{place}），出入口 {entrances} 个"),
                    format!("add station{en} at {place} with {entrances} entrances"),
                )
            }
            Change::Line(line) => {
                let stops = line.stops.len();
                let headways = |minutes: &str, between: &str| {
                    let told = line.headways.iter().map(|band| {
                        format!("{}–{} {}{minutes}", band.from, band.until, band.headway_min)
                    });
                    told.collect::<Vec<_>>().join(between)
                };
                say(
                    format!(
                        "新增线路 {}：{stops} 站，{}",
                        line.name,
                        headways(" 分钟一班", "；")
                    ),
                    format!(
                        "add line {}: {stops} stops, {}",
                        line.name,
                        headways(" min", "; ")
                    ),
                )
            }
            Change::Street(street) => {
                let class = class_title(&street.class);
                let modes: Vec<Title> = street.modes.iter().map(|mode| mode_title(mode)).collect();
                let in_brackets = |pick: fn(&Title) -> &str, [open, between, close]: [&str; 3]| {
                    let modes: Vec<&str> = modes.iter().map(pick).collect();
                    match modes.is_empty() {
                        true => String::new(),
                        false => format!("{open}{}{close}", modes.join(between)),
                    }
                };
                let points = street.points.len();
                say(
                    format!(
                        "新增{}{}，{points} 个点",
                        class.zh,
                        in_brackets(|mode| &mode.zh, ["（", "、", "）"])
                    ),
                    format!(
                        "add street ({}){}, {points} points",
                        class.en,
                        in_brackets(|mode| &mode.en, [" for ", ", ", ""])
                    ),
                )
            }
        }
    }
}

/// Whether vehicles may call at the features of a layer; whether they call at this one is not told,
/// for the history is read when the station may be gone.
fn has_calls(city: &City, layer: &LayerId) -> bool {
    *layer == *"stations" && city.transit().is_some()
}

fn say(zh: String, en: String) -> Title {
    Title { zh, en }
}

fn at(lon: f64, lat: f64) -> String {
    format!("{lon:.5}, {lat:.5}")
}

fn named(values: &serde_json::Map<String, serde_json::Value>) -> (String, String) {
    match values.get("name").and_then(|name| name.as_str()) {
        Some(name) => (format!("“{name}”"), format!(" “{name}”")),
        None => (String::new(), String::new()),
    }
}

/// What a class of streets is called: `primary` is 主干路.
fn class_title(class: &str) -> Title {
    let lines = street_lines();
    let known = lines.attribute("highway");
    let mut values = known.iter().flat_map(|attribute| &attribute.values);
    let known = values.find(|value| value.code == class);
    known.map_or_else(
        || say(class.to_owned(), class.to_owned()),
        |value| value.title.clone(),
    )
}

/// What a way of travelling is called.
fn mode_title(mode: &str) -> Title {
    let zh = match mode {
        "walk" => "步行",
        "bicycle" => "骑行",
        "car" => "小汽车",
        other => other,
    };
    say(zh.to_owned(), mode.to_owned())
}

fn layer_title(city: &City, id: &LayerId) -> Title {
    let layer = city.catalog().layer(id.as_str());
    layer.map_or_else(
        || say(id.to_string(), id.to_string()),
        |layer| layer.title.clone(),
    )
}

fn within(city: &City, within: &Within) -> Title {
    let Some(code) = &within.area else {
        return say("所画范围".into(), "the polygon".into());
    };
    match city.areas().find(city, code, None) {
        Some(area) => {
            let en = area.name_en.clone().unwrap_or_else(|| area.name.clone());
            say(area.name.clone(), en)
        }
        None => say(code.clone(), code.clone()),
    }
}
