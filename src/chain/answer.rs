//! What everybody wants to know first: does this page break logins by popup? And what would mend it.

use super::outlook::{Case, as_opener, as_popup, is_page};
use super::{Chain, Hop};
use crate::policy::OpenerPolicy;
use crate::spec::{Profile, frames_in};

/// How far something is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breaks {
    /// Links are kept in every engine, opened directly or blank first.
    No,
    /// They are lost in some engine, or by one way of opening.
    InPart,
    /// They are lost in every engine, whichever way the popup is opened.
    Yes,
}

/// A change of opener policies that helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The responses that are changed, from 0; nothing stands for the given opener.
    pub hops: Vec<Option<usize>>,
    /// The header that is changed.
    pub header: &'static str,
    /// Its value from then on; nothing where it is not sent.
    pub policy: Option<&'static str>,
    /// What is still broken with it.
    pub then: Breaks,
    /// The questions on which that rests, with their answers then.
    pub cases: Vec<Case>,
    /// Whether the page is isolated now, and would be no longer.
    pub ends_isolation: bool,
}

/// Which cases the answers rest on.
const AS_OPENER: [&str; 2] = ["opens-plain", "opens-plain-blank-first"];
const AS_POPUP: [&str; 2] = ["opened-by-plain", "opened-by-plain-blank-first"];
const AS_POPUP_OF_GIVEN: [&str; 2] = ["opened-by-given", "opened-by-given-blank-first"];

impl Breaks {
    /// Of the page's own popups: to pages without policy, as most login pages are. Nothing where the chain
    /// ends with no page.
    #[must_use]
    pub fn as_opener(chain: &Chain) -> Option<Self> {
        Some(Self::of(&asked(chain, None, true)?))
    }

    /// Of the page as a popup of `opener`, or of a page without policy: then nothing but its own responses
    /// can cut the link.
    #[must_use]
    pub fn as_popup(chain: &Chain, opener: Option<&Hop>) -> Option<Self> {
        Some(Self::of(&asked(chain, opener, false)?))
    }

    fn of(cases: &[Case]) -> Self {
        let words: Vec<&str> = cases.iter().flat_map(Case::words).collect();
        let kept = words.iter().filter(|word| **word == "connected").count();
        match kept {
            0 => Self::Yes,
            kept if kept == words.len() => Self::No,
            _ => Self::InPart,
        }
    }

    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::InPart => "in-part",
            Self::Yes => "yes",
        }
    }
}

/// The questions on which an answer rests: a popup opened directly, and blank first.
fn asked(chain: &Chain, opener: Option<&Hop>, opens: bool) -> Option<Vec<Case>> {
    let last = chain.last().filter(|last| is_page(last))?;
    let (mut cases, ids) = match (opens, opener) {
        (true, _) => (as_opener(last), AS_OPENER),
        (false, None) => (as_popup(chain, None), AS_POPUP),
        (false, Some(_)) => (as_popup(chain, opener), AS_POPUP_OF_GIVEN),
    };
    cases.retain(|case| ids.contains(&case.id));
    Some(cases)
}

/// What would help: as the page that opens popups if `opens`, else as a popup of `opener` (or of a page
/// without policy). Only what helps, and nothing that takes more changes than something that helps as
/// much.
#[must_use]
pub fn remedies(chain: &Chain, opener: Option<&Hop>, opens: bool) -> Vec<Remedy> {
    let Some(now) = asked(chain, opener, opens).map(|cases| Breaks::of(&cases)) else {
        return Vec::new();
    };
    let last = chain.hops.len().saturating_sub(1);
    let mut found: Vec<Remedy> = Vec::new();
    for (hops, policy) in candidates(chain, opener, opens) {
        let mut changed = chain.clone();
        let mut opener = opener.cloned();
        for place in &hops {
            match place {
                Some(hop) => set(&mut changed.hops[*hop], policy),
                None => drop(opener.as_mut().map(|opener| set(opener, policy))),
            }
        }
        let cases = asked(&changed, opener.as_ref(), opens).unwrap_or_default();
        let then = Breaks::of(&cases);
        if then >= now {
            continue;
        }
        let ends_isolation = hops.contains(&Some(last)) && isolates(chain) && !isolates(&changed);
        found.push(Remedy {
            hops,
            header: OpenerPolicy::NAME,
            policy,
            then,
            cases,
            ends_isolation,
        });
    }
    let cheaper =
        |one: &Remedy, other: &Remedy| one.hops.len() < other.hops.len() && one.then <= other.then;
    let all = found.clone();
    found.retain(|remedy| !all.iter().any(|other| cheaper(other, remedy)));
    found
}

type Candidate = (Vec<Option<usize>>, Option<&'static str>);

/// What is worth a try: on the page that opens, popups allowed or no policy; on the way to a popup, no
/// policy.
fn candidates(chain: &Chain, opener: Option<&Hop>, opens: bool) -> Vec<Candidate> {
    const ALLOWS: Option<&str> = Some("same-origin-allow-popups");
    if opens {
        let last = vec![chain.hops.len().checked_sub(1)];
        return vec![(last.clone(), ALLOWS), (last, None)];
    }
    let with_policy =
        |hop: &Hop| OpenerPolicy::of(hop.lines(), hop.is_secure()) != OpenerPolicy::UnsafeNone;
    let hops = chain.hops.iter().enumerate().filter(|(_, hop)| with_policy(hop));
    let on_the_way: Vec<Option<usize>> = hops.map(|(index, _)| Some(index)).collect();
    let mut candidates = Vec::new();
    if opener.is_some_and(with_policy) {
        candidates.extend([(vec![None], ALLOWS), (vec![None], None)]);
        if !on_the_way.is_empty() {
            candidates.push((on_the_way.iter().copied().chain([None]).collect(), None));
        }
    }
    if !on_the_way.is_empty() {
        candidates.push((on_the_way, None));
    }
    candidates
}

fn set(hop: &mut Hop, policy: Option<&str>) {
    hop.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(OpenerPolicy::NAME));
    let line = policy.map(|policy| (OpenerPolicy::NAME.to_owned(), policy.to_owned()));
    hop.headers.extend(line);
}

fn isolates(chain: &Chain) -> bool {
    let answer = chain.last().map(|last| frames_in(&last.response(), &[], &Profile::default()));
    matches!(answer, Some(Ok(answer)) if answer.isolated == [true])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{chain, hop};
    use super::*;

    const COOP: &str = "Cross-Origin-Opener-Policy: same-origin";

    #[test]
    fn the_two_roles_are_told_apart() {
        let breaks = |lines: &[&str]| {
            let chain = chain(vec![hop("https://a.example/", 200, lines)]);
            (Breaks::as_opener(&chain).unwrap(), Breaks::as_popup(&chain, None).unwrap())
        };
        assert_eq!(breaks(&[]), (Breaks::No, Breaks::No));
        assert_eq!(breaks(&[COOP]), (Breaks::Yes, Breaks::Yes));
        assert_eq!(
            breaks(&["Cross-Origin-Opener-Policy: same-origin-allow-popups"]),
            (Breaks::InPart, Breaks::Yes)
        );
        // An unknown word to one engine.
        assert_eq!(
            breaks(&["Cross-Origin-Opener-Policy: noopener-allow-popups"]),
            (Breaks::InPart, Breaks::InPart)
        );
        let json = chain(vec![hop("https://a.example/", 200, &["Content-Type: application/json"])]);
        assert_eq!(Breaks::as_opener(&json), None);
    }

    #[test]
    fn a_remedy_says_what_it_costs() {
        let page = chain(vec![hop(
            "https://a.example/",
            200,
            &[COOP, "Cross-Origin-Embedder-Policy: require-corp"],
        )]);
        let found = remedies(&page, None, true);
        let told: Vec<_> = found.iter().map(|r| (r.policy, r.then, r.ends_isolation)).collect();
        assert_eq!(
            told,
            [(Some("same-origin-allow-popups"), Breaks::InPart, true), (None, Breaks::No, true)]
        );
    }

    #[test]
    fn every_hop_with_a_policy_must_change() {
        let way = chain(vec![
            hop("https://a.example/", 302, &[COOP]),
            hop("https://b.example/", 302, &[]),
            hop("https://c.example/", 200, &[COOP]),
        ]);
        let found = remedies(&way, None, false);
        let told: Vec<_> = found.iter().map(|r| (r.hops.clone(), r.then)).collect();
        assert_eq!(told, [(vec![Some(0), Some(2)], Breaks::No)]);
    }

    #[test]
    fn a_given_opener_may_be_the_one_to_change() {
        let app = hop("https://app.example/", 200, &[COOP]);
        let login = chain(vec![hop("https://a.example/", 200, &[])]);
        assert_eq!(Breaks::as_popup(&login, Some(&app)), Some(Breaks::Yes));
        let found = remedies(&login, Some(&app), false);
        let told: Vec<_> = found.iter().map(|r| (r.hops.clone(), r.policy, r.then)).collect();
        let allows = Some("same-origin-allow-popups");
        assert_eq!(told, [(vec![None], allows, Breaks::InPart), (vec![None], None, Breaks::No)]);
    }
}
