use serde_json::json;

use crate::{
    query::{BalanceReport, to_row},
    reports::{
        document::{LineKind, percent},
        kinds::{Draft, naming::named, why::why},
    },
};

/// Columns that an upright page bears.
const MOST_UPRIGHT: usize = 11;

/// The same question at every scale, and the places that are balanced at one of them by count only.
pub(super) fn scale_by_scale(draft: &mut Draft<'_>, report: &BalanceReport) {
    let words = draft.words();
    draft
        .text
        .heading(1, words.say("多尺度对照", "Scale by scale"));
    draft.cite(
        words.say("职住平衡多尺度比较", "Balance by scale"),
        &report.answer,
    );
    let keys = [
        "scale",
        "units",
        "balanced_units",
        "share_balanced_units",
        "share_balanced_workers",
        "under_units",
        "over_units",
        "undefined_units",
        "least_ratio",
        "median_ratio",
        "greatest_ratio",
        "self_containment",
        "nominal_units",
        "reason",
    ];
    let title = words.tell(
        || format!("{}不同尺度下的职住平衡", draft.place()),
        || format!("Balance by scale, {}", draft.place()),
    );
    let mut table = draft.new_table("scales", title, &keys);
    for scale in &report.answer.rows {
        let mut row = to_row(scale).unwrap_or_default();
        row.insert("scale".into(), json!(words.title(&scale.title)));
        table.push(LineKind::Body, &row);
    }
    table.drop_empty(|key| why(key, words));
    table.reasons_below();
    table.is_wide = table.columns.len() > MOST_UPRIGHT;
    let band = &report.rules.band;
    let note = match words.title(&band.note) {
        note if note.is_empty() => note,
        note => words.tell(|| format!("（{note}）"), || format!(" ({note})")),
    };
    table.notes.push(words.tell(
        || format!("职住比 {}–{} 为平衡{note}；网格的单元为有居住或岗位的格网，服务区以有就业人口的格网为中心，都不受区划边界影响。", band.least, band.most),
        || format!("Balanced from {} to {} jobs per employed resident{note}; the units of the grid are cells with homes or jobs, catchments are drawn around cells where anybody who works lives, whatever the boundaries.", band.least, band.most),
    ));
    if report
        .answer
        .rows
        .iter()
        .any(|row| row.self_containment.is_some())
    {
        table.notes.push(words.say(
            "居住者自足性为该尺度各单元内就业者之和 ÷ 通勤者之和；通勤流按单元统计，全市作为一个单元以及格网、服务区没有该值。",
            "Self-containment: all who live and work in one of the units, of all their commuters. Flows are counted between areas: the city as one unit, cells and catchments have none.",
        ).to_owned());
    }
    draft.table(table);
    draft.text.paragraph(words.say(
        "单元越大，内部越容易平衡；不同尺度的占比不可直接比较，应结合通勤距离选择尺度。",
        "The larger the areas, the more of them balance: shares of two scales are not compared; choose the scale by how far people commute.",
    ).to_owned());
    by_count_only(draft, report);
}

fn by_count_only(draft: &mut Draft<'_>, report: &BalanceReport) {
    let words = draft.words();
    let has_flows = report
        .answer
        .rows
        .iter()
        .any(|row| row.nominal_units.is_some());
    if !has_flows {
        let reason = why("commuters", words);
        draft.text.paragraph(words.tell(
            || format!("名义平衡而非实际平衡的单元无法判断：{reason}。"),
            || format!("Which places balance by count only cannot be told: {reason}."),
        ));
        return;
    }
    if report.nominal.is_empty() {
        draft.text.paragraph(
            words
                .say(
                    "没有名义平衡而非实际平衡的单元。",
                    "No place is balanced by count but not in fact.",
                )
                .to_owned(),
        );
        return;
    }
    let keys = [
        "level",
        "name",
        "jobs",
        "employed_residents",
        "jobs_per_employed_resident",
        "self_containment",
        "self_sufficiency",
        "self_containment_threshold",
    ];
    let title = words.tell(
        || format!("{}名义平衡而非实际平衡的单元", draft.place()),
        || format!("Balanced by count but not in fact, {}", draft.place()),
    );
    let mut table = draft.new_table("nominal", title, &keys);
    let catalog = draft.city.catalog();
    for place in &report.nominal {
        let mut row = named(&to_row(place).unwrap_or_default(), words);
        let layer = catalog.area_layer(&place.level);
        let level = layer.map(|layer| words.title(&layer.title));
        row.insert("level".into(), json!(level));
        table.push(LineKind::Body, &row);
    }
    table.notes.push(match report.rules.nominal.self_containment {
        Some(share) => words.tell(
            || format!("阈值：居住者自足性 {}%。", percent(share).trim_end_matches('%')),
            || format!("Threshold: a self-containment of {}%.", percent(share).trim_end_matches('%')),
        ),
        None => words.say(
            "阈值未由本市设定：取全市该层级各单元居住者自足性的中位数。",
            "The city has set no threshold: it is the median self-containment of all areas of the level.",
        ).to_owned(),
    });
    draft.table(table);
}
