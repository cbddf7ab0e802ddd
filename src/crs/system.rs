use std::{fmt, str::FromStr};

use super::{CrsError, wkt};

/// A coordinate system (坐标系) as an import names it or a file carries it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Crs {
    /// A code of the EPSG register.
    Epsg(u16),
    /// 国测局坐标系: AMap, Tencent.
    Gcj02,
    /// 百度坐标系
    Bd09,
    /// A definition in proj4 style.
    Proj4(String),
}

impl Crs {
    /// Longitude, latitude on CGCS2000: what a city is kept in.
    pub const CGCS2000: Crs = Crs::Epsg(4490);
    pub const WGS84: Crs = Crs::Epsg(4326);

    /// The system that a `.prj` file or another well-known text describes.
    ///
    /// # Errors
    /// A text that names no known system and whose parameters are not understood.
    pub fn from_wkt(text: &str) -> Result<Self, CrsError> {
        wkt::parse(text)
    }

    /// Whether coordinates are stored as they are.
    pub fn is_lonlat_wgs84(&self) -> bool {
        matches!(self, Crs::Epsg(4490 | 4326 | 4979 | 4258 | 4269))
    }

    /// The definition in proj4 style; `None` for GCJ-02 and BD-09.
    pub(super) fn proj4(&self) -> Option<Result<String, CrsError>> {
        match self {
            Crs::Gcj02 | Crs::Bd09 => None,
            Crs::Proj4(definition) => Some(Ok(definition.clone())),
            Crs::Epsg(code) => Some(
                crs_definitions::from_code(*code)
                    .map(|def| def.proj4.to_owned())
                    .ok_or_else(|| CrsError::Unknown(self.to_string())),
            ),
        }
    }
}

impl FromStr for Crs {
    type Err = CrsError;

    fn from_str(text: &str) -> Result<Self, CrsError> {
        let text = text.trim();
        let unknown = || CrsError::Unknown(text.chars().take(120).collect());
        if text.starts_with("+proj") || text.starts_with("+init") {
            return Ok(Crs::Proj4(text.to_owned()));
        }
        if !text.is_ascii() {
            return Err(unknown());
        }
        let plain: String = text
            .chars()
            .filter(|c| c.is_ascii_alphanumeric())
            .collect::<String>()
            .to_uppercase();
        let code = match plain.as_str() {
            "GCJ02" | "GCJ2" | "GCJ" | "MARS" => return Ok(Crs::Gcj02),
            "BD09" | "BD09LL" | "BD9" | "BAIDU" => return Ok(Crs::Bd09),
            "WGS84" | "CRS84" | "OGC13CRS84" | "URNOGCDEFCRSOGC13CRS84" | "OGCCRS84" => 4326,
            "CGCS2000" => 4490,
            other => {
                // EPSG:4547, 4547, urn:ogc:def:crs:EPSG::4547, http://…/EPSG/0/4547
                let digits = other
                    .rsplit(|c: char| !c.is_ascii_digit())
                    .next()
                    .unwrap_or("");
                let prefix = &other[..other.len() - digits.len()];
                let digits = match prefix {
                    "" | "EPSG" => digits,
                    _ if prefix.ends_with("EPSG") => digits.trim_start_matches('0'),
                    _ => return Err(unknown()),
                };
                digits.parse::<u16>().map_err(|_| unknown())?
            }
        };
        if crs_definitions::from_code(code).is_none() {
            return Err(unknown());
        }
        Ok(Crs::Epsg(code))
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Crs::Epsg(code) => write!(f, "EPSG:{code}"),
            Crs::Gcj02 => f.write_str("GCJ-02"),
            Crs::Bd09 => f.write_str("BD-09"),
            Crs::Proj4(definition) => f.write_str(definition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_are_understood() {
        for (text, tag) in [
            ("EPSG:4547", "EPSG:4547"),
            ("epsg:4490", "EPSG:4490"),
            ("4326", "EPSG:4326"),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
            ("urn:ogc:def:crs:EPSG::2326", "EPSG:2326"),
            ("http://www.opengis.net/def/crs/EPSG/0/4490", "EPSG:4490"),
            ("GCJ-02", "GCJ-02"),
            ("gcj02", "GCJ-02"),
            ("BD-09", "BD-09"),
            ("+proj=longlat +datum=WGS84", "+proj=longlat +datum=WGS84"),
        ] {
            assert_eq!(text.parse::<Crs>().unwrap().to_string(), tag, "{text}");
        }
        for zone in 4513..=4554 {
            assert_eq!(
                format!("EPSG:{zone}").parse::<Crs>().unwrap(),
                Crs::Epsg(zone)
            );
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_advice() {
        for text in ["", "广州2000", "EPSG:99999", "EPSG:1", "UTM", "北京54"] {
            let error = text.parse::<Crs>().unwrap_err().to_string();
            assert!(error.contains("EPSG:4490"), "{error}");
        }
    }
}
