use super::{JobHousing, Level};
use crate::{
    city::{Area, City},
    domain::{AreaCode, Period},
    query::{Answer, BalanceRow, CommuteRow, Standing, areas_within, commute_of},
    reports::{document::Words, kinds::levels::MOST_ROWS},
};

/// What of a level lies inside the area of the report.
pub(super) struct Part<'a> {
    pub(super) level: &'a Level,
    pub(super) areas: Vec<&'a Area>,
    /// Their places in the rows of the level.
    pub(super) rows: Vec<usize>,
    pub(super) balance: Vec<BalanceRow>,
    pub(super) names: Vec<String>,
    pub(super) standing: Standing,
}

impl<'a> Part<'a> {
    pub(super) fn of(
        city: &'a City,
        level: &'a Level,
        all: &JobHousing,
        code: Option<&AreaCode>,
        period: Option<&Period>,
        words: Words,
    ) -> Option<Self> {
        let areas = areas_within(city, level.id.as_str(), code, period).ok()?;
        if areas.is_empty() {
            return None;
        }
        let rows = &level.balance.rows;
        let place = |area: &&Area| rows.iter().position(|row| row.code == area.code.as_str());
        let places: Vec<usize> = areas.iter().filter_map(place).collect();
        let balance: Vec<BalanceRow> = places.iter().map(|at| rows[*at].clone()).collect();
        let names = balance
            .iter()
            .map(|row| words.name(&row.name, row.name_en.as_deref()));
        Some(Part {
            level,
            areas,
            names: names.collect(),
            standing: Standing::of(&balance, &all.band),
            rows: places,
            balance,
        })
    }

    /// The commuters of its areas together, between the areas of the level; of the whole city with what
    /// only that has.
    pub(super) fn commuters(
        &self,
        answer: &Answer<CommuteRow>,
        code: Option<&AreaCode>,
    ) -> CommuteRow {
        match code {
            None => answer.totals.clone(),
            Some(_) => commute_of(self.rows.iter().map(|at| &answer.rows[*at])),
        }
    }

    pub(super) fn is_listed(&self) -> bool {
        self.rows.len() <= MOST_ROWS
    }
}
