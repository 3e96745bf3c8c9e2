//! Generated flows, frames and requests.

use coopwright::spec::{
    Credentials, Engine, Flow, Frame, Kind, Mode, Navigation, Nested, Opening, Preflight, Resource,
    ResourceHop, Response,
};
use proptest::collection::vec;
use proptest::option::{of as option, weighted};
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) const ENGINES: [Engine; 4] =
    [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::Webkit];

pub(crate) const OPENINGS: [Opening; 7] = [
    Opening::Direct,
    Opening::Named,
    Opening::Noopener,
    Opening::Noreferrer,
    Opening::BlankThenAssign,
    Opening::Link,
    Opening::LinkNoopener,
];

/// Two pages of one origin, two more of its site, and other sites; secure and not.
pub(crate) const URLS: [&str; 9] = [
    "https://app.example/",
    "https://app.example/callback",
    "https://www.app.example/",
    "http://app.example/",
    "https://idp.test/authorize",
    "http://idp.test/",
    "http://localhost:3000/",
    "http://app.localhost:3000/",
    "https://vm/",
];

/// Values that mean something, and near misses.
pub(crate) const VALUES: [(&str, &[&str]); 10] = [
    (
        "Cross-Origin-Opener-Policy",
        &[
            "same-origin",
            "same-origin-allow-popups",
            "noopener-allow-popups",
            "unsafe-none",
            "same-origin; report-to=\"coop\"",
            "same-origin;report-to=coop",
            "Same-Origin",
            "\"same-origin\"",
            "same-origin\r",
            "",
        ],
    ),
    (
        "Cross-Origin-Opener-Policy-Report-Only",
        &["same-origin", "same-origin-allow-popups", "noopener-allow-popups"],
    ),
    (
        "Cross-Origin-Embedder-Policy",
        &["require-corp", "credentialless", "require-corp; report-to=1", "unsafe-none", " "],
    ),
    ("Cross-Origin-Embedder-Policy-Report-Only", &["require-corp", "credentialless"]),
    ("Cross-Origin-Resource-Policy", &["same-origin", "same-site", "cross-origin", "jibberish"]),
    ("Document-Isolation-Policy", &["isolate-and-require-corp", "isolate-and-credentialless"]),
    (
        "Content-Security-Policy",
        &[
            "default-src 'self'",
            "sandbox allow-scripts",
            "sandbox allow-scripts allow-popups allow-same-origin",
        ],
    ),
    (
        "Permissions-Policy",
        &["cross-origin-isolated=()", "cross-origin-isolated=*", "geolocation=(), camera=self"],
    ),
    (
        "Access-Control-Allow-Origin",
        &["*", "https://app.example", "null", "https://app.example, https://idp.test"],
    ),
    ("Access-Control-Allow-Headers", &["*", "authorization, x-requested-with"]),
];

const SANDBOXES: [&str; 4] = [
    "",
    "allow-scripts allow-popups",
    "allow-scripts allow-popups allow-same-origin",
    "allow-scripts allow-popups allow-popups-to-escape-sandbox",
];

pub(crate) fn engine() -> impl Strategy<Value = Engine> {
    select(&ENGINES[..])
}

fn line() -> impl Strategy<Value = (String, String)> {
    // The opener policy is what most laws are about.
    let place = prop_oneof![Just(0), Just(2), 0..VALUES.len()];
    place.prop_flat_map(|place| {
        let (name, values) = VALUES[place];
        (Just(name.to_owned()), select(values).prop_map(str::to_owned))
    })
}

pub(crate) fn response() -> impl Strategy<Value = Response> {
    let status = prop_oneof![12 => Just(200), 1 => select(&[204_u16, 302, 303, 404][..])];
    (select(&URLS[..]), status, vec(line(), 0..4)).prop_map(|(url, status, headers)| Response {
        url: url.to_owned(),
        status,
        headers,
    })
}

fn navigation() -> impl Strategy<Value = Navigation> {
    let local =
        select(&["about:blank", "blob:https://app.example/1", "javascript:''", "data:,x"][..]);
    let local = local.prop_map(|url| {
        Navigation::To(vec![Response { url: url.to_owned(), status: 200, headers: Vec::new() }])
    });
    prop_oneof![
        8 => vec(response(), 1..4).prop_map(Navigation::To),
        1 => local,
        1 => Just(Navigation::Back),
    ]
}

pub(crate) fn flow() -> impl Strategy<Value = Flow> {
    let sandbox = weighted(0.3, select(&SANDBOXES[..]).prop_map(str::to_owned));
    let frame = (response(), sandbox).prop_map(|(document, sandbox)| Frame { document, sandbox });
    let open = prop_oneof![Just(Opening::Direct), select(&OPENINGS[..])];
    (response(), weighted(0.3, frame), open, vec(navigation(), 0..4), engine()).prop_map(
        |(opener, frame, open, popup, engine)| Flow { opener, frame, open, popup, engine },
    )
}

pub(crate) fn nested() -> impl Strategy<Value = Vec<Nested>> {
    let allows = ["cross-origin-isolated", "cross-origin-isolated *", "camera", ""];
    let allow = option(select(allows.to_vec()).prop_map(str::to_owned));
    let sandbox = weighted(0.3, select(&SANDBOXES[..]).prop_map(str::to_owned));
    let frame = (response(), vec(response(), 0..2), allow, sandbox)
        .prop_map(|(document, hops, allow, sandbox)| Nested { document, hops, allow, sandbox });
    vec(frame, 0..3)
}

pub(crate) fn resource() -> impl Strategy<Value = Resource> {
    use {Credentials as C, Kind as K, Mode as M};
    let kinds = [K::Image, K::Script, K::Style, K::Fetch, K::Frame, K::Worker];
    let mode = option(select(vec![M::NoCors, M::Cors, M::SameOrigin, M::Navigate]));
    let credentials = option(select(vec![C::Omit, C::SameOrigin, C::Include]));
    let method = option(select(vec!["POST", "PUT", "patch"]).prop_map(str::to_owned));
    let status = select(vec![200_u16, 204, 404]);
    let preflight =
        (status, vec(line(), 0..3)).prop_map(|(status, headers)| Preflight { status, headers });
    let hop = (response(), option(preflight))
        .prop_map(|(response, preflight)| ResourceHop { response, preflight });
    let sent = option(select(vec!["X-Requested-With", "Authorization"]));
    (select(kinds.to_vec()), mode, credentials, method, sent, vec(hop, 1..4)).prop_map(
        |(kind, mode, credentials, method, sent, hops)| Resource {
            kind,
            mode,
            credentials,
            method,
            request_headers: sent
                .map(|name| (name.to_owned(), "x".to_owned()))
                .into_iter()
                .collect(),
            hops,
        },
    )
}

/// All responses of a flow.
pub(crate) fn responses(flow: &Flow) -> Vec<&Response> {
    let mut all = vec![&flow.opener];
    all.extend(flow.frame.as_ref().map(|frame| &frame.document));
    for navigation in &flow.popup {
        if let Navigation::To(hops) = navigation {
            all.extend(hops);
        }
    }
    all
}

/// The flow with every response changed.
pub(crate) fn with_each(flow: &Flow, change: impl Fn(&mut Response)) -> Flow {
    let mut flow = flow.clone();
    change(&mut flow.opener);
    if let Some(frame) = &mut flow.frame {
        change(&mut frame.document);
    }
    for navigation in &mut flow.popup {
        if let Navigation::To(hops) = navigation {
            hops.iter_mut().for_each(&change);
        }
    }
    flow
}

/// A response with header lines written as `Name: value`.
pub(crate) fn written(url: &str, lines: &[&str]) -> Response {
    let split = |line: &&str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_owned(), value.to_owned())
    };
    Response { url: url.to_owned(), status: 200, headers: lines.iter().map(split).collect() }
}

/// Leaves out the lines with a name that `goes` names.
pub(crate) fn strip(response: &mut Response, goes: impl Fn(&str) -> bool) {
    response.headers.retain(|(name, _)| !goes(name));
}
