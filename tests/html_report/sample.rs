//! A page as a run could give it: one matrix of 5×4×5×4×3 cells, a small one, and some units.
//!
//! The outcomes come from the crate's own model, so that the heat map has the patterns of a real one;
//! a few are bent, so that there are deviations, errors and hostile headers to look at.

use coopwright::policy::{EmbedderPolicy, Lines, OpenerPolicy};
use coopwright::report::html::{
    AxisView, BrokenView, CellView, FactView, MatrixView, Page, PageTotals, ReasonView,
    ResponseView, UnitView,
};
use coopwright::spec::{Engine, Flow, Navigation, Opening, Response, popup as popup_of};

/// A header value that does harm wherever it is read as HTML.
pub(crate) const HOSTILE: &str =
    "</script><script>window.harmed=1</script><img src=x onerror=\"window.harmed=2\">\u{202e}";

const COOP: [&str; 5] =
    ["", "unsafe-none", "same-origin-allow-popups", "same-origin", "noopener-allow-popups"];
const COEP: [&str; 4] = ["", "unsafe-none", "require-corp", "credentialless"];
const RELATION: [&str; 3] = ["same-origin", "same-site", "cross-site"];

/// Where the hostile header is: opener and popup without COEP, `same-origin` both, same origin.
pub(crate) const HOSTILE_PLACE: [usize; 5] = [3, 0, 3, 0, 0];
/// Cells in which the browser does something else than the model.
pub(crate) const DEVIATIONS: [usize; 3] = [61, 611, 1003];
/// Cells that could not be tested.
pub(crate) const ERRORS: [usize; 2] = [402, 403];

/// The flat place of a cell of the large matrix.
pub(crate) fn flat(place: [usize; 5]) -> usize {
    let sizes = [5, 4, 5, 4, 3];
    place.iter().zip(sizes).fold(0, |index, (value, size)| index * size + value)
}

pub(crate) fn page() -> Page {
    Page {
        title: "Cross-origin headers & popups".to_owned(),
        engine: "Chromium".to_owned(),
        engine_version: "156.0.8078.79".to_owned(),
        os: "linux".to_owned(),
        command: "coopwright run --builtin --tag matrix --reporter html=report.html".to_owned(),
        totals: PageTotals { passed: 1217, failed: 4, not_applicable: 1, errors: 3 },
        matrices: vec![large(), small()],
        units: units(),
    }
}

fn axis(name: &str, labels: &[&str]) -> AxisView {
    AxisView { name: name.to_owned(), labels: labels.iter().map(ToString::to_string).collect() }
}

pub(crate) fn large() -> MatrixView {
    let mut cells = Vec::new();
    for opener_coop in COOP {
        for opener_coep in COEP {
            for popup_coop in COOP {
                for popup_coep in COEP {
                    for relation in RELATION {
                        let opener = [opener_coop, opener_coep];
                        cells.push(cell(opener, [popup_coop, popup_coep], relation));
                    }
                }
            }
        }
    }
    for at in DEVIATIONS {
        let severed = cells[at].facts[0].observed.as_deref() == Some("severed");
        let other = if severed { ["connected", "live"] } else { ["severed", "reads-closed"] };
        for (fact, value) in cells[at].facts.iter_mut().zip(other) {
            fact.observed = Some(value.to_owned());
        }
    }
    for at in ERRORS {
        cells[at].facts.iter_mut().for_each(|fact| fact.observed = None);
        let error = "The popup did not report within 30 s: the page hung.";
        cells[at].error = Some(error.to_owned());
    }
    let hostile = &mut cells[flat(HOSTILE_PLACE)];
    hostile.responses[1].headers.push(("X-Hostile".to_owned(), HOSTILE.to_owned()));
    hostile.because[0].url = Some("javascript:window.harmed=3".to_owned());
    MatrixView {
        what: "popup-policies".to_owned(),
        run: "--matrices".to_owned(),
        name: "opener-and-popup".to_owned(),
        title: "Does the popup keep its opener, and is anyone isolated?".to_owned(),
        variant: "direct".to_owned(),
        verdict: "failed".to_owned(),
        axes: vec![
            axis("opener-coop", &COOP),
            axis("opener-coep", &COEP),
            axis("popup-coop", &COOP),
            axis("popup-coep", &COEP),
            axis("relation", &RELATION),
        ],
        cells,
    }
}

fn headers(coop: &str, coep: &str) -> Vec<(String, String)> {
    let mut headers = vec![("Content-Type".to_owned(), "text/html; charset=utf-8".to_owned())];
    for (name, value) in
        [("Cross-Origin-Opener-Policy", coop), ("Cross-Origin-Embedder-Policy", coep)]
    {
        if !value.is_empty() {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    headers
}

fn cell(opener: [&str; 2], popup: [&str; 2], relation: &str) -> CellView {
    let (opener_headers, popup_headers) =
        (headers(opener[0], opener[1]), headers(popup[0], popup[1]));
    let site = match relation {
        "same-origin" => "app",
        "same-site" => "login",
        _ => "auth",
    };
    let response = |site: &str, headers: &[(String, String)]| Response {
        url: format!("https://{site}.example/"),
        status: 200,
        headers: headers.to_vec(),
    };
    let policy = |headers: &[(String, String)]| OpenerPolicy::of(Lines::new(headers), true);
    let flow = Flow {
        opener: response("app", &opener_headers),
        frame: None,
        open: Opening::Direct,
        popup: vec![Navigation::To(vec![response(site, &popup_headers)])],
        engine: Engine::Standard,
    };
    let answer = popup_of(&flow).unwrap();
    let isolated = |policy| if policy == OpenerPolicy::SameOriginPlusCoep { "yes" } else { "no" };
    let (link, handle) = (answer.popup[0].opener.name(), answer.handle.name());
    let isolating = |coep: &str| {
        let headers = headers("", coep);
        EmbedderPolicy::of(Lines::new(&headers), true).isolates()
    };
    let fact = |name: &str, value: &str| FactView {
        name: name.to_owned(),
        observed: Some(value.to_owned()),
        predicted: Some(value.to_owned()),
    };
    let reason = |about: &str, hop: &str, rule: String, section: &str, url: &str| ReasonView {
        fact: about.to_owned(),
        hop: Some(hop.to_owned()),
        rule,
        source: format!("HTML, {section}"),
        url: Some(url.to_owned()),
    };
    let (top, shown) = (policy(&opener_headers), policy(&popup_headers));
    let cutting = answer.because.iter().find(|reason| reason.hop == Some(0)).unwrap().rule.text();
    CellView {
        facts: vec![
            fact("popup.opener", link),
            fact("popup.handle", handle),
            fact("popup.open", "yes"),
            fact("main.isolated", isolated(top)),
            fact("popup.isolated", isolated(shown)),
        ],
        because: vec![
            reason(
                "popup.opener",
                "opener",
                format!("the popup's initial `about:blank` takes the opener's policy, `{}`", top),
                "section 7.3.1.7",
                "https://html.spec.whatwg.org/multipage/document-sequences.html",
            ),
            reason(
                "popup.opener",
                "popup hop 1",
                format!("the response's policy is `{}`; {cutting}", shown),
                "section 7.1.3",
                "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
            ),
            reason(
                "popup.isolated",
                "popup hop 1",
                format!(
                    "isolation needs `same-origin` and an isolating embedder policy; here the embedder policy {}",
                    if isolating(popup[1]) { "isolates" } else { "does not isolate" }
                ),
                "section 7.1.4",
                "https://html.spec.whatwg.org/multipage/browsers.html#coep",
            ),
        ],
        responses: vec![
            ResponseView {
                who: "opener".to_owned(),
                page: "app:/".to_owned(),
                status: 200,
                headers: opener_headers,
                deciding: false,
            },
            ResponseView {
                who: "popup hop 1".to_owned(),
                page: format!("{site}:/popup"),
                status: 200,
                headers: popup_headers,
                deciding: link == "severed",
            },
        ],
        error: None,
    }
}

fn small() -> MatrixView {
    let coep = ["", "require-corp", "credentialless"];
    let corp = ["", "same-origin", "same-site", "cross-origin"];
    let cells = coep.iter().flat_map(|coep| {
        corp.iter().map(move |corp| {
            let loaded = match *corp {
                "" => *coep != "require-corp",
                value => value == "cross-origin",
            };
            let answer = Some(if loaded { "loaded" } else { "blocked" }.to_owned());
            let fact = FactView {
                name: "image.loading".to_owned(),
                observed: answer.clone(),
                predicted: answer,
            };
            CellView { facts: vec![fact], ..CellView::default() }
        })
    });
    MatrixView {
        what: "popup-policies".to_owned(),
        run: "--matrices".to_owned(),
        name: "corp-and-coep".to_owned(),
        title: "Which images load under which embedder policy".to_owned(),
        variant: "plain".to_owned(),
        verdict: "passed".to_owned(),
        axes: vec![axis("page-coep", &coep), axis("image-corp", &corp)],
        cells: cells.collect(),
    }
}

fn units() -> Vec<UnitView> {
    let unit = |variant: &str,
                kind: &str,
                title: &str,
                verdict: &str,
                opener: &str,
                login: &str| {
        UnitView {
        scenario: "site-wide-same-origin-login".to_owned(),
        scenario_title: "COOP same-origin on every page breaks the OAuth login popup".to_owned(),
        variant: variant.to_owned(),
        kind: kind.to_owned(),
        title: title.to_owned(),
        place: "scenarios/site-wide-same-origin-login.yaml:41".to_owned(),
        verdict: verdict.to_owned(),
        facts: [("login.opener", opener), ("main.login", login)]
            .map(|(name, value)| FactView {
                name: name.to_owned(),
                observed: Some(value.to_owned()),
                predicted: None,
            })
            .to_vec(),
        cause: Some(
            "`auth:/authorize` sends no opener policy, and the opener `app:/` sends `same-origin`: a \
             page without a policy does not match a predecessor with one."
                .to_owned(),
        ),
        responses: vec![ResponseView {
            who: "login hop 1".to_owned(),
            page: "auth:/authorize".to_owned(),
            status: 200,
            headers: headers("same-origin", ""),
            deciding: true,
        }],
        ..UnitView::default()
    }
    };
    let mut failed =
        unit("fixed", "fixed", "allow-popups on the opener only", "failed", "severed", "waiting");
    failed.broken = vec![BrokenView {
        fact: "login.opener".to_owned(),
        expected: "connected".to_owned(),
        observed: Some("severed".to_owned()),
        line: 58,
    }];
    failed.fix =
        Some("Send `same-origin-allow-popups` on the route that opens the popup.".to_owned());
    let mut hung = unit("slow", "case", "the provider never answers", "error", "", "");
    hung.facts.clear();
    hung.cause = None;
    hung.error = Some("The page hung for 30 s.".to_owned());
    vec![
        unit("broken", "broken", "same-origin on every page", "passed", "severed", "waiting"),
        unit(
            "wrong-fix-blank-first",
            "wrong fix",
            "an empty popup first, then its URL",
            "passed",
            "severed",
            "waiting",
        ),
        failed,
        hung,
    ]
}
