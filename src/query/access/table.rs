use geo::{Geometry, Point, Rect};

use super::{Access, AccessRow};
use crate::{
    city::City,
    domain::{Grid, TermFormat, Value},
    export::{ResultColumn, ResultTable},
    query::table::{column, notes},
};

/// Access as a table with headings and places, for files and the terminal: cells of a grid are
/// squares, areas have their outlines, all else is a point.
pub fn access_table(city: &City, access: &Access) -> ResultTable {
    let answer = &access.answer;
    let catalog = city.catalog();
    let of_areas = answer.rows.iter().any(|row| row.name.is_some());
    let keys = [
        "id", "code", "name", "lon", "lat", "demand", "value", "reason",
    ];
    let keys = keys.into_iter().filter(|key| *key != "name" || of_areas);
    let columns: Vec<ResultColumn> = keys.filter_map(|key| column(catalog, key)).collect();
    let columns = columns.into_iter().map(|column| match column.key.as_str() {
        "value" => ResultColumn {
            format: TermFormat::Number,
            decimals: 6,
            ..column
        },
        _ => column,
    });
    let columns: Vec<ResultColumn> = columns.collect();
    let cells = |row: &AccessRow| -> Vec<Value> {
        columns
            .iter()
            .map(|column| cell(row, &column.key))
            .collect()
    };
    let total = |column: &ResultColumn| match column.key.as_str() {
        "demand" => Value::Integer(answer.totals.demand),
        "value" => answer.totals.value.map_or(Value::Missing, Value::Number),
        _ => Value::Missing,
    };
    let cell_m = answer.query["cell_m"].as_u64().map(|cell_m| Grid {
        cell_m: cell_m as u32,
    });
    ResultTable {
        title: catalog
            .term("access")
            .map(|term| term.title.clone())
            .unwrap_or_default(),
        rows: answer.rows.iter().map(cells).collect(),
        totals: vec![columns.iter().map(total).collect()],
        notes: notes(catalog, answer),
        watermark: None,
        geometries: Some(
            answer
                .rows
                .iter()
                .map(|row| shape(city, access, row, cell_m))
                .collect(),
        ),
        columns,
    }
}

fn cell(row: &AccessRow, key: &str) -> Value {
    let text = |text: &Option<Box<str>>| match text {
        Some(text) => Value::Text(text.to_string()),
        None => Value::Missing,
    };
    match key {
        "id" => Value::Text(row.id.to_string()),
        "code" => text(&row.code),
        "name" => text(&row.name),
        "lon" => Value::Number(row.lon),
        "lat" => Value::Number(row.lat),
        "demand" => row.demand.map_or(Value::Missing, Value::Integer),
        "value" => row.value.map_or(Value::Missing, Value::Number),
        "reason" => row
            .reason
            .map_or(Value::Missing, |r| Value::Text(r.key().into())),
        _ => Value::Missing,
    }
}

fn shape(city: &City, access: &Access, row: &AccessRow, grid: Option<Grid>) -> Geometry<f64> {
    if let Some(grid) = grid {
        let bounds = grid.bounds(grid.cell(row.lon, row.lat));
        let corners = ((bounds.west, bounds.south), (bounds.east, bounds.north));
        return Geometry::Polygon(Rect::new(corners.0, corners.1).to_polygon());
    }
    let outline = || {
        let (level, code) = (row.level.as_deref()?, row.code.as_deref()?);
        let period = access.answer.provenance.period.as_ref();
        let area = city.areas().find_at(level, code, period)?;
        let layer = city.catalog().area_layer(level)?;
        let state = city.areas().period_at(level, period)?;
        let mut states = city.states(layer.id.as_str());
        let loaded = states.find(|loaded| loaded.index.period() == state)?;
        Some(loaded.index.geometry(area.feature))
    };
    outline().unwrap_or_else(|| Geometry::Point(Point::new(row.lon, row.lat)))
}
