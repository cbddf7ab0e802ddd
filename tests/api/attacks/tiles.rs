//! Tiles of all zooms, with and without filters.

use axum::http::StatusCode;

use super::{
    K,
    dice::Dice,
    found::Found,
    mvt::tile_numbers,
    reader::{Reader, escaped},
};

pub async fn attack(reader: &Reader<'_>, dice: &mut Dice, times: usize) -> Found {
    let mut found = Found::default();
    for n in 0..times {
        let z = (n % 17) as u32;
        let (lon, lat) = dice.place();
        let tiles = f64::from(1_u32 << z);
        let x = ((lon + 180.0) / 360.0 * tiles) as u32;
        let up = 1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI;
        let y = (up / 2.0 * tiles) as u32;
        let layer = *dice.any(&["residences", "workplaces"]);
        let condition = match (dice.below(3), layer) {
            (0, "residences") => format!("?where={}", escaped("usual_residents > 3")),
            (0, _) => format!("?where={}", escaped(&format!("jobs < {}", dice.below(90)))),
            _ => String::new(),
        };
        let path = format!("/tiles/{layer}/{z}/{x}/{y}{condition}");
        let tile = reader.get(&path).await;
        found.attacks += 1;
        if tile.status != StatusCode::OK {
            continue;
        }
        for (name, number) in tile_numbers(&tile.body) {
            if reader.names.contains(&name) {
                found.read += 1;
                if number as i64 % K != 0 {
                    found.leak(|| format!("{path} {name} = {number}"));
                }
            }
        }
    }
    found
}
