use std::collections::BTreeSet;

use super::{Figure, NormItem, NormSet, figure::Allowed};
use crate::domain::{AttributeType, Catalog, LayerKind, Role};

/// What is wrong with a norm file: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", placed(self))]
pub struct NormError {
    /// The item at fault; none where it is the file itself.
    pub item: Option<String>,
    pub field: String,
    pub problem: String,
}

fn placed(error: &NormError) -> String {
    let NormError {
        item,
        field,
        problem,
    } = error;
    match (item, field.as_str()) {
        (Some(item), "") => format!("item `{item}`: {problem}"),
        (Some(item), field) => format!("item `{item}`, {field}: {problem}"),
        (None, "") => problem.clone(),
        (None, field) => format!("{field}: {problem}"),
    }
}

const METRES: f64 = 50_000.0;
const RADIUS: Allowed = Allowed::positive(&["m"], METRES);
const WALK: Allowed = Allowed::positive(&["m", "min"], METRES);
const PROVISION: Allowed = Allowed::positive(
    &[
        "per_person",
        "per_1000",
        "per_10000",
        "persons_per_facility",
    ],
    1e9,
);
const SHARE: Allowed = Allowed {
    units: &["share"],
    least: 0.0,
    most: 1.0,
    with_least: true,
};
const CLASS: Allowed = Allowed::positive(&["person"], 1000.0);
const PEOPLE: Allowed = Allowed::positive(&["person"], 1e9);
const BAND: Allowed = Allowed {
    units: &["share"],
    least: 0.0,
    most: 100.0,
    with_least: true,
};

impl NormSet {
    /// Reads a norm set from TOML and checks it against what the city knows.
    ///
    /// # Errors
    /// The first thing that does not hold together, with its place and the remedy.
    pub fn parse(text: &str, catalog: &Catalog) -> Result<Self, NormError> {
        let set: NormSet = toml::from_str(text).map_err(|e| unreadable(e.to_string()))?;
        set.check(catalog)?;
        Ok(set)
    }

    /// The same from JSON.
    ///
    /// # Errors
    /// As [`NormSet::parse`].
    pub fn parse_json(text: &str, catalog: &Catalog) -> Result<Self, NormError> {
        let set: NormSet = serde_json::from_str(text).map_err(|e| unreadable(e.to_string()))?;
        set.check(catalog)?;
        Ok(set)
    }

    /// # Errors
    /// As [`NormSet::parse`].
    pub fn check(&self, catalog: &Catalog) -> Result<(), NormError> {
        let fail = |field: &str, problem: &str| {
            Err(NormError {
                item: None,
                field: field.to_owned(),
                problem: problem.to_owned(),
            })
        };
        if self.title.zh.trim().is_empty() || self.title.en.trim().is_empty() {
            return fail("title", "write it in both languages: { zh = …, en = … }");
        }
        if self.source.trim().is_empty() {
            return fail("source", "is missing; name the standard or plan");
        }
        if self.date.parse::<crate::domain::Period>().is_err() {
            return fail("date", "write 2018, 2018-12 or 2018-12-01");
        }
        if self.items.is_empty() {
            return fail("items", "there are none; write at least one [[items]]");
        }
        let mut minutes = BTreeSet::new();
        for circle in &self.circles {
            let at = format!("circles {}", circle.minutes);
            if !(1..=120).contains(&circle.minutes) || !minutes.insert(circle.minutes) {
                return fail(&at, "minutes are 1 to 120, each once");
            }
            let figures = [
                ("walk", &circle.walk, &RADIUS),
                ("population_from", &circle.population_from, &PEOPLE),
                ("population_to", &circle.population_to, &PEOPLE),
            ];
            for (name, figure, allowed) in figures {
                check_figure(None, &format!("{at}.{name}"), figure, allowed)?;
            }
            let ends = (circle.population_from.value, circle.population_to.value);
            if matches!(ends, (Some(from), Some(to)) if from > to) {
                return fail(&at, "population_from is above population_to; exchange them");
            }
        }
        check_bands(None, &self.bands)?;
        let mut ids = BTreeSet::new();
        for item in &self.items {
            if !ids.insert(&item.id) {
                return Err(at_item(item, "id", "stands twice; give each item its own"));
            }
            self.check_item(item, catalog)?;
        }
        Ok(())
    }

    fn check_item(&self, item: &NormItem, catalog: &Catalog) -> Result<(), NormError> {
        let fail = |field: &str, problem: String| Err(at_item(item, field, &problem));
        if item.title.zh.trim().is_empty() || item.title.en.trim().is_empty() {
            return fail("title", "write it in both languages".into());
        }
        let places = |layer: &crate::domain::Layer| {
            matches!(
                layer.kind,
                LayerKind::Facility | LayerKind::Station | LayerKind::Workplace
            )
        };
        let Some(layer) = catalog.layer(item.layer.as_str()).filter(|l| places(l)) else {
            let known = catalog.layers().filter(|layer| places(layer));
            let known: Vec<&str> = known.map(|layer| layer.id.as_str()).collect();
            let problem = format!(
                "there is no facility layer `{}`; it is one of: {}",
                item.layer,
                known.join(", ")
            );
            return fail("layer", problem);
        };
        for (attribute, codes) in &item.condition {
            let field = format!("where.{attribute}");
            let of_layer = layer.attribute(attribute.as_str());
            let category = of_layer.filter(|a| a.kind == AttributeType::Category);
            let Some(category) = category else {
                let known = layer.attributes.iter();
                let known = known.filter(|a| a.kind == AttributeType::Category);
                let known: Vec<&str> = known.map(|a| a.id.as_str()).collect();
                let known = known.join(", ");
                let problem = format!("no category of {}; it is one of: {known}", layer.id);
                return fail(&field, problem);
            };
            if codes.is_empty() {
                return fail(&field, "lists no code; list one or leave it out".into());
            }
            let known: Vec<&str> = category.values.iter().map(|v| v.code.as_str()).collect();
            if let Some(code) = codes.iter().find(|code| !known.contains(&code.as_str())) {
                let problem = format!("unknown code `{code}`; known are: {}", known.join(", "));
                return fail(&field, problem);
            }
        }
        for capacity in &item.capacity {
            use AttributeType::{Count, Integer, Number};
            let is_number =
                |a: &&crate::domain::Attribute| matches!(a.kind, Count | Integer | Number);
            let of_layer = layer.attribute(capacity.as_str()).filter(is_number);
            if of_layer.is_none() {
                let known = layer.attributes.iter().filter(is_number);
                let known: Vec<&str> = known.map(|a| a.id.as_str()).collect();
                let problem = format!(
                    "`{capacity}` is no number of {}; it is one of: {}, or leave capacity out to \
                     count facilities",
                    layer.id,
                    known.join(", ")
                );
                return fail("capacity", problem);
            }
        }
        let unit_of = |id| Some(layer.attribute(id)?.unit.as_str());
        let mut units = item.capacity.iter().filter_map(|c| unit_of(c.as_str()));
        if let Some(first) = units.next()
            && let Some(other) = units.find(|unit| *unit != first)
        {
            let problem = format!("`{first}` and `{other}` do not add up; make two items");
            return fail("capacity", problem);
        }
        check_demand(item, catalog)?;
        if let Some(circle) = item.circle
            && !self.circles.iter().any(|known| known.minutes == circle)
        {
            let known: Vec<String> = self.circles.iter().map(|c| c.minutes.to_string()).collect();
            let known = known.join(", ");
            let problem =
                format!("{circle} is no life circle of this set ({known}); add [[circles]]");
            return fail("circle", problem);
        }
        for (name, figure) in item.figures() {
            let allowed = match name {
                "provision" => &PROVISION,
                "enrolment_rate" => &SHARE,
                "service_radius" => &RADIUS,
                "walk" => &WALK,
                _ => &CLASS,
            };
            check_figure(Some(item), name, figure, allowed)?;
        }
        let per_facility = |figure: &Figure| figure.unit == "persons_per_facility";
        match (&item.provision, &item.demand) {
            (Some(_), None) => {
                let problem = "needs `demand`: who wants it".to_owned();
                return fail("provision", problem);
            }
            (Some(provision), Some(_)) if per_facility(provision) != item.capacity.is_empty() => {
                let problem = match item.capacity.is_empty() {
                    true => {
                        "facilities are counted: the unit is persons_per_facility, or name `capacity`"
                    }
                    false => "persons_per_facility counts facilities: leave `capacity` out",
                };
                return fail("provision.unit", problem.to_owned());
            }
            _ => {}
        }
        let tests_nothing =
            item.provision.is_none() && item.service_radius.is_none() && item.walk.is_none();
        if tests_nothing {
            let problem = "asks nothing: give service_radius, walk or provision".to_owned();
            return fail("", problem);
        }
        check_bands(Some(item), &item.bands)
    }
}

fn check_demand(item: &NormItem, catalog: &Catalog) -> Result<(), NormError> {
    let Some(demand) = &item.demand else {
        return Ok(());
    };
    let fail = |field: &str, problem: String| Err(at_item(item, field, &problem));
    match (demand.role, demand.attributes.is_empty()) {
        (Some(Role::Population), true) | (None, false) => {}
        _ => {
            let problem = r#"write { role = "population" } or { attributes = ["age_6_11"] }"#;
            return fail("demand", problem.into());
        }
    }
    let homes: Vec<_> = catalog
        .layers()
        .filter(|layer| layer.kind == LayerKind::Residence)
        .collect();
    for (place, attribute) in demand.attributes.iter().enumerate() {
        let field = format!("demand.attributes[{}]", place + 1);
        if demand.attributes[..place].contains(attribute) {
            return fail(
                &field,
                format!("`{attribute}` stands twice; once is enough"),
            );
        }
        let counts = |layer: &crate::domain::Layer| {
            let found = layer.attribute(attribute.as_str());
            found.is_some_and(crate::domain::Attribute::is_count)
        };
        if !homes.iter().any(|layer| counts(layer)) {
            let known = homes.iter().flat_map(|layer| layer.counts());
            let known: Vec<&str> = known.map(|(_, a)| a.id.as_str()).collect();
            let problem = format!(
                "`{attribute}` is no count of the residences; it is one of: {}",
                known.join(", ")
            );
            return fail(&field, problem);
        }
    }
    Ok(())
}

fn check_bands(item: Option<&NormItem>, bands: &[super::Band]) -> Result<(), NormError> {
    let mut ids = BTreeSet::new();
    let mut last = f64::INFINITY;
    for (place, band) in bands.iter().enumerate() {
        let field = format!("bands[{}]", place + 1);
        check_figure(item, &format!("{field}.from"), &band.from, &BAND)?;
        let fail = |problem: &str| NormError {
            item: item.map(|item| item.id.to_string()),
            field: field.clone(),
            problem: problem.to_owned(),
        };
        if !ids.insert(&band.id) {
            return Err(fail("its id stands twice; give each band its own"));
        }
        if let Some(from) = band.from.value {
            if from >= last {
                return Err(fail(
                    "write the best band first: `from` falls from band to band",
                ));
            }
            last = from;
        }
    }
    Ok(())
}

fn check_figure(
    item: Option<&NormItem>,
    field: &str,
    figure: &Figure,
    allowed: &Allowed,
) -> Result<(), NormError> {
    allowed.check(figure).map_err(|(part, problem)| NormError {
        item: item.map(|item| item.id.to_string()),
        field: format!("{field}.{part}"),
        problem,
    })
}

fn at_item(item: &NormItem, field: &str, problem: &str) -> NormError {
    NormError {
        item: Some(item.id.to_string()),
        field: field.to_owned(),
        problem: problem.to_owned(),
    }
}

fn unreadable(problem: String) -> NormError {
    NormError {
        item: None,
        field: String::new(),
        problem,
    }
}
