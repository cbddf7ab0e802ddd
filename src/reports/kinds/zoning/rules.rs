use serde_json::json;

use super::Found;
use crate::{
    query::{Row, condition_in_words},
    reports::{document::LineKind, kinds::Draft},
};

impl Found {
    /// What each class asks for, in the order in which they are tried.
    pub(super) fn rules(&self, draft: &mut Draft<'_>) {
        let (words, rules) = (draft.words(), &self.zoning.rules);
        draft.text.heading(1, words.say("分类规则", "The rules"));
        let (title, note) = (words.title(&rules.title), words.title(&rules.note));
        let year = self.zoning.plan_year;
        draft.text.paragraph(words.tell(
            || format!("{title}。各{}依次与下表各类的条件比较，归入第一个满足的类别；条件所需指标缺失时该类无法判定，跳过并注明；都不满足的为未分类。规划人口取 {year} 年。{note}", self.level_title),
            || format!("{title}. Each area belongs to the first class whose conditions are met; a class whose indicator is missing cannot be judged, is passed over and named; an area that meets none is unclassified. Planned residents are those of {year}. {note}"),
        ));
        let title = words.say("类别、条件与引导措施", "Classes, conditions and guidance");
        let keys = ["class", "criterion", "guidance"];
        let mut table = draft.new_table("rules", title.to_owned(), &keys);
        for class in &rules.classes {
            let mut row = Row::new();
            let told = condition_in_words(draft.city, &class.condition);
            row.insert("class".into(), json!(words.title(&class.title)));
            row.insert("criterion".into(), json!(words.title(&told)));
            row.insert("guidance".into(), json!(words.title(&class.guidance)));
            table.push(LineKind::Body, &row);
        }
        draft.table(table);
    }
}
