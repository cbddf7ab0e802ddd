//! What a column heading means: names are compared without regard to case, spaces, width and a
//! unit in brackets.

use crate::domain::half_width;

/// `text` for comparison: half-width, lower case, without blanks, `_` and `-`.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().map(half_width) {
        let skipped = c.is_whitespace() || matches!(c, '_' | '-' | '\u{feff}' | '\u{200b}');
        if !skipped {
            folded.extend(c.to_lowercase());
        }
    }
    folded
}

/// A folded heading without a unit in brackets at its end, and that unit: `常住人口（人）`.
/// Brackets that hold anything else belong to the name: `人口（户籍）`.
pub(super) fn split_unit(folded: &str) -> (&str, Option<&str>) {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some(rest) = folded.strip_suffix(close)
            && let Some((name, unit)) = rest.rsplit_once(open)
            && !name.is_empty()
            && is_unit(unit)
        {
            return (name, Some(unit));
        }
    }
    (folded, None)
}

fn is_unit(text: &str) -> bool {
    const UNITS: [&str; 46] = [
        "人",
        "名",
        "户",
        "个",
        "处",
        "所",
        "家",
        "座",
        "床",
        "张",
        "班",
        "间",
        "栋",
        "条",
        "岁",
        "年",
        "元",
        "元/年",
        "度",
        "°",
        "米",
        "m",
        "公里",
        "千米",
        "km",
        "分钟",
        "分",
        "min",
        "%",
        "‰",
        "person",
        "persons",
        "people",
        "households",
        "jobs",
        "beds",
        "seats",
        "places",
        "degrees",
        "years",
        "metres",
        "meters",
        "单位:人",
        "单位:户",
        "单位:个",
        "人次",
    ];
    scale(text) != Scale::Plain || area_unit(text).is_some() || UNITS.contains(&text)
}

#[derive(PartialEq)]
enum Scale {
    Plain,
    /// Ten thousands, thousands …
    Multiple,
}

fn scale(unit: &str) -> Scale {
    let unit = unit.strip_prefix("单位:").unwrap_or(unit);
    let multiple = unit.starts_with('万')
        || unit.starts_with('亿')
        || unit.starts_with("百万")
        || (unit.starts_with('千') && !matches!(unit, "千米"))
        || unit.starts_with("thousand")
        || unit.starts_with("million")
        || unit == "k";
    if multiple {
        Scale::Multiple
    } else {
        Scale::Plain
    }
}

fn area_unit(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "平方米" | "㎡" | "m2" | "m²" | "m^2" | "sqm" => "m2",
        "平方公里" | "平方千米" | "km2" | "km²" | "km^2" | "sqkm" | "㎢" => "km2",
        "公顷" | "ha" | "hm2" | "hm²" => "ha",
        "亩" => "mu",
        _ => return None,
    })
}

/// Whether values under a heading with `unit` would need converting to be in `wanted`.
pub(super) fn units_differ(unit: &str, wanted: &str) -> bool {
    let areas_differ = match (area_unit(unit), area_unit(wanted)) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    };
    let lengths = |u: &str| match u {
        "米" | "m" | "metres" | "meters" => Some(1),
        "公里" | "千米" | "km" => Some(1000),
        _ => None,
    };
    let lengths_differ = match (lengths(unit), lengths(wanted)) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    };
    areas_differ || lengths_differ || (scale(unit) == Scale::Multiple && unit != wanted)
}

/// What a heading says of the place of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum PlaceColumn {
    Lon,
    Lat,
    X,
    Y,
    Wkt,
}

impl PlaceColumn {
    /// The word that `--map` uses.
    pub fn word(self) -> &'static str {
        match self {
            PlaceColumn::Lon => "lon",
            PlaceColumn::Lat => "lat",
            PlaceColumn::X => "x",
            PlaceColumn::Y => "y",
            PlaceColumn::Wkt => "wkt",
        }
    }

    pub const ALL: [PlaceColumn; 5] = [
        PlaceColumn::Lon,
        PlaceColumn::Lat,
        PlaceColumn::X,
        PlaceColumn::Y,
        PlaceColumn::Wkt,
    ];

    /// Recognises the usual headings of coordinates, folded and without unit.
    pub fn of_heading(folded: &str) -> Option<Self> {
        Some(match folded {
            "lon" | "lng" | "long" | "longitude" | "经度" | "东经" | "gpslon" | "gpslng" => {
                PlaceColumn::Lon
            }
            "lat" | "latitude" | "纬度" | "北纬" | "gpslat" => PlaceColumn::Lat,
            "x" | "横坐标" | "x坐标" | "坐标x" | "东坐标" | "东向坐标" | "pointx" | "xcoord"
            | "coordx" | "easting" | "east" => PlaceColumn::X,
            "y" | "纵坐标" | "y坐标" | "坐标y" | "北坐标" | "北向坐标" | "pointy" | "ycoord"
            | "coordy" | "northing" | "north" => PlaceColumn::Y,
            "wkt" | "geometry" | "geom" | "thegeom" | "wktgeom" | "wktgeometry" | "图形"
            | "shape" => PlaceColumn::Wkt,
            _ => return None,
        })
    }
}

/// Whether a folded heading names the identity of a row.
pub(super) fn is_id_heading(folded: &str) -> bool {
    matches!(
        folded,
        "id" | "编号" | "标识" | "标识码" | "唯一标识" | "要素编号"
    )
}

/// Whether a folded heading names an area code.
pub(super) fn is_code_heading(folded: &str) -> bool {
    matches!(
        folded,
        "code"
            | "adcode"
            | "areacode"
            | "admincode"
            | "区划代码"
            | "行政区划代码"
            | "行政区代码"
            | "统计用区划代码"
            | "代码"
            | "区代码"
            | "街道代码"
            | "街镇代码"
            | "社区代码"
            | "geoid"
            | "geocode"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_compare_without_case_width_blanks_and_units() {
        for (heading, name, unit) in [
            ("Usual Residents", "usualresidents", None),
            ("USUAL_RESIDENTS", "usualresidents", None),
            ("常住人口（人）", "常住人口", Some("人")),
            ("常住 人口(万人)", "常住人口", Some("万人")),
            ("ＩＤ", "id", None),
            ("人口（户籍）", "人口(户籍)", None),
            ("面积【平方公里】", "面积", Some("平方公里")),
            ("(人)", "(人)", None),
        ] {
            let folded = fold(heading);
            assert_eq!(split_unit(&folded), (name, unit), "{heading}");
        }
    }

    #[test]
    fn another_scale_is_noticed() {
        for (unit, wanted, differ) in [
            ("人", "person", false),
            ("万人", "person", true),
            ("平方米", "m2", false),
            ("公顷", "m2", true),
            ("平方公里", "km2", false),
            ("平方米", "km2", true),
            ("千米", "km", false),
            ("%", "", false),
        ] {
            assert_eq!(units_differ(unit, wanted), differ, "{unit} {wanted}");
        }
    }
}
