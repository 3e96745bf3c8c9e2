//! Tables small enough to go through whole, against the words of HTML 7.1.3 written down once more.

use coopwright::policy::OpenerPolicy;
use coopwright::spec::{
    Engine, Flow, Frame, Kind, Navigation, Opening, Outcome, PopupAnswer, Relation, Resource,
    ResourceHop, Response, frames, popup, resource,
};

use super::inputs::{ENGINES, OPENINGS, written};

/// Header lines, and the value that they make.
const POLICIES: [(&[&str], &str); 8] = [
    (&[], "unsafe-none"),
    (&["Cross-Origin-Opener-Policy: unsafe-none"], "unsafe-none"),
    (&["Cross-Origin-Opener-Policy: same-origin-allow-popups"], "same-origin-allow-popups"),
    (&["Cross-Origin-Opener-Policy: same-origin"], "same-origin"),
    (
        &["Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Embedder-Policy: require-corp"],
        "same-origin-plus-COEP",
    ),
    (
        &[
            "Cross-Origin-Opener-Policy: same-origin",
            "Cross-Origin-Embedder-Policy: credentialless",
        ],
        "same-origin-plus-COEP",
    ),
    (&["Cross-Origin-Opener-Policy: noopener-allow-popups"], "noopener-allow-popups"),
    // An embedder policy makes nothing of the other values.
    (
        &[
            "Cross-Origin-Opener-Policy: noopener-allow-popups",
            "Cross-Origin-Embedder-Policy: require-corp",
        ],
        "noopener-allow-popups",
    ),
];

const APP: &str = "https://app.example/";
const PLACES: [&str; 3] = [APP, "https://www.app.example/", "https://idp.test/"];

/// The standard's text.
fn text_says_switch(initial: bool, before: &str, after: &str, same_origin: bool) -> bool {
    if initial {
        if after == "noopener-allow-popups" {
            return true;
        }
        let allows = ["same-origin-allow-popups", "noopener-allow-popups"].contains(&before);
        if allows && after == "unsafe-none" {
            return false;
        }
    }
    let none = |value: &str| value == "unsafe-none";
    let matches = match (none(before), none(after)) {
        (true, true) => true,
        (true, false) | (false, true) => false,
        (false, false) => before == after && same_origin,
    };
    !matches
}

fn ask(opener: Response, open: Opening, popup_: Vec<Navigation>, engine: Engine) -> PopupAnswer {
    popup(&Flow { opener, frame: None, open, popup: popup_, engine }).unwrap()
}

fn to(response: &Response) -> Navigation {
    Navigation::To(vec![response.clone()])
}

/// The popup of one navigation, in a fresh window or in one that already shows a page like the opener's.
fn pair(opener: &Response, response: &Response, fresh: bool, engine: Engine) -> PopupAnswer {
    let before = if fresh { Vec::new() } else { vec![to(opener)] };
    let popup = before.into_iter().chain([to(response)]).collect();
    ask(opener.clone(), Opening::Direct, popup, engine)
}

/// A popup under this policy cannot show an equal page and keep its link.
const NO_LATER: &str = "noopener-allow-popups";

#[test]
fn every_pair_in_a_fresh_popup_and_in_a_later_one() {
    for (opener_lines, before) in POLICIES {
        for (lines, after) in POLICIES {
            for place in PLACES {
                let opener = written(APP, opener_lines);
                let response = written(place, lines);
                for initial in [true, false] {
                    if !initial && before == NO_LATER {
                        continue;
                    }
                    let mut opener = opener.clone();
                    // Reports go where an endpoint is named.
                    let report =
                        ("Cross-Origin-Opener-Policy-Report-Only", "unsafe-none;report-to=\"r\"");
                    opener.headers.push((report.0.to_owned(), report.1.to_owned()));
                    let answer = pair(&opener, &response, initial, Engine::Standard);
                    let switch = text_says_switch(initial, before, after, place == APP);
                    let expected = if switch { Relation::Severed } else { Relation::Connected };
                    let found = *answer.popup.last().unwrap();
                    assert_eq!(found.opener, expected, "{before} to {after} at {place}, {initial}");
                    assert_eq!(found.isolated, after == "same-origin-plus-COEP", "{after}");
                    assert_eq!(answer.reports.len(), usize::from(switch));
                }
            }
        }
    }
}

#[test]
fn every_chain_of_two_hops() {
    for (opener_lines, first) in POLICIES {
        for (hop_lines, second) in POLICIES {
            for hop_at in PLACES {
                for (lines, third) in POLICIES {
                    for place in PLACES {
                        let hops = vec![written(hop_at, hop_lines), written(place, lines)];
                        let chain = vec![Navigation::To(hops)];
                        let opener = written(APP, opener_lines);
                        let found = ask(opener, Opening::Direct, chain, Engine::Standard);
                        let cut = text_says_switch(true, first, second, hop_at == APP)
                            || text_says_switch(true, second, third, hop_at == place);
                        let severed = found.popup[0].opener == Relation::Severed;
                        assert_eq!(severed, cut, "{first}, {second} {hop_at}, {third} {place}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_later_navigation_is_compared_both_ways_alike() {
    for engine in ENGINES {
        for (one_lines, one_policy) in POLICIES {
            for (other_lines, other_policy) in POLICIES {
                if [one_policy, other_policy].contains(&NO_LATER) {
                    continue;
                }
                for place in PLACES {
                    let (one, other) = (written(APP, one_lines), written(place, other_lines));
                    let end = |first: &Response, last: &Response| {
                        pair(first, last, false, engine).popup[1].opener
                    };
                    assert_eq!(end(&one, &other), end(&other, &one), "{one:?} {other:?}");
                }
            }
        }
    }
}

#[test]
fn policies_match_both_ways_alike() {
    use OpenerPolicy as P;
    let all = [
        P::UnsafeNone,
        P::SameOriginAllowPopups,
        P::SameOrigin,
        P::SameOriginPlusCoep,
        P::NoopenerAllowPopups,
    ];
    for one in all {
        assert!(one.matches(one, true));
        for other in all {
            for same_origin in [true, false] {
                assert_eq!(one.matches(other, same_origin), other.matches(one, same_origin));
                // To be of one origin never does harm.
                assert!(one.matches(other, true) || !one.matches(other, false));
            }
        }
    }
}

#[test]
fn equal_policies_on_one_origin_keep_every_popup_but_a_fresh_noopener_one() {
    for engine in ENGINES {
        for open in OPENINGS {
            let link = matches!(open, Opening::Link | Opening::Direct | Opening::Named);
            for (lines, value) in POLICIES {
                let page = written(APP, lines);
                let steps = vec![to(&page), to(&page)];
                let answer = ask(page.clone(), open, steps, engine);
                let found: Vec<Relation> = answer.popup.iter().map(|end| end.opener).collect();
                let asked = !link && open != Opening::BlankThenAssign;
                let knows = engine != Engine::Firefox;
                let expected = if asked {
                    Relation::Never
                } else if value == "noopener-allow-popups" && knows {
                    Relation::Severed
                } else {
                    Relation::Connected
                };
                assert_eq!(found, [expected, expected], "{engine:?} {open:?} {value}");
            }
        }
    }
}

#[test]
fn isolation_of_one_document_is_a_matter_of_three_things() {
    for (lines, value) in POLICIES {
        for permission in [None, Some("cross-origin-isolated=()"), Some("geolocation=()")] {
            for url in [APP, "http://app.example/", "http://localhost:1/"] {
                let mut page = written(url, lines);
                let name = "Permissions-Policy".to_owned();
                page.headers.extend(permission.map(|value| (name, value.to_owned())));
                let expected = value == "same-origin-plus-COEP"
                    && url != "http://app.example/"
                    && permission != Some("cross-origin-isolated=()");
                let answer = frames(&page, &[], Engine::Standard).unwrap();
                assert_eq!(answer.isolated, [expected], "{page:?}");
                // A popup that shows it is told the same.
                let answer =
                    ask(written(APP, &[]), Opening::Direct, vec![to(&page)], Engine::Standard);
                assert_eq!(answer.popup[0].isolated, expected, "{page:?}");
            }
        }
    }
}

/// Fetch 3.7, for a resource that its page may not read and that went without cookies.
fn text_lets_in(embedder: &str, policy: &str, place: &str) -> bool {
    let site = place != PLACES[2];
    match policy {
        "cross-origin" => true,
        "same-site" => site,
        "same-origin" => false,
        // Nothing, or no word of the three.
        _ => embedder != "require-corp",
    }
}

#[test]
fn every_embedder_and_resource_policy() {
    for embedder in ["", "unsafe-none", "require-corp", "credentialless"] {
        for policy in ["", "cross-origin", "same-site", "same-origin", "Same-Site", "a, b"] {
            for place in PLACES {
                for kind in [Kind::Image, Kind::Script, Kind::Style] {
                    let coep = format!("Cross-Origin-Embedder-Policy: {embedder}");
                    let corp = format!("Cross-Origin-Resource-Policy: {policy}");
                    let response = written(place, &[&corp]);
                    let hops = vec![ResourceHop { response, preflight: None }];
                    let request = Resource {
                        kind,
                        mode: None,
                        credentials: None,
                        method: None,
                        request_headers: Vec::new(),
                        hops,
                    };
                    let answer = resource(&written(APP, &[&coep]), &request, Engine::Standard);
                    let expected = if place == APP {
                        Outcome::Readable
                    } else if text_lets_in(embedder, policy.trim(), place) {
                        Outcome::Opaque
                    } else {
                        Outcome::Blocked
                    };
                    let found = answer.unwrap().outcome;
                    assert_eq!(found, expected, "{embedder}, {policy}, {place}");
                }
            }
        }
    }
}

#[test]
fn reports_go_where_an_endpoint_is_named_and_counts() {
    let named = "Cross-Origin-Opener-Policy-Report-Only: unsafe-none; report-to=\"r\"";
    let strict = "Cross-Origin-Opener-Policy: same-origin";
    let reports = |opener: &Response, steps: Vec<Navigation>| {
        ask(opener.clone(), Opening::Direct, steps, Engine::Standard).reports.len()
    };
    let (app, cut) = (written(APP, &[named]), written(PLACES[2], &[strict]));
    assert_eq!(reports(&app, vec![to(&cut)]), 1);
    assert_eq!(reports(&written(APP, &[]), vec![to(&cut)]), 0);
    // A plain http page has no policy, and so no endpoint.
    assert_eq!(reports(&written("http://app.example/", &[named]), vec![to(&cut)]), 0);
    // about:blank has its maker's endpoint, whatever was there before.
    let silent = to(&written(PLACES[2], &[]));
    let blank = to(&written("about:blank", &[]));
    assert_eq!(reports(&app, vec![silent.clone(), to(&cut)]), 0);
    let steps = vec![silent, blank, to(&cut)];
    assert_eq!(reports(&app, steps.clone()), 1);
    // A frame of another origin hands on nothing of its top page.
    let frame = Some(Frame { document: written(PLACES[2], &[]), sandbox: None });
    let (open, engine) = (Opening::Direct, Engine::Standard);
    let flow = Flow { opener: app, frame, open, popup: steps, engine };
    assert_eq!(popup(&flow).unwrap().reports, []);
}
