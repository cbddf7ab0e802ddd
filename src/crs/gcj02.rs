//! The shifted systems of Chinese map services: GCJ-02 and BD-09.
//!
//! Constants and formulas as published in the open-source conversions that agree with the map
//! services' own answers (a = 6378245 m, ee = 0.00669342162296594323); no EPSG code exists.

use std::f64::consts::PI;

use geo::{Coord, coord};

const A: f64 = 6_378_245.0;
const EE: f64 = 0.006_693_421_622_965_943;

/// Outside this window GCJ-02 equals WGS 84.
fn is_outside(c: Coord<f64>) -> bool {
    !(72.004..=137.8347).contains(&c.x) || !(0.8293..=55.8271).contains(&c.y)
}

/// The shift of GCJ-02 at a WGS 84 place, degrees.
fn shift(c: Coord<f64>) -> Coord<f64> {
    let (x, y) = (c.x - 105.0, c.y - 35.0);
    let root = x.abs().sqrt();
    let common = 20.0 * (6.0 * PI * x).sin() + 20.0 * (2.0 * PI * x).sin();
    let mut lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
    let mut lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
    let waves = |v: f64, a: f64, b: f64, c: f64, d: f64, first: f64, second: f64| {
        (first * (v * PI * a).sin() + second * (v / b * PI).sin()) * 2.0 / 3.0
            + (c * (v / 12.0 * PI).sin() + d * (v * PI / 30.0).sin()) * 2.0 / 3.0
    };
    lat += common * 2.0 / 3.0 + waves(y, 1.0, 3.0, 160.0, 320.0, 20.0, 40.0);
    lon += common * 2.0 / 3.0 + waves(x, 1.0, 3.0, 150.0, 300.0, 20.0, 40.0);
    let phi = c.y / 180.0 * PI;
    let magic = 1.0 - EE * phi.sin() * phi.sin();
    let root = magic.sqrt();
    coord! {
        x: lon * 180.0 / (A / root * phi.cos() * PI),
        y: lat * 180.0 / ((A * (1.0 - EE)) / (magic * root) * PI),
    }
}

pub fn wgs84_to_gcj02(c: Coord<f64>) -> Coord<f64> {
    if is_outside(c) { c } else { c + shift(c) }
}

/// The inverse by fixed point, to less than a millimetre.
pub fn gcj02_to_wgs84(c: Coord<f64>) -> Coord<f64> {
    invert(c, wgs84_to_gcj02)
}

const X_PI: f64 = PI * 3000.0 / 180.0;

pub fn gcj02_to_bd09(c: Coord<f64>) -> Coord<f64> {
    let z = (c.x * c.x + c.y * c.y).sqrt() + 0.000_02 * (c.y * X_PI).sin();
    let theta = c.y.atan2(c.x) + 0.000_003 * (c.x * X_PI).cos();
    coord! { x: z * theta.cos() + 0.0065, y: z * theta.sin() + 0.006 }
}

pub fn bd09_to_gcj02(c: Coord<f64>) -> Coord<f64> {
    invert(c, gcj02_to_bd09)
}

/// Where `forward` gives `target`; the shift changes slowly, so each step gains digits.
fn invert(target: Coord<f64>, forward: fn(Coord<f64>) -> Coord<f64>) -> Coord<f64> {
    let mut guess = target;
    for _ in 0..20 {
        let error = forward(guess) - target;
        guess = guess - error;
        if error.x.abs() < 1e-12 && error.y.abs() < 1e-12 {
            break;
        }
    }
    guess
}

#[cfg(test)]
mod tests {
    use geo::Point;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::measure::distance_m;

    #[test]
    fn published_vectors_match_to_the_last_printed_digit() {
        for (lat, lon, to_lat, to_lon) in [
            (
                31.1774276,
                121.5272106,
                "31.17530398364597",
                "121.531541859215",
            ),
            (
                22.543847,
                113.912316,
                "22.540796131694766",
                "113.9171764808363",
            ),
            (
                39.911954,
                116.377817,
                "39.91334545536069",
                "116.38404722455657",
            ),
            (
                23.129163,
                113.264435,
                "23.126486384462016",
                "113.26976461974616",
            ),
        ] {
            let gcj = wgs84_to_gcj02(coord! { x: lon, y: lat });
            assert_eq!(
                (gcj.y.to_string(), gcj.x.to_string()),
                (to_lat.into(), to_lon.into())
            );
        }
        let gcj = wgs84_to_gcj02(coord! { x: 113.264435, y: 23.129163 });
        let bd = gcj02_to_bd09(gcj);
        assert_eq!(
            (bd.y.to_string(), bd.x.to_string()),
            ("23.13277461815376".into(), "113.2761857020386".into())
        );
    }

    proptest! {
        #[test]
        fn inverses_are_within_a_millimetre(lon in 73.0..135.0f64, lat in 4.0..53.0f64) {
            let place = coord! { x: lon, y: lat };
            let gcj = wgs84_to_gcj02(place);
            prop_assert!(distance_m(Point(gcj02_to_wgs84(gcj)), Point(place)) < 0.001);
            prop_assert!(distance_m(Point(bd09_to_gcj02(gcj02_to_bd09(gcj))), Point(gcj)) < 0.001);
        }
    }

    #[test]
    fn nothing_is_shifted_outside_china() {
        let porto_alegre = coord! { x: -51.2, y: -30.03 };
        assert_eq!(wgs84_to_gcj02(porto_alegre), porto_alegre);
        assert_eq!(gcj02_to_wgs84(porto_alegre), porto_alegre);
    }
}
