//! Who may import whom, and which crate is named where. The table is the design; this test holds the
//! code to it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with those that it may import. Lower layers first; nothing imports upwards.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    // What headers say, and the words for what can be observed.
    ("origin", &[]),
    ("policy", &["origin"]),
    ("lint", &["origin", "policy"]),
    ("fact", &[]),
    ("feature", &[]),
    // Files that people write.
    ("yaml", &[]),
    // The model and the evidence: neither knows the other.
    ("spec", &["feature", "origin", "policy"]),
    ("observation", &["fact"]),
    // Files, snapshots, browsers.
    ("rollout", &["lint", "policy", "yaml"]),
    ("scenario", &["fact", "yaml"]),
    ("settings", &["yaml"]),
    ("snapshot", &[]),
    ("browser", &[]),
    // Real sites.
    ("upstream", &[]),
    ("proxy", &["rollout", "upstream"]),
    // Where they meet.
    ("suite", &["scenario", "snapshot"]),
    ("verdict", &["fact", "scenario"]),
    ("inspection", &["lint", "scenario"]),
    ("chain", &["lint", "observation", "origin", "policy", "spec"]),
    ("predict", &["fact", "feature", "observation", "origin", "policy", "scenario", "spec"]),
    ("cause", &["fact", "observation", "policy", "predict", "scenario", "spec"]),
    ("question", &["lint", "policy", "spec"]),
    ("sketch", &["origin", "spec"]),
    // The border between running and telling.
    (
        "event",
        &[
            "browser",
            "cause",
            "fact",
            "feature",
            "inspection",
            "observation",
            "predict",
            "scenario",
            "snapshot",
            "verdict",
        ],
    ),
    (
        "rehearsal",
        &[
            "browser",
            "cause",
            "event",
            "fact",
            "observation",
            "policy",
            "predict",
            "rollout",
            "scenario",
            "spec",
            "verdict",
        ],
    ),
    (
        "runner",
        &[
            "browser",
            "cause",
            "event",
            "fact",
            "feature",
            "inspection",
            "observation",
            "predict",
            "proxy",
            "rollout",
            "scenario",
            "snapshot",
            "spec",
            "upstream",
            "verdict",
        ],
    ),
    (
        "report",
        &[
            "browser",
            "cause",
            "chain",
            "event",
            "fact",
            "feature",
            "inspection",
            "lint",
            "observation",
            "origin",
            "predict",
            "rehearsal",
            "scenario",
            "snapshot",
            "spec",
            "verdict",
        ],
    ),
    // The teaching site runs scenarios and tells of them.
    ("demo", &["browser", "event", "predict", "report", "runner", "scenario", "suite"]),
];

/// Modules without clock, file, socket, process, environment or runtime.
const PURE: &[&str] = &[
    "origin",
    "policy",
    "lint",
    "fact",
    "feature",
    "spec",
    "observation",
    "yaml",
    "rollout",
    "scenario",
    "verdict",
    "inspection",
    "predict",
    "question",
    "sketch",
    "cause",
    "rehearsal",
    "chain",
];

/// What a pure module does not name.
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::io",
    "SystemTime",
    "Instant",
    "fantoccini",
];

/// Crates that are named in one place only.
const ONLY_IN: &[(&str, &str)] = &[
    ("fantoccini", "browser/session.rs"),
    ("hyper", "browser/wire.rs"),
    ("hyper_rustls", "browser/wire.rs"),
    ("http_body_util", "browser/wire.rs"),
    ("tokio_rustls", "upstream/"),
    ("rustls_native_certs", "upstream/"),
    ("time", "upstream/fault.rs"),
    ("rcgen", "proxy/"),
    ("tower", "browser/wire.rs"),
    ("nix", "browser/"),
    ("granit_parser", "yaml/"),
    ("globset", "rollout/"),
    ("serde_saphyr", "snapshot/"),
    ("similar", "snapshot/"),
    ("sfv", "policy/structured.rs"),
    ("base64", "report/page.rs"),
    ("sha2", "report/page.rs"),
    ("rust_embed", "suite/"),
    ("std::env", "cli/"),
    ("println!", "nowhere"),
    ("clap", "cli/"),
    ("anyhow", "cli/"),
    ("indicatif", "cli/"),
    ("cookie_store", "cli/inspect/"),
    ("axum", "demo/site.rs"),
];

/// Places that a row of [`ONLY_IN`] does not cover, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    // What commands and errors are is fantoccini's.
    ("fantoccini", "browser/commands.rs"),
    ("fantoccini", "browser/error.rs"),
    // Real sites are asked by a client of our own, as header lines must stay what they are.
    ("hyper", "upstream/"),
    ("http_body_util", "upstream/"),
    // A browser's proxy is a server, and speaks TLS as the site.
    ("hyper", "proxy/"),
    ("tokio_rustls", "proxy/"),
    // The fingerprint of the throw-away authority.
    ("sha2", "proxy/authority.rs"),
    // The pages of the teaching site.
    ("rust_embed", "demo/site.rs"),
    // A body is a row of bytes of hyper's.
    ("hyper", "browser/remote.rs"),
    ("hyper", "cli/inspect/fetch.rs"),
    // Basic authentication.
    ("base64", "browser/remote.rs"),
    ("base64", "cli/inspect/"),
    // Pictures in the report's own data.
    ("base64", "report/html/moments.rs"),
    // A fingerprint, as Chromium is told it.
    ("base64", "browser/chromium.rs"),
    // The model's data file.
    ("serde_saphyr", "spec/engine.rs"),
    // The flow that stands in a snapshot's front matter.
    ("sha2", "scenario/flow.rs"),
    // Whether this is root, for --no-sandbox.
    ("nix", "cli/"),
    // `split_paths` takes a search path apart; it does not read the environment.
    ("std::env", "browser/"),
    // The name of the operating system, a constant.
    ("std::env", "report/json.rs"),
];

struct File {
    path: String,
    module: String,
    code: String,
}

/// All files of the library and the binary, comments and test modules left out.
fn files() -> Vec<File> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
                let module = inside.split(['/', '.']).next().unwrap().to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                let lines = text.lines().map(|line| line.split("//").next().unwrap());
                let code = lines.collect::<Vec<_>>().join("\n");
                files.push(File { path: inside, module, code });
            }
        }
    }
    files
}

/// The names after `start` in `code`: `crate::a`, and each of `crate::{a, b}`.
fn names_after<'a>(code: &'a str, start: &str) -> Vec<&'a str> {
    let name = |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next();
    let mut found = Vec::new();
    for (at, _) in code.match_indices(start) {
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 0;
                let mut item = 0;
                for (index, char) in list.char_indices() {
                    match char {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            found.extend(name(list[item..index].trim()));
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            found.extend(name(list[item..index].trim()));
                            item = index + 1;
                        }
                        _ => {}
                    }
                }
            }
            None => found.extend(name(rest)),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn imports_point_down() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut faults = BTreeSet::new();
    for file in
        files().iter().filter(|file| !["lib", "main", "cli"].contains(&file.module.as_str()))
    {
        let Some(allowed) = table.get(file.module.as_str()) else {
            faults
                .insert(format!("{}: module `{}` has no row in the table", file.path, file.module));
            continue;
        };
        for name in names_after(&file.code, "crate::") {
            if name != file.module && table.contains_key(name) && !allowed.contains(&name) {
                faults.insert(format!("{} imports `{name}`", file.path));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_table_itself_has_no_circle() {
    let position = |name: &str| MAY_IMPORT.iter().position(|(module, _)| *module == name);
    for (module, imports) in MAY_IMPORT {
        for import in *imports {
            assert!(position(import) < position(module), "`{module}` imports `{import}` upwards");
        }
    }
}

#[test]
fn pure_modules_touch_nothing() {
    let mut faults = BTreeSet::new();
    for file in files().iter().filter(|file| PURE.contains(&file.module.as_str())) {
        for word in IMPURE.iter().filter(|word| file.code.contains(*word)) {
            faults.insert(format!("{} names `{word}`", file.path));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn crates_are_named_in_their_places_only() {
    let mut faults = BTreeSet::new();
    for file in files() {
        for (name, place) in ONLY_IN {
            let used = if name.ends_with('!') { (*name).to_owned() } else { format!("{name}::") };
            let named = file.code.match_indices(&used).any(|(at, _)| {
                // `unix::` does not name `nix`, nor `std::time::` the crate `time`.
                !file.code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c))
            });
            let allowed = file.path.starts_with(place)
                || EXCEPTIONS.iter().any(|(n, p)| n == name && file.path.starts_with(p));
            if named && !allowed {
                faults.insert(format!("{} names `{name}`", file.path));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_fixture_server_knows_nothing_of_the_rest() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures-server/Cargo.toml");
    assert!(!fs::read_to_string(manifest).unwrap().contains("\ncoopwright"));
}

#[test]
fn every_file_says_what_it_is() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in files() {
        let text = fs::read_to_string(src.join(&file.path)).unwrap();
        assert!(text.starts_with("//! "), "{} has no module header", file.path);
    }
}
