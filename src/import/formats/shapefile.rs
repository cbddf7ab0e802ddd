//! Shapefile: `.shp` with `.dbf`, `.prj`, `.cpg` and, where records are out of order, `.shx`.

use std::io::Cursor;

use geo::{
    BoundingRect, Contains, Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon, Rect,
};
use shapefile::{PolygonRing, ReadableShape, record::polygon::GenericPolygon};

use super::dbf::{Dbf, Scratch};
use crate::{
    crs::Crs,
    import::{
        ImportError, Note, Refusal,
        raw::{CarriedCrs, Cell, FileFacts, RawRow, RowPlace, RowSink, Shape},
        source::Part,
        text,
    },
};

pub(super) fn read(part: &Part, sink: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    let table = match part.companion("dbf") {
        Some(bytes) => Some(Dbf::open(bytes, &with_extension(&part.name, "dbf"))?),
        None => None,
    };
    let encoding = table
        .as_ref()
        .map(|table| table.encoding(sink.encoding(), part.companion("cpg")));
    if let (Some(table), Some(encoding)) = (&table, encoding) {
        for name in table.field_names(encoding) {
            sink.column(&name)?;
        }
    } else {
        sink.note(Note::NoAttributeTable, 1);
    }
    let frames = frames(part, sink)?;
    let records = table.as_ref().map_or(frames.len(), Dbf::len);
    sink.expect_rows(records as u64);
    if records != frames.len() {
        sink.note(Note::UnevenShapefile, records.abs_diff(frames.len()) as u64);
    }
    let mut scratch = Scratch::default();
    for (index, frame) in frames.iter().enumerate().take(records) {
        let cells = match (&table, encoding) {
            (Some(table), Some(_)) if table.is_deleted(index) => {
                sink.note(Note::DeletedRecords, 1);
                continue;
            }
            (Some(table), Some(encoding)) => table.cells(index, encoding, &mut scratch),
            _ => Vec::new(),
        };
        sink.row(RawRow {
            number: index as u64 + 1,
            id: Cell::Empty,
            cells: &cells,
            place: place(frame),
        })?;
    }
    sink.note(Note::UnreadableCharacters, scratch.replaced);
    Ok(FileFacts {
        crs: carried_crs(part),
        encoding: encoding.map(text::name),
        origin: None,
    })
}

fn with_extension(name: &str, extension: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, _)) => format!("{stem}.{extension}"),
        None => name.to_owned(),
    }
}

fn carried_crs(part: &Part) -> CarriedCrs {
    let Some(prj) = part.companion("prj") else {
        return CarriedCrs::absent("there is no .prj file beside it");
    };
    let definition = text::decode_lossy(prj);
    match Crs::from_wkt(definition.trim()) {
        Ok(crs) => CarriedCrs::Known {
            crs,
            how: ".prj",
            is_default: false,
        },
        Err(e) => CarriedCrs::absent(format!("its .prj cannot be used: {e}")),
    }
}

/// The content of every shape record, in the order of the attribute table.
fn frames<'b>(part: &'b Part, sink: &mut dyn RowSink) -> Result<Vec<&'b [u8]>, ImportError> {
    let bytes = part.bytes.as_slice();
    let fail = |problem: String| ImportError::malformed(&part.name, "Shapefile", problem);
    if bytes.len() < 100 {
        return Err(fail("it ends in the middle of the header".into()));
    }
    let word = |bytes: &[u8], at: usize| {
        let word = bytes.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(i32::from_be_bytes(word)).ok()
    };
    let content = |at: usize| {
        let length = word(bytes, at + 4)?.checked_mul(2)?;
        bytes.get(at + 8..(at + 8).checked_add(length)?)
    };
    let index = part.companion("shx").filter(|shx| shx.len() >= 100);
    if let Some(index) = index {
        let offsets = (100..index.len() / 8 * 8 + 4).step_by(8);
        let frames: Option<Vec<&[u8]>> = offsets
            .take_while(|at| at + 8 <= index.len())
            .map(|at| content(word(index, at)?.checked_mul(2)?))
            .collect();
        return frames.ok_or_else(|| {
            fail("its .shx index points outside the .shp; one of the two is damaged".into())
        });
    }
    sink.note(Note::NoShapeIndex, 1);
    let mut frames = Vec::new();
    let mut at = 100;
    while at + 8 <= bytes.len() {
        let frame = content(at).ok_or_else(|| {
            fail(format!(
                "record {} runs over the end of the file",
                frames.len() + 1
            ))
        })?;
        frames.push(frame);
        at += 8 + frame.len();
    }
    Ok(frames)
}

fn place(frame: &[u8]) -> RowPlace {
    let damaged = |what: String| RowPlace::Broken(Refusal::BrokenGeometry(what));
    let Ok(length) = i32::try_from(frame.len()) else {
        return damaged("the record is too large".into());
    };
    let shape = match shapefile::Shape::read_from(&mut Cursor::new(frame), length) {
        Ok(shape) => shape,
        Err(e) => return damaged(e.to_string()),
    };
    use shapefile::Shape as S;
    let shape: Shape = match shape {
        S::NullShape => return RowPlace::Null,
        S::Point(p) => point(p.x, p.y),
        S::PointM(p) => point(p.x, p.y),
        S::PointZ(p) => point(p.x, p.y),
        S::Multipoint(m) => points(m.points().iter().map(|p| (p.x, p.y))),
        S::MultipointM(m) => points(m.points().iter().map(|p| (p.x, p.y))),
        S::MultipointZ(m) => points(m.points().iter().map(|p| (p.x, p.y))),
        S::Polyline(l) => lines(l.parts(), |p| (p.x, p.y)),
        S::PolylineM(l) => lines(l.parts(), |p| (p.x, p.y)),
        S::PolylineZ(l) => lines(l.parts(), |p| (p.x, p.y)),
        S::Polygon(g) => polygons(&g, |p| (p.x, p.y)),
        S::PolygonM(g) => polygons(&g, |p| (p.x, p.y)),
        S::PolygonZ(g) => polygons(&g, |p| (p.x, p.y)),
        S::Multipatch(_) => return RowPlace::Broken(Refusal::UnknownGeometry("Multipatch".into())),
    };
    RowPlace::Shape(shape)
}

fn point(x: f64, y: f64) -> Shape {
    Geometry::Point(Point::new(x, y)).into()
}

fn points(points: impl Iterator<Item = (f64, f64)>) -> Shape {
    Geometry::MultiPoint(MultiPoint(points.map(Point::from).collect())).into()
}

fn line<P>(points: &[P], xy: impl Fn(&P) -> (f64, f64)) -> LineString<f64> {
    LineString(points.iter().map(|p| Coord::from(xy(p))).collect())
}

fn lines<P>(parts: &[Vec<P>], xy: impl Fn(&P) -> (f64, f64)) -> Shape {
    let mut parts: Vec<_> = parts.iter().map(|part| line(part, &xy)).collect();
    match parts.len() {
        1 => Geometry::LineString(parts.remove(0)),
        _ => Geometry::MultiLineString(MultiLineString(parts)),
    }
    .into()
}

/// Polygons from rings: outer rings turn clockwise, inner ones the other way and belong to the
/// smallest outer ring around them. Where nothing turns clockwise, all rings are outer ones.
fn polygons<P>(shape: &GenericPolygon<P>, xy: impl Fn(&P) -> (f64, f64)) -> Shape {
    let mut was_unclosed = false;
    let mut outer: Vec<(Polygon<f64>, Option<Rect<f64>>)> = Vec::new();
    let mut inner = Vec::new();
    let mut take_outer = |ring: LineString<f64>| {
        let bounds = ring.bounding_rect();
        outer.push((Polygon::new(ring, Vec::new()), bounds));
    };
    for ring in shape.rings() {
        let points = line(ring.points(), &xy);
        was_unclosed |= points.0.first() != points.0.last();
        match ring {
            PolygonRing::Outer(_) => take_outer(points),
            PolygonRing::Inner(_) => inner.push(points),
        }
    }
    let has_outer = shape
        .rings()
        .iter()
        .any(|r| matches!(r, PolygonRing::Outer(_)));
    if !has_outer {
        inner.drain(..).for_each(take_outer);
    }
    let area = |rect: &Option<Rect<f64>>| rect.map_or(f64::MAX, |r| r.width() * r.height());
    outer.sort_by(|a, b| area(&a.1).total_cmp(&area(&b.1)));
    for hole in inner {
        let Some(&start) = hole.0.first() else {
            continue;
        };
        let is_around = |(polygon, bounds): &(Polygon<f64>, Option<Rect<f64>>)| {
            let in_bounds = bounds.is_some_and(|b| {
                (b.min().x..=b.max().x).contains(&start.x)
                    && (b.min().y..=b.max().y).contains(&start.y)
            });
            in_bounds && hole.0.iter().any(|c| polygon.contains(c))
        };
        match outer.iter().position(is_around) {
            Some(at) => outer[at].0.interiors_push(hole),
            None => outer.push((Polygon::new(hole, Vec::new()), None)),
        }
    }
    let mut polygons: Vec<_> = outer.into_iter().map(|(polygon, _)| polygon).collect();
    let geometry = match polygons.len() {
        1 => Geometry::Polygon(polygons.remove(0)),
        _ => Geometry::MultiPolygon(MultiPolygon(polygons)),
    };
    Shape {
        geometry,
        was_unclosed,
    }
}
