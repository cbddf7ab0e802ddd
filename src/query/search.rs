use pinyin::ToPinyin;
use serde::{Deserialize, Serialize};

use super::{Limits, QueryError};
use crate::{
    city::City,
    domain::{LayerId, Period, Role},
};

/// `GET /api/search`: places by Chinese or English name, code, pinyin or its initials.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    pub q: String,
    #[serde(default)]
    pub limit: Option<usize>,
    #[serde(default)]
    pub period: Option<Period>,
}

/// A place that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchRow {
    /// `area` or `feature`.
    pub kind: &'static str,
    pub layer: LayerId,
    pub id: String,
    pub code: Option<String>,
    pub name: String,
    pub name_en: Option<String>,
    pub level: Option<String>,
    /// The name of the area around it.
    pub context: Option<String>,
    pub lon: f64,
    pub lat: f64,
    pub bbox: Option<[f64; 4]>,
    /// How it fits: `name`, `code`, `pinyin` or `initials`.
    #[serde(rename = "match")]
    pub fit: &'static str,
    #[serde(skip)]
    rank: (u8, usize, u8),
}

/// Named features beyond this many per layer are searched by name only, not by pinyin.
const PINYIN_FEATURES: u64 = 50_000;

/// Finds areas and named features, best first: whole names before beginnings before parts, areas
/// before features, larger areas before smaller ones.
///
/// # Errors
/// Where nobody waits for the answer any longer.
pub fn search(
    city: &City,
    query: &SearchQuery,
    limits: &Limits,
) -> Result<Vec<SearchRow>, QueryError> {
    let wanted = Wanted::new(&query.q);
    if wanted.text.is_empty() {
        return Ok(Vec::new());
    }
    let limit = query.limit.unwrap_or(10).clamp(1, 100);
    let period = query.period.as_ref();
    let mut found = Vec::new();
    for (order, level) in city.catalog().levels().iter().enumerate() {
        limits.check()?;
        for area in city.areas().at(level.as_str(), period) {
            let code = Some(area.code.as_str());
            let Some((fit, how)) = wanted.fit(&area.name, area.name_en.as_deref(), code, true)
            else {
                continue;
            };
            let parent = area
                .parent
                .as_ref()
                .and_then(|p| city.areas().find(city, p.as_str(), period));
            let layer = city
                .catalog()
                .area_layer(level.as_str())
                .expect("a level has a layer");
            found.push(SearchRow {
                kind: "area",
                layer: layer.id.clone(),
                id: area.code.to_string(),
                code: Some(area.code.to_string()),
                name: area.name.clone(),
                name_en: area.name_en.clone(),
                level: Some(level.to_string()),
                context: parent.map(|p| p.name.clone()),
                lon: area.place.0,
                lat: area.place.1,
                bbox: Some(area.bounds.as_array()),
                fit: how,
                rank: (fit, area.name.chars().count(), order as u8),
            });
        }
    }
    for loaded in city.layers_at(period).filter(|l| !l.layer().is_area()) {
        limits.check()?;
        let (layer, index) = (loaded.layer(), &loaded.index);
        let Some(name_at) = layer.index_with_role(Role::Name) else {
            continue;
        };
        let name_en_at = layer.index_with_role(Role::NameEn);
        let by_sound = index.features() <= PINYIN_FEATURES;
        for feature in index.iter() {
            let Some(name) = index.text(feature, name_at) else {
                continue;
            };
            let name_en = name_en_at.and_then(|at| index.text(feature, at));
            let Some((fit, how)) = wanted.fit(name, name_en, None, by_sound) else {
                continue;
            };
            let (lon, lat) = index.place(feature);
            let around = index.levels().iter().enumerate().find_map(|(at, level)| {
                let code = index.area_code(feature, at)?;
                Some(
                    city.areas()
                        .find_at(level.as_str(), code, period)?
                        .name
                        .clone(),
                )
            });
            found.push(SearchRow {
                kind: "feature",
                layer: layer.id.clone(),
                id: index.id(feature).to_owned(),
                code: None,
                name: name.to_owned(),
                name_en: name_en.map(str::to_owned),
                level: None,
                context: around,
                lon,
                lat,
                bbox: None,
                fit: how,
                rank: (fit, name.chars().count(), 100),
            });
        }
    }
    found.sort_by(|a, b| {
        let key = |row: &SearchRow| (row.rank.0, row.rank.2, row.rank.1);
        key(a)
            .cmp(&key(b))
            .then_with(|| (&a.name, &a.id).cmp(&(&b.name, &b.id)))
    });
    found.truncate(limit);
    Ok(found)
}

/// What is looked for, in the forms that names are compared in.
struct Wanted {
    text: String,
    is_ascii: bool,
}

impl Wanted {
    fn new(text: &str) -> Self {
        let text: String = text
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| !c.is_whitespace())
            .take(64)
            .collect();
        let is_ascii = text.is_ascii();
        Wanted { text, is_ascii }
    }

    /// How well a name fits (0 best) and by what; `None` where it does not.
    fn fit(
        &self,
        name: &str,
        name_en: Option<&str>,
        code: Option<&str>,
        by_sound: bool,
    ) -> Option<(u8, &'static str)> {
        let squeezed = |text: &str| -> String {
            text.to_lowercase()
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect()
        };
        let by_text = |text: &str| {
            let text = squeezed(text);
            match text.find(&self.text) {
                Some(0) if text.len() == self.text.len() => Some(0),
                Some(0) => Some(1),
                Some(_) => Some(3),
                None => None,
            }
        };
        let mut best: Option<(u8, &'static str)> = by_text(name).map(|fit| (fit, "name"));
        let mut offer = |candidate: Option<(u8, &'static str)>| {
            if let Some(candidate) = candidate
                && best.is_none_or(|known| candidate.0 < known.0)
            {
                best = Some(candidate);
            }
        };
        offer(name_en.and_then(by_text).map(|fit| (fit, "name")));
        if let Some(code) = code.filter(|code| code.starts_with(&self.text)) {
            offer(Some((
                if code.len() == self.text.len() { 0 } else { 2 },
                "code",
            )));
        }
        if self.is_ascii && by_sound && !name.is_ascii() {
            // 天河 is as good as 天河区.
            let (short_full, short_initials) = sound(without_kind(name));
            let (full, initials) = sound(name);
            let by_sound = |whole: &str, short: &str| {
                let is_whole = self.text == whole || self.text == short;
                let fit = if is_whole { 1 } else { 2 };
                whole.starts_with(&self.text).then_some(fit)
            };
            offer(by_sound(&initials, &short_initials).map(|fit| (fit, "initials")));
            offer(by_sound(&full, &short_full).map(|fit| (fit, "pinyin")));
        }
        best
    }
}

/// The name of an area without the word for what it is.
fn without_kind(name: &str) -> &str {
    let kinds = ["街道", "地区", "新区", "区", "县", "市", "镇", "乡", "站"];
    let short = kinds.iter().find_map(|kind| name.strip_suffix(kind));
    short
        .filter(|short| short.chars().count() > 1)
        .unwrap_or(name)
}

/// The pinyin of a name without tones, in full and by initials; other letters stay.
fn sound(name: &str) -> (String, String) {
    let (mut full, mut initials) = (String::new(), String::new());
    for (character, syllable) in name.chars().zip(name.to_pinyin()) {
        match syllable {
            Some(syllable) => {
                full.push_str(syllable.plain());
                initials.push_str(syllable.first_letter());
            }
            None => {
                let lower = character.to_lowercase().filter(|c| c.is_alphanumeric());
                let lower: String = lower.collect();
                full.push_str(&lower);
                initials.push_str(&lower);
            }
        }
    }
    (full, initials)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_by_characters_pinyin_and_initials() {
        let fit =
            |wanted: &str| Wanted::new(wanted).fit("天河区", Some("Tianhe"), Some("440106"), true);
        assert_eq!(fit("天河区"), Some((0, "name")));
        assert_eq!(fit("天河"), Some((1, "name")));
        assert_eq!(fit("Tian he"), Some((0, "name")));
        assert_eq!(fit("thq"), Some((1, "initials")));
        assert_eq!(fit("tianheq"), Some((2, "pinyin")));
        assert_eq!(fit("440106"), Some((0, "code")));
        assert_eq!(fit("海珠"), None);
    }
}
