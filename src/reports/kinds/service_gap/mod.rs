mod coverage;
mod findings;
mod flat;
mod found;
mod people;
mod schools;
mod sentences;
mod since;
mod sites;
mod supply;
#[cfg(test)]
mod tests;
mod uncovered;
mod unlisted;

use super::{Draft, levels::filled_levels};
use crate::{
    city::City,
    domain::{AreaCode, LevelId, Title},
    query::{Limits, QueryError, areas_within, find_area},
    reports::Question,
};
use found::Found;

/// Supply and demand of public services (公共服务设施供需): what areas have beside what their people
/// need, whom nobody serves, and what closes the gap.
pub struct ServiceGap {
    question: Question,
    /// The levels that have areas, larger ones first.
    levels: Vec<(LevelId, Title)>,
}

/// A table of more areas than these takes several pages: a larger level is taken where it can be.
const MOST_AREAS: usize = 40;

impl ServiceGap {
    pub fn gather(city: &City, question: &Question) -> Self {
        ServiceGap {
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
        let code = draft.area.map(|area| area.code.clone());
        let Some(level) = self.level(draft.city, code.as_ref())? else {
            let text = words.say(
                "没有可列的单元：需导入区划边界。",
                "There are no areas to list: import boundaries.",
            );
            draft.text.finding(text.to_owned());
            draft.text.heading(1, words.say("供需总表", "All services"));
            draft.text.paragraph(text.to_owned());
            return Ok(draft);
        };
        let found = Found::of(&draft, &self.question, level, limits)?;
        found.findings(&mut draft);
        found.cite(&mut draft);
        found.people(&mut draft);
        found.residents_since(&mut draft, &self.question, limits)?;
        found.all_services(&mut draft);
        found.each_service(&mut draft);
        found.life_circles(&mut draft);
        found.each_uncovered(&mut draft)?;
        found.school_places(&mut draft);
        found.unknown_capacity(&mut draft);
        Ok(draft)
    }

    /// The level of the rows: the one asked for, else the smallest inside that fits on paper.
    fn level(&self, city: &City, code: Option<&AreaCode>) -> Result<Option<String>, QueryError> {
        let choices = &self.question.choices;
        if let Some(by) = &choices.by {
            return Ok(Some(by.clone()));
        }
        let period = self.question.period.as_ref();
        let mut fitting = None;
        for (level, _) in &self.levels {
            let inside = areas_within(city, level.as_str(), code, period)?;
            if (1..=MOST_AREAS).contains(&inside.len()) {
                fitting = Some(level.to_string());
            }
        }
        // An area that holds no smaller ones is its own row.
        let own = match code {
            Some(code) => find_area(city, code.as_str(), period)?.level.to_string(),
            None => return Ok(fitting.or(self.levels.first().map(|(level, _)| level.to_string()))),
        };
        Ok(fitting.or(Some(own)))
    }
}
