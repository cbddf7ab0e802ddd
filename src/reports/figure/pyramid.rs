use super::{
    Drawing, TEXT_WIDTH_PT,
    plane::round_length,
    svg::{Anchor, Canvas, Type, text_width},
};

/// One age band, youngest first: two counts back to back.
#[derive(Clone, Debug)]
pub struct PyramidBand {
    pub name: String,
    pub left: Option<i64>,
    pub right: Option<i64>,
}

/// Two counts by age back to back, such as who is covered and who is not.
#[derive(Clone, Debug)]
pub struct Pyramid {
    pub left: String,
    pub right: String,
    pub bands: Vec<PyramidBand>,
    pub axis: String,
}

impl Pyramid {
    pub fn draw(&self) -> Drawing {
        let size = 7.5;
        let row = 14.0;
        let names = self.bands.iter().map(|band| text_width(&band.name, size));
        let gap = names.fold(30.0, f64::max) + 12.0;
        let middle = TEXT_WIDTH_PT / 2.0;
        let long = middle - gap / 2.0 - 46.0;
        let counts = self
            .bands
            .iter()
            .flat_map(|band| [band.left, band.right])
            .flatten();
        let most = counts.max().unwrap_or(0).max(1) as f64;
        let scale = long / most;
        let (top, foot) = (20.0, 24.0);
        let height = top + self.bands.len() as f64 * row + foot;
        let floor = height - foot;
        let mut canvas = Canvas::new(TEXT_WIDTH_PT, height);
        let bold = |anchor| Type {
            bold: true,
            ..Type::new(size, anchor)
        };
        let (left, right) = (middle - gap / 2.0, middle + gap / 2.0);
        canvas.text((left - 4.0, 11.0), &self.left, bold(Anchor::End));
        canvas.text((right + 4.0, 11.0), &self.right, bold(Anchor::Start));
        let step = round_length(most / 2.0);
        let mut tick = 0.0;
        while tick <= most * 1.0001 {
            for x in [left - tick * scale, right + tick * scale] {
                canvas.line(
                    (x, top),
                    (x, floor),
                    r##"stroke="#d5d5d5" stroke-width="0.5""##,
                );
                canvas.text(
                    (x, floor + 9.0),
                    &grouped(tick),
                    Type::new(6.5, Anchor::Middle),
                );
            }
            tick += step;
        }
        canvas.text(
            (TEXT_WIDTH_PT - 6.0, floor + 19.0),
            &self.axis,
            Type::new(6.8, Anchor::End),
        );
        for (at, band) in self.bands.iter().rev().enumerate() {
            let y = top + at as f64 * row;
            canvas.text(
                (middle, y + 10.0),
                &band.name,
                Type::new(size, Anchor::Middle),
            );
            let bar = |count: Option<i64>| {
                count.map(|count| (count.max(0) as f64 * scale, grouped(count as f64)))
            };
            let (long, text) = bar(band.left).unwrap_or((0.0, "—".to_owned()));
            canvas.rect(
                (left - long, y + 2.0),
                (long, row - 4.0),
                r##"fill="#a9c4c1""##,
            );
            canvas.text(
                (left - long - 3.0, y + 10.0),
                &text,
                Type::new(6.5, Anchor::End),
            );
            let (long, text) = bar(band.right).unwrap_or((0.0, "—".to_owned()));
            canvas.rect((right, y + 2.0), (long, row - 4.0), r##"fill="#9c4a1c""##);
            canvas.text(
                (right + long + 3.0, y + 10.0),
                &text,
                Type::new(6.5, Anchor::Start),
            );
        }
        canvas.finish()
    }
}

fn grouped(number: f64) -> String {
    crate::reports::document::fixed(number, 0)
}
