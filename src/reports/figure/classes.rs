use std::borrow::Cow;

use super::Hatch;
use crate::domain::Language;

/// How the areas of a class are filled: a color, and lines over it that show in greys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    pub color: Cow<'static, str>,
    pub hatch: Option<Hatch>,
}

/// No data (无数据).
pub const NO_DATA: Fill = hatched("#ffffff", Hatch::Dots);

const fn plain(color: &'static str) -> Fill {
    Fill {
        color: Cow::Borrowed(color),
        hatch: None,
    }
}

const fn hatched(color: &'static str, hatch: Hatch) -> Fill {
    Fill {
        color: Cow::Borrowed(color),
        hatch: Some(hatch),
    }
}

/// Light to dark.
const RISING: [Fill; 5] = [
    plain("#f1f5f4"),
    plain("#c9dcd9"),
    plain("#93bbb8"),
    plain("#4c8c8e"),
    plain("#1d5560"),
];

/// Hatched below the middle, white in it, dark above it: told apart in greys too.
const AROUND: [Fill; 5] = [
    hatched("#dbe7f1", Hatch::Close),
    hatched("#eef4f9", Hatch::Wide),
    plain("#fbf8f1"),
    plain("#e0a877"),
    plain("#9c4a1c"),
];

/// What lies over the colors of named classes, in their order.
const NAMED: [Option<Hatch>; 6] = [
    Some(Hatch::Level),
    Some(Hatch::Grid),
    None,
    Some(Hatch::Close),
    Some(Hatch::Wide),
    Some(Hatch::Back),
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
    /// What areas of no class are called.
    pub undefined: &'static str,
}

impl Classes {
    /// Classes from light to dark; a value on an edge belongs to the class above it.
    pub fn rising(edges: &[f64], print: impl Fn(f64) -> String, language: Language) -> Self {
        let last = RISING.len() - 1;
        let count = edges.len();
        let fill = |at: usize| match count {
            0 => RISING[1].clone(),
            count => RISING[at * last / count].clone(),
        };
        Classes::with(edges, fill, print, language)
    }

    /// One pale ground for all, which nothing has to be said of.
    pub fn ground() -> Self {
        Classes {
            edges: Vec::new(),
            classes: vec![Class {
                fill: plain("#f6f5f1"),
                label: String::new(),
            }],
            undefined: "",
        }
    }

    /// Four edges around a middle class.
    pub fn around(edges: &[f64], print: impl Fn(f64) -> String, language: Language) -> Self {
        match edges.len() {
            4 => Classes::with(edges, |at| AROUND[at].clone(), print, language),
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
            undefined: match language {
                Language::Zh => "无数据",
                Language::En => "no data",
            },
        }
    }

    /// Classes that are named, not measured: label and color of each, told apart by hatches too.
    /// The value of an area is the number of its class, from 0.
    pub fn named(classes: &[(String, String)], language: Language) -> Self {
        let class = |(at, (label, color)): (usize, &(String, String))| Class {
            fill: Fill {
                color: Cow::Owned(pale(color)),
                hatch: NAMED[at % NAMED.len()],
            },
            label: label.clone(),
        };
        Classes {
            edges: (1..classes.len()).map(|at| at as f64).collect(),
            classes: classes.iter().enumerate().map(class).collect(),
            undefined: match language {
                Language::Zh => "未分类",
                Language::En => "unclassified",
            },
        }
    }

    pub fn fill(&self, value: Option<f64>) -> Fill {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            return NO_DATA;
        };
        let at = self.edges.partition_point(|edge| *edge <= value);
        self.classes
            .get(at)
            .map_or(NO_DATA, |class| class.fill.clone())
    }
}

/// A color `#rrggbb` halfway to white, so that lines and letters can be read on it.
fn pale(color: &str) -> String {
    let part = |at: usize| {
        let digits = color.get(at..at + 2).unwrap_or_default();
        u8::from_str_radix(digits, 16).map_or(255, |part| 255 - (255 - part) / 2)
    };
    format!("#{:02x}{:02x}{:02x}", part(1), part(3), part(5))
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

    #[test]
    fn named_classes_go_by_number_and_differ_without_color() {
        let names = ["甲", "乙", "丙", "丁", "戊", "己"];
        let all: Vec<_> = names.map(|n| (n.to_owned(), "#204060".to_owned())).into();
        let classes = Classes::named(&all, Language::Zh);
        let fills: Vec<Fill> = (0..6).map(|at| classes.fill(Some(f64::from(at)))).collect();
        for (at, fill) in fills.iter().enumerate() {
            assert_eq!(*fill, classes.classes[at].fill);
            assert!(!fills[..at].iter().any(|other| other.hatch == fill.hatch));
        }
        assert_eq!(classes.fill(None), NO_DATA);
        assert_eq!(pale("#204060"), "#90a0b0");
    }
}
