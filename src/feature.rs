//! What an engine may lack altogether: the vocabulary that probes, the model and verdicts share.

use serde::Serialize;

/// Something of the platform that not every engine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// The opener policy `noopener-allow-popups`.
    NoopenerAllowPopups,
    /// The embedder policy `credentialless`.
    Credentialless,
    /// Document-Isolation-Policy.
    DocumentIsolation,
    /// The permission `cross-origin-isolated`.
    IsolationPermission,
    /// `SharedArrayBuffer` in isolated pages.
    SharedMemory,
    /// Reports to a `ReportingObserver` of the page.
    Reports,
    /// A window that goes on after the way back over a switch of the browsing context group. No probe
    /// looks for it, for one that lacks it is lost: the unit itself shows it.
    BackOverSwitch,
}

impl Feature {
    /// Those that a probe can look for.
    pub const PROBED: [Self; 6] = [
        Self::NoopenerAllowPopups,
        Self::Credentialless,
        Self::DocumentIsolation,
        Self::IsolationPermission,
        Self::SharedMemory,
        Self::Reports,
    ];

    /// The name in files and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoopenerAllowPopups => "noopener-allow-popups",
            Self::Credentialless => "credentialless",
            Self::DocumentIsolation => "document-isolation",
            Self::IsolationPermission => "isolation-permission",
            Self::SharedMemory => "shared-memory",
            Self::Reports => "reports",
            Self::BackOverSwitch => "back-over-switch",
        }
    }

    /// The name as people write it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NoopenerAllowPopups => "Cross-Origin-Opener-Policy: noopener-allow-popups",
            Self::Credentialless => "Cross-Origin-Embedder-Policy: credentialless",
            Self::DocumentIsolation => "Document-Isolation-Policy",
            Self::IsolationPermission => "Permissions-Policy: cross-origin-isolated",
            Self::SharedMemory => "SharedArrayBuffer",
            Self::Reports => "reports to the page (ReportingObserver)",
            Self::BackOverSwitch => "a window that answers after the way back over a COOP switch",
        }
    }
}
