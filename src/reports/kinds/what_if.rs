//! What a report of a scenario (方案) says of it, so that nobody takes its numbers for the present.

use crate::{city::ScenarioStamp, reports::document::Words};

/// Behind the title of the report.
pub fn in_title(scenario: &ScenarioStamp, words: Words) -> String {
    let name = &scenario.name;
    words.tell(
        || format!("（方案：{name}）"),
        || format!(" (scenario: {name})"),
    )
}

/// On every page and picture.
pub fn mark(words: Words) -> String {
    let mark = words.say("方案推算，非现状", "What-if, not the present state");
    mark.to_owned()
}

/// `南站新区（编号 3，2 项编辑）`, and how many of them are left out.
pub fn named(scenario: &ScenarioStamp, words: Words) -> String {
    let (id, name, count) = (scenario.id, &scenario.name, scenario.edits.len());
    let left_out = scenario.edits.iter().filter(|e| e.refused.is_some());
    let (zh, en) = match left_out.count() {
        0 => (String::new(), String::new()),
        some => (format!("，{some} 项未计入"), format!(", {some} left out")),
    };
    words.tell(
        || format!("{name}（编号 {id}，{count} 项编辑{zh}）"),
        || {
            let edits = if count == 1 { "edit" } else { "edits" };
            format!("{name} (no. {id}, {count} {edits}{en})")
        },
    )
}

/// The first key finding.
pub fn finding(scenario: &ScenarioStamp, words: Words) -> String {
    let named = named(scenario, words);
    words.tell(
        || format!("本报告按方案“{named}”推算：各数假定编辑均已实现，不是现状；编辑见末章。"),
        || {
            format!(
                "This report is a what-if under the scenario {named}: its numbers suppose that the edits \
                 listed in the last chapter were made, and are not the present state."
            )
        },
    )
}

/// Every edit with its note and, where it is left out, why.
pub fn edits(scenario: &ScenarioStamp, words: Words) -> Vec<(String, String)> {
    let edits = scenario.edits.iter().map(|edit| {
        let number = edit.number;
        let label = words.tell(|| format!("第 {number} 项"), || format!("Edit {number}"));
        let mut text = words.title(&edit.text);
        if !edit.note.is_empty() {
            text += &format!(" · {}", edit.note);
        }
        if let Some(refused) = &edit.refused {
            let why = words.title(refused);
            text += &words.tell(
                || format!("（未计入：{why}）"),
                || format!(" (left out: {why})"),
            );
        }
        (label, text)
    });
    edits.collect()
}
