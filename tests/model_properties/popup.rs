//! Laws of the link between an opener and a popup.

use coopwright::origin::Origin;
use coopwright::spec::{
    Document, Engine, Flow, Handle, Nested, Opening, PopupAnswer, Relation, Response, frames, popup,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::inputs::{VALUES, engine, flow, nested, response, strip, with_each};

/// What can be observed: everything but the reasons and reports.
fn seen(answer: &PopupAnswer) -> impl PartialEq + std::fmt::Debug + '_ {
    (&answer.popup, answer.handle)
}

fn is_report_only(name: &str) -> bool {
    name.ends_with("-Report-Only")
}

/// Whether a header is one of those that only secure contexts have.
fn needs_secure_context(name: &str) -> bool {
    ["Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Document-Isolation-Policy"]
        .iter()
        .any(|known| name.starts_with(known))
}

fn strip_where_insecure(response: &mut Response) {
    if !Origin::of(&response.url).is_ok_and(|origin| origin.is_trustworthy()) {
        strip(response, needs_secure_context);
    }
}

/// Writes every name in another case, and puts the lines of `first` before all others. Lines of one
/// name keep their order.
fn respelled(response: &mut Response, first: usize) {
    for (name, _) in &mut response.headers {
        *name = if first.is_multiple_of(2) { name.to_uppercase() } else { name.to_lowercase() };
    }
    let Some((first, _)) = response.headers.get(first).cloned() else { return };
    response.headers.sort_by_key(|(name, _)| *name != first);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_cut_stays_cut(flow in flow()) {
        let answer = popup(&flow).unwrap();
        let mut before = None;
        for document in &answer.popup {
            match before {
                Some(Relation::Severed) => prop_assert_eq!(document.opener, Relation::Severed),
                Some(Relation::Never) => prop_assert_eq!(document.opener, Relation::Never),
                Some(Relation::Connected) => prop_assert_ne!(document.opener, Relation::Never),
                None => {}
            }
            before = Some(document.opener);
        }
    }

    #[test]
    fn the_future_changes_nothing_in_the_past(flow in flow(), keep in 0..4_usize) {
        let whole = popup(&flow).unwrap();
        let mut shorter = flow;
        shorter.popup.truncate(keep);
        let part = popup(&shorter).unwrap();
        prop_assert_eq!(&whole.popup[..part.popup.len()], &part.popup[..]);
        prop_assert_eq!(&whole.because[..part.because.len()], &part.because[..]);
        prop_assert_eq!(&whole.reports[..part.reports.len()], &part.reports[..]);
    }

    #[test]
    fn both_ends_tell_the_same(flow in flow()) {
        let answer = popup(&flow).unwrap();
        if let Some(last) = answer.popup.last() {
            let link = matches!(flow.open, Opening::Link | Opening::LinkNoopener);
            let handle = match last.opener {
                _ if link => Handle::Null,
                Relation::Connected => Handle::Live,
                Relation::Severed => Handle::ReadsClosed,
                Relation::Never => Handle::Null,
            };
            prop_assert_eq!(answer.handle, handle);
        }
        for document in &answer.popup {
            prop_assert!(document.loads || !document.isolated);
        }
    }

    #[test]
    fn noopener_leaves_nothing(flow in flow(), which in 0..3_usize) {
        let open = [Opening::Noopener, Opening::Noreferrer, Opening::LinkNoopener][which];
        let answer = popup(&Flow { open, ..flow }).unwrap();
        prop_assert_eq!(answer.handle, Handle::Null);
        prop_assert!(answer.popup.iter().all(|document| document.opener == Relation::Never));
        prop_assert!(answer.reports.is_empty());
    }

    #[test]
    fn report_only_headers_only_report(flow in flow()) {
        let without = with_each(&flow, |response| strip(response, is_report_only));
        let (with, without) = (popup(&flow).unwrap(), popup(&without).unwrap());
        prop_assert_eq!(seen(&with), seen(&without));
        prop_assert_eq!(with.because, without.because);
    }

    #[test]
    fn report_only_headers_leave_frames_alone(
        document in response(), nested in nested(), engine in engine(),
    ) {
        let stripped = |document: &Document| {
            let mut document = document.clone();
            strip(&mut document, is_report_only);
            document
        };
        let bare: Vec<Nested> = nested
            .iter()
            .map(|frame| Nested { document: stripped(&frame.document), ..frame.clone() })
            .collect();
        let with = frames(&document, &nested, engine).unwrap();
        prop_assert_eq!(with, frames(&stripped(&document), &bare, engine).unwrap());
    }

    #[test]
    fn the_opener_policy_of_a_frame_is_not_read(
        flow in flow(), nested in nested(), value in select(VALUES[0].1),
    ) {
        let with_policy = |document: &Document| {
            let mut document = document.clone();
            strip(&mut document, |name| name == VALUES[0].0);
            document.headers.push((VALUES[0].0.to_owned(), value.to_owned()));
            document
        };
        let mut changed = flow.clone();
        if let Some(frame) = &mut changed.frame {
            frame.document = with_policy(&frame.document);
        }
        prop_assert_eq!(popup(&flow).unwrap(), popup(&changed).unwrap());
        let marked: Vec<Nested> = nested
            .iter()
            .map(|frame| Nested { document: with_policy(&frame.document), ..frame.clone() })
            .collect();
        let ask = |nested: &[Nested]| frames(&flow.opener, nested, flow.engine).unwrap();
        prop_assert_eq!(ask(&nested), ask(&marked));
    }

    #[test]
    fn spelling_of_names_and_order_of_lines_say_nothing(flow in flow(), first in 0..4_usize) {
        let changed = with_each(&flow, |response| respelled(response, first));
        prop_assert_eq!(popup(&flow).unwrap(), popup(&changed).unwrap());
    }

    #[test]
    fn cors_and_corp_leave_the_link_alone(flow in flow(), corp in 0..3_usize) {
        // A frame that CORP keeps out opens nothing.
        let flow = Flow { frame: None, ..flow };
        let changed = with_each(&flow, |response| {
            let corp = ["same-origin", "same-site", "cross-origin"][corp];
            for (name, value) in [
                ("Cross-Origin-Resource-Policy", corp),
                ("Access-Control-Allow-Origin", "*"),
                ("Access-Control-Allow-Credentials", "true"),
                ("Access-Control-Expose-Headers", "*"),
            ] {
                response.headers.push((name.to_owned(), value.to_owned()));
            }
        });
        prop_assert_eq!(popup(&flow).unwrap(), popup(&changed).unwrap());
    }

    #[test]
    fn policies_of_insecure_responses_do_not_count(flow in flow()) {
        let changed = with_each(&flow, strip_where_insecure);
        prop_assert_eq!(popup(&flow).unwrap(), popup(&changed).unwrap());
    }

    #[test]
    fn the_two_embedder_policies_are_one_to_the_link(mut flow in flow()) {
        flow.engine = Engine::Standard;
        let changed = with_each(&flow, |response| {
            for (name, value) in &mut response.headers {
                if name.starts_with("Cross-Origin-Embedder-Policy") {
                    *value = value.replace("credentialless", "require-corp");
                }
            }
        });
        let (one, other) = (popup(&flow).unwrap(), popup(&changed).unwrap());
        prop_assert_eq!(seen(&one), seen(&other));
        prop_assert_eq!(&one.reports, &other.reports);
    }

    #[test]
    fn one_policy_on_one_origin_keeps_the_link(flow in flow()) {
        // Every response as the opener's: nothing is ever compared with anything else.
        let flow = Flow { frame: None, ..flow };
        let coop = |value: &str| value.contains("noopener-allow-popups");
        prop_assume!(!flow.opener.headers.iter().any(|(_, value)| coop(value)));
        let opener = flow.opener.clone();
        // An opaque origin is not even its own.
        prop_assume!(!opener.headers.iter().any(|(_, value)| value.contains("sandbox")));
        let changed = with_each(&flow, |response| {
            // A window that shows nothing has no policy.
            if response.url.starts_with("http") || response.url.starts_with("data:") {
                response.clone_from(&opener);
            }
        });
        let answer = popup(&changed).unwrap();
        prop_assert!(answer.popup.iter().all(|document| document.opener != Relation::Severed));
        prop_assert!(answer.reports.is_empty());
    }
}
