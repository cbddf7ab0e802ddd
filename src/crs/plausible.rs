//! Tags that the magnitude of the coordinates gives the lie.

use geo::Coord;

use super::{Crs, CrsError};

impl Crs {
    /// Whether a sample of coordinates can be in this system at all.
    ///
    /// # Errors
    /// What is wrong with the tag and which one to try.
    pub fn check_coordinates(&self, sample: &[Coord<f64>]) -> Result<(), CrsError> {
        let fail = |advice: &str| {
            Err(CrsError::Implausible {
                crs: self.to_string(),
                advice: advice.to_owned(),
            })
        };
        let most = |test: &dyn Fn(&Coord<f64>) -> bool| {
            !sample.is_empty() && sample.iter().filter(|c| test(c)).count() * 2 > sample.len()
        };
        let degrees = most(&|c| c.x.abs() <= 180.0 && c.y.abs() <= 90.0);
        match self {
            Crs::Epsg(4513..=4533) if degrees => fail("they are degrees; try EPSG:4490"),
            Crs::Epsg(4534..=4554) if degrees => fail("they are degrees; try EPSG:4490"),
            Crs::Epsg(code @ 4513..=4533) => {
                let zone = f64::from(code - 4513 + 25);
                if most(&|c| (c.x / 1e6).floor() == zone) {
                    Ok(())
                } else if most(&|c| c.x.abs() < 1e6) {
                    fail(
                        "eastings lack the zone number; try the code 21 higher (EPSG:4547 for zone 38)",
                    )
                } else if most(&|c| (c.y / 1e6).floor() == zone) {
                    fail("x and y are swapped: the easting stands in the y column")
                } else {
                    fail("eastings carry another zone's number")
                }
            }
            Crs::Epsg(4534..=4554) => {
                if most(&|c| c.x >= 1e6 * 25.0 && c.x < 1e6 * 46.0) {
                    fail(
                        "eastings carry a zone number; try the code 21 lower (EPSG:4526 for zone 38)",
                    )
                } else if most(&|c| c.x > 1e6 && c.y < 1e6) {
                    fail("x and y are swapped: the northing stands in the x column")
                } else {
                    Ok(())
                }
            }
            Crs::Gcj02 | Crs::Bd09 | Crs::Epsg(4490 | 4326) => {
                if most(&|c| c.x.abs() > 1000.0) {
                    fail("they are metres, not degrees; try EPSG:4547 or EPSG:3857")
                } else if most(&|c| c.y.abs() > 90.0 && c.x.abs() <= 90.0) {
                    fail("longitude and latitude are swapped")
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::coord;

    use super::*;

    #[test]
    fn magnitudes_give_a_wrong_tag_away() {
        let check = |crs: &str, x: f64, y: f64| {
            crs.parse::<Crs>()
                .unwrap()
                .check_coordinates(&[coord! { x: x, y: y }])
        };
        assert!(check("EPSG:4547", 424_000.0, 2_558_000.0).is_ok());
        assert!(check("EPSG:4526", 38_424_000.0, 2_558_000.0).is_ok());
        assert!(check("EPSG:4490", 113.2, 23.1).is_ok());
        for (crs, x, y, hint) in [
            ("EPSG:4547", 38_424_000.0, 2_558_000.0, "4526"),
            ("EPSG:4526", 424_000.0, 2_558_000.0, "4547"),
            ("EPSG:4547", 2_558_000.0, 424_000.0, "swapped"),
            ("EPSG:4490", 23.1, 113.2, "swapped"),
            ("EPSG:4490", 424_000.0, 2_558_000.0, "metres"),
            ("EPSG:4547", 113.2, 23.1, "4490"),
        ] {
            let error = check(crs, x, y).unwrap_err().to_string();
            assert!(error.contains(hint), "{error}");
        }
    }
}
