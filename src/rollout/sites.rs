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
    /// The line at which a rule stands.
    pub(super) fn line(&self, rule: usize) -> usize {
        self.tree.root().get("rules").item(rule).value.map_or(1, |node| node.place.line)
    }
}

impl Rollout {
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
        let mut rollout = self.clone();
        for edit in rollout.rules.iter_mut().flat_map(|rule| &mut rule.edits) {
            match edit {
                Edit::Set { values, .. } => values.iter_mut().for_each(|value| fill(value, sites)),
                Edit::Add { value, .. } => fill(value, sites),
                Edit::Remove { .. } => {}
            }
        }
        Ok(rollout)
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
            let at = source.tree.root().get("rules").item(index);
            if let Whose::Sites(names) = &rule.whose {
                let at = at.get("site");
                for (index, name) in names.iter().enumerate() {
                    let at = at.find(&index.to_string()).unwrap_or(at);
                    look_at(name, at, format!("the environment has no site `{name}`"));
                }
            }
            for edit in &rule.edits {
                let key = if matches!(edit, Edit::Set { .. }) { "set" } else { "add" };
                let at = at.get(key).get(edit.name());
                for name in edit.values().iter().flat_map(|value| placeholders(value)) {
                    let message = format!("`{{{name}}}` is no site of the environment");
                    look_at(name, at, message);
                }
            }
        }
        faults
    }
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
