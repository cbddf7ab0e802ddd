//! A street file of OpenStreetMap, in the network's own form when it was sound.

#![no_main]

use libfuzzer_sys::fuzz_target;
use suitu::network::{Rules, graph_from_bytes, read_osm};
use suitu_fuzz::{Folder, chosen, only_own_panics_are_faults};

fuzz_target!(init: only_own_panics_are_faults(), |bytes: &[u8]| {
    let Some((is_kept, bytes)) = chosen(bytes, &[false, true]) else {
        return;
    };
    if *is_kept {
        graph_from_bytes(bytes).ok();
        return;
    }
    let folder = Folder::new();
    let path = folder.put("a.osm.pbf", bytes);
    let rules = Rules::all().expect("built-in rules");
    if let Err(refused) = read_osm(&[path], &rules, &|| true) {
        assert!(!refused.to_string().is_empty());
    }
});
