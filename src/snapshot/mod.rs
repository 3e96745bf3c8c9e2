//! Snapshots: what was accepted, and what a run shows now.
//!
//! A [`Store`] is one folder of files in insta's format ([`format`](Record)), or the built-in suite's
//! files in memory. [`Store::check`] compares and, by [`Mode`], writes; `pending.rs` is what a review
//! does with what was written. A `.snap` is accepted, a `.snap.new` beside it waits for review.
//! Nothing here knows what the texts mean.

mod diff;
mod error;
mod format;
mod key;
mod pending;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

pub use diff::{Diff, DiffLine, visible};
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
    },
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
        _lock: Option<File>,
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

    /// Compares a record with the accepted snapshot and writes what the mode says.
    ///
    /// Only the texts decide. Updating also refreshes the front matter; an unchanged file is not
    /// written again, and a pending one that no longer differs is removed.
    ///
    /// # Errors
    /// If a file cannot be read or written, or the accepted snapshot is faulty.
    pub fn check(&self, key: &Key, record: &Record) -> Result<Outcome, StoreError> {
        let accepted = self.accepted(key.name())?;
        let same = accepted.as_ref().is_some_and(|old| old.matches(record));
        let mut pending = None;
        if let Some((dir, mode)) = self.writable() {
            let waiting = dir.join(file(key.name(), PENDING));
            if mode == Mode::Update {
                let written = write(&dir.join(file(key.name(), ACCEPTED)), record)?;
                remove(&waiting)?;
                return Ok(if written { Outcome::Updated } else { Outcome::Same });
            }
            if same {
                remove(&waiting)?;
            } else {
                write(&waiting, record)?;
                pending = Some(waiting);
            }
        }
        Ok(match accepted {
            Some(_) if same => Outcome::Same,
            Some(old) => {
                Outcome::Differs { diff: Diff::new(&old.contents, &record.contents), pending }
            }
            None => Outcome::New { pending },
        })
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

/// Locks the folder itself, so that no lock file stays behind.
fn lock(folder: File, dir: &Path, mode: Mode) -> Result<Option<File>, OpenError> {
    let locked = match mode {
        Mode::ReadOnly => folder.try_lock_shared(),
        Mode::Pending | Mode::Update => folder.try_lock(),
    };
    match locked {
        Ok(()) => Ok(Some(folder)),
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
