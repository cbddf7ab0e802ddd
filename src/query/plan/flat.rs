use serde_json::{Value as Json, json};

use super::rows::{PlanRow, PlanStatus};
use crate::{
    domain::{FigureKind, Language},
    query::{Answer, Row},
};

/// Targets as plain rows in a language.
pub fn flat_plan(answer: &Answer<PlanRow, Row>, language: Language) -> Answer<Row, Row> {
    let flat = |row: &PlanRow| {
        let mut flat = Row::new();
        let mut put = |key: &str, value: Json| {
            flat.insert(key.to_owned(), value);
        };
        put("code", json!(row.code));
        put("name", json!(row.name));
        put("name_en", json!(row.name_en));
        put("level", json!(row.level));
        put(
            "indicator_title",
            json!(row.indicator_title.in_language(language)),
        );
        put("target_year", json!(row.target_year.to_string()));
        put("figure_kind", json!(kind(row.kind, language)));
        put("target", json!(row.target));
        put("actual", json!(row.actual));
        put(
            "actual_year",
            json!(row.actual_year.map(|year| year.to_string())),
        );
        put("actual_date", json!(row.actual_date));
        put("completion_share", json!(row.completion_share));
        put("target_difference", json!(row.target_difference));
        put("status", json!(row.status.map(|s| status(s, language))));
        put("target_share_of_city", json!(row.target_share_of_city));
        put("actual_share_of_city", json!(row.actual_share_of_city));
        put("reason", json!(row.reason));
        put("source", json!(row.source_title().in_language(language)));
        put("source_date", json!(row.source_date));
        put("confidence", json!(row.confidence));
        let actual = row.actual_source_title();
        let actual = actual.as_ref().map(|title| title.in_language(language));
        put("actual_source", json!(actual));
        flat
    };
    Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows: answer.rows.iter().map(flat).collect(),
        totals: Row::new(),
        left_out: answer.left_out.clone(),
    }
}

fn kind(kind: FigureKind, language: Language) -> &'static str {
    match (kind, language) {
        (FigureKind::Target, Language::Zh) => "目标",
        (FigureKind::Target, Language::En) => "target",
        (FigureKind::AtMost, Language::Zh) => "上限",
        (FigureKind::AtMost, Language::En) => "upper limit",
        (FigureKind::AtLeast, Language::Zh) => "下限",
        (FigureKind::AtLeast, Language::En) => "lower limit",
        (FigureKind::Actual, Language::Zh) => "现状公布数",
        (FigureKind::Actual, Language::En) => "published",
    }
}

fn status(status: PlanStatus, language: Language) -> &'static str {
    match (status, language) {
        (PlanStatus::Below, Language::Zh) => "未达",
        (PlanStatus::Below, Language::En) => "below",
        (PlanStatus::Reached, Language::Zh) => "已达",
        (PlanStatus::Reached, Language::En) => "reached",
        (PlanStatus::Above, Language::Zh) => "高于目标",
        (PlanStatus::Above, Language::En) => "above",
        (PlanStatus::Within, Language::Zh) => "限内",
        (PlanStatus::Within, Language::En) => "within",
        (PlanStatus::Exceeded, Language::Zh) => "突破",
        (PlanStatus::Exceeded, Language::En) => "exceeded",
    }
}
