//! The parts of the package beside the text.

use super::super::super::figure::escape;
use crate::{
    domain::Language,
    reports::{Document, Report, Seal},
};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

pub const CONTENT_TYPES: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">"#,
    r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#,
    r#"<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>"#,
    r#"<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>"#,
    r#"<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>"#,
    r#"<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>"#,
    r#"<Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>"#,
    r#"<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>"#,
    r#"<Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>"#,
    r#"<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>"#,
    r#"<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/>"#,
    r#"<Override PartName="/customXml/itemProps1.xml" ContentType="application/vnd.openxmlformats-officedocument.customXmlProperties+xml"/>"#,
    "</Types>"
);

pub const RELATIONS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    r#"<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>"#,
    r#"<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>"#,
    r#"<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties" Target="docProps/app.xml"/>"#,
    "</Relationships>"
);

pub const SETTINGS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    r#"<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:zoom w:percent="100"/>"#,
    r#"<w:defaultTabStop w:val="420"/><w:characterSpacingControl w:val="compressPunctuation"/>"#,
    r#"<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>"#,
    "</w:settings>"
);

/// The namespace of the seal; nothing is fetched from there.
const NAMESPACE: &str = "urn:suitu:report";

pub const SEAL_PROPERTIES: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n",
    r#"<ds:datastoreItem ds:itemID="{6C1B7C0E-5E8A-4D0B-9D7A-5A1170000001}" xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml">"#,
    r#"<ds:schemaRefs><ds:schemaRef ds:uri="urn:suitu:report"/></ds:schemaRefs></ds:datastoreItem>"#
);

pub const SEAL_RELATIONS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    r#"<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXmlProps" Target="itemProps1.xml"/>"#,
    "</Relationships>"
);

pub fn seal(seal: &Seal) -> String {
    let json = seal.to_json();
    format!(
        "{DECLARATION}<report xmlns=\"{NAMESPACE}\">{}</report>",
        escape(&json)
    )
}

pub fn core(report: &Report) -> String {
    let document = &report.document;
    let language = match document.language {
        Language::Zh => "zh-CN",
        Language::En => "en",
    };
    let dated = match report.dated.is_empty() {
        true => String::new(),
        false => {
            let at = escape(&report.dated);
            format!(
                r#"<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified>"#
            )
        }
    };
    format!(
        concat!(
            "{}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" ",
            "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" ",
            "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title><dc:creator>{}</dc:creator>",
            "<cp:keywords>{}</cp:keywords><dc:language>{}</dc:language>{}</cp:coreProperties>"
        ),
        DECLARATION,
        escape(&document.title),
        escape(&report.seal.software),
        escape(&format!("sha256:{}", report.seal.checksum)),
        language,
        dated
    )
}

pub fn app(report: &Report) -> String {
    format!(
        "{DECLARATION}<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Application>{}</Application></Properties>",
        escape(&report.seal.software)
    )
}

/// Header and footer are rId1 and rId2, styles rId3, settings rId4, the seal rId5, the footer of
/// pages across rId6; figure n is rId(9 + n).
pub fn document_relations(figures: usize) -> String {
    let base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut out = format!(
        "{DECLARATION}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    );
    for (id, kind, target) in [
        (1, "header", "header1.xml"),
        (2, "footer", "footer1.xml"),
        (3, "styles", "styles.xml"),
        (4, "settings", "settings.xml"),
        (5, "customXml", "../customXml/item1.xml"),
        (6, "footer", "footer2.xml"),
    ] {
        out +=
            &format!("<Relationship Id=\"rId{id}\" Type=\"{base}/{kind}\" Target=\"{target}\"/>");
    }
    for number in 1..=figures {
        let id = 9 + number;
        out += &format!(
            "<Relationship Id=\"rId{id}\" Type=\"{base}/image\" Target=\"media/figure{number}.png\"/>"
        );
    }
    out + "</Relationships>"
}

const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

pub fn header(document: &Document) -> String {
    let marks = escape(&document.marks.join(" · ")).into_owned();
    format!(
        "{DECLARATION}<w:hdr xmlns:w=\"{W}\"><w:p><w:pPr><w:pStyle w:val=\"Header\"/><w:jc w:val=\"right\"/></w:pPr><w:r><w:t>{marks}</w:t></w:r></w:p></w:hdr>"
    )
}

/// The footer of pages whose text is `width` wide: what it says on the left, the page on the right.
pub fn footer(document: &Document, width: usize) -> String {
    let field = |code: &str| {
        format!(
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> {code} </w:instrText></w:r>\
             <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
        )
    };
    format!(
        "{DECLARATION}<w:ftr xmlns:w=\"{W}\"><w:p><w:pPr><w:pStyle w:val=\"Footer\"/><w:tabs><w:tab w:val=\"right\" w:pos=\"{width}\"/></w:tabs></w:pPr>\
         <w:r><w:t xml:space=\"preserve\">{}</w:t></w:r><w:r><w:tab/></w:r>{}<w:r><w:t xml:space=\"preserve\"> / </w:t></w:r>{}</w:p></w:ftr>",
        escape(&document.footer),
        field("PAGE"),
        field("NUMPAGES")
    )
}

/// Body in 宋体 and Times New Roman, headings and tables in 黑体 and Arial.
pub fn styles(language: Language) -> String {
    let song = "<w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:eastAsia=\"宋体\" w:cs=\"Times New Roman\"/>";
    let hei = "<w:rFonts w:ascii=\"Arial\" w:hAnsi=\"Arial\" w:eastAsia=\"黑体\" w:cs=\"Arial\"/>";
    let (lang, indent, justify) = match language {
        Language::Zh => (
            "w:val=\"en-US\" w:eastAsia=\"zh-CN\"",
            "<w:ind w:firstLineChars=\"200\" w:firstLine=\"420\"/>",
            "both",
        ),
        Language::En => ("w:val=\"en-GB\" w:eastAsia=\"zh-CN\"", "", "left"),
    };
    let mut out = format!(
        "{DECLARATION}<w:styles xmlns:w=\"{W}\"><w:docDefaults><w:rPrDefault><w:rPr>{song}<w:sz w:val=\"21\"/><w:szCs w:val=\"21\"/><w:lang {lang}/></w:rPr></w:rPrDefault>\
         <w:pPrDefault><w:pPr><w:spacing w:after=\"0\" w:line=\"340\" w:lineRule=\"auto\"/></w:pPr></w:pPrDefault></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:qFormat/></w:style>\
         <w:style w:type=\"table\" w:default=\"1\" w:styleId=\"TableNormal\"><w:name w:val=\"Normal Table\"/><w:uiPriority w:val=\"99\"/><w:semiHidden/>\
         <w:tblPr><w:tblInd w:w=\"0\" w:type=\"dxa\"/><w:tblCellMar><w:left w:w=\"60\" w:type=\"dxa\"/><w:right w:w=\"60\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr></w:style>"
    );
    let mut style = |id: &str, name: &str, paragraph: &str, run: &str| {
        out += &format!(
            "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:basedOn w:val=\"Normal\"/><w:next w:val=\"BodyText\"/><w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
        );
    };
    style(
        "BodyText",
        "Body Text",
        &format!("<w:spacing w:after=\"100\"/>{indent}<w:jc w:val=\"{justify}\"/>"),
        "",
    );
    style(
        "Title",
        "Title",
        "<w:spacing w:before=\"240\" w:after=\"320\" w:line=\"320\" w:lineRule=\"auto\"/><w:jc w:val=\"center\"/>",
        &format!("{hei}<w:b/><w:sz w:val=\"40\"/><w:szCs w:val=\"40\"/>"),
    );
    for (level, size, before) in [(1, 30, 400), (2, 25, 260), (3, 22, 180)] {
        style(
            &format!("Heading{level}"),
            &format!("heading {level}"),
            &format!(
                "<w:keepNext/><w:keepLines/><w:spacing w:before=\"{before}\" w:after=\"120\" w:line=\"300\" w:lineRule=\"auto\"/><w:outlineLvl w:val=\"{}\"/>",
                level - 1
            ),
            &format!("{hei}<w:b/><w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/>"),
        );
    }
    style(
        "Finding",
        "Finding",
        "<w:pBdr><w:left w:val=\"single\" w:sz=\"18\" w:space=\"10\" w:color=\"1D5560\"/></w:pBdr><w:spacing w:after=\"60\"/><w:ind w:left=\"620\" w:hanging=\"320\"/>",
        "",
    );
    style(
        "FindingsHeading",
        "Findings Heading",
        "<w:keepNext/><w:pBdr><w:left w:val=\"single\" w:sz=\"18\" w:space=\"10\" w:color=\"1D5560\"/></w:pBdr><w:spacing w:before=\"200\" w:after=\"60\"/><w:ind w:left=\"300\"/>",
        &format!("{hei}<w:b/><w:sz w:val=\"24\"/>"),
    );
    style(
        "Caption",
        "caption",
        "<w:keepNext/><w:spacing w:before=\"200\" w:after=\"0\" w:line=\"280\" w:lineRule=\"auto\"/><w:jc w:val=\"center\"/>",
        &format!("{hei}<w:b/><w:sz w:val=\"19\"/><w:szCs w:val=\"19\"/>"),
    );
    style(
        "FigureCaption",
        "Figure Caption",
        "<w:spacing w:before=\"60\" w:after=\"240\" w:line=\"280\" w:lineRule=\"auto\"/><w:jc w:val=\"center\"/>",
        &format!("{hei}<w:b/><w:sz w:val=\"19\"/><w:szCs w:val=\"19\"/>"),
    );
    style(
        "Unit",
        "Table Unit",
        "<w:keepNext/><w:spacing w:after=\"20\" w:line=\"260\" w:lineRule=\"auto\"/><w:jc w:val=\"right\"/>",
        &format!("{hei}<w:color w:val=\"5C5C5C\"/><w:sz w:val=\"17\"/><w:szCs w:val=\"17\"/>"),
    );
    for (name, size) in [("Table", 17), ("Dense", 15)] {
        let letters = format!("<w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/>");
        style(
            &format!("{name}Text"),
            &format!("{name} Text"),
            "<w:spacing w:before=\"16\" w:after=\"16\" w:line=\"240\" w:lineRule=\"auto\"/>",
            &letters,
        );
        style(
            &format!("{name}Heading"),
            &format!("{name} Heading"),
            "<w:keepNext/><w:spacing w:before=\"30\" w:after=\"30\" w:line=\"240\" w:lineRule=\"auto\"/>",
            &format!("{hei}{letters}"),
        );
    }
    style(
        "TableNote",
        "Table Note",
        "<w:spacing w:before=\"20\" w:after=\"40\" w:line=\"250\" w:lineRule=\"auto\"/>",
        "<w:color w:val=\"5C5C5C\"/><w:sz w:val=\"16\"/><w:szCs w:val=\"16\"/>",
    );
    style(
        "Note",
        "Method Note",
        "<w:spacing w:after=\"50\" w:line=\"290\" w:lineRule=\"auto\"/><w:ind w:left=\"360\" w:hanging=\"360\"/>",
        "<w:sz w:val=\"18\"/><w:szCs w:val=\"18\"/>",
    );
    style(
        "Header",
        "header",
        "",
        &format!("{hei}<w:color w:val=\"5C5C5C\"/><w:sz w:val=\"16\"/>"),
    );
    style(
        "Footer",
        "footer",
        "",
        &format!("{hei}<w:color w:val=\"5C5C5C\"/><w:sz w:val=\"16\"/>"),
    );
    out + "</w:styles>"
}
