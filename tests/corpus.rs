//! The kept corpus of the fuzz targets, without a fuzzer: see `tests/fuzz`.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

#[path = "fuzz/case.rs"]
mod case;

use std::path::Path;

/// Runs every file of a target's corpus.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What a run of the fuzzer adds is not kept.
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        assert!(std::panic::catch_unwind(|| run(&bytes)).is_ok(), "{}", path.display());
        files += 1;
    }
    assert!(files > 5, "only {files} files");
}

#[test]
fn headers() {
    replay("headers", case::headers);
}

#[test]
fn question() {
    replay("question", case::question);
}
