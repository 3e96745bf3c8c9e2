//! What a review does: list what waits, accept it, reject it; and list what no unit names any more.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use super::{ACCEPTED, Diff, Key, PENDING, Place, Record, Store, StoreError, file, read, remove};

/// A snapshot that waits for review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The name of its file without suffix: `login__broken`.
    pub name: String,
    /// The accepted snapshot, if there is one.
    pub old: Option<Record>,
    /// What the last run saw.
    pub new: Record,
    /// The file that waits, `….snap.new`.
    pub path: PathBuf,
    /// The file that it becomes when accepted, `….snap`.
    pub target: PathBuf,
}

impl Pending {
    /// From the accepted text, or from nothing, to the new one.
    #[must_use]
    pub fn diff(&self) -> Diff {
        let old = self.old.as_ref().map_or("", |old| &old.contents);
        Diff::new(old, &self.new.contents)
    }

    /// Makes it the accepted snapshot.
    ///
    /// # Errors
    /// If the file cannot be renamed.
    pub fn accept(&self) -> Result<(), StoreError> {
        fs::rename(&self.path, &self.target)
            .map_err(|source| StoreError::Write { path: self.target.clone(), source })
    }

    /// Removes it; the accepted snapshot, if any, stays.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn reject(&self) -> Result<(), StoreError> {
        remove(&self.path)
    }
}

impl Store {
    /// What waits for review, by name. Hold the store, opened to write, while accepting or rejecting:
    /// its lock keeps a run from writing meanwhile.
    ///
    /// # Errors
    /// If the folder or a file in it cannot be read, or a file is faulty.
    pub fn pending(&self) -> Result<Vec<Pending>, StoreError> {
        let Place::Folder { dir, .. } = &self.place else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for name in self.names(PENDING)? {
            let path = dir.join(file(&name, PENDING));
            let target = dir.join(file(&name, ACCEPTED));
            // Gone since it was listed: someone else has reviewed it.
            let Some(new) = read(&path)? else { continue };
            found.push(Pending { old: read(&target)?, new, path, target, name });
        }
        Ok(found)
    }

    /// Names of accepted snapshots that none of these keys has, in order.
    ///
    /// Give the keys of every scenario beside the folder, also of those that a run leaves out: what
    /// is missing here counts as gone.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn unreferenced<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a Key>,
    ) -> Result<Vec<String>, StoreError> {
        let known: BTreeSet<&str> = keys.into_iter().map(Key::name).collect();
        let mut names = self.names(ACCEPTED)?;
        let is_known = |name: &str| known.contains(name.split('@').next().unwrap_or(name));
        names.retain(|name| !is_known(name));
        Ok(names)
    }

    /// Names of the files with this suffix, in order.
    fn names(&self, suffix: &str) -> Result<Vec<String>, StoreError> {
        let dir = match &self.place {
            Place::Folder { dir, .. } => dir,
            Place::Memory(texts) => return Ok(texts.keys().cloned().collect()),
        };
        let unreadable = |source| StoreError::Read { path: dir.clone(), source };
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(unreadable(source)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.map_err(unreadable)?.file_name();
            // A name that is no text is none of ours.
            names.extend(
                file.to_str().and_then(|file| file.strip_suffix(suffix)).map(str::to_owned),
            );
        }
        names.sort();
        Ok(names)
    }
}
