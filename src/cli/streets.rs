use std::{path::PathBuf, sync::Arc};

use indicatif::ProgressBar;

use super::{Failure, import::ImportArguments, interrupt::Interrupt, now};
use crate::{
    domain::{Catalog, Language, Period},
    network::{BuildReport, Rules, graph_to_bytes, read_osm},
    store::{ImportRecord, Store, StoredNetwork, geopackage::GeoPackage},
};

/// Brings streets of OpenStreetMap into a city, in place of those it has.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let interrupt = Interrupt::listen();
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let rules = Rules::walk()?;
    let lines = read_osm(&arguments.files, &rules, &|| !interrupt.is_asked())?;
    let (graph, report) = lines.build()?;
    bar.finish_and_clear();
    println!("{}", told(&report, language));
    if arguments.dry_run {
        let text = match language {
            Language::Zh => "试运行：未写入任何内容",
            Language::En => "dry run: nothing was written",
        };
        println!("{text}");
        return Ok(());
    }
    let period: Period = match &arguments.period {
        Some(period) => period.clone(),
        None => now()[..10].parse()?,
    };
    let name = |file: &PathBuf| Some(file.file_name()?.to_string_lossy().into_owned());
    let source = match arguments.source.as_str() {
        "" => "© OpenStreetMap contributors",
        own => own,
    };
    let network = StoredNetwork {
        period,
        record: ImportRecord {
            source: source.to_owned(),
            licence: arguments.licence.clone(),
            files: arguments.files.iter().filter_map(name).collect(),
            crs: "EPSG:4326".into(),
            imported_at: now(),
            read: report.lines,
            kept: report.edges,
            ..ImportRecord::default()
        },
        bytes: graph_to_bytes(&graph),
    };
    if interrupt.is_asked() {
        return Err("interrupted; nothing was written".into());
    }
    let store = GeoPackage::open_or_create(&arguments.city, catalog)?;
    let number = store.set_network(&rules.mode, &network)?;
    match language {
        Language::Zh => println!("已写入，版本 {number}"),
        Language::En => println!("written, version {number}"),
    }
    Ok(())
}

fn told(report: &BuildReport, language: Language) -> String {
    let BuildReport {
        lines,
        nodes,
        edges,
        islands,
        island_nodes,
        ..
    } = report;
    let (km, lost_km) = (report.length_m / 1000.0, report.island_length_m / 1000.0);
    match language {
        Language::Zh => format!(
            "步行路网：{lines} 条道路，{nodes} 个路口，{edges} 段，{km:.1} km；不相连的孤岛 {islands} 处（{island_nodes} 个路口，{lost_km:.1} km）未计入"
        ),
        Language::En => format!(
            "walking network: {lines} streets, {nodes} nodes, {edges} edges, {km:.1} km; {islands} \
             islands that are not connected ({island_nodes} nodes, {lost_km:.1} km) are left out"
        ),
    }
}
