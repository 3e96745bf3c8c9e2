//! The reports that opener policies queue (HTML, section 7.1.3.1), as far as responses decide them.

use super::document::Read;
use super::switch::{Showing, needs_switch};
use crate::origin::Origin;
use crate::policy::OpenerPolicy;

/// Whether a report is about something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The link was cut.
    Enforce,
    /// It would be cut if the report-only policies were enforced.
    Reporting,
}

impl Disposition {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Reporting => "reporting",
        }
    }
}

/// A response that gives rise to reports: to its own endpoint and to the one before it, where they are
/// named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Which navigation of the popup, from 0.
    pub navigation: usize,
    /// Which response of it, from 0.
    pub hop: usize,
    /// What it is about.
    pub disposition: Disposition,
}

/// What a response is compared with.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) policy: OpenerPolicy,
    pub(super) report_only: OpenerPolicy,
    pub(super) origin: Origin,
    /// Whether an endpoint is named here.
    pub(super) reports: bool,
}

impl Record {
    pub(super) fn of(read: &Read) -> Self {
        Self {
            policy: read.coop,
            report_only: read.coop_report_only,
            origin: read.origin.clone(),
            reports: read.reports,
        }
    }

    /// Nothing but an origin.
    pub(super) fn without_policy(origin: Origin) -> Self {
        let policy = OpenerPolicy::UnsafeNone;
        Self { policy, report_only: policy, origin, reports: false }
    }

    /// Adds what a response makes browsers report. `linked` says whether the group still holds another
    /// window: alone, nothing is reported.
    pub(super) fn report(
        &self,
        response: &Read,
        showing: Showing,
        linked: bool,
        (navigation, hop): (usize, usize),
        reports: &mut Vec<Report>,
    ) {
        if !linked || !(self.reports || response.reports) {
            return;
        }
        let same_origin = self.origin.is_same_origin(&response.origin);
        let needs = |before, after| needs_switch(before, after, same_origin, showing).0;
        if needs(self.policy, response.coop) {
            reports.push(Report { navigation, hop, disposition: Disposition::Enforce });
        }
        // Equal report-only values are silent, and so is one that equals what the other side enforces.
        let would = needs(self.report_only, response.coop_report_only)
            && (needs(self.report_only, response.coop)
                || needs(self.policy, response.coop_report_only));
        if would {
            reports.push(Report { navigation, hop, disposition: Disposition::Reporting });
        }
    }
}
