use std::collections::BTreeSet;

use crate::{
    domain::Role,
    index::{FeatureRef, LayerIndex},
};

/// What stands between the lines of one station.
const SEPARATORS: [char; 9] = ['/', '、', ',', '，', ';', '；', '|', '／', '\n'];

/// Whether a station lies on a line (线路), `8`, `8号线` and `地铁8号线` being the same.
pub fn is_on_line(index: &LayerIndex, feature: FeatureRef, line: &str) -> bool {
    let lines_at = index.layer().index_with_role(Role::Lines);
    let lines = lines_at.and_then(|at| index.text(feature, at));
    let wanted = plain(line);
    lines.is_some_and(|lines| lines.split(SEPARATORS).any(|line| plain(line) == wanted))
}

/// Every line of a layer of stations, as written.
pub fn lines_of(index: &LayerIndex) -> BTreeSet<&str> {
    let lines_at = index.layer().index_with_role(Role::Lines);
    let lines = index
        .iter()
        .filter_map(|feature| index.text(feature, lines_at?));
    let each = lines.flat_map(|lines| lines.split(SEPARATORS));
    each.map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

/// A line's name as it is compared.
fn plain(line: &str) -> String {
    let line = line.trim().to_lowercase();
    let bare = line.trim_start_matches("地铁").trim_start_matches("line ");
    let bare = bare.trim_end_matches('线').trim_end_matches('号');
    bare.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_one_name_however_it_is_written() {
        for line in ["8", " 8号线", "地铁8号线", "Line 8", "8线"] {
            assert_eq!(plain(line), "8", "{line}");
        }
        assert_eq!(plain("GF"), plain("gf"));
        assert_ne!(plain("18号线"), plain("8号线"));
        assert_ne!(plain("14B"), plain("14"));
    }
}
