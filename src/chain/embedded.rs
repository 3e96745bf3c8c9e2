//! What becomes of a response that pages of other sites embed: in a frame, or as a resource.

use super::outlook::{Case, Role, Shown, Why, by_engine, elsewhere, lines_of};
use super::{Chain, Hop};
use crate::policy::{EmbedderPolicy, OpenerPolicy, ResourcePolicy};
use crate::spec::{
    Document, Kind, Nested, Outcome, Profile, Reason, Resource, ResourceHop, Response, Rule,
    frames_in, resource_in,
};

/// In a frame of an isolated page of another site.
pub(super) fn as_frame(chain: &Chain) -> Case {
    let mut hops: Vec<Response> = chain.hops.iter().map(Hop::response).collect();
    let last = hops.pop();
    let shown = |engine| {
        let Some((document, page)) = last.clone().zip(chain.last()) else {
            return Shown { engine, word: "blocked", handle: None, why: None };
        };
        let nested = Nested { document, hops: hops.clone(), allow: None, sandbox: None };
        let answer = frames_in(&isolated(page), &[nested], &Profile::newest(engine));
        let Ok(answer) = answer else {
            return Shown { engine, word: "blocked", handle: None, why: None };
        };
        let loads = answer.loads == [true, true];
        let about = |reason: &&Reason| reason.fact == "loads" && reason.navigation == Some(1);
        let reason = answer.because.iter().find(about).filter(|_| !loads);
        let why = reason.map(|reason| embedded_why(chain, reason));
        Shown { engine, word: if loads { "loads" } else { "blocked" }, handle: None, why }
    };
    Case {
        id: "frame-in-isolated",
        role: Role::Embedded,
        title: "as a frame in a require-corp page".to_owned(),
        shown: by_engine(shown),
    }
}

/// As something else than a page, in pages of another site.
pub(super) fn as_resource(chain: &Chain) -> Vec<Case> {
    let Some(last) = chain.last() else { return Vec::new() };
    let asked = [
        ("resource-in-plain", "in a page without policy", elsewhere(last, &[])),
        ("resource-in-isolated", "in a require-corp page", isolated(last)),
    ];
    let hops = chain.hops.iter().map(Hop::response);
    let resource = Resource {
        kind: Kind::Image,
        mode: None,
        credentials: None,
        method: None,
        request_headers: Vec::new(),
        hops: hops.map(|response| ResourceHop { response, preflight: None }).collect(),
    };
    let case = |(id, title, document): (&'static str, &str, Document)| {
        let shown = |engine| {
            let answer = resource_in(&document, &resource, &Profile::newest(engine));
            let Ok(answer) = answer else {
                return Shown { engine, word: "blocked", handle: None, why: None };
            };
            let loads = answer.outcome != Outcome::Blocked;
            let why = answer.because.last().filter(|_| !loads);
            let why = why.map(|reason| embedded_why(chain, reason));
            Shown { engine, word: if loads { "loads" } else { "blocked" }, handle: None, why }
        };
        Case { id, role: Role::Embedded, title: title.to_owned(), shown: by_engine(shown) }
    };
    asked.map(case).into()
}

fn embedded_why(chain: &Chain, reason: &Reason) -> Why {
    let header = match reason.rule {
        Rule::FrameWithoutEmbedderPolicy => EmbedderPolicy::NAME,
        _ => ResourcePolicy::NAME,
    };
    let hop = reason.hop.and_then(|hop| chain.hops.get(hop));
    let lines = hop.map(|hop| lines_of(hop, header)).unwrap_or_default();
    Why { hop: reason.hop, lines, reason: reason.clone() }
}

/// An isolated page of another site.
fn isolated(page: &Hop) -> Document {
    let headers = [(OpenerPolicy::NAME, "same-origin"), (EmbedderPolicy::NAME, "require-corp")];
    elsewhere(page, &headers)
}
