//! Suites: which scenario files a run reads, and where the snapshots of each live.
//!
//! Paths become files, files become [`Scenario`]s; without paths it is the project's `scenarios`
//! folder or the built-in suite, which is part of the program. All problems are found before the
//! first is told. What a file means is [`crate::scenario`]'s, what a snapshot is
//! [`crate::snapshot`]'s.

mod error;
mod find;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;

pub use error::{Problem, SuiteError};
use find::Found;

use crate::scenario::{self, Scenario};
use crate::snapshot::{Mode, OpenError, Store};

/// The folder in which a project keeps its scenarios.
const SCENARIOS: &str = "scenarios";

/// The folder below it that holds matrices: they take minutes and are run only when they are asked for.
const MATRICES: &str = "matrices";

/// The folder beside scenario files that holds their snapshots.
const SNAPSHOTS: &str = "snapshots";

#[derive(RustEmbed)]
#[folder = "scenarios"]
struct BuiltIn;

/// Scenarios in the order in which they run.
#[derive(Debug)]
pub struct Suite {
    entries: Vec<Entry>,
}

/// A scenario of a suite.
#[derive(Debug)]
pub struct Entry {
    /// The scenario.
    pub scenario: Scenario,
    /// Its folder and file name, `scenarios/login.yaml`: the same from wherever the run is started,
    /// as a snapshot's source must be.
    pub source: String,
    /// Where its snapshots are.
    pub snapshots: Snapshots,
}

/// Where snapshots are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Snapshots {
    /// In this folder, which need not exist.
    Folder(PathBuf),
    /// In the program, below this folder of the built-in suite.
    BuiltIn(String),
}

/// A scenario file that has been read, and not yet parsed.
struct Source {
    path: String,
    text: String,
    source: String,
    snapshots: Snapshots,
    /// Without extension, the same however the path was spelled.
    identity: PathBuf,
}

impl Suite {
    /// Reads files, and of folders every `.yaml` and `.yml` file at any depth, by name, without
    /// hidden folders, `snapshots`, and `matrices` unless a path names them. A file that is named twice is read once. Without paths:
    /// [`Suite::of_project`] in the current folder. One that does not exist may be the name of a built-in
    /// scenario.
    ///
    /// # Errors
    /// All problems at once: paths that do not exist or hold no scenario, unreadable files, the
    /// faults of each file, and files whose snapshots would have the same names.
    pub fn load(paths: &[PathBuf]) -> Result<Self, SuiteError> {
        if paths.is_empty() {
            return Self::of_project(Path::new(""));
        }
        if let [name] = paths
            && !name.exists()
            && let Some(name) = name.to_str()
            && let Ok(suite) = Self::named(name)
        {
            return Ok(suite);
        }
        let mut found = Found::default();
        for path in paths {
            let before = (found.scenarios.len(), found.problems.len());
            found.path(path);
            if before == (found.scenarios.len(), found.problems.len()) {
                found.problems.push(Problem::NoScenario { path: path.clone() });
            }
        }
        Self::read(found)
    }

    /// The scenarios in the folder `scenarios` of this project, or the built-in suite if it has none.
    ///
    /// # Errors
    /// All problems of the project's files at once.
    pub fn of_project(dir: &Path) -> Result<Self, SuiteError> {
        let mut found = Found::default();
        let scenarios = dir.join(SCENARIOS);
        if scenarios.is_dir() {
            found.folder(&scenarios);
        }
        if found.scenarios.is_empty() && found.problems.is_empty() {
            return Self::builtin();
        }
        Self::read(found)
    }

    /// The matrices in the folder `scenarios/matrices` of this project, or the built-in ones if it has
    /// none.
    ///
    /// # Errors
    /// All problems of the files at once.
    pub fn matrices_of_project(dir: &Path) -> Result<Self, SuiteError> {
        let mut found = Found::default();
        let matrices = dir.join(SCENARIOS).join(MATRICES);
        if matrices.is_dir() {
            found.matrices(&matrices);
        }
        if found.scenarios.is_empty() && found.problems.is_empty() {
            return Self::builtin_matrices();
        }
        Self::read(found)
    }

    /// The suite that is part of the program, without its matrices.
    ///
    /// # Errors
    /// Those of its files; a released program has none.
    pub fn builtin() -> Result<Self, SuiteError> {
        Self::embedded(|name| !find::is_matrix(name))
    }

    /// The matrices that are part of the program.
    ///
    /// # Errors
    /// Those of its files; a released program has none.
    pub fn builtin_matrices() -> Result<Self, SuiteError> {
        Self::embedded(find::is_matrix)
    }

    fn embedded(keep: impl Fn(&str) -> bool) -> Result<Self, SuiteError> {
        let is_kept = |name: &str| find::is_built_in(name) && keep(name);
        let mut names: Vec<_> = BuiltIn::iter().filter(|name| is_kept(name)).collect();
        names.sort_by(|a, b| find::order(Path::new(a.as_ref()), Path::new(b.as_ref())));
        let sources = names.iter().filter_map(|name| {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            Some(Source {
                path: format!("built-in/{name}"),
                text: embedded(name)?,
                source: source_name(&Path::new(SCENARIOS).join(name.as_ref())),
                snapshots: Snapshots::BuiltIn(folder.to_owned()),
                identity: Path::new(name.as_ref()).with_extension(""),
            })
        });
        Self::parse(sources.collect(), Vec::new())
    }

    /// One scenario: a file or folder at this path, or else the built-in scenario of this name.
    ///
    /// # Errors
    /// As [`Suite::load`], and if there is neither.
    pub fn named(name: &str) -> Result<Self, SuiteError> {
        let path = PathBuf::from(name);
        if path.exists() {
            return Self::load(&[path]);
        }
        let stem = |file: &str| Path::new(file).file_stem().unwrap_or_default().to_os_string();
        // Only what is asked for is parsed: matrices are large.
        let suite = Self::embedded(|file| stem(file) == name)?;
        if !suite.entries.is_empty() {
            return Ok(suite);
        }
        let names = BuiltIn::iter().filter(|file| find::is_built_in(file));
        let near = |stem: &str| strsim::jaro_winkler(stem, name);
        let names = names.map(|file| stem(&file).to_string_lossy().into_owned());
        let nearest = names.max_by(|one, other| near(one).total_cmp(&near(other)));
        let nearest = nearest.filter(|stem| near(stem) > 0.75).map(PathBuf::from);
        Err(SuiteError { problems: vec![Problem::Missing { path, nearest }] })
    }

    /// The scenarios, in the order of the paths, and of a folder by name.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(found: Found) -> Result<Self, SuiteError> {
        let Found { scenarios, mut problems, .. } = found;
        let mut sources: Vec<Source> = Vec::new();
        for path in find::distinct(scenarios) {
            match Source::read(&path) {
                Ok(source) => sources.push(source),
                Err(source) => problems.push(Problem::Unreadable { path, source }),
            }
        }
        Self::parse(sources, problems)
    }

    fn parse(sources: Vec<Source>, mut problems: Vec<Problem>) -> Result<Self, SuiteError> {
        let mut entries = Vec::new();
        let mut named: HashMap<PathBuf, String> = HashMap::new();
        for Source { path, text, source, snapshots, identity } in sources {
            if let Some(first) = named.get(&identity) {
                problems.push(Problem::SameName { first: first.clone(), second: path });
                continue;
            }
            match scenario::parse(&path, &text) {
                Ok(scenario) => entries.push(Entry { scenario, source, snapshots }),
                Err(faults) => problems.push(Problem::Faulty(faults)),
            }
            named.insert(identity, path);
        }
        if problems.is_empty() { Ok(Self { entries }) } else { Err(SuiteError { problems }) }
    }
}

impl Source {
    fn read(path: &Path) -> std::io::Result<Self> {
        let place = find::place(path)?;
        Ok(Self {
            path: path.to_string_lossy().into_owned(),
            text: fs::read_to_string(path)?,
            source: source_name(&place),
            snapshots: Snapshots::Folder(path.with_file_name(SNAPSHOTS)),
            identity: place.with_extension(""),
        })
    }
}

impl Snapshots {
    /// Those of the same scenarios in an environment, which are apart: other sites show other facts.
    #[must_use]
    pub fn of_environment(&self, name: &str) -> Self {
        match self {
            Self::Folder(folder) => Self::Folder(folder.join(name)),
            Self::BuiltIn(folder) => Self::BuiltIn(format!("{folder}/{name}")),
        }
    }

    /// Opens them for a run; those of the built-in suite are only compared, whatever the mode.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(&self, mode: Mode) -> Result<Store, OpenError> {
        match self {
            Self::Folder(dir) => Store::open(dir, mode),
            Self::BuiltIn(folder) => {
                let dir = Path::new(folder).join(SNAPSHOTS);
                let inside = |name: &str| Path::new(name).parent() == Some(dir.as_path());
                let file = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
                let names = BuiltIn::iter().filter(|name| inside(name));
                Ok(Store::in_memory(names.filter_map(|name| Some((file(&name), embedded(&name)?)))))
            }
        }
    }
}

/// The folders with snapshots of these scenario files and folders, or in them; without paths, of the
/// current folder's `scenarios`. A folder of snapshots may also be given itself.
///
/// # Errors
/// All paths that do not exist or cannot be read.
pub fn snapshot_folders(paths: &[PathBuf]) -> Result<Vec<PathBuf>, SuiteError> {
    let mut found = Found::default();
    for path in paths {
        found.path(path);
    }
    if paths.is_empty() && Path::new(SCENARIOS).is_dir() {
        found.all(Path::new(SCENARIOS));
    }
    let Found { snapshots, problems, .. } = found;
    if problems.is_empty() { Ok(find::distinct(snapshots)) } else { Err(SuiteError { problems }) }
}

fn embedded(name: &str) -> Option<String> {
    BuiltIn::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

/// The last two parts of a path, with `/` between.
fn source_name(path: &Path) -> String {
    let parts = [path.parent().and_then(Path::file_name), path.file_name()];
    let parts: Vec<_> = parts.into_iter().flatten().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
