/// Fills blank times between their timed neighbors in proportion to `lengths_m`, the
/// straight-line lengths from each call to the next; equal steps where they add up to nothing.
/// Rounded half up to a second. Returns how many were filled, or `None` where an end is blank
/// or times run backwards.
pub fn fill(times: &mut [(Option<i32>, Option<i32>)], lengths_m: &[f64]) -> Option<usize> {
    for time in times.iter_mut() {
        *time = (time.0.or(time.1), time.1.or(time.0));
    }
    let mut filled = 0;
    let mut last = 0;
    let (arrival, departure) = *times.first()?;
    if departure? < arrival? {
        return None;
    }
    times.last()?.0?;
    for next in 1..times.len() {
        let Some(until) = times[next].0 else { continue };
        let from = times[last].1?;
        if until < from || times[next].1? < until {
            return None;
        }
        let total: f64 = lengths_m[last..next].iter().sum();
        for blank in last + 1..next {
            let share = if total > 0.0 {
                lengths_m[last..blank].iter().sum::<f64>() / total
            } else {
                (blank - last) as f64 / (next - last) as f64
            };
            let time = from + (f64::from(until - from) * share + 0.5).floor() as i32;
            times[blank] = (Some(time), Some(time));
            filled += 1;
        }
        last = next;
    }
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_follow_the_distance_or_equal_steps() {
        let blank = (None, None);
        let at = |time| (Some(time), Some(time));
        let mut times = [at(0), blank, at(101), blank, blank, at(202)];
        assert_eq!(fill(&mut times, &[1.0, 1.0, 0.0, 0.0, 0.0]), Some(3));
        assert_eq!(times, [at(0), at(51), at(101), at(135), at(168), at(202)]);
        assert_eq!(fill(&mut [blank, at(1)], &[1.0]), None);
        assert_eq!(fill(&mut [at(5), at(1)], &[1.0]), None);
        assert_eq!(fill(&mut [(Some(2), Some(1)), at(9)], &[1.0]), None);
        assert_eq!(fill(&mut [], &[]), None);
    }
}
