use super::Found;
use crate::{
    query::{Conflict, ThresholdReport, conflict_words, criterion_in_words},
    reports::{
        document::{fixed, people, percent},
        kinds::Draft,
    },
};

/// Areas that a finding names.
const MOST_NAMED: usize = 3;

impl Found {
    pub(super) fn findings(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        if self.zoning.rules.placeholder {
            draft.text.finding(words.say(
                "本报告所用规则的全部阈值为示意占位值，既非政策也无出处，须由本市设定后方可据以决策；分类结果只用于检验方法与数据。",
                "All thresholds of the rules used here are placeholders, neither policy nor sourced: the city must set them before anything is decided by them. The classes only test method and data.",
            ).to_owned());
        }
        let by_hand = self.by_hand(draft);
        say(draft, [Some(self.of_classes(draft)), by_hand]);
        say(
            draft,
            [self.of_capacity(draft), Some(self.of_conflicts(draft))],
        );
        self.of_stability(draft);
    }

    fn by_hand(&self, draft: &Draft<'_>) -> Option<String> {
        let words = draft.words();
        let by_hand = self
            .zoning
            .answer
            .rows
            .iter()
            .filter(|row| row.overridden)
            .count();
        (by_hand > 0).then(|| words.tell(
            || format!("{by_hand} 个{}由人工判定，理由与判定人见“人工判定”一章。", self.level_title),
            || format!("{by_hand} of the classes are set by hand; why and by whom stands in their chapter."),
        ))
    }

    fn of_classes(&self, draft: &Draft<'_>) -> String {
        let (words, language) = (draft.words(), draft.language());
        let classes = self.zoning.classes.iter().filter(|class| class.areas > 0);
        let list: Vec<String> = classes
            .map(|class| {
                let (title, areas) = (words.title(&class.class_title), class.areas);
                let who = people(class.residents, language);
                let share = class
                    .residents_share
                    .map_or_else(|| "—".to_owned(), percent);
                words.tell(
                    || format!("{title} {areas} 个（{who}，占 {share}）"),
                    || format!("{title} {areas} ({who} people, {share})"),
                )
            })
            .collect();
        let (subject, all, list) = (
            draft.subject(),
            self.zoning.answer.rows.len(),
            words.list(&list),
        );
        words.tell(
            || format!("{subject}共 {all} 个{}：{list}。", self.level_title),
            || {
                format!(
                    "{subject}, {all} {}: {list}.",
                    self.level_title.to_lowercase()
                )
            },
        )
    }

    fn of_capacity(&self, draft: &Draft<'_>) -> Option<String> {
        let (words, language) = (draft.words(), draft.language());
        let totals = &self.zoning.answer.totals;
        let (residents, capacity) = totals.residents.zip(totals.planned_capacity)?;
        let ratio = totals.capacity_ratio?;
        let (residents, capacity, ratio) = (
            people(residents, language),
            people(capacity, language),
            percent(ratio),
        );
        Some(words.tell(
            || format!("现状人口 {residents}，承载规模 {capacity}，承载率 {ratio}。"),
            || format!("{residents} residents for a planned capacity of {capacity}: a capacity ratio of {ratio}."),
        ))
    }

    fn of_conflicts(&self, draft: &Draft<'_>) -> String {
        let (words, language) = (draft.words(), draft.language());
        let own = self.own_conflicts();
        if own.is_empty() {
            let none = words.say(
                "人口、规划、承载规模与分类之间没有冲突。",
                "People, plan, capacity and classes do not conflict anywhere.",
            );
            return none.to_owned();
        }
        let mut kinds: Vec<&str> = own.iter().map(|conflict| conflict.kind).collect();
        kinds.dedup();
        let kinds: Vec<String> = kinds
            .into_iter()
            .map(|kind| {
                let of: Vec<&&Conflict> = own.iter().filter(|c| c.kind == kind).collect();
                let named = of
                    .iter()
                    .take(MOST_NAMED)
                    .map(|conflict| words.name(&conflict.name, conflict.name_en.as_deref()));
                let named: Vec<String> = named.collect();
                let (kind, count) = (conflict_words(&[kind], language), of.len());
                let more = if count > named.len() {
                    words.say("等", " …")
                } else {
                    ""
                };
                let list = words.list(&named);
                words.tell(
                    || format!("{kind} {count} 处（{list}{more}）"),
                    || format!("{kind} {count} ({list}{more})"),
                )
            })
            .collect();
        let (count, kinds) = (own.len(), words.list(&kinds));
        words.tell(
            || format!("规划冲突 {count} 处：{kinds}。"),
            || format!("{count} conflicts: {kinds}."),
        )
    }

    fn of_stability(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let firm = &self.zoning.stability;
        let share = firm.stable_share.map_or_else(|| "—".to_owned(), percent);
        let (stable, swing) = (firm.stable, fixed(firm.swing * 100.0, 0));
        let least = firm.thresholds.iter().min_by_key(|moved| moved.kept);
        let least = least.filter(|moved| moved.kept < firm.areas);
        let told = least
            .and_then(|moved| self.moved(draft, moved))
            .map(|(criterion, left)| {
                words.tell(
                    || format!("；影响最大的是“{criterion}”，变动后 {left} 个改变分类"),
                    || format!("; the one that matters most is “{criterion}”, which moves {left}"),
                )
            });
        let told = told.unwrap_or_default();
        draft.text.finding(words.tell(
            || format!("各阈值单独上下变动 {swing}%，{stable} 个{}（{share}）分类不变{told}。", self.level_title),
            || format!("With each threshold moved alone by {swing} % either way, {stable} of the classes ({share}) stay{told}."),
        ));
    }

    /// A moved threshold in words, and how many areas it puts into another class.
    pub(super) fn moved(
        &self,
        draft: &Draft<'_>,
        moved: &ThresholdReport,
    ) -> Option<(String, u64)> {
        let criteria = self.zoning.rules.criteria();
        let criterion = criteria.into_iter().find(|c| c.key == moved.criterion)?;
        let told = criterion_in_words(draft.city, criterion, moved.threshold);
        Some((
            draft.words().title(&told),
            self.zoning.stability.areas - moved.kept,
        ))
    }
}

/// One finding of sentences that belong together.
fn say(draft: &mut Draft<'_>, sentences: [Option<String>; 2]) {
    let told: Vec<String> = sentences.into_iter().flatten().collect();
    let between = draft.words().say("", " ");
    draft.text.finding(told.join(between));
}
