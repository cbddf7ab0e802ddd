use serde_json::json;

use super::{GapRow, Gaps};
use crate::{
    analysis::zoning::grouped,
    city::City,
    domain::{Figure, Language, NormItem, Title},
    export::ResultTable,
    query::{Answer, Row, coverage_title, table::to_table},
};

/// The columns of the table 公共服务设施供需, in order; 评价 stands before the reasons.
const COLUMNS: [&str; 33] = [
    "code",
    "name",
    "service",
    "facilities",
    "capacity",
    "capacity_unit",
    "capacity_unknown",
    "demand",
    "required",
    "shortfall",
    "surplus",
    "net",
    "fulfilment",
    "straight_share_covered",
    "network_share_covered",
    "evaluation",
    "total",
    "straight_covered",
    "straight_uncovered",
    "straight_demand_uncovered",
    "network_covered",
    "network_uncovered",
    "network_demand_uncovered",
    "shared_per_1000",
    "share_below_norm",
    "change_facilities",
    "change_capacity",
    "change_required",
    "change_shortfall",
    "reason",
    "straight_reason",
    "network_reason",
    "shared_reason",
];

/// The gaps as a flat table with services, units and bands in words.
pub fn gaps_table(city: &City, gaps: &Gaps, language: Language) -> ResultTable {
    let answer = &gaps.answer;
    let flat = |row: &GapRow| flat(city, gaps, row, language);
    let answer = Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows: answer.rows.iter().map(flat).collect::<Vec<Row>>(),
        totals: answer.totals.iter().map(flat).collect::<Vec<Row>>(),
        left_out: answer.left_out.clone(),
    };
    let denominator = serde_json::from_value(answer.query["denominator"].clone());
    let of = coverage_title(city, denominator.unwrap_or_default());
    let title = Title {
        zh: format!("公共服务设施供需（{}）", of.zh),
        en: format!("Public services: supply and demand ({})", of.en),
    };
    let mut table = to_table(city, &answer, title, language);
    // A coverage says in its heading what it is a share of.
    for column in &mut table.columns {
        if matches!(
            column.key.as_str(),
            "straight_share_covered" | "network_share_covered"
        ) {
            column.title.zh = format!("{}·{}", column.title.zh, of.zh);
            column.title.en = format!("{}: {}", column.title.en, of.en);
        }
        // A change says since when.
        if let Some(earlier) = &gaps.earlier_period
            && column.key.starts_with("change_")
        {
            column.title.zh = format!("{}（较 {earlier}）", column.title.zh);
            column.title.en = format!("{} since {earlier}", column.title.en);
        }
    }
    let more = notes(city, gaps);
    table.notes.splice(1..1, more);
    table
}

fn flat(city: &City, gaps: &Gaps, row: &GapRow, language: Language) -> Row {
    let say = |title: &Title| json!(title.in_language(language));
    let set = &gaps.norms.set;
    let item = set.item(&row.service);
    let mut words = json!(row);
    words["service"] = item.map_or(json!(row.service), |item| say(&item.title));
    words["capacity_unit"] = say(&city.catalog().unit(&row.capacity_unit));
    let band = item.and_then(|item| {
        let bands = set.bands_of(item).iter();
        let mut of_row = bands.filter(|band| row.evaluation.as_deref() == Some(band.id.as_str()));
        of_row.next()
    });
    words["evaluation"] = band.map_or(json!(null), |band| say(&band.title));
    let value = |key: &&str| (key.to_string(), words[*key].take());
    COLUMNS.iter().map(value).collect()
}

/// Assumptions and the figures of every service, for the sheet of sources.
fn notes(city: &City, gaps: &Gaps) -> Vec<(Title, Title)> {
    let label = |zh: &str, en: &str| Title {
        zh: zh.into(),
        en: en.into(),
    };
    let assumption = |text: &Title| (label("假设与规则", "Assumption"), text.clone());
    let mut notes: Vec<_> = gaps.assumptions.iter().map(assumption).collect();
    if let Some(earlier) = &gaps.earlier_period {
        let text = label(earlier.as_str(), earlier.as_str());
        notes.push((label("增减的对比时点", "Changes since"), text));
    }
    for item in &gaps.norms.set.items {
        let name = Title {
            zh: format!("标准：{}", item.title.zh),
            en: format!("Norm: {}", item.title.en),
        };
        notes.push((name, figures(city, item)));
    }
    let unknown = gaps.unknown_capacity.len();
    if unknown > 0 {
        let text = Title {
            zh: format!(
                "{unknown} 处设施规模不详，所在单元不计缺口，名单见 JSON 答复 unknown_capacity"
            ),
            en: format!(
                "{unknown} facilities of unknown capacity: their areas have no gap; the JSON answer lists them"
            ),
        };
        notes.push((label("规模不全", "Capacity incomplete"), text));
    }
    notes
}

/// A figure of a norm as it is read: thousands apart, no more decimals than it has.
fn written(value: f64) -> String {
    let text = grouped(value, 4);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn figures(city: &City, item: &NormItem) -> Title {
    let text = |(field, figure): (&str, &Figure)| {
        let name = city.catalog().term(&format!("norm.{field}"));
        let name = name.map_or_else(Title::default, |term| term.title.clone());
        let unit = city.catalog().unit(&figure.unit);
        match figure.value {
            Some(value) => {
                let confidence = figure.confidence.map(|c| c.to_string()).unwrap_or_default();
                let (source, date) = (figure.source_title(), &figure.date);
                let value = written(match figure.unit.as_str() {
                    "share" => value * 100.0,
                    _ => value,
                });
                Title {
                    zh: format!(
                        "{} {value} {}（{}，{date}，可信度 {confidence}）",
                        name.zh, unit.zh, source.zh
                    ),
                    en: format!(
                        "{} {value} {} ({}, {date}, confidence {confidence})",
                        name.en, unit.en, source.en
                    ),
                }
            }
            None => Title {
                zh: format!("{}由本市设定", name.zh),
                en: format!("{}: set by the city", name.en),
            },
        }
    };
    let texts: Vec<Title> = item.figures().map(text).collect();
    let joined = |pick: fn(&Title) -> &str, between| {
        let texts: Vec<&str> = texts.iter().map(pick).collect();
        texts.join(between)
    };
    Title {
        zh: joined(|text| &text.zh, "；"),
        en: joined(|text| &text.en, "; "),
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn figures_are_written_with_thousands_apart_and_no_spare_decimals() {
        let figures = [100_000.0, 40.0, 0.8, 1234.5, 100.0 * 0.07];
        let texts = figures.map(written);
        assert_eq!(texts, ["100,000", "40", "0.8", "1,234.5", "7"]);
    }
}
