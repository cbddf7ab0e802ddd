use serde_json::json;

use super::Found;
use crate::{
    domain::{TermFormat, Title},
    export::ResultColumn,
    query::{self, ClassSummary, DistrictSummary, Row},
    reports::{
        document::LineKind,
        figure::{Classes, Map, MapLines},
        kinds::Draft,
    },
};

impl Found {
    /// Classes by number, on a map and by district.
    pub(super) fn classes(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft.text.heading(1, words.say("分类结果", "The classes"));
        let title = words.tell(
            || format!("{}各类{}与人口", draft.place(), self.level_title),
            || {
                format!(
                    "{} and people by class, {}",
                    self.level_title,
                    draft.place()
                )
            },
        );
        let keys = [
            "class",
            "areas_count",
            "present_residents",
            "residents_share",
            "planned_residents",
            "planned_capacity",
            "area_km2",
        ];
        let mut table = draft.new_table("classes", title, &keys);
        for class in &self.zoning.classes {
            table.push(LineKind::Body, &class_row(draft, class));
        }
        let totals = &self.zoning.answer.totals;
        let mut total = Row::new();
        total.insert("areas_count".into(), json!(totals.areas));
        total.insert("present_residents".into(), json!(totals.residents));
        total.insert("planned_residents".into(), json!(totals.planned_residents));
        total.insert("planned_capacity".into(), json!(totals.planned_capacity));
        let classes = &self.zoning.classes;
        let area_km2: f64 = classes.iter().map(|class| class.area_km2).sum();
        total.insert("area_km2".into(), json!(area_km2));
        // The classes, 未分类 among them, hold everybody.
        let is_shared = classes.iter().any(|class| class.residents_share.is_some());
        total.insert("residents_share".into(), json!(is_shared.then_some(1.0)));
        table.push_named(LineKind::Total, words.say("合计", "Total"), &total);
        table.drop_empty(|_| no_plan(draft));
        table.notes.push(words.say(
            "一类中任一单元没有规划人口或承载规模时，该类之和无定义（—）。",
            "Where any area of a class has no planned residents or capacity, their sum is undefined (—).",
        ).to_owned());
        let number = draft.table(table);
        self.map(draft, &number);
        self.districts(draft);
    }

    fn map(&self, draft: &mut Draft<'_>, table: &str) {
        let words = draft.words();
        let rules = &self.zoning.rules;
        let named: Vec<(String, String)> = rules
            .classes
            .iter()
            .enumerate()
            .map(|(at, class)| {
                let title = words.title(&class.title);
                (format!("{} {title}", at + 1), class.colour.clone())
            })
            .collect();
        let period = draft.question.period.as_ref();
        let areas = self.zoning.answer.rows.iter().filter_map(|row| {
            let area = draft.city.areas().find_at(&row.level, &row.code, period)?;
            let class = row.class.as_deref().and_then(|id| rules.class(id));
            let number = class.map(|(at, _)| at as f64);
            Some(draft.map_area(area, number, |number| format!("{}", number + 1.0)))
        });
        let areas = areas.collect();
        let larger = self.zoning.districts.iter().filter_map(|district| {
            let area = draft
                .city
                .areas()
                .find(draft.city, &district.code, period)?;
            Some(query::outline(draft.city, area, period))
        });
        let map = Map {
            language: draft.language(),
            areas,
            borders: larger.collect(),
            classes: Classes::named(&named, draft.language()),
            legend_title: words.say("布局分类", "Layout class").to_owned(),
            surface: None,
            marks: Vec::new(),
            imprint: draft.imprint(&self.zoning.answer.provenance.inputs),
            lines: MapLines::default(),
            window: None,
        };
        let title = words.tell(
            || format!("{}人口布局分类指引", draft.place()),
            || format!("Population layout classes, {}", draft.place()),
        );
        draft.map(title, &map, table);
    }

    /// How many areas of each class every district has.
    fn districts(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        if self.zoning.districts.len() < 2 {
            return;
        }
        draft.text.heading(2, words.say("各区分类", "By district"));
        let title = words.tell(
            || format!("{}各区{}分类数与承载", draft.place(), self.level_title),
            || {
                format!(
                    "{} of each class and capacity by district, {}",
                    self.level_title,
                    draft.place()
                )
            },
        );
        let keys = [
            "name",
            "areas_count",
            "present_residents",
            "planned_residents",
            "planned_capacity",
            "capacity_ratio",
        ];
        let mut table = draft.new_table("districts", title, &keys);
        let columns = self.zoning.classes.iter().map(class_column);
        table.columns.splice(2..2, columns);
        for district in &self.zoning.districts {
            table.push(LineKind::Body, &self.district_row(draft, district));
        }
        let totals = &self.zoning.answer.totals;
        let mut total = query::to_row(totals).unwrap_or_default();
        total.insert("areas_count".into(), json!(totals.areas));
        total.insert("present_residents".into(), json!(totals.residents));
        for class in &self.zoning.classes {
            total.insert(class_key(class), json!(class.areas));
        }
        table.push_named(LineKind::Total, words.say("合计", "Total"), &total);
        table.drop_empty(|_| no_plan(draft));
        draft.table(table);
    }

    pub(super) fn district_row(&self, draft: &Draft<'_>, district: &DistrictSummary) -> Row {
        let mut row = query::to_row(district).unwrap_or_default();
        let name = draft
            .words()
            .name(&district.name, district.name_en.as_deref());
        row.insert("name".into(), json!(name));
        row.insert("areas_count".into(), json!(district.areas));
        row.insert("present_residents".into(), json!(district.residents));
        for class in &self.zoning.classes {
            let own = district.classes.iter().find(|own| own.class == class.class);
            row.insert(class_key(class), json!(own.map_or(0, |own| own.areas)));
        }
        row
    }
}

fn class_row(draft: &Draft<'_>, class: &ClassSummary) -> Row {
    let mut row = query::to_row(class).unwrap_or_default();
    row.insert(
        "class".into(),
        json!(draft.words().title(&class.class_title)),
    );
    row.insert("areas_count".into(), json!(class.areas));
    row.insert("present_residents".into(), json!(class.residents));
    row
}

fn class_key(class: &ClassSummary) -> String {
    format!("class.{}", class.class.as_deref().unwrap_or("none"))
}

/// A column that counts the areas of a class.
fn class_column(class: &ClassSummary) -> ResultColumn {
    ResultColumn {
        key: class_key(class),
        title: class.class_title.clone(),
        unit: Title::default(),
        format: TermFormat::Integer,
        decimals: 0,
    }
}

/// Why nothing is known of plan and capacity.
pub(super) fn no_plan(draft: &Draft<'_>) -> String {
    let text = draft.words().say(
        "没有规划指标或承载规模：需导入 targets，或在规划单元图层填写承载规模",
        "no plan figures or capacities: import targets, or fill in the capacity of the planning units",
    );
    text.to_owned()
}
