use super::{ImportError, raw::RawHeader};
use crate::domain::{Layer, Role};

/// Which column of a file feeds what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnPlan {
    /// For each attribute of the layer, its column.
    pub attributes: Vec<Option<usize>>,
    pub id: Option<usize>,
    pub lon: Option<usize>,
    pub lat: Option<usize>,
    pub wkt: Option<usize>,
    /// The column that rows are located by.
    pub key: Option<usize>,
    /// Columns that nothing declares: named and dropped.
    pub dropped: Vec<String>,
}

const ID: [&str; 3] = ["id", "编号", "要素编号"];
const LON: [&str; 12] = [
    "lon",
    "lng",
    "long",
    "longitude",
    "经度",
    "x",
    "xcoord",
    "pointx",
    "东坐标",
    "x坐标",
    "横坐标",
    "lon84",
];
const LAT: [&str; 11] = [
    "lat",
    "latitude",
    "纬度",
    "y",
    "ycoord",
    "pointy",
    "北坐标",
    "y坐标",
    "纵坐标",
    "lat84",
    "latitute",
];
const WKT: [&str; 6] = ["wkt", "geom", "geometry", "几何", "thegeom", "wktgeom"];

/// A heading without case, spaces, separators and a unit in brackets: `常住人口（人）` is `常住人口`.
fn plain(heading: &str) -> String {
    let heading = heading.trim().trim_start_matches('\u{feff}');
    let bare = match heading.find(['(', '（', '[', '【']) {
        Some(0) | None => heading,
        Some(bracket) => &heading[..bracket],
    };
    bare.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.' | '·' | '/'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Finds the columns of `layer` among the headings of a file.
///
/// # Errors
/// `--map` names what is not there, or two columns claim one attribute.
pub fn plan(
    layer: &Layer,
    header: &RawHeader,
    map: &[(String, String)],
    key: Option<&str>,
) -> Result<ColumnPlan, ImportError> {
    let headings: Vec<String> = header.columns.iter().map(|c| plain(c)).collect();
    let mut taken = vec![false; headings.len()];
    let mut plan = ColumnPlan {
        attributes: vec![None; layer.attributes.len()],
        ..Default::default()
    };
    for (attribute, column) in map {
        let fail = |problem: String| ImportError::Map {
            attribute: attribute.clone(),
            column: column.clone(),
            problem,
        };
        let place = find_exact(header, column).ok_or_else(|| {
            fail(format!(
                "{} has no column `{column}`; it has: {}",
                header.file,
                listed(&header.columns)
            ))
        })?;
        let slot = match attribute.as_str() {
            "id" => &mut plan.id,
            "lon" | "x" => &mut plan.lon,
            "lat" | "y" => &mut plan.lat,
            "wkt" => &mut plan.wkt,
            name => match layer.attribute_index(name) {
                Some(index) => &mut plan.attributes[index],
                None => {
                    let known: Vec<String> =
                        layer.attributes.iter().map(|a| a.id.to_string()).collect();
                    let problem = format!(
                        "layer {} has no attribute `{name}`; it has: id, lon, lat, wkt, {}",
                        layer.id,
                        listed(&known)
                    );
                    return Err(fail(problem));
                }
            },
        };
        *slot = Some(place);
        taken[place] = true;
    }
    if let Some(key) = key {
        let place = find_exact(header, key).ok_or_else(|| ImportError::Columns {
            file: header.file.clone(),
            problem: format!(
                "--key {key}: no such column; it has: {}",
                listed(&header.columns)
            ),
        })?;
        plan.key = Some(place);
        taken[place] = true;
    }
    for (index, attribute) in layer.attributes.iter().enumerate() {
        if plan.attributes[index].is_some() {
            continue;
        }
        let names = [
            attribute.id.as_str(),
            &attribute.title.zh,
            &attribute.title.en,
        ];
        let names: Vec<String> = names
            .into_iter()
            .chain(attribute.aliases.iter().map(String::as_str))
            .map(plain)
            .collect();
        let claims = |place: &usize| !taken[*place] && names.contains(&headings[*place]);
        let found: Vec<usize> = (0..headings.len()).filter(claims).collect();
        match found[..] {
            [] => {}
            [place] => {
                plan.attributes[index] = Some(place);
                taken[place] = true;
            }
            _ => {
                let claimants: Vec<String> = found
                    .iter()
                    .map(|&place| header.columns[place].clone())
                    .collect();
                return Err(ImportError::Columns {
                    file: header.file.clone(),
                    problem: format!(
                        "{} columns could be `{}` ({}): {}; say --map {}=COLUMN",
                        claimants.len(),
                        attribute.id,
                        attribute.title.zh,
                        listed(&claimants),
                        attribute.id
                    ),
                });
            }
        }
    }
    let mut known = |slot: &mut Option<usize>, names: &[&str]| {
        let free = |place: &usize| !taken[*place] && names.contains(&headings[*place].as_str());
        if slot.is_none() {
            *slot = (0..headings.len()).find(free);
        }
        if let Some(place) = *slot {
            taken[place] = true;
        }
    };
    known(&mut plan.id, &ID);
    if !header.has_geometry {
        known(&mut plan.lon, &LON);
        known(&mut plan.lat, &LAT);
        known(&mut plan.wkt, &WKT);
    }
    if plan.id.is_none() && layer.is_area() {
        // An area's code is its natural identity.
        plan.id = layer
            .index_with_role(Role::Code)
            .and_then(|code| plan.attributes[code]);
    }
    plan.dropped = header
        .columns
        .iter()
        .zip(&taken)
        .filter(|(_, t)| !**t)
        .map(|(c, _)| c.clone())
        .collect();
    Ok(plan)
}

fn find_exact(header: &RawHeader, column: &str) -> Option<usize> {
    let exact = header
        .columns
        .iter()
        .position(|c| c.trim() == column.trim());
    exact.or_else(|| {
        header
            .columns
            .iter()
            .position(|c| plain(c) == plain(column))
    })
}

/// Names for a message, at most twenty.
fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 {
        format!("{} and {more} more", shown.join(", "))
    } else {
        shown.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lose_case_spaces_and_units() {
        assert_eq!(plain(" 常住人口（人） "), "常住人口");
        assert_eq!(plain("Usual_Residents"), plain("usual residents"));
        assert_eq!(plain("\u{feff}ID"), "id");
    }
}
