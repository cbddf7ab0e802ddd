mod by_level;
mod commuting;
mod figures;
mod findings;
mod flows;
mod overview;
mod part;
mod scales;
#[cfg(test)]
mod tests;

use super::{
    Draft,
    levels::{MOST_ROWS, filled_levels},
};
use crate::{
    city::City,
    domain::{AreaCode, LevelId, Title},
    query::{
        self, Answer, Arrival, BalanceBand, BalanceQuery, BalanceReport, BalanceReportQuery,
        BalanceRow, BalanceScales, CalibersQuery, ClockTime, CommuteQuery, CommuteRow, Limits,
        Mode, QueryError, Row, Unit,
    },
    reports::Question,
};
use part::Part;
use scales::scale_by_scale;

/// Job-housing balance at several scales (职住平衡): by count, by floating catchment, by who
/// commutes.
pub struct JobHousing {
    band: BalanceBand,
    levels: Vec<Level>,
    scales: Scales,
    city: BalanceRow,
    /// The question of the whole city, where there are no areas at all.
    whole: Answer<BalanceRow>,
}

/// Balance at several scales: of the whole city, which any area is told from, or of the only area that
/// was asked about.
enum Scales {
    City(Box<BalanceScales>),
    Area(Box<BalanceReport>),
}

/// The answers of one area level.
struct Level {
    id: LevelId,
    title: Title,
    balance: Answer<BalanceRow>,
    /// The ratio of floating catchments, in the order of the rows.
    floating: Option<Answer<BalanceRow>>,
    commute: Option<Answer<CommuteRow>>,
    /// The same by how long it takes, by each way of travelling that the city knows.
    times: Vec<Answer<CommuteRow>>,
    calibers: Answer<Row>,
}

/// When people must be at work.
const AT_WORK: ClockTime = ClockTime(9 * 3600);

/// How long people commute: by car, and by timetable on its busiest day; where there is neither, on
/// foot.
fn times(
    city: &City,
    level: &str,
    question: &Question,
    limits: &Limits,
) -> Result<Vec<Answer<CommuteRow>>, QueryError> {
    let asked = |cost: Mode| CommuteQuery {
        level: level.to_owned(),
        cost,
        unit: Some(Unit::Minutes),
        period: question.period.clone(),
        caliber: question.caliber.clone(),
        ..CommuteQuery::default()
    };
    let has = |mode: &Mode| city.streets(&mode.to_string()).is_some();
    let mut ways: Vec<CommuteQuery> = Vec::new();
    ways.extend(has(&Mode::Car).then(|| asked(Mode::Car)));
    let busiest = city
        .transit()
        .and_then(|transit| transit.summary().busiest_date());
    ways.extend(busiest.map(|(date, _)| CommuteQuery {
        arrival: Some(Arrival {
            date: date.to_string(),
            by: AT_WORK,
        }),
        ..asked(Mode::Transit)
    }));
    if ways.is_empty() && has(&Mode::Walk) {
        ways.push(asked(Mode::Walk));
    }
    let mut found = Vec::new();
    for way in ways {
        match query::commute(city, &way, limits) {
            Ok(answer) => found.push(answer),
            // A way that this city cannot be travelled by is none of the report.
            Err(QueryError::Field { .. } | QueryError::NoVehicle { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

impl JobHousing {
    /// # Errors
    /// What the questions refuse.
    pub fn gather(city: &City, question: &Question, limits: &Limits) -> Result<Self, QueryError> {
        let band = BalanceBand::built_in();
        let period = question.period.clone();
        let asked = |level: &str| BalanceQuery {
            level: level.to_owned(),
            period: period.clone(),
            caliber: question.caliber.clone(),
            ..BalanceQuery::default()
        };
        let whole = query::balance(city, &asked("city"), limits)?;
        let filled = filled_levels(city, period.as_ref());
        let mut levels = Vec::new();
        for (number, (id, title)) in filled.iter().enumerate() {
            limits.check()?;
            limits.step("计算各级单元的职住平衡", "balance by area level");
            limits.progress(number as u64, 1 + 2 * filled.len() as u64);
            let part = limits.part();
            let balance = query::balance(city, &asked(id.as_str()), &part)?;
            let has_both = balance.totals.jobs_per_employed_resident.is_some();
            let is_listed = balance.rows.len() <= MOST_ROWS;
            let floating = match has_both && is_listed {
                true => Some(query::balance(
                    city,
                    &BalanceQuery {
                        catchment_m: Some(band.catchment_m),
                        ..asked(id.as_str())
                    },
                    &part,
                )?),
                false => None,
            };
            let commute = match balance.totals.contained.is_some() && is_listed {
                true => Some(query::commute(
                    city,
                    &CommuteQuery {
                        level: id.to_string(),
                        period: period.clone(),
                        caliber: question.caliber.clone(),
                        ..CommuteQuery::default()
                    },
                    &part,
                )?),
                false => None,
            };
            let times = match &commute {
                Some(_) => times(city, id.as_str(), question, &part)?,
                None => Vec::new(),
            };
            let calibers = CalibersQuery {
                level: id.to_string(),
                period: period.clone(),
            };
            levels.push(Level {
                id: id.clone(),
                title: title.clone(),
                balance,
                floating,
                commute,
                times,
                calibers: query::calibers(city, &calibers, &part)?,
            });
        }
        limits.step("计算各尺度的职住平衡", "balance by scale");
        let scales = BalanceReportQuery {
            area: question.area.clone(),
            period: period.clone(),
            ..BalanceReportQuery::default()
        };
        let part = limits.part();
        let scales = match &question.area {
            None => Scales::City(Box::new(BalanceScales::of(city, &scales, &part)?)),
            Some(_) => Scales::Area(Box::new(query::balance_report(city, &scales, &part)?)),
        };
        Ok(JobHousing {
            scales,
            band,
            levels,
            city: whole.totals.clone(),
            whole,
        })
    }

    /// # Errors
    /// Where nobody waits any longer.
    pub fn write<'c>(
        &self,
        mut draft: Draft<'c>,
        limits: &Limits,
    ) -> Result<Draft<'c>, QueryError> {
        limits.check()?;
        let words = draft.words();
        let code = draft.area.map(|area| area.code.clone());
        let period = draft.question.period.clone();
        let parts: Vec<Part<'_>> = self
            .levels
            .iter()
            .filter_map(|level| {
                Part::of(
                    draft.city,
                    level,
                    self,
                    code.as_ref(),
                    period.as_ref(),
                    words,
                )
            })
            .collect();
        let own = self.own(code.as_ref());
        draft.cite(
            words.say("职住比（按数量）", "Jobs per employed resident, by count"),
            &self.whole,
        );
        self.band_note(&mut draft);
        let code_text = code.as_ref().map(AreaCode::as_str);
        let told;
        let scales = match &self.scales {
            Scales::Area(report) => &**report,
            Scales::City(scales) => {
                told = scales.report(draft.city, code_text, limits)?;
                &told
            }
        };
        self.findings(&mut draft, &own, &parts, scales);
        self.overview(&mut draft, &own, code.as_ref(), &parts);
        self.by_level(&mut draft, &own, &parts, period.as_ref(), limits)?;
        self.commuting(&mut draft, code.as_ref(), &parts, limits)?;
        scale_by_scale(&mut draft, scales);
        Ok(draft)
    }

    /// The row of the area itself, or of the city.
    fn own(&self, code: Option<&AreaCode>) -> BalanceRow {
        let Some(code) = code else {
            return self.city.clone();
        };
        let rows = self.levels.iter().flat_map(|level| &level.balance.rows);
        let mut rows = rows.filter(|row| row.code == code.as_str());
        rows.next().cloned().unwrap_or_default()
    }

    fn band_note(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let band = &self.band;
        let note = match words.title(&band.note) {
            note if note.is_empty() => note,
            note => words.tell(|| format!("；{note}"), || format!(", {note}")),
        };
        let text = words.tell(
            || format!("{}–{}（含两端）；依据：{}{note}；可信度 {}。国家无统一阈值，可由本市另定。",
                band.from, band.to, band.source, band.confidence),
            || format!("{}–{}, both ends included; from {}{note}; confidence {}. There is no national threshold: the city may set its own.",
                band.from, band.to, band.source, band.confidence),
        );
        draft.method(words.title(&band.title), text);
    }
}
