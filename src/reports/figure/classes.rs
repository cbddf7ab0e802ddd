use crate::domain::Language;

/// How the areas of a class are filled: a color, and lines over it that show in greys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub color: &'static str,
    pub hatch: Option<Hatch>,
    /// Whether dark letters can be read on it.
    pub is_light: bool,
}

/// Lines over a color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hatch {
    Wide,
    Close,
    Dots,
}

impl Hatch {
    pub fn id(self) -> &'static str {
        match self {
            Hatch::Wide => "wide",
            Hatch::Close => "close",
            Hatch::Dots => "dots",
        }
    }

    /// The pattern as SVG defines it.
    pub fn definition(self) -> &'static str {
        match self {
            Hatch::Wide => concat!(
                r##"<pattern id="wide" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">"##,
                r##"<line x1="0" y1="0" x2="0" y2="5" stroke="#2f6690" stroke-width="0.9"/></pattern>"##
            ),
            Hatch::Close => concat!(
                r##"<pattern id="close" width="2.6" height="2.6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">"##,
                r##"<line x1="0" y1="0" x2="0" y2="2.6" stroke="#1f4e79" stroke-width="1.1"/></pattern>"##
            ),
            Hatch::Dots => concat!(
                r##"<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse">"##,
                r##"<circle cx="1.5" cy="1.5" r="0.6" fill="#8a8a8a"/></pattern>"##
            ),
        }
    }
}

/// No data (无数据).
pub const NO_DATA: Fill = Fill {
    color: "#ffffff",
    hatch: Some(Hatch::Dots),
    is_light: true,
};

const fn plain(color: &'static str, is_light: bool) -> Fill {
    Fill {
        color,
        hatch: None,
        is_light,
    }
}

const fn hatched(color: &'static str, hatch: Hatch) -> Fill {
    Fill {
        color,
        hatch: Some(hatch),
        is_light: true,
    }
}

/// Light to dark.
const RISING: [Fill; 5] = [
    plain("#f1f5f4", true),
    plain("#c9dcd9", true),
    plain("#93bbb8", true),
    plain("#4c8c8e", false),
    plain("#1d5560", false),
];

/// Hatched below the middle, white in it, dark above it: told apart in greys too.
const AROUND: [Fill; 5] = [
    hatched("#dbe7f1", Hatch::Close),
    hatched("#eef4f9", Hatch::Wide),
    plain("#fbf8f1", true),
    plain("#e0a877", true),
    plain("#9c4a1c", false),
];

/// One class of a map.
#[derive(Clone, Debug)]
pub struct Class {
    pub fill: Fill,
    /// `0.80–1.20`
    pub label: String,
}

/// The classes of a choropleth (分级), least first.
#[derive(Clone, Debug)]
pub struct Classes {
    edges: Vec<f64>,
    pub classes: Vec<Class>,
}

impl Classes {
    /// Classes from light to dark; a value on an edge belongs to the class above it.
    pub fn rising(edges: &[f64], print: impl Fn(f64) -> String, language: Language) -> Self {
        let last = RISING.len() - 1;
        let count = edges.len();
        let fill = |at: usize| match count {
            0 => RISING[1],
            count => RISING[at * last / count],
        };
        Classes::with(edges, fill, print, language)
    }

    /// Four edges around a middle class.
    pub fn around(edges: &[f64], print: impl Fn(f64) -> String, language: Language) -> Self {
        match edges.len() {
            4 => Classes::with(edges, |at| AROUND[at], print, language),
            _ => Classes::rising(edges, print, language),
        }
    }

    fn with(
        edges: &[f64],
        fill: impl Fn(usize) -> Fill,
        print: impl Fn(f64) -> String,
        language: Language,
    ) -> Self {
        let label = |at: usize| match (at.checked_sub(1).map(|at| edges[at]), edges.get(at)) {
            (None, Some(to)) => format!("< {}", print(*to)),
            (Some(from), Some(to)) => format!("{}–{}", print(from), print(*to)),
            (Some(from), None) => format!("≥ {}", print(from)),
            (None, None) => match language {
                Language::Zh => "有数据".to_owned(),
                Language::En => "known".to_owned(),
            },
        };
        Classes {
            edges: edges.to_vec(),
            classes: (0..=edges.len())
                .map(|at| Class {
                    fill: fill(at),
                    label: label(at),
                })
                .collect(),
        }
    }

    pub fn fill(&self, value: Option<f64>) -> Fill {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            return NO_DATA;
        };
        let at = self.edges.partition_point(|edge| *edge <= value);
        self.classes.get(at).map_or(NO_DATA, |class| class.fill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_an_edge_belongs_above_and_none_has_a_class_of_its_own() {
        let print = |n: f64| format!("{n}");
        let classes = Classes::around(&[0.5, 0.8, 1.2, 2.0], print, Language::Zh);
        assert_eq!(classes.classes.len(), 5);
        assert_eq!(classes.fill(Some(0.8)), AROUND[2]);
        assert_eq!(classes.fill(Some(0.49)), AROUND[0]);
        assert_eq!(classes.fill(Some(99.0)), AROUND[4]);
        assert_eq!(classes.fill(None), NO_DATA);
        let labels: Vec<&str> = classes.classes.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(labels, ["< 0.5", "0.5–0.8", "0.8–1.2", "1.2–2", "≥ 2"]);
        assert_eq!(
            Classes::rising(&[], print, Language::Zh).fill(Some(1.0)),
            RISING[1]
        );
    }
}
