//! The cross-origin resource policy check (Fetch, section 3.7).

use super::engine::Profile;
use super::rule::{Compared, Rule};
use crate::origin::Origin;
use crate::policy::{EmbedderPolicy, Lines, ResourcePolicy};

/// The check of one response.
#[derive(Debug, Clone, Copy)]
pub(super) struct CorpCheck<'a> {
    /// Who asks: the request's origin, or that of the frame's container.
    pub(super) asker: &'a Origin,
    /// The embedder policy of the asking document.
    pub(super) embedder: EmbedderPolicy,
    /// Of which address the response is.
    pub(super) address: &'a Origin,
    /// Whether the request went with credentials.
    pub(super) credentials: bool,
    /// Whether it is for a frame.
    pub(super) navigation: bool,
    pub(super) profile: &'a Profile,
}

impl CorpCheck<'_> {
    /// Whether the response may be used, the rule, and what was compared.
    pub(super) fn of(self, lines: Lines<'_>) -> (bool, Rule, Option<Compared>) {
        let policy = ResourcePolicy::of(lines);
        // Without an embedder policy frames are not checked.
        if self.navigation && !self.embedder.isolates() {
            return (true, Rule::Opaque, None);
        }
        match policy {
            Some(policy) => {
                let allowed = self.allows(policy);
                let compared = self.compared(policy);
                let rule = if allowed { Rule::CorpAllows } else { Rule::CorpForbids };
                (allowed, rule, Some(compared))
            }
            None => self.without_policy(),
        }
    }

    fn without_policy(self) -> (bool, Rule, Option<Compared>) {
        let required = match self.embedder {
            EmbedderPolicy::UnsafeNone => return (true, Rule::Opaque, None),
            EmbedderPolicy::RequireCorp => true,
            EmbedderPolicy::Credentialless => self.credentials || self.navigation,
        };
        if !required {
            return (true, Rule::Credentialless, None);
        }
        if self.allows(ResourcePolicy::SameOrigin) {
            return (true, Rule::SameOrigin, None);
        }
        let compared = Compared::Values {
            value: "no Cross-Origin-Resource-Policy".to_owned(),
            against: format!("`{}`", self.embedder),
        };
        (false, Rule::CorpRequired, Some(compared))
    }

    fn allows(self, policy: ResourcePolicy) -> bool {
        match policy {
            ResourcePolicy::CrossOrigin => true,
            ResourcePolicy::SameOrigin => self.asker.is_same_origin(self.address),
            ResourcePolicy::SameSite => {
                let bare = self.profile.bare_hosts_are_one_site
                    && self.asker.is_bare_name()
                    && self.address.is_bare_name();
                let below = self.profile.localhost_is_a_site
                    && self.asker.is_single_label_above(self.address);
                let same_site = bare || below || self.asker.is_schemelessly_same_site(self.address);
                same_site && (self.asker.is_https() || !self.address.is_https())
            }
        }
    }

    fn compared(self, policy: ResourcePolicy) -> Compared {
        let relation = if self.asker.is_same_origin(self.address) {
            "the same origin"
        } else if self.asker.is_schemelessly_same_site(self.address) {
            "another origin of the same site"
        } else {
            "another site"
        };
        Compared::Values { value: format!("`{policy}`"), against: relation.to_owned() }
    }
}
