//! What the page at the end of a chain can do, by the model, engine by engine: what becomes of its popups,
//! of itself as a popup, of its isolation, and of whoever embeds it.

use serde::Serialize;
use url::Url;

use super::embedded::{as_frame, as_resource};
use super::{Chain, Hop};
use crate::policy::{EmbedderPolicy, OpenerPolicy, ResourcePolicy};
use crate::spec::{
    Compared, Document, Engine, Flow, Frame, Navigation, Opening, PageEdit, PopupAnswer, Profile,
    Reason, Relation, Response, Rule, frames_in, isolating, popup_in,
};

/// The engines, in the order in which they are told.
pub(super) const ENGINES: [Engine; 3] = [Engine::Chromium, Engine::Firefox, Engine::Webkit];

/// What a page can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Question by question.
    pub cases: Vec<Case>,
    /// The smallest change that would isolate it, by the standards; none where it is isolated, or is no
    /// page.
    pub isolating: Vec<PageEdit>,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The page opens popups.
    Opener,
    /// The page is shown in a popup.
    Popup,
    /// The page by itself.
    Alone,
    /// Others embed it.
    Embedded,
}

/// One question about a page, with an answer for each engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name, which does not change.
    pub id: &'static str,
    /// What it is about.
    pub role: Role,
    /// It in words.
    pub title: String,
    /// Chromium, Firefox and WebKit, in this order.
    pub shown: Vec<Shown>,
}

/// What an engine shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The engine.
    pub engine: Engine,
    /// Of a popup `connected`, `severed`, `never` or `blocked`; of isolation `yes` or `no`; of what is
    /// embedded `loads` or `blocked`.
    pub word: &'static str,
    /// Of a popup, what its opener's handle is worth: `live`, `reads-closed` or `null`.
    pub handle: Option<&'static str>,
    /// What decided, where the link or the page is lost.
    pub why: Option<Why>,
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The response of the chain, from 0; nothing where another page or the way of opening decided.
    pub hop: Option<usize>,
    /// The lines of the header that decided, as they were sent there; none where it was not sent.
    pub lines: Vec<(String, String)>,
    /// The rule.
    pub reason: Reason,
}

/// What the page at the end of a chain can do; nothing where there is none. `opener` is a page that opens
/// it.
#[must_use]
pub fn outlook(chain: &Chain, opener: Option<&Hop>) -> Option<Outlook> {
    let last = chain.last()?;
    if !is_page(last) {
        return Some(Outlook { cases: as_resource(chain), isolating: Vec::new() });
    }
    let mut cases = as_opener(last);
    cases.extend(as_popup(chain, opener));
    cases.push(isolation(chain));
    cases.push(as_frame(chain));
    Some(Outlook { cases, isolating: isolating(&last.response(), Engine::Standard) })
}

/// Whether a window shows it as a page.
pub(super) fn is_page(last: &Hop) -> bool {
    let answer = frames_in(&last.response(), &[], &Profile::default());
    let rule = answer.ok().and_then(|answer| answer.because.first().map(|reason| reason.rule));
    last.is_html() && rule != Some(Rule::NoDocument)
}

/// The page opens popups.
pub(super) fn as_opener(last: &Hop) -> Vec<Case> {
    let page = last.response();
    let plain = elsewhere(last, &[]);
    let own = Response { status: 200, ..page.clone() };
    // A frame that the page may embed, whatever its embedder policy.
    let frame = elsewhere(
        last,
        &[(EmbedderPolicy::NAME, "require-corp"), (ResourcePolicy::NAME, "cross-origin")],
    );
    let frame = Frame { document: frame, sandbox: None };
    let asked: [(&str, &str, Option<Frame>, Opening, Response); 4] = [
        ("opens-plain", "a page without policy", None, Opening::Direct, plain.clone()),
        (
            "opens-plain-blank-first",
            "the same, opened blank first",
            None,
            Opening::BlankThenAssign,
            plain.clone(),
        ),
        (
            "frame-opens-plain",
            "the same, from a cross-site frame",
            Some(frame),
            Opening::Direct,
            plain,
        ),
        ("opens-own", "a page like itself", None, Opening::Direct, own),
    ];
    let case = |(id, title, frame, open, popup): (&'static str, &str, _, _, _)| {
        let flow = Flow {
            opener: page.clone(),
            frame,
            open,
            popup: vec![Navigation::To(vec![popup])],
            engine: Engine::Standard,
        };
        let shown = |engine| {
            let why = |reason: &Reason| {
                let lines = lines_of(last, OpenerPolicy::NAME);
                Why { hop: None, lines, reason: reason.clone() }
            };
            popup_shown(&flow, engine, why)
        };
        Case { id, role: Role::Opener, title: title.to_owned(), shown: by_engine(shown) }
    };
    asked.into_iter().map(case).collect()
}

/// The page is shown in a popup.
pub(super) fn as_popup(chain: &Chain, opener: Option<&Hop>) -> Vec<Case> {
    let Some(last) = chain.last() else { return Vec::new() };
    let coop = |value| elsewhere(last, &[(OpenerPolicy::NAME, value)]);
    let mut openers: Vec<([&'static str; 2], String, Document)> = Vec::new();
    if let Some(opener) = opener {
        let title = super::shown_url(&opener.url);
        let ids = ["opened-by-given", "opened-by-given-blank-first"];
        openers.push((ids, title, opener.response()));
    }
    let own = Response { status: 200, ..last.response() };
    let usual: [([&'static str; 2], &str, Document); 4] = [
        (
            ["opened-by-plain", "opened-by-plain-blank-first"],
            "an opener without policy",
            elsewhere(last, &[]),
        ),
        (
            ["opened-by-allow-popups", "opened-by-allow-popups-blank-first"],
            "same-origin-allow-popups",
            coop("same-origin-allow-popups"),
        ),
        (
            ["opened-by-same-origin", "opened-by-same-origin-blank-first"],
            "same-origin",
            coop("same-origin"),
        ),
        (["opened-by-own", "opened-by-own-blank-first"], "a page like itself", own),
    ];
    openers.extend(usual.map(|(ids, title, document)| (ids, title.to_owned(), document)));
    let hops: Vec<Response> = chain.hops.iter().map(Hop::response).collect();
    let mut cases = Vec::new();
    for (ids, title, opener) in openers {
        let ways = [
            (ids[0], title.clone(), Opening::Direct),
            (ids[1], "the same, opened blank first".to_owned(), Opening::BlankThenAssign),
        ];
        for (id, title, open) in ways {
            let flow = Flow {
                opener: opener.clone(),
                frame: None,
                open,
                popup: vec![Navigation::To(hops.clone())],
                engine: Engine::Standard,
            };
            let why = |reason: &Reason| Why {
                hop: reason.hop,
                lines: reason
                    .hop
                    .map_or(Vec::new(), |hop| lines_of(&chain.hops[hop], OpenerPolicy::NAME)),
                reason: reason.clone(),
            };
            let shown = by_engine(|engine| popup_shown(&flow, engine, why));
            cases.push(Case { id, role: Role::Popup, title, shown });
        }
    }
    cases
}

fn popup_shown(flow: &Flow, engine: Engine, why: impl Fn(&Reason) -> Why) -> Shown {
    // The addresses are those of responses, so that the model knows them all.
    let Ok(answer) = popup_in(flow, &Profile::newest(engine)) else {
        return Shown { engine, word: Relation::Never.name(), handle: None, why: None };
    };
    let (word, reason) = word_of(&answer);
    let mut reason = reason.cloned();
    // A rule of its own is worth a word where it makes a difference.
    let standard = popup_in(flow, &Profile::default());
    if let (Some(reason), Ok(standard)) = (&mut reason, &standard) {
        let (usual, because) = word_of(standard);
        let same = |usual: &Reason| (usual.hop, usual.rule) == (reason.hop, reason.rule);
        if usual == word && because.is_some_and(same) {
            reason.deviation = None;
        }
    }
    Shown { engine, word, handle: Some(answer.handle.name()), why: reason.as_ref().map(why) }
}

/// What becomes of the last document, and what decided where it is not connected.
fn word_of(answer: &PopupAnswer) -> (&'static str, Option<&Reason>) {
    let blocked = |reason: &&Reason| reason.fact == "loads" && reason.rule != Rule::NoDocument;
    let blocked = answer.because.iter().find(blocked);
    let word = match (blocked, answer.popup.last()) {
        (Some(_), _) => "blocked",
        (None, Some(document)) => document.opener.name(),
        (None, None) => Relation::Never.name(),
    };
    (word, blocked.or_else(|| decided(answer)).filter(|_| word != "connected"))
}

/// What cut the link, or kept it from being.
fn decided(answer: &PopupAnswer) -> Option<&Reason> {
    let about = |reason: &&Reason| reason.fact == "opener";
    let never = |rule| {
        use Rule::{NoopenerForced, NothingToAssign, OpenerNotLoaded, SandboxNoPopups};
        matches!(rule, NoopenerForced | NothingToAssign | OpenerNotLoaded | SandboxNoPopups)
    };
    let mut reasons = answer.because.iter().filter(about);
    reasons.find(|reason| reason.rule.severs() || never(reason.rule))
}

fn isolation(chain: &Chain) -> Case {
    let shown = |engine| {
        let last = chain.last();
        let answer = last.map(|last| frames_in(&last.response(), &[], &Profile::newest(engine)));
        let Some(Ok(answer)) = answer else {
            return Shown { engine, word: "no", handle: None, why: None };
        };
        let isolated = answer.isolated == [true];
        let reason = answer.because.iter().find(|reason| reason.fact == "isolated");
        let why = reason.filter(|_| !isolated).map(|reason| Why {
            hop: chain.hops.len().checked_sub(1),
            lines: Vec::new(),
            reason: reason.clone(),
        });
        Shown { engine, word: if isolated { "yes" } else { "no" }, handle: None, why }
    };
    Case {
        id: "isolated",
        role: Role::Alone,
        title: "crossOriginIsolated".to_owned(),
        shown: by_engine(shown),
    }
}

pub(super) fn by_engine(shown: impl Fn(Engine) -> Shown) -> Vec<Shown> {
    ENGINES.into_iter().map(shown).collect()
}

/// A page of another site than this one.
pub(super) fn elsewhere(page: &Hop, headers: &[(&str, &str)]) -> Document {
    let here = page.origin();
    let sites = ["https://one.example/", "https://two.example/"];
    let other = sites.iter().find(|site| {
        let there = Url::parse(site).ok().map(|url| super::navigate::origin(&url));
        there.is_some_and(|there| !there.is_schemelessly_same_site(&here))
    });
    Document {
        url: other.unwrap_or(&sites[0]).to_string(),
        status: 200,
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
    }
}

/// The lines of a header, as they were sent.
pub(super) fn lines_of(hop: &Hop, name: &str) -> Vec<(String, String)> {
    let named = hop.headers.iter().filter(|(line, _)| line.eq_ignore_ascii_case(name));
    named.cloned().collect()
}

impl Case {
    /// The word of all engines, if it is the same.
    #[must_use]
    pub fn word(&self) -> Option<&'static str> {
        let first = self.shown.first()?.word;
        self.shown.iter().all(|shown| shown.word == first).then_some(first)
    }

    /// The words in the order of the engines.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        self.shown.iter().map(|shown| shown.word).collect()
    }
}

impl Outlook {
    /// The case with this name.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }
}

impl Why {
    /// The policy before the response that decided, where that has none itself: then it is not the one to
    /// blame.
    #[must_use]
    pub fn policy_before(&self) -> Option<OpenerPolicy> {
        match self.reason.compared {
            Some(Compared::Policies { before, after: OpenerPolicy::UnsafeNone, .. }) => {
                Some(before)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{chain, hop};
    use super::*;

    fn words(outlook: &Outlook, id: &str) -> String {
        outlook.case(id).unwrap().words().join(" ")
    }

    #[test]
    fn a_page_without_policy_keeps_everything() {
        let outlook = outlook(&chain(vec![hop("https://a.example/", 200, &[])]), None).unwrap();
        for case in &outlook.cases {
            let expected = match (case.role, case.id) {
                (Role::Alone, _) => "no",
                (Role::Embedded, _) => "blocked",
                (_, id) if id.starts_with("opened-by-same-origin") => "severed",
                (_, "opened-by-allow-popups-blank-first") => continue,
                _ => "connected",
            };
            assert_eq!(case.word(), Some(expected), "{}", case.id);
        }
        assert_eq!(
            words(&outlook, "opened-by-allow-popups-blank-first"),
            "connected connected severed"
        );
        assert_eq!(outlook.isolating.len(), 2);
    }

    #[test]
    fn the_hop_that_cuts_is_named() {
        let chain = chain(vec![
            hop("https://a.example/", 302, &["Cross-Origin-Opener-Policy: same-origin"]),
            hop("https://a.example/x", 200, &[]),
        ]);
        let outlook = outlook(&chain, None).unwrap();
        let case = outlook.case("opened-by-plain").unwrap();
        assert_eq!(case.word(), Some("severed"));
        let why = case.shown[0].why.as_ref().unwrap();
        assert_eq!((why.hop, why.reason.rule), (Some(0), Rule::PolicyAfterNone));
        assert_eq!(why.lines[0].1, "same-origin");
        assert_eq!(why.policy_before(), None);
        // What the page at the end does as an opener is another matter.
        assert_eq!(words(&outlook, "opens-plain"), "connected connected connected");
    }

    #[test]
    fn a_policy_of_its_own_decides_about_its_popups() {
        let policy = |value: &str| {
            let line = format!("Cross-Origin-Opener-Policy: {value}");
            let chain = chain(vec![hop("https://a.example/", 200, &[&line])]);
            outlook(&chain, None).unwrap()
        };
        let strict = policy("same-origin");
        assert_eq!(words(&strict, "opens-plain"), "severed severed severed");
        assert_eq!(words(&strict, "opens-own"), "connected connected connected");
        assert_eq!(words(&strict, "frame-opens-plain"), "never never never");
        assert_eq!(words(&strict, "opened-by-own"), "connected connected connected");
        let loose = policy("same-origin-allow-popups");
        assert_eq!(words(&loose, "opens-plain"), "connected connected connected");
        assert_eq!(words(&loose, "opens-plain-blank-first"), "connected connected severed");
        assert_eq!(words(&loose, "opened-by-plain"), "severed severed severed");
    }

    #[test]
    fn isolation_and_embedding() {
        let chain = chain(vec![hop(
            "https://one.example/",
            200,
            &[
                "Cross-Origin-Opener-Policy: same-origin",
                "Cross-Origin-Embedder-Policy: credentialless",
                "Cross-Origin-Resource-Policy: cross-origin",
            ],
        )]);
        let outlook = outlook(&chain, None).unwrap();
        assert_eq!(words(&outlook, "isolated"), "yes yes no");
        assert_eq!(words(&outlook, "frame-in-isolated"), "loads loads blocked");
        assert!(outlook.isolating.is_empty());
    }

    #[test]
    fn what_is_no_page_is_a_resource() {
        let lines = ["Content-Type: application/json", "Cross-Origin-Opener-Policy: same-origin"];
        let chain = chain(vec![hop("https://api.example/", 200, &lines)]);
        let outlook = outlook(&chain, None).unwrap();
        let ids: Vec<&str> = outlook.cases.iter().map(|case| case.id).collect();
        assert_eq!(ids, ["resource-in-plain", "resource-in-isolated"]);
        assert_eq!(words(&outlook, "resource-in-isolated"), "blocked blocked blocked");
    }

    #[test]
    fn a_given_opener_comes_first() {
        let app = hop("https://app.example/", 200, &["Cross-Origin-Opener-Policy: same-origin"]);
        let chain = chain(vec![hop("https://a.example/", 200, &[])]);
        let outlook = outlook(&chain, Some(&app)).unwrap();
        let case = outlook.case("opened-by-given").unwrap();
        assert_eq!(case.word(), Some("severed"));
        let why = case.shown[0].why.as_ref().unwrap();
        assert_eq!(why.policy_before(), Some(OpenerPolicy::SameOrigin));
    }
}
