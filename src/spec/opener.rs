//! Which response makes a popup lose its opener (HTML, sections 7.1.3 and 7.4.5: "enforce a response's
//! cross-origin opener policy", which runs for every response of a navigation, redirects included).

use crate::policy::OpenerPolicy;

/// One response on the way to a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The origin, in any spelling that is the same for the same origin.
    pub origin: String,
    /// Its opener policy.
    pub policy: OpenerPolicy,
}

/// A top-level window as the opener policy sees it.
#[derive(Debug, Clone)]
pub struct Window {
    current: Response,
    initial: bool,
}

/// A response that asks for another browsing context group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// Which response of the navigation, from 0.
    pub hop: usize,
    /// What it was compared with.
    pub before: Response,
    /// The rule in words.
    pub rule: &'static str,
}

impl Window {
    /// A popup that has just been opened by a document: its initial `about:blank` has the origin of
    /// that document, and the policy of the document's top-level document if the two are same-origin.
    #[must_use]
    pub fn opened_by(document_origin: &str, top: &Response) -> Self {
        let policy =
            if top.origin == document_origin { top.policy } else { OpenerPolicy::UnsafeNone };
        Self { current: Response { origin: document_origin.to_owned(), policy }, initial: true }
    }

    /// Navigates; gives the first response that asks for a switch. Every response is compared with the
    /// one before it; a switch is never taken back, so the first is the one that decides.
    pub fn navigate(&mut self, responses: &[Response]) -> Option<Switch> {
        let mut switch = None;
        for (hop, response) in responses.iter().enumerate() {
            if switch.is_none() {
                switch = self.needs_switch(response).map(|rule| Switch {
                    hop,
                    before: self.current.clone(),
                    rule,
                });
            }
            self.current = response.clone();
        }
        self.initial = false;
        switch
    }

    /// "Check if COOP values require a browsing context group switch". The exemption for a window that
    /// still shows its initial `about:blank` holds for every response of its first navigation.
    fn needs_switch(&self, response: &Response) -> Option<&'static str> {
        use OpenerPolicy::{NoopenerAllowPopups, SameOriginAllowPopups, UnsafeNone};
        let current = self.current.policy;
        if self.initial && response.policy == NoopenerAllowPopups {
            return Some("`noopener-allow-popups` cuts the link to whoever opens the page");
        }
        let keeps_popups = matches!(current, SameOriginAllowPopups | NoopenerAllowPopups);
        if self.initial && keeps_popups && response.policy == UnsafeNone {
            return None;
        }
        let same_origin = self.current.origin == response.origin;
        if current.matches(response.policy, same_origin) {
            return None;
        }
        Some(match (current, response.policy) {
            (UnsafeNone, _) => "a policy does not match a predecessor without one",
            (_, UnsafeNone) => "a page without a policy does not match a predecessor with one",
            (before, after) if before == after => "equal policies match on the same origin only",
            _ => "two different policies never match",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OpenerPolicy::{NoopenerAllowPopups, SameOrigin, SameOriginAllowPopups, UnsafeNone};

    fn response(origin: &str, policy: OpenerPolicy) -> Response {
        Response { origin: origin.to_owned(), policy }
    }

    fn first_navigation(opener: OpenerPolicy, hops: &[(&str, OpenerPolicy)]) -> Option<usize> {
        let mut popup = Window::opened_by("app", &response("app", opener));
        let hops: Vec<Response> = hops.iter().map(|(o, p)| response(o, *p)).collect();
        popup.navigate(&hops).map(|switch| switch.hop)
    }

    #[test]
    fn pairs() {
        assert_eq!(first_navigation(UnsafeNone, &[("idp", UnsafeNone)]), None);
        assert_eq!(first_navigation(SameOrigin, &[("idp", UnsafeNone)]), Some(0));
        assert_eq!(first_navigation(SameOrigin, &[("app", SameOrigin)]), None);
        assert_eq!(first_navigation(SameOrigin, &[("idp", SameOrigin)]), Some(0));
        assert_eq!(first_navigation(SameOriginAllowPopups, &[("idp", UnsafeNone)]), None);
        assert_eq!(
            first_navigation(SameOriginAllowPopups, &[("idp", SameOriginAllowPopups)]),
            Some(0)
        );
        assert_eq!(first_navigation(NoopenerAllowPopups, &[("app", NoopenerAllowPopups)]), Some(0));
        assert_eq!(first_navigation(UnsafeNone, &[("idp", SameOriginAllowPopups)]), Some(0));
    }

    #[test]
    fn every_hop_counts_and_is_compared_with_the_hop_before() {
        assert_eq!(
            first_navigation(UnsafeNone, &[("idp", SameOrigin), ("idp", UnsafeNone)]),
            Some(0)
        );
        assert_eq!(
            first_navigation(SameOrigin, &[("app", UnsafeNone), ("app", SameOrigin)]),
            Some(0)
        );
        let provider_and_back = [("idp", UnsafeNone), ("app", SameOriginAllowPopups)];
        assert_eq!(first_navigation(SameOriginAllowPopups, &provider_and_back), Some(1));
        let own_hop_first = [("app", SameOriginAllowPopups), ("idp", UnsafeNone)];
        assert_eq!(first_navigation(SameOriginAllowPopups, &own_hop_first), None);
    }

    #[test]
    fn the_exemption_ends_with_the_first_navigation() {
        let mut popup = Window::opened_by("app", &response("app", SameOriginAllowPopups));
        assert_eq!(popup.navigate(&[response("idp", UnsafeNone)]), None);
        assert_eq!(popup.navigate(&[response("app", UnsafeNone)]), None);
        assert!(popup.navigate(&[response("app", SameOriginAllowPopups)]).is_some());
    }

    #[test]
    fn a_cross_origin_frame_opens_without_policy() {
        let mut popup = Window::opened_by("widget", &response("app", SameOriginAllowPopups));
        assert_eq!(popup.navigate(&[response("idp", UnsafeNone)]), None);
        let mut popup = Window::opened_by("widget", &response("app", SameOriginAllowPopups));
        assert!(popup.navigate(&[response("app", SameOriginAllowPopups)]).is_some());
    }
}
