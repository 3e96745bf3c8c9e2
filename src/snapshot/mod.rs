//! Snapshots: what was accepted, and what a run shows now.
//!
//! A [`Store`] is one folder of files in insta's format ([`format`](Record)), or the built-in suite's
//! files in memory. [`Store::check`] compares and, by [`Mode`], writes; `engines.rs` decides which engine
//! needs a file of its own; `pending.rs` is what a review does with what was written. A `.snap` is accepted, a `.snap.new` beside it waits for review.
//! Nothing here knows what the texts mean.

mod diff;
mod engines;
mod error;
mod format;
mod key;
mod pending;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use engines::Files;

pub use diff::{Diff, DiffLine, visible};
pub use engines::Sight;
pub use error::{OpenError, StoreError};
pub use format::{FormatError, Record};
pub use key::Key;
pub use pending::Pending;

const ACCEPTED: &str = ".snap";
const PENDING: &str = ".snap.new";

/// What a run may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: for CI.
    ReadOnly,
    /// A `.snap.new` for each difference, to be reviewed.
    Pending,
    /// The `.snap` itself.
    Update,
}

/// How a record compares with the accepted snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The texts are equal.
    Same,
    /// There is no accepted snapshot.
    New {
        /// The file that waits for review, if one was written.
        pending: Option<PathBuf>,
    },
    /// The texts differ.
    Differs {
        /// From the accepted text to the new one.
        diff: Diff,
        /// The file that waits for review, if one was written.
        pending: Option<PathBuf>,
        /// The engine's version when the text was accepted, if it was another and the flow is the same:
        /// then the browser has changed, not the site.
        browser_was: Option<String>,
    },
    /// The texts differ in nothing but what follows from a feature that the engine lacks.
    Lacking,
    /// The accepted snapshot was missing or differed, and now is the new one.
    Updated,
}

/// The snapshots of one folder, held for one run.
///
/// The folder is locked while the store lives, so that two runs do not overwrite each other's files.
#[derive(Debug)]
pub struct Store {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder {
        dir: PathBuf,
        mode: Mode,
        _lock: Option<Lock>,
    },
    /// Texts by name, without `.snap`.
    Memory(BTreeMap<String, String>),
}

impl Store {
    /// Opens a folder. It is created if something may be written; a missing one is fine otherwise.
    ///
    /// # Errors
    /// If the folder cannot be made, written or read in this mode, or another run holds it. A run
    /// that asks first learns this before its work, not after.
    pub fn open(dir: &Path, mode: Mode) -> Result<Self, OpenError> {
        if mode != Mode::ReadOnly {
            let unwritable = |source| OpenError::Unwritable { path: dir.to_owned(), source };
            fs::create_dir_all(dir).map_err(unwritable)?;
            draft(dir).map_err(unwritable)?;
        }
        let lock = match File::open(dir) {
            Ok(folder) => lock(folder, dir, mode)?,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(OpenError::Unreadable { path: dir.to_owned(), source }),
        };
        Ok(Self { place: Place::Folder { dir: dir.to_owned(), mode, _lock: lock } })
    }

    /// A read-only store of texts in memory, each with its file name (`login__broken.snap`).
    #[must_use]
    pub fn in_memory(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let named = |(file, text): (String, String)| {
            file.strip_suffix(ACCEPTED).map(|name| (name.to_owned(), text))
        };
        Self { place: Place::Memory(files.into_iter().filter_map(named).collect()) }
    }

    /// Compares what each engine showed with what is accepted for it, and writes what the mode says.
    /// `flow` stands for what was run: where it is the same as when a snapshot was accepted, the scenario
    /// is.
    ///
    /// Only the texts decide. Updating also refreshes the front matter; an unchanged file is not
    /// written again, and a pending one that no longer differs is removed.
    ///
    /// # Errors
    /// If a file cannot be read or written, or an accepted snapshot is faulty.
    pub fn check(
        &self,
        key: &Key,
        flow: &str,
        sights: &[Sight<'_>],
    ) -> Result<Vec<Outcome>, StoreError> {
        let mut files = Files { common: self.accepted(key.name())?, own: BTreeMap::new() };
        let engines: BTreeSet<&str> = sights.iter().map(|sight| sight.engine).collect();
        for engine in &engines {
            let own = self.accepted(&key.of_engine(engine))?;
            files.own.extend(own.map(|record| ((*engine).to_owned(), record)));
        }
        let mut outcomes = files.compare(flow, sights);
        let Some((dir, mode)) = self.writable() else { return Ok(outcomes) };
        let wanted = files.accepting(flow, sights, &outcomes, mode == Mode::Update);
        let common = (key.name().to_owned(), &files.common, &wanted.common);
        let own = engines
            .iter()
            .map(|engine| (key.of_engine(engine), files.own.get(*engine), wanted.own.get(*engine)));
        let all = std::iter::once((common.0, common.1.as_ref(), common.2.as_ref())).chain(own);
        for (name, old, new) in all {
            self.settle(dir, mode, &name, old, new)?;
        }
        for (sight, outcome) in sights.iter().zip(&mut outcomes) {
            let names = [key.of_engine(sight.engine), key.name().to_owned()];
            let waiting =
                |name: &String| Some(dir.join(file(name, PENDING))).filter(|p| p.exists());
            match outcome {
                Outcome::New { pending } | Outcome::Differs { pending, .. } if sight.counts => {
                    if mode == Mode::Update {
                        *outcome = Outcome::Updated;
                    } else {
                        *pending = names.iter().find_map(waiting);
                    }
                }
                Outcome::Same if mode == Mode::Update && files.is_refreshed(&wanted) => {
                    *outcome = Outcome::Updated;
                }
                _ => {}
            }
        }
        Ok(outcomes)
    }

    /// Brings one file, or the one that waits beside it, to what it should be.
    fn settle(
        &self,
        dir: &Path,
        mode: Mode,
        name: &str,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<(), StoreError> {
        let (accepted, waiting) = (dir.join(file(name, ACCEPTED)), dir.join(file(name, PENDING)));
        match new {
            _ if mode == Mode::Pending && same(old, new) => remove(&waiting),
            Some(new) if mode == Mode::Pending => write(&waiting, new).map(drop),
            // A file that is not needed any more does no harm until the next update.
            None if mode == Mode::Pending => remove(&waiting),
            Some(new) => write(&accepted, new).and_then(|_| remove(&waiting)),
            None => remove(&accepted).and_then(|()| remove(&waiting)),
        }
    }

    /// The accepted snapshot of this name, if there is one.
    fn accepted(&self, name: &str) -> Result<Option<Record>, StoreError> {
        match &self.place {
            Place::Folder { dir, .. } => read(&dir.join(file(name, ACCEPTED))),
            Place::Memory(texts) => texts
                .get(name)
                .map(|text| parse(Path::new(&file(name, ACCEPTED)), text))
                .transpose(),
        }
    }

    /// The folder and how to write to it, if at all.
    fn writable(&self) -> Option<(&Path, Mode)> {
        match &self.place {
            Place::Folder { mode: Mode::ReadOnly, .. } | Place::Memory(_) => None,
            Place::Folder { dir, mode, .. } => Some((dir, *mode)),
        }
    }
}

fn same(old: Option<&Record>, new: Option<&Record>) -> bool {
    matches!((old, new), (Some(old), Some(new)) if old.matches(new))
}

/// A folder that is locked while this lives.
///
/// Unlocked by name: a lock goes when the last copy of its file descriptor is closed, and a process
/// that another thread is just starting has one until its program runs.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Nothing is left to do where it fails: the descriptor is closed next.
        let _ = self.0.unlock();
    }
}

/// Locks the folder itself, so that no lock file stays behind.
fn lock(folder: File, dir: &Path, mode: Mode) -> Result<Option<Lock>, OpenError> {
    let locked = match mode {
        Mode::ReadOnly => folder.try_lock_shared(),
        Mode::Pending | Mode::Update => folder.try_lock(),
    };
    match locked {
        Ok(()) => Ok(Some(Lock(folder))),
        Err(TryLockError::WouldBlock) => Err(OpenError::Busy { path: dir.to_owned() }),
        // Some network file systems know no locks; files are still replaced whole.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn file(name: &str, suffix: &str) -> String {
    format!("{name}{suffix}")
}

fn parse(path: &Path, text: &str) -> Result<Record, StoreError> {
    Record::from_text(text).map_err(|source| StoreError::Faulty { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Option<Record>, StoreError> {
    match fs::read_to_string(path) {
        Ok(text) => parse(path, &text).map(Some),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Read { path: path.to_owned(), source }),
    }
}

/// Replaces the file as a whole, unless it says the same already; tells whether it did.
fn write(path: &Path, record: &Record) -> Result<bool, StoreError> {
    // A file that `cargo insta` wrote may say the same in other words. A faulty one is replaced:
    // `check` refuses an accepted one before it gets here, and a pending one is ours to overwrite.
    if read(path).is_ok_and(|old| old.is_some_and(|old| old.to_text() == record.to_text())) {
        return Ok(false);
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    draft(dir)
        .and_then(|mut draft| {
            draft.write_all(record.to_text().as_bytes())?;
            draft.persist(path).map_err(|fault| fault.error)
        })
        .map_err(|source| StoreError::Write { path: path.to_owned(), source })?;
    Ok(true)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// A file to write and then rename, removed if that never happens.
fn draft(dir: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any file of a project, less the umask: a private one would not serve a team.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".coopwright-").suffix(".tmp").tempfile_in(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_goes_with_its_store_though_a_copy_of_the_descriptor_lives() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Mode::Pending).unwrap();
        let Place::Folder { _lock: Some(Lock(file)), .. } = &store.place else { unreachable!() };
        let copy = file.try_clone().unwrap();
        let second = Store::open(dir.path(), Mode::Pending);
        assert!(matches!(second, Err(OpenError::Busy { .. })), "{second:?}");
        drop(store);
        Store::open(dir.path(), Mode::Pending).unwrap();
        drop(copy);
    }
}
