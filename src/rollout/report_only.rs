//! A rollout as report-only: what browsers would report, without doing it.

use super::{Edit, Rollout};
use crate::policy::report_only_name;

/// A rollout as report-only.
#[derive(Debug, Clone)]
pub struct ReportOnly {
    /// The rules, as many as before: those of which nothing is left have no edits.
    pub rollout: Rollout,
    /// What has no report-only form, each with the index of its rule.
    pub left_out: Vec<(usize, Edit)>,
}

impl Rollout {
    /// The same rules with opener, embedder and document isolation policies as report-only, reporting to
    /// the endpoint `group` at `endpoint`: an address, or a path on each site. All other edits are
    /// left out.
    ///
    /// A header that one rule puts and a later one takes away is taken away as report-only, too; that a
    /// header of the site itself were gone cannot be reported.
    #[must_use]
    pub fn report_only(&self, endpoint: &str, group: &str) -> ReportOnly {
        let mut rollout = self.clone();
        let mut left_out = Vec::new();
        let mut put: Vec<&str> = Vec::new();
        for (index, rule) in rollout.rules.iter_mut().enumerate() {
            let mut edits = Vec::new();
            for edit in std::mem::take(&mut rule.edits) {
                let form = report_only_name(edit.name());
                match (form, &edit) {
                    (Some(name), Edit::Set { values, .. }) => {
                        put.push(name);
                        let values = values.iter().map(|value| reporting(value, group)).collect();
                        edits.push(Edit::Set { name: name.to_owned(), values });
                    }
                    (Some(name), Edit::Add { value, .. }) => {
                        put.push(name);
                        let value = reporting(value, group);
                        edits.push(Edit::Add { name: name.to_owned(), value });
                    }
                    (Some(name), Edit::Remove { .. }) if put.contains(&name) => {
                        edits.push(Edit::Remove { name: name.to_owned() });
                    }
                    _ => left_out.push((index, edit)),
                }
            }
            if edits.iter().any(|edit| !edit.values().is_empty()) {
                // One more line: the endpoints of the site itself stay.
                let value = format!("{group}=\"{endpoint}\"");
                edits.push(Edit::Add { name: "Reporting-Endpoints".to_owned(), value });
            }
            rule.edits = edits;
        }
        ReportOnly { rollout, left_out }
    }
}

/// A value that reports to `group`, and nowhere else.
fn reporting(value: &str, group: &str) -> String {
    let mut parts = value.split(';').map(str::trim);
    let policy = parts.next().unwrap_or_default().to_owned();
    let others = parts.filter(|part| part.split('=').next() != Some("report-to"));
    let mut reporting = others.fold(policy, |value, part| format!("{value}; {part}"));
    reporting.push_str(&format!("; report-to=\"{group}\""));
    reporting
}
