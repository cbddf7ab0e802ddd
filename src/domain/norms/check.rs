use std::collections::BTreeSet;

use super::{Figure, NormItem, NormSet, figure::Allowed};
use crate::domain::{AttributeType, Catalog, LayerKind, Role, Title};

/// What is wrong with a norm file: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.told().en)]
pub struct NormError {
    /// The item at fault; none where it is the file itself.
    pub item: Option<String>,
    pub field: String,
    pub problem: Title,
}

impl NormError {
    /// The place and what is wrong there, in both languages.
    pub fn told(&self) -> Title {
        let Title { zh, en } = &self.problem;
        match (&self.item, self.field.as_str()) {
            (Some(item), "") => Title::new(
                format!("项目“{item}”：{zh}"),
                format!("item `{item}`: {en}"),
            ),
            (Some(item), field) => Title::new(
                format!("项目“{item}”，{field}：{zh}"),
                format!("item `{item}`, {field}: {en}"),
            ),
            (None, "") => self.problem.clone(),
            (None, field) => Title::new(format!("{field}：{zh}"), format!("{field}: {en}")),
        }
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
        let fail = |field: &str, zh: &str, en: &str| {
            Err(NormError {
                item: None,
                field: field.to_owned(),
                problem: Title::new(zh, en),
            })
        };
        if self.title.zh.trim().is_empty() || self.title.en.trim().is_empty() {
            return fail(
                "title",
                "请写中英文两种名称：{ zh = …, en = … }",
                "write it in both languages: { zh = …, en = … }",
            );
        }
        if self.source.trim().is_empty() {
            return fail(
                "source",
                "缺少来源；请写明所依据的标准或规划",
                "is missing; name the standard or plan",
            );
        }
        if self.date.parse::<crate::domain::Period>().is_err() {
            return fail(
                "date",
                "请写 2018、2018-12 或 2018-12-01",
                "write 2018, 2018-12 or 2018-12-01",
            );
        }
        if self.items.is_empty() {
            return fail(
                "items",
                "没有项目；请至少写一个 [[items]]",
                "there are none; write at least one [[items]]",
            );
        }
        let mut minutes = BTreeSet::new();
        for circle in &self.circles {
            let at = format!("circles {}", circle.minutes);
            if !(1..=120).contains(&circle.minutes) || !minutes.insert(circle.minutes) {
                return fail(
                    &at,
                    "分钟数为 1 至 120，每个只写一次",
                    "minutes are 1 to 120, each once",
                );
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
                return fail(
                    &at,
                    "population_from 大于 population_to；请对调",
                    "population_from is above population_to; exchange them",
                );
            }
        }
        check_bands(None, &self.bands)?;
        let mut ids = BTreeSet::new();
        for item in &self.items {
            if !ids.insert(&item.id) {
                let problem = Title::new(
                    "重复；请给每个项目单独的编号",
                    "stands twice; give each item its own",
                );
                return Err(at_item(item, "id", problem));
            }
            self.check_item(item, catalog)?;
        }
        Ok(())
    }

    fn check_item(&self, item: &NormItem, catalog: &Catalog) -> Result<(), NormError> {
        let fail =
            |field: &str, zh: String, en: String| Err(at_item(item, field, Title::new(zh, en)));
        if item.title.zh.trim().is_empty() || item.title.en.trim().is_empty() {
            return fail(
                "title",
                "请写中英文两种名称".into(),
                "write it in both languages".into(),
            );
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
            let (given, known) = (&item.layer, known.join(", "));
            return fail(
                "layer",
                format!("没有设施图层“{given}”；可用的有：{known}"),
                format!("there is no facility layer `{given}`; it is one of: {known}"),
            );
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
                return fail(
                    &field,
                    format!("不是图层 {} 的分类字段；可用的有：{known}", layer.id),
                    format!("no category of {}; it is one of: {known}", layer.id),
                );
            };
            if codes.is_empty() {
                return fail(
                    &field,
                    "没有列出代码；请列出至少一个，或删去此项".into(),
                    "lists no code; list one or leave it out".into(),
                );
            }
            let known: Vec<&str> = category.values.iter().map(|v| v.code.as_str()).collect();
            if let Some(code) = codes.iter().find(|code| !known.contains(&code.as_str())) {
                let known = known.join(", ");
                return fail(
                    &field,
                    format!("没有代码“{code}”；已有的代码：{known}"),
                    format!("unknown code `{code}`; known are: {known}"),
                );
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
                let (layer, known) = (&layer.id, known.join(", "));
                return fail(
                    "capacity",
                    format!(
                        "“{capacity}”不是图层 {layer} 的数值字段；可用的有：{known}；按设施个数计则删去 \
                         capacity"
                    ),
                    format!(
                        "`{capacity}` is no number of {layer}; it is one of: {known}, or leave \
                         capacity out to count facilities"
                    ),
                );
            }
        }
        let unit_of = |id| Some(layer.attribute(id)?.unit.as_str());
        let mut units = item.capacity.iter().filter_map(|c| unit_of(c.as_str()));
        if let Some(first) = units.next()
            && let Some(other) = units.find(|unit| *unit != first)
        {
            return fail(
                "capacity",
                format!("单位“{first}”与“{other}”不能相加；请分成两个项目"),
                format!("`{first}` and `{other}` do not add up; make two items"),
            );
        }
        check_demand(item, catalog)?;
        if let Some(circle) = item.circle
            && !self.circles.iter().any(|known| known.minutes == circle)
        {
            let known: Vec<String> = self.circles.iter().map(|c| c.minutes.to_string()).collect();
            let known = known.join(", ");
            return fail(
                "circle",
                format!("本标准没有 {circle} 分钟生活圈（{known}）；请添加 [[circles]]"),
                format!("{circle} is no life circle of this set ({known}); add [[circles]]"),
            );
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
                return fail(
                    "provision",
                    "缺少 demand：谁有需求".into(),
                    "needs `demand`: who wants it".into(),
                );
            }
            (Some(provision), Some(_)) if per_facility(provision) != item.capacity.is_empty() => {
                let (zh, en) = match item.capacity.is_empty() {
                    true => (
                        "按设施个数计：单位为 persons_per_facility，或写明 capacity",
                        "facilities are counted: the unit is persons_per_facility, or name `capacity`",
                    ),
                    false => (
                        "persons_per_facility 按设施个数计：请删去 capacity",
                        "persons_per_facility counts facilities: leave `capacity` out",
                    ),
                };
                return fail("provision.unit", zh.into(), en.into());
            }
            _ => {}
        }
        let tests_nothing =
            item.provision.is_none() && item.service_radius.is_none() && item.walk.is_none();
        if tests_nothing {
            return fail(
                "",
                "没有任何要求：请写 service_radius、walk 或 provision".into(),
                "asks nothing: give service_radius, walk or provision".into(),
            );
        }
        check_bands(Some(item), &item.bands)
    }
}

fn check_demand(item: &NormItem, catalog: &Catalog) -> Result<(), NormError> {
    let Some(demand) = &item.demand else {
        return Ok(());
    };
    let fail = |field: &str, zh: String, en: String| Err(at_item(item, field, Title::new(zh, en)));
    match (demand.role, demand.attributes.is_empty()) {
        (Some(Role::Population), true) | (None, false) => {}
        _ => {
            return fail(
                "demand",
                r#"请写 { role = "population" } 或 { attributes = ["age_6_11"] }"#.into(),
                r#"write { role = "population" } or { attributes = ["age_6_11"] }"#.into(),
            );
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
                format!("“{attribute}”重复；写一次即可"),
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
            let known = known.join(", ");
            return fail(
                &field,
                format!("“{attribute}”不是居住图层的计数字段；可用的有：{known}"),
                format!("`{attribute}` is no count of the residences; it is one of: {known}"),
            );
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
        let fail = |zh: &str, en: &str| NormError {
            item: item.map(|item| item.id.to_string()),
            field: field.clone(),
            problem: Title::new(zh, en),
        };
        if !ids.insert(&band.id) {
            return Err(fail(
                "编号重复；请给每一档单独的编号",
                "its id stands twice; give each band its own",
            ));
        }
        if let Some(from) = band.from.value {
            if from >= last {
                return Err(fail(
                    "最好的一档写在最前：from 逐档降低",
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

fn at_item(item: &NormItem, field: &str, problem: Title) -> NormError {
    NormError {
        item: Some(item.id.to_string()),
        field: field.to_owned(),
        problem,
    }
}

/// Text that is no norm set at all; the reader names the line.
fn unreadable(problem: String) -> NormError {
    NormError {
        item: None,
        field: String::new(),
        problem: Title::new(format!("无法读作标准文件：{problem}"), problem),
    }
}
