//! What a trial as report-only would not have told of a break.
//!
//! The model answers for the responses as they would be sent in a trial; what Chromium really delivers
//! was measured in Chromium 156 and stands beside each rule.

use serde::Serialize;

use super::decide::{Decided, altered, changed_hops, concerns, is_popup, while_it_stayed};
use crate::event::UnitReport;
use crate::fact::{Fact, FactKind};
use crate::observation::{Hop, Observation, WindowSeen, without_query};
use crate::policy::{Lines, OpenerPolicy, Sandbox, as_report_only, report_only_name};
use crate::predict::{Link, World, link_of};
use crate::scenario::{Step, Unit};
use crate::spec::{Disposition, Engine, Profile};

/// Whether a trial as report-only would have told of a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "told", content = "why")]
pub enum ReportOnly {
    /// A page would have reported it.
    Yes,
    /// Not a page, but a response on the way: that a link would be cut, not what that breaks.
    Barely(Blindness),
    /// No report would have been sent.
    No(Blindness),
    /// That cannot be told: the responses behind it are not known.
    Unknown,
}

/// Why report-only does not see a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blindness {
    /// The popup was opened by a frame of another origin than the page around it.
    FromFrame,
    /// The popup was opened from a sandbox.
    SandboxedFrame,
    /// A redirect cuts the link, and no page of it is left to report.
    RedirectHop,
    /// The header has no form that only reports.
    NoSuchForm,
    /// The header has such a form, of which browsers send no reports.
    FormIsSilent,
    /// The two sides match as far as report-only compares them.
    SidesMatch,
    /// The engine sends no reports of these policies.
    Engine,
}

impl Blindness {
    /// Why, in a sentence without a full stop.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::FromFrame => {
                "a frame of another origin opens the popup, and report-only does not force \
                 `noopener` upon it: nobody reports an access that is lost"
            }
            Self::SandboxedFrame => {
                "a sandboxed frame opens the popup: its page fails only where the policy is enforced"
            }
            Self::RedirectHop => {
                "a redirect cuts the link, and no page of it is left to report an access that is \
                 lost; at most it reports `navigation-to-response`, to an endpoint that the redirect \
                 itself names"
            }
            Self::NoSuchForm => "there is no report-only form of what was changed",
            Self::FormIsSilent => {
                "`Document-Isolation-Policy-Report-Only` is known, but no report was ever seen of it"
            }
            Self::SidesMatch => {
                "as far as report-only compares them, the two pages have matching policies"
            }
            Self::Engine => "no reports of these policies are sent here",
        }
    }
}

/// Whether an engine reports at all. Firefox and WebKit do not (MDN; bugzilla.mozilla.org 1652926).
fn engine_reports(engine: &str) -> bool {
    engine == Engine::Chromium.name()
}

/// Whether a trial would have told of the break of `fact`, or of whatever broke. In a trial the site is as
/// `before`; what the rollout would send is known from `after`.
pub(super) fn report_only(
    before: &UnitReport,
    after: &UnitReport,
    fact: Option<&Fact>,
    decided: &Decided,
) -> ReportOnly {
    if !engine_reports(after.browser.browser.engine()) {
        return ReportOnly::No(Blindness::Engine);
    }
    let (Some(was), Some(is)) = (&before.observation, &after.observation) else {
        return ReportOnly::Unknown;
    };
    let by_a_link = fact.is_none_or(|fact| {
        matches!(
            fact.kind,
            FactKind::Opener
                | FactKind::Handle
                | FactKind::Journey
                | FactKind::WindowName
                | FactKind::SessionStorage
                | FactKind::SelfClose
                | FactKind::Open
                | FactKind::Login
                | FactKind::Messages
        )
    });
    let popups = was.windows.iter().filter(|window| by_a_link && is_popup(window));
    let mut popups =
        popups.filter(|window| fact.is_none_or(|fact| concerns(window, &fact.subject)));
    let lost = |window: &&WindowSeen| {
        let text = |kind| is.facts.text(&window.name, kind);
        text(FactKind::Opener) != Some("connected") || text(FactKind::Handle) != Some("live")
    };
    match popups.find(lost) {
        Some(popup) => of_link(&after.unit, was, is, popup),
        None => of_headers(decided),
    }
}

/// What is not about a link: the headers that decided can be tried out, or cannot.
fn of_headers(decided: &Decided) -> ReportOnly {
    if decided.by.is_empty() || !decided.sure {
        return ReportOnly::Unknown;
    }
    // One that cannot be tried is enough: without it the break would not have shown.
    let blind = decided.by.iter().find_map(|decider| {
        match report_only_name(&decider.header).filter(|_| !decider.after.is_empty()) {
            None => Some(Blindness::NoSuchForm),
            Some(name) if name.starts_with("Document-Isolation") => Some(Blindness::FormIsSilent),
            Some(_) => None,
        }
    });
    blind.map_or(ReportOnly::Yes, ReportOnly::No)
}

/// Whether the cut of a link would have been reported.
fn of_link(unit: &Unit, was: &Observation, is: &Observation, popup: &WindowSeen) -> ReportOnly {
    let world = World::new(unit);
    let changed = changed_hops(is);
    let rolled_out = |hop: &Hop| {
        let same = |other: &&&Hop| {
            without_query(&other.page) == without_query(&hop.page) && other.status == hop.status
        };
        changed
            .iter()
            .find(same)
            .map(|changed| Hop { page: hop.page.clone(), ..(**changed).clone() })
    };
    let trial = altered(was, &|hop| rolled_out(hop).map_or_else(|| hop.clone(), |hop| tried(&hop)));
    let trial = while_it_stayed(&trial, &popup.name);
    let Some(popup) = trial.windows.iter().find(|window| window.name == popup.name) else {
        return ReportOnly::Unknown;
    };
    let frame = frame_of(unit, popup);
    let foreign = popup.opened_by.as_ref().is_some_and(|(opener, top)| {
        opener.hops.last().map(Hop::site) != top.hops.last().map(Hop::site)
    });
    let sandbox = frame.and_then(|sandbox| sandbox.map(Sandbox::parse));
    // Measured: a popup that inherits a sandbox without its origin reports nothing at all.
    if sandbox.is_some_and(|sandbox| sandbox.for_popup().origin) {
        return ReportOnly::No(Blindness::SandboxedFrame);
    }
    let foreign = frame.is_some() && (foreign || sandbox.is_some_and(|sandbox| sandbox.origin));
    let profile = Profile::newest(Engine::Chromium);
    let Some(link) = link_of(unit, &trial, &world, popup, &profile) else {
        return ReportOnly::Unknown;
    };
    // Measured: the way from and to a page is reported, and accesses over it, by whichever of the two
    // has an endpoint. Of a frame's popup there is the way alone.
    match receivers(&link, foreign) {
        Receivers::Page if !foreign => ReportOnly::Yes,
        Receivers::Page => ReportOnly::Barely(Blindness::FromFrame),
        Receivers::Redirect => ReportOnly::Barely(Blindness::RedirectHop),
        Receivers::Nobody if foreign => ReportOnly::No(Blindness::FromFrame),
        Receivers::Nobody if changed.iter().any(|hop| is_untriable(hop)) => {
            ReportOnly::No(Blindness::NoSuchForm)
        }
        Receivers::Nobody => ReportOnly::No(Blindness::SidesMatch),
    }
}

/// The `sandbox` attribute of the frame that opened a popup, if one did.
#[expect(clippy::option_option, reason = "a frame may have no `sandbox`")]
fn frame_of<'a>(unit: &'a Unit, popup: &WindowSeen) -> Option<Option<&'a str>> {
    let from = popup.opened_from.as_deref()?;
    unit.steps.iter().find_map(|step| match step {
        Step::Frame(frame) if frame.r#as == from => Some(frame.sandbox.as_deref()),
        Step::Wait(wait) if wait.frame.as_deref() == Some(from) => Some(None),
        _ => None,
    })
}

/// A response as it would be sent in a trial.
fn tried(hop: &Hop) -> Hop {
    let Some(before) = &hop.before else { return hop.clone() };
    let headers = as_report_only(before, &hop.headers, "https://collector.example/");
    Hop { headers, ..hop.clone() }
}

/// Who has an endpoint to which reports go.
enum Receivers {
    Nobody,
    /// No page, but a redirect on the way.
    Redirect,
    /// A page that stays and sees what it cannot reach.
    Page,
}

/// The best receiver of what a trial reports of a popup's way: once its window would have left the opener's
/// group, both pages report what they try to reach in the other.
fn receivers(link: &Link<'_>, foreign: bool) -> Receivers {
    let trials = link.answer.reports.iter().filter(|r| r.disposition == Disposition::Reporting);
    let leaves = trials.map(|report| report.navigation).min();
    // The standard has no report-only `noopener-allow-popups`; Chromium does, and reports it (measured).
    let is_noopener = |hop: &Hop| {
        let tried = Lines::new(&hop.headers).token(OpenerPolicy::REPORT_ONLY);
        tried.is_some_and(|token| token.text == "noopener-allow-popups")
    };
    let noopener = link.documents.iter().position(|shown| shown.hops.iter().any(is_noopener));
    let Some(leaves) = leaves.into_iter().chain(noopener).min() else { return Receivers::Nobody };
    let names_endpoint = |hop: &Hop| OpenerPolicy::names_endpoint(Lines::new(&hop.headers), true);
    // A frame's popup does not start with the top page's policy.
    let top = link.top.hops.last().filter(|_| !foreign);
    let pages = link.documents[leaves..].iter().filter_map(|document| document.hops.last());
    if top.into_iter().chain(pages).any(names_endpoint) {
        Receivers::Page
    } else {
        Receivers::Redirect
    }
}

/// Whether a response's opener policy changes in a way that has no form that only reports: one that is
/// taken away cannot be tried, nor one that is no policy.
fn is_untriable(hop: &Hop) -> bool {
    let coop = |lines: &[(String, String)]| OpenerPolicy::of(Lines::new(lines), true);
    let before = hop.before.as_deref().map(coop);
    before.is_some_and(|before| before != coop(&hop.headers))
        && Lines::new(&tried(hop).headers).token(OpenerPolicy::REPORT_ONLY).is_none()
}
