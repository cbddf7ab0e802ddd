use serde_json::json;

use super::Part;
use crate::{
    domain::{AreaCode, Title},
    query::{self, FlowsQuery, Limits, QueryError, Row, to_row},
    reports::{
        document::{LineKind, fixed, percent},
        figure::{Classes, Map, MapLine, MapLines},
        kinds::Draft,
    },
};

/// Flows that are drawn and listed.
const MOST_LINES: usize = 30;

/// The largest flows between the areas of a level (期望线): table and map. Areas that are alone have
/// none.
///
/// # Errors
/// Nobody waits any longer.
pub(super) fn desire_lines(
    draft: &mut Draft<'_>,
    code: Option<&AreaCode>,
    part: &Part<'_>,
    limits: &Limits,
) -> Result<(), QueryError> {
    let words = draft.words();
    let level = words.title(&part.level.title);
    let asked = FlowsQuery {
        level: part.level.id.to_string(),
        within: code.map(ToString::to_string),
        limit: Some(MOST_LINES),
        period: draft.question.period.clone(),
        ..FlowsQuery::default()
    };
    let found = query::flow_lines(draft.city, &asked, limits)?;
    let (leaving, entering) = (found.totals.leaving_city, found.totals.entering_city);
    if leaving > 0 || entering > 0 {
        let [leaving, entering] = [leaving, entering].map(|people| fixed(people as f64, 0));
        draft.text.paragraph(words.tell(
            || format!("外出就业者中有 {leaving} 人在市外就业，外来就业者中有 {entering} 人居住在市外；市外没有位置，不计入通勤距离、时间与期望线。"),
            || format!("Of those who work elsewhere {leaving} work outside the city; of those who come from elsewhere {entering} live outside it. Without a place they are in no distance, time or desire line."),
        ));
    }
    if found.rows.is_empty() {
        return Ok(());
    }
    draft.cite(words.say("通勤流向", "Commuting flows"), &found);
    let title = words.tell(
        || format!("{}各{level}之间的主要通勤流向", draft.place()),
        || {
            format!(
                "The largest flows between {}, {}",
                level.to_lowercase(),
                draft.place()
            )
        },
    );
    let keys = [
        "origin_name",
        "destination_name",
        "commuters",
        "share_of_origin",
    ];
    let id = format!("flows.{}", part.level.id);
    let mut table = draft.new_table(&id, title.clone(), &keys);
    for column in &mut table.columns {
        if column.key == "commuters" {
            column.title = Title {
                zh: "通勤者".into(),
                en: "Commuters".into(),
            };
        }
    }
    for line in &found.rows {
        let mut row = to_row(line).unwrap_or_default();
        row.insert(
            "origin_name".into(),
            json!(draft.area_name(&line.origin_code)),
        );
        let to = draft.area_name(&line.destination_code);
        row.insert("destination_name".into(), json!(to));
        table.push(LineKind::Body, &row);
    }
    let totals = &found.totals;
    let counted = |commuters: i64| -> Row {
        let mut row = Row::new();
        row.insert("commuters".into(), json!(commuters));
        row
    };
    if totals.more_flows > 0 {
        let more = totals.more_flows;
        let name = words.tell(
            || format!("其余 {more} 条流向"),
            || format!("{more} other flows"),
        );
        table.push_named(LineKind::Rest, &name, &counted(totals.more_commuters));
    }
    let all = totals.commuters + totals.more_commuters;
    table.push_named(LineKind::Total, words.say("合计", "Total"), &counted(all));
    let (lines, inside) = (found.rows.len(), fixed(totals.inside as f64, 0));
    let share = percent(totals.commuters as f64 / all.max(1) as f64);
    table.notes.push(words.tell(
        || format!("列出并绘出通勤者最多的 {lines} 条（方向由居住地到就业地），占单元之间通勤者的 {share}；各单元内部就业的 {inside} 人和范围以外的通勤不在其列。占比的分母为居住单元的全部通勤者，其余与合计两行不列。"),
        || format!("The {lines} flows with most commuters are listed and drawn, from home to work: {share} of all between these areas. The {inside} who work in the area where they live, and whoever commutes from or to elsewhere, are not among them. Shares are of all commuters who live in the origin; sums have none."),
    ));
    let number = draft.table(table);
    let lines = found.rows.iter().map(|line| MapLine {
        ends: line.ends,
        count: line.commuters,
    });
    let areas = part.areas.iter();
    let areas = areas.map(|area| draft.map_area(area, Some(0.0), |_| String::new()));
    let map = Map {
        areas: areas.collect(),
        lines: MapLines::of(
            lines.collect(),
            |count| fixed(count as f64, 0),
            draft.language(),
        ),
        legend_title: words
            .say("通勤者（居住地→就业地）", "Commuters, home → work")
            .to_owned(),
        ..Map::new(
            Classes::ground(),
            draft.imprint(&found.provenance.inputs),
            draft.language(),
        )
    };
    let title = words.tell(
        || format!("{}各{level}通勤期望线", draft.place()),
        || {
            format!(
                "Desire lines between {}, {}",
                level.to_lowercase(),
                draft.place()
            )
        },
    );
    draft.map(title, &map, &number);
    Ok(())
}
