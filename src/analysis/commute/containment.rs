use crate::domain::Reason;

/// How far homes and workplaces of an area fit together by who in fact commutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Containment {
    /// Share of resident workers who work inside (居住者自足性).
    pub self_containment: Result<f64, Reason>,
    /// Share of jobs that residents hold (就业自足性).
    pub self_sufficiency: Result<f64, Reason>,
    /// Workers inside ÷ commuters across the boundary, both ways (独立指数).
    pub independence: Result<f64, Reason>,
}

/// Self-containment, self-sufficiency and independence of an area.
///
/// # Arguments
/// * `inside` - commuters who live and work in the area
/// * `out` - commuters who live there and work elsewhere
/// * `into` - commuters who live elsewhere and work there
///
/// # Source
/// Thomas (1969), London's New Towns; Cervero (1995), Urban Studies 32(7). Nobody across the
/// boundary makes independence undefined ([`Reason::Closed`]), not infinite.
pub fn containment(inside: i64, out: i64, into: i64) -> Containment {
    let share = |whole: i64, nobody: Reason| match whole {
        0 => Err(nobody),
        whole => Ok(inside as f64 / whole as f64),
    };
    let is_empty = inside + out + into == 0;
    let unless_empty = |reason| if is_empty { Reason::Empty } else { reason };
    Containment {
        self_containment: share(inside + out, unless_empty(Reason::NoPopulation)),
        self_sufficiency: share(inside + into, unless_empty(Reason::NoJobs)),
        independence: share(out + into, unless_empty(Reason::Closed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::commute::v1;

    #[test]
    fn the_three_zones_of_vector_v1() {
        let wanted = [
            (0.4, 0.8, 80.0 / 140.0),
            (0.9, 0.3, 90.0 / 220.0),
            (25.0 / 150.0, 0.5, 25.0 / 150.0),
        ];
        for (zone, (contained, sufficient, independent)) in wanted.into_iter().enumerate() {
            let inside = v1::TRIPS[zone][zone];
            let out = v1::TRIPS[zone].iter().sum::<i64>() - inside;
            let into = v1::TRIPS.iter().map(|row| row[zone]).sum::<i64>() - inside;
            let found = containment(inside, out, into);
            v1::close(found.self_containment.unwrap(), contained);
            v1::close(found.self_sufficiency.unwrap(), sufficient);
            v1::close(found.independence.unwrap(), independent);
        }
    }

    #[test]
    fn undefined_is_not_zero_and_not_infinite() {
        let closed = containment(7, 0, 0);
        assert_eq!(closed.self_containment, Ok(1.0));
        assert_eq!(closed.independence, Err(Reason::Closed));
        let homes_only = containment(0, 5, 0);
        assert_eq!(homes_only.self_containment, Ok(0.0));
        assert_eq!(homes_only.self_sufficiency, Err(Reason::NoJobs));
        let jobs_only = containment(0, 0, 5);
        assert_eq!(jobs_only.self_containment, Err(Reason::NoPopulation));
        assert_eq!(jobs_only.independence, Ok(0.0));
        assert_eq!(containment(0, 0, 0).independence, Err(Reason::Empty));
    }
}
