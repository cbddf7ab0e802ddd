use std::{collections::BTreeMap, ops::RangeInclusive, path::Path, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{Request, header},
};
use suitu::{
    city::{self, LiveCity},
    definitions,
    domain::TileCoord,
    http::{AppState, router},
    index::{Filter, LayerIndex},
    store::geopackage::GeoPackage,
    tiles::{Encoded, Encoding, Shapes, encode},
};
use tower::ServiceExt;

use super::{Outcome, cpu};

/// Tiles measured per zoom, evenly spread over those that hold residences.
const TILES_PER_ZOOM: usize = 300;

const FILTER: &str = "usual_residents > 50 AND district_code IN ('440106', '440105')";

/// Cold: columns to gzipped bytes with their ETag. Cached: a whole request through the routes.
pub fn measure(path: &Path) -> Outcome {
    let catalog = Arc::new(definitions::read_catalog(None)?);
    let store = GeoPackage::open(path, catalog.clone())?;
    let city = city::load(&store, catalog)?;
    let homes = city
        .layer("residences", None)
        .ok_or("no residences")?
        .clone();
    let index = &homes.index;
    let filter = Filter::parse(FILTER, homes.layer(), index.levels())?;
    let state = AppState::new(Arc::new(LiveCity::new(city)), true);
    let routes = router(state);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!(
        "| zoom | tiles | cold CPU ms: mean | worst | of it gzip | filtered | cached CPU ms | gzip kB: mean | worst |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for zooms in [8..=10, 11..=13, 14..=16] {
        let tiles = tiles_with_features(index, zooms.clone());
        let mut worst = (0.0f64, 0usize);
        let (mut cold, mut gzip, mut bytes) = (0.0, 0.0, 0);
        for &tile in &tiles {
            let before = cpu::thread_ms();
            let made = encode(index, &Shapes::default(), tile, None).ok_or("an empty tile")?;
            let plain = cpu::thread_ms();
            let packed = Encoded::new(&made, Encoding::Gzip);
            let after = cpu::thread_ms();
            cold += after - before;
            gzip += after - plain;
            bytes += packed.body.len();
            worst.0 = worst.0.max(after - before);
            worst.1 = worst.1.max(packed.body.len());
        }
        let before = cpu::thread_ms();
        for &tile in &tiles {
            let made = encode(index, &Shapes::default(), tile, Some(&filter));
            made.map(|made| Encoded::new(&made, Encoding::Gzip));
        }
        let filtered = cpu::thread_ms() - before;
        let paths: Vec<String> = tiles
            .iter()
            .map(|tile| format!("/tiles/residences/{}/{}/{}", tile.z(), tile.x(), tile.y()))
            .collect();
        let mut cached = 0.0;
        for round in 0..3 {
            let before = cpu::thread_ms();
            for path in &paths {
                let request = Request::get(path)
                    .header(header::HOST, "127.0.0.1")
                    .header(header::ACCEPT_ENCODING, "gzip")
                    .body(Body::empty())?;
                let answered = runtime.block_on(async {
                    let answer = routes.clone().oneshot(request).await.expect("never fails");
                    let status = answer.status();
                    to_bytes(answer.into_body(), usize::MAX)
                        .await
                        .map(|_| status)
                })?;
                assert_eq!(answered, 200, "{path}");
            }
            // The first round fills the cache.
            if round > 0 {
                cached += (cpu::thread_ms() - before) / 2.0;
            }
        }
        let count = tiles.len() as f64;
        println!(
            "| {}–{} | {count} | {:.2} | {:.2} | {:.2} | {:.3} | {:.3} | {:.1} | {:.1} |",
            zooms.start(),
            zooms.end(),
            cold / count,
            worst.0,
            gzip / count,
            filtered / count,
            cached / count,
            bytes as f64 / count / 1000.0,
            worst.1 as f64 / 1000.0,
        );
    }
    Ok(())
}

fn tiles_with_features(index: &LayerIndex, zooms: RangeInclusive<u8>) -> Vec<TileCoord> {
    let mut chosen = Vec::new();
    for z in zooms {
        let mut known: BTreeMap<(u32, u32), TileCoord> = BTreeMap::new();
        for cell in index.cells() {
            for (x, y) in cell.mercator_x().iter().zip(cell.mercator_y()) {
                let (x, y) = (x >> (32 - z), y >> (32 - z));
                if let Ok(tile) = TileCoord::new(z, x, y) {
                    known.insert((x, y), tile);
                }
            }
        }
        let step = known.len().div_ceil(TILES_PER_ZOOM).max(1);
        chosen.extend(known.into_values().step_by(step));
    }
    chosen
}
