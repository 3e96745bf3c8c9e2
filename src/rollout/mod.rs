//! The rollout file: header changes that are not deployed yet, by rule. Pure.
//!
//! A [`Rule`] says which responses it is for (site or host, path, status, kind) and what it does to
//! their header lines ([`Edit`]). [`parse`] reads the file, [`Rollout::edits`] gives what happens to one
//! response; whoever has the response carries it out. `file` is what people write, `check` looks at what
//! is meant, `sites` binds the rules to an environment, `report_only` turns them into what browsers only
//! report, `lints` says what they would ignore.

mod check;
mod edit;
mod file;
mod kind;
mod lints;
mod pattern;
mod report_only;
mod schema;
mod sites;

use std::sync::Arc;

use crate::yaml::{self, Faults};

pub use edit::Edit;
use file::RolloutFile;
pub use file::Status;
pub use kind::Kind;
pub use lints::RuleLint;
pub use pattern::{Pattern, PatternError};
pub use report_only::ReportOnly;
pub use schema::schema;
use sites::Source;

/// The version of the format that this program reads.
pub const FORMAT_VERSION: u32 = 1;

/// Header changes, in order: a rule acts on what those before it left. The default has no rules.
#[derive(Debug, Clone, Default)]
pub struct Rollout {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The file that they were read from.
    source: Option<Source>,
}

/// What happens to which responses.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The line of the file (from 1) at which it stands.
    pub line: usize,
    /// Whose responses.
    pub whose: Whose,
    /// Paths; empty stands for every one.
    pub paths: Vec<Pattern>,
    /// Statuses; empty stands for every one.
    pub statuses: Vec<Status>,
    /// What the browser wants them for; empty stands for everything.
    pub kinds: Vec<Kind>,
    /// What is done to the header lines. No header is named twice.
    pub edits: Vec<Edit>,
}

/// Whose responses a rule is for.
#[derive(Debug, Clone)]
pub enum Whose {
    /// Those of every site of the environment.
    AllSites,
    /// Those of the sites with these names.
    Sites(Vec<String>),
    /// Those of every host whose name matches one of these, whether it is a site or not.
    Hosts(Vec<Pattern>),
}

/// What rules ask of a response.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The name of the site that its address belongs to, if it is one.
    pub site: Option<&'a str>,
    /// The host of its address, without port.
    pub host: &'a str,
    /// The path of its address, as sent: percent-encoded, without query.
    pub path: &'a str,
    /// Its status.
    pub status: u16,
    /// What the browser wants it for.
    pub kind: Kind,
}

/// Reads a rollout. `path` is used in messages only; nothing is read from disk.
///
/// # Errors
/// All faults of the file at once, each with line and column.
pub fn parse(path: &str, text: &str) -> Result<Rollout, Faults> {
    let mut source = None;
    let file: RolloutFile = yaml::read(path, text, |file, tree, faults| {
        check::check(file, tree, faults);
        source = Some(Source { path: path.to_owned(), tree: Arc::new(tree.clone()) });
    })?;
    let line = |index| source.as_ref().map_or(1, |source| source.line(index));
    let rules = file.rules.into_iter().enumerate().map(|(index, rule)| Rule {
        line: line(index),
        whose: match (rule.site, rule.host) {
            (Some(sites), _) => Whose::Sites(sites.0),
            (None, Some(hosts)) => Whose::Hosts(hosts.0.into_iter().map(|glob| glob.0).collect()),
            (None, None) => Whose::AllSites,
        },
        paths: rule.path.into_iter().flat_map(|paths| paths.0).map(|glob| glob.0).collect(),
        statuses: rule.status.map(|statuses| statuses.0).unwrap_or_default(),
        kinds: rule.kind.map(|kinds| kinds.0).unwrap_or_default(),
        edits: edit::edits(rule.set, rule.add, rule.remove.map(|names| names.0)),
    });
    Ok(Rollout { rules: rules.collect(), source })
}

impl Rollout {
    /// What happens to the header lines of a response, in order, each with the index of its rule.
    #[must_use]
    pub fn edits(&self, about: &About<'_>) -> Vec<(usize, Edit)> {
        let matching = self.rules.iter().enumerate().filter(|(_, rule)| rule.is_for(about));
        matching
            .flat_map(|(index, rule)| rule.edits.iter().map(move |edit| (index, edit.clone())))
            .collect()
    }

    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl Rule {
    /// Whether it is for this response.
    #[must_use]
    pub fn is_for(&self, about: &About<'_>) -> bool {
        let is_theirs = match &self.whose {
            Whose::AllSites => about.site.is_some(),
            Whose::Sites(names) => names.iter().any(|name| about.site == Some(name)),
            Whose::Hosts(hosts) => hosts.iter().any(|host| host.is_match(about.host)),
        };
        let any = |patterns: &[Pattern]| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.is_match(about.path))
        };
        is_theirs
            && any(&self.paths)
            && (self.statuses.is_empty()
                || self.statuses.iter().any(|status| status.covers(about.status)))
            && (self.kinds.is_empty() || self.kinds.contains(&about.kind))
    }
}
