use std::io::Write;

use super::QueryError;
use crate::{
    city::{City, LoadedLayer, Setting},
    domain::{Language, LevelId, Period, Title},
    export::{ExportContext, ExportError, Exported, Format, export_layer},
};

/// The state of a layer that a file is asked of.
///
/// # Errors
/// A layer that the city does not hold.
pub fn layer_state<'c>(
    city: &'c City,
    layer: &str,
    period: Option<&Period>,
) -> Result<&'c LoadedLayer, QueryError> {
    let missing = || QueryError::NotFound {
        what: "layer",
        name: layer.chars().take(64).collect(),
    };
    city.layer(layer, period).map(|l| &**l).ok_or_else(missing)
}

/// Writes the features of a layer as a file that says where they come from.
///
/// `chosen` is the condition that features meet, in words, and the rows that meet it, in the
/// layer's order; `None` is all.
///
/// # Errors
/// More than the format holds, or what `out` says.
pub fn write_layer(
    city: &City,
    loaded: &LoadedLayer,
    format: Format,
    language: Language,
    chosen: Option<(&str, &[usize])>,
    exported_at: &str,
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    let layer = loaded.layer();
    let levels: Vec<(LevelId, Title)> = city
        .catalog()
        .area_layers()
        .into_iter()
        .filter_map(|area| Some((area.area_level.clone()?, area.title.clone())))
        .filter(|(level, _)| loaded.index.levels().contains(level))
        .collect();
    let own = |of: fn(&crate::store::ImportRecord) -> &str| {
        let mut all: Vec<&str> = loaded.records.iter().map(of).collect();
        all.retain(|text| !text.is_empty());
        all.dedup();
        all.join("; ")
    };
    let context = ExportContext {
        catalog: city.catalog(),
        language,
        title: file_title(city, loaded),
        period: Some(loaded.index.period()),
        source: own(|record| &record.source),
        licence: own(|record| &record.licence),
        crs: own(|record| &record.crs),
        synthetic: loaded.is_synthetic(),
        estimated: loaded.estimated().into_iter().cloned().collect(),
        filter: chosen.map(|(text, _)| text.to_owned()).unwrap_or_default(),
        marking: Title {
            zh: city.setting(Setting::MarkingZh).to_owned(),
            en: city.setting(Setting::MarkingEn).to_owned(),
        },
        levels: &levels,
        exported_at: exported_at.to_owned(),
        software: concat!("Suitu 穗图 ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let table = loaded.index.to_table();
    let rows = chosen.map(|(_, rows)| rows);
    export_layer(format, layer, &table, rows, &context, out)
}

/// What a file of the layer is called: the city, the layer, its date, and 合成 where it is.
pub fn file_title(city: &City, loaded: &LoadedLayer) -> Title {
    let (city_title, layer) = (city.title(), loaded.layer());
    let period = loaded.index.period();
    let (zh, en) = match loaded.is_synthetic() {
        true => (" 合成", " synthetic"),
        false => ("", ""),
    };
    Title {
        zh: format!("{} {} {period}{zh}", city_title.zh, layer.title.zh),
        en: format!("{} {} {period}{en}", city_title.en, layer.title.en),
    }
}
