mod classes;
mod conflicts;
mod findings;
mod firmness;
mod plan;
mod rules;
mod streets;

use super::{
    Draft,
    levels::{MOST_ROWS, filled_levels},
    missing,
};
use crate::{
    city::City,
    domain::{LevelId, Title},
    query::{self, Answer, Limits, PlanQuery, PlanRow, QueryError, Row, RulesChoice, ZoningQuery},
    reports::Question,
};

/// Population layout classes (人口布局分类): the class of every area with its reasons, how firmly it
/// stands, and where plan, capacity and class do not fit.
pub struct Zoning {
    question: Question,
    /// The levels that have areas, larger ones first.
    levels: Vec<(LevelId, Title)>,
}

/// The answers that the report of an area is made from.
struct Found {
    zoning: query::Zoning,
    /// The rows with everything in words.
    flat: Answer<Row, Row>,
    plan: Answer<PlanRow, Row>,
    /// What an area of the rows is called.
    level_title: String,
}

/// The level that classes are usually of.
const USUAL_LEVEL: &str = "subdistrict";

impl Zoning {
    pub fn gather(city: &City, question: &Question) -> Self {
        Zoning {
            question: question.clone(),
            levels: filled_levels(city, question.period.as_ref()),
        }
    }

    /// # Errors
    /// What the questions refuse, or nobody waits any longer.
    pub fn write<'c>(
        &self,
        mut draft: Draft<'c>,
        limits: &Limits,
    ) -> Result<Draft<'c>, QueryError> {
        let words = draft.words();
        let choices = &self.question.choices;
        let asked = ZoningQuery {
            level: self.level(draft.city),
            rules: choices.rules.clone().map(RulesChoice::Id),
            thresholds: choices.thresholds.clone(),
            area: draft.area.map(|area| area.code.to_string()),
            period: self.question.period.clone(),
            caliber: self.question.caliber.clone(),
            ..ZoningQuery::default()
        };
        limits.step("判定布局分类", "layout classes");
        let zoning = query::zoning(draft.city, &asked, &limits.part());
        let zoning = match missing::or_why(zoning, words)? {
            Ok(zoning) if !zoning.answer.rows.is_empty() => zoning,
            Ok(_) => {
                let why = words.say(
                    "没有可分类的单元：需导入区划边界",
                    "there are no areas to classify: import boundaries",
                );
                return Ok(without(draft, why));
            }
            Err(why) => return Ok(without(draft, &why)),
        };
        let asked_plan = PlanQuery {
            area: asked.area.clone(),
            period: asked.period.clone(),
            ..PlanQuery::default()
        };
        let plan = query::plan(draft.city, &asked_plan, &limits.part())?;
        let title = draft.city.catalog().area_layer(&asked.level);
        let title = title.map(|layer| layer.title.clone()).unwrap_or_default();
        let found = Found {
            flat: query::flat_zoning(&zoning, draft.language()),
            level_title: words.title(&title),
            zoning,
            plan,
        };
        if found.zoning.rules.placeholder {
            let mark = words.say("阈值为占位值", "placeholder thresholds");
            draft.text.mark(mark.to_owned());
        }
        found.findings(&mut draft);
        draft.cite(
            words.say("人口布局分类", "Population layout classes"),
            &found.zoning.answer,
        );
        found.rules(&mut draft);
        found.classes(&mut draft);
        found.streets(&mut draft);
        found.firmness(&mut draft);
        found.overrides(&mut draft);
        found.conflicts(&mut draft);
        found.plan(&mut draft);
        Ok(draft)
    }

    /// The level of the rows: the one asked for, else streets, else the smallest that fits on paper.
    fn level(&self, city: &City) -> String {
        if let Some(by) = &self.question.choices.by {
            return by.clone();
        }
        let period = self.question.period.as_ref();
        let count = |level: &LevelId| city.areas().at(level.as_str(), period).len();
        let mut known = self.levels.iter().map(|(level, _)| level);
        let usual = known.clone().find(|level| **level == *USUAL_LEVEL);
        let fitting = || known.rfind(|level| count(level) <= MOST_ROWS);
        usual
            .or_else(fitting)
            .map_or_else(|| USUAL_LEVEL.to_owned(), ToString::to_string)
    }
}

/// A report that can only say why there is nothing in it.
fn without<'c>(mut draft: Draft<'c>, why: &str) -> Draft<'c> {
    let words = draft.words();
    let text = words.tell(
        || format!("{}无法判定布局分类：{why}。", draft.subject()),
        || format!("{} cannot be classified: {why}.", draft.subject()),
    );
    draft.text.finding(text.clone());
    draft
        .text
        .heading(1, words.say("布局分类", "Layout classes"));
    draft.text.paragraph(text);
    draft
}
