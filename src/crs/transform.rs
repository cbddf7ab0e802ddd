use geo::{Coord, Geometry, MapCoordsInPlace};
use proj4rs::Proj;

use super::{
    Crs, CrsError,
    gcj02::{bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02},
};

/// Takes coordinates of one system to longitude, latitude and back; made once for many points.
///
/// Coordinates are always x (easting, longitude) first, whatever the register says of axes.
#[derive(Debug)]
pub struct Transform {
    crs: Crs,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Same,
    Gcj02,
    Bd09,
    Projected { from: Box<Proj>, lonlat: Box<Proj> },
}

impl Transform {
    /// # Errors
    /// A code that is not in the register, or a definition that cannot be computed.
    pub fn new(crs: &Crs) -> Result<Self, CrsError> {
        let kind = match crs.proj4() {
            _ if crs.is_lonlat_wgs84() => Kind::Same,
            None if *crs == Crs::Gcj02 => Kind::Gcj02,
            None => Kind::Bd09,
            Some(definition) => {
                // The extended series holds to less than a millimetre across a zone.
                let definition = definition?.replace("+proj=tmerc", "+proj=etmerc");
                let proj = |text: &str| {
                    Proj::from_proj_string(text).map_err(|e| CrsError::Unusable {
                        crs: crs.to_string(),
                        problem: e.to_string(),
                    })
                };
                let lonlat = proj("+proj=longlat +datum=WGS84 +no_defs")?;
                Kind::Projected {
                    from: Box::new(proj(&definition)?),
                    lonlat: Box::new(lonlat),
                }
            }
        };
        Ok(Transform {
            crs: crs.clone(),
            kind,
        })
    }

    pub fn crs(&self) -> &Crs {
        &self.crs
    }

    /// Whether coordinates stay as they are.
    pub fn is_identity(&self) -> bool {
        matches!(self.kind, Kind::Same)
    }

    /// # Errors
    /// A coordinate outside the area where the system is defined.
    pub fn to_lonlat(&self, c: Coord<f64>) -> Result<Coord<f64>, CrsError> {
        let place = match &self.kind {
            Kind::Same => c,
            Kind::Gcj02 => gcj02_to_wgs84(c),
            Kind::Bd09 => gcj02_to_wgs84(bd09_to_gcj02(c)),
            Kind::Projected { from, lonlat } => self.project(from, lonlat, c)?,
        };
        let in_world = place.x.abs() <= 360.0 && place.y.abs() <= 90.0;
        if in_world {
            Ok(place)
        } else {
            Err(CrsError::OutOfArea(self.crs.to_string()))
        }
    }

    /// # Errors
    /// A coordinate outside the area where the system is defined.
    pub fn from_lonlat(&self, c: Coord<f64>) -> Result<Coord<f64>, CrsError> {
        Ok(match &self.kind {
            Kind::Same => c,
            Kind::Gcj02 => wgs84_to_gcj02(c),
            Kind::Bd09 => gcj02_to_bd09(wgs84_to_gcj02(c)),
            Kind::Projected { from, lonlat } => self.project(lonlat, from, c)?,
        })
    }

    fn project(&self, from: &Proj, to: &Proj, c: Coord<f64>) -> Result<Coord<f64>, CrsError> {
        let radians = |proj: &Proj| {
            if proj.is_latlong() {
                1f64.to_radians()
            } else {
                1.0
            }
        };
        let mut place = (c.x * radians(from), c.y * radians(from));
        proj4rs::transform::transform(from, to, &mut place)
            .map_err(|_| CrsError::OutOfArea(self.crs.to_string()))?;
        let place = Coord {
            x: place.0 / radians(to),
            y: place.1 / radians(to),
        };
        let finite = place.x.is_finite() && place.y.is_finite();
        if finite {
            Ok(place)
        } else {
            Err(CrsError::OutOfArea(self.crs.to_string()))
        }
    }

    fn each_to_lonlat(&self, geometry: &mut Geometry<f64>) -> Result<(), CrsError> {
        let to = |c| self.to_lonlat(c);
        match geometry {
            Geometry::Point(g) => g.try_map_coords_in_place(to),
            Geometry::Line(g) => g.try_map_coords_in_place(to),
            Geometry::LineString(g) => g.try_map_coords_in_place(to),
            Geometry::Polygon(g) => g.try_map_coords_in_place(to),
            Geometry::MultiPoint(g) => g.try_map_coords_in_place(to),
            Geometry::MultiLineString(g) => g.try_map_coords_in_place(to),
            Geometry::MultiPolygon(g) => g.try_map_coords_in_place(to),
            Geometry::Rect(g) => {
                *geometry = Geometry::Polygon(g.to_polygon());
                self.each_to_lonlat(geometry)
            }
            Geometry::Triangle(g) => {
                *geometry = Geometry::Polygon(g.to_polygon());
                self.each_to_lonlat(geometry)
            }
            Geometry::GeometryCollection(parts) => parts
                .iter_mut()
                .try_for_each(|part| self.each_to_lonlat(part)),
        }
    }

    /// Takes every coordinate of `geometry` to longitude, latitude.
    ///
    /// # Errors
    /// The first coordinate that is outside the system's area; `geometry` is then half changed.
    pub fn geometry_to_lonlat(&self, geometry: &mut Geometry<f64>) -> Result<(), CrsError> {
        if self.is_identity() {
            return Ok(());
        }
        self.each_to_lonlat(geometry)
    }
}

#[cfg(test)]
mod tests {
    use geo::coord;

    use super::*;

    /// Computed with PROJ 9.1 (`gdaltransform -s_srs EPSG:4490 -t_srs …`).
    #[test]
    fn gauss_krueger_and_web_mercator_agree_with_proj() {
        for (epsg, lon, lat, x, y) in VECTORS {
            let transform = Transform::new(&Crs::Epsg(epsg)).unwrap();
            let forward = transform.from_lonlat(coord! { x: lon, y: lat }).unwrap();
            assert!(
                (forward.x - x).abs() < 1e-3 && (forward.y - y).abs() < 1e-3,
                "{epsg}: {forward:?}"
            );
            let back = transform.to_lonlat(coord! { x: x, y: y }).unwrap();
            assert!(
                (back.x - lon).abs() < 1e-8 && (back.y - lat).abs() < 1e-8,
                "{epsg}: {back:?}"
            );
        }
    }

    const VECTORS: [(u16, f64, f64, f64, f64); 6] = [
        (4547, 113.264435, 23.129163, 424658.5132, 2559031.6986),
        (4526, 113.264435, 23.129163, 38424658.5132, 2559031.6986),
        (4547, 112.95, 22.5, 391954.6319, 2489546.2034),
        (4534, 75.5, 40.0, 542697.0238, 4429648.7838),
        (3857, 113.264435, 23.129163, 12608539.2292, 2647646.2090),
        (2326, 114.17, 22.30, 835559.6420, 817895.7547),
    ];

    #[test]
    fn the_city_is_kept_as_it_is() {
        let place = coord! { x: 113.264435, y: 23.129163 };
        for crs in [Crs::CGCS2000, Crs::WGS84] {
            assert_eq!(
                Transform::new(&crs).unwrap().to_lonlat(place).unwrap(),
                place
            );
        }
    }

    #[test]
    fn nonsense_definitions_are_refused() {
        for text in ["+proj=nonsense", "+proj=tmerc +lat_0=abc"] {
            let crs: Crs = text.parse().unwrap();
            assert!(Transform::new(&crs).is_err(), "{text}");
        }
    }
}
