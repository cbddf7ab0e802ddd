use super::{
    Drawing, TEXT_WIDTH_PT,
    plane::round_length,
    svg::{Anchor, Canvas, Type, text_width},
};

/// One bar; without a value its row says so.
#[derive(Clone, Debug)]
pub struct Bar {
    pub name: String,
    pub value: Option<f64>,
    pub printed: String,
}

/// Horizontal bars, one for each row, in the order given (条形图).
#[derive(Clone, Debug)]
pub struct BarChart {
    pub bars: Vec<Bar>,
    /// A band of values that is shaded, with its words.
    pub band: Option<(f64, f64, String)>,
    /// Of more rows than these only the first and the last halves are drawn.
    pub most: usize,
    pub axis: String,
    /// `……`, between the first and the last rows.
    pub left_out: String,
}

const ROW: f64 = 13.0;
const SIZE: f64 = 7.5;
const ACCENT: &str = "#1d5560";
const QUIET: &str = "#9aa5a6";

impl BarChart {
    pub fn draw(&self) -> Drawing {
        let half = self.most / 2;
        let rows: Vec<Option<&Bar>> = if self.bars.len() > self.most.max(2) {
            let first = self.bars[..half].iter().map(Some);
            let last = self.bars[self.bars.len() - half..].iter().map(Some);
            first.chain([None]).chain(last).collect()
        } else {
            self.bars.iter().map(Some).collect()
        };
        let names = rows.iter().flatten().map(|bar| text_width(&bar.name, SIZE));
        let left = names.fold(40.0, f64::max).min(150.0) + 10.0;
        let right = TEXT_WIDTH_PT - 46.0;
        let values = rows.iter().flatten().filter_map(|bar| bar.value);
        let band_to = self.band.iter().map(|(_, to, _)| *to);
        let most = values.chain(band_to).fold(1e-9, f64::max);
        let scale = (right - left) / most;
        let (top, foot) = (if self.band.is_some() { 16.0 } else { 6.0 }, 24.0);
        let height = top + rows.len() as f64 * ROW + foot;
        let floor = height - foot;
        let mut canvas = Canvas::new(TEXT_WIDTH_PT, height);
        if let Some((from, to, words)) = &self.band {
            let (x1, x2) = (left + from * scale, left + to * scale);
            canvas.rect(
                (x1, top - 2.0),
                (x2 - x1, floor - top + 2.0),
                r##"fill="#efe6d2""##,
            );
            let anchor = if (x1 + x2) / 2.0 > TEXT_WIDTH_PT * 0.7 {
                Anchor::End
            } else {
                Anchor::Middle
            };
            let at = if anchor == Anchor::End {
                x2
            } else {
                (x1 + x2) / 2.0
            };
            canvas.text((at, 10.0), words, Type::new(6.8, anchor));
        }
        let step = round_length(most / 4.0);
        let mut tick = 0.0;
        while tick <= most * 1.0001 {
            let x = left + tick * scale;
            canvas.line(
                (x, top - 2.0),
                (x, floor),
                r##"stroke="#d5d5d5" stroke-width="0.5""##,
            );
            canvas.text(
                (x, floor + 9.0),
                &plain(tick),
                Type::new(6.5, Anchor::Middle),
            );
            tick += step;
        }
        canvas.text(
            (right, floor + 19.0),
            &self.axis,
            Type::new(6.8, Anchor::End),
        );
        for (at, bar) in rows.iter().enumerate() {
            let y = top + at as f64 * ROW;
            let Some(bar) = bar else {
                canvas.text(
                    (left + 4.0, y + 8.5),
                    &self.left_out,
                    Type::new(SIZE, Anchor::Start),
                );
                continue;
            };
            canvas.text(
                (left - 5.0, y + 9.0),
                &bar.name,
                Type::new(SIZE, Anchor::End),
            );
            let end = left + bar.value.unwrap_or(0.0).max(0.0) * scale;
            let is_in_band = |value: f64| {
                self.band
                    .as_ref()
                    .is_some_and(|(from, to, _)| value >= *from && value <= *to)
            };
            let color = match bar.value {
                Some(value) if self.band.is_some() && !is_in_band(value) => QUIET,
                _ => ACCENT,
            };
            canvas.rect(
                (left, y + 2.0),
                (end - left, ROW - 4.0),
                &format!("fill=\"{color}\""),
            );
            canvas.text(
                (end + 4.0, y + 9.0),
                &bar.printed,
                Type::new(SIZE, Anchor::Start),
            );
        }
        canvas.line(
            (left, top - 2.0),
            (left, floor),
            r##"stroke="#3a3a3a" stroke-width="0.8""##,
        );
        canvas.finish()
    }
}

/// Bars side by side: one group for each heading, one bar for each series.
#[derive(Clone, Debug)]
pub struct GroupedBars {
    /// What the bars of a group stand for, at most four.
    pub series: Vec<String>,
    pub groups: Vec<Group>,
    pub axis: String,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    /// One for each series: value and how it is printed.
    pub bars: Vec<(Option<f64>, String)>,
}

/// Told apart in greys: dark, light, hatched by its edge, white.
const SERIES: [&str; 4] = [
    r##"fill="#1d5560""##,
    r##"fill="#a9c4c1""##,
    r##"fill="#c98c55""##,
    r##"fill="#ffffff" stroke="#3a3a3a" stroke-width="0.7""##,
];

impl GroupedBars {
    pub fn draw(&self) -> Drawing {
        let thick = 9.0;
        let names = self
            .groups
            .iter()
            .map(|group| text_width(&group.name, SIZE));
        let left = names.fold(40.0, f64::max).min(150.0) + 10.0;
        let right = TEXT_WIDTH_PT - 40.0;
        let values = self
            .groups
            .iter()
            .flat_map(|group| group.bars.iter().filter_map(|bar| bar.0));
        let most = values.fold(1e-9, f64::max);
        let scale = (right - left) / most;
        let tall = self.series.len() as f64 * thick + 8.0;
        let (top, foot) = (18.0, 24.0);
        let height = top + self.groups.len() as f64 * tall + foot;
        let floor = height - foot;
        let mut canvas = Canvas::new(TEXT_WIDTH_PT, height);
        let mut x = left;
        for (name, style) in self.series.iter().zip(SERIES) {
            canvas.rect((x, 3.0), (12.0, 7.0), style);
            canvas.text((x + 16.0, 9.5), name, Type::new(SIZE, Anchor::Start));
            x += text_width(name, SIZE) + 34.0;
        }
        let step = round_length(most / 4.0);
        let mut tick = 0.0;
        while tick <= most * 1.0001 {
            let x = left + tick * scale;
            canvas.line(
                (x, top),
                (x, floor),
                r##"stroke="#d5d5d5" stroke-width="0.5""##,
            );
            canvas.text(
                (x, floor + 9.0),
                &plain(tick),
                Type::new(6.5, Anchor::Middle),
            );
            tick += step;
        }
        canvas.text(
            (right, floor + 19.0),
            &self.axis,
            Type::new(6.8, Anchor::End),
        );
        for (at, group) in self.groups.iter().enumerate() {
            let y = top + at as f64 * tall + 4.0;
            let middle = y + self.series.len() as f64 * thick / 2.0 + 2.5;
            canvas.text(
                (left - 5.0, middle),
                &group.name,
                Type::new(SIZE, Anchor::End),
            );
            for (number, ((value, printed), style)) in group.bars.iter().zip(SERIES).enumerate() {
                let y = y + number as f64 * thick;
                let end = left + value.unwrap_or(0.0).max(0.0) * scale;
                canvas.rect((left, y + 0.5), (end - left, thick - 1.0), style);
                canvas.text((end + 3.0, y + 7.0), printed, Type::new(6.5, Anchor::Start));
            }
        }
        canvas.line(
            (left, top),
            (left, floor),
            r##"stroke="#3a3a3a" stroke-width="0.8""##,
        );
        canvas.finish()
    }
}

/// A tick without needless zeros.
fn plain(tick: f64) -> String {
    let text = format!("{tick:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
