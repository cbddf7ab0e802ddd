//! CSV and XLSX.

use encoding_rs::GB18030;
use geo::{Geometry, Point};
use rust_xlsxwriter::{Format, Workbook};

use super::*;
use crate::{
    domain::{Language, Value},
    import::{AreaTotal, CrsFrom, Note, read_totals},
};

#[test]
fn a_bad_row_hides_no_other() {
    let text = "id,经度,纬度,常住人口（人）,备注\n\
                a,113.2,23.1,12,x\n\
                b,113.2,23.1,12.5,x\n\
                c,113.2,,3,x\n\
                d,113.2,23.1,-3,x\n\
                e,113.2,23.1,\"1,234\",x\n\
                a,113.2,23.1,7,x\n\
                f,113.2,23.1,NaN,x\n\
                g,113.2,23.1,,x\n\
                h,113.2\n\
                i,413.2,23.1,5,x\n\
                j,113.2,23.1,１２.0,x\n";
    let imported = read_text("a.csv", text, &residences()).unwrap();
    assert_eq!(
        reasons(&imported),
        [
            "3 常住人口（人）: `12.5` is not a whole number",
            "4 纬度: one of the two coordinates is missing",
            "5 常住人口（人）: `-3` is negative, which it cannot be",
            "7 id: id `a` stands already in row 2",
            "8 常住人口（人）: the value is not a finite number (NaN or infinity)",
            "10 -: the row has 2 fields, but there are 5 columns",
            "11 -: the coordinates lie outside the world after conversion; check the coordinate \
             system and the order of x and y",
        ]
    );
    let report = &imported.report;
    assert_eq!((report.read, report.kept, report.refused.count), (11, 4, 7));
    assert_eq!(report.dropped_columns, ["备注"]);
    assert_eq!(report.sums[0].1, 12 + 1234 + 12);
    assert_eq!(report.missing[0].1, 1);
    assert_eq!(report.notes[&Note::GroupedNumbers], 1);
    assert_eq!(report.notes[&Note::FullWidthNumbers], 1);
    let ids: Vec<&str> = imported.table.ids.iter().map(|id| &**id).collect();
    assert_eq!(ids, ["a", "e", "g", "j"]);
    assert_eq!(imported.source_geometries, None);
}

#[test]
fn every_type_is_checked_against_the_layer() {
    let text = "lon,lat,name,kind,built,gated,floor_area_m2\n\
                113,23,NULL,民居,2001/5/3,是,1e3\n\
                113,23,广州,DORM,2001,0,\n\
                113,23,x,castle,2001,0,1\n\
                113,23,x,house,soon,0,1\n\
                113,23,x,house,2001,maybe,1\n\
                113,23,x,house,2001,1,many\n";
    let imported = read_text("a.csv", text, &residences()).unwrap();
    assert_eq!(imported.table.len(), 2);
    let row =
        |row: usize| -> Vec<Value> { imported.table.columns.iter().map(|c| c.get(row)).collect() };
    let text = |t: &str| Value::Text(t.into());
    assert_eq!(
        row(0),
        [
            Value::Missing,
            Value::Number(1000.0),
            Value::Missing,
            text("house"),
            text("2001-05-03"),
            Value::Integer(1)
        ]
    );
    assert_eq!(row(1)[2..5], [text("广州"), text("dorm"), text("2001")]);
    assert_eq!(
        reasons(&imported),
        [
            "4 kind: `castle` is not one of the allowed values: house (住宅), dorm (宿舍)",
            "5 built: `soon` is no date; write 2020, 2020-11 or 2020-11-01",
            "6 gated: `maybe` is neither yes nor no (是/否, 1/0)",
            "7 floor_area_m2: `many` is not a number",
        ]
    );
    assert_eq!(imported.report.notes[&Note::AssignedIds], 2);
}

#[test]
fn encodings_separators_and_titles_above_the_headings_are_found() {
    let files = Files::new();
    let text = "广州市住宅表;;;\n编号;x;y;常住 人口\n1;424000;2558000;5\n";
    let gb = GB18030.encode(text).0.into_owned();
    let path = files.put("表.csv", gb);
    let imported = read_one(&path, &residences(), Some("EPSG:4547")).unwrap();
    let file = &imported.report.files[0];
    assert_eq!(
        (file.encoding, file.crs.as_str()),
        (Some("GB18030"), "EPSG:4547")
    );
    assert_eq!(file.crs_from, Some(CrsFrom::Told));
    assert_eq!(imported.report.notes[&Note::LinesAboveHeadings], 1);
    let Geometry::Point(place) = imported.table.geometries[0] else {
        panic!("a point")
    };
    assert!(
        (place.x() - 113.2581).abs() < 1e-3 && (place.y() - 23.1198).abs() < 1e-3,
        "{place:?}"
    );
    let source = imported.source_geometries.unwrap();
    assert_eq!(
        source,
        [Geometry::Point(Point::new(424_000.0, 2_558_000.0))]
    );
}

#[test]
fn a_table_without_coordinate_system_is_refused_with_advice() {
    let files = Files::new();
    let path = files.put("a.csv", "id,lon,lat\n1,113,23\n");
    let error = read_one(&path, &residences(), None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("--crs EPSG:4490") && error.contains("GCJ-02"),
        "{error}"
    );
    let path = files.put("b.csv", "id,lon,lat\n1,424000,2558000\n");
    let error = read_one(&path, &residences(), Some("EPSG:4490")).unwrap_err();
    assert!(error.to_string().contains("metres"), "{error}");
    let path = files.put("c.csv", "id,常住人口\n1,5\n");
    let error = read_one(&path, &residences(), Some("EPSG:4490")).unwrap_err();
    assert!(error.to_string().contains("--map lon=COLUMN"), "{error}");
}

#[test]
fn doubtful_columns_are_named_and_mapped() {
    let layer = residences();
    let files = Files::new();
    let path = files.put("a.csv", "lon,lat,常住人口,population,人数\n113,23,1,2,3\n");
    let read_with = |map: &[(&str, &str)]| {
        let owned = map.iter().map(|(a, c)| ((*a).to_owned(), (*c).to_owned()));
        let options = ReadOptions {
            crs: Some(crate::crs::Crs::WGS84),
            map: owned.collect(),
            ..ReadOptions::default()
        };
        read(std::slice::from_ref(&path), &layer, options)
    };
    let error = read_with(&[]).unwrap_err().to_string();
    assert!(error.contains("`常住人口` and `population`"), "{error}");
    for (column, value) in [("人数", 3), ("population", 2)] {
        let imported = read_with(&[("usual_residents", column)]).unwrap();
        assert_eq!(imported.table.columns[0].get(0), Value::Integer(value));
    }
    let error = read_with(&[("jobs", "人数")]).unwrap_err().to_string();
    assert!(error.contains("no field of residences"), "{error}");
    let error = read_with(&[("usual_residents", "谁")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("no such column"), "{error}");

    let error = read_text("b.csv", "lon,lat,常住人口（万人）\n113,23,5\n", &layer).unwrap_err();
    assert!(error.to_string().contains("万人"), "{error}");
}

#[test]
fn identity_numbers_refuse_the_file_and_are_never_repeated() {
    let number = "440524188001010014";
    let text = format!("lon,lat,备注\n113,23,{number}\n113,23,x{number}\n113,23,\n");
    for name in ["a.csv", "b.csv"] {
        let error = read_text(name, &text, &residences()).unwrap_err();
        assert!(
            matches!(error, ImportError::IdentityNumbers { ref column, .. } if column == "备注")
        );
        assert!(!error.to_string().contains("440524"), "{error}");
    }
    let rows: String = (0..200).map(|n| format!("113,23,{n}\n")).collect();
    let text = format!("lon,lat,常住人口\n{rows}113,23,{number}\n113,23,13800138000\n");
    let imported = read_text("c.csv", &text, &residences()).unwrap();
    let told = imported.report.to_text(&residences(), Language::Zh) + &reasons(&imported).join("");
    assert!(!told.contains("4405241880"), "{told}");
}

#[test]
fn rows_without_coordinates_are_located_by_key() {
    let files = Files::new();
    let path = files.put("a.csv", "楼栋,常住人口\nA1,5\nB2,6\n,7\n合计,18\n");
    let places = |key: &str| (key == "A1").then(|| Geometry::Point(Point::new(113.0, 23.0)));
    let layer = residences();
    let options = ReadOptions {
        locate: Some(&places),
        locate_key: Some("楼栋".into()),
        ..ReadOptions::default()
    };
    let imported = read(&[path], &layer, options).unwrap();
    let located = imported.report.located.unwrap();
    assert_eq!((located.tried, located.matched), (3, 1));
    assert_eq!(imported.report.sums[0].1, 5);
    assert_eq!(imported.report.notes[&Note::TotalRows], 1);
    assert_eq!(
        reasons(&imported),
        [
            "3 楼栋: no place is known for the key `B2`",
            "4 楼栋: no coordinates, and the key to find the place is empty",
        ]
    );
    let text = imported.report.to_text(&layer, Language::Zh);
    assert!(text.contains("匹配率 33.33 %"), "{text}");
}

#[test]
fn a_workbook_is_read_as_a_person_sees_it() {
    let files = Files::new();
    let path = files.0.path().join("a.xlsx");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(0, 0, "住宅登记表").unwrap();
    for (column, heading) in ["ID", "经度（°）", "纬度", "常住人口", "名称", "建成"]
        .iter()
        .enumerate()
    {
        sheet.write(1, column as u16, *heading).unwrap();
    }
    sheet.write(2, 0, 440_106_001).unwrap();
    sheet.write(2, 1, 113.2).unwrap();
    sheet.write(2, 2, 23.1).unwrap();
    sheet.write(2, 3, 12.0).unwrap();
    sheet.write(2, 4, 5).unwrap();
    sheet.write_with_format(2, 5, 44_136.0, &date).unwrap();
    sheet.write(3, 0, "x").unwrap();
    sheet.write(3, 1, "113.3").unwrap();
    sheet.write(3, 2, "23.2").unwrap();
    sheet.write(3, 3, "many").unwrap();
    sheet.write(5, 0, "合 计").unwrap();
    sheet.write(5, 3, 12).unwrap();
    book.add_worksheet()
        .set_name("说明")
        .unwrap()
        .write(0, 0, "x")
        .unwrap();
    book.save(&path).unwrap();
    let imported = read_one(&path, &residences(), Some("EPSG:4490")).unwrap();
    assert_eq!(&*imported.table.ids[0], "440106001");
    assert_eq!(imported.table.columns[2].get(0), Value::Text("5".into()));
    assert_eq!(
        imported.table.columns[4].get(0),
        Value::Text("2020-11-01".into())
    );
    assert_eq!(reasons(&imported), ["4 常住人口: `many` is not a number"]);
    assert_eq!(imported.report.notes[&Note::TotalRows], 1);

    let named = |sheet: &str| files.0.path().join(format!("a.xlsx#{sheet}"));
    assert!(read_one(&named("Sheet1"), &residences(), Some("EPSG:4490")).is_ok());
    let error = read_one(&named("没有"), &residences(), None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("Sheet1, 说明"), "{error}");
}

#[test]
fn totals_of_areas_need_codes_and_no_places() {
    let files = Files::new();
    let path = files.put(
        "a.csv",
        "行政区划代码,区,常住人口,户数\n440106000000,天河,2241826,1\n440104,越秀,,2\n440104,再,3,3\n合计,,2241826,3\n",
    );
    let totals = read_totals(&[path], &residences(), ReadOptions::default()).unwrap();
    assert_eq!(totals.attributes[0], "usual_residents");
    let area = |code: &str, values: &[Option<i64>]| AreaTotal {
        code: code.parse().unwrap(),
        values: values.to_vec(),
    };
    assert_eq!(
        totals.rows,
        [area("440106", &[Some(2_241_826)]), area("440104", &[None])]
    );
    assert_eq!(totals.report.refused.count, 1);
    assert_eq!(totals.report.dropped_columns, ["区", "户数"]);
    let path = files.put("b.csv", "行政区划代码,x\n440106,1\n");
    let error = read_totals(&[path], &residences(), ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("usual_residents"), "{error}");
}
