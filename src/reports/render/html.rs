use std::fmt::Write;

use super::Seen;
use crate::{
    domain::Language,
    reports::{
        Block, Report, Seal,
        document::{LineKind, Table, Words},
        figure::{escape, scoped},
    },
};

/// One page without anything from outside, made to be printed on A4.
pub struct Page {
    article: String,
}

/// What stands around the seal.
const BEFORE_SEAL: &str = "</article><script type=\"application/json\" id=\"suitu-report\">";
const AFTER_SEAL: &str = "</script></body></html>\n";

impl Page {
    pub fn of(report: &Report) -> Self {
        Page {
            article: article(report),
        }
    }

    /// What the page shows.
    pub fn seen(&self) -> Seen {
        Seen::of_html(&format!("{}{BEFORE_SEAL}{AFTER_SEAL}", self.article))
    }

    pub fn with(&self, seal: &Seal) -> String {
        // Text in a script ends at `</`; JSON knows another way to write `<`.
        let seal = seal.to_json().replace('<', "\\u003c");
        format!("{}{BEFORE_SEAL}{seal}{AFTER_SEAL}", self.article)
    }
}

/// What stands before the seal of a page and after it.
pub fn around_seal(page: &str) -> Option<(&str, &str)> {
    let (before, rest) = page.rsplit_once(BEFORE_SEAL)?;
    let (_, after) = rest.split_once("</script>")?;
    Some((before, after))
}

fn article(report: &Report) -> String {
    let document = &report.document;
    let words = Words(document.language);
    let mut out = String::new();
    let title = escape(&document.title);
    let language = match document.language {
        Language::Zh => "zh-CN",
        Language::En => "en",
    };
    let footer = css_text(&document.footer);
    let marks = css_text(&document.marks.join(" · "));
    let _ = writeln!(
        out,
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}\
         @page{{@bottom-left{{content:\"{footer}\"}}@top-right{{content:\"{marks}\"}}}}</style></head>\n<body><article>"
    );
    if let Some(text) = &document.watermark {
        out.push_str(&watermark(text));
    }
    let _ = writeln!(
        out,
        "<p class=\"marks\">{}</p><h1>{title}</h1>",
        escape(&document.marks.join(" · "))
    );
    out.push_str("<dl class=\"facts\">");
    for (label, text) in &document.facts {
        let _ = write!(
            out,
            "<div><dt>{}</dt><dd>{}</dd></div>",
            escape(label),
            escape(text)
        );
    }
    out.push_str("</dl>\n");
    let _ = write!(
        out,
        "<section class=\"findings\"><h2>{}</h2><ol>",
        document.findings_heading()
    );
    for finding in &document.findings {
        let _ = write!(out, "<li>{}</li>", escape(finding));
    }
    out.push_str("</ol></section>\n");
    for (is_across, blocks) in document.runs(|table| table.is_wide) {
        if is_across {
            out.push_str("<section class=\"wide\">");
        }
        blocks.iter().for_each(|block| write_block(&mut out, block));
        if is_across {
            out.push_str("</section>\n");
        }
    }
    let _ = writeln!(
        out,
        "<footer>{} · {}</footer>",
        escape(&document.footer),
        words.say("由穗图生成", "written by Suitu")
    );
    out
}

/// The text again and again, slanting, across every page.
fn watermark(text: &str) -> String {
    format!(
        "<svg class=\"watermark\" aria-hidden=\"true\"><defs><pattern id=\"watermark\" width=\"330\" \
         height=\"150\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-24)\">\
         <text x=\"10\" y=\"80\">{}</text></pattern></defs>\
         <rect width=\"100%\" height=\"100%\" fill=\"url(#watermark)\"/></svg>",
        escape(text)
    )
}

/// A table of no more lines stays on one page. A longer one repeats its name on every page.
const FEW_LINES: usize = 8;

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading {
            level,
            number,
            text,
        } => {
            let tag = level + 1;
            let _ = writeln!(out, "<h{tag}>{}{}</h{tag}>", escape(number), escape(text));
        }
        Block::Paragraph(text) => {
            let _ = writeln!(out, "<p>{}</p>", escape(text));
        }
        Block::Table(table) => write_table(out, table),
        Block::Figure(figure) => {
            let _ = writeln!(
                out,
                "<figure role=\"group\"><div role=\"img\" aria-label=\"{}\">{}</div><figcaption>{} {}</figcaption></figure>",
                escape(&figure.alternative),
                scoped(&figure.svg, &own_name(&figure.number)),
                escape(&figure.number),
                escape(&figure.title)
            );
        }
        Block::Notes(notes) => {
            out.push_str("<dl class=\"notes\">");
            for (label, text) in notes {
                let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escape(label), escape(text));
            }
            out.push_str("</dl>\n");
        }
    }
}

fn write_table(out: &mut String, table: &Table) {
    let _ = write!(
        out,
        "<div class=\"table{}\"><table data-id=\"{}\"{}><thead><tr class=\"caption\"><th colspan=\"{}\"><span class=\"name\">{} {}</span><span class=\"unit\">{}</span></th></tr><tr>",
        if table.lines.len() <= FEW_LINES {
            " whole"
        } else {
            ""
        },
        escape(&table.id),
        if table.is_dense() {
            " class=\"dense\""
        } else {
            ""
        },
        table.columns.len(),
        escape(&table.number),
        escape(&table.title),
        escape(&table.unit)
    );
    for (at, column) in table.columns.iter().enumerate() {
        let class = class_of(table, at);
        let _ = write!(
            out,
            "<th scope=\"col\"{class}><span>{}</span></th>",
            escape(&table.heading(column))
        );
    }
    out.push_str("</tr></thead><tbody>");
    for line in &table.lines {
        let class = match line.kind {
            LineKind::Body => "",
            LineKind::Rest => " class=\"rest\"",
            LineKind::Total => " class=\"total\"",
        };
        let _ = write!(out, "<tr{class}>");
        for (at, cell) in table.cells(line).iter().enumerate() {
            let class = class_of(table, at);
            let _ = write!(out, "<td{class}>{}</td>", escape(cell));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    if !table.notes.is_empty() {
        out.push_str("<ul class=\"footnotes\">");
        for note in &table.notes {
            let _ = write!(out, "<li>{}</li>", escape(note));
        }
        out.push_str("</ul>");
    }
    out.push_str("</div>\n");
}

/// How the cells of a column look.
fn class_of(table: &Table, at: usize) -> &'static str {
    match (table.is_number(at), table.is_prose(at)) {
        (true, _) => "",
        (_, true) => " class=\"text prose\"",
        _ => " class=\"text\"",
    }
}

/// `2-1` of `图2-1`: no two figures have the same.
fn own_name(number: &str) -> String {
    let kept = number.chars();
    kept.filter(|c| c.is_ascii_digit() || *c == '-').collect()
}

/// A text inside the quotes of a style sheet.
fn css_text(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control());
    kept.flat_map(|c| match c {
        '"' | '\\' | '<' => format!("\\{:x} ", u32::from(c)).chars().collect::<Vec<_>>(),
        c => vec![c],
    })
    .collect()
}

const STYLE: &str = "\
:root{--ink:#1a1a1a;--quiet:#5c5c5c;--rule:#3a3a3a;--hair:#c8c8c8;--accent:#1d5560}\
*{box-sizing:border-box}\
html{background:#eceae5}\
body{margin:0;color:var(--ink);font:10.5pt/1.75 'Source Han Serif SC','Noto Serif CJK SC','Noto Serif SC','Songti SC',SimSun,'Times New Roman',serif}\
article{max-width:190mm;margin:10mm auto;padding:18mm 15mm;background:#fff}\
h1,h2,h3,h4,.caption,figcaption,th,dt,.marks{font-family:'Source Han Sans SC','Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif}\
h1{text-wrap:balance;font-size:20pt;line-height:1.35;text-align:center;margin:4mm 0 7mm;font-weight:700}\
h2{font-size:14pt;margin:9mm 0 3mm;font-weight:700;break-after:avoid}\
h3{font-size:11.5pt;margin:6mm 0 2mm;font-weight:700;break-after:avoid}\
h4{font-size:10.5pt;margin:4mm 0 1mm;break-after:avoid}\
p{margin:0 0 2.5mm;text-align:justify;text-indent:2em}\
:lang(en) p{text-indent:0;text-align:left}\
.watermark{position:fixed;inset:0;width:100%;height:100%;z-index:1;pointer-events:none}\
.watermark text{font:14px sans-serif;fill:#22272b;fill-opacity:.13}\
.marks{text-align:right;text-indent:0;color:var(--quiet);font-size:9pt;margin:0}\
.facts{margin:0 0 6mm;border-top:1.2pt solid var(--rule);border-bottom:.6pt solid var(--rule);padding:2mm 0;display:grid;grid-template-columns:1fr 1fr;gap:0 8mm;font-size:9.5pt;line-height:1.6}\
.facts div{display:flex;gap:3mm}.facts dt{color:var(--quiet);flex:none;min-width:5em}.facts dd{margin:0}\
.findings{border-left:2.4pt solid var(--accent);padding:1mm 0 1mm 5mm;margin:0 0 6mm;break-inside:avoid}\
.findings h2{margin:0 0 1.5mm;font-size:12pt}.findings ol{margin:0;padding-left:1.6em}.findings li{margin:0 0 1.2mm}\
.table{margin:4mm 0 6mm;overflow-x:auto}\
.caption th{border:0;padding:0 0 1mm;font-size:9.5pt;line-height:1.5}.caption span{display:block}\
.caption .name{text-align:center;font-weight:700}.caption .unit{text-align:right;color:var(--quiet);font-size:8.5pt}\
table{border-collapse:collapse;width:100%;font-size:8.8pt;line-height:1.4;border-bottom:1.2pt solid var(--rule);font-variant-numeric:tabular-nums}\
.dense,.wide table{font-size:7.8pt}\
th{font-weight:600;padding:1.2mm 1mm;border-top:1.2pt solid var(--rule);border-bottom:.6pt solid var(--rule);text-align:right;vertical-align:bottom;text-wrap:balance}\
th.text{white-space:nowrap}.dense th[scope] span{display:inline-block;max-width:6.4em}\
.whole{break-inside:avoid}td:first-child{white-space:nowrap}td.prose:first-child{white-space:normal}\
td{padding:.75mm 1mm;text-align:right;border-bottom:.3pt solid var(--hair)}\
th.text,td.text{text-align:left}td.text{white-space:nowrap}td.prose{white-space:normal;min-width:16em}\
tr{break-inside:avoid}tbody tr:nth-child(-n+2){break-after:avoid}tbody tr:nth-last-child(-n+2){break-before:avoid}thead{display:table-header-group}\
.total td{font-weight:700;border-top:.6pt solid var(--rule)}.rest td{color:var(--quiet);font-style:normal}\
.footnotes{list-style:none;margin:1mm 0 0;padding:0;font-size:8pt;line-height:1.5;color:var(--quiet)}\
.footnotes li::before{content:'注：'}.footnotes li{margin:0}\
:lang(en) .footnotes li::before{content:'Note: '}\
figure{margin:4mm 0 7mm;break-inside:avoid}figure>div>svg{width:100%;height:auto;display:block}\
figcaption{text-align:center;font-size:9.5pt;font-weight:700;margin-top:1.5mm}\
.notes{font-size:9pt;line-height:1.6;margin:0 0 3mm;display:grid;grid-template-columns:max-content 1fr;gap:.8mm 4mm}\
.notes dt{max-width:9.5em;font-weight:600}.notes dd{margin:0;overflow-wrap:anywhere}\
footer{margin-top:10mm;padding-top:2mm;border-top:.6pt solid var(--hair);font-size:8pt;color:var(--quiet)}\
@page{size:A4;margin:22mm 25mm 20mm;@bottom-right{content:counter(page) ' / ' counter(pages);font:8pt sans-serif;color:#5c5c5c}@bottom-left{font:8pt sans-serif;color:#5c5c5c}@top-right{font:8pt sans-serif;color:#5c5c5c}}\
@page wide{size:A4 landscape}@media print{.wide{page:wide}html{background:none}article{margin:0;padding:0;max-width:none}.table{overflow:visible}footer,.marks{display:none}a{color:inherit}}";
