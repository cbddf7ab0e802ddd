use geo::{BooleanOps, BoundingRect, Geometry, LineString, MultiPolygon, Polygon};
use rayon::prelude::*;
use rstar::{AABB, RTree, RTreeObject};

use crate::{
    city::LoadedLayer,
    domain::{Bbox, measure},
    index::{FeatureRef, PreparedPolygon, Region, Relation},
    query::{Limits, QueryError, Ruler, Start, nearest::nearest_costs},
};

/// The largest block inside reached streets that counts as reached with them, km²: 500 m by 500 m,
/// as large as street blocks of housing are.
const LARGEST_BLOCK_KM2: f64 = 0.25;

/// What one facility serves.
struct Served {
    shape: MultiPolygon<f64>,
    prepared: PreparedPolygon,
}

impl RTreeObject for Served {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        let bounds = self.prepared.bounds();
        AABB::from_corners([bounds.west, bounds.south], [bounds.east, bounds.north])
    }
}

/// For each plot in the order of its layer: m² that a facility serves, and m² in all.
///
/// Along streets what is reached is drawn as strips beside them; who gets to all streets around a
/// block gets into it, so that a block which the streets of one facility enclose counts with them, up
/// to [`LARGEST_BLOCK_KM2`].
///
/// # Errors
/// Where nobody waits for the answer any longer, or a table of travel times names no plots.
pub fn served_land(
    ruler: &Ruler<'_>,
    plots: &LoadedLayer,
    starts: &[Start],
    cost: f64,
    limits: &Limits,
) -> Result<Vec<(i64, i64)>, QueryError> {
    if !ruler.draws_shapes() {
        return served_plots(ruler, plots, starts, cost, limits);
    }
    let served: Vec<Served> = starts
        .par_chunks(1)
        .map_init(
            || ruler.traveler(limits),
            |traveler, start| {
                let mut shape = traveler.shape(start, cost)?;
                if ruler.follows_streets() {
                    shape = with_blocks(shape);
                }
                let prepared = PreparedPolygon::new(&Geometry::MultiPolygon(shape.clone()));
                Ok(Served { shape, prepared })
            },
        )
        .filter(|served| served.as_ref().map_or(true, |s| !s.shape.0.is_empty()))
        .collect::<Result<_, QueryError>>()?;
    let tree = RTree::bulk_load(served);
    let features: Vec<_> = plots.index.iter().collect();
    features
        .par_iter()
        .map(|feature| {
            limits.check()?;
            let Some(plot) = plot_of(plots, *feature) else {
                return Ok((0, 0));
            };
            let total = area_m2(&plot);
            Ok((area_m2_within(&plot, &tree, total).min(total), total))
        })
        .collect()
}

/// By a table of travel times, which names plots and nothing between: each is served whole or not.
fn served_plots(
    ruler: &Ruler<'_>,
    plots: &LoadedLayer,
    starts: &[Start],
    cost: f64,
    limits: &Limits,
) -> Result<Vec<(i64, i64)>, QueryError> {
    let nearest = nearest_costs(ruler, plots, starts, cost, limits)?;
    let plot = |(feature, cost): (FeatureRef, f64)| {
        let all = plot_of(plots, feature).map_or(0, |plot| area_m2(&plot));
        (if cost.is_finite() { all } else { 0 }, all)
    };
    Ok(plots.index.iter().zip(nearest).map(plot).collect())
}

/// A shape with the blocks that it encloses.
fn with_blocks(shape: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let is_block = |ring: &LineString<f64>| {
        let block = Geometry::Polygon(Polygon::new(ring.clone(), Vec::new()));
        measure::area_km2(&block) <= LARGEST_BLOCK_KM2
    };
    let mut is_filled = false;
    let filled = |part: Polygon<f64>| {
        let (outline, mut holes) = part.into_inner();
        let before = holes.len();
        holes.retain(|ring| !is_block(ring));
        is_filled |= holes.len() < before;
        Polygon::new(outline, holes)
    };
    let parts: Vec<Polygon<f64>> = shape.0.into_iter().map(filled).collect();
    match is_filled && parts.len() > 1 {
        // A part may have stood inside a block of another.
        true => geo::unary_union(&parts),
        false => MultiPolygon::new(parts),
    }
}

/// The shape of a plot; `None` where it is none.
fn plot_of(plots: &LoadedLayer, feature: FeatureRef) -> Option<MultiPolygon<f64>> {
    match plots.index.geometry(feature) {
        Geometry::Polygon(polygon) => Some(MultiPolygon::new(vec![polygon])),
        Geometry::MultiPolygon(parts) => Some(parts),
        _ => None,
    }
}

fn area_m2(shape: &MultiPolygon<f64>) -> i64 {
    let km2 = measure::area_km2(&Geometry::MultiPolygon(shape.clone()));
    (km2 * 1e6).round() as i64
}

fn area_m2_within(plot: &MultiPolygon<f64>, served: &RTree<Served>, total: i64) -> i64 {
    let Some(bounds) = plot.bounding_rect().map(Bbox::from) else {
        return 0;
    };
    let window = AABB::from_corners([bounds.west, bounds.south], [bounds.east, bounds.north]);
    let mut near: Vec<&MultiPolygon<f64>> = Vec::new();
    for served in served.locate_in_envelope_intersecting(window) {
        match served.prepared.relation(&bounds) {
            Relation::Outside => {}
            Relation::Inside => return total,
            Relation::Crosses => near.push(&served.shape),
        }
    }
    // What several facilities serve counts once.
    match near[..] {
        [] => 0,
        [only] => area_m2(&plot.intersection(only)),
        _ => {
            let together = geo::unary_union(near.iter().flat_map(|shape| &shape.0));
            area_m2(&plot.intersection(&together))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        city::City,
        domain::Reason,
        query::{
            Limits, access, catchments, coverage,
            test_city::{Feature, TestCity},
        },
    };

    /// Three plots of a hectare each in a row, and a clinic in the middle of the first.
    fn plots() -> TestCity {
        plots_at(&[("p1", "c1", 5), ("p2", "c1", 15), ("p3", "c1", 16)])
    }

    /// The same with other minutes in the table.
    fn plots_at(minutes: &[(&str, &str, u32)]) -> TestCity {
        let plots: &[Feature<'_>] = &[
            ("p1", (0.0, 0.0), &[("kind", "R2")]),
            ("p2", (100.0, 0.0), &[]),
            ("p3", (200.0, 0.0), &[]),
        ];
        TestCity::new()
            .with_squares("residential_land", 100.0, plots)
            .with("clinics", &[("c1", (50.0, 50.0), &[])])
            .with(
                "residences",
                &[("a", (50.0, 50.0), &[("usual_residents", "10")])],
            )
            .with_matrix("survey", ["residential_land", "clinics"], minutes)
    }

    fn covered(city: &City, how: serde_json::Value) -> (i64, i64) {
        let mut question =
            json!({"layer": "clinics", "level": "city", "denominator": "residential_land"});
        let fields = question.as_object_mut().expect("an object");
        fields.extend(how.as_object().expect("an object").clone());
        let question = serde_json::from_value(question).expect("a question");
        let found = coverage(city, &question, &Limits::generous()).expect("an answer");
        let totals = found.totals;
        totals.covered.zip(totals.total).expect("known")
    }

    #[test]
    fn plots_are_served_in_part_by_distance_and_whole_by_a_table_of_times() {
        let city = plots().build();
        let (circle, all) = covered(&city, json!({"cutoff": 50.0}));
        assert!((all - 30_000).abs() <= 100, "{all}");
        // The circle inscribed in the first plot.
        assert!((circle - 7854).abs() <= 60, "{circle}");
        let by_table = |min: u32| {
            let how = json!({"cutoff": min, "unit": "min", "mode": "matrix:survey"});
            covered(&city, how)
        };
        for (min, served) in [(4, 0), (5, 1), (15, 2), (16, 3)] {
            assert_eq!(by_table(min), (all * served / 3, all), "{min} min");
        }
    }

    #[test]
    fn blocks_that_reached_streets_enclose_are_served_up_to_a_size() {
        let ask = |spacing: f64| {
            let plot: &[Feature<'_>] = &[("p1", (0.0, 0.0), &[("kind", "R2")])];
            let city = TestCity::new()
                .with_squares("residential_land", 2.0 * spacing, plot)
                .with("clinics", &[("c1", (spacing, spacing), &[])])
                .with_raster_of_streets(3, spacing)
                .build();
            move |cutoff: f64| {
                let (covered, all) = covered(&city, json!({"cutoff": cutoff, "mode": "walk"}));
                covered as f64 / all as f64
            }
        };
        // Four blocks of 16 ha, 200 m from the strip of any street to their middle.
        let blocks = ask(400.0);
        assert!(blocks(2000.0) > 0.999, "{}", blocks(2000.0));
        assert!(blocks(500.0) < 0.5, "{}", blocks(500.0));
        // What is larger than a block stays open country between streets.
        let country = ask(700.0);
        assert!(country(5000.0) < 0.3, "{}", country(5000.0));
    }

    #[test]
    fn a_part_inside_a_block_is_not_counted_twice() {
        let square = |from: f64, to: f64| {
            let corners = [(from, from), (to, from), (to, to), (from, to), (from, from)];
            geo::LineString::from(corners.to_vec())
        };
        let ring = geo::Polygon::new(square(0.0, 0.004), vec![square(0.001, 0.003)]);
        let island = geo::Polygon::new(square(0.0015, 0.0025), vec![]);
        let filled = super::with_blocks(geo::MultiPolygon::new(vec![ring, island]));
        assert_eq!((filled.0.len(), filled.0[0].interiors().len()), (1, 0));
    }

    #[test]
    fn homes_that_a_table_does_not_name_are_refused_and_not_counted_as_unserved() {
        let city = plots().build();
        let question = json!({"layer": "clinics", "level": "city", "cutoff": 9, "unit": "min",
            "mode": "matrix:survey"});
        let question = serde_json::from_value(question).expect("a question");
        let refused = coverage(&city, &question, &Limits::generous()).expect_err("a refusal");
        let told = refused.to_string();
        assert!(told.contains("from residential_land to clinics"), "{told}");
        let none = TestCity::new()
            .with("clinics", &[("c1", (0.0, 0.0), &[])])
            .build();
        let question = json!({"layer": "clinics", "level": "city", "cutoff": 9,
            "denominator": "residential_land"});
        let question = serde_json::from_value(question).expect("a question");
        let found = coverage(&none, &question, &Limits::generous()).expect("an answer");
        assert_eq!(found.totals.reason, Some(Reason::NoResidentialLand));
    }

    #[test]
    fn catchments_and_access_count_plots_by_their_inner_point_and_by_their_id() {
        let city = plots().build();
        let ask = |question: serde_json::Value| {
            let question = serde_json::from_value(question).expect("a question");
            catchments(&city, &question, &Limits::generous()).expect("an answer")
        };
        let plots = |found: &crate::query::Catchments| -> Vec<serde_json::Value> {
            let all = found.catchments.iter();
            all.map(|c| c.totals["residential_land.features"].clone())
                .collect()
        };
        let clinic = json!([{"layer": "clinics", "id": "c1"}]);
        let straight = ask(json!({"origins": clinic, "cutoffs": [99, 101, 201]}));
        assert_eq!(plots(&straight), [json!(1), json!(2), json!(3)]);
        let table = ask(json!({"origins": clinic, "cutoffs": [5, 15], "unit": "min",
            "mode": "matrix:survey", "direction": "to"}));
        assert_eq!(plots(&table), [json!(1), json!(2)]);
        assert!(!table.left_out.0.contains_key("residential_land.features"));
        // A plot of which the table says nothing is not passed over in silence.
        let fewer = plots_at(&[("p1", "c1", 5), ("p2", "c1", 15)]).build();
        let question = json!({"origins": clinic, "cutoffs": [15], "unit": "min",
            "mode": "matrix:survey", "direction": "to"});
        let question = serde_json::from_value(question).expect("a question");
        let found = catchments(&fewer, &question, &Limits::generous()).expect("an answer");
        assert_eq!(found.left_out.0["residential_land.features"].unnamed, 1);
        // Homes reach plots as they reach any place.
        let question = json!({"to": {"layer": "residential_land", "capacity": "features"},
            "measure": "cumulative", "cutoff": 120});
        let question = serde_json::from_value(question).expect("a question");
        let found = access(&city, &question, &Limits::generous()).expect("an answer");
        assert_eq!(found.answer.rows[0].value, Some(2.0));
    }
}
