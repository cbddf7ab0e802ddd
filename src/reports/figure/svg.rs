use std::{borrow::Cow, fmt::Write};

use unicode_width::UnicodeWidthChar;

use super::Drawing;

/// Fonts of figures, the first that is there.
pub const FONTS: &str = "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif";

/// Text that stands in XML as it is.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Where a text is anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    pub size: f64,
    pub bold: bool,
    pub anchor: Anchor,
    pub color: &'static str,
    /// A light edge around the letters, over a map.
    pub halo: bool,
}

impl Type {
    pub const fn new(size: f64, anchor: Anchor) -> Self {
        Type {
            size,
            bold: false,
            anchor,
            color: "#1a1a1a",
            halo: false,
        }
    }
}

/// The width of a text, about: wide characters are square.
pub fn text_width(text: &str, size: f64) -> f64 {
    let width = |c: char| match c.width() {
        Some(2) => 1.0,
        _ if matches!(c, '.' | ',' | ' ' | 'i' | 'l' | '1' | ':' | '·') => 0.4,
        _ => 0.57,
    };
    text.chars().map(width).sum::<f64>() * size
}

/// An image as it is being drawn.
pub struct Canvas {
    width: f64,
    height: f64,
    definitions: String,
    body: String,
}

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Canvas {
            width,
            height,
            definitions: String::new(),
            body: String::new(),
        }
    }

    /// Makes the image higher by what is drawn below it.
    pub fn grow(&mut self, by: f64) {
        self.height += by;
    }

    /// A pattern or clip that shapes refer to.
    pub fn define(&mut self, markup: &str) {
        if !self.definitions.contains(markup) {
            self.definitions.push_str(markup);
        }
    }

    pub fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), style: &str) {
        let (w, h) = (w.max(0.0), h.max(0.0));
        let _ = write!(
            self.body,
            r#"<rect x="{}" y="{}" width="{}" height="{}" {style}/>"#,
            Short(x),
            Short(y),
            Short(w),
            Short(h)
        );
    }

    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), style: &str) {
        let _ = write!(
            self.body,
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" {style}/>"#,
            Short(x1),
            Short(y1),
            Short(x2),
            Short(y2)
        );
    }

    pub fn circle(&mut self, (x, y): (f64, f64), radius: f64, style: &str) {
        let _ = write!(
            self.body,
            r#"<circle cx="{}" cy="{}" r="{}" {style}/>"#,
            Short(x),
            Short(y),
            Short(radius)
        );
    }

    /// Rings as one shape with holes, or lines where they are not closed.
    pub fn path(&mut self, rings: &[Vec<(f64, f64)>], is_closed: bool, style: &str) {
        self.body.push_str("<path d=\"");
        for ring in rings {
            for (at, (x, y)) in ring.iter().enumerate() {
                let letter = if at == 0 { 'M' } else { 'L' };
                let _ = write!(self.body, "{letter}{} {}", Short(*x), Short(*y));
            }
            if is_closed && !ring.is_empty() {
                self.body.push('Z');
            }
        }
        let _ = write!(self.body, "\" {style}/>");
    }

    pub fn text(&mut self, (x, y): (f64, f64), text: &str, look: Type) {
        let anchor = match look.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let bold = if look.bold {
            r#" font-weight="700""#
        } else {
            ""
        };
        let halo = match look.halo {
            true => {
                r##" stroke="#ffffff" stroke-width="2" stroke-linejoin="round" paint-order="stroke""##
            }
            false => "",
        };
        let _ = write!(
            self.body,
            r#"<text x="{}" y="{}" font-size="{}" fill="{}"{anchor}{bold}{halo}>{}</text>"#,
            Short(x),
            Short(y),
            Short(look.size),
            look.color,
            escape(text)
        );
    }

    /// What follows is seen inside a rectangle alone, until [`close`](Self::close).
    pub fn open(&mut self, (x, y): (f64, f64), (w, h): (f64, f64)) {
        let (x, y, w, h) = (Short(x), Short(y), Short(w), Short(h));
        let _ = write!(
            self.body,
            r#"<svg x="{x}" y="{y}" width="{w}" height="{h}" viewBox="{x} {y} {w} {h}" overflow="hidden">"#
        );
    }

    pub fn close(&mut self) {
        self.body.push_str("</svg>");
    }

    pub fn finish(self) -> Drawing {
        let (w, h) = (Short(self.width), Short(self.height));
        let svg = format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}pt" height="{}pt" "#,
                r#"font-family="{}"><defs>{}</defs><rect width="{}" height="{}" fill="{}"/>{}</svg>"#
            ),
            w, h, w, h, FONTS, self.definitions, w, h, "#ffffff", self.body
        );
        Drawing {
            svg,
            width_pt: self.width,
            height_pt: self.height,
        }
    }
}

/// A coordinate with at most two decimals, the same on every machine.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = (self.0 * 100.0).round() as i64;
        let (sign, size) = (
            if hundredths < 0 { "-" } else { "" },
            hundredths.unsigned_abs(),
        );
        let (whole, part) = (size / 100, size % 100);
        match part {
            0 => write!(f, "{sign}{whole}"),
            part if part % 10 == 0 => write!(f, "{sign}{whole}.{}", part / 10),
            part => write!(f, "{sign}{whole}.{part:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_text_is_no_markup() {
        let short = |n: f64| Short(n).to_string();
        assert_eq!(
            [short(1.0), short(-0.5), short(2.345), short(-0.001)],
            ["1", "-0.5", "2.35", "0"]
        );
        assert_eq!(escape("<a & 'b'>\u{1}"), "&lt;a &amp; &#39;b&#39;&gt;");
        assert!((text_width("天河", 10.0) - 20.0).abs() < 1e-9);
    }
}
