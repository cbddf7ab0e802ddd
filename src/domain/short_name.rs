/// Names of at most `width` bytes for formats that hold no longer ones (DBF: 10), in the order of
/// `names` and all different.
///
/// A name that fits stays. A longer one is cut; where the cut name is taken its end becomes `_1`,
/// `_2` …: `official_area_km2`, `official_area_year` become `official_a`, `official_1`. The same
/// names give the same short names, so that a reader of such a file finds the long ones again.
pub fn short_names<'a>(names: impl IntoIterator<Item = &'a str>, width: usize) -> Vec<String> {
    let names: Vec<&str> = names.into_iter().collect();
    // Names that fit come first: no cut name may take their place.
    let mut taken: Vec<String> = names
        .iter()
        .filter(|name| name.len() <= width)
        .map(|name| (*name).to_owned())
        .collect();
    let shorten = |name: &str| {
        if name.len() <= width {
            return name.to_owned();
        }
        let numbered = (1..).map(|number| {
            let end = format!("_{number}");
            format!(
                "{}{end}",
                cut(name, width.saturating_sub(end.len())).trim_end_matches('_')
            )
        });
        let candidates = std::iter::once(cut(name, width).to_owned()).chain(numbered);
        let free = candidates.into_iter().find(|short| !taken.contains(short));
        let short = free.expect("numbers do not end");
        taken.push(short.clone());
        short
    };
    names.into_iter().map(shorten).collect()
}

/// The longest start of `text` that takes no more than `bytes` bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_short_and_different() {
        let names = [
            "id",
            "official_area_km2",
            "official_1",
            "official_area_source",
            "name",
        ];
        let short = short_names(names, 10);
        assert_eq!(
            short,
            ["id", "official_a", "official_1", "official_2", "name"]
        );
    }

    #[test]
    fn a_hundred_long_names_stay_apart() {
        let names: Vec<String> = (0..150).map(|n| format!("a_long_name_{n}")).collect();
        let short = short_names(names.iter().map(String::as_str), 10);
        let distinct: std::collections::BTreeSet<&String> = short.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(short.iter().all(|name| name.len() <= 10));
    }
}
