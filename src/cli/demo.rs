use std::{path::Path, sync::Arc, time::Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, Refused, interrupt::Interrupt, now};
use crate::{
    city::{City, Intake, ingest},
    demo::{self, DemoLayer, DemoOptions},
    domain::{Catalog, Language, PlanFigure, Title},
    network::{Rules, graph_to_bytes},
    query::PLAN_KIND,
    store::{self, BatchMode, Definition, FlowBatch, Home, ImportRecord, Store, StoredNetwork},
    transit::schedule_to_bytes,
};

#[derive(Debug, clap::Args)]
pub struct DemoArguments {
    /// The city file to make.
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    city: Home,
    /// Number of residences; workplaces are a tenth of them.
    #[arg(long, default_value_t = DemoOptions::default().residences)]
    residences: usize,
    /// Another seed is another city; the same seed is the same city, to the byte.
    #[arg(long, default_value_t = DemoOptions::default().seed)]
    seed: u64,
}

/// Makes a synthetic city in a new file.
pub fn run(
    arguments: &DemoArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let home = &arguments.city;
    if home.file().is_some_and(Path::exists) {
        return Err(Refused::because(
            format!("已有 {home}；请换一个名字，或先删去它。"),
            format!("{home} is there already; name another file or remove it"),
        ));
    }
    let store = store::open_or_create(home, catalog.clone())?;
    if !store.states()?.is_empty() {
        return Err(Refused::because(
            format!("{home} 中已有城市；请换一个数据库。"),
            format!("{home} holds a city already; name another database"),
        ));
    }
    let result = fill(arguments, &catalog, &*store, language);
    if result.is_err() {
        // Half a city is no city.
        drop(store);
        home.discard();
    }
    result
}

fn fill(
    arguments: &DemoArguments,
    catalog: &Arc<Catalog>,
    store: &dyn Store,
    language: Language,
) -> Result<(), Failure> {
    let start = Instant::now();
    let options = DemoOptions {
        residences: arguments.residences,
        seed: arguments.seed,
    };
    let made = demo::generate(catalog, &options);
    let features: usize = made.layers.iter().map(|l| l.table.len()).sum();
    let bar = ProgressBar::new(features as u64);
    bar.set_style(ProgressStyle::with_template(
        "{bar:30} {human_pos} / {human_len} ({elapsed})",
    )?);
    let imported_at = now();
    let interrupt = Interrupt::listen();
    let intakes: Vec<Intake<'_>> = made
        .layers
        .into_iter()
        .filter_map(|layer| intake(catalog, layer, &imported_at))
        .collect();
    let city = City::new(catalog.clone(), 0, Default::default(), []);
    let mut progress = |rows: u64| {
        bar.set_position(rows);
        !interrupt.is_asked()
    };
    let done = ingest(&city, store, intakes, false, &mut progress)?;
    let rules = Rules::all()?;
    let mut networks: Vec<(&str, StoredNetwork)> = Vec::new();
    for rules in &rules {
        let (graph, report) = made.streets.for_mode(rules).build()?;
        let (source, bytes) = (&made.streets_source, graph_to_bytes(&graph));
        let streets = network(source, report.edges, bytes, &imported_at)?;
        networks.push((&rules.mode, streets));
    }
    let calls = made.timetable.trips.iter();
    let calls = calls.map(|trip| trip.calls.len() as u64).sum();
    let bytes = schedule_to_bytes(&made.timetable);
    let timetable = network(&made.timetable_source, calls, bytes, &imported_at)?;
    networks.push(("transit", timetable));
    let networks: Vec<_> = networks
        .iter()
        .map(|(name, network)| (*name, network))
        .collect();
    store.set_networks(&networks)?;
    let record = ImportRecord {
        source: made.flows_source.zh.clone(),
        source_en: made.flows_source.en.clone(),
        licence: "demonstration data, free to use".into(),
        imported_at: imported_at.clone(),
        kept: made.flows.len() as u64,
        synthetic: true,
        ..ImportRecord::default()
    };
    let batch = FlowBatch {
        level: "subdistrict".parse()?,
        period: "2020-11-01".parse()?,
        flows: &made.flows,
        record,
        replace: false,
    };
    store.put_flows(&batch, &mut |_| !interrupt.is_asked())?;
    let plan = made.plan;
    let figures = |id: &str, figures: &[PlanFigure], source: Title, synthetic: bool| {
        Ok::<_, Failure>(Definition {
            kind: PLAN_KIND.into(),
            id: id.into(),
            text: serde_json::to_string(figures)?,
            record: ImportRecord {
                source: source.zh,
                source_en: source.en,
                licence: "demonstration data, free to use".into(),
                imported_at: imported_at.clone(),
                read: figures.len() as u64,
                kept: figures.len() as u64,
                synthetic,
                ..ImportRecord::default()
            },
        })
    };
    store.put_definitions(&[
        figures("published", &plan.published, plan.published_source, false)?,
        figures("synthetic", &plan.synthetic, plan.synthetic_source, true)?,
    ])?;
    for (key, value) in &made.settings {
        store.set_setting(key, value)?;
    }
    bar.finish_and_clear();
    let outside: u64 = done.outside_areas.values().sum();
    let seconds = start.elapsed().as_secs_f64();
    let (file, seed) = (&arguments.city, arguments.seed);
    match language {
        Language::Zh => println!(
            "{file}：合成演示城市，种子 {seed}，{features} 个要素，区划外 {outside} 个，{seconds:.1} 秒"
        ),
        Language::En => println!(
            "{file}: synthetic city, seed {seed}, {features} features, {outside} outside areas, \
             {seconds:.1} s"
        ),
    }
    Ok(())
}

fn network(
    source: &Title,
    kept: u64,
    bytes: Vec<u8>,
    imported_at: &str,
) -> Result<StoredNetwork, Failure> {
    Ok(StoredNetwork {
        period: "2020-11-01".parse()?,
        record: ImportRecord {
            source: source.zh.clone(),
            source_en: source.en.clone(),
            licence: "demonstration data, free to use".into(),
            crs: "EPSG:4490".into(),
            imported_at: imported_at.to_owned(),
            kept,
            synthetic: true,
            ..ImportRecord::default()
        },
        bytes,
    })
}

fn intake<'a>(catalog: &'a Catalog, layer: DemoLayer, imported_at: &str) -> Option<Intake<'a>> {
    let rows = layer.table.len() as u64;
    Some(Intake {
        layer: catalog.layer(layer.layer.as_str())?,
        period: layer.period,
        mode: BatchMode::Insert,
        table: layer.table,
        source_geometries: None,
        record: ImportRecord {
            source: layer.source.zh,
            source_en: layer.source.en,
            licence: layer.licence,
            crs: "EPSG:4490".into(),
            imported_at: imported_at.to_owned(),
            read: rows,
            kept: rows,
            synthetic: layer.synthetic,
            ..ImportRecord::default()
        },
        control_totals: layer.control_totals,
        only: None,
    })
}
