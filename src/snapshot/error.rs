//! What can go wrong with a folder of snapshots, each with its remedy.

use std::io;
use std::path::PathBuf;

use super::FormatError;

/// Why a folder of snapshots cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another run holds the folder.
    #[error("another run is using the snapshots in `{}`", .path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be made, or nothing can be written to it.
    #[error("cannot write snapshots to `{}`", .path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder is there and cannot be read.
    #[error("cannot read the snapshots in `{}`", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "wait until the other `coopwright` has ended, then start again",
            Self::Unwritable { .. } => {
                "make the folder writable, or compare only, as CI does, without writing snapshots"
            }
            Self::Unreadable { .. } => "make it a folder that you may read",
        }
    }
}

/// Why a snapshot cannot be compared, written or reviewed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file is there and cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The file, or the folder that should list it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written, renamed or removed.
    #[error("cannot write `{}`", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not follow the format.
    #[error("`{}` is not a snapshot", .path.display())]
    Faulty {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: FormatError,
    },
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } => "make the file readable, or delete it and run again",
            Self::Write { .. } => "make the folder writable and see that its disk is not full",
            Self::Faulty { .. } => {
                "restore the file from version control, or delete it and run again"
            }
        }
    }
}
