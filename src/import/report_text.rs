//! The report in plain words.

use std::fmt::Write;

use super::{CrsFrom, FileReport, Report};
use crate::domain::{Language, Layer};

/// How many refused rows and repairs the text shows.
const SHOWN: usize = 20;

impl Report {
    /// What was read, kept, repaired, located and refused, for a person to read; ends without a
    /// line break.
    pub fn to_text(&self, layer: &Layer, language: Language) -> String {
        let zh = language == Language::Zh;
        let mut text = String::new();
        let mut line = |content: String| {
            text.push_str(&content);
            text.push('\n');
        };
        let title = layer.title.in_language(language);
        let named = |id: &str| {
            let title = layer.attribute(id).map(|a| a.title.in_language(language));
            match title.filter(|title| *title != id) {
                Some(title) => format!("{title} {id}"),
                None => id.to_owned(),
            }
        };
        line(if zh {
            format!(
                "{title}（{}）：读取 {} 行，保留 {} 行，修复 {} 行，拒收 {} 行",
                self.layer, self.read, self.kept, self.repaired.count, self.refused.count
            )
        } else {
            format!(
                "{title} ({}): {} rows read, {} kept, {} repaired, {} refused",
                self.layer, self.read, self.kept, self.repaired.count, self.refused.count
            )
        });
        for file in &self.files {
            line(file_line(file, zh));
        }
        if let Some(located) = self.located {
            let share = located
                .share()
                .map_or("—".into(), |share| format!("{:.2} %", share * 100.0));
            line(if zh {
                format!(
                    "  按键定位：{} 行中匹配 {} 行，匹配率 {share}",
                    located.tried, located.matched
                )
            } else {
                format!(
                    "  located by key: {} of {} rows, match rate {share}",
                    located.matched, located.tried
                )
            });
            let (features, without) = (located.features, located.without_row);
            if without > 0 {
                line(if zh {
                    format!("  用于定位的 {features} 个要素中有 {without} 个没有对应的行")
                } else {
                    format!("  {without} of the {features} features located by have no row")
                });
            }
        }
        if !self.used_columns.is_empty() {
            let used = self.used_columns.iter();
            let used: Vec<_> = used.map(|(h, t)| format!("{h} → {t}")).collect();
            let label = if zh { "采用的列" } else { "columns used" };
            line(format!("  {label}: {}", used.join(", ")));
        }
        if !self.dropped_columns.is_empty() {
            let label = if zh {
                "未登记、未导入的列"
            } else {
                "columns not declared and left out"
            };
            line(format!("  {label}: {}", self.dropped_columns.join(", ")));
        }
        for (attribute, sum) in &self.sums {
            let missing = self.missing_of(attribute.as_str());
            line(match (zh, missing) {
                (true, 0) => format!("  {attribute} 合计 {sum}"),
                (true, n) => format!("  {attribute} 合计 {sum}（缺值 {n} 行，缺值不是零）"),
                (false, 0) => format!("  sum of {attribute}: {sum}"),
                (false, n) => {
                    format!(
                        "  sum of {attribute}: {sum} ({n} rows have no value, which is not zero)"
                    )
                }
            });
        }
        let counts: Vec<&str> = self.sums.iter().map(|(a, _)| a.as_str()).collect();
        for (attribute, missing) in &self.missing {
            if *missing > 0 && !counts.contains(&attribute.as_str()) {
                let name = named(attribute.as_str());
                line(if zh {
                    format!("  {name}：{missing} 行缺值")
                } else {
                    format!("  {name}: {missing} rows without a value")
                });
            }
        }
        for (note, times) in &self.notes {
            let label = if zh { "说明" } else { "note" };
            line(format!("  {label}: {}", note.in_language(language, *times)));
        }
        for repair in self.repaired.listed.iter().take(SHOWN) {
            let defect = repair.defect.title();
            let defect = defect.in_language(language);
            let (before, after) = (repair.area_before_km2, repair.area_after_km2);
            line(if zh {
                format!(
                    "  修复 {} 第 {} 行（{}）：{defect}；面积 {before:.4} → {after:.4} 平方公里",
                    repair.file, repair.row, repair.id
                )
            } else {
                format!(
                    "  repaired {} row {} ({}): {defect}; area {before:.4} -> {after:.4} km²",
                    repair.file, repair.row, repair.id
                )
            });
        }
        more(&mut text, self.repaired.count, zh);
        for error in self.refused.listed.iter().take(SHOWN) {
            let reason = error.reason.in_language(language);
            let field = error.field.as_deref();
            let field = field.map_or(String::new(), |field| format!(" [{field}]"));
            let _ = writeln!(
                text,
                "{}",
                if zh {
                    format!("  拒收 {} 第 {} 行{field}：{reason}", error.file, error.row)
                } else {
                    format!(
                        "  refused {} row {}{field}: {reason}",
                        error.file, error.row
                    )
                }
            );
        }
        more(&mut text, self.refused.count, zh);
        text.truncate(text.trim_end().len());
        text
    }

    fn missing_of(&self, attribute: &str) -> u64 {
        let found = self.missing.iter().find(|(a, _)| *a == *attribute);
        found.map_or(0, |(_, missing)| *missing)
    }
}

fn more(text: &mut String, count: u64, zh: bool) {
    let rest = count.saturating_sub(SHOWN as u64);
    if rest > 0 {
        text.push_str(&if zh {
            format!("  …… 另有 {rest} 行\n")
        } else {
            format!("  … and {rest} more\n")
        });
    }
}

fn file_line(file: &FileReport, zh: bool) -> String {
    let mut line = if zh {
        format!("  {}（{}）：{} 行", file.name, file.format, file.read)
    } else {
        format!("  {} ({}): {} rows", file.name, file.format, file.read)
    };
    if let Some(from) = &file.crs_from {
        let how = match (from, zh) {
            (CrsFrom::Told, true) => "由 --crs 指定".to_owned(),
            (CrsFrom::Told, false) => "as --crs says".to_owned(),
            (CrsFrom::ToldAgainst(other), true) => {
                format!("由 --crs 指定；文件自称 {other}，以指定为准")
            }
            (CrsFrom::ToldAgainst(other), false) => {
                format!("as --crs says; the file itself says {other} and was overruled")
            }
            (CrsFrom::Carried(how), true) => format!("文件自带：{how}"),
            (CrsFrom::Carried(how), false) => format!("carried by the file: {how}"),
        };
        let label = if zh { "坐标系" } else { "coordinate system" };
        let _ = write!(line, "; {label} {} ({how})", file.crs);
    }
    if let Some(encoding) = file.encoding {
        let label = if zh { "编码" } else { "encoding" };
        let _ = write!(line, "; {label} {encoding}");
    }
    if let Some(origin) = &file.origin {
        if !origin.source.is_empty() {
            let label = if zh { "来源" } else { "source" };
            let _ = write!(line, "; {label} {}", origin.source);
        }
        if origin.synthetic {
            line.push_str(if zh {
                "；合成数据"
            } else {
                "; synthetic data"
            });
        }
    }
    line
}
