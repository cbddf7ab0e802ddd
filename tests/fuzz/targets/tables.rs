//! Tables without places: commuters, minutes, planned figures, codes of other years, official totals.

#![no_main]

use libfuzzer_sys::fuzz_target;
use suitu::import::{
    ReadOptions, read_crosswalk, read_figures, read_flows, read_times, read_totals,
};
use suitu_fuzz::{Folder, chosen, layer, only_own_panics_are_faults};

const EXTENSIONS: [&str; 4] = ["csv", "xlsx", "dbf", "json"];
const KINDS: [&str; 5] = ["flows", "times", "figures", "crosswalk", "totals"];

fuzz_target!(init: only_own_panics_are_faults(), |bytes: &[u8]| {
    let Some((kind, bytes)) = chosen(bytes, &KINDS) else {
        return;
    };
    let Some((extension, bytes)) = chosen(bytes, &EXTENSIONS) else {
        return;
    };
    let folder = Folder::new();
    let files = [folder.put(&format!("a.{extension}"), bytes)];
    let options = ReadOptions::default();
    let refused = match *kind {
        "flows" => read_flows(&files, &[], options).err(),
        "times" => read_times(&files, options).err(),
        "figures" => read_figures(&files, |name| name.parse().ok(), options).err(),
        "crosswalk" => read_crosswalk(&files, options).err(),
        _ => read_totals(&files, &layer("residences"), options).err(),
    };
    if let Some(refused) = refused {
        assert!(!refused.to_string().is_empty());
    }
});
