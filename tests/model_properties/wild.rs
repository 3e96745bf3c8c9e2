//! Any input at all: the model may refuse it, and never panics.

use coopwright::question::answer_line;
use coopwright::spec::{
    Document, Flow, Frame, Navigation, Nested, Resource, ResourceHop, Response, changes, frames,
    popup, resource,
};
use proptest::collection::vec;
use proptest::option::of as option;
use proptest::prelude::*;
use proptest::sample::select;

use super::inputs::{OPENINGS, URLS, VALUES, engine, resource as request};

/// Any text: any bytes, those that are no UTF-8 replaced; more often pieces that parsers look for.
fn text() -> impl Strategy<Value = String> {
    let bytes = vec(any::<u8>(), 0..40);
    let pieces = [
        "same-origin",
        "require-corp",
        "sandbox",
        "allow-scripts",
        "cross-origin-isolated",
        "report-to",
        "https://",
        "*.",
        "app.example",
        "localhost",
        "xn--",
        "[::1]",
        ":",
        ";",
        "=",
        ",",
        "(",
        ")",
        "\"",
        "*",
        "'self'",
        "?1",
        " ",
        "\t",
        "\r",
        "\0",
        "é",
        "\u{2028}",
        "-",
        "1.5",
        "@",
        "%",
        "/",
    ];
    prop_oneof![
        bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        vec(select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat()),
    ]
}

fn line() -> impl Strategy<Value = (String, String)> {
    let names: Vec<&str> = VALUES.iter().map(|(name, _)| *name).collect();
    let name = prop_oneof![4 => select(names).prop_map(str::to_owned), 1 => text()];
    (name, text())
}

fn response() -> impl Strategy<Value = Response> {
    let url = prop_oneof![4 => select(&URLS[..]).prop_map(str::to_owned), 1 => text()];
    (url, any::<u16>(), vec(line(), 0..4)).prop_map(|(url, status, headers)| Response {
        url,
        status,
        headers,
    })
}

fn navigation() -> impl Strategy<Value = Navigation> {
    prop_oneof![
        5 => vec(response(), 0..3).prop_map(Navigation::To),
        1 => Just(Navigation::Back),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_popup(
        opener in response(), frame in option((response(), option(text()))),
        open in select(&OPENINGS[..]), to in vec(navigation(), 0..4), engine in engine(),
    ) {
        let frame = frame.map(|(document, sandbox)| Frame { document, sandbox });
        let flow = Flow { opener, frame, open, popup: to, engine };
        if let Ok(answer) = popup(&flow) {
            prop_assert_eq!(answer.popup.len(), flow.popup.len());
        }
    }

    #[test]
    fn any_frames(
        document in response(), engine in engine(),
        nested in vec((response(), vec(response(), 0..2), option(text()), option(text())), 0..3),
    ) {
        let nest = |(document, hops, allow, sandbox)| Nested { document, hops, allow, sandbox };
        let nested: Vec<Nested> = nested.into_iter().map(nest).collect();
        if let Ok(answer) = frames(&document, &nested, engine) {
            prop_assert_eq!(answer.loads.len(), nested.len() + 1);
            prop_assert_eq!(answer.isolated.len(), nested.len() + 1);
        }
    }

    #[test]
    fn any_request(
        document in response(), request in request(), hops in vec(response(), 0..3),
        method in option(text()), sent in vec(line(), 0..3), engine in engine(),
    ) {
        let hop = |response| ResourceHop { response, preflight: None };
        let hops = hops.into_iter().map(hop).collect();
        let request = Resource { method, request_headers: sent, hops, ..request };
        if let Ok(answer) = resource(&document, &request, engine) {
            prop_assert!(!answer.because.is_empty());
        }
    }

    #[test]
    fn any_question(line in text()) {
        prop_assert!(answer_line(&line).is_object());
    }

    #[test]
    fn any_header_asked_about(name in line(), more in vec(text(), 0..3), engine in engine()) {
        let (name, first) = name;
        let lines: Vec<&String> = std::iter::once(&first).chain(&more).collect();
        let engine = engine.name();
        let line = serde_json::json!({ "header": name, "lines": lines, "engine": engine });
        prop_assert!(answer_line(&line.to_string()).is_object());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_changes(opener in response(), hops in vec(response(), 1..3)) {
        let opener: Document = opener;
        let flow = Flow {
            opener,
            frame: None,
            open: OPENINGS[0],
            popup: vec![Navigation::To(hops)],
            engine: coopwright::spec::Engine::Standard,
        };
        prop_assert_eq!(changes(&flow).is_ok(), popup(&flow).is_ok());
    }
}
