use serde_json::json;

use super::{Draft, why::why};
use crate::{
    city::City,
    domain::{AreaCode, LevelId, Period},
    query::{
        self, Answer, BalanceBand, BalanceQuery, BalanceRow, CalibersQuery, CommuteQuery,
        CommuteRow, Input, Limits, QueryError, Row, Standing, areas_within, balance_rest, outline,
        to_row,
    },
    reports::{
        Question,
        document::{LineKind, Table, Words, fixed, jobs, people, percent, ratio},
        figure::{Bar, BarChart, Classes, Map, MapArea},
    },
};

/// Job-housing balance at several scales (职住平衡): by count, by floating catchment, by who
/// commutes.
pub struct JobHousing {
    band: BalanceBand,
    levels: Vec<Level>,
    city: BalanceRow,
    /// The question of the whole city, where there are no areas at all.
    whole: Answer<BalanceRow>,
}

/// The answers of one area level.
struct Level {
    id: LevelId,
    title: crate::domain::Title,
    balance: Answer<BalanceRow>,
    /// The ratio of floating catchments, in the order of the rows.
    floating: Option<Answer<BalanceRow>>,
    commute: Option<Answer<CommuteRow>>,
    calibers: Answer<Row>,
}

/// More areas than these are not listed on paper: the table of scales has them.
const MOST_ROWS: usize = 300;

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
        let filled: Vec<_> = city
            .catalog()
            .area_layers()
            .into_iter()
            .filter_map(|layer| Some((layer.area_level.clone()?, layer.title.clone())))
            .filter(|(level, _)| !city.areas().at(level.as_str(), period.as_ref()).is_empty())
            .collect();
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
                calibers: query::calibers(city, &calibers, &part)?,
            });
        }
        Ok(JobHousing {
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
        self.findings(&mut draft, &own, &parts);
        self.overview(&mut draft, &own, code.as_ref(), &parts);
        self.by_level(&mut draft, &own, &parts, period.as_ref(), limits)?;
        self.commuting(&mut draft, code.as_ref(), &parts);
        self.scales(&mut draft, &parts);
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

    fn own_commute(&self, code: Option<&AreaCode>, level: &Level) -> Option<CommuteRow> {
        match code {
            None => Some(level.commute.as_ref()?.totals.clone()),
            Some(code) => {
                let answers = self
                    .levels
                    .iter()
                    .filter_map(|level| level.commute.as_ref());
                let mut rows = answers.flat_map(|answer| &answer.rows);
                rows.find(|row| row.code == code.as_str()).cloned()
            }
        }
    }

    fn band_note(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let band = &self.band;
        let text = words.tell(
            || format!("{}–{}（含两端）；依据：{}；可信度 {}。国家无统一阈值，可由本市另定。",
                band.from, band.to, band.source, band.confidence),
            || format!("{}–{}, both ends included; from {}; confidence {}. There is no national threshold: the city may set its own.",
                band.from, band.to, band.source, band.confidence),
        );
        draft.method(words.title(&band.title), text);
    }

    fn findings(&self, draft: &mut Draft<'_>, own: &BalanceRow, parts: &[Part<'_>]) {
        let (words, subject) = (draft.words(), draft.subject());
        let (language, band) = (draft.language(), &self.band);
        let counted: Vec<String> = [
            own.usual_residents
                .map(|n| (words.say("常住人口", "residents"), people(n, language))),
            own.employed_residents.map(|n| {
                (
                    words.say("就业人口", "employed residents"),
                    people(n, language),
                )
            }),
            own.jobs
                .map(|n| (words.say("就业岗位", "jobs"), jobs(n, language))),
        ]
        .into_iter()
        .flatten()
        .map(|(name, count)| words.tell(|| format!("{name} {count}"), || format!("{count} {name}")))
        .collect();
        let list = words.list(&counted);
        match (own.jobs_per_employed_resident, counted.is_empty()) {
            (Some(value), _) => {
                let place = match value {
                    _ if value < band.from => words.say("低于平衡区间，居住功能为主", "below the band of balance: mainly homes"),
                    _ if value > band.to => words.say("高于平衡区间，就业功能为主", "above the band of balance: mainly jobs"),
                    _ => words.say("处于平衡区间", "within the band of balance"),
                };
                draft.text.finding(words.tell(
                    || format!("{subject}有{list}，职住比（岗位÷就业人口）为 {}，{place}（{}–{}）。", ratio(value), band.from, band.to),
                    || format!("{subject} has {list}: {} jobs per employed resident, {place} ({}–{}).", ratio(value), band.from, band.to),
                ));
            }
            (None, false) => {
                let reason = why("jobs_per_employed_resident", words);
                draft.text.finding(words.tell(
                    || format!("{subject}有{list}；职住比无法计算（{reason}）。"),
                    || format!("{subject} has {list}; jobs per employed resident cannot be computed ({reason})."),
                ));
            }
            (None, true) => draft.text.finding(words.say(
                "本市数据中没有人口、就业人口和就业岗位，职住平衡无法计算；以下各表只列单元，缺少的指标均注明原因。",
                "The data hold neither residents, employed residents nor jobs, so that the balance cannot be computed; the tables list the areas and say why each column is missing.",
            ).to_owned()),
        }
        if let Some(part) = parts.first() {
            self.finding_of_level(draft, part);
        }
        for part in parts {
            let named: Vec<String> = part
                .standing
                .by_count_only
                .iter()
                .map(|at| part.names[*at].clone())
                .collect();
            if named.is_empty() {
                continue;
            }
            let level = words.title(&part.level.title);
            let count = named.len();
            let list = words.list(&named[..count.min(8)]);
            draft.text.finding(words.tell(
                || format!("{count} 个{level}数量上平衡，但居住者自足性低于全部{level}的平均水平：{list}{}。数量平衡不等于就近就业。", if count > 8 { "等" } else { "" }),
                || format!("{count} of the {} balance by count although fewer of their workers work inside than in all of them together: {list}{}. Balance by count does not prove that people work nearby.", level.to_lowercase(), if count > 8 { " …" } else { "" }),
            ));
            break;
        }
    }

    fn finding_of_level(&self, draft: &mut Draft<'_>, part: &Part<'_>) {
        let (words, band) = (draft.words(), &self.band);
        let standing = &part.standing;
        let (Some((high, most)), Some((low, least))) = (standing.highest, standing.lowest) else {
            return;
        };
        let level = words.title(&part.level.title);
        let (high, low) = (&part.names[high], &part.names[low]);
        draft.text.finding(words.tell(
            || format!(
                "{} 个{level}中，{} 个职住比在 {}–{} 之间，{} 个低于 {}，{} 个高于 {}{}；最高为{high}（{}），最低为{low}（{}）。",
                standing.areas, standing.balanced, band.from, band.to, standing.more_workers, band.from, standing.more_jobs, band.to,
                if standing.undefined > 0 { format!("，{} 个无定义", standing.undefined) } else { String::new() },
                ratio(most), ratio(least),
            ),
            || format!(
                "Of {} {}, {} have {}–{} jobs per employed resident, {} fewer and {} more{}; the highest is {high} ({}), the lowest {low} ({}).",
                standing.areas, level.to_lowercase(), standing.balanced, band.from, band.to, standing.more_workers, standing.more_jobs,
                if standing.undefined > 0 { format!(", {} are undefined", standing.undefined) } else { String::new() },
                ratio(most), ratio(least),
            ),
        ));
    }

    /// Calibers side by side.
    fn overview(
        &self,
        draft: &mut Draft<'_>,
        own: &BalanceRow,
        code: Option<&AreaCode>,
        parts: &[Part<'_>],
    ) {
        let words = draft.words();
        draft.text.heading(1, words.say("总体情况", "Overview"));
        draft.text.paragraph(words.tell(
            || format!("本报告比较{}居住在当地的就业人口与工作地在当地的就业岗位。职住比为岗位除以就业人口；单元越大越容易平衡，因此在多个尺度上分别计算，并同时列出由通勤流得到的自足性。", draft.subject()),
            || format!("This report compares employed people who live in {} with the jobs whose place of work lies there. Larger areas balance more easily, so the ratio is computed at several scales and stands beside self-containment from commuting flows.", draft.place()),
        ));
        let Some(part) = parts.iter().find(|part| part.is_listed()) else {
            draft.text.paragraph(
                words
                    .say(
                        "没有可列的下级单元。",
                        "There are no smaller areas to list.",
                    )
                    .to_owned(),
            );
            return;
        };
        let answer = &part.level.calibers;
        let mut keys: Vec<&str> = vec!["name"];
        keys.extend(answer.totals.keys().map(String::as_str));
        let title = words.tell(
            || format!("{}人口口径对照", draft.place()),
            || format!("Population calibers in {}", draft.place()),
        );
        if keys.len() == 1 {
            let reason = why("usual_residents", words);
            draft.text.paragraph(words.tell(
                || format!("人口口径对照从略：{reason}。"),
                || format!("No table of population calibers: {reason}."),
            ));
            return;
        }
        draft.cite(words.say("人口口径对照", "Calibers side by side"), answer);
        let mut table = Table::new(
            "calibers",
            title,
            draft.city.catalog(),
            draft.language(),
            &keys,
        );
        let rows: Vec<&Row> = part.rows.iter().map(|at| &answer.rows[*at]).collect();
        for row in &rows {
            table.push(LineKind::Body, &named(row, words));
        }
        let whole = match code {
            None => Some(answer.totals.clone()),
            Some(code) => {
                let all = self.levels.iter().flat_map(|level| &level.calibers.rows);
                all.into_iter()
                    .find(|row| row.get("code") == Some(&json!(code)))
                    .cloned()
            }
        };
        if let Some(whole) = whole {
            if let Some(rest) = query::rest_of_counts(&whole, &rows) {
                table.push_named(
                    LineKind::Rest,
                    words.say("未落入上列单元", "In none of them"),
                    &rest,
                );
            }
            table.push_named(LineKind::Total, words.say("合计", "Total"), &whole);
        }
        table.drop_empty(|key| why(key, words));
        table.notes.push(words.say(
            "各口径统计对象不同，不可相加或互相比较增减。",
            "The calibers count different people: they are neither added nor compared over time.",
        ).to_owned());
        draft.table(table);
        if own.official.is_some() {
            draft.text.paragraph(words.tell(
                || {
                    format!(
                        "官方公布数 {}，与上表相差 {}。",
                        people(own.official.unwrap_or(0), words.0),
                        own.difference
                            .map_or("—".to_owned(), |d| people(d, words.0))
                    )
                },
                || {
                    format!(
                        "The published total is {}, the difference {}.",
                        people(own.official.unwrap_or(0), words.0),
                        own.difference
                            .map_or("—".to_owned(), |d| people(d, words.0))
                    )
                },
            ));
        }
    }

    fn by_level(
        &self,
        draft: &mut Draft<'_>,
        own: &BalanceRow,
        parts: &[Part<'_>],
        period: Option<&Period>,
        limits: &Limits,
    ) -> Result<(), QueryError> {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("职住平衡", "Job-housing balance"));
        if parts.is_empty() {
            draft.text.paragraph(
                words
                    .say("本范围没有下级单元。", "There are no smaller areas.")
                    .to_owned(),
            );
        }
        for part in parts {
            limits.check()?;
            let level = words.title(&part.level.title);
            draft.text.heading(
                2,
                &words.tell(
                    || format!("按{level}"),
                    || format!("By {}", level.to_lowercase()),
                ),
            );
            if !part.is_listed() {
                draft.text.paragraph(words.tell(
                    || format!("共 {} 个{level}，超过 {MOST_ROWS} 个，不逐一列出，见多尺度对照表；完整数据可用 Excel 导出。", part.rows.len()),
                    || format!("There are {} of them, more than {MOST_ROWS}: they are not listed, see the table of scales; the full data can be had as Excel.", part.rows.len()),
                ));
                continue;
            }
            draft.cite(
                words.say("职住比（按数量）", "Jobs per employed resident, by count"),
                &part.level.balance,
            );
            if let Some(floating) = &part.level.floating {
                draft.cite(
                    words.say("服务区职住比", "Ratio of floating catchments"),
                    floating,
                );
            }
            let number = self.balance_table(draft, own, part);
            if own.jobs_per_employed_resident.is_some() {
                self.figures(draft, part, period, &number);
            }
        }
        Ok(())
    }

    fn balance_table(&self, draft: &mut Draft<'_>, own: &BalanceRow, part: &Part<'_>) -> String {
        let words = draft.words();
        let keys = [
            "name",
            "usual_residents",
            "employed_residents",
            "jobs",
            "jobs_per_employed_resident",
            "catchment_jobs_per_employed_resident",
            "balance_index",
            "self_containment",
            "self_sufficiency",
            "reason",
        ];
        let level = words.title(&part.level.title);
        let title = words.tell(
            || format!("{}各{level}职住平衡（岗位÷就业人口）", draft.place()),
            || {
                format!(
                    "Jobs and employed residents by {}, {}",
                    level.to_lowercase(),
                    draft.place()
                )
            },
        );
        let id = format!("balance.{}", part.level.id);
        let mut table = Table::new(&id, title, draft.city.catalog(), draft.language(), &keys);
        for (at, row) in part.rows.iter().zip(&part.balance) {
            let mut cells = named(&to_row(row).unwrap_or_default(), words);
            let floating = part
                .level
                .floating
                .as_ref()
                .map(|answer| answer.rows[*at].jobs_per_employed_resident);
            cells.insert(
                "catchment_jobs_per_employed_resident".into(),
                json!(floating.flatten()),
            );
            table.push(LineKind::Body, &cells);
        }
        if let Some(rest) = balance_rest(own, &part.balance) {
            let mut cells = to_row(&rest).unwrap_or_default();
            cells.remove("reason");
            table.push_named(
                LineKind::Rest,
                words.say("未落入上列单元", "In none of them"),
                &cells,
            );
        }
        let code = (!own.code.is_empty()).then_some(own.code.as_str());
        // The containment of the whole city is that between the areas of the level.
        let total = if code.is_none() {
            &part.level.balance.totals
        } else {
            own
        };
        let mut cells = to_row(total).unwrap_or_default();
        cells.insert(
            "catchment_jobs_per_employed_resident".into(),
            json!(self.floating_of(code, part.level)),
        );
        table.push_named(LineKind::Total, words.say("合计", "Total"), &cells);
        table.drop_empty(|key| why(key, words));
        table.reasons_below();
        if part.level.floating.is_some() {
            let km = fixed(self.band.catchment_m / 1000.0, 0);
            table.notes.push(words.tell(
                || format!("服务区职住比：以各居住格网为中心、直线 {km} 公里内的岗位与就业人口之比，按就业人口加权；不受单元边界影响。"),
                || format!("Ratio of floating catchments: jobs and employed residents within {km} km in a straight line of each home, weighted by employed residents; boundaries do not matter."),
            ));
        }
        draft.table(table)
    }

    fn floating_of(&self, code: Option<&str>, level: &Level) -> Option<f64> {
        match code {
            None => level.floating.as_ref()?.totals.jobs_per_employed_resident,
            Some(code) => {
                let answers = self
                    .levels
                    .iter()
                    .filter_map(|level| level.floating.as_ref());
                let mut rows = answers.flat_map(|answer| &answer.rows);
                rows.find(|row| row.code == code)?
                    .jobs_per_employed_resident
            }
        }
    }

    fn figures(
        &self,
        draft: &mut Draft<'_>,
        part: &Part<'_>,
        period: Option<&Period>,
        table: &str,
    ) {
        let words = draft.words();
        let level = words.title(&part.level.title);
        let place = draft.place();
        let areas = part.areas.iter().zip(&part.balance).zip(&part.names);
        let areas = areas.map(|((area, row), name)| MapArea {
            shape: outline(draft.city, area, period),
            place: area.place,
            value: row.jobs_per_employed_resident,
            name: name.clone(),
            printed: row
                .jobs_per_employed_resident
                .map(ratio)
                .unwrap_or_default(),
        });
        let areas: Vec<MapArea> = areas.collect();
        let inputs: Vec<Input> = part.level.balance.provenance.inputs.clone();
        let map = Map {
            language: draft.language(),
            areas,
            borders: self.borders(draft, part, period),
            classes: Classes::around(&self.band.edges, ratio, draft.language()),
            legend_title: words.say("职住比", "Jobs per employed resident").to_owned(),
            surface: None,
            marks: Vec::new(),
            marks_title: String::new(),
            imprint: draft.imprint(&inputs),
        };
        let title = words.tell(
            || format!("{place}各{level}职住比"),
            || {
                format!(
                    "Jobs per employed resident by {}, {place}",
                    level.to_lowercase()
                )
            },
        );
        let alternative = words.tell(
            || format!("{title}，数值见{table}"),
            || format!("{title}; values in {table}"),
        );
        draft.text.figure(title, map.draw(), alternative);
        self.chart(draft, part, table);
    }

    fn chart(&self, draft: &mut Draft<'_>, part: &Part<'_>, table: &str) {
        let words = draft.words();
        let level = words.title(&part.level.title);
        let bars = part.balance.iter().zip(&part.names).map(|(row, name)| Bar {
            name: name.clone(),
            value: row.jobs_per_employed_resident,
            printed: row
                .jobs_per_employed_resident
                .map_or_else(|| "—".to_owned(), ratio),
        });
        let mut bars: Vec<Bar> = bars.collect();
        bars.sort_by(|a, b| {
            b.value
                .unwrap_or(f64::MIN)
                .total_cmp(&a.value.unwrap_or(f64::MIN))
        });
        let most = 40;
        let left_out = bars.len().saturating_sub(most);
        let chart = BarChart {
            bars,
            band: Some((
                self.band.from,
                self.band.to,
                words.tell(
                    || format!("平衡区间 {}–{}", self.band.from, self.band.to),
                    || format!("balanced {}–{}", self.band.from, self.band.to),
                ),
            )),
            most,
            axis: words
                .say("岗位÷就业人口", "jobs ÷ employed residents")
                .to_owned(),
            left_out: words.tell(
                || format!("……（其间 {left_out} 个从略）"),
                || format!("… ({left_out} between are not drawn)"),
            ),
        };
        let title = words.tell(
            || format!("{}各{level}职住比排序", draft.place()),
            || format!("The same in order, {}", draft.place()),
        );
        let alternative = words.tell(
            || format!("{title}，数值见{table}"),
            || format!("{title}; values in {table}"),
        );
        draft.text.figure(title, chart.draw(), alternative);
    }

    /// The outlines of the next larger level, over the smaller ones.
    fn borders(
        &self,
        draft: &Draft<'_>,
        part: &Part<'_>,
        period: Option<&Period>,
    ) -> Vec<geo::MultiPolygon<f64>> {
        let larger = self
            .levels
            .iter()
            .take_while(|level| level.id != part.level.id);
        let Some(larger) = larger.last() else {
            return Vec::new();
        };
        let code = draft.area.map(|area| area.code.clone());
        let inside =
            areas_within(draft.city, larger.id.as_str(), code.as_ref(), period).unwrap_or_default();
        let own = draft.area.into_iter();
        own.chain(inside)
            .map(|area| outline(draft.city, area, period))
            .collect()
    }

    fn commuting(&self, draft: &mut Draft<'_>, code: Option<&AreaCode>, parts: &[Part<'_>]) {
        let words = draft.words();
        draft.text.heading(
            1,
            words.say("通勤与自足性", "Commuting and self-containment"),
        );
        let with_flows = parts
            .iter()
            .filter(|part| part.is_listed() && part.level.commute.is_some());
        let mut is_any = false;
        for part in with_flows {
            let Some(answer) = &part.level.commute else {
                continue;
            };
            is_any = true;
            let level = words.title(&part.level.title);
            draft.cite(words.say("通勤", "Commuting"), answer);
            let keys = [
                "name",
                "commuters",
                "inside",
                "out_commuters",
                "in_commuters",
                "self_containment",
                "self_sufficiency",
                "mean_distance_km",
                "share_within_5_km",
                "mean_minutes",
                "share_within_45_min",
                "reason",
            ];
            let title = words.tell(
                || format!("{}各{level}通勤", draft.place()),
                || format!("Commuting by {}, {}", level.to_lowercase(), draft.place()),
            );
            let mut table = Table::new(
                &format!("commute.{}", part.level.id),
                title,
                draft.city.catalog(),
                draft.language(),
                &keys,
            );
            for at in &part.rows {
                let row = to_row(&answer.rows[*at]).unwrap_or_default();
                table.push(LineKind::Body, &named(&row, words));
            }
            let own = self.own_commute(code, part.level);
            let own = own.as_ref();
            if let Some(own) = own {
                let name = match code {
                    None => words.say("合计", "Total"),
                    Some(_) => words.say("全域（作为一个单元）", "The area as one"),
                };
                table.push_named(LineKind::Total, name, &to_row(own).unwrap_or_default());
            }
            table.drop_empty(|key| why(key, words));
            table.reasons_below();
            if code.is_some() {
                table.notes.push(words.say(
                    "末行把全域作为一个单元：域内单元之间的通勤算作域内就业，因此不等于上列各行之和。",
                    "The last row takes the whole as one area: who commutes between the areas above works inside, so it is not their sum.",
                ).to_owned());
            }
            draft.table(table);
            if let (None, Some(own)) = (code, own) {
                self.excess(draft, own, &level);
            }
        }
        if !is_any {
            let reason = why("commuters", words);
            draft.text.paragraph(words.tell(
                || format!("本章从略：{reason}。职住平衡的质量（多少人就近就业）因此无法判断。"),
                || format!("This chapter is left out: {reason}. Whether people work nearby cannot be told."),
            ));
        }
    }

    /// How much less homes and jobs would allow.
    fn excess(&self, draft: &mut Draft<'_>, own: &CommuteRow, level: &str) {
        let words = draft.words();
        let Some(city) = &own.city else {
            return;
        };
        if let (Some(observed), Some(minimum), Some(maximum)) = (
            city.observed_commute,
            city.minimum_commute,
            city.maximum_commute,
        ) {
            let unit = words.say(
                if city.unit == "km" {
                    "公里"
                } else {
                    "分钟"
                },
                city.unit,
            );
            let used = city.excess_share.map_or_else(|| "—".to_owned(), percent);
            draft.text.paragraph(words.tell(
                || format!("以{level}为单元，现状平均单程通勤 {} {unit}；在现有居住与岗位布局下，理论最小 {} {unit}（职住分离度），最大 {} {unit}；过剩通勤占 {used}。", ratio(observed), ratio(minimum), ratio(maximum)),
                || format!("Between {}, the mean commute is {} {unit}; today's homes and jobs would allow {} {unit} at least and {} {unit} at most; {used} is excess.", level.to_lowercase(), ratio(observed), ratio(minimum), ratio(maximum)),
            ));
        }
    }

    /// The same question at every scale.
    fn scales(&self, draft: &mut Draft<'_>, parts: &[Part<'_>]) {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("多尺度对照", "Scale by scale"));
        if parts.is_empty() {
            draft.text.paragraph(
                words
                    .say("只有一个尺度。", "There is only one scale.")
                    .to_owned(),
            );
            return;
        }
        let keys = [
            "level",
            "areas_count",
            "balanced_areas",
            "share_balanced",
            "more_workers_areas",
            "more_jobs_areas",
            "undefined_areas",
            "lowest_ratio",
            "highest_ratio",
        ];
        let title = words.tell(
            || format!("{}不同尺度下的职住平衡", draft.place()),
            || format!("Balance by scale, {}", draft.place()),
        );
        let mut table = Table::new(
            "scales",
            title,
            draft.city.catalog(),
            draft.language(),
            &keys,
        );
        for part in parts {
            let standing = &part.standing;
            let mut row = Row::new();
            row.insert("level".into(), json!(words.title(&part.level.title)));
            row.insert("areas_count".into(), json!(standing.areas));
            row.insert("balanced_areas".into(), json!(standing.balanced));
            row.insert("share_balanced".into(), json!(standing.share_balanced));
            row.insert("more_workers_areas".into(), json!(standing.more_workers));
            row.insert("more_jobs_areas".into(), json!(standing.more_jobs));
            row.insert("undefined_areas".into(), json!(standing.undefined));
            row.insert(
                "lowest_ratio".into(),
                json!(standing.lowest.map(|(_, ratio)| ratio)),
            );
            row.insert(
                "highest_ratio".into(),
                json!(standing.highest.map(|(_, ratio)| ratio)),
            );
            table.push(LineKind::Body, &row);
        }
        table.drop_empty(|key| why(key, words));
        draft.table(table);
        draft.text.paragraph(words.say(
            "单元越大，内部越容易平衡；不同尺度的占比不可直接比较，应结合通勤距离选择尺度。",
            "The larger the areas, the more of them balance: shares of two scales are not compared; choose the scale by how far people commute.",
        ).to_owned());
    }
}

/// What of a level lies inside the area of the report.
struct Part<'a> {
    level: &'a Level,
    areas: Vec<&'a crate::city::Area>,
    /// Their places in the rows of the level.
    rows: Vec<usize>,
    balance: Vec<BalanceRow>,
    names: Vec<String>,
    standing: Standing,
}

impl<'a> Part<'a> {
    fn of(
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
        let place =
            |area: &&crate::city::Area| rows.iter().position(|row| row.code == area.code.as_str());
        let places: Vec<usize> = areas.iter().filter_map(place).collect();
        let balance: Vec<BalanceRow> = places.iter().map(|at| rows[*at].clone()).collect();
        let names = balance
            .iter()
            .map(|row| words.name(&row.name, row.name_en.as_deref()));
        Some(Part {
            level,
            areas,
            names: names.collect(),
            standing: Standing::of(&balance, &level.balance.totals, &all.band),
            rows: places,
            balance,
        })
    }

    fn is_listed(&self) -> bool {
        self.rows.len() <= MOST_ROWS
    }
}

/// A row whose name is in the language of the report.
pub fn named(row: &Row, words: Words) -> Row {
    let mut row = row.clone();
    let name = row
        .get("name")
        .and_then(|name| name.as_str())
        .unwrap_or_default()
        .to_owned();
    let name_en = row
        .get("name_en")
        .and_then(|name| name.as_str())
        .map(str::to_owned);
    row.insert("name".into(), json!(words.name(&name, name_en.as_deref())));
    row
}
