use super::{Budget, Cover};

/// Takes out what makes no difference to the fewest sites, in place, and returns the sites that
/// every choice must have.
///
/// A place goes where another wants a part of its sites: who serves that one serves both. A site
/// goes where another covers all that it covers, of equals the later.
pub(super) fn reduce(
    cover: &mut Cover,
    sites: usize,
    budget: &mut Budget<'_>,
) -> Option<Vec<usize>> {
    let mut chosen = Vec::new();
    loop {
        budget.check()?;
        let before: usize = cover.places.iter().map(Vec::len).sum();
        drop_places(cover, sites, budget);
        drop_sites(cover, sites, budget);
        take_only_ones(cover, &mut chosen, sites);
        let after: usize = cover.places.iter().map(Vec::len).sum();
        if after == before || !budget.is_left() {
            return Some(chosen);
        }
    }
}

/// Whether all of `part`, in order, is in `whole`, in order.
fn is_within(part: &[u32], whole: &[u32]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|site| whole.any(|other| other == site))
}

fn drop_places(cover: &mut Cover, sites: usize, budget: &mut Budget<'_>) {
    let mut places = std::mem::take(&mut cover.places);
    places.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    // A part of a list begins with one of its sites.
    let mut by_first: Vec<Vec<usize>> = vec![Vec::new(); sites];
    for place in places {
        let mut is_needed = true;
        if budget.is_left() {
            let kept = place.iter().flat_map(|site| &by_first[*site as usize]);
            for kept in kept {
                budget.spend(cover.places[*kept].len());
                if is_within(&cover.places[*kept], &place) {
                    is_needed = false;
                    break;
                }
            }
        }
        if is_needed {
            by_first[place[0] as usize].push(cover.places.len());
            cover.places.push(place);
        }
    }
}

fn drop_sites(cover: &mut Cover, sites: usize, budget: &mut Budget<'_>) {
    let covered = by_site(cover, sites);
    let mut is_out = vec![false; sites];
    for site in 0..sites {
        // Who covers all that a site covers covers the place of it that has the fewest sites.
        let rarest = covered[site]
            .iter()
            .min_by_key(|place| cover.places[**place as usize].len());
        let Some(rarest) = rarest else { continue };
        if !budget.is_left() {
            break;
        }
        for other in &cover.places[*rarest as usize] {
            let other = *other as usize;
            if other == site || is_out[other] {
                continue;
            }
            let (own, others) = (&covered[site], &covered[other]);
            budget.spend(own.len());
            let is_larger = others.len() > own.len() || (others.len() == own.len() && other < site);
            if is_larger && is_within(own, others) {
                is_out[site] = true;
                break;
            }
        }
    }
    for place in &mut cover.places {
        place.retain(|site| !is_out[*site as usize]);
    }
}

fn take_only_ones(cover: &mut Cover, chosen: &mut Vec<usize>, sites: usize) {
    let mut is_taken = vec![false; sites];
    for place in &cover.places {
        if let [only] = place[..] {
            is_taken[only as usize] = true;
        }
    }
    chosen.extend((0..sites).filter(|site| is_taken[*site]));
    let is_served = |place: &Vec<u32>| place.iter().any(|site| is_taken[*site as usize]);
    cover.places.retain(|place| !is_served(place));
}

/// The places of each site, in order.
pub(super) fn by_site(cover: &Cover, sites: usize) -> Vec<Vec<u32>> {
    let mut covered = vec![Vec::new(); sites];
    for (place, own) in (0u32..).zip(&cover.places) {
        own.iter()
            .for_each(|site| covered[*site as usize].push(place));
    }
    covered
}
