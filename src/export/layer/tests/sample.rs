use std::sync::LazyLock;

use geo::{Geometry, MultiPolygon, Point, polygon};

use crate::{
    definitions::read_catalog,
    domain::{Catalog, Language, Layer, LevelId, Period, Table, TextColumn, Title, Value},
    export::ExportContext,
};

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| read_catalog(None).expect("sound definitions"));
static PERIOD: LazyLock<Period> = LazyLock::new(|| "2020-11-01".parse().expect("a day"));
static LEVELS: LazyLock<Vec<(LevelId, Title)>> = LazyLock::new(|| {
    let level: LevelId = "district".to_owned().try_into().expect("a level");
    vec![(level, title("区", "District"))]
});

/// A layer with features that are awkward to write.
pub struct Sample {
    pub layer: Layer,
    pub table: Table,
}

fn title(zh: &str, en: &str) -> Title {
    let (zh, en) = (zh.to_owned(), en.to_owned());
    Title { zh, en }
}

/// A layer with an attribute of every type, two of them the same in their first ten letters.
fn layer(geometry: &str) -> Layer {
    let text = format!(
        r##"
id = "homes"
kind = "residence"
geometry = "{geometry}"
level = "public"
title = {{ zh = "居住", en = "Homes" }}
zoom = {{ min = 0, max = 22, detail = 14 }}
style = {{ color = "#336699" }}
[[attributes]]
id = "name"
type = "text"
title = {{ zh = "名称", en = "Name" }}
[[attributes]]
id = "remarks"
type = "text"
title = {{ zh = "备注", en = "Remarks" }}
[[attributes]]
id = "code"
type = "text"
title = {{ zh = "代码", en = "Code" }}
[[attributes]]
id = "usual_residents"
type = "count"
title = {{ zh = "常住人口", en = "Usual residents" }}
unit = "person"
caliber = "usual"
[[attributes]]
id = "usual_residences"
type = "count"
title = {{ zh = "户数", en = "Households" }}
[[attributes]]
id = "floors"
type = "integer"
title = {{ zh = "楼层", en = "Floors" }}
[[attributes]]
id = "floor_area_m2"
type = "number"
title = {{ zh = "建筑面积", en = "Floor area" }}
unit = "m2"
[[attributes]]
id = "kind"
type = "category"
title = {{ zh = "类型", en = "Kind" }}
values = [{{ code = "flat", zh = "公寓", en = "Flat" }}, {{ code = "house", zh = "独栋", en = "House" }}]
[[attributes]]
id = "built"
type = "date"
title = {{ zh = "建成日期", en = "Built" }}
[[attributes]]
id = "lift"
type = "flag"
title = {{ zh = "有电梯", en = "Lift" }}
"##
    );
    toml::from_str(&text).expect("a layer")
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Values for row `row` of four: full, empty, awkward, extreme.
fn values(row: usize) -> [Value; 10] {
    use Value::{Integer, Missing, Number};
    match row % 4 {
        0 => [
            text("天河公寓 🏙 Ünïcode"),
            text(&"很长的说明".repeat(100)),
            text("0017"),
            Integer(120),
            Missing,
            Integer(-2),
            Number(8_888.125),
            text("flat"),
            text("2020-11"),
            Integer(1),
        ],
        1 => std::array::from_fn(|_| Missing),
        2 => [
            text("=HYPERLINK(\"http://x\"),\n'quoted'"),
            text("-"),
            text("440106008000"),
            Integer(0),
            Missing,
            Integer(0),
            Number(0.0),
            text("house"),
            text("1999"),
            Integer(0),
        ],
        _ => [
            text("'+86 20"),
            text("  trailing"),
            text("1e5"),
            Integer(1_000_000_000_000),
            Missing,
            Integer(32),
            Number(-1.234_567_890_123_456_7e-7),
            text("flat"),
            text("2020-11-01"),
            Missing,
        ],
    }
}

pub fn shapes() -> Vec<Geometry<f64>> {
    let with_hole = polygon!(
        exterior: [(x: 113.1, y: 23.1), (x: 113.3, y: 23.1), (x: 113.3, y: 23.3), (x: 113.1, y: 23.3)],
        interiors: [[(x: 113.15, y: 23.15), (x: 113.15, y: 23.2), (x: 113.2, y: 23.2)]]
    );
    // Clockwise, with more digits than any format prints.
    let clockwise = polygon![
        (x: 113.512_345_678_901, y: 23.0),
        (x: 113.512_345_678_901, y: 23.098_765_432_109),
        (x: 113.6, y: 23.0)
    ];
    let two = MultiPolygon(vec![with_hole.clone(), clockwise.clone()]);
    vec![with_hole.into(), clockwise.into(), two.into()]
}

impl Sample {
    pub fn points() -> Self {
        let places = [
            (113.264_435_162, 23.129_163_4),
            (113.0, -23.5),
            (-0.000_000_1, 0.0),
            (113.323_123_456_789, 23.1),
        ];
        let places = places.map(|(x, y)| Geometry::Point(Point::new(x, y)));
        Self::new("point", &["0001", "a-2", "楼3", "40"], places.into())
    }

    pub fn areas(shapes: Vec<Geometry<f64>>) -> Self {
        let ids = ["440106", "440113", "440115"];
        Self::new("polygon", &ids[..shapes.len()], shapes)
    }

    pub fn many(rows: usize) -> Self {
        let ids: Vec<String> = (0..rows).map(|row| format!("B{row:07}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let place = |row: usize| {
            let (x, y) = ((row % 1000) as f64, (row / 1000) as f64);
            Geometry::Point(Point::new(
                113.0 + x * 1.234_567e-3,
                22.5 + y * 1.234_567e-3,
            ))
        };
        let mut sample = Self::new("point", &ids, (0..rows).map(place).collect());
        // Ordinary rows: the awkward ones are for correctness.
        let mut table = Table::for_layer(&sample.layer);
        for row in 0..rows {
            let mut values = values(0);
            values[1] = Value::Missing;
            values[3] = Value::Integer(row as i64 % 977);
            values[6] = Value::Number(row as f64 / 7.0);
            let geometry = sample.table.geometries[row].clone();
            table.push(&sample.table.ids[row], geometry, &values);
        }
        table.area_codes = std::mem::take(&mut sample.table.area_codes);
        sample.table = table;
        sample
    }

    fn new(geometry: &str, ids: &[&str], geometries: Vec<Geometry<f64>>) -> Self {
        let layer = layer(geometry);
        let mut table = Table::for_layer(&layer);
        let mut codes = TextColumn::default();
        for (row, (id, geometry)) in ids.iter().zip(geometries).enumerate() {
            table.push(id, geometry, &values(row));
            codes.push((row % 3 != 1).then_some("440106"));
        }
        table.area_codes.insert(LEVELS[0].0.clone(), codes);
        Sample { layer, table }
    }

    pub fn context(&self, language: Language) -> ExportContext<'static> {
        ExportContext {
            catalog: &CATALOG,
            language,
            title: title("示例市 居住", "Sample city: homes"),
            period: Some(&PERIOD),
            source: title("第七次全国人口普查", "Seventh population census"),
            licence: "CC BY 4.0".to_owned(),
            crs: "EPSG:4547".to_owned(),
            synthetic: true,
            estimated: vec!["usual_residents".parse().expect("an attribute")],
            filter: String::new(),
            marking: title("内部使用", "Internal use"),
            watermark: None,
            levels: &LEVELS,
            exported_at: "2024-05-01T12:30:00Z".to_owned(),
            software: "suitu 0.1.0".to_owned(),
        }
    }
}
