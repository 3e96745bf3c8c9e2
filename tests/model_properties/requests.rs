//! Laws of requests: which policies let in more than others.

use coopwright::spec::{Document, Outcome, Resource, resource};
use proptest::prelude::*;

use super::inputs::{engine, resource as request, response, strip};

const COEP: &str = "Cross-Origin-Embedder-Policy";
const CORP: &str = "Cross-Origin-Resource-Policy";

/// The document with this embedder policy in place of its own.
fn under(document: &Document, policy: Option<&str>) -> Document {
    let mut document = document.clone();
    strip(&mut document, |name| name == COEP);
    document.headers.extend(policy.map(|policy| (COEP.to_owned(), policy.to_owned())));
    document
}

/// The request with this resource policy on one response, or on all.
fn marked(request: &Resource, hop: Option<usize>, policy: &str) -> Resource {
    let mut request = request.clone();
    for (number, given) in request.hops.iter_mut().enumerate() {
        if hop.is_none_or(|hop| hop == number) {
            strip(&mut given.response, |name| name == CORP);
            given.response.headers.push((CORP.to_owned(), policy.to_owned()));
        }
    }
    request
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_weaker_embedder_policy_lets_in_no_less(
        document in response(), request in request(), engine in engine(),
    ) {
        let ask = |policy| resource(&under(&document, policy), &request, engine).unwrap().outcome;
        let ends = [ask(Some("require-corp")), ask(Some("credentialless")), ask(None)];
        for pair in ends.windows(2) {
            prop_assert!(pair[0] == Outcome::Blocked || pair[0] == pair[1], "{ends:?}");
        }
    }

    #[test]
    fn a_wider_resource_policy_keeps_nothing_out(
        document in response(), request in request(), engine in engine(),
        hop in proptest::option::of(0..3_usize),
    ) {
        let ask = |policy| {
            resource(&document, &marked(&request, hop, policy), engine).unwrap().outcome
        };
        let ends = [ask("same-origin"), ask("same-site"), ask("cross-origin")];
        for pair in ends.windows(2) {
            prop_assert!(pair[0] == Outcome::Blocked || pair[0] == pair[1], "{ends:?}");
        }
    }

    #[test]
    fn an_opener_policy_keeps_no_request_out(
        document in response(), request in request(), engine in engine(),
    ) {
        // One in a sandbox keeps the page itself out, and with it its frames.
        prop_assume!(!document.headers.iter().any(|(_, value)| value.contains("sandbox")));
        let mut bare = document.clone();
        strip(&mut bare, |name| name.starts_with("Cross-Origin-Opener-Policy"));
        let with = resource(&document, &request, engine).unwrap();
        prop_assert_eq!(with, resource(&bare, &request, engine).unwrap());
    }

    #[test]
    fn what_is_blocked_is_not_readable(
        document in response(), request in request(), engine in engine(),
    ) {
        let answer = resource(&document, &request, engine).unwrap();
        prop_assert!(answer.outcome == Outcome::Readable || answer.readable_headers.is_empty());
        prop_assert!(answer.preflights.is_sorted_by(|one, other| one < other));
        prop_assert!(answer.because.iter().all(|reason| reason.fact == "result"));
        prop_assert!(!answer.because.is_empty());
    }
}
