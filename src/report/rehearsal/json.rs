//! The machine-readable result of a rehearsal.
//!
//! ```text
//! version     of this document: 1
//! coopwright  version of the program
//! rollout     the file with the headers; environment: of the settings file, or null
//! browsers    [{ name, engine, version }]
//! breaks      whether something breaks (exit code 1)
//! rules       [{ place, says, headers, matched, changed }], in the order of the rollout: for how
//!             many responses they were, and how many were different then
//! flows       [{ name, title, place, browsers: [{ browser, outcome, before, after, touched,
//!             untested, fault, changes }] }]
//!   outcome   same, differs, works, breaks, not-applicable, untested
//!   before, after  verdicts of the two runs, as in the result of `run`
//!   fault     null, or { says, decided, because, report-only }: why it can be tested no more
//!   changes   [{ fact, before, after, effect, says, expected, decided: { by: [{ page, status, header,
//!             before, after, rules }], sure }, because, report-only: { told, why } }]
//! mix         null, or { percent, seed, rounds, flows: [{ name, browsers: [{ browser, whole, broke,
//!             worked, tested, patterns: [{ responses: [[page, new]], broke, held }] }] }] }
//! before, after  { units: [...] }: what each browser showed, as in the result of `run`
//! reports     null, or { unreadable, groups: [{ type, what, page, policy, trial, about, flows, count,
//!             fix, noise }] }
//! not-run     flows, once for each browser, that a stopped run has left
//! ```
//!
//! Numbers of rules count from 0.

use serde_json::{Value, json};

use super::RehearsalReport;
use crate::event::UnitReport;
use crate::rehearsal::mix::Mix;
use crate::rehearsal::{Column, Flow, RuleUse};
use crate::report;

/// The version of the document. It changes when a field changes its meaning or goes.
const VERSION: u32 = 1;

impl RehearsalReport {
    /// The document, as the module says, of these two runs.
    #[must_use]
    pub fn json(&self, before: &[UnitReport], after: &[UnitReport]) -> Value {
        let units = |reports: &[UnitReport]| json!({ "units": reports.iter().map(report::unit).collect::<Vec<_>>() });
        let browsers = self.rehearsal.browsers.iter().map(|info| {
            json!({
                "name": info.browser,
                "engine": info.browser.engine(),
                "version": info.version,
            })
        });
        json!({
            "version": VERSION,
            "coopwright": env!("CARGO_PKG_VERSION"),
            "rollout": self.rollout,
            "environment": self.environment,
            "browsers": browsers.collect::<Vec<_>>(),
            "breaks": self.breaks(),
            "rules": self.rehearsal.rules.iter().map(rule).collect::<Vec<_>>(),
            "flows": self.rehearsal.flows.iter().map(flow).collect::<Vec<_>>(),
            "mix": self.mix.as_ref().map(mix),
            "reports": self.reports.as_ref().map(|reports| json!({
                "unreadable": reports.unreadable,
                "groups": reports.groups,
            })),
            "not-run": self.left,
            "before": units(before),
            "after": units(after),
        })
    }
}

fn rule(used: &RuleUse) -> Value {
    json!({
        "place": used.rule.place,
        "says": used.rule.says,
        "headers": used.rule.headers,
        "matched": used.matched,
        "changed": used.changed,
    })
}

fn flow(flow: &Flow) -> Value {
    json!({
        "name": flow.name,
        "title": flow.title,
        "place": flow.place,
        "browsers": flow.columns.iter().map(column).collect::<Vec<_>>(),
    })
}

fn column(column: &Column) -> Value {
    json!({
        "browser": column.browser.browser,
        "outcome": column.outcome,
        "before": column.before,
        "after": column.after,
        "touched": column.touched,
        "untested": column.untested,
        "fault": column.fault,
        "changes": column.changes,
    })
}

fn mix(mix: &Mix) -> Value {
    let flows = mix.flows.iter().map(|flow| {
        let columns = flow.columns.iter().map(|column| {
            json!({
                "browser": column.browser.browser,
                "whole": column.whole,
                "broke": column.broke,
                "worked": column.worked,
                "tested": column.tested,
                "patterns": column.patterns,
            })
        });
        json!({ "name": flow.name, "browsers": columns.collect::<Vec<_>>() })
    });
    json!({
        "percent": mix.percent,
        "seed": mix.seed,
        "rounds": mix.rounds,
        "flows": flows.collect::<Vec<_>>(),
    })
}
