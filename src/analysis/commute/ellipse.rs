use crate::{analysis::Sum, domain::Reason};

/// A place on a plane, metres, with how many commuters live or work there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted {
    pub x_m: f64,
    pub y_m: f64,
    pub commuters: i64,
}

/// An ellipse in the shape of the standard deviational ellipse (标准差椭圆).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    /// Metres, as the places are.
    pub center: (f64, f64),
    /// The longer half axis, metres: the radius of the commuting space (通勤空间半径).
    pub semi_major_m: f64,
    pub semi_minor_m: f64,
    /// Of the longer axis, degrees from east to north, above -90 and up to 90.
    pub angle_degrees: f64,
}

/// The smallest ellipse of the shape and place of the standard deviational ellipse that holds a
/// share of the commuters' ends: centre and axes come from mean and covariance of all of them, and
/// both axes grow by one factor until `share` of the weight is inside, border included.
///
/// # Errors
/// [`Reason::NoPopulation`] where nobody is anywhere.
///
/// # Source
/// Lefever (1926), American Journal of Sociology 32(1), for the ellipse; its use for 90 % of
/// commuters: China Academy of Urban Planning & Design, Commuting Monitoring Report, yearly since
/// 2020, which publishes no formula beyond that.
pub fn covering_ellipse(places: &[Weighted], share: f64) -> Result<Ellipse, Reason> {
    let places: Vec<&Weighted> = places.iter().filter(|p| p.commuters > 0).collect();
    let all: i64 = places.iter().map(|place| place.commuters).sum();
    if all == 0 {
        return Err(Reason::NoPopulation);
    }
    let mean = |value: &dyn Fn(&Weighted) -> f64| -> f64 {
        let weighted = places
            .iter()
            .map(|place| place.commuters as f64 * value(place));
        weighted.collect::<Sum>().value() / all as f64
    };
    let center = (mean(&|p| p.x_m), mean(&|p| p.y_m));
    let off = |place: &Weighted| (place.x_m - center.0, place.y_m - center.1);
    let xx = mean(&|p| off(p).0.powi(2));
    let yy = mean(&|p| off(p).1.powi(2));
    let xy = mean(&|p| off(p).0 * off(p).1);
    // Eigenvalues of the covariance: variances along the two axes.
    let (half_sum, half_gap) = ((xx + yy) / 2.0, ((xx - yy) / 2.0).hypot(xy));
    let (major, minor) = (half_sum + half_gap, (half_sum - half_gap).max(0.0));
    let angle = xy.atan2((xx - yy) / 2.0) / 2.0;
    let (sin, cos) = angle.sin_cos();
    // Below a millimetre there is no width.
    let along_axis = |metres: f64, variance: f64| match variance > 1e-6 {
        true => metres.powi(2) / variance,
        false => 0.0,
    };
    let mut distances: Vec<(f64, i64)> = places
        .iter()
        .map(|place| {
            let (x, y) = off(place);
            let (along, across) = (x * cos + y * sin, y * cos - x * sin);
            let squared = along_axis(along, major) + along_axis(across, minor);
            (squared, place.commuters)
        })
        .collect();
    distances.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = share * all as f64;
    let mut inside = 0;
    let factor = distances.iter().find(|(_, commuters)| {
        inside += commuters;
        inside as f64 >= wanted * (1.0 - 1e-12)
    });
    let factor = factor
        .or(distances.last())
        .map_or(0.0, |(squared, _)| squared.sqrt());
    Ok(Ellipse {
        center,
        semi_major_m: factor * major.sqrt(),
        semi_minor_m: factor * minor.sqrt(),
        angle_degrees: angle.to_degrees(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(x_m: f64, y_m: f64, commuters: i64) -> Weighted {
        Weighted {
            x_m,
            y_m,
            commuters,
        }
    }

    #[test]
    fn a_cross_has_its_longer_arm_as_radius() {
        // Variances 2·4²/4 = 8 and 2·1²/4 = 0.5; each arm's end lies √2 deviations out.
        let cross = [
            at(4.0, 0.0, 1),
            at(-4.0, 0.0, 1),
            at(0.0, 1.0, 1),
            at(0.0, -1.0, 1),
        ];
        let found = covering_ellipse(&cross, 0.9).expect("somebody");
        assert!((found.semi_major_m - 4.0).abs() < 1e-9, "{found:?}");
        assert!((found.semi_minor_m - 1.0).abs() < 1e-9);
        assert!(found.angle_degrees.abs() < 1e-9);
    }

    #[test]
    fn a_tenth_may_live_far_out() {
        let mut places: Vec<Weighted> = (0..9).map(|at_x| at(f64::from(at_x), 0.0, 10)).collect();
        places.push(at(1000.0, 0.0, 10));
        let found = covering_ellipse(&places, 0.9).expect("somebody");
        // The centre is at 103.6; the ninth of ten is the one at 0.
        assert!((found.semi_major_m - 103.6).abs() < 1e-6, "{found:?}");
        assert_eq!(found.semi_minor_m, 0.0);
    }

    #[test]
    fn nobody_and_one_place() {
        assert_eq!(covering_ellipse(&[], 0.9), Err(Reason::NoPopulation));
        assert_eq!(
            covering_ellipse(&[at(1.0, 1.0, 0)], 0.9),
            Err(Reason::NoPopulation)
        );
        let found = covering_ellipse(&[at(5.0, 5.0, 7)], 0.9).expect("somebody");
        assert_eq!((found.semi_major_m, found.center), (0.0, (5.0, 5.0)));
    }

    proptest! {
        #[test]
        fn the_share_is_inside_and_less_is_not(
            places in prop::collection::vec((-900.0..900.0f64, -900.0..900.0f64, 1i64..50), 3..40),
            degrees in 0.0..180.0f64,
        ) {
            let places: Vec<Weighted> = places.into_iter().map(|(x, y, n)| at(x, y, n)).collect();
            let found = covering_ellipse(&places, 0.9).expect("somebody");
            let (sin, cos) = found.angle_degrees.to_radians().sin_cos();
            let inside = |grow: f64| -> i64 {
                let is_in = |p: &&Weighted| {
                    let (x, y) = (p.x_m - found.center.0, p.y_m - found.center.1);
                    let (along, across) = (x * cos + y * sin, y * cos - x * sin);
                    (along / found.semi_major_m).powi(2) + (across / found.semi_minor_m).powi(2) <= grow
                };
                places.iter().filter(is_in).map(|p| p.commuters).sum()
            };
            let all: i64 = places.iter().map(|p| p.commuters).sum();
            prop_assume!(found.semi_minor_m > 1.0);
            prop_assert!(inside(1.0 + 1e-9) as f64 >= 0.9 * all as f64);
            prop_assert!((inside(1.0 - 1e-9) as f64) < 0.9 * all as f64);
            // However the map is turned, the radius is the same.
            let (sin, cos) = degrees.to_radians().sin_cos();
            let turned: Vec<Weighted> = places.iter()
                .map(|p| at(p.x_m * cos - p.y_m * sin, p.x_m * sin + p.y_m * cos, p.commuters))
                .collect();
            let turned = covering_ellipse(&turned, 0.9).expect("somebody");
            prop_assert!((turned.semi_major_m - found.semi_major_m).abs() < 1e-6 * found.semi_major_m);
        }
    }
}
