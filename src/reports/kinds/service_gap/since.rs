use super::found::Found;
use crate::{
    domain::{LayerKind, Period, Title},
    query::{
        self, Answer, BalanceQuery, Between, Input, Limits, QueryError, Question as Asked, Row,
    },
    reports::{
        Question,
        document::{LineKind, Words},
        kinds::{Draft, levels::MOST_ROWS, naming::named},
    },
};

const KEYS: [&str; 5] = [
    "name",
    "then.usual_residents",
    "now.usual_residents",
    "difference.usual_residents",
    "change_share.usual_residents",
];

impl Found<'_> {
    /// How many people there were at the date before and are now (较上期增减), area by area; nothing
    /// where the homes have one date alone.
    ///
    /// # Errors
    /// Nobody waits any longer.
    pub fn residents_since(
        &self,
        draft: &mut Draft<'_>,
        question: &Question,
        limits: &Limits,
    ) -> Result<(), QueryError> {
        let words = draft.words();
        let Some(from) = &self.gaps.earlier_period else {
            return Ok(());
        };
        if self.areas.len() > MOST_ROWS {
            return Ok(());
        }
        let ask = |level: &str| {
            let balance = BalanceQuery {
                level: level.to_owned(),
                caliber: question.caliber.clone(),
                ..BalanceQuery::default()
            };
            let between = Between {
                from: from.clone(),
                to: question.period.clone(),
            };
            let asked = Asked::Balance(balance);
            query::change(draft.city, &asked, &between, words.0, false, &limits.part())
        };
        let found = match ask(&self.level) {
            Ok(found) => found,
            Err(QueryError::Cancelled) => return Err(QueryError::Cancelled),
            // Nobody was counted then.
            Err(QueryError::NoPeriod { .. }) => return Ok(()),
            Err(refusal) => {
                heading(draft, words);
                draft.text.paragraph(words.tell(
                    || format!("无法与 {from} 对比：{refusal}"),
                    || format!("Nothing can be held against {from}: {refusal}"),
                ));
                return Ok(());
            }
        };
        let Some([then, now]) = dates(draft, &found) else {
            return Ok(());
        };
        let total = match draft.area {
            None => found.totals.first().cloned(),
            Some(area) if self.level == *area.level.as_str() => None,
            // What an area had as a whole, not what its rows come to.
            Some(area) => ask(area.level.as_str())
                .ok()
                .and_then(|whole| row_of(&whole, area.code.as_str()).cloned()),
        };
        heading(draft, words);
        let people = people(draft, &found);
        let title = words.tell(
            || format!("{}各{}{}增减", draft.place(), self.level_title, people.zh),
            || {
                let level = self.level_title.to_lowercase();
                format!("{} then and now by {level}, {}", people.en, draft.place())
            },
        );
        let mut table = draft.new_table("residents_since", title, &KEYS);
        let [then, now] = [then, now].map(|date| dated(&date, words));
        for column in &mut table.columns {
            let (zh, en) = match column.key.split_once('.').map(|(side, _)| side) {
                Some("then") => (
                    format!("{then}{}", people.zh),
                    format!("{}, {then}", people.en),
                ),
                Some("now") => (
                    format!("{now}{}", people.zh),
                    format!("{}, {now}", people.en),
                ),
                Some("difference") => (format!("较{then}增减"), format!("Change since {then}")),
                Some("change_share") => (format!("较{then}增减"), format!("Change since {then}")),
                _ => continue,
            };
            column.title = Title { zh, en };
        }
        for area in &self.areas {
            if let Some(row) = row_of(&found, area.code.as_str()) {
                table.push(LineKind::Body, &named(row, words));
            }
        }
        if let Some(total) = total {
            table.push_named(LineKind::Total, words.say("合计", "Total"), &total);
        }
        draft.cite(words.say("人口增减", "Residents then and now"), &found);
        draft.table(table);
        Ok(())
    }
}

fn heading(draft: &mut Draft<'_>, words: Words) {
    draft
        .text
        .heading(1, words.say("人口增减", "Residents then and now"));
}

fn row_of<'a>(found: &'a Answer<Row, Vec<Row>>, code: &str) -> Option<&'a Row> {
    found.rows.iter().find(|row| row["code"] == code)
}

/// The dates that the homes were read at; `None` where both are one.
fn dates<T>(draft: &Draft<'_>, found: &Answer<Row, T>) -> Option<[Period; 2]> {
    let layer = |input: &Input| draft.city.catalog().layer(input.layer.as_str());
    let is_home = |input: &Input| layer(input).is_some_and(|l| l.kind == LayerKind::Residence);
    let homes = found
        .provenance
        .inputs
        .iter()
        .filter(|input| is_home(input));
    let mut dates = homes.map(|input| input.reference_date.clone());
    Some([dates.next()?, dates.next()?])
}

/// What the people are called: the caliber (口径) that they were counted by.
fn people<T>(draft: &Draft<'_>, found: &Answer<Row, T>) -> Title {
    let caliber = found.provenance.caliber.as_deref().unwrap_or_default();
    let layers = draft.city.catalog().layers();
    let known = layers.filter_map(|layer| layer.attribute(caliber)).next();
    known
        .map(|attribute| attribute.title.clone())
        .unwrap_or_default()
}

/// `2020年`, `2020年11月1日`; `2020-11-01` in English.
fn dated(date: &Period, words: Words) -> String {
    let told = || {
        let parts = date.as_str().split('-').zip(["年", "月", "日"]);
        let told = parts.map(|(part, of)| part.trim_start_matches('0').to_owned() + of);
        told.collect()
    };
    words.tell(told, || date.to_string())
}
