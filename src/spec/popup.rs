//! The link between an opener and a popup, through all of the popup's navigations (HTML, sections 7.1.3,
//! 7.3.2.1 and 7.4.5).

use super::document::{
    FlowError, Place, REDIRECTS, Read, Response, is_document, is_local, isolated_because,
};
use super::engine::{Behaviour, Profile};
use super::flow::{Flow, Navigation, Opening};
use super::frames::framed;
use super::report::{Record, Report};
use super::rule::{Compared, Reason, Rule};
use super::switch::{Showing, needs_switch};
use crate::origin::Origin;
use crate::policy::{OpenerPolicy, Sandbox};

/// What a popup's document sees of its opener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `window.opener` is there.
    Connected,
    /// It is null because a response cut the link.
    Severed,
    /// It is null because there never was a link.
    Never,
}

impl Relation {
    /// The word in facts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Severed => "severed",
            Self::Never => "never",
        }
    }
}

/// What the opener's handle is worth in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handle {
    /// It reaches the popup.
    Live,
    /// `closed` is true, though the popup may be open.
    ReadsClosed,
    /// `window.open` gave null, or a link opened the popup.
    Null,
}

impl Handle {
    /// The word in facts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::ReadsClosed => "reads-closed",
            Self::Null => "null",
        }
    }
}

/// What becomes of one navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PopupDocument {
    /// What its document sees of the opener.
    pub opener: Relation,
    /// Whether it loads at all.
    pub loads: bool,
    /// `crossOriginIsolated`.
    pub isolated: bool,
}

/// What becomes of a popup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopupAnswer {
    /// One for each navigation.
    pub popup: Vec<PopupDocument>,
    /// What the opener holds in the end.
    pub handle: Handle,
    /// Why, in the order in which things happen.
    pub because: Vec<Reason>,
    /// The reports that would be queued.
    pub reports: Vec<Report>,
}

/// The popup's window while it moves on.
struct Window {
    /// Who opened it, and with which policy: the maker of its documents without a response.
    maker: Record,
    /// What it shows.
    shown: Record,
    showing: Showing,
    never: bool,
    severed: bool,
    sandbox: Sandbox,
}

/// What becomes of a popup.
///
/// # Errors
/// If an address is none, or a navigation has no response.
pub fn popup(flow: &Flow) -> Result<PopupAnswer, FlowError> {
    popup_in(flow, &Profile::newest(flow.engine))
}

/// As [`popup`], in an engine with this profile.
///
/// # Errors
/// As [`popup`].
pub fn popup_in(flow: &Flow, profile: &Profile) -> Result<PopupAnswer, FlowError> {
    let mut answer = PopupAnswer {
        popup: Vec::with_capacity(flow.popup.len()),
        handle: Handle::Null,
        because: Vec::new(),
        reports: Vec::new(),
    };
    let Some(mut window) = open(flow, profile, &mut answer)? else {
        // Nothing opens: nothing loads.
        let nothing = PopupDocument { opener: Relation::Never, loads: false, isolated: false };
        answer.popup = vec![nothing; flow.popup.len()];
        return Ok(answer);
    };
    let mut walk = Walk { flow, profile, window: &mut window, answer: &mut answer };
    // Which navigation brought each entry of the history, for going back.
    let mut history: Vec<usize> = Vec::new();
    for (number, navigation) in flow.popup.iter().enumerate() {
        let document = match navigation {
            Navigation::To(hops) => {
                let document = walk.navigate(number, hops)?;
                if document.loads {
                    history.push(number);
                }
                document
            }
            Navigation::Back => {
                let before = if history.len() > 1 {
                    history.pop();
                    history.last().and_then(|number| flow.popup.get(*number))
                } else {
                    None
                };
                match before {
                    // Only the last response is there again; redirects are not walked twice.
                    Some(Navigation::To(hops)) => walk.navigate(number, &hops[hops.len() - 1..])?,
                    _ => walk.stay(),
                }
            }
        };
        walk.answer.popup.push(document);
    }
    answer.handle = match (flow.open.is_link() || window.never, window.severed) {
        (true, _) => Handle::Null,
        (false, true) => Handle::ReadsClosed,
        (false, false) => Handle::Live,
    };
    Ok(answer)
}

/// Opens the popup; nothing where none opens.
fn open(
    flow: &Flow,
    profile: &Profile,
    answer: &mut PopupAnswer,
) -> Result<Option<Window>, FlowError> {
    let top = Read::of(&flow.opener, Place::Opener, profile, Sandbox::default(), true, true)?;
    let mut opening = None;
    let loads = !top.is_blocked_by_sandbox(profile) && is_document(&flow.opener);
    if let Some(frame) = &flow.frame {
        let attribute = frame.sandbox.as_deref().map(Sandbox::parse).unwrap_or_default();
        let place = Place::Frame(0);
        let (read, fault) = framed(&top, &frame.document, attribute, place, profile)?;
        // That the frame is there is the question's premise; what stands against it is told.
        if let Some((rule, compared)) = fault {
            answer.because.push(Reason::new("frame", rule).comparing(compared));
        }
        opening = Some(read);
    }
    let opening = opening.as_ref().unwrap_or(&top);
    let mut because = |rule| answer.because.push(Reason::new("opener", rule));
    if !loads {
        because(Rule::OpenerNotLoaded);
        return Ok(None);
    }
    if opening.sandbox.popups {
        because(Rule::SandboxNoPopups);
        return Ok(None);
    }
    let own_top = flow.frame.is_none() || opening.origin.is_same_origin(&top.origin);
    let forces = matches!(top.coop, OpenerPolicy::SameOrigin | OpenerPolicy::SameOriginPlusCoep);
    let spared = profile.spares_links_from_noopener && flow.open.is_link();
    let asked = flow.open.asks_noopener();
    let forced = forces && !own_top && !spared;
    let never = asked || forced;
    if never {
        because(if asked { Rule::NoopenerAsked } else { Rule::NoopenerForced });
        if flow.open == Opening::BlankThenAssign {
            because(Rule::NothingToAssign);
            return Ok(None);
        }
    } else if top.coop != OpenerPolicy::UnsafeNone {
        because(if own_top { Rule::PolicyInherited } else { Rule::PolicyNotInherited });
        if let (Some(reason), true) = (answer.because.last_mut(), forces && !own_top) {
            reason.deviation = Some(Behaviour::SparesLinksFromNoopener);
        }
    }
    let blank_first = flow.open == Opening::BlankThenAssign;
    let alone = Record::without_policy(opening.origin.clone());
    let maker = if own_top {
        Record { origin: alone.origin.clone(), ..Record::of(&top) }
    } else {
        alone.clone()
    };
    Ok(Some(Window {
        shown: if never { alone } else { maker.clone() },
        maker,
        showing: if profile.blank_first_loses_exemption && blank_first {
            Showing::UnsparedBlank
        } else {
            Showing::InitialBlank
        },
        never,
        severed: false,
        sandbox: opening.sandbox.for_popup(),
    }))
}

struct Walk<'a> {
    flow: &'a Flow,
    profile: &'a Profile,
    window: &'a mut Window,
    answer: &'a mut PopupAnswer,
}

impl Walk<'_> {
    fn navigate(&mut self, number: usize, hops: &[Response]) -> Result<PopupDocument, FlowError> {
        let Some(last) = hops.last() else {
            return Err(FlowError::Empty(format!("popup navigation {number}")));
        };
        if let [only] = hops
            && is_local(&only.url)
        {
            return Ok(self.local(number, &only.url));
        }
        let mut record = self.window.shown.clone();
        let mut switch = false;
        let mut read = None;
        for (hop, response) in hops.iter().enumerate() {
            let fault = match hop {
                _ if is_local(&response.url) => Some(Rule::RedirectScheme),
                hop if hop > REDIRECTS => Some(Rule::TooManyRedirects),
                _ => None,
            };
            if let Some(rule) = fault {
                return Ok(self.blocked(number, hop, switch, rule));
            }
            let place = Place::Hop(number, hop);
            let response_read =
                Read::of(response, place, self.profile, self.window.sandbox, true, true)?;
            if !self.profile.compares_hops_with_document || hop == 0 {
                self.report(number, hop, &record, &response_read);
            }
            switch |= self.compare((number, hop), &record, &response_read, switch);
            if response_read.is_blocked_by_sandbox(self.profile) {
                return Ok(self.blocked(number, hop, switch, Rule::SandboxedPolicy));
            }
            if !self.profile.compares_hops_with_document {
                record = Record::of(&response_read);
            }
            read = Some(response_read);
        }
        let Some(read) = read else { return Ok(self.stay()) };
        if !is_document(last) {
            let reason = Reason::new("loads", Rule::NoDocument).at(number, hops.len() - 1);
            self.answer.because.push(reason);
            return Ok(PopupDocument { opener: self.relation(), loads: false, isolated: false });
        }
        self.window.severed |= switch;
        self.window.showing = Showing::Document;
        self.window.shown = Record::of(&read);
        let (isolated, rule) = read.isolation(last, self.profile);
        self.answer.because.push(isolated_because(number, hops.len() - 1, rule));
        Ok(PopupDocument { opener: self.relation(), loads: true, isolated })
    }

    /// Compares a response with what was there before; tells whether a switch is needed. `cut` is whether
    /// an earlier response of the navigation has needed one.
    fn compare(
        &mut self,
        (number, hop): (usize, usize),
        record: &Record,
        response: &Read,
        cut: bool,
    ) -> bool {
        let origin = if self.profile.csp_sandbox_keeps_origin && !self.window.sandbox.origin {
            &response.address
        } else {
            &response.origin
        };
        let same_origin = record.origin.is_same_origin(origin);
        let (switch, rule) =
            needs_switch(record.policy, response.coop, same_origin, self.window.showing);
        if !self.window.never {
            let rule = if self.window.severed || cut { Rule::AlreadySevered } else { rule };
            let compared =
                Compared::Policies { before: record.policy, after: response.coop, same_origin };
            let deviation = self.deviation(hop);
            let reason = Reason::new("opener", rule).at(number, hop);
            self.answer.because.push(reason.comparing(compared).by(deviation));
        }
        switch
    }

    /// The engine's own rule under which a hop is compared, if one plays a part.
    fn deviation(&self, hop: usize) -> Option<Behaviour> {
        if self.profile.compares_hops_with_document && hop > 0 {
            return Some(Behaviour::ComparesHopsWithDocument);
        }
        let blank_first = self.flow.open == Opening::BlankThenAssign;
        let lost = self.profile.blank_first_loses_exemption && blank_first;
        (lost && self.answer.popup.is_empty()).then_some(Behaviour::BlankFirstLosesExemption)
    }

    fn report(&mut self, number: usize, hop: usize, record: &Record, response: &Read) {
        let more = !self.window.severed && !self.window.never;
        let hops = (number, hop);
        record.report(response, self.window.showing, more, hops, &mut self.answer.reports);
    }

    /// A response that becomes an error page: the window shows something without policy and origin.
    fn blocked(&mut self, number: usize, hop: usize, switch: bool, rule: Rule) -> PopupDocument {
        let spared = self.profile.blocked_popup_stays_linked && rule == Rule::SandboxedPolicy;
        if spared {
            // What was compared on the way cuts nothing here.
            let here =
                |reason: &Reason| reason.fact == "opener" && reason.navigation == Some(number);
            self.answer.because.retain(|reason| !here(reason));
        }
        let deviation = spared.then_some(Behaviour::BlockedPopupStaysLinked);
        let reason = Reason::new("loads", rule).at(number, hop).by(deviation);
        self.answer.because.push(reason);
        self.window.severed |= switch && !spared;
        self.window.showing = Showing::Document;
        self.window.shown = Record::without_policy(Origin::Opaque);
        PopupDocument { opener: self.relation(), loads: false, isolated: false }
    }

    /// A document without a response: `about:blank` and `blob:` are the opener's, who sends the popup
    /// there; `javascript:` runs in what is there; `data:` is not for top-level windows.
    fn local(&mut self, number: usize, url: &str) -> PopupDocument {
        let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if scheme == "data" {
            // The window stays where it is.
            self.answer.because.push(Reason::new("loads", Rule::NoTopLevelData).at(number, 0));
            return PopupDocument { opener: self.relation(), loads: false, isolated: false };
        }
        // The first about:blank is the initial one: nothing is navigated.
        let stays =
            scheme == "about" && self.window.showing != Showing::Document || scheme == "javascript";
        if scheme == "javascript" {
            self.window.showing = Showing::Document;
        }
        let mut switch = false;
        if !stays {
            let Window { shown, maker, showing, .. } = &mut *self.window;
            let same_origin = shown.origin.is_same_origin(&maker.origin);
            let keeps = scheme == "about" && self.profile.blank_keeps_link;
            switch = !keeps && needs_switch(shown.policy, maker.policy, same_origin, *showing).0;
            *showing = Showing::Document;
            *shown = maker.clone();
        }
        if !self.window.never {
            let reason = Reason::new("opener", Rule::PolicyOfMaker).at(number, 0);
            let keeps = self.profile.blank_keeps_link && !stays && scheme == "about";
            self.answer.because.push(reason.by(keeps.then_some(Behaviour::BlankKeepsLink)));
        }
        self.window.severed |= switch;
        let isolated = self.window.shown.policy == OpenerPolicy::SameOriginPlusCoep;
        PopupDocument { opener: self.relation(), loads: true, isolated }
    }

    /// The window as it is.
    fn stay(&self) -> PopupDocument {
        match self.answer.popup.last() {
            Some(document) => *document,
            None => PopupDocument { opener: self.relation(), loads: false, isolated: false },
        }
    }

    fn relation(&self) -> Relation {
        match (self.window.never, self.window.severed) {
            (true, _) => Relation::Never,
            (false, true) => Relation::Severed,
            (false, false) => Relation::Connected,
        }
    }
}
