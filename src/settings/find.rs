//! Finding and reading the settings file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Settings;
use crate::yaml::Faults;

/// The name of the settings file.
pub const FILE_NAME: &str = "coopwright.yaml";

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no such file here or above.
    #[error("there is no {FILE_NAME} in {folder} or above", folder = folder.display())]
    None {
        /// Where the search began.
        folder: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is faulty.
    #[error(transparent)]
    Faulty(#[from] Faults),
}

/// The settings file of a folder: its own, or that of the nearest folder above.
///
/// # Errors
/// When there is none.
pub fn find(folder: &Path) -> Result<PathBuf, SettingsError> {
    let files = folder.ancestors().map(|folder| folder.join(FILE_NAME));
    let none = || SettingsError::None { folder: folder.to_owned() };
    files.into_iter().find(|file| file.is_file()).ok_or_else(none)
}

/// Reads a settings file.
///
/// # Errors
/// When it cannot be read, or is faulty: then all of its faults.
pub fn load(path: &Path) -> Result<Settings, SettingsError> {
    let text = fs::read_to_string(path)
        .map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    Ok(super::parse(path, &text)?)
}
