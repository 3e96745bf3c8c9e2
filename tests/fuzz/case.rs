//! What the fuzz targets do with their bytes. `tests/corpus.rs` does the same with the kept corpus, so
//! that plain `cargo test` covers it.

use coopwright::lint::{self, Context};
use coopwright::origin::Origin;
use coopwright::policy::{Dialect, Lines, Sandbox};
use coopwright::question::answer_line;
use coopwright::sketch::scenario_of;
use coopwright::spec::{
    Engine, Flow, Frame, Kind, Navigation, Nested, Opening, Profile, Relation, Resource,
    ResourceHop, Response, changes, frames_in, popup_in, resource_in,
};

const ENGINES: [Engine; 4] = [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::Webkit];
const OPENINGS: [Opening; 7] = [
    Opening::Direct,
    Opening::Named,
    Opening::Noopener,
    Opening::Noreferrer,
    Opening::BlankThenAssign,
    Opening::Link,
    Opening::LinkNoopener,
];
const KINDS: [Kind; 6] =
    [Kind::Image, Kind::Script, Kind::Style, Kind::Fetch, Kind::Frame, Kind::Worker];

/// One line of text as a question.
pub(crate) fn question(bytes: &[u8]) {
    let line = String::from_utf8_lossy(bytes);
    let answer = answer_line(&line);
    assert!(answer.is_object(), "{answer}");
    // An answer is one line, whatever was quoted in it.
    assert!(!answer.to_string().contains('\n'));
}

/// Responses as text: one line of settings, then blocks between empty lines. A block is an address, words
/// for the attributes of a frame, and header lines. The first block is the document that opens or asks,
/// the others are what it opens, frames or fetches.
///
/// The settings are letters; each counts by its number: engine, way of opening, shape, kind of request.
pub(crate) fn headers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (settings, text) = text.split_once('\n').unwrap_or((&text, ""));
    let setting = |at: usize| usize::from(settings.as_bytes().get(at).copied().unwrap_or_default());
    let blocks: Vec<(Response, String)> = text.split("\n\n").take(6).map(block).collect();
    let Some(((document, _), others)) = blocks.split_first() else { return };
    let profile = Profile::newest(ENGINES[setting(0) % ENGINES.len()]);

    for (response, words) in &blocks {
        each(response, profile.dialect);
        let _ = Sandbox::parse(words);
    }
    let open = OPENINGS[setting(1) % OPENINGS.len()];
    the_popup(document, others, open, setting(2), &profile);
    let nested: Vec<Nested> =
        others.iter().map(|(response, words)| nest(response, words)).collect();
    if let Ok(answer) = frames_in(document, &nested, &profile) {
        assert_eq!(answer.loads.len(), nested.len() + 1);
        assert!(answer.loads.is_sorted_by(|outer, inner| outer >= inner), "a frame of nothing");
        assert!(
            answer.isolated.iter().zip(&answer.loads).all(|(isolated, loads)| loads >= isolated)
        );
    }
    let hop = |(response, _): &(Response, String)| ResourceHop {
        response: response.clone(),
        preflight: None,
    };
    let request = Resource {
        kind: KINDS[setting(3) % KINDS.len()],
        mode: None,
        credentials: None,
        method: settings.get(4..).map(str::to_owned),
        request_headers: document.headers.clone(),
        hops: others.iter().map(hop).collect(),
    };
    if let Ok(answer) = resource_in(document, &request, &profile) {
        assert!(!answer.because.is_empty());
    }
}

fn block(text: &str) -> (Response, String) {
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    let (url, words) = first.split_once(' ').unwrap_or((first, ""));
    let line = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        (name.to_owned(), value.to_owned())
    };
    // Every fifth length is no document.
    let status = if words.len() % 5 == 4 { 204 } else { 200 };
    let headers = lines.take(8).map(line).collect();
    (Response { url: url.to_owned(), status, headers }, words.to_owned())
}

/// All that reads one response.
fn each(response: &Response, dialect: Dialect) {
    let lines = Lines::in_dialect(&response.headers, dialect);
    let origin = Origin::of(&response.url);
    if let Ok(origin) = &origin {
        // What an origin is written as is that origin.
        assert_eq!(Origin::of(&origin.serialised()).as_ref(), Ok(origin));
        assert!(origin.is_same_site(origin));
    }
    let secure = origin.ok().map(|origin| origin.is_trustworthy());
    // Which of the two is asked is a matter of the input.
    let preflight = response.headers.len() % 2 == 1;
    let context = Context { secure, preflight, ..Context::default() };
    for lint in lint::response(&response.headers, &context) {
        assert!(lint.line.is_none_or(|line| line < response.headers.len()));
        assert!(!lint.text.contains('\n'), "{lint}");
    }
    for (name, _) in &response.headers {
        let values: Vec<String> = lines.raw(name).map(str::to_owned).collect();
        let _ = lint::effective(name, &values, dialect);
        assert!(lint::header(name, &values).iter().all(|lint| !lint.text.is_empty()));
    }
}

fn the_popup(
    document: &Response,
    others: &[(Response, String)],
    open: Opening,
    shape: usize,
    profile: &Profile,
) {
    let framed = shape % 2 == 1 && !others.is_empty();
    let (frame, others) = others.split_at(usize::from(framed));
    let frame = frame.first().map(|(response, words)| Frame {
        document: response.clone(),
        sandbox: (!words.is_empty()).then(|| words.clone()),
    });
    let hops: Vec<Response> = others.iter().map(|(response, _)| response.clone()).collect();
    let mut popup: Vec<Navigation> =
        hops.chunks(shape / 2 % 4 + 1).map(|hops| Navigation::To(hops.to_vec())).collect();
    if shape / 8 % 2 == 1 {
        popup.insert(popup.len() / 2, Navigation::Back);
        popup.push(Navigation::Back);
    }
    let flow = Flow { opener: document.clone(), frame, open, popup, engine: Engine::Standard };
    let _ = scenario_of(&flow);
    let Ok(answer) = popup_in(&flow, profile) else { return };
    assert_eq!(answer.popup.len(), flow.popup.len());
    let mut relations = answer.popup.iter().map(|document| document.opener);
    relations.find(|relation| *relation != Relation::Connected);
    assert!(relations.all(|relation| relation != Relation::Connected), "the link came back");
    assert_eq!(with_shuffled_lines(&flow, profile), Ok(answer));
    // This asks the model hundreds of times, so only some input does.
    if flow.popup.len() < 3 && shape / 16 % 8 == 7 {
        let _ = changes(&flow);
    }
}

/// The answer with the header lines put in the order of their names.
fn with_shuffled_lines(
    flow: &Flow,
    profile: &Profile,
) -> Result<coopwright::spec::PopupAnswer, coopwright::spec::FlowError> {
    let mut flow = flow.clone();
    let sort = |response: &mut Response| {
        response.headers.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    };
    sort(&mut flow.opener);
    flow.frame.iter_mut().for_each(|frame| sort(&mut frame.document));
    for navigation in &mut flow.popup {
        if let Navigation::To(hops) = navigation {
            hops.iter_mut().for_each(sort);
        }
    }
    popup_in(&flow, profile)
}

/// A block as a frame; the words are its `sandbox` up to a `|`, then its `allow`.
fn nest(response: &Response, words: &str) -> Nested {
    let (sandbox, allow) = words.split_once('|').unwrap_or((words, ""));
    let given = |words: &str| (!words.is_empty()).then(|| words.to_owned());
    Nested {
        document: response.clone(),
        hops: Vec::new(),
        allow: given(allow),
        sandbox: given(sandbox),
    }
}
