use super::found::Found;
use crate::{
    domain::{NormItem, Reason},
    query::{CircleRow, Denominator, GapRow},
    reports::{
        document::{Table, Words},
        kinds::{missing, why::why},
    },
};

/// Why columns of the gaps are empty, as their rows say it: each reason once, in words.
#[derive(Clone, Debug, Default)]
pub(super) struct Unlisted {
    /// Of requirement, gap and fulfilment.
    need: Vec<String>,
    straight: Vec<String>,
    network: Vec<String>,
    demand: Vec<String>,
    has_facilities: bool,
    has_fulfilment: bool,
}

impl Unlisted {
    /// Empty columns and reasons go below the table.
    pub fn finish(&self, table: &mut Table, words: Words) {
        table.drop_empty(|key| self.why(key, words));
        table.reasons_below();
    }

    fn why(&self, key: &str, words: Words) -> String {
        let reasons = match key {
            "facilities" | "capacity" if !self.has_facilities => {
                return missing::no_facilities(words);
            }
            "capacity" => {
                let text = words.say("设施没有规模数据", "no facility has a known capacity");
                return text.to_owned();
            }
            "evaluation" if self.has_fulfilment => {
                let text = words.say("标准没有评价分级", "the norm gives no bands");
                return text.to_owned();
            }
            "required" | "shortfall" | "surplus" | "net" | "fulfilment" | "evaluation" => {
                &self.need
            }
            "straight_demand_uncovered" if self.straight.is_empty() => &self.demand,
            "network_demand_uncovered" if self.network.is_empty() => &self.demand,
            "demand" => &self.demand,
            key if key.starts_with("straight_") => &self.straight,
            key if key.starts_with("network_") => &self.network,
            _ => return why(key, words),
        };
        match reasons.is_empty() {
            true => why(key, words),
            false => reasons.join(words.say("；", "; ")),
        }
    }

    /// Of circles, whose rows say why in two columns.
    pub fn of_circles<'r>(rows: impl Iterator<Item = &'r CircleRow>, words: Words) -> Self {
        let mut found = Unlisted::default();
        for row in rows {
            let text = |reason: Reason| words.title(&reason.title());
            note(&mut found.straight, row.reason.map(text));
            note(
                &mut found.network,
                row.network_reason.or(row.reason).map(text),
            );
        }
        found
    }
}

impl Found<'_> {
    /// Why columns of these rows are empty.
    pub(super) fn unlisted<'r>(
        &self,
        rows: impl Iterator<Item = &'r GapRow>,
        words: Words,
    ) -> Unlisted {
        let mut found = Unlisted::default();
        for row in rows {
            let item = self.gaps.norms.set.item(&row.service);
            let demand = (row.demand.is_none()).then(|| self.why_no_demand(item, words));
            let need = row.reason.map(|reason| match (reason, &demand) {
                (Reason::NoData, Some(demand)) => demand.clone(),
                (Reason::NoData, None) => missing::no_facilities(words),
                _ => words.title(&reason.title()),
            });
            note(&mut found.need, need);
            note(&mut found.demand, demand);
            let straight = row.straight_reason.map(|reason| match reason {
                Reason::SetByCity => words
                    .say(
                        "标准未给服务半径，由本市设定",
                        "the norm gives no radius: the city sets it",
                    )
                    .to_owned(),
                Reason::NotAsked => words
                    .say("标准没有服务半径", "the norm has no radius")
                    .to_owned(),
                other => self.why_uncovered(row, other, words),
            });
            note(&mut found.straight, straight);
            let network = row.network_reason.map(|reason| match reason {
                Reason::SetByCity => words
                    .say(
                        "标准未给步行距离，由本市设定",
                        "the norm gives no walk: the city sets it",
                    )
                    .to_owned(),
                Reason::NotAsked => words
                    .say("标准没有步行距离", "the norm has no walk")
                    .to_owned(),
                other => self.why_uncovered(row, other, words),
            });
            note(&mut found.network, network);
            found.has_facilities |= row.facilities.is_some();
            found.has_fulfilment |= row.fulfilment.is_some();
        }
        found
    }

    /// Why nobody knows how many are covered, where the norm says how far.
    fn why_uncovered(&self, row: &GapRow, reason: Reason, words: Words) -> String {
        match reason {
            Reason::NoData if row.facilities.is_none() => missing::no_facilities(words),
            Reason::NoData if !self.is_of_land() => missing::no_population(words),
            _ => words.title(&reason.title()),
        }
    }

    /// Why nobody knows how many want a service.
    pub(super) fn why_no_demand(&self, item: Option<&NormItem>, words: Words) -> String {
        if item.is_some_and(|item| item.demand.is_none()) {
            let text = words.say("标准未规定需求人口", "the norm does not say who wants it");
            return text.to_owned();
        }
        match self.is_of_land() {
            true => missing::no_population(words),
            false => missing::no_demand(words),
        }
    }

    /// Whether coverage is a share of land and not of people.
    pub(super) fn is_of_land(&self) -> bool {
        let of = serde_json::from_value(self.gaps.answer.query["denominator"].clone());
        of.unwrap_or(Denominator::Population).is_land()
    }
}

fn note(texts: &mut Vec<String>, text: Option<String>) {
    if let Some(text) = text.filter(|text| !texts.contains(text)) {
        texts.push(text);
    }
}
