//! Where a browser comes from.

use super::{Browser, Installed, Remote};

/// Where a browser comes from.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// From this machine.
    Local(Installed),
    /// From a WebDriver server that is already there.
    Remote(Remote),
}

impl Endpoint {
    /// Which browser it gives.
    #[must_use]
    pub fn browser(&self) -> Browser {
        match self {
            Self::Local(installed) => installed.browser,
            Self::Remote(remote) => remote.browser,
        }
    }

    /// The browser's version, where it is known before a session.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match self {
            Self::Local(installed) => installed.version.clone(),
            Self::Remote(_) => None,
        }
    }

    /// Waits until no session of it is left to be deleted, but not for ever; gives the number of those
    /// that may be left.
    pub async fn settle(&self) -> usize {
        match self {
            // Processes have a guard.
            Self::Local(_) => 0,
            Self::Remote(remote) => remote.settle().await,
        }
    }
}

impl From<Installed> for Endpoint {
    fn from(installed: Installed) -> Self {
        Self::Local(installed)
    }
}
