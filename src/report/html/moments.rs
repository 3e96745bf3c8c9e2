//! What a unit's report has as evidence, as the page shows it: moments, pictures, attempts.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::data::{AttemptView, AttemptsView, ChangedView, MomentView, PictureView, WindowView};
use crate::cause::Cause;
use crate::event::{Attempts, UnitReport};
use crate::observation::{Event, Observation, without_query};

/// The windows and frames, in order of appearance.
pub(super) fn windows(seen: &Observation) -> Vec<WindowView> {
    let view = |window: &crate::observation::WindowSeen| WindowView {
        name: window.name.clone(),
        from: window.opened_from.clone(),
        frame: window.frame,
    };
    seen.windows.iter().map(view).collect()
}

/// What happened, in the order of the observation; the response that decided is marked once.
pub(super) fn moments(seen: &Observation, cause: Option<&Cause>) -> Vec<MomentView> {
    let mut deciding = cause.and_then(|cause| cause.hop.as_ref());
    let view = |moment: &crate::observation::Moment| {
        let decides = match (&moment.event, deciding) {
            (Event::Answered { page, answer, .. }, Some(hop)) => {
                page == without_query(&hop.page) && *answer == hop.status.to_string()
            }
            _ => false,
        };
        if decides {
            deciding = None;
        }
        MomentView {
            at_ms: moment.at_ms,
            window: moment.window.clone(),
            event: moment.event.clone(),
            deciding: decides,
        }
    };
    seen.timeline.iter().map(view).collect()
}

/// The pictures that the scenario asked for, then those of the end.
pub(super) fn pictures(report: &UnitReport) -> Vec<PictureView> {
    let view = |at_end: bool| {
        move |(name, png): &(String, Vec<u8>)| PictureView {
            name: name.clone(),
            at_end,
            png: STANDARD.encode(png),
        }
    };
    let asked = report.screenshots.iter().map(view(false));
    asked.chain(report.last_looks.iter().map(view(true))).collect()
}

/// What came of it each time.
pub(super) fn attempts(attempts: &Attempts) -> AttemptsView {
    let each = attempts.each.iter().map(|attempt| AttemptView {
        verdict: attempt.verdict.name().to_owned(),
        wrong: attempt.wrong.clone(),
        duration_ms: millis(attempt.duration),
    });
    let changed = attempts.changed.iter().map(|changed| ChangedView {
        cell: changed.cell.clone(),
        fact: changed.fact.to_string(),
        values: changed.values.iter().map(|v| v.as_ref().map(ToString::to_string)).collect(),
    });
    AttemptsView { each: each.collect(), changed: changed.collect() }
}

/// A time as a number.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
