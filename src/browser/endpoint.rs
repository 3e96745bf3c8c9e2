//! Where a browser comes from.

use super::{Browser, Installed};

/// Where a browser comes from.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// From this machine.
    Local(Installed),
}

impl Endpoint {
    /// Which browser it gives.
    #[must_use]
    pub fn browser(&self) -> Browser {
        match self {
            Self::Local(installed) => installed.browser,
        }
    }

    /// The browser's version, where it is known before a session.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match self {
            Self::Local(installed) => installed.version.clone(),
        }
    }
}

impl From<Installed> for Endpoint {
    fn from(installed: Installed) -> Self {
        Self::Local(installed)
    }
}
