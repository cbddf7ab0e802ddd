use serde_json::json;

use super::figures::{District, Figures};

const FIGURES_2023: &str = "2023 年广州市人口规模及分布情况";
const CENSUS_2020: &str = "广州市第七次全国人口普查公报（分区数合计等于全市数）";
const CENSUS_2010: &str = "第六次全国人口普查；按当时的区划，不能与 2020 年分区直接比较";

/// What the city says about itself, by the keys of the store.
pub fn settings(figures: &Figures) -> Vec<(String, String)> {
    let texts = [
        ("title_zh", "广州（合成演示城市）".to_owned()),
        (
            "title_en",
            "Guangzhou (synthetic demonstration city)".to_owned(),
        ),
        ("time_zone", "Asia/Shanghai".to_owned()),
        ("approval_number", String::new()),
        ("marking_zh", "内部使用 · 示意图".to_owned()),
        ("marking_en", "Internal use · schematic".to_owned()),
        ("district_figures", district_figures(figures).to_string()),
    ];
    let texts = texts.into_iter();
    texts.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Published residents of each district by year.
fn district_figures(figures: &Figures) -> serde_json::Value {
    let row = |d: &District| {
        json!({
            "code": d.code, "name": {"zh": d.name, "en": d.name_en}, "tier": d.tier,
            "usual_residents": {
                "2010": d.census_2010, "2020": d.census_2020, "2023": d.year_end_2023,
            },
            "label_point": [d.lon, d.lat],
        })
    };
    let rows: Vec<_> = figures.districts.iter().map(row).collect();
    json!({
        "sources": {"2010": CENSUS_2010, "2020": CENSUS_2020, "2023": FIGURES_2023},
        "rows": rows,
    })
}
