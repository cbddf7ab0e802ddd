//! Reports that somebody changed after they were written: a check says different, and where.

use std::io::{Cursor, Read, Write};

use super::*;

/// The report on jobs and housing in a format.
fn report(desk: &Desk, format: &str) -> Vec<u8> {
    let file = format!("report.{format}");
    desk.done(&["report", "job-housing", "--out", &file]);
    std::fs::read(desk.path(&file)).expect("a report")
}

/// What a check says, and whether it was content.
fn checked(desk: &Desk, name: &str, bytes: &[u8]) -> (bool, String) {
    std::fs::write(desk.path(name), bytes).expect("a file");
    let output = desk.run(&["report", "--verify", name]);
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8(told).expect("UTF-8");
    (output.status.success(), told)
}

fn text(archive: &[u8], part: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut text = String::new();
    let mut part = archive.by_name(part).expect("a part");
    part.read_to_string(&mut text).expect("text");
    text
}

/// The archive with another text of one part.
fn with(archive: &[u8], part: &str, text: &str) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..old.len() {
        let mut file = old.by_index(at).expect("a part");
        let name = file.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its bytes");
        if name == part {
            bytes = text.as_bytes().to_vec();
        }
        let options = zip::write::SimpleFileOptions::default();
        new.start_file(name, options).expect("a part");
        new.write_all(&bytes).expect("its bytes");
    }
    new.finish().expect("an archive").into_inner()
}

/// The first whole number of some digits between two marks.
fn number(text: &str, before: &str, after: &str) -> String {
    let is_number = |text: &&str| {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        digits >= 4 && text.chars().all(|c| c.is_ascii_digit() || c == ',')
    };
    let cells = text.split(before).skip(1);
    let cells = cells.filter_map(|rest| rest.split_once(after).map(|(cell, _)| cell));
    cells
        .into_iter()
        .find(is_number)
        .expect("a number")
        .to_owned()
}

/// Two districts with homes and jobs.
fn town() -> Desk {
    let desk = Desk::new();
    let square = |code: &str, lon: f64| {
        let (west, east) = (lon, lon + 0.01);
        serde_json::json!({
            "type": "Feature",
            "properties": {"code": code, "name": code, "name_en": code},
            "geometry": {"type": "Polygon", "coordinates": [[
                [west, 23.1], [east, 23.1], [east, 23.11], [west, 23.11], [west, 23.1]
            ]]},
        })
    };
    let districts = serde_json::json!({
        "type": "FeatureCollection",
        "features": [square("440103", 113.3), square("440104", 113.31)],
    });
    std::fs::write(desk.path("districts.geojson"), districts.to_string()).expect("a file");
    let homes = "id,lon,lat,usual_residents,employed_residents\n\
                 a,113.305,23.105,1800,1000\nb,113.315,23.105,3900,1500\n";
    let jobs = "id,lon,lat,jobs\nx,113.304,23.104,1200\ny,113.316,23.106,2700\n";
    std::fs::write(desk.path("homes.csv"), homes).expect("a file");
    std::fs::write(desk.path("jobs.csv"), jobs).expect("a file");
    for (layer, file) in [
        ("districts", "districts.geojson"),
        ("residences", "homes.csv"),
        ("workplaces", "jobs.csv"),
    ] {
        let crs = ["--crs", "EPSG:4490", "--period", "2024"];
        desk.done(&[&["import", layer, file][..], &crs[..]].concat());
    }
    desk
}

#[test]
fn a_word_file_is_checked_as_word_shows_it() {
    let desk = town();
    let file = report(&desk, "docx");
    let (is_same, told) = checked(&desk, "same.docx", &file);
    assert!(is_same && told.contains("same"), "{told}");
    const BODY: &str = "word/document.xml";
    let body = text(&file, BODY);
    // The residents of the first district.
    let written = |number: &&&str| body.contains(&format!(">{number}</w:t>"));
    let number = ["1,800", "1800"].iter().find(written).expect("the number");
    let cell = format!("{number}</w:t></w:r>");
    let run = |looks: &str, inner: &str| format!("<w:r><w:rPr>{looks}</w:rPr>{inner}</w:r>");
    let mark = |kind: &str| run("", &format!("<w:fldChar w:fldCharType=\"{kind}\"/>"));
    let field = [
        mark("begin"),
        run("", "<w:instrText> PAGE </w:instrText>"),
        mark("separate"),
        run("", "<w:t>9</w:t>"),
        mark("end"),
    ];
    for (how, false_cell) in [
        ("a digit", format!("9{cell}")),
        ("an escaped digit", format!("&#57;{cell}")),
        (
            "shown after all",
            cell.clone() + &run("<w:vanish w:val=\"0\"/>", "<w:t>9</w:t>"),
        ),
        ("the result of a field", cell.clone() + &field.concat()),
        (
            "simple field",
            format!("{cell}<w:fldSimple w:instr=\"= 9\"/>"),
        ),
    ] {
        let (shown, falsified) = (format!(">{cell}"), format!(">{false_cell}"));
        let false_body = body.replacen(&shown, &falsified, 1);
        assert_ne!(false_body, body);
        let (is_same, told) = checked(&desk, "false.docx", &with(&file, BODY, &false_body));
        assert!(!is_same && told.contains("different"), "{how}: {told}");
        let place = format!("the report “{number}”");
        assert!(
            told.contains("Table") && told.contains(&place),
            "{how}: {told}"
        );
    }
    // What stands in the margins is read too.
    const FOOTER: &str = "word/footer1.xml";
    let footer = text(&file, FOOTER).replacen("</w:p>", "<w:r><w:t>9</w:t></w:r></w:p>", 1);
    let (is_same, told) = checked(&desk, "false.docx", &with(&file, FOOTER, &footer));
    assert!(!is_same && told.contains("different"), "{told}");
}

#[test]
fn a_workbook_is_checked_cell_by_cell() {
    let desk = town();
    let file = report(&desk, "xlsx");
    let (is_same, told) = checked(&desk, "same.xlsx", &file);
    assert!(is_same, "{told}");
    const SHEET: &str = "xl/worksheets/sheet2.xml";
    let sheet = text(&file, SHEET);
    let number = number(&sheet, "<v>", "</v>");
    let cell = format!("<v>{number}</v>");
    let added = |row: &str| sheet.replacen("</sheetData>", &format!("{row}</sheetData>"), 1);
    let text_cell =
        |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let labelled = text_cell("A900", "suitu-report") + &text_cell("B900", "990");
    for (how, false_sheet) in [
        ("a number", sheet.replacen(&cell, "<v>990</v>", 1)),
        (
            "a formula",
            sheet.replacen(&cell, &format!("<f>990</f>{cell}"), 1),
        ),
        (
            "a row named as the seal's",
            added(&format!("<row r=\"900\">{labelled}</row>")),
        ),
        (
            "a hidden row",
            sheet.replacen("<row r=\"4\"", "<row hidden=\"1\" r=\"4\"", 1),
        ),
    ] {
        assert_ne!(false_sheet, sheet, "{how}");
        let (is_same, told) = checked(&desk, "false.xlsx", &with(&file, SHEET, &false_sheet));
        assert!(!is_same && told.contains("different"), "{how}: {told}");
        assert!(
            told.contains("sheet2.xml") || told.contains('!'),
            "{how}: {told}"
        );
    }
}

#[test]
fn a_page_and_a_print_are_checked_byte_by_byte() {
    let desk = town();
    let file = report(&desk, "html");
    let (is_same, told) = checked(&desk, "same.html", &file);
    assert!(is_same, "{told}");
    let page = String::from_utf8(file).expect("UTF-8");
    let cell = format!("<td>{}</td>", number(&page, "<td>", "</td>"));
    for false_cell in [
        "<td>990</td>".to_owned(),
        format!("<td hidden>{}", &cell[4..]),
    ] {
        let false_page = page.replacen(&cell, &false_cell, 1);
        let (is_same, told) = checked(&desk, "false.html", false_page.as_bytes());
        assert!(!is_same && told.contains("different"), "{told}");
    }
    let printed = desk.run(&["report", "job-housing", "--out", "report.pdf"]);
    if String::from_utf8_lossy(&printed.stderr).contains("SUITU_CHROMIUM") {
        eprintln!("skipped: no Chromium to print with");
        return;
    }
    let file = report(&desk, "pdf");
    let (is_same, told) = checked(&desk, "same.pdf", &file);
    assert!(is_same, "{told}");
    for at in [file.len() / 4, file.len() / 2] {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let (is_same, told) = checked(&desk, "false.pdf", &changed);
        assert!(!is_same, "byte {at}: {told}");
    }
}
