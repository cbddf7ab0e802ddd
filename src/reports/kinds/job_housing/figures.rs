use super::{JobHousing, Part};
use crate::{
    domain::Period,
    query::{areas_within, outline},
    reports::{
        document::ratio,
        figure::{Bar, BarChart, Classes, Map, MapLines},
        kinds::Draft,
    },
};

impl JobHousing {
    pub(super) fn figures(
        &self,
        draft: &mut Draft<'_>,
        part: &Part<'_>,
        period: Option<&Period>,
        table: &str,
    ) {
        let words = draft.words();
        let level = words.title(&part.level.title);
        let place = draft.place();
        let areas = part.areas.iter().zip(&part.balance);
        let areas =
            areas.map(|(area, row)| draft.map_area(area, row.jobs_per_employed_resident, ratio));
        let inputs = &part.level.balance.provenance.inputs;
        let map = Map {
            language: draft.language(),
            areas: areas.collect(),
            borders: self.borders(draft, part, period),
            classes: Classes::around(&self.band.edges, ratio, draft.language()),
            legend_title: words.say("职住比", "Jobs per employed resident").to_owned(),
            surface: None,
            marks: Vec::new(),
            imprint: draft.imprint(inputs),
            lines: MapLines::default(),
            window: None,
        };
        let title = words.tell(
            || format!("{place}各{level}职住比"),
            || {
                format!(
                    "Jobs per employed resident by {}, {place}",
                    level.to_lowercase()
                )
            },
        );
        draft.map(title, &map, table);
        self.chart(draft, part, table);
    }

    pub(super) fn chart(&self, draft: &mut Draft<'_>, part: &Part<'_>, table: &str) {
        let words = draft.words();
        let level = words.title(&part.level.title);
        let bars = part.balance.iter().zip(&part.names).map(|(row, name)| Bar {
            name: name.clone(),
            value: row.jobs_per_employed_resident,
            printed: row
                .jobs_per_employed_resident
                .map_or_else(|| "—".to_owned(), ratio),
        });
        let mut bars: Vec<Bar> = bars.collect();
        bars.sort_by(|a, b| {
            b.value
                .unwrap_or(f64::MIN)
                .total_cmp(&a.value.unwrap_or(f64::MIN))
        });
        let most = 40;
        let left_out = bars.len().saturating_sub(most);
        let chart = BarChart {
            bars,
            band: Some((
                self.band.from,
                self.band.to,
                words.tell(
                    || format!("平衡区间 {}–{}", self.band.from, self.band.to),
                    || format!("balanced {}–{}", self.band.from, self.band.to),
                ),
            )),
            most,
            axis: words
                .say("岗位÷就业人口", "jobs ÷ employed residents")
                .to_owned(),
            left_out: words.tell(
                || format!("……（其间 {left_out} 个从略）"),
                || format!("… ({left_out} between are not drawn)"),
            ),
        };
        let title = words.tell(
            || format!("{}各{level}职住比排序", draft.place()),
            || format!("The same in order, {}", draft.place()),
        );
        draft.figure(title, chart.draw(), table);
    }

    /// The outlines of the next larger level, over the smaller ones.
    pub(super) fn borders(
        &self,
        draft: &Draft<'_>,
        part: &Part<'_>,
        period: Option<&Period>,
    ) -> Vec<geo::MultiPolygon<f64>> {
        let larger = self
            .levels
            .iter()
            .take_while(|level| level.id != part.level.id);
        let Some(larger) = larger.last() else {
            return Vec::new();
        };
        let code = draft.area.map(|area| area.code.clone());
        let inside =
            areas_within(draft.city, larger.id.as_str(), code.as_ref(), period).unwrap_or_default();
        let own = draft.area.into_iter();
        own.chain(inside)
            .map(|area| outline(draft.city, area, period))
            .collect()
    }
}
