//! Where engines differ from the standards: `deviations.yaml` says which versions, what they do and how
//! that is known; here each of them is a switch that the model asks.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::feature::Feature;
use crate::policy::Dialect;

/// Whose behaviour is predicted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// What the standards say.
    #[default]
    Standard,
    /// Chromium.
    Chromium,
    /// Firefox.
    Firefox,
    /// `WebKit`.
    Webkit,
}

impl Engine {
    /// The name in questions and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }
}

/// One thing that an engine does otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deviation {
    /// The engine.
    pub engine: Engine,
    /// The behaviour's name.
    pub name: Behaviour,
    /// The first version that is known to do it; nothing where none is known to do otherwise.
    #[serde(default)]
    pub from: Option<String>,
    /// The first version that does it no more.
    #[serde(default)]
    pub until: Option<String>,
    /// What it does.
    pub does: String,
    /// How that is known: measured where, or which test or bug says so.
    pub evidence: String,
}

/// The behaviours that the model knows; each is a field of [`Profile`] or of the [`Dialect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// See [`Profile::csp_sandbox_runs`].
    CspSandboxRuns,
    /// See [`Profile::csp_sandbox_keeps_origin`].
    CspSandboxKeepsOrigin,
    /// See [`Profile::blocked_popup_stays_linked`].
    BlockedPopupStaysLinked,
    /// See [`Profile::compares_hops_with_document`].
    ComparesHopsWithDocument,
    /// See [`Profile::blank_first_loses_exemption`].
    BlankFirstLosesExemption,
    /// See [`Profile::spares_links_from_noopener`].
    SparesLinksFromNoopener,
    /// See [`Profile::blank_keeps_link`].
    BlankKeepsLink,
    /// See [`Profile::localhost_is_a_site`].
    LocalhostIsASite,
    /// See [`Profile::lacks_isolation_permission`].
    LacksIsolationPermission,
    /// See [`Profile::bare_hosts_are_one_site`].
    BareHostsAreOneSite,
    /// See [`Profile::lacks_shared_memory`].
    LacksSharedMemory,
    /// See [`Dialect::lacks_noopener_allow_popups`].
    LacksNoopenerAllowPopups,
    /// See [`Dialect::lacks_credentialless`].
    LacksCredentialless,
    /// See [`Dialect::lacks_document_isolation`].
    LacksDocumentIsolation,
    /// See [`Dialect::drops_empty_lines`].
    DropsEmptyLines,
    /// See [`Dialect::trims_carriage_returns`].
    TrimsCarriageReturns,
    /// See [`Dialect::wants_string_report_to`].
    WantsStringReportTo,
    /// See [`Dialect::takes_unknown_corp_as_permission`].
    TakesUnknownCorpAsPermission,
    /// See [`Dialect::wildcard_covers_authorization`].
    WildcardCoversAuthorization,
}

impl Behaviour {
    /// What it is to lack a feature; nothing where the model's answers do not depend on it.
    fn of_lack(feature: Feature) -> Option<Self> {
        match feature {
            Feature::NoopenerAllowPopups => Some(Self::LacksNoopenerAllowPopups),
            Feature::Credentialless => Some(Self::LacksCredentialless),
            Feature::DocumentIsolation => Some(Self::LacksDocumentIsolation),
            Feature::IsolationPermission => Some(Self::LacksIsolationPermission),
            Feature::SharedMemory => Some(Self::LacksSharedMemory),
            Feature::Reports | Feature::BackOverSwitch => None,
        }
    }
}

/// The name in the data file.
impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A formatter takes a plain variant by its serialised name.
        self.serialize(f)
    }
}

/// What one engine in one version does otherwise; the default follows the standards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a deviation of its own")]
pub struct Profile {
    /// How it reads headers.
    pub dialect: Dialect,
    /// A page with COOP and CSP `sandbox` runs, in place of a network error.
    pub csp_sandbox_runs: bool,
    /// Opener policies are compared as if CSP `sandbox` had not made the origin opaque.
    pub csp_sandbox_keeps_origin: bool,
    /// A popup whose page is blocked by its sandbox does not read closed.
    pub blocked_popup_stays_linked: bool,
    /// Every hop is compared with the window's document, not with the hop before.
    pub compares_hops_with_document: bool,
    /// A popup that was opened empty and then sent on has lost the exemption of fresh popups, but not the
    /// rule for `noopener-allow-popups`.
    pub blank_first_loses_exemption: bool,
    /// `noopener` is not forced upon links and forms of cross-origin frames.
    pub spares_links_from_noopener: bool,
    /// A popup that is sent to `about:blank` keeps its link.
    pub blank_keeps_link: bool,
    /// To a document of a single-label host, names below it are of its site.
    pub localhost_is_a_site: bool,
    /// The permission `cross-origin-isolated` is not known.
    pub lacks_isolation_permission: bool,
    /// `SharedArrayBuffer` is not there, isolated or not.
    pub lacks_shared_memory: bool,
    /// Hosts without a registrable domain are all one site to CORP.
    pub bare_hosts_are_one_site: bool,
}

static DEVIATIONS: LazyLock<Vec<Deviation>> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("deviations.yaml")).expect("a test reads the data file")
});

/// All known deviations.
#[must_use]
pub fn deviations() -> &'static [Deviation] {
    &DEVIATIONS
}

/// The profiles of the newest versions, made once.
static NEWEST: LazyLock<[Profile; 4]> = LazyLock::new(|| {
    [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::Webkit]
        .map(|engine| Profile::from_deviations(engine, None))
});

impl Profile {
    /// What the newest version that the data file knows does.
    #[must_use]
    pub fn newest(engine: Engine) -> Self {
        match engine {
            Engine::Standard => Self::default(),
            engine => NEWEST[engine as usize],
        }
    }

    /// What `version` (`156.0.8078.79`) of an engine does.
    #[must_use]
    pub fn of(engine: Engine, version: &str) -> Self {
        Self::from_deviations(engine, Some(version))
    }

    fn from_deviations(engine: Engine, version: Option<&str>) -> Self {
        let mut profile = Self::default();
        for deviation in deviations() {
            if deviation.engine == engine && deviation.holds_in(version) {
                *profile.field(deviation.name) = true;
            }
        }
        profile
    }

    /// This profile of a browser that has, or lacks, a feature, as a probe of it has shown.
    #[must_use]
    pub fn with(mut self, feature: Feature, lacks: bool) -> Self {
        if let Some(behaviour) = Behaviour::of_lack(feature) {
            *self.field(behaviour) = lacks;
        }
        self
    }

    fn field(&mut self, behaviour: Behaviour) -> &mut bool {
        match behaviour {
            Behaviour::CspSandboxRuns => &mut self.csp_sandbox_runs,
            Behaviour::CspSandboxKeepsOrigin => &mut self.csp_sandbox_keeps_origin,
            Behaviour::BlockedPopupStaysLinked => &mut self.blocked_popup_stays_linked,
            Behaviour::ComparesHopsWithDocument => &mut self.compares_hops_with_document,
            Behaviour::BlankFirstLosesExemption => &mut self.blank_first_loses_exemption,
            Behaviour::SparesLinksFromNoopener => &mut self.spares_links_from_noopener,
            Behaviour::BlankKeepsLink => &mut self.blank_keeps_link,
            Behaviour::LocalhostIsASite => &mut self.localhost_is_a_site,
            Behaviour::LacksIsolationPermission => &mut self.lacks_isolation_permission,
            Behaviour::LacksSharedMemory => &mut self.lacks_shared_memory,
            Behaviour::BareHostsAreOneSite => &mut self.bare_hosts_are_one_site,
            Behaviour::LacksNoopenerAllowPopups => &mut self.dialect.lacks_noopener_allow_popups,
            Behaviour::LacksCredentialless => &mut self.dialect.lacks_credentialless,
            Behaviour::LacksDocumentIsolation => &mut self.dialect.lacks_document_isolation,
            Behaviour::DropsEmptyLines => &mut self.dialect.drops_empty_lines,
            Behaviour::TrimsCarriageReturns => &mut self.dialect.trims_carriage_returns,
            Behaviour::WantsStringReportTo => &mut self.dialect.wants_string_report_to,
            Behaviour::WildcardCoversAuthorization => {
                &mut self.dialect.wildcard_covers_authorization
            }
            Behaviour::TakesUnknownCorpAsPermission => {
                &mut self.dialect.takes_unknown_corp_as_permission
            }
        }
    }
}

impl Deviation {
    /// Whether a version does it; without one, whether the newest does.
    fn holds_in(&self, version: Option<&str>) -> bool {
        let Some(version) = version else { return self.until.is_none() };
        let not_before = self.from.as_ref().is_none_or(|from| numbers(version) >= numbers(from));
        not_before && self.until.as_ref().is_none_or(|until| numbers(version) < numbers(until))
    }
}

/// `156.0.8078.79` as numbers; what is no number ends it.
fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_is_read_and_gives_evidence() {
        assert!(deviations().len() >= 15);
        for deviation in deviations() {
            let named = include_str!("deviations.yaml").contains(&deviation.name.to_string());
            assert!(named, "{:?}", deviation.name);
            assert!(deviation.evidence.len() > 20, "{:?} lacks evidence", deviation.name);
        }
        assert!(Profile::newest(Engine::Firefox).dialect.lacks_noopener_allow_popups);
        assert_eq!(Profile::newest(Engine::Standard), Profile::default());
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let mut deviation = deviations()[0].clone();
        deviation.from = Some("99".to_owned());
        deviation.until = Some("156.0.9".to_owned());
        assert!(deviation.holds_in(Some("156.0.8.79")));
        assert!(!deviation.holds_in(Some("156.0.10")));
        assert!(!deviation.holds_in(Some("98")));
        assert!(!deviation.holds_in(None));
    }
}
