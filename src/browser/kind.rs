//! The browsers that coopwright can drive, by name. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A browser that coopwright can drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Browser {
    /// Chromium, driven by chromedriver.
    Chromium,
    /// Chromium's small headless build: faster, but not all that users have. Driven by chromedriver.
    ChromiumHeadlessShell,
    /// Firefox, driven by geckodriver.
    Firefox,
    /// `WebKitGTK`'s `MiniBrowser`, driven by `WebKitWebDriver`.
    Webkit,
}

impl Browser {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] =
        [Self::Chromium, Self::ChromiumHeadlessShell, Self::Firefox, Self::Webkit];

    /// One for each engine: those that a run takes when it is not told.
    pub const ENGINES: [Self; 3] = [Self::Chromium, Self::Firefox, Self::Webkit];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::ChromiumHeadlessShell => "chromium-headless-shell",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// The name as people write it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::ChromiumHeadlessShell => "Chromium headless shell",
            Self::Firefox => "Firefox",
            Self::Webkit => "WebKitGTK",
        }
    }

    /// The engine inside: the name in scenario files, of snapshots and of the model.
    #[must_use]
    pub fn engine(self) -> &'static str {
        match self {
            Self::Chromium | Self::ChromiumHeadlessShell => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// Whether a frame that was blocked fires `load`, as one that came in. In the others it stays silent.
    #[must_use]
    pub fn fires_load_for_errors(self) -> bool {
        self.engine() == "chromium"
    }

    /// Whether a session that calls its browser so may be one of this browser. Unknown names pass.
    pub(super) fn may_be_called(self, name: &str) -> bool {
        const NAMES: [(&str, &str); 7] = [
            ("chrom", "chromium"),
            ("edge", "chromium"),
            ("firefox", "firefox"),
            ("minibrowser", "webkit"),
            ("webkit", "webkit"),
            ("safari", "webkit"),
            ("epiphany", "webkit"),
        ];
        let name = name.to_ascii_lowercase();
        if name.contains("headless-shell") != (self == Self::ChromiumHeadlessShell) {
            return false;
        }
        let known = NAMES.iter().find(|(part, _)| name.contains(part));
        known.is_none_or(|(_, engine)| *engine == self.engine())
    }

    /// What of the full browser this one cannot show; nothing for a full one.
    #[must_use]
    pub fn cannot_show(self) -> Option<&'static str> {
        match self {
            Self::ChromiumHeadlessShell => Some(
                "no Reporting API deliveries, and third-party cookies go out that full Chromium \
                 holds back",
            ),
            Self::Chromium | Self::Firefox | Self::Webkit => None,
        }
    }
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Browser {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Browser {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|browser| browser.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|browser| browser.name()).collect();
            format!("no browser has this name; known are {}", names.join(", "))
        })
    }
}
