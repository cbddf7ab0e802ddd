use std::io::Write;

use super::{QueryError, answer::Input};
use crate::{
    city::{City, LoadedLayer, Setting},
    domain::{Language, LevelId, Period, Title, Watermark},
    export::{ExportContext, ExportError, Exported, Format, export_layer},
    index::{Filter, LayerIndex},
};

/// The state of a layer that a file is asked of.
///
/// # Errors
/// A layer that the city does not hold, or only at later periods.
pub fn layer_state<'c>(
    city: &'c City,
    layer: &str,
    period: Option<&Period>,
) -> Result<&'c LoadedLayer, QueryError> {
    let found = city.layer(layer, period);
    found
        .map(|l| &**l)
        .ok_or_else(|| super::no_state(city, layer, period))
}

/// How the features of a layer become a file.
#[derive(Clone, Copy, Debug)]
pub struct FileOf<'a> {
    pub format: Format,
    pub language: Language,
    /// Only the features that meet it.
    pub filter: Option<&'a Filter>,
    /// UTC, RFC 3339.
    pub exported_at: &'a str,
    /// Who takes it away, where that stands on files.
    pub watermark: Option<&'a Watermark>,
}

/// Writes the features of a layer as a file that says where they come from.
///
///
/// # Errors
/// More than the format holds, or what `out` says.
pub fn write_layer(
    city: &City,
    loaded: &LoadedLayer,
    file: &FileOf<'_>,
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    let FileOf {
        format,
        language,
        filter,
        exported_at,
        watermark,
    } = *file;
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
        source: Input::of(loaded).source_title(),
        licence: own(|record| &record.licence),
        crs: own(|record| &record.crs),
        synthetic: loaded.is_synthetic(),
        estimated: loaded.estimated().into_iter().cloned().collect(),
        filter: filter.map(|f| f.text().to_string()).unwrap_or_default(),
        marking: Title {
            zh: city.setting(Setting::MarkingZh).to_owned(),
            en: city.setting(Setting::MarkingEn).to_owned(),
        },
        watermark,
        levels: &levels,
        exported_at: exported_at.to_owned(),
        software: concat!("Suitu 穗图 ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let table = loaded.index.to_table();
    let kept = filter.map(|filter| rows_kept(&loaded.index, filter));
    export_layer(format, layer, &table, kept.as_deref(), &context, out)
}

/// The rows of `index.to_table()` that meet `filter`.
fn rows_kept(index: &LayerIndex, filter: &Filter) -> Vec<usize> {
    let mut first = 0;
    let mut rows = Vec::new();
    for cell in index.cells() {
        let kept = filter.rows(cell, 0..cell.len());
        rows.extend(kept.ones().map(|row| first + row));
        first += cell.len();
    }
    rows
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
