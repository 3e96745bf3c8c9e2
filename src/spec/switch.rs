//! When a response makes its window change the browsing context group (HTML, section 7.1.3: "check if
//! COOP values require a browsing context group switch").

use super::rule::Rule;
use crate::policy::OpenerPolicy::{self, NoopenerAllowPopups, SameOriginAllowPopups, UnsafeNone};

/// Whether a response with the policy `after` needs a switch in a window whose policy was `before`, and
/// the rule that says so. `initial` is whether the window still shows its initial `about:blank`.
pub(super) fn needs_switch(
    before: OpenerPolicy,
    after: OpenerPolicy,
    same_origin: bool,
    initial: bool,
) -> (bool, Rule) {
    if initial && after == NoopenerAllowPopups {
        return (true, Rule::NoopenerAllowPopups);
    }
    let keeps_popups = matches!(before, SameOriginAllowPopups | NoopenerAllowPopups);
    if initial && keeps_popups && after == UnsafeNone {
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
        let fresh = |before, after, same| needs_switch(before, after, same, true).0;
        let later = |before, after, same| needs_switch(before, after, same, false).0;
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
