//! What can be wrong with the files of a suite, each with its remedy.

use std::fmt;
use std::io;
use std::path::PathBuf;

use annotate_snippets::{Level, Renderer};

use crate::scenario::Faults;

/// One problem on the way from a path to a scenario.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is nothing at the path.
    #[error("`{}` does not exist", .path.display())]
    Missing {
        /// The path, as given.
        path: PathBuf,
        /// What was probably meant.
        nearest: Option<PathBuf>,
    },
    /// A folder without scenario files.
    #[error("there is no scenario in `{}`", .path.display())]
    NoScenario {
        /// The folder, as given.
        path: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {source}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Two files whose snapshots would have the same names.
    #[error("`{second}` has the same name as `{first}`, so they would share their snapshots")]
    SameName {
        /// The file that came first.
        first: String,
        /// The other one.
        second: String,
    },
    /// A file with faults.
    #[error(transparent)]
    Faulty(Faults),
}

impl Problem {
    /// What to do about it; faults of a file carry their own hints.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `{}`?", nearest.display()))
            }
            Self::Missing { nearest: None, .. } | Self::Faulty(_) => None,
            Self::NoScenario { .. } => {
                Some("name a `.yaml` file, or a folder that holds some".to_owned())
            }
            Self::Unreadable { .. } => {
                Some("you must be allowed to read it, and a file must be UTF-8 text".to_owned())
            }
            Self::SameName { .. } => Some("rename one of them".to_owned()),
        }
    }

    /// As text with its hint, for a terminal if `color`.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        if let Self::Faulty(faults) = self {
            return faults.render(color);
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let (message, hint) = (self.to_string(), self.hint());
        let title = Level::ERROR.primary_title(message);
        let group = title.elements(hint.map(|hint| Level::HELP.message(hint)));
        renderer.render(&[group])
    }
}

/// Why a suite cannot run: all its problems.
#[derive(Debug)]
pub struct SuiteError {
    pub(super) problems: Vec<Problem>,
}

impl SuiteError {
    /// The problems: first those of paths, then those of files, each in the order of the suite.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// All problems as text with their hints, for a terminal if `color`.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let rendered: Vec<String> =
            self.problems.iter().map(|problem| problem.render(color)).collect();
        rendered.join("\n\n")
    }
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for SuiteError {}
