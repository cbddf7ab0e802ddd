//! Well-known text of coordinate systems, as `.prj` files carry it.

use super::{Crs, CrsError};

/// The system that `text` describes: by its outermost EPSG authority, its name, or its parameters.
pub(super) fn parse(text: &str) -> Result<Crs, CrsError> {
    let unknown = || CrsError::Unknown(text.trim().chars().take(120).collect());
    let root = Node::parse(text).ok_or_else(unknown)?;
    if let Some(code) = root.epsg()
        && let Ok(crs) = format!("EPSG:{code}").parse()
    {
        return Ok(crs);
    }
    by_name(&root.name())
        .or_else(|| by_parameters(&root))
        .ok_or_else(unknown)
}

/// One `KEYWORD[…]` of the text.
#[derive(Debug, Default)]
struct Node {
    keyword: String,
    /// Quoted texts and numbers, in order.
    values: Vec<String>,
    children: Vec<Node>,
}

impl Node {
    fn parse(text: &str) -> Option<Node> {
        let mut rest = text.trim().trim_start_matches('\u{feff}');
        Self::parse_node(&mut rest, 0)
    }

    fn parse_node(rest: &mut &str, depth: usize) -> Option<Node> {
        // A definition nests a handful of levels; a hostile one is not followed further.
        if depth > 16 {
            return None;
        }
        let open = rest.find(['[', '('])?;
        let mut node = Node {
            keyword: rest[..open].trim().to_uppercase(),
            ..Node::default()
        };
        *rest = &rest[open + 1..];
        loop {
            *rest = rest.trim_start().trim_start_matches(',').trim_start();
            match rest.chars().next()? {
                ']' | ')' => {
                    *rest = &rest[1..];
                    return Some(node);
                }
                '"' => {
                    let end = rest[1..].find('"')? + 1;
                    node.values.push(rest[1..end].to_owned());
                    *rest = &rest[end + 1..];
                }
                _ => {
                    let end = rest.find([',', ']', ')', '[', '('])?;
                    if matches!(rest.as_bytes()[end], b'[' | b'(') {
                        node.children.push(Self::parse_node(rest, depth + 1)?);
                    } else {
                        node.values.push(rest[..end].trim().to_owned());
                        *rest = &rest[end..];
                    }
                }
            }
        }
    }

    fn name(&self) -> String {
        self.values.first().cloned().unwrap_or_default()
    }

    fn child(&self, keyword: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.keyword == keyword)
    }

    fn epsg(&self) -> Option<u32> {
        let of = |node: &Node| match &node.values[..] {
            [authority, code, ..] if authority.eq_ignore_ascii_case("EPSG") => code.parse().ok(),
            _ => None,
        };
        let keywords = ["AUTHORITY", "ID"];
        self.children
            .iter()
            .filter(|c| keywords.contains(&c.keyword.as_str()))
            .find_map(of)
    }

    fn parameter(&self, names: &[&str]) -> Option<f64> {
        self.children
            .iter()
            .filter(|c| c.keyword == "PARAMETER")
            .find_map(|child| {
                let [name, value, ..] = &child.values[..] else {
                    return None;
                };
                let fits = names.iter().any(|n| n.eq_ignore_ascii_case(name));
                fits.then(|| value.parse().ok()).flatten()
            })
    }
}

/// Names that Esri writes without a code.
fn by_name(name: &str) -> Option<Crs> {
    let name = name.to_uppercase().replace([' ', '-', '/'], "_");
    let last_number = || -> Option<u16> {
        let digits: String = name
            .chars()
            .rev()
            .take_while(|c| c.is_ascii_digit())
            .collect();
        digits.chars().rev().collect::<String>().parse().ok()
    };
    if name.contains("CGCS2000") && name.contains("GK_CM_") {
        let digits = name
            .split("GK_CM_")
            .nth(1)?
            .trim_end_matches('E')
            .parse::<u16>()
            .ok()?;
        return (digits % 3 == 0 && (75..=135).contains(&digits))
            .then(|| Crs::Epsg(4534 + (digits - 75) / 3));
    }
    if name.contains("CGCS2000") && name.contains("3_DEGREE") && name.contains("ZONE") {
        let zone = last_number()?;
        return (25..=45)
            .contains(&zone)
            .then(|| Crs::Epsg(4513 + zone - 25));
    }
    if let Some(zone) = name.strip_prefix("WGS_1984_UTM_ZONE_") {
        let (number, base) = match zone.strip_suffix('N') {
            Some(number) => (number, 32_600),
            None => (zone.strip_suffix('S')?, 32_700),
        };
        let number: u16 = number.parse().ok()?;
        return (1..=60)
            .contains(&number)
            .then_some(Crs::Epsg(base + number));
    }
    Some(match name.as_str() {
        "GCS_WGS_1984" | "WGS_84" | "WGS84" | "WGS_1984" => Crs::Epsg(4326),
        "GCS_CHINA_GEODETIC_COORDINATE_SYSTEM_2000"
        | "CHINA_GEODETIC_COORDINATE_SYSTEM_2000"
        | "CGCS2000" => Crs::Epsg(4490),
        "GCS_NORTH_AMERICAN_1983" | "NAD83" => Crs::Epsg(4269),
        "WGS_1984_WEB_MERCATOR" | "WGS_1984_WEB_MERCATOR_AUXILIARY_SPHERE" => Crs::Epsg(3857),
        "GCS_BEIJING_1954" => Crs::Epsg(4214),
        "GCS_XIAN_1980" => Crs::Epsg(4610),
        _ => return None,
    })
}

/// A definition made from projection, parameters and spheroid.
fn by_parameters(root: &Node) -> Option<Crs> {
    let projection = root.child("PROJECTION")?.name().to_lowercase();
    let geographic = root.child("GEOGCS").or_else(|| root.child("BASEGEOGCRS"))?;
    let datum = geographic.child("DATUM")?;
    let spheroid = datum
        .child("SPHEROID")
        .or_else(|| datum.child("ELLIPSOID"))?;
    let (a, flattening) = (spheroid.values.get(1)?, spheroid.values.get(2)?);
    let unit: f64 = root
        .child("UNIT")
        .or_else(|| root.child("LENGTHUNIT"))
        .and_then(|unit| unit.values.get(1)?.parse().ok())
        .unwrap_or(1.0);
    let one = |names: &[&str], otherwise: f64| root.parameter(names).unwrap_or(otherwise);
    let lon_0 = one(&["central_meridian", "longitude_of_center"], 0.0);
    let lat_0 = one(&["latitude_of_origin", "latitude_of_center"], 0.0);
    let lat_1 = one(&["standard_parallel_1"], 0.0);
    let lat_2 = one(&["standard_parallel_2"], lat_1);
    let k = one(&["scale_factor"], 1.0);
    let kind = match projection.as_str() {
        "transverse_mercator" | "gauss_kruger" => {
            format!("+proj=tmerc +lat_0={lat_0} +lon_0={lon_0} +k={k}")
        }
        name if name.starts_with("lambert_conformal_conic") && lat_1 == 0.0 => {
            format!("+proj=lcc +lat_1={lat_0} +lat_0={lat_0} +lon_0={lon_0} +k_0={k}")
        }
        name if name.starts_with("lambert_conformal_conic") => {
            format!("+proj=lcc +lat_1={lat_1} +lat_2={lat_2} +lat_0={lat_0} +lon_0={lon_0}")
        }
        name if name.starts_with("albers") => {
            format!("+proj=aea +lat_1={lat_1} +lat_2={lat_2} +lat_0={lat_0} +lon_0={lon_0}")
        }
        _ => return None,
    };
    let x_0 = one(&["false_easting"], 0.0) * unit;
    let y_0 = one(&["false_northing"], 0.0) * unit;
    let shift = datum
        .child("TOWGS84")
        .map(|t| format!(" +towgs84={}", t.values.join(",")));
    let to_meter = if unit == 1.0 {
        "+units=m".to_owned()
    } else {
        format!("+to_meter={unit}")
    };
    Some(Crs::Proj4(format!(
        "{kind} +x_0={x_0} +y_0={y_0} +a={a} +rf={flattening}{} {to_meter} +no_defs",
        shift.unwrap_or_default()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authority_name_and_parameters_are_tried_in_that_order() {
        let esri = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
        assert_eq!(parse(esri).unwrap(), Crs::Epsg(4326));
        let coded = r#"PROJCS["x",GEOGCS["y",AUTHORITY["EPSG","4490"]],AUTHORITY["EPSG","4547"]]"#;
        assert_eq!(parse(coded).unwrap(), Crs::Epsg(4547));
        let zone = r#"PROJCS["CGCS2000_3_Degree_GK_CM_114E",GEOGCS["GCS"]]"#;
        assert_eq!(parse(zone).unwrap(), Crs::Epsg(4547));
        let zone = r#"PROJCS["CGCS2000_3_Degree_GK_Zone_38",GEOGCS["GCS"]]"#;
        assert_eq!(parse(zone).unwrap(), Crs::Epsg(4526));
        let plain = r#"PROJCS["local",GEOGCS["g",DATUM["d",SPHEROID["s",6378137,298.257222101]]],PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",113],PARAMETER["false_easting",500000],UNIT["metre",1]]"#;
        assert!(matches!(parse(plain).unwrap(), Crs::Proj4(d) if d.contains("+lon_0=113")));
    }

    #[test]
    fn broken_text_is_refused() {
        for text in [
            "",
            "GEOGCS",
            "GEOGCS[",
            "GEOGCS[\"x",
            "LOCAL_CS[\"x\"]",
            &"A[".repeat(100_000),
        ] {
            assert!(parse(text).is_err());
        }
    }
}
