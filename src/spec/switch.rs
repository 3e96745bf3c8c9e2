//! When a response makes its window change the browsing context group (HTML, section 7.1.3: "check if
//! COOP values require a browsing context group switch").

use super::rule::Rule;
use crate::policy::OpenerPolicy::{self, NoopenerAllowPopups, SameOriginAllowPopups, UnsafeNone};

/// What a window shows, as far as the check asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Showing {
    /// Its initial `about:blank`.
    InitialBlank,
    /// The same, in an engine that does not spare popups which were opened empty and then sent on.
    UnsparedBlank,
    /// Anything else.
    Document,
}

/// Whether a response with the policy `after` needs a switch in a window whose policy was `before`, and
/// the rule that says so.
pub(super) fn needs_switch(
    before: OpenerPolicy,
    after: OpenerPolicy,
    same_origin: bool,
    showing: Showing,
) -> (bool, Rule) {
    if showing != Showing::Document && after == NoopenerAllowPopups {
        return (true, Rule::NoopenerAllowPopups);
    }
    let keeps_popups = matches!(before, SameOriginAllowPopups | NoopenerAllowPopups);
    if showing == Showing::InitialBlank && keeps_popups && after == UnsafeNone {
        return (false, Rule::AllowPopups);
    }
    let matches = before.matches(after, same_origin);
    let rule = match (before, after) {
        (UnsafeNone, UnsafeNone) => Rule::NoPolicies,
        (UnsafeNone, _) => Rule::PolicyAfterNone,
        (_, UnsafeNone) => Rule::NoneAfterPolicy,
        _ if matches => Rule::EqualPolicies,
        _ if before == after => Rule::EqualPoliciesCrossOrigin,
        _ => Rule::DifferentPolicies,
    };
    (!matches, rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use OpenerPolicy::{SameOrigin, SameOriginPlusCoep};

    #[test]
    fn the_table_of_pairs() {
        let fresh =
            |before, after, same| needs_switch(before, after, same, Showing::InitialBlank).0;
        let later = |before, after, same| needs_switch(before, after, same, Showing::Document).0;
        let unspared =
            |before, after, same| needs_switch(before, after, same, Showing::UnsparedBlank).0;
        assert!(unspared(NoopenerAllowPopups, NoopenerAllowPopups, true));
        assert!(unspared(SameOriginAllowPopups, UnsafeNone, false));
        assert!(!fresh(UnsafeNone, UnsafeNone, false));
        assert!(fresh(SameOrigin, UnsafeNone, true));
        assert!(!fresh(SameOrigin, SameOrigin, true));
        assert!(fresh(SameOrigin, SameOrigin, false));
        assert!(fresh(SameOrigin, SameOriginPlusCoep, true));
        assert!(!fresh(SameOriginAllowPopups, UnsafeNone, false));
        assert!(later(SameOriginAllowPopups, UnsafeNone, true));
        assert!(fresh(SameOriginAllowPopups, SameOriginAllowPopups, false));
        assert!(fresh(NoopenerAllowPopups, NoopenerAllowPopups, true));
        assert!(!later(NoopenerAllowPopups, NoopenerAllowPopups, true));
        assert!(!fresh(NoopenerAllowPopups, UnsafeNone, false));
        assert!(fresh(UnsafeNone, SameOriginAllowPopups, true));
    }
}
