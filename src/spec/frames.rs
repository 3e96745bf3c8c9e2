//! Nested documents: which of them load under the embedder policies, and which are isolated (HTML,
//! sections 7.1.4 and 8.1.3.2; Permissions Policy, section 9).

use serde::Deserialize;

use super::corp::CorpCheck;
use super::document::{
    Document, FlowError, Place, REDIRECTS, Read, Response, is_document, is_local, isolated_because,
};
use super::engine::{Engine, Profile};
use super::rule::{Compared, Reason, Rule};
use crate::origin::Origin;
use crate::policy::{Allowlist, Lines, Sandbox};

/// A framed document and its frame.
#[derive(Debug, Clone, Deserialize)]
pub struct Nested {
    /// The document.
    #[serde(flatten)]
    pub document: Document,
    /// The redirects on the way to it.
    #[serde(default)]
    pub hops: Vec<Response>,
    /// The frame's `allow` attribute, if it has one.
    #[serde(default)]
    pub allow: Option<String>,
    /// The frame's `sandbox` attribute, if it has one.
    #[serde(default)]
    pub sandbox: Option<String>,
}

/// What becomes of nested documents: the top one first, then each frame from the outside in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FramesAnswer {
    /// `crossOriginIsolated` of each; not where it does not load.
    pub isolated: Vec<bool>,
    /// Whether each loads.
    pub loads: Vec<bool>,
    /// Why; the number of the document stands as `navigation`.
    pub because: Vec<Reason>,
}

/// What becomes of a document and the frames nested in it.
///
/// # Errors
/// If an address is none.
pub fn frames(
    document: &Document,
    nested: &[Nested],
    engine: Engine,
) -> Result<FramesAnswer, FlowError> {
    frames_in(document, nested, &Profile::newest(engine))
}

/// As [`frames`], in an engine with this profile.
///
/// # Errors
/// As [`frames`].
pub fn frames_in(
    document: &Document,
    nested: &[Nested],
    profile: &Profile,
) -> Result<FramesAnswer, FlowError> {
    let top = Read::of(document, Place::Document, profile, Sandbox::default(), true, true)?;
    let group = top.coop;
    let mut answer = FramesAnswer {
        isolated: Vec::with_capacity(nested.len() + 1),
        loads: Vec::with_capacity(nested.len() + 1),
        because: Vec::new(),
    };
    let blocked = if top.is_blocked_by_sandbox(profile) {
        Some(Rule::SandboxedPolicy)
    } else if is_document(document) {
        None
    } else {
        Some(Rule::NoDocument)
    };
    answer.tell_loading(0, blocked.map(|rule| (rule, 0, None)));
    let (isolated, rule) = top.isolation(document, profile);
    answer.tell_isolation(
        0,
        blocked.is_none() && isolated,
        blocked.map_or(rule, |_| Rule::NotIsolatedNotLoaded),
    );
    let lines = Lines::in_dialect(&document.headers, profile.dialect);
    let mut parent = Parent { declared: Allowlist::of(lines), inherited: true, read: top };
    for (number, frame) in nested.iter().enumerate() {
        let attribute = frame.sandbox.as_deref().map(Sandbox::parse).unwrap_or_default();
        let inherited = attribute.and(parent.read.sandbox);
        let above = parent.read.secure;
        let mut fault =
            (frame.hops.len() > REDIRECTS).then_some((Rule::TooManyRedirects, REDIRECTS, None));
        for (hop, response) in frame.hops.iter().enumerate() {
            let place = Place::Frame(number);
            let read = Read::of(response, place, profile, inherited, above, false)?;
            fault = fault.or(corp_fault(&parent.read, &read, response, profile)
                .map(|(rule, compared)| (rule, hop, compared)));
        }
        let last = frame.hops.len();
        let local = is_local(&frame.document.url);
        let place = Place::Frame(number);
        let (read, own) = framed(&parent.read, &frame.document, attribute, place, profile)?;
        let redirected = local && last > 0;
        let own = if redirected { Some((Rule::RedirectScheme, None)) } else { own };
        let fault = fault.or(own.map(|(rule, compared)| (rule, last, compared)));
        let loads = fault.is_none() && answer.loads.last() == Some(&true);
        let inherited = permission(&parent, frame, &read);
        let lines = Lines::in_dialect(&frame.document.headers, profile.dialect);
        let declared = Allowlist::of(lines).filter(|_| !local);
        let allowed = || {
            profile.lacks_isolation_permission
                || inherited
                    && declared.as_ref().is_none_or(|list| list.allows_itself(&read.origin))
        };
        let (isolated, rule) = read.isolation_with(group, allowed);
        let fault = if answer.loads.last() == Some(&true) {
            fault
        } else {
            Some((Rule::ContainerNotLoaded, last, None))
        };
        answer.tell_loading(number + 1, fault);
        let rule = if loads { rule } else { Rule::NotIsolatedNotLoaded };
        answer.tell_isolation(number + 1, loads && isolated, rule);
        parent = Parent { declared, inherited, read };
    }
    Ok(answer)
}

/// The document around a frame, and what it may pass on.
struct Parent {
    read: Read,
    declared: Option<Allowlist>,
    /// Its inherited policy for the permission.
    inherited: bool,
}

/// "Define an inherited policy for feature in container at origin", for a feature whose default allowlist
/// is `self`.
fn permission(parent: &Parent, frame: &Nested, child: &Read) -> bool {
    let own = &parent.read.origin;
    // A document that the page made is of its very origin, also where that is opaque.
    let same = own.is_same_origin(&child.origin);
    let declared = parent.declared.as_ref();
    let itself = declared.is_none_or(|list| list.allows_itself(own));
    let passed_on = same || declared.is_none_or(|list| list.allows(&child.origin, own, None));
    if !parent.inherited || !itself || !passed_on {
        return false;
    }
    let attribute = frame.allow.as_deref().and_then(Allowlist::of_attribute);
    // The address of the frame element is that of its first response.
    let source = frame.hops.first().map_or(&frame.document.url, |first| &first.url);
    match attribute {
        Some(list) => {
            let source = Origin::of(source).ok();
            let source = source.filter(|_| child.origin != Origin::Opaque);
            list.allows(&child.origin, own, source.as_ref())
        }
        None => same,
    }
}

/// Reads a document that is framed by `parent`, with the frame's own `sandbox`, and what stands against it.
pub(super) fn framed(
    parent: &Read,
    document: &Document,
    attribute: Sandbox,
    place: Place,
    profile: &Profile,
) -> Result<(Read, Option<Fault>), FlowError> {
    if is_local(&document.url) {
        return Ok((parent.local(&document.url, attribute), None));
    }
    let inherited = attribute.and(parent.sandbox);
    let read = Read::of(document, place, profile, inherited, parent.secure, false)?;
    let fault = framed_fault(parent, &read, document, profile);
    Ok((read, fault))
}

/// What keeps a framed response out, and what was compared.
type Fault = (Rule, Option<Compared>);

/// Why a framed response does not come in, if so.
fn framed_fault(
    parent: &Read,
    child: &Read,
    response: &Response,
    profile: &Profile,
) -> Option<Fault> {
    if let Some(fault) = corp_fault(parent, child, response, profile) {
        return Some(fault);
    }
    if !is_document(response) {
        return Some((Rule::NoDocument, None));
    }
    if parent.coep.isolates() && !child.coep.isolates() {
        let compared = Compared::Values {
            value: format!("`{}`", child.coep),
            against: format!("`{}`", parent.coep),
        };
        return Some((Rule::FrameWithoutEmbedderPolicy, Some(compared)));
    }
    None
}

/// What each response of a framed navigation is checked for, redirects included.
fn corp_fault(
    parent: &Read,
    child: &Read,
    response: &Response,
    profile: &Profile,
) -> Option<Fault> {
    if parent.address.is_https() && !child.address.is_trustworthy() {
        return Some((Rule::MixedContent, None));
    }
    let check = CorpCheck {
        asker: &parent.origin,
        embedder: parent.coep,
        address: &child.address,
        credentials: true,
        navigation: true,
        profile,
    };
    let (allowed, rule, compared) = check.of(Lines::in_dialect(&response.headers, profile.dialect));
    (!allowed).then_some((rule, compared))
}

impl FramesAnswer {
    fn tell_loading(&mut self, number: usize, fault: Option<(Rule, usize, Option<Compared>)>) {
        self.loads.push(fault.is_none());
        let (rule, hop, compared) = fault.unwrap_or((Rule::Loads, 0, None));
        self.because.push(Reason::new("loads", rule).at(number, hop).comparing(compared));
    }

    fn tell_isolation(&mut self, number: usize, isolated: bool, rule: Rule) {
        self.isolated.push(isolated);
        self.because.push(isolated_because(number, 0, rule));
    }
}
