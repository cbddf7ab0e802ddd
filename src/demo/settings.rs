use serde_json::json;

use super::figures::{District, Figures};

const PLAN_2025: &str = "穗府办〔2022〕11号（据公开报道）";
const PLAN_2035: &str = "穗府〔2024〕10号：2035 年常住人口控制在 2200 万人以内";
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
        ("plan_targets", plan_targets(figures).to_string()),
        ("district_figures", district_figures(figures).to_string()),
    ];
    let texts = texts.into_iter();
    texts.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Targets of published plans beside the figures of the same caliber at the end of 2023.
fn plan_targets(figures: &Figures) -> serde_json::Value {
    let sum = |tier: Option<&str>| -> i64 {
        let districts = figures.districts.iter();
        let fits = |d: &&District| tier.is_none_or(|tier| d.tier == tier);
        districts.filter(fits).map(|d| d.year_end_2023).sum()
    };
    let row = |key: &str, zh: &str, en: &str, year: i32, target: i64, actual: i64, source: &str| {
        json!({
            "key": key, "title": {"zh": zh, "en": en}, "unit": "person", "year": year,
            "target": target, "actual": actual, "actual_year": 2023,
            "source": format!("{source}；{FIGURES_2023}"),
        })
    };
    json!([
        row(
            "usual_residents_2025",
            "常住人口",
            "Usual residents",
            2025,
            21_000_000,
            sum(None),
            PLAN_2025
        ),
        row(
            "hukou_residents_2025",
            "户籍人口",
            "Registered residents (hukou)",
            2025,
            11_200_000,
            10_566_100,
            PLAN_2025
        ),
        row(
            "centre_residents_2025",
            "中心四区常住人口",
            "Usual residents, four centre districts",
            2025,
            6_750_000,
            sum(Some("centre")),
            PLAN_2025
        ),
        row(
            "outer_residents_2025",
            "外围七区常住人口",
            "Usual residents, seven outer districts",
            2025,
            14_250_000,
            sum(Some("outer")),
            PLAN_2025
        ),
        row(
            "usual_residents_2035",
            "常住人口（上限）",
            "Usual residents (upper limit)",
            2035,
            22_000_000,
            sum(None),
            PLAN_2035
        ),
    ])
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
