use std::{collections::HashMap, sync::Arc};

use super::ImportArguments;
use crate::{
    analysis,
    city::City,
    cli::Failure,
    domain::{Column, Layer, LevelId, Period},
    import::{self, Imported, ReadOptions},
    index::LayerIndex,
    store::ControlTotal,
};

/// Spreads totals per area over the features of the layer that the city holds already.
pub(super) fn spread(
    arguments: &ImportArguments,
    city: &City,
    layer: &Arc<Layer>,
    level: &LevelId,
    period: &Period,
) -> Result<(Imported, Vec<ControlTotal>), Failure> {
    let weight = arguments.weight.as_deref().unwrap_or_default();
    let weight_at = layer.attribute_index(weight).ok_or_else(|| {
        format!(
            "--weight {weight}: layer {} has no such attribute",
            layer.id
        )
    })?;
    let loaded = city
        .layer(layer.id.as_str(), Some(period))
        .filter(|loaded| loaded.index.period() == period)
        .ok_or_else(|| {
            format!(
                "{}: no features for {period} to spread over; import buildings first",
                layer.id
            )
        })?;
    let index: &LayerIndex = &loaded.index;
    let level_at = index
        .level_index(level.as_str())
        .ok_or_else(|| format!("--spread {level}: there is no such level"))?;
    let options = ReadOptions {
        map: arguments.map.clone(),
        encoding: arguments.encoding.clone(),
        ..ReadOptions::default()
    };
    let totals = import::read_totals(&arguments.files, layer, options)?;
    let mut table = index.to_table();
    let mut weights = Vec::with_capacity(table.len());
    let mut rows_of: HashMap<String, Vec<usize>> = HashMap::new();
    for (row, feature) in index.iter().enumerate() {
        weights.push(
            index
                .value(feature, weight_at)
                .as_number()
                .unwrap_or(0.0)
                .max(0.0),
        );
        if let Some(code) = index.area_code(feature, level_at) {
            rows_of.entry(code.to_owned()).or_default().push(row);
        }
    }
    let mut report = totals.report.clone();
    let mut control = Vec::new();
    for (place, attribute) in totals.attributes.iter().enumerate() {
        let Some(at) = layer.attribute_index(attribute.as_str()) else {
            continue;
        };
        for area in &totals.rows {
            let code = &area.code;
            let Some(total) = area.values[place] else {
                continue;
            };
            let Some(rows) = rows_of.get(code.as_str()) else {
                return Err(
                    format!("area {code}: no {} inside to spread {total} over", layer.id).into(),
                );
            };
            let inside: Vec<f64> = rows.iter().map(|&row| weights[row]).collect();
            let shares = analysis::spread(total, &inside)
                .map_err(|e| format!("area {code}: {e}; fill {weight} for some of its features"))?;
            if let Column::Integer(values) = &mut table.columns[at] {
                for (&row, share) in rows.iter().zip(shares) {
                    values[row] = Some(share);
                }
            }
            control.push(ControlTotal {
                attribute: attribute.clone(),
                level: level.clone(),
                code: code.clone(),
                value: total,
                source: arguments.source.clone(),
            });
        }
    }
    table.area_codes.clear();
    report.kept = table.len() as u64;
    Ok((
        Imported {
            table,
            source_geometries: None,
            report,
        },
        control,
    ))
}
