//! Well-known text: `POINT (113.2 23.1)`, `POLYGON ((…))`, with or without `SRID=…;`.

use geo::Coord;

use super::{
    Refusal,
    raw::Shape,
    shape::{Coords, build},
};

/// # Errors
/// A text that is no geometry of points, lines or polygons.
pub(super) fn parse(text: &str) -> Result<Shape, Refusal> {
    let text = text.trim();
    let text = match text.split_once(';') {
        Some((srid, rest)) if srid.to_ascii_uppercase().starts_with("SRID=") => rest.trim(),
        _ => text,
    };
    let letters = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (kind, rest) = text.split_at(letters);
    let mut rest = rest.trim_start();
    for dimension in ["ZM", "Z", "M", "zm", "z", "m"] {
        if let Some(after) = rest.strip_prefix(dimension) {
            rest = after.trim_start();
            break;
        }
    }
    // `POINTZ` without a blank; no kind of geometry ends in these letters.
    let kind = kind.trim_end_matches(['Z', 'M', 'z', 'm']);
    if kind.is_empty() {
        return Err(Refusal::BrokenGeometry("it is no well-known text".into()));
    }
    if rest.eq_ignore_ascii_case("empty") {
        return Err(Refusal::EmptyGeometry);
    }
    let mut parser = Parser { rest };
    let coords = parser.list(0)?;
    if !parser.rest.trim().is_empty() {
        return Err(wrong());
    }
    // A single position stands in brackets, too: POINT (1 2).
    let coords = match (kind.eq_ignore_ascii_case("point"), coords) {
        (true, Coords::Positions(list)) if list.len() == 1 => Coords::Position(list[0]),
        (_, coords) => coords,
    };
    build(kind, coords)
}

fn wrong() -> Refusal {
    Refusal::BrokenGeometry("the well-known text is not well-formed".into())
}

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    /// `( item, item … )` where items are positions or lists.
    fn list(&mut self, depth: usize) -> Result<Coords, Refusal> {
        if depth > 3 {
            return Err(wrong());
        }
        self.rest = self.rest.trim_start().strip_prefix('(').ok_or_else(wrong)?;
        let mut items = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with('(') {
                items.push(self.list(depth + 1)?);
            } else {
                items.push(Coords::Position(self.position()?));
            }
            self.rest = self.rest.trim_start();
            if let Some(after) = self.rest.strip_prefix(',') {
                self.rest = after;
            } else {
                self.rest = self.rest.strip_prefix(')').ok_or_else(wrong)?;
                return Ok(Coords::nest(items));
            }
        }
    }

    fn position(&mut self) -> Result<Coord<f64>, Refusal> {
        let end = self.rest.find([',', ')', '(']).ok_or_else(wrong)?;
        let (text, after) = self.rest.split_at(end);
        self.rest = after;
        let mut numbers = text.split_ascii_whitespace().map(str::parse::<f64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(x)), Some(Ok(y))) if numbers.clone().count() <= 2 => Ok(Coord { x, y }),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::{Geometry, wkt as geometry};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_texts_are_read() {
        let read = |text| parse(text).map(|shape| shape.geometry);
        assert_eq!(
            read("POINT (113.2 23.1)"),
            Ok(Geometry::from(geometry!(POINT(113.2 23.1))))
        );
        assert_eq!(
            read("SRID=4490;point z(1 2 3)").unwrap(),
            Geometry::from(geometry!(POINT(1. 2.)))
        );
        let square = geometry!(POLYGON((0. 0.,1. 0.,1. 1.,0. 0.)));
        assert_eq!(
            read("Polygon((0 0, 1 0, 1 1, 0 0))").unwrap(),
            Geometry::from(square.clone())
        );
        assert_eq!(
            read("MULTIPOLYGON(((0 0,1 0,1 1,0 0)))").unwrap(),
            Geometry::from(geo::MultiPolygon(vec![square]))
        );
        assert!(matches!(
            read("MULTIPOINT((1 2),(3 4))"),
            Ok(Geometry::MultiPoint(_))
        ));
        assert_eq!(read("POINT EMPTY"), Err(Refusal::EmptyGeometry));
        for text in [
            "",
            "POINT",
            "POINT(1)",
            "POINT(1 2",
            "POINT(1 2))",
            "LINESTRING(1 2)x",
            "(((",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(POINT|POLYGON|MULTIPOINT)?[ ()0-9,.A-Z界]{0,40}") {
            let _ = parse(&text);
        }
    }
}
