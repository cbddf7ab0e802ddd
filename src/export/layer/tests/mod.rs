//! Every format is read back by a reader that this project did not write.

mod desktop;
mod readers;
mod sample;

use std::collections::BTreeMap;

use geo::{Geometry, polygon};

use super::*;
use crate::domain::{Column, Language, Value};
use sample::{Sample, shapes};

/// A feature as a foreign reader sees it; a missing value has no entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub id: String,
    pub geometry: Geometry<f64>,
    pub values: BTreeMap<String, Value>,
}

fn written(format: Format, sample: &Sample, rows: Option<&[usize]>) -> (Vec<u8>, Exported) {
    let mut out = Vec::new();
    let context = sample.context(Language::Zh);
    let exported = export_layer(
        format,
        &sample.layer,
        &sample.table,
        rows,
        &context,
        &mut out,
    )
    .unwrap_or_else(|error| panic!("{format}: {error}"));
    (out, exported)
}

/// What a lossless file holds.
fn expected(sample: &Sample) -> Vec<Record> {
    let table = &sample.table;
    let record = |row: usize| {
        let attributes = sample.layer.attributes.iter().zip(&table.columns);
        let mut values: BTreeMap<String, Value> = attributes
            .map(|(attribute, column)| (attribute.id.to_string(), column.get(row)))
            .collect();
        for (level, codes) in &table.area_codes {
            let code = codes
                .get(row)
                .map_or(Value::Missing, |c| Value::Text(c.to_owned()));
            values.insert(format!("{level}_code"), code);
        }
        values.retain(|_, value| !value.is_missing());
        Record {
            id: table.ids[row].to_string(),
            geometry: table.geometries[row].clone(),
            values,
        }
    };
    (0..table.len()).map(record).collect()
}

fn assert_same(format: Format, found: &[Record], wanted: &[Record], tolerance: f64) {
    let mut found = found.to_vec();
    let mut wanted = wanted.to_vec();
    // FlatGeobuf sorts by place.
    found.sort_by(|a, b| a.id.cmp(&b.id));
    wanted.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found.len(), wanted.len(), "{format}");
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found.id, wanted.id, "{format}");
        assert_eq!(found.values, wanted.values, "{format}, id {}", wanted.id);
        let places = |record: &Record| -> Vec<geo::Coord<f64>> {
            let mut places: Vec<_> = geo::CoordsIter::coords_iter(&record.geometry).collect();
            // Formats start rings where and turn them how they like.
            places.sort_by(|a, b| (a.x, a.y).partial_cmp(&(b.x, b.y)).expect("finite"));
            places.dedup();
            places
        };
        let (found_places, wanted_places) = (places(found), places(wanted));
        assert_eq!(
            found_places.len(),
            wanted_places.len(),
            "{format}, id {}",
            wanted.id
        );
        for (a, b) in found_places.iter().zip(&wanted_places) {
            let near = (a.x - b.x).abs() <= tolerance && (a.y - b.y).abs() <= tolerance;
            assert!(near, "{format}: {a:?} for {b:?}");
        }
    }
}

/// What a dBASE field of 254 bytes keeps of a long Chinese text.
fn cut_remarks(records: &mut [Record]) {
    for record in records {
        if let Some(Value::Text(text)) = record.values.get_mut("remarks") {
            *text = text.chars().take(254 / 3).collect();
        }
    }
}

#[test]
fn points_come_back_from_every_format() {
    let sample = Sample::points();
    for format in Format::ALL {
        let (bytes, exported) = written(format, &sample, None);
        assert_eq!(exported.features, sample.table.len() as u64);
        let found = readers::read(format, &bytes, &sample.layer);
        let mut wanted = expected(&sample);
        if format == Format::Shapefile {
            assert_eq!(exported.losses.len(), 1, "the long text is cut and told");
            cut_remarks(&mut wanted);
        } else {
            assert_eq!(exported.losses, []);
        }
        let tolerance = match format {
            Format::GeoJson | Format::GeoJsonLines => 0.5e-7,
            _ => 0.0,
        };
        assert_same(format, &found, &wanted, tolerance);
    }
}

#[test]
fn polygons_with_holes_and_parts_come_back_from_every_format() {
    let sample = Sample::areas(shapes());
    for format in Format::ALL {
        let (bytes, _) = written(format, &sample, None);
        let found = readers::read(format, &bytes, &sample.layer);
        let tolerance = match format {
            Format::GeoJson | Format::GeoJsonLines => 0.5e-9,
            _ => 0.0,
        };
        let mut wanted = expected(&sample);
        if format == Format::Shapefile {
            cut_remarks(&mut wanted);
        }
        assert_same(format, &found, &wanted, tolerance);
    }
}

#[test]
fn the_same_features_are_the_same_bytes() {
    for sample in [Sample::points(), Sample::areas(shapes())] {
        for format in Format::ALL {
            let (first, _) = written(format, &sample, None);
            // Zip archives and databases note times to two seconds.
            std::thread::sleep(std::time::Duration::from_millis(300));
            assert!(first == written(format, &sample, None).0, "{format}");
        }
    }
}

#[test]
fn rows_choose_and_order_features() {
    let sample = Sample::points();
    for format in Format::ALL {
        let (bytes, exported) = written(format, &sample, Some(&[2, 0]));
        assert_eq!(exported.features, 2, "{format}");
        let found = readers::read(format, &bytes, &sample.layer);
        let mut ids: Vec<&str> = found.iter().map(|record| &*record.id).collect();
        if format == Format::FlatGeobuf {
            ids.sort_unstable();
            ids.reverse();
        }
        assert_eq!(
            ids,
            [&*sample.table.ids[2], &*sample.table.ids[0]],
            "{format}"
        );
    }
}

#[test]
fn an_empty_layer_is_a_file_without_features() {
    for sample in [Sample::points(), Sample::areas(shapes())] {
        for format in Format::ALL {
            let (bytes, exported) = written(format, &sample, Some(&[]));
            assert_eq!(exported.features, 0, "{format}");
            assert_eq!(readers::read(format, &bytes, &sample.layer), [], "{format}");
        }
    }
}

#[test]
fn a_row_that_is_not_there_is_an_error() {
    let sample = Sample::points();
    for format in Format::ALL {
        let context = sample.context(Language::Zh);
        let mut out = Vec::new();
        let result = export_layer(
            format,
            &sample.layer,
            &sample.table,
            Some(&[99]),
            &context,
            &mut out,
        );
        assert!(matches!(
            result,
            Err(ExportError::NoSuchRow { row: 99, .. })
        ));
        assert!(out.is_empty());
    }
}

#[test]
fn geometries_that_a_format_cannot_hold_are_errors() {
    let mut sample = Sample::points();
    sample.table.geometries[1] =
        polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0)].into();
    let context = sample.context(Language::En);
    for format in [Format::FlatGeobuf, Format::GeoPackage, Format::Shapefile] {
        let result = export_layer(
            format,
            &sample.layer,
            &sample.table,
            None,
            &context,
            &mut Vec::new(),
        );
        let message = result.expect_err("points and a polygon").to_string();
        assert!(message.contains(&*sample.table.ids[1]), "{message}");
    }
    sample.table.geometries[1] = geo::LineString::<f64>::new(Vec::new()).into();
    let result = export_layer(
        Format::Shapefile,
        &sample.layer,
        &sample.table,
        Some(&[1]),
        &context,
        &mut Vec::new(),
    );
    assert!(matches!(result, Err(ExportError::Geometry { .. })));
}

#[test]
fn a_shape_longer_than_a_cell_is_left_out_of_a_workbook_and_told() {
    let circle = |i: usize| (i as f64).to_radians().sin_cos();
    let ring: geo::LineString<f64> = (0..3600).map(|i| circle(i * 10)).collect();
    let ring = geo::Polygon::new(ring, Vec::new());
    let sample = Sample::areas(vec![ring.into()]);
    let (_, exported) = written(Format::Xlsx, &sample, None);
    assert_eq!(exported.losses, [Loss::ShapeLeftOut { features: 1 }]);
}

#[test]
fn headings_and_totals_of_a_workbook() {
    use calamine::Reader;
    let sample = Sample::points();
    let (bytes, _) = written(Format::Xlsx, &sample, None);
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).expect("a workbook");
    let names = book.sheet_names();
    assert_eq!(names[1], "口径与来源");
    let sheet = book.worksheet_range(&names[0]).unwrap();
    let line = |row: usize| -> Vec<String> {
        sheet
            .rows()
            .nth(row)
            .expect("a row")
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        line(0),
        [
            "编号",
            "名称",
            "备注",
            "代码",
            "常住人口(人)",
            "户数",
            "楼层",
            "建筑面积(平方米)",
            "类型",
            "建成日期",
            "有电梯",
            "所在区代码",
            "经度",
            "纬度"
        ]
    );
    let last = line(sheet.height() - 1);
    assert_eq!(last[0], "合计");
    let Column::Integer(people) = &sample.table.columns[3] else {
        panic!("counts are whole");
    };
    let sum: i64 = people.iter().flatten().sum();
    assert_eq!(last[4], sum.to_string());
    assert_eq!(last[5], "", "nobody counted households");
    let notes = book.worksheet_range(&names[1]).unwrap();
    let notes: Vec<String> = notes
        .rows()
        .map(|row| format!("{}={}", row[0], row[1]))
        .collect();
    for note in [
        "来源=第七次全国人口普查",
        "时点=2020-11-01",
        "标识=内部使用",
        "导出时间=2024-05-01T12:30:00Z",
    ] {
        assert!(notes.iter().any(|n| n == note), "{note} in {notes:?}");
    }
    assert!(notes.iter().any(|n| n.starts_with("数据性质=合成数据")));
    assert!(book.worksheet_formula(&names[0]).unwrap().is_empty());
}

#[test]
fn geojson_follows_the_right_hand_rule_and_carries_provenance() {
    let sample = Sample::areas(shapes());
    let (bytes, _) = written(Format::GeoJson, &sample, None);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let read: ::geojson::FeatureCollection = text.parse().expect("GeoJSON");
    let foreign = read.foreign_members.expect("provenance");
    assert_eq!(foreign["provenance"]["period"], "2020-11-01");
    for feature in read.features {
        let geometry: Geometry<f64> = feature.geometry.expect("a geometry").try_into().unwrap();
        let polygons = match geometry {
            Geometry::Polygon(polygon) => vec![polygon],
            Geometry::MultiPolygon(parts) => parts.0,
            other => panic!("{other:?}"),
        };
        for polygon in polygons {
            use geo::Winding;
            assert!(polygon.exterior().is_ccw());
            assert!(polygon.interiors().iter().all(Winding::is_cw));
        }
    }
}
