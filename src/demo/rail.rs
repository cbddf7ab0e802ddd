use super::{figures::Figures, rng::Rng, sheet::Sheet};

/// The rows of the layer `stations`: real places, lines and years of opening.
pub fn stations(figures: &Figures) -> Sheet {
    let mut sheet = Sheet::default();
    let stations = &figures.stations;
    for (number, station) in stations.iter().enumerate() {
        sheet.push_spot(&format!("st{:03}", number + 1), station.spot());
    }
    sheet.texts("name", stations.iter().map(|s| &s.name));
    sheet.texts("name_en", stations.iter().map(|s| &s.name_en));
    sheet.texts("mode", stations.iter().map(|_| "metro"));
    sheet.texts("lines", stations.iter().map(|s| &s.lines));
    sheet.texts("opened", stations.iter().map(|s| s.opened.to_string()));
    sheet.texts("status", stations.iter().map(|_| "open"));
    sheet
}

/// The rows of the layer `entrances`: two to four invented ones around every station.
pub fn entrances(figures: &Figures, seed: u64) -> Sheet {
    /// East or west, north or south.
    const CORNERS: [(f64, f64); 4] = [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)];
    let mut rng = Rng::new(seed, 4);
    let mut sheet = Sheet::default();
    let (mut names, mut stations) = (Vec::new(), Vec::new());
    for (number, station) in figures.stations.iter().enumerate() {
        let count = 2 + rng.below(3);
        let turn = rng.below(4);
        for (exit, letter) in ["A", "B", "C", "D"].into_iter().take(count).enumerate() {
            let (east, north) = CORNERS[(exit + turn) % 4];
            let spot = station.spot().moved(
                east * rng.between(25.0, 110.0),
                north * rng.between(25.0, 110.0),
            );
            sheet.push_spot(&format!("st{:03}-{letter}", number + 1), spot);
            names.push(format!("{} {letter}口", station.name));
            stations.push(format!("st{:03}", number + 1));
        }
    }
    let open = vec!["open"; names.len()];
    sheet.texts("name", names);
    sheet.texts("station", stations);
    sheet.texts("status", open);
    sheet
}
