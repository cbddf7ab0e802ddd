use super::{
    figures::{District, Figures},
    residences::Residences,
    rng::Rng,
    share::spread,
};
use crate::domain::{FigureKind, PlanFigure, Title};

/// A source in Chinese and English.
type Source = [&'static str; 2];

const PLAN_2025: Source = [
    "穗府办〔2022〕11号（据公开报道）",
    "Sui Fu Ban [2022] No. 11 (as reported)",
];
const PLAN_2035: Source = [
    "穗府〔2024〕10号：2035 年常住人口控制在 2200 万人以内",
    "Sui Fu [2024] No. 10: no more than 22 million usual residents in 2035",
];
const DRAFT_2035: Source = [
    "2019 年国土空间总体规划草案公示（已被 2024 年批复取代）",
    "Draft territorial master plan shown in 2019 (replaced by what was approved in 2024)",
];
const FIGURES_2023: Source = [
    "2023 年广州市人口规模及分布情况",
    "Size and distribution of the population of Guangzhou in 2023",
];
const ROLLING: Source = [
    "合成 (synthetic)：各街镇分解，合计等于公布的全市与圈层目标，分解本身为假设",
    "Synthetic: shares of subdistricts in published targets of the city and its tiers, the shares \
     are assumed",
];

/// What is planned and what is published of the city.
#[derive(Clone, Debug, Default)]
pub struct DemoPlan {
    /// Figures of published documents.
    pub published: Vec<PlanFigure>,
    /// Invented shares of them, street by street.
    pub synthetic: Vec<PlanFigure>,
    pub published_source: Title,
    pub synthetic_source: Title,
    /// The invented capacity of each subdistrict.
    pub capacities: Vec<i64>,
}

/// The targets of published plans by year: centre and outer districts. Those of 2025 are
/// published; how the later ceilings are shared between the two is invented.
const TIERS: [(i32, i64, i64); 3] = [
    (2025, 6_750_000, 14_250_000),
    (2030, 6_450_000, 15_050_000),
    (2035, 6_150_000, 15_850_000),
];

pub fn plan(figures: &Figures, residences: &Residences, seed: u64) -> DemoPlan {
    let mut rng = Rng::new(seed, 9);
    let present: Vec<i64> = residences
        .of_subdistrict
        .iter()
        .map(|range| residences.homes.usual[range.clone()].iter().sum())
        .collect();
    let district = |s: usize| figures.district_of(&figures.subdistricts[s].code);
    let is_centre = |s: usize| figures.districts[district(s)].tier == "centre";
    // Streets where many live already grow less; the new centres of the plan grow most.
    let pull: Vec<f64> = (0..present.len())
        .map(|s| {
            let pull = match figures.districts[district(s)].code.as_str() {
                "440115" => 2.1,
                "440118" | "440112" => 1.6,
                "440113" | "440114" => 1.25,
                _ => 1.0,
            };
            pull * rng.between(0.75, 1.3)
        })
        .collect();
    let mut plan = DemoPlan {
        published: published(figures),
        published_source: Title {
            zh: [PLAN_2025, PLAN_2035, FIGURES_2023]
                .map(|[zh, _]| zh)
                .join("；"),
            en: [PLAN_2025, PLAN_2035, FIGURES_2023]
                .map(|[_, en]| en)
                .join("; "),
        },
        synthetic_source: Title::of_source(ROLLING[0], ROLLING[1]),
        ..DemoPlan::default()
    };
    let mut last = vec![0; present.len()];
    for (year, centre, outer) in TIERS {
        // By 2035 the whole pull, before it a part.
        let part = f64::from(year - 2020) / 15.0;
        for (is_of_centre, total) in [(true, centre), (false, outer)] {
            let members: Vec<usize> = (0..present.len())
                .filter(|s| is_centre(*s) == is_of_centre)
                .collect();
            let weight = |s: &usize| (present[*s].max(50) as f64) * (1.0 + part * (pull[*s] - 1.0));
            let weights: Vec<f64> = members.iter().map(weight).collect();
            for (s, value) in members.iter().zip(spread(total, &weights)) {
                last[*s] = value;
                plan.synthetic.push(PlanFigure {
                    value,
                    ..figure(&figures.subdistricts[*s].code, year, ROLLING, "C")
                });
            }
        }
    }
    // What a street can hold: the centre is full, the outer districts have room.
    plan.capacities = (0..present.len())
        .map(|s| {
            let people = match is_centre(s) {
                true => present[s] as f64 * rng.between(0.84, 1.12),
                false => present[s].max(last[s]) as f64 * rng.between(0.92, 1.45),
            };
            // Plans write round numbers.
            ((people / 100.0).round() as i64).max(1) * 100
        })
        .collect();
    plan
}

fn figure(code: &str, year: i32, [source, source_en]: Source, confidence: &str) -> PlanFigure {
    let codes = code.split('+').filter(|code| !code.is_empty());
    PlanFigure {
        areas: codes.map(|code| code.parse().expect("a code")).collect(),
        name: Title::default(),
        year,
        indicator: "usual_residents".parse().expect("a name"),
        value: 0,
        kind: FigureKind::Target,
        source: source.into(),
        source_en: source_en.into(),
        date: String::new(),
        confidence: confidence.into(),
    }
}

/// Targets and figures as they were published, with the marks of who checked them.
fn published(figures: &Figures) -> Vec<PlanFigure> {
    let of_tier = |tier: &str| {
        let districts = figures.districts.iter().filter(|d| d.tier == tier);
        let codes: Vec<&str> = districts.map(|d| d.code.as_str()).collect();
        codes.join("+")
    };
    let hukou = |figure: PlanFigure| PlanFigure {
        indicator: "hukou_residents".parse().expect("a name"),
        ..figure
    };
    let target = |code: &str, value: i64| PlanFigure {
        value,
        date: "2022-06".into(),
        ..figure(code, 2025, PLAN_2025, "A")
    };
    let named = |figure: PlanFigure, zh: &str, en: &str| PlanFigure {
        name: Title {
            zh: zh.into(),
            en: en.into(),
        },
        ..figure
    };
    let actual = |code: &str, value: i64| PlanFigure {
        value,
        kind: FigureKind::Actual,
        date: "2024".into(),
        ..figure(code, 2023, FIGURES_2023, "A")
    };
    let (centre, outer) = (of_tier("centre"), of_tier("outer"));
    let mut all = vec![
        target("", 21_000_000),
        hukou(target("", 11_200_000)),
        named(
            target(&centre, TIERS[0].1),
            "中心四区",
            "Four centre districts",
        ),
        named(
            target(&outer, TIERS[0].2),
            "外围七区",
            "Seven outer districts",
        ),
        PlanFigure {
            value: 20_000_000,
            date: "2019-06".into(),
            ..figure("", 2035, DRAFT_2035, "A")
        },
        PlanFigure {
            value: 22_000_000,
            kind: FigureKind::AtMost,
            date: "2024-09".into(),
            ..figure("", 2035, PLAN_2035, "A")
        },
        hukou(actual("", 10_566_100)),
    ];
    let year_end = |district: &District| actual(&district.code, district.year_end_2023);
    all.extend(figures.districts.iter().map(year_end));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_targets_are_kept_to_the_last_person() {
        let figures = Figures::built_in();
        let published = published(&figures);
        let sum: i64 = published
            .iter()
            .filter(|f| f.kind == FigureKind::Actual && f.indicator == *"usual_residents")
            .map(|f| f.value)
            .sum();
        assert_eq!(sum, 18_827_000);
        let tiers: i64 = published
            .iter()
            .filter(|f| f.areas.len() > 1)
            .map(|f| f.value)
            .sum();
        assert_eq!(tiers, published[0].value);
        assert_eq!(
            TIERS.map(|(_, c, o)| c + o),
            [21_000_000, 21_500_000, 22_000_000]
        );
    }
}
