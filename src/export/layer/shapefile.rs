use std::io::{self, Cursor, Seek, SeekFrom, Write};

use geo::{Coord, Geometry, LineString};
use shapefile::{Multipoint, Point, Polygon, PolygonRing, Polyline, ShapeWriter};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    Exported, Loss,
    dbf::{Fields, MOST_TEXT_BYTES},
    features::Features,
    shape::ShapeType,
};
use crate::export::{ExportContext, ExportError, Format, moment::Moment};

/// CGCS2000 as Esri writes it, for the `.prj`.
const CGCS2000: &str = r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

/// What the format's signed 32-bit sizes allow.
const MOST_BYTES: u64 = i32::MAX as u64;

/// A zipped shapefile in UTF-8.
///
/// Names of fields have at most 10 bytes ([`short_names`](crate::domain::short_names)); what they
/// stand for is listed in a text file in the archive. Texts have at most 254 bytes; longer ones
/// are cut and told.
pub fn write(
    features: &Features<'_>,
    context: &ExportContext<'_>,
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    let table = Fields::measure(features);
    let bytes = table.row_bytes() as u64 * features.len() as u64;
    if bytes > MOST_BYTES || table.row_bytes() > usize::from(u16::MAX) {
        return Err(ExportError::ShapefileTooLarge { bytes });
    }
    let (shp, shx) = shapes(features)?;
    if shp.len() as u64 > MOST_BYTES {
        let bytes = shp.len() as u64;
        return Err(ExportError::ShapefileTooLarge { bytes });
    }
    let exported = Exported {
        features: features.len() as u64,
        losses: table
            .cut()
            .map(|(field, features)| Loss::TextCut {
                field: field.to_owned(),
                most_bytes: MOST_TEXT_BYTES,
                features,
            })
            .collect(),
    };

    let at = Moment::parse(&context.exported_at);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(at.zip());
    let fail = ExportError::of::<zip::result::ZipError>(Format::Shapefile);
    let mut archive = ZipWriter::new(tempfile::tempfile()?);
    let name = features.layer.id.as_str();
    for (extension, bytes) in [
        ("shp", &shp[..]),
        ("shx", &shx),
        ("prj", CGCS2000.as_bytes()),
        ("cpg", b"UTF-8"),
    ] {
        archive
            .start_file(format!("{name}.{extension}"), options)
            .map_err(&fail)?;
        archive.write_all(bytes)?;
    }
    archive
        .start_file(format!("{name}.dbf"), options)
        .map_err(&fail)?;
    let mut buffered = io::BufWriter::with_capacity(1 << 16, &mut archive);
    table.write(at, &mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    archive
        .start_file(format!("{name}_fields.txt"), options)
        .map_err(&fail)?;
    archive.write_all(field_list(features, context, &table, &exported).as_bytes())?;
    let mut file = archive.finish().map_err(&fail)?;
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut file, out)?;
    Ok(exported)
}

/// The `.shp` and `.shx` files.
fn shapes(features: &Features<'_>) -> Result<(Vec<u8>, Vec<u8>), ExportError> {
    let shape = ShapeType::of(features)?;
    let (mut shp, mut shx) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    let fail = ExportError::of::<shapefile::Error>(Format::Shapefile);
    let mut writer = ShapeWriter::with_shx(&mut shp, &mut shx);
    for row in features.rows() {
        let too_short = || ExportError::Geometry {
            layer: features.layer.id.to_string(),
            id: features.id(row).to_owned(),
            problem: "a line has fewer than two points, a polygon no ring",
        };
        match &*shape.fit(features.geometry(row)) {
            Geometry::Point(place) => writer.write_shape(&point(place.0)),
            Geometry::MultiPoint(places) => {
                let points = places.iter().map(|place| point(place.0)).collect();
                writer.write_shape(&Multipoint::new(points))
            }
            Geometry::LineString(line) => {
                writer.write_shape(&polyline(std::slice::from_ref(line)).ok_or_else(too_short)?)
            }
            Geometry::MultiLineString(lines) => {
                writer.write_shape(&polyline(&lines.0).ok_or_else(too_short)?)
            }
            Geometry::Polygon(part) => {
                writer.write_shape(&polygon(std::slice::from_ref(part)).ok_or_else(too_short)?)
            }
            Geometry::MultiPolygon(parts) => {
                writer.write_shape(&polygon(&parts.0).ok_or_else(too_short)?)
            }
            _ => unreachable!("`ShapeType::of` refuses collections and `fit` resolves the rest"),
        }
        .map_err(&fail)?;
    }
    writer.finalize().map_err(&fail)?;
    drop(writer);
    Ok((shp.into_inner(), shx.into_inner()))
}

fn point(place: Coord<f64>) -> Point {
    Point::new(place.x, place.y)
}

fn points(line: &LineString<f64>) -> Vec<Point> {
    line.0.iter().copied().map(point).collect()
}

fn polyline(lines: &[LineString<f64>]) -> Option<Polyline> {
    let are_lines = !lines.is_empty() && lines.iter().all(|line| line.0.len() >= 2);
    are_lines.then(|| Polyline::with_parts(lines.iter().map(points).collect()))
}

/// The format wants outer rings clockwise and holes counterclockwise; the library sees to it.
fn polygon(parts: &[geo::Polygon<f64>]) -> Option<Polygon> {
    let is_ring = |ring: &&LineString<f64>| !ring.0.is_empty();
    let mut rings = Vec::new();
    for part in parts.iter().filter(|part| is_ring(&part.exterior())) {
        rings.push(PolygonRing::Outer(points(part.exterior())));
        let holes = part.interiors().iter().filter(is_ring);
        rings.extend(holes.map(|hole| PolygonRing::Inner(points(hole))));
    }
    (!rings.is_empty()).then(|| Polygon::with_rings(rings))
}

/// What the short names stand for, where the data come from and what was cut.
fn field_list(
    features: &Features<'_>,
    context: &ExportContext<'_>,
    table: &Fields<'_, '_>,
    exported: &Exported,
) -> String {
    let mut text = String::from("\u{feff}");
    for (label, note) in context.notes(features.len()) {
        text += &format!("{label}\t{note}\r\n");
    }
    for loss in &exported.losses {
        text += &format!("!\t{}\r\n", loss.text(context.language));
    }
    text += "\r\n";
    text += &format!("{}\tid\r\n", table.names[0]);
    for (short, field) in table.names[1..].iter().zip(&features.fields) {
        let title = field.title.in_language(context.language);
        text += &format!("{short}\t{}\t{title}\r\n", field.name);
    }
    text
}
