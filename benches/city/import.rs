use std::{path::Path, sync::Arc, time::Instant};

use suitu::{
    city::{City, Intake, ingest},
    definitions,
    demo::{self, DemoOptions},
    store::{BatchMode, ImportRecord, geopackage::GeoPackage},
};

use super::Outcome;

/// Makes the synthetic city and takes it into a new store: area codes by point-in-polygon, one
/// transaction, indexes and change log.
pub fn measure(path: &Path, residences: usize) -> Outcome {
    let catalog = Arc::new(definitions::read_catalog(None)?);
    let options = DemoOptions {
        residences,
        ..DemoOptions::default()
    };
    let start = Instant::now();
    let made = demo::generate(&catalog, &options);
    let generated = start.elapsed().as_secs_f64();
    let features: usize = made.layers.iter().map(|layer| layer.table.len()).sum();
    let intakes: Vec<Intake<'_>> = made
        .layers
        .into_iter()
        .filter_map(|layer| {
            Some(Intake {
                layer: catalog.layer(layer.layer.as_str())?,
                period: layer.period,
                mode: BatchMode::Insert,
                table: layer.table,
                source_geometries: None,
                record: ImportRecord {
                    synthetic: true,
                    ..ImportRecord::default()
                },
                control_totals: layer.control_totals,
                only: None,
            })
        })
        .collect();
    let start = Instant::now();
    let store = GeoPackage::create(path, catalog.clone())?;
    let city = City::new(catalog.clone(), 0, Default::default(), []);
    ingest(&city, &store, intakes, false, &mut |_| true)?;
    let seconds = start.elapsed().as_secs_f64();
    drop(store);
    let file_mb = std::fs::metadata(path)?.len() as f64 / f64::from(1 << 20);
    println!("| import | |\n|---|---|");
    println!("| residences | {residences} |\n| features of all layers | {features} |");
    println!("| generated in | {generated:.1} s |");
    println!(
        "| stored in | {seconds:.1} s, {:.0} rows/s |\n| file | {file_mb:.0} MB |\n",
        features as f64 / seconds
    );
    Ok(())
}
