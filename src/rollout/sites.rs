//! Rules and the sites of an environment: names that it has not, and `{site}` in values.

use std::sync::Arc;

use super::{Edit, Rollout, Whose};
use crate::yaml::{At, Fault, Faults, Tree, nearest};

/// The file that rules were read from.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) tree: Arc<Tree>,
}

impl Source {
    fn rule(&self, index: usize) -> At<'_> {
        self.tree.root().get("rules").item(index)
    }

    /// The line (from 1) at which a rule stands.
    pub(super) fn line(&self, rule: usize) -> usize {
        line(self.rule(rule))
    }
}

impl Rollout {
    /// The line of the file (from 1) at which an edit stands, or its rule; 0 if there is no file.
    #[must_use]
    pub fn line(&self, rule: usize, edit: &Edit) -> usize {
        let Some(source) = &self.source else { return 0 };
        line(source.rule(rule).get(key(edit)).get(edit.name()))
    }

    /// The same rules for an environment that has these sites, as (name, origin): `{app}` in a value
    /// has given way to the origin of site `app`.
    ///
    /// # Errors
    /// Every site in the rules that the environment has not.
    pub fn for_sites(&self, sites: &[(String, String)]) -> Result<Self, Faults> {
        let Some(source) = &self.source else { return Ok(self.clone()) };
        let faults = self.unknown_sites(sites, source);
        if !faults.is_empty() {
            return Err(Faults::new(&source.path, &source.tree.text, faults));
        }
        Ok(self.filled(sites))
    }

    /// The same rules with `{app}` in a value as the origin of site `app`, where it is one of these. Other
    /// names stay as they are.
    #[must_use]
    pub fn filled(&self, sites: &[(String, String)]) -> Self {
        let mut rollout = self.clone();
        for edit in rollout.rules.iter_mut().flat_map(|rule| &mut rule.edits) {
            match edit {
                Edit::Set { values, .. } => values.iter_mut().for_each(|value| fill(value, sites)),
                Edit::Add { value, .. } => fill(value, sites),
                Edit::Remove { .. } => {}
            }
        }
        rollout
    }

    fn unknown_sites(&self, sites: &[(String, String)], source: &Source) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut look_at = |name: &str, at: At<'_>, message: String| {
            if let Some(node) = at.value.filter(|_| !sites.iter().any(|(site, _)| site == name)) {
                let hint = nearest(name, sites.iter().map(|(site, _)| site.as_str()));
                faults.push(Fault::new(&node.place, message).with_hint(hint));
            }
        };
        for (index, rule) in self.rules.iter().enumerate() {
            let at = source.rule(index);
            if let Whose::Sites(names) = &rule.whose {
                let at = at.get("site");
                for (index, name) in names.iter().enumerate() {
                    let at = at.find(&index.to_string()).unwrap_or(at);
                    look_at(name, at, format!("the environment has no site `{name}`"));
                }
            }
            for edit in &rule.edits {
                let at = at.get(key(edit)).get(edit.name());
                for name in edit.values().iter().flat_map(|value| placeholders(value)) {
                    let message = format!("`{{{name}}}` is no site of the environment");
                    look_at(name, at, message);
                }
            }
        }
        faults
    }
}

/// Where a rule names what it does.
fn key(edit: &Edit) -> &'static str {
    match edit {
        Edit::Set { .. } => "set",
        Edit::Add { .. } => "add",
        Edit::Remove { .. } => "remove",
    }
}

fn line(at: At<'_>) -> usize {
    at.key.or(at.value).map_or(1, |node| node.place.line)
}

/// The names in braces. Braces around anything else (JSON in a header) are only text.
fn placeholders(value: &str) -> impl Iterator<Item = &str> {
    let names = value.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    names.map(|(name, _)| name).filter(|name| fixtures_server::page::is_site_name(name))
}

fn fill(value: &mut String, sites: &[(String, String)]) {
    for (name, origin) in sites {
        *value = value.replace(&format!("{{{name}}}"), origin);
    }
}
