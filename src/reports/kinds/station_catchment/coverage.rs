use super::StationCatchment;
use crate::{
    query::{StationCoverageRow, to_row},
    reports::{
        document::{LineKind, percent},
        figure::{Group, GroupedBars},
        kinds::Draft,
    },
};

impl StationCatchment {
    pub(super) fn coverage(&self, draft: &mut Draft<'_>, own: &[StationCoverageRow]) {
        let words = draft.words();
        draft
            .text
            .heading(1, words.say("线网覆盖", "Coverage of the network"));
        draft.text.paragraph(words.say(
            "下表为站点各半径内的人口与岗位，圆形缓冲与步行路网并列；重叠部分每人、每个岗位只计一次。",
            "People and jobs within several distances of any station, circle beside street network; each person and job counts once.",
        ).to_owned());
        let keys = [
            "cutoff",
            "straight_residents",
            "straight_share_residents",
            "walk_residents",
            "walk_share_residents",
            "straight_jobs",
            "straight_share_jobs",
            "walk_jobs",
            "walk_share_jobs",
        ];
        let title = words.tell(
            || {
                format!(
                    "{}站点人口岗位覆盖率（圆形缓冲与步行路网，去重）",
                    draft.place()
                )
            },
            || {
                format!(
                    "Coverage by stations, circle beside streets, each once, {}",
                    draft.place()
                )
            },
        );
        let mut table = draft.new_table("coverage", title, &keys);
        for row in own {
            table.push(LineKind::Body, &to_row(row).unwrap_or_default());
        }
        self.note_missing(&mut table, draft.city, words);
        let number = draft.table(table);
        let group = |row: &StationCoverageRow,
                     pick: fn(&StationCoverageRow) -> [Option<f64>; 2]| Group {
            name: words.tell(
                || format!("{} 米", row.cutoff),
                || format!("{} m", row.cutoff),
            ),
            bars: pick(row)
                .into_iter()
                .map(|share| {
                    (
                        share.map(|share| share * 100.0),
                        share.map_or_else(|| "—".to_owned(), percent),
                    )
                })
                .collect(),
        };
        let groups: Vec<Group> = own
            .iter()
            .map(|row| {
                group(row, |row| {
                    [row.straight_share_residents, row.walk_share_residents]
                })
            })
            .collect();
        if groups
            .iter()
            .any(|group| group.bars.iter().any(|bar| bar.0.is_some()))
        {
            let chart = GroupedBars {
                series: vec![
                    words.say("圆形缓冲", "straight line").to_owned(),
                    words.say("步行路网", "along streets").to_owned(),
                ],
                groups,
                axis: words
                    .say("常住人口覆盖率（%）", "share of residents, %")
                    .to_owned(),
            };
            let title = words.tell(
                || format!("{}站点人口覆盖率", draft.place()),
                || format!("Share of residents near a station, {}", draft.place()),
            );
            draft.figure(title, chart.draw(), &number);
        }
    }
}
