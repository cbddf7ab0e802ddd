//! A city in memory, made of a few rows, for tests.

use std::sync::Arc;

use geo::{Geometry, Point, Rect, coord};

use crate::{
    city::{City, LoadedLayer, Streets, TimeMatrix},
    definitions,
    domain::{AttributeType, Catalog, Layer, Table, TextColumn, Value},
    index::LayerIndex,
    network::{Lines, Matrix, Rules, graph_to_bytes, matrix_to_bytes},
    store::{Definition, ImportRecord, StoredDefinition, StoredNetwork},
};

/// The south-western corner of the plane that tests draw on, and metres of a degree there.
const CORNER: (f64, f64) = (113.0, 23.0);
const NORTH_M: f64 = 111_195.080;
const EAST_M: f64 = 102_355.6;

/// Longitude and latitude of a place some metres east and north of the corner.
pub fn at(east_m: f64, north_m: f64) -> (f64, f64) {
    (CORNER.0 + east_m / EAST_M, CORNER.1 + north_m / NORTH_M)
}

/// Metres east and north of the corner.
pub fn metres(lon: f64, lat: f64) -> (f64, f64) {
    ((lon - CORNER.0) * EAST_M, (lat - CORNER.1) * NORTH_M)
}

/// One feature: its id, its place in metres and its values by attribute; the name of a level gives
/// the code of the area that it lies in.
pub type Feature<'a> = (&'a str, (f64, f64), &'a [(&'a str, &'a str)]);

pub struct TestCity {
    catalog: Arc<Catalog>,
    layers: Vec<Arc<LoadedLayer>>,
    streets: Option<Arc<Streets>>,
    matrices: Vec<Arc<TimeMatrix>>,
    definitions: Vec<StoredDefinition>,
    period: String,
}

impl TestCity {
    pub fn new() -> Self {
        TestCity {
            catalog: Arc::new(definitions::read_catalog(None).expect("sound definitions")),
            layers: Vec::new(),
            streets: None,
            matrices: Vec::new(),
            definitions: Vec::new(),
            period: "2020".into(),
        }
    }

    /// The layers that follow are those of this period.
    pub fn at_period(mut self, period: &str) -> Self {
        self.period = period.to_owned();
        self
    }

    /// A layer of points.
    pub fn with(self, layer: &str, features: &[Feature<'_>]) -> Self {
        let place = |(_, (east, north), _): &Feature<'_>| {
            let (lon, lat) = at(*east, *north);
            Geometry::Point(Point::new(lon, lat))
        };
        self.with_shapes(layer, features, place)
    }

    /// Squares of `side_m`, each with its south-western corner at its place.
    pub fn with_squares(self, layer: &str, side_m: f64, features: &[Feature<'_>]) -> Self {
        let square = |(_, (east, north), _): &Feature<'_>| {
            let ((x1, y1), (x2, y2)) = (at(*east, *north), at(east + side_m, north + side_m));
            let square = Rect::new(coord! {x: x1, y: y1}, coord! {x: x2, y: y2});
            Geometry::Polygon(square.to_polygon())
        };
        self.with_shapes(layer, features, square)
    }

    fn with_shapes(
        mut self,
        layer: &str,
        features: &[Feature<'_>],
        shape: impl Fn(&Feature<'_>) -> Geometry<f64>,
    ) -> Self {
        let layer = self.catalog.layer(layer).expect("a built-in layer").clone();
        let mut table = Table::for_layer(&layer);
        for feature in features {
            let (id, _, given) = feature;
            table.push(id, shape(feature), &values(&layer, given));
            for level in self.catalog.levels() {
                let code = given.iter().find(|(key, _)| level == **key);
                let codes: &mut TextColumn = table.area_codes.entry(level).or_default();
                codes.push(code.map(|(_, code)| *code));
            }
        }
        let period = self.period.parse().expect("a period");
        self.layers.push(Arc::new(LoadedLayer {
            index: LayerIndex::build(layer, period, self.catalog.levels(), &table),
            records: Vec::new(),
            control_totals: Vec::new(),
            version: 1,
        }));
        self
    }

    /// Streets along every line of a square raster, `lines` of them each way.
    pub fn with_raster_of_streets(mut self, lines: u32, step_m: f64) -> Self {
        let mut streets = Lines::default();
        for north in 0..lines {
            for east in 0..lines {
                let (lon, lat) = at(f64::from(east) * step_m, f64::from(north) * step_m);
                let units = [lon, lat].map(|degrees| (degrees * 1e7).round() as i32);
                streets.points.push(units);
            }
        }
        for line in 0..lines {
            let eastward = (0..lines).map(|step| line * lines + step);
            let northward = (0..lines).map(|step| step * lines + line);
            streets.lines.push(eastward.collect());
            streets.lines.push(northward.collect());
        }
        let rules = Rules::walk().expect("built-in rules");
        let (graph, _) = streets.build().expect("a network");
        let stored = StoredNetwork {
            period: "2020".parse().expect("a year"),
            record: ImportRecord::default(),
            bytes: graph_to_bytes(&graph),
        };
        self.streets = Some(Arc::new(
            Streets::read(rules, stored, 1).expect("just written"),
        ));
        self
    }

    /// A table of travel times between the features of two layers, each pair with its minutes.
    pub fn with_matrix(
        mut self,
        name: &str,
        [from, to]: [&str; 2],
        times: &[(&str, &str, u32)],
    ) -> Self {
        let pair =
            |(from, to, min): &(&str, &str, u32)| (((*from).into(), (*to).into()), min * 60_000);
        let stored = StoredNetwork {
            period: "2020".parse().expect("a year"),
            record: ImportRecord::default(),
            bytes: matrix_to_bytes(&Matrix::new(from, to, &times.iter().map(pair).collect())),
        };
        let matrix = TimeMatrix::read(name, stored, 1).expect("just written");
        self.matrices.push(Arc::new(matrix));
        self
    }

    /// A definition of the city's own; a later one has a later number.
    pub fn with_definition(mut self, kind: &str, id: &str, text: &str) -> Self {
        self.definitions.push(StoredDefinition {
            definition: Definition {
                kind: kind.into(),
                id: id.into(),
                text: text.into(),
                record: ImportRecord::default(),
            },
            number: 2 + self.definitions.len() as u64,
        });
        self
    }

    pub fn build(self) -> City {
        let city = City::new(self.catalog, 1, Default::default(), self.layers);
        let city = city.with_streets(self.streets);
        let city = city.with_matrices(self.matrices);
        city.with_definitions(self.definitions)
    }
}

fn values(layer: &Layer, given: &[(&str, &str)]) -> Vec<Value> {
    let value = |attribute: &crate::domain::Attribute| {
        let Some((_, text)) = given.iter().find(|(key, _)| attribute.id == **key) else {
            return Value::Missing;
        };
        match attribute.kind {
            AttributeType::Count | AttributeType::Integer | AttributeType::Flag => {
                Value::Integer(text.parse().expect("a whole number"))
            }
            AttributeType::Number => Value::Number(text.parse().expect("a number")),
            _ => Value::Text((*text).to_owned()),
        }
    };
    layer.attributes.iter().map(value).collect()
}
