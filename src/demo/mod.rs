//! A synthetic Guangzhou (演示城市), drawn from public figures and a seed.
//!
//! Districts, streets and towns, metro stations and the people of each district are public
//! figures; outlines are schematic hexagons, everything else is generated. Nothing is read from a
//! file or a clock: the same seed gives the same bytes.

mod areas;
mod care;
mod figures;
mod flows;
mod hexagons;
mod land;
mod metro;
mod needs;
mod people;
mod plan;
mod plane;
mod protected;
mod rail;
mod residences;
mod rng;
mod schools;
mod settings;
mod settlement;
mod share;
mod sheet;
mod streets;
mod territory;
mod workplaces;

use figures::Figures;
use needs::quarters;
pub use plan::DemoPlan;
use rng::Rng;
use sheet::Sheet;
pub use streets::DemoStreets;
use territory::Territory;

use crate::{
    domain::{AttributeId, Catalog, Flows, LayerId, LevelId, Period, Table, Title},
    store::ControlTotal,
    transit::{Feed, Schedule},
};

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoOptions {
    /// Residences; workplaces are a tenth of them.
    pub residences: usize,
    pub seed: u64,
}

impl Default for DemoOptions {
    fn default() -> Self {
        DemoOptions {
            residences: 300_000,
            seed: 1,
        }
    }
}

/// A city ready to be stored.
#[derive(Clone, Debug)]
pub struct DemoCity {
    pub layers: Vec<DemoLayer>,
    pub streets: DemoStreets,
    pub streets_source: Title,
    /// The timetable of the metro.
    pub timetable: Schedule,
    pub timetable_source: Title,
    /// Commuters between streets and towns.
    pub flows: Flows,
    pub flows_source: Title,
    pub plan: DemoPlan,
    /// Settings of the city by key.
    pub settings: Vec<(String, String)>,
}

/// One layer of the city at one period. Area codes are left to the import.
#[derive(Clone, Debug)]
pub struct DemoLayer {
    pub layer: LayerId,
    pub period: Period,
    pub table: Table,
    pub source: Title,
    pub licence: String,
    pub synthetic: bool,
    /// Published totals that the generated values sum to.
    pub control_totals: Vec<ControlTotal>,
}

/// The day of the seventh census, which all layers stand for.
const PERIOD: &str = "2020-11-01";

/// Generates the city for the layers that `catalog` knows; others are left out.
///
/// 1. The territory: hexagons for districts, streets and towns.
/// 2. What each hexagon is, by the seed.
/// 3. Homes and people, to the census of each district; then jobs.
/// 4. Facilities where the people are, a little short of them in the outer districts.
pub fn generate(catalog: &Catalog, options: &DemoOptions) -> DemoCity {
    let figures = Figures::built_in();
    let territory = Territory::of(&figures);
    let plots = settlement::settle(&figures, &territory, options.seed);
    let residences = residences::generate(
        &figures,
        &territory,
        &plots,
        options.residences,
        options.seed,
    );
    let mut rng = Rng::new(options.seed, 5);
    let quarters = quarters(&figures, &territory, &plots, &residences, &mut rng);
    let sites = (options.residences / 10).max(1);
    let workplaces = workplaces::sheet(
        &figures,
        &territory,
        &plots,
        &residences,
        sites,
        options.seed,
    );

    let plan = plan::plan(&figures, &residences, options.seed);
    let made = Title {
        zh: format!("合成 (synthetic)，种子 (seed) {}", options.seed),
        en: format!("Synthetic, seed {}", options.seed),
    };
    let with = |zh: &str, en: &str| Title {
        zh: format!("{}；{zh}", made.zh),
        en: format!("{}; {en}", made.en),
    };
    let outlines = with(
        "示意边界，不是真实界线；代码、名称与面积据公开资料；承载规模为假设",
        "schematic outlines, no real boundaries; codes, names and sizes from public sources; \
         capacities are assumed",
    );
    let rail = Title {
        zh: "位置与线路据公开资料，约 100 米；收录 399 座中的 76 座；开通年份未经核对".into(),
        en: "Places and lines from public sources, to about 100 m; 76 of 399 stations; years of \
             opening are unchecked"
            .into(),
    };
    let people = with(
        "各区常住人口等于第七次全国人口普查，其余为假设",
        "residents of each district as in the Seventh National Census, all else assumed",
    );
    let sheets: Vec<(&str, Sheet, &Title)> = vec![
        (
            "districts",
            areas::districts(&figures, &territory),
            &outlines,
        ),
        (
            "planning_units",
            areas::planning_units(&figures, &territory, &plan.capacities),
            &outlines,
        ),
        (
            "subdistricts",
            areas::subdistricts(&figures, &territory, &plan.capacities),
            &outlines,
        ),
        (
            "residences",
            residences.sheet(&figures, &plots, options.seed),
            &people,
        ),
        ("workplaces", workplaces, &made),
        ("schools", schools::schools(&quarters, &mut rng), &made),
        (
            "kindergartens",
            schools::kindergartens(&quarters, &mut rng),
            &made,
        ),
        ("clinics", care::clinics(&quarters, &mut rng), &made),
        (
            "elderly_care",
            care::elderly_care(&quarters, &mut rng),
            &made,
        ),
        ("parks", care::parks(&quarters, &mut rng), &made),
        (
            "community_services",
            care::community_services(&quarters, &mut rng),
            &made,
        ),
        ("stations", rail::stations(&figures), &rail),
        ("entrances", rail::entrances(&figures, options.seed), &made),
        (
            "protected_land",
            protected::protected_land(&figures, &territory, &plots),
            &made,
        ),
        (
            "residential_land",
            land::residential_land(&figures, &territory, &plots, &residences, options.seed),
            &made,
        ),
    ];
    let layers = sheets.into_iter().filter_map(|(id, sheet, source)| {
        let layer = catalog.layer(id)?;
        Some(DemoLayer {
            layer: layer.id.clone(),
            period: PERIOD.parse().expect("a period"),
            table: sheet.into_table(layer),
            source: source.clone(),
            licence: "demonstration data, free to use".into(),
            synthetic: id != "stations",
            control_totals: control_totals(&figures, id),
        })
    });
    let layers: Vec<DemoLayer> = layers.collect();
    let sums = |id: &str, count: &str| {
        let layer = catalog.layer(id)?;
        let made = layers.iter().find(|made| made.layer == layer.id)?;
        Some(flows::by_subdistrict(&figures, layer, &made.table, count))
    };
    let ends = sums("residences", "employed_residents").zip(sums("workplaces", "jobs"));
    // Among a handful of buildings a district may be left without homes or workplaces.
    let ends = ends.filter(|(employed, jobs)| flows::are_all(employed, jobs));
    let flows = ends.map(|(employed, jobs)| flows::flows(&figures, &employed, &jobs));
    DemoCity {
        layers,
        plan,
        flows: flows.unwrap_or_default(),
        flows_source: with(
            "重力模型，就业人口与岗位逐街镇守恒，市外通勤与通勤方式为假设",
            "gravity model, workers and jobs of each subdistrict kept; commuters across the city \
             boundary and modes are assumed",
        ),
        streets: streets::streets(&territory.grid, &plots, options.seed),
        streets_source: made.clone(),
        timetable: Schedule {
            feeds: vec![Feed {
                name: "metro".into(),
                ..Feed::default()
            }],
            ..metro::line_table(&figures).schedule()
        },
        timetable_source: with(
            "线路走向据公开资料，速度、停站与发车间隔为假设；399 座车站中收录 76 座，未收录的站不停",
            "lines from public sources; speeds, stops and headways are assumed; 76 of 399 stations, \
             none stops at the others",
        ),
        settings: settings::settings(&figures),
    }
}

fn control_totals(figures: &Figures, layer: &str) -> Vec<ControlTotal> {
    if layer != "residences" {
        return Vec::new();
    }
    let attribute: AttributeId = "usual_residents".parse().expect("a name");
    let level: LevelId = "district".parse().expect("a name");
    let census = |district: &figures::District| ControlTotal {
        attribute: attribute.clone(),
        level: level.clone(),
        code: district.code.parse().expect("a code"),
        value: district.census_2020,
        source: "第七次全国人口普查，2020 年 11 月 1 日零时".into(),
    };
    figures.districts.iter().map(census).collect()
}

#[cfg(test)]
mod tests;
