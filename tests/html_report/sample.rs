//! A page as a run could give it in three browsers: one matrix of 5×4×5×4×3 cells, a small one, and the
//! units of `units.rs` and `evidence.rs`.
//!
//! The outcomes come from the crate's own model, so that the heat maps have the patterns of real ones;
//! a few are bent, so that there are deviations, errors and hostile headers to look at.

use coopwright::policy::{EmbedderPolicy, Lines, OpenerPolicy};
use coopwright::report::html::{
    AxisView, BrowserView, CellView, FactView, MatrixColumn, MatrixView, Page, PageTotals,
    ReasonView, ResponseView,
};
use coopwright::spec::{Engine, Flow, Navigation, Opening, Response, popup as popup_of};

use crate::evidence;
use crate::units::units;

/// The name on the command line, the name, the version.
pub(crate) const BROWSERS: [(&str, &str, &str); 3] = [
    ("chromium", "Chromium", "156.0.8078.79"),
    ("firefox", "Firefox", "153.7.0"),
    ("webkit", "WebKitGTK", "2.50.6"),
];

/// A header value that does harm wherever it is read as HTML.
pub(crate) const HOSTILE: &str =
    "</script><script>window.harmed=1</script><img src=x onerror=\"window.harmed=2\">\u{202e}";

const COOP: [&str; 5] =
    ["", "unsafe-none", "same-origin-allow-popups", "same-origin", "noopener-allow-popups"];
const COEP: [&str; 4] = ["", "unsafe-none", "require-corp", "credentialless"];
const RELATION: [&str; 3] = ["same-origin", "same-site", "cross-site"];

/// Where the hostile header is: opener and popup without COEP, `same-origin` both, same origin.
pub(crate) const HOSTILE_PLACE: [usize; 5] = [3, 0, 3, 0, 0];
/// What Firefox lacks.
pub(crate) const LACK: &str = "Cross-Origin-Opener-Policy: noopener-allow-popups";
/// Cells in which all browsers do something else than the model.
pub(crate) const DEVIATIONS: [usize; 3] = [61, 611, 1003];
/// A cell in which WebKit alone does something else than the model.
pub(crate) const UNEXPLAINED: usize = 700;
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
        browsers: browsers(),
        os: "linux".to_owned(),
        command: "coopwright run --builtin --tag matrix --reporter html=report.html".to_owned(),
        headless: true,
        interrupted: true,
        not_run: 2,
        totals: PageTotals { passed: 1217, flaky: 1, failed: 4, not_applicable: 1, errors: 3 },
        matrices: vec![large(), small()],
        units: units().into_iter().chain([evidence::unit()]).collect(),
    }
}

/// The browsers of the page.
pub(crate) fn browsers() -> Vec<BrowserView> {
    let browser = |(name, title, version): (&str, &str, &str)| BrowserView {
        name: name.to_owned(),
        title: title.to_owned(),
        version: version.to_owned(),
        started: true,
        lacks: if name == "firefox" { vec![LACK.to_owned()] } else { Vec::new() },
        cannot_show: None,
    };
    BROWSERS.into_iter().map(browser).collect()
}

fn axis(name: &str, labels: &[&str]) -> AxisView {
    AxisView { name: name.to_owned(), labels: labels.iter().map(ToString::to_string).collect() }
}

pub(crate) fn large() -> MatrixView {
    let chromium = cells(Engine::Chromium);
    let mut firefox = cells(Engine::Firefox);
    for (cell, other) in firefox.iter_mut().zip(&chromium) {
        let word = |response: &ResponseView| {
            response.headers.iter().any(|(_, value)| value == "noopener-allow-popups")
        };
        if cell.facts != other.facts && cell.responses.iter().any(word) {
            cell.lacks = vec![LACK.to_owned()];
        }
    }
    let mut webkit = chromium.clone();
    bend(&mut webkit[UNEXPLAINED]);
    let columns = [chromium, firefox, webkit].into_iter().zip(BROWSERS);
    let columns = columns.map(|(mut cells, (name, ..))| {
        for at in DEVIATIONS {
            bend(&mut cells[at]);
        }
        for at in ERRORS {
            cells[at].facts.iter_mut().for_each(|fact| fact.observed = None);
            let error = "The popup did not report within 30 s: the page hung.";
            cells[at].error = Some(error.to_owned());
        }
        let hostile = &mut cells[flat(HOSTILE_PLACE)];
        hostile.responses[1].headers.push(("X-Hostile".to_owned(), HOSTILE.to_owned()));
        hostile.because[0].url = Some("javascript:window.harmed=3".to_owned());
        let reasons = match name {
            "firefox" => vec![format!("lacks {LACK}")],
            _ => Vec::new(),
        };
        let verdict = "error".to_owned();
        MatrixColumn { browser: name.to_owned(), verdict, reasons, cells, ..Default::default() }
    });
    MatrixView {
        what: "popup-policies".to_owned(),
        run: "--matrices".to_owned(),
        name: "opener-and-popup".to_owned(),
        title: "Does the popup keep its opener, and is anyone isolated?".to_owned(),
        variant: "direct".to_owned(),
        axes: vec![
            axis("opener-coop", &COOP),
            axis("opener-coep", &COEP),
            axis("popup-coop", &COOP),
            axis("popup-coep", &COEP),
            axis("relation", &RELATION),
        ],
        columns: columns.collect(),
    }
}

/// Every cell as `engine` would show it.
fn cells(engine: Engine) -> Vec<CellView> {
    let mut cells = Vec::new();
    for opener_coop in COOP {
        for opener_coep in COEP {
            for popup_coop in COOP {
                for popup_coep in COEP {
                    for relation in RELATION {
                        let opener = [opener_coop, opener_coep];
                        cells.push(cell(opener, [popup_coop, popup_coep], relation, engine));
                    }
                }
            }
        }
    }
    cells
}

/// Makes a browser do otherwise than the model says.
fn bend(cell: &mut CellView) {
    let severed = cell.facts[0].observed.as_deref() == Some("severed");
    let other = if severed { ["connected", "live"] } else { ["severed", "reads-closed"] };
    for (fact, value) in cell.facts.iter_mut().zip(other) {
        fact.observed = Some(value.to_owned());
    }
}

pub(crate) fn headers(coop: &str, coep: &str) -> Vec<(String, String)> {
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

fn cell(opener: [&str; 2], popup: [&str; 2], relation: &str, engine: Engine) -> CellView {
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
        engine,
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
        deviation: None,
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
        ..CellView::default()
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
    let cells: Vec<CellView> = cells.collect();
    let columns = BROWSERS.map(|(name, ..)| MatrixColumn {
        browser: name.to_owned(),
        verdict: "passed".to_owned(),
        cells: cells.clone(),
        ..Default::default()
    });
    MatrixView {
        what: "popup-policies".to_owned(),
        run: "--matrices".to_owned(),
        name: "corp-and-coep".to_owned(),
        title: "Which images load under which embedder policy".to_owned(),
        variant: "plain".to_owned(),
        axes: vec![axis("page-coep", &coep), axis("image-corp", &corp)],
        columns: columns.into(),
    }
}
