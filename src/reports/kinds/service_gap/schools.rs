use serde_json::json;

use super::found::Found;
use crate::{
    domain::Value,
    query::{self, Row},
    reports::{
        document::LineKind,
        kinds::{Draft, why::why},
    },
};

/// Schools that are listed on paper, those with the largest shortfall first.
const MOST_SCHOOLS: usize = 40;

impl Found<'_> {
    /// School places now and in the coming years.
    pub fn school_places(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let Some(found) = self
            .schools
            .as_ref()
            .filter(|found| !found.totals.is_empty())
        else {
            return;
        };
        draft.text.heading(
            1,
            words.say(
                "学位供需与今后几年",
                "School places now and in the coming years",
            ),
        );
        let whole = query::school_places_table(draft.city, found, draft.language());
        let row = |values: &Vec<Value>| -> Row {
            let cells = whole.columns.iter().zip(values);
            let cells = cells.map(|(column, value)| (column.key.clone(), json!(value)));
            cells.collect()
        };
        let ahead: Vec<String> = whole
            .columns
            .iter()
            .filter(|column| column.key.starts_with("shortfall_in_"))
            .map(|column| column.key.clone())
            .collect();
        let is_expected = |key: &String| {
            let at = whole.columns.iter().position(|column| column.key == *key);
            at.is_some_and(|at| whole.totals.iter().any(|row| !row[at].is_missing()))
        };
        if ahead.iter().any(is_expected) {
            draft.text.paragraph(words.say(
                "预计值把现有儿童逐岁推移，不计迁移、死亡与新建学校，学位不变；含尚未出生者时不作预计。",
                "The years ahead move the children of now up by their years, without migration, deaths and new schools; where some of them are not born yet nothing is expected.",
            ).to_owned());
        }
        if found
            .totals
            .iter()
            .any(|stage| stage.by_single_years == Some(false))
        {
            draft.text.paragraph(words.say(
                "居住数据没有逐岁人口，推移时把各年龄组的人数平均分摊到组内各岁，预计值因此是近似的。",
                "The homes do not count children by single years: each age group is spread evenly over its years, so that the years ahead are approximate.",
            ).to_owned());
        }
        let mut keys = vec![
            "service",
            "facilities",
            "capacity",
            "children_nearest",
            "children_beyond",
            "required",
            "shortfall",
            "surplus",
        ];
        keys.extend(ahead.iter().map(String::as_str));
        let title = words.tell(
            || format!("{}各学段学位供需", draft.place()),
            || format!("School places by stage, {}", draft.place()),
        );
        let mut table = draft.choose_table("school_stages", title, &keys, &whole);
        for (values, stage) in whole.totals.iter().zip(&found.totals) {
            let mut row = row(values);
            row.insert("facilities".into(), json!(stage.facilities));
            table.push(LineKind::Body, &row);
        }
        table.drop_empty(|key| why(key, words));
        table.notes.push(words.say(
            "就近适龄人口按最近学校归属，学校在本范围内的计入，因此与按居住地统计的需求人口不同。",
            "Children count for the school nearest to them, where that lies inside: not the same as the children who live inside.",
        ).to_owned());
        let unset = found.totals.iter().filter(|stage| {
            stage.required.is_none() && stage.capacity.is_some() && stage.children_nearest.is_some()
        });
        let unset: Vec<String> = unset
            .map(|stage| self.title_of(draft, &stage.service))
            .collect();
        if !unset.is_empty() {
            let unset = words.list(&unset);
            table.notes.push(words.tell(
                || format!("{unset}：入学率由本市设定，设定之前没有需求与缺口。"),
                || format!("{unset}: the enrolment rate is for the city to set; until then nothing is required or short."),
            ));
        }
        let why = self.why_schools_differ(draft);
        table.notes.push(why);
        draft.table(table);
        self.schools_table(draft, &whole, &row, &ahead);
    }

    fn schools_table(
        &self,
        draft: &mut Draft<'_>,
        whole: &crate::export::ResultTable,
        row: &dyn Fn(&Vec<Value>) -> Row,
        ahead: &[String],
    ) {
        let words = draft.words();
        let mut keys = vec![
            "school",
            "school_kind",
            "service",
            "classes",
            "capacity",
            "children_within",
            "children_nearest",
            "shortfall",
        ];
        keys.extend(ahead.iter().map(String::as_str));
        keys.push("reason");
        let mut rows: Vec<Row> = whole.rows.iter().map(row).collect();
        let is_known = |key: &&str| {
            rows.iter()
                .any(|row| row.get(*key).is_some_and(|v| !v.is_null()))
        };
        if !["capacity", "children_within"].iter().any(is_known) {
            draft.text.paragraph(
                words
                    .say(
                        "各校的学位与适龄儿童均无数据，不列各校。",
                        "Neither places nor children are known of any school: schools are not listed.",
                    )
                    .to_owned(),
            );
            return;
        }
        let title = words.tell(
            || format!("{}各校学位供需", draft.place()),
            || format!("School places by school, {}", draft.place()),
        );
        let mut table = draft.choose_table("schools", title, &keys, whole);
        let short = |row: &Row| row.get("shortfall").and_then(|value| value.as_i64());
        rows.sort_by_key(|row| std::cmp::Reverse(short(row)));
        let count = rows.len();
        for row in rows.iter().take(MOST_SCHOOLS) {
            table.push(LineKind::Body, row);
        }
        if count > MOST_SCHOOLS {
            table.notes.push(words.tell(
                || format!("共 {count} 行，列学位缺口最大的 {MOST_SCHOOLS} 行。"),
                || format!("The {MOST_SCHOOLS} rows with the largest shortfall, of {count}."),
            ));
        }
        let is_straight = self.mode == query::Mode::Straight;
        let set = &self.gaps.norms.set;
        let stages = self.schools.iter().flat_map(|found| &found.totals);
        let reaches = stages.filter_map(|stage| {
            let item = set.item(&stage.service)?;
            let reach = self.reach(draft, item, is_straight)?;
            let name = words.title(&item.title);
            Some(words.tell(|| format!("{name} {reach}"), || format!("{name}: {reach}")))
        });
        let reaches: Vec<String> = reaches.collect();
        if !reaches.is_empty() {
            let list = reaches.join(words.say("；", "; "));
            table.notes.push(words.tell(
                || format!("适龄人口的范围：{list}。"),
                || format!("Children are counted within: {list}."),
            ));
        }
        table.drop_empty(|key| why(key, words));
        table.reasons_below();
        draft.table(table);
    }
}
