//! An engine answers as the standards do wherever nothing that it does otherwise is touched. That is told
//! for each way of deviating alone, for any of them together, and so for all engines.

use coopwright::spec::{
    Engine, Flow, Frame, Nested, Opening, Profile, Resource, Response, deviations, frames_in,
    popup_in, resource_in,
};
use proptest::prelude::*;

use super::inputs::{flow, nested, resource as request, response, responses};

/// What a deviation can be touched by.
struct Asked<'a> {
    responses: Vec<&'a Response>,
    /// The headers of answers to preflights.
    preflights: Vec<&'a (String, String)>,
    frame: bool,
    /// Whether a frame has the attribute `sandbox`.
    sandboxed: bool,
    /// Whether a navigation has a redirect.
    redirects: bool,
    open: Opening,
}

impl Asked<'_> {
    /// Whether one of the header lines is such.
    fn sends(&self, is: impl Fn(&str, &str) -> bool) -> bool {
        let lines = self.responses.iter().flat_map(|response| &response.headers);
        lines.chain(self.preflights.iter().copied()).any(|(name, value)| is(name, value))
    }

    fn says(&self, word: &str) -> bool {
        self.sends(|_, value| value.contains(word))
    }

    fn goes_to_blank(&self) -> bool {
        self.responses.iter().any(|response| response.url.starts_with("about:"))
    }

    fn names(&self, header: &str) -> bool {
        self.sends(|name, _| name.eq_ignore_ascii_case(header))
    }
}

type Field = fn(&mut Profile) -> &mut bool;
type Touches = fn(&Asked<'_>) -> bool;

/// Every deviation: how a profile has it, and what must be there for it to matter. The second is only
/// as narrow as it can be told from the input without the model.
const WAYS: [(Field, Touches); 19] = [
    // The model of popups, frames and requests does not ask for it.
    (|profile| &mut profile.lacks_shared_memory, |_| false),
    (|profile| &mut profile.csp_sandbox_runs, |asked| asked.says("sandbox")),
    (|profile| &mut profile.csp_sandbox_keeps_origin, |asked| asked.says("sandbox")),
    (
        |profile| &mut profile.blocked_popup_stays_linked,
        |asked| asked.sandboxed || asked.says("sandbox"),
    ),
    (|profile| &mut profile.compares_hops_with_document, |asked| asked.redirects),
    (
        |profile| &mut profile.blank_first_loses_exemption,
        |asked| asked.open == Opening::BlankThenAssign,
    ),
    (
        |profile| &mut profile.spares_links_from_noopener,
        |asked| asked.frame && matches!(asked.open, Opening::Link | Opening::LinkNoopener),
    ),
    (
        |profile| &mut profile.lacks_isolation_permission,
        |asked| asked.frame || asked.names("Permissions-Policy"),
    ),
    (|profile| &mut profile.blank_keeps_link, |asked| asked.goes_to_blank()),
    (|profile| &mut profile.localhost_is_a_site, |asked| asked.says("same-site")),
    (
        |profile| &mut profile.dialect.wildcard_covers_authorization,
        |asked| asked.names("Access-Control-Allow-Headers"),
    ),
    (|profile| &mut profile.bare_hosts_are_one_site, |asked| asked.says("same-site")),
    (
        |profile| &mut profile.dialect.lacks_noopener_allow_popups,
        |asked| asked.says("noopener-allow-popups"),
    ),
    (|profile| &mut profile.dialect.lacks_credentialless, |asked| asked.says("credentialless")),
    (
        |profile| &mut profile.dialect.lacks_document_isolation,
        |asked| asked.names("Document-Isolation-Policy"),
    ),
    (
        |profile| &mut profile.dialect.drops_empty_lines,
        |asked| asked.sends(|_, value| value.trim_matches([' ', '\t']).is_empty()),
    ),
    (|profile| &mut profile.dialect.trims_carriage_returns, |asked| asked.says("\r")),
    (|profile| &mut profile.dialect.wants_string_report_to, |asked| asked.says("report-to")),
    (
        |profile| &mut profile.dialect.takes_unknown_corp_as_permission,
        |asked| asked.names("Cross-Origin-Resource-Policy"),
    ),
];

/// A profile with the deviations of a bit set.
fn with_ways(ways: usize) -> Profile {
    let mut profile = Profile::default();
    for (number, (field, _)) in WAYS.iter().enumerate() {
        *field(&mut profile) = ways & (1 << number) != 0;
    }
    profile
}

/// Whether the profile may answer otherwise than the standards.
fn is_touched(mut profile: Profile, asked: &Asked<'_>) -> bool {
    WAYS.iter().any(|(field, touches)| *field(&mut profile) && touches(asked))
}

/// Each deviation alone, each engine, and some of the other mixtures.
fn profiles(some: usize) -> impl Iterator<Item = Profile> {
    let alone = (0..WAYS.len()).map(|number| 1 << number);
    let engines = [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::Webkit];
    alone.chain([some]).map(with_ways).chain(engines.map(Profile::newest))
}

fn in_flow(flow: &Flow) -> Asked<'_> {
    let redirects = flow.popup.iter().any(
        |navigation| matches!(navigation, coopwright::spec::Navigation::To(hops) if hops.len() > 1),
    );
    Asked {
        responses: responses(flow),
        preflights: Vec::new(),
        frame: flow.frame.is_some(),
        sandboxed: matches!(&flow.frame, Some(Frame { sandbox: Some(_), .. })),
        redirects,
        open: flow.open,
    }
}

fn in_frames<'a>(document: &'a Response, nested: &'a [Nested]) -> Asked<'a> {
    let mut responses = vec![document];
    for frame in nested {
        responses.push(&frame.document);
        responses.extend(&frame.hops);
    }
    Asked {
        responses,
        preflights: Vec::new(),
        frame: !nested.is_empty(),
        sandboxed: nested.iter().any(|frame| frame.sandbox.is_some()),
        redirects: false,
        open: Opening::Direct,
    }
}

fn in_request<'a>(document: &'a Response, request: &'a Resource) -> Asked<'a> {
    let mut responses = vec![document];
    responses.extend(request.hops.iter().map(|hop| &hop.response));
    let preflights = request.hops.iter().filter_map(|hop| hop.preflight.as_ref());
    Asked {
        responses,
        preflights: preflights.flat_map(|preflight| &preflight.headers).collect(),
        frame: false,
        sandboxed: false,
        redirects: false,
        open: Opening::Direct,
    }
}

#[test]
fn every_deviation_of_the_data_has_its_way() {
    let all = with_ways((1 << WAYS.len()) - 1);
    let mut seen = Profile::default();
    for engine in [Engine::Chromium, Engine::Firefox, Engine::Webkit] {
        let mut profile = Profile::newest(engine);
        for (field, _) in WAYS {
            *field(&mut seen) |= *field(&mut profile);
            *field(&mut profile) = false;
        }
        // A field that no way names would still be set.
        assert_eq!(profile, Profile::default());
    }
    assert_eq!(seen, all);
    assert!(deviations().len() >= WAYS.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn untouched_popups_follow_the_standards(flow in flow(), some in 0..1_usize << WAYS.len()) {
        let standard = popup_in(&flow, &Profile::default()).unwrap();
        let asked = in_flow(&flow);
        for profile in profiles(some).filter(|profile| !is_touched(*profile, &asked)) {
            prop_assert_eq!(&popup_in(&flow, &profile).unwrap(), &standard, "{:?}", profile);
        }
    }

    #[test]
    fn untouched_frames_follow_the_standards(
        document in response(), nested in nested(), some in 0..1_usize << WAYS.len(),
    ) {
        let standard = frames_in(&document, &nested, &Profile::default()).unwrap();
        let asked = in_frames(&document, &nested);
        for profile in profiles(some).filter(|profile| !is_touched(*profile, &asked)) {
            let answer = frames_in(&document, &nested, &profile).unwrap();
            prop_assert_eq!(&answer, &standard, "{:?}", profile);
        }
    }

    #[test]
    fn untouched_requests_follow_the_standards(
        document in response(), request in request(), some in 0..1_usize << WAYS.len(),
    ) {
        let standard = resource_in(&document, &request, &Profile::default()).unwrap();
        let asked = in_request(&document, &request);
        for profile in profiles(some).filter(|profile| !is_touched(*profile, &asked)) {
            let answer = resource_in(&document, &request, &profile).unwrap();
            prop_assert_eq!(&answer, &standard, "{:?}", profile);
        }
    }
}
