//! From the paths that a user gives to scenario files and folders of snapshots. Reads folders, not
//! files.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{MATRICES, Problem, SNAPSHOTS};

/// What was found at the given paths and below, in order, and as often as it was named.
#[derive(Default)]
pub(super) struct Found {
    pub(super) scenarios: Vec<PathBuf>,
    pub(super) snapshots: Vec<PathBuf>,
    pub(super) problems: Vec<Problem>,
}

impl Found {
    /// Takes a path of the user: a file of any name, a folder, or a folder of snapshots.
    pub(super) fn path(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(meta) if !meta.is_dir() => self.file(path),
            Ok(_) if is_snapshots(path) => self.snapshots(path),
            // A path that names a folder of matrices means them.
            Ok(_) => self.folder_with(path, path.file_name() == Some(OsStr::new(MATRICES))),
            Err(fault) if is_missing(&fault) => {
                let nearest = nearest(path);
                self.problems.push(Problem::Missing { path: path.to_owned(), nearest });
            }
            Err(source) => self.unreadable(path, source),
        }
    }

    /// Takes a folder with all below it: first its files, then its folders. Matrices take minutes, so
    /// folders of them are left out.
    pub(super) fn folder(&mut self, dir: &Path) {
        self.folder_with(dir, false);
    }

    /// Takes a folder of matrices.
    pub(super) fn matrices(&mut self, dir: &Path) {
        self.folder_with(dir, true);
    }

    /// As [`Found::folder`]; with the snapshots of matrices alone where they are left out, as a review
    /// must find them.
    pub(super) fn all(&mut self, dir: &Path) {
        self.folder(dir);
        let matrices = dir.join(MATRICES);
        if matrices.is_dir() {
            self.matrices(&matrices);
        }
    }

    fn folder_with(&mut self, dir: &Path, matrices: bool) {
        let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(source) => return self.unreadable(dir, source),
        };
        let mut folders = Vec::new();
        let mut files = Vec::new();
        for entry in entries.iter().filter(|entry| !is_hidden(&entry.file_name())) {
            // A link to a folder is not followed: it may lead back up.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            } else if is_scenario(&entry.path()) && entry.path().is_file() {
                files.push(entry.path());
            }
        }
        files.sort();
        folders.sort();
        for file in files {
            self.file(&file);
        }
        for folder in folders {
            if is_snapshots(&folder) {
                self.snapshots(&folder);
            } else if matrices || folder.file_name() != Some(OsStr::new(MATRICES)) {
                self.folder_with(&folder, matrices);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        self.scenarios.push(path.to_owned());
        let beside = path.with_file_name(SNAPSHOTS);
        if beside.is_dir() {
            self.snapshots(&beside);
        }
    }

    /// A folder of snapshots, and those of environments in it.
    fn snapshots(&mut self, dir: &Path) {
        self.snapshots.push(dir.to_owned());
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
        folders.sort();
        self.snapshots.extend(folders);
    }

    fn unreadable(&mut self, path: &Path, source: io::Error) {
        self.problems.push(Problem::Unreadable { path: path.to_owned(), source });
    }
}

/// Each place once, by its first path.
pub(super) fn distinct(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    paths.retain(|path| seen.insert(place(path).unwrap_or_else(|_| path.clone())));
    paths
}

/// The same for each way to spell a path. A link stays itself: its snapshots lie beside it, not
/// beside what it links to.
pub(super) fn place(path: &Path) -> io::Result<PathBuf> {
    match path.file_name() {
        Some(name) => Ok(fs::canonicalize(parent(path))?.join(name)),
        None => fs::canonicalize(path),
    }
}

/// Whether an embedded file lies in the folder of matrices.
pub(super) fn is_matrix(name: &str) -> bool {
    Path::new(name).starts_with(MATRICES)
}

/// Whether an embedded file is a scenario of the built-in suite.
pub(super) fn is_built_in(name: &str) -> bool {
    let outside =
        |part: &Component<'_>| part.as_os_str() == SNAPSHOTS || is_hidden(part.as_os_str());
    is_scenario(Path::new(name)) && !Path::new(name).components().any(|part| outside(&part))
}

/// The order in which [`Found::folder`] lists two files: those of a folder before those below it.
pub(super) fn order(a: &Path, b: &Path) -> Ordering {
    let mut rest = (a.components().peekable(), b.components().peekable());
    while rest.0.peek().is_some() && rest.0.peek() == rest.1.peek() {
        rest.0.next();
        rest.1.next();
    }
    let (a, b): (Vec<_>, Vec<_>) = (rest.0.collect(), rest.1.collect());
    (a.len() > 1).cmp(&(b.len() > 1)).then_with(|| a.cmp(&b))
}

fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn is_snapshots(path: &Path) -> bool {
    let is_it = |path: &Path| path.file_name() == Some(OsStr::new(SNAPSHOTS));
    // One of an environment is named by `review` itself.
    is_it(path) || path.parent().is_some_and(is_it)
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn is_missing(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// The existing path that a missing one was probably meant to be: the same with one name changed.
fn nearest(missing: &Path) -> Option<PathBuf> {
    let dir = missing.ancestors().skip(1).find(|dir| dir.is_dir() || *dir == Path::new(""))?;
    let wrong = missing.strip_prefix(dir).ok()?.components().next()?;
    let wrong = wrong.as_os_str().to_string_lossy();
    let names = fs::read_dir(parent(&dir.join("_"))).ok()?.flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .map(|name| (strsim::normalized_damerau_levenshtein(&wrong, &name), name))
        .filter(|(likeness, _)| *likeness >= 0.6)
        // The last of equals is taken, so: by name backwards, whatever the folder's own order.
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
        .map(|(_, name)| dir.join(name))
}
