mod by_area;
mod coverage;
mod findings;
mod stations;

use serde_json::json;

use super::{
    Draft,
    levels::{MOST_ROWS, filled_levels},
    why::why,
};
use crate::{
    city::City,
    domain::{AreaCode, LevelId, Title},
    query::{
        self, Answer, Limits, Mode, Numbers, QueryError, StationAreaRow, StationAreasQuery,
        StationCoverageQuery, StationCoverageRow,
    },
    reports::{
        Question,
        document::{Table, Words},
    },
};

/// Who lives and works around stations (站点影响区人口岗位): by network, circle beside street, and
/// station by station.
pub struct StationCatchment {
    /// By level, larger areas first.
    levels: Vec<(LevelId, Title, Coverage)>,
    city: Option<Coverage>,
    mode: Mode,
    question: Question,
    /// Why there is nothing to say about stations.
    missing: Option<Title>,
}

type Coverage = Answer<StationCoverageRow, Vec<StationCoverageRow>>;

/// Metres of the bands (domain practice: 300–500 core, 500–800 influence).
const INFLUENCE_M: f64 = 800.0;

impl StationCatchment {
    /// # Errors
    /// What the questions refuse.
    pub fn gather(city: &City, question: &Question, limits: &Limits) -> Result<Self, QueryError> {
        let mode = match city.streets("walk") {
            Some(_) => Mode::Walk,
            None => Mode::Straight,
        };
        let period = question.period.as_ref();
        let mut gathered = StationCatchment {
            levels: Vec::new(),
            city: None,
            mode,
            question: question.clone(),
            missing: None,
        };
        if city.layer("stations", period).is_none() {
            gathered.missing = Some(Title {
                zh: "没有站点数据：需导入站点图层 stations".into(),
                en: "no stations: import the layer stations".into(),
            });
            return Ok(gathered);
        }
        let mut filled = filled_levels(city, period);
        filled.retain(|(level, _)| city.areas().at(level.as_str(), period).len() <= MOST_ROWS);
        let ask = |level: &str| {
            let coverage = StationCoverageQuery {
                level: level.to_owned(),
                cutoffs: Numbers(vec![300.0, 500.0, 600.0, INFLUENCE_M]),
                layer: "stations".parse().expect("a name of a layer"),
                line: None,
                period: question.period.clone(),
                caliber: question.caliber.clone(),
            };
            query::station_coverage(city, &coverage, &limits.part())
        };
        limits.step("计算线网站点覆盖率", "coverage by stations");
        for (number, (id, title)) in filled.iter().enumerate() {
            limits.check()?;
            limits.progress(number as u64, 2 * filled.len() as u64 + 1);
            gathered
                .levels
                .push((id.clone(), title.clone(), ask(id.as_str())?));
        }
        gathered.city = match gathered.levels.first() {
            Some((_, _, coverage)) => Some(coverage.clone()),
            None => Some(ask("city")?),
        };
        Ok(gathered)
    }

    fn station_areas(
        &self,
        draft: &Draft<'_>,
        mode: Mode,
        limits: &Limits,
    ) -> Result<Answer<StationAreaRow>, QueryError> {
        let asked = json!({
            "mode": mode,
            "level": self.levels.first().map_or("district", |(id, _, _)| id.as_str()),
            "core": 500.0,
            "influence": INFLUENCE_M,
            "area": draft.area.map(|area| area.code.to_string()),
            "period": self.question.period,
            "caliber": self.question.caliber,
        });
        let asked: StationAreasQuery =
            serde_json::from_value(asked).map_err(|e| QueryError::Field {
                field: "area",
                problem: e.to_string(),
            })?;
        query::station_areas(draft.city, &asked, &limits.part())
    }

    /// # Errors
    /// Where nobody waits any longer.
    pub fn write<'c>(
        &self,
        mut draft: Draft<'c>,
        limits: &Limits,
    ) -> Result<Draft<'c>, QueryError> {
        let words = draft.words();
        if let Some(missing) = &self.missing {
            let text = words.tell(
                || format!("{}无法评价轨道站点覆盖：{}。", draft.subject(), missing.zh),
                || {
                    format!(
                        "{}: coverage by stations cannot be told: {}.",
                        draft.subject(),
                        missing.en
                    )
                },
            );
            draft.text.finding(text.clone());
            draft
                .text
                .heading(1, words.say("站点覆盖", "Coverage by stations"));
            draft.text.paragraph(text);
            return Ok(draft);
        }
        limits.step("计算各站点影响区", "station by station");
        let areas = self.station_areas(&draft, self.mode.clone(), limits)?;
        let code = draft.area.map(|area| area.code.clone());
        let own = self.own(code.as_ref());
        self.findings(&mut draft, &own, &areas);
        if let Some(coverage) = &self.city {
            draft.cite(
                words.say("站点人口岗位覆盖率", "Coverage by stations"),
                coverage,
            );
        }
        draft.cite(words.say("站点影响区", "Station areas"), &areas);
        self.coverage(&mut draft, &own);
        self.by_area(&mut draft, &own, &areas);
        self.stations(&mut draft, &areas);
        Ok(draft)
    }

    /// The rows of the area itself, or of the city, one for each cutoff.
    fn own(&self, code: Option<&AreaCode>) -> Vec<StationCoverageRow> {
        match code {
            None => self
                .city
                .iter()
                .flat_map(|coverage| coverage.totals.clone())
                .collect(),
            Some(code) => {
                let rows = self
                    .levels
                    .iter()
                    .flat_map(|(_, _, coverage)| &coverage.rows);
                rows.filter(|row| row.code == code.as_str())
                    .cloned()
                    .collect()
            }
        }
    }

    fn note_missing(&self, table: &mut Table, city: &City, words: Words) {
        let has_streets = city.streets("walk").is_some();
        table.drop_empty(|key| match key.starts_with("walk_") && !has_streets {
            true => words
                .say("未载入路网：需导入 streets", "no streets: import streets")
                .to_owned(),
            false => why(key, words),
        });
    }
}
