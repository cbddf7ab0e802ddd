//! Which column of a file feeds which attribute.

use std::collections::{BTreeSet, HashMap};

use super::{
    ImportError,
    error::list,
    heading::{PlaceColumn, fold, is_code_heading, is_id_heading, split_unit, units_differ},
};
use crate::{
    crs::{Crs, Transform},
    domain::{Layer, Role, short_names},
};

/// What `--map` and headings may point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Attribute(usize),
    Id,
    Place(PlaceColumn),
}

/// One `--map target=column`.
#[derive(Debug)]
struct Mapping {
    target: Target,
    column: String,
    folded: String,
}

/// How the headings of any file are understood for a layer.
#[derive(Debug)]
pub(super) struct Matcher<'l> {
    layer: &'l Layer,
    mappings: Vec<Mapping>,
    /// Attributes by folded id, title or alias.
    names: HashMap<String, BTreeSet<usize>>,
    key: Option<String>,
}

impl<'l> Matcher<'l> {
    /// # Errors
    /// A `--map` that points at nothing the layer has.
    pub fn new(
        layer: &'l Layer,
        map: &[(String, String)],
        key: Option<&str>,
    ) -> Result<Self, ImportError> {
        let mut names: HashMap<String, BTreeSet<usize>> = HashMap::new();
        let mut exact: HashMap<String, BTreeSet<usize>> = HashMap::new();
        for (index, attribute) in layer.attributes.iter().enumerate() {
            exact
                .entry(fold(attribute.id.as_str()))
                .or_default()
                .insert(index);
            let titles = [&attribute.title.zh, &attribute.title.en];
            for name in titles.into_iter().chain(&attribute.aliases) {
                let folded = fold(name);
                let (bare, _) = split_unit(&folded);
                for name in [folded.as_str(), bare] {
                    if !name.is_empty() {
                        names.entry(name.to_owned()).or_default().insert(index);
                    }
                }
            }
        }
        // What a table that holds short names only makes of the ids.
        let ids = layer
            .attributes
            .iter()
            .map(|attribute| attribute.id.as_str());
        let short = short_names(std::iter::once("id").chain(ids), 10);
        for (index, name) in short[1..].iter().enumerate() {
            let folded = fold(name);
            names
                .entry(folded)
                .or_insert_with(|| BTreeSet::from([index]));
        }
        // The id of an attribute means this one, whatever another's aliases say.
        names.extend(exact);
        let mappings = map
            .iter()
            .map(|(target, column)| mapping(layer, target, column));
        Ok(Matcher {
            layer,
            mappings: mappings.collect::<Result<_, _>>()?,
            names,
            key: key.map(fold),
        })
    }

    pub fn uses_key(&self) -> bool {
        self.key.is_some()
    }
}

fn mapping(layer: &Layer, target: &str, column: &str) -> Result<Mapping, ImportError> {
    let place = PlaceColumn::ALL.into_iter().find(|p| p.word() == target);
    let parsed = match (target, place) {
        ("id", _) => Some(Target::Id),
        (_, Some(place)) => Some(Target::Place(place)),
        _ => layer.attribute_index(target).map(Target::Attribute),
    };
    let given = || format!("{target}={column}");
    let Some(target) = parsed else {
        let ids = layer.attributes.iter().map(|a| a.id.as_str());
        return Err(ImportError::Map {
            given: given(),
            problem: format!(
                "`{target}` is no field of {}; it has id, lon, lat, x, y, wkt, {}",
                layer.id,
                list(ids)
            ),
        });
    };
    if column.trim().is_empty() {
        return Err(ImportError::Map {
            given: given(),
            problem: "names no column".into(),
        });
    }
    Ok(Mapping {
        target,
        column: column.to_owned(),
        folded: fold(column),
    })
}

/// Where a table has the coordinates of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlaceColumns {
    Pair { x: usize, y: usize },
    Wkt(usize),
}

/// The columns of one file and what they feed.
#[derive(Debug)]
pub(super) struct Plan<'m, 'l> {
    matcher: &'m Matcher<'l>,
    file: String,
    headings: Vec<String>,
    /// The column of each attribute.
    pub attributes: Vec<Option<usize>>,
    pub id: Option<usize>,
    pub key: Option<usize>,
    /// The column for each attribute was named with `--map`.
    mapped: Vec<bool>,
    id_is_mapped: bool,
    places: HashMap<PlaceColumn, (usize, bool)>,
    pub place: Option<PlaceColumns>,
    used: Vec<Option<String>>,
    mappings_met: Vec<bool>,
}

impl<'m, 'l> Plan<'m, 'l> {
    pub fn new(matcher: &'m Matcher<'l>, file: &str) -> Self {
        let attributes = matcher.layer.attributes.len();
        Plan {
            matcher,
            file: file.to_owned(),
            headings: Vec::new(),
            attributes: vec![None; attributes],
            id: None,
            key: None,
            mapped: vec![false; attributes],
            id_is_mapped: false,
            places: HashMap::new(),
            place: None,
            used: Vec::new(),
            mappings_met: vec![false; matcher.mappings.len()],
        }
    }

    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// Takes the next column.
    ///
    /// # Errors
    /// A column that could be several attributes, a second one for the same, or one in a unit
    /// that would need converting.
    pub fn add(&mut self, heading: &str) -> Result<usize, ImportError> {
        let index = self.headings.len();
        self.headings.push(heading.to_owned());
        self.used.push(None);
        let folded = fold(heading);
        if self.matcher.key.as_ref() == Some(&folded) && self.key.is_none() {
            self.key = Some(index);
            self.mark(index, "key");
        }
        let matcher = self.matcher;
        let mut is_mapped = false;
        for (at, mapping) in matcher.mappings.iter().enumerate() {
            if mapping.folded == folded && !self.mappings_met[at] {
                self.mappings_met[at] = true;
                is_mapped = true;
                self.take_mapped(mapping.target, index);
            }
        }
        if !is_mapped {
            self.take_by_name(index, &folded)?;
        }
        Ok(index)
    }

    fn take_mapped(&mut self, target: Target, index: usize) {
        match target {
            Target::Attribute(attribute) => {
                self.release(self.attributes[attribute]);
                self.attributes[attribute] = Some(index);
                self.mapped[attribute] = true;
                let id = self.matcher.layer.attributes[attribute].id.as_str();
                self.mark(index, id);
            }
            Target::Id => {
                self.release(self.id);
                self.id = Some(index);
                self.id_is_mapped = true;
                self.mark(index, "id");
            }
            Target::Place(place) => {
                self.places.insert(place, (index, true));
            }
        }
    }

    fn take_by_name(&mut self, index: usize, folded: &str) -> Result<(), ImportError> {
        let matcher = self.matcher;
        let layer = matcher.layer;
        let (bare, unit) = split_unit(folded);
        let named = matcher
            .names
            .get(folded)
            .or_else(|| matcher.names.get(bare));
        if let Some(candidates) = named {
            if candidates.len() > 1 {
                let ids = candidates.iter().map(|i| layer.attributes[*i].id.as_str());
                return Err(ImportError::AmbiguousTargets {
                    file: self.file.clone(),
                    column: self.headings[index].clone(),
                    targets: list(ids),
                });
            }
            if let Some(&attribute) = candidates.first() {
                return self.take_attribute(attribute, index, unit);
            }
        }
        if let Some(place) = PlaceColumn::of_heading(bare) {
            match self.places.get(&place) {
                Some((_, true)) => {}
                Some((first, false)) => return Err(self.ambiguous(*first, index, place.word())),
                None => {
                    self.places.insert(place, (index, false));
                }
            }
        } else if is_id_heading(bare) && self.id.is_none() {
            self.id = Some(index);
            self.mark(index, "id");
        } else if is_code_heading(bare)
            && let Some(code) = layer.index_with_role(Role::Code)
            && self.attributes[code].is_none()
        {
            return self.take_attribute(code, index, None);
        }
        Ok(())
    }

    fn take_attribute(
        &mut self,
        attribute: usize,
        index: usize,
        unit: Option<&str>,
    ) -> Result<(), ImportError> {
        let definition = &self.matcher.layer.attributes[attribute];
        if self.mapped[attribute] {
            return Ok(());
        }
        // A mapping for this attribute may still come; then this column is not needed.
        let will_be_mapped = self
            .matcher
            .mappings
            .iter()
            .any(|m| m.target == Target::Attribute(attribute));
        if will_be_mapped {
            return Ok(());
        }
        if let Some(unit) = unit.filter(|unit| units_differ(unit, &definition.unit)) {
            return Err(ImportError::OtherUnit {
                file: self.file.clone(),
                column: self.headings[index].clone(),
                unit: unit.to_owned(),
                attribute: definition.id.to_string(),
                wanted: definition.unit.clone(),
            });
        }
        if let Some(first) = self.attributes[attribute] {
            return Err(self.ambiguous(first, index, definition.id.as_str()));
        }
        self.attributes[attribute] = Some(index);
        self.mark(index, definition.id.as_str());
        Ok(())
    }

    fn ambiguous(&self, first: usize, second: usize, target: &str) -> ImportError {
        ImportError::AmbiguousColumns {
            file: self.file.clone(),
            columns: format!("`{}` and `{}`", self.headings[first], self.headings[second]),
            target: target.to_owned(),
        }
    }

    fn mark(&mut self, index: usize, target: &str) {
        match &mut self.used[index] {
            Some(targets) => {
                targets.push_str(", ");
                targets.push_str(target);
            }
            unused => *unused = Some(target.to_owned()),
        }
    }

    fn release(&mut self, index: Option<usize>) {
        if let Some(index) = index {
            self.used[index] = None;
        }
    }

    /// Chooses the columns of the coordinates, once all columns of a table are known.
    pub fn choose_place(&mut self, crs: Option<&Crs>) {
        let column = |place: PlaceColumn| self.places.get(&place).copied();
        let pair = |x: PlaceColumn, y: PlaceColumn| {
            let ((x, mapped_x), (y, mapped_y)) = (column(x)?, column(y)?);
            Some((PlaceColumns::Pair { x, y }, mapped_x || mapped_y))
        };
        let lonlat = pair(PlaceColumn::Lon, PlaceColumn::Lat);
        let xy = pair(PlaceColumn::X, PlaceColumn::Y);
        let wkt = column(PlaceColumn::Wkt).map(|(c, mapped)| (PlaceColumns::Wkt(c), mapped));
        let shapes_first = self.matcher.layer.geometry != crate::domain::GeometryKind::Point;
        let mut choices = match (shapes_first, crs.is_some_and(is_plane)) {
            (true, _) => [wkt, lonlat, xy],
            (false, true) => [xy, lonlat, wkt],
            (false, false) => [lonlat, xy, wkt],
        }
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
        choices.sort_by_key(|(_, is_mapped)| !is_mapped);
        self.place = choices.first().map(|(place, _)| *place);
        match self.place {
            Some(PlaceColumns::Pair { x, y }) => {
                self.mark(x, "lon/x");
                self.mark(y, "lat/y");
            }
            Some(PlaceColumns::Wkt(column)) => self.mark(column, "geometry"),
            None => {}
        }
    }

    /// Everything that was asked for is there.
    ///
    /// # Errors
    /// A `--map` or key column that the file lacks, or a required field without a column;
    /// `has_ids` says that features carry ids, which can stand in for area codes.
    pub fn check_complete(&self, has_ids: bool) -> Result<(), ImportError> {
        let layer = self.matcher.layer;
        let columns = || list(&self.headings);
        for (mapping, met) in self.matcher.mappings.iter().zip(&self.mappings_met) {
            if !met {
                return Err(ImportError::Map {
                    given: mapping.column.clone(),
                    problem: format!("{} has no such column; it has: {}", self.file, columns()),
                });
            }
        }
        if self.matcher.uses_key() && self.key.is_none() {
            return Err(ImportError::NoKeyColumn {
                file: self.file.clone(),
                column: self.matcher.key.clone().unwrap_or_default(),
                columns: columns(),
            });
        }
        let has_id = has_ids || self.id.is_some();
        let lacking: Vec<&str> = layer
            .attributes
            .iter()
            .zip(&self.attributes)
            .filter(|(attribute, column)| {
                let from_id = attribute.role == Role::Code && has_id;
                attribute.required && column.is_none() && !from_id
            })
            .map(|(attribute, _)| attribute.id.as_str())
            .collect();
        if lacking.is_empty() {
            Ok(())
        } else {
            Err(ImportError::NoColumn {
                file: self.file.clone(),
                layer: layer.id.to_string(),
                missing: list(lacking),
                columns: columns(),
            })
        }
    }

    /// The headings in use with what they feed, and the others.
    pub fn into_usage(self) -> (Vec<(String, String)>, Vec<String>) {
        let mut used = Vec::new();
        let mut dropped = Vec::new();
        for (heading, target) in self.headings.into_iter().zip(self.used) {
            match target {
                Some(target) => used.push((heading, target)),
                None => dropped.push(heading),
            }
        }
        (used, dropped)
    }
}

/// Whether the coordinates of a system are metres on a plane.
fn is_plane(crs: &Crs) -> bool {
    let somewhere = geo::Coord { x: 114.0, y: 23.0 };
    Transform::new(crs)
        .and_then(|t| t.from_lonlat(somewhere))
        .is_ok_and(|c| c.x.abs() > 360.0 || c.y.abs() > 360.0)
}
