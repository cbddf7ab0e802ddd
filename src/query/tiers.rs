//! Rows by a category of areas, such as the tiers of a plan (圈层): a property of districts and no
//! level of its own.

use super::{QueryError, gaps::Zones};
use crate::{
    city::City,
    domain::{AttributeType, Period},
};

/// Areas that make up a row.
pub(super) struct Group {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    /// By their place in the zones; `None` for the whole city.
    pub areas: Option<Vec<usize>>,
}

/// The zones of a level and the rows that they make up: each area one, or the areas of each value of
/// a category that `level` names. Areas without a value make up a row of their own, so that rows add
/// up.
///
/// # Errors
/// What is neither a level nor a category of areas.
pub(super) fn zones_and_groups<'c>(
    city: &'c City,
    level: &str,
    period: Option<&Period>,
) -> Result<(Zones<'c>, Vec<Group>), QueryError> {
    let catalog = city.catalog();
    let is_level = level == "city" || catalog.area_layer(level).is_some();
    let layers = catalog.area_layers().into_iter();
    let mut holders = layers.filter_map(|layer| {
        let attribute = layer.attribute(level)?;
        let is_category = attribute.kind == AttributeType::Category;
        Some((layer, attribute, layer.area_level.as_ref()?)).filter(|_| is_category)
    });
    let Some((layer, category, of)) = holders.next().filter(|_| !is_level) else {
        let zones = Zones::of(city, level, None, period)?;
        let of_area = |(number, area): (usize, &&crate::city::Area)| Group {
            code: area.code.to_string(),
            name: area.name.clone(),
            name_en: area.name_en.clone(),
            level: area.level.to_string(),
            areas: Some(vec![number]),
        };
        let groups = zones.areas.iter().enumerate().map(of_area).collect();
        return Ok((zones, groups));
    };
    let zones = Zones::of(city, of.as_str(), None, period)?;
    let at = layer.attribute_index(level);
    let loaded = city.layer(layer.id.as_str(), period);
    let values: Vec<Option<&str>> = zones
        .areas
        .iter()
        .map(|area| loaded?.index.text(area.feature, at?))
        .collect();
    let group = |code: &str, zh: &str, en: &str, value: Option<&str>| {
        let numbers = (0..values.len()).filter(|number| values[*number] == value);
        let areas: Vec<usize> = numbers.collect();
        let named = Group {
            code: code.to_owned(),
            name: zh.to_owned(),
            name_en: Some(en.to_owned()),
            level: level.to_owned(),
            areas: Some(areas),
        };
        Some(named).filter(|group| group.areas.as_ref().is_some_and(|areas| !areas.is_empty()))
    };
    let of_values = category.values.iter().filter_map(|value| {
        let code = value.code.as_str();
        group(code, &value.title.zh, &value.title.en, Some(code))
    });
    let (zh, en) = (&category.title.zh, category.title.en.to_lowercase());
    let without = group("", &format!("未标注{zh}"), &format!("No {en}"), None);
    let groups = of_values.chain(without).collect();
    Ok((zones, groups))
}
