//! Checks of what a rollout means, once it can be read.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::FORMAT_VERSION;
use super::file::{RolloutFile, RuleFile};
use crate::yaml::{At, Fault, Node, Several, Tree};

/// Headers that belong to the connection or to how the body is sent: with others the message could not
/// be read (RFC 9110, sections 7.6.1 and 8.4; RFC 9112, section 6).
const FRAMING: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Adds the faults of `file`, which was read from `tree`.
pub(super) fn check(file: &RolloutFile, tree: &Tree, faults: &mut Vec<Fault>) {
    let mut check = Check { faults };
    let root = tree.root();
    if file.version != FORMAT_VERSION {
        let hint = format!("this program reads version {FORMAT_VERSION}");
        let message = format!("version {} cannot be read", file.version);
        check.fault(root.get("version").value, message, hint);
    }
    let rules = root.get("rules");
    if file.rules.is_empty() && rules.is_intact() {
        check.fault(rules.key, "a rollout needs at least one rule", None);
    }
    for (index, rule) in file.rules.iter().enumerate() {
        check.rule(rule, rules.item(index));
    }
}

struct Check<'a> {
    faults: &'a mut Vec<Fault>,
}

impl Check<'_> {
    fn rule(&mut self, rule: &RuleFile, at: At<'_>) {
        if rule.site.is_some() && rule.host.is_some() {
            let hint = "two rules do, one with each".to_owned();
            self.fault(at.get("host").key, "a rule is for sites or for hosts", hint);
        }
        self.not_empty("site", rule.site.as_ref(), at);
        self.not_empty("host", rule.host.as_ref(), at);
        self.not_empty("path", rule.path.as_ref(), at);
        self.not_empty("status", rule.status.as_ref(), at);
        self.not_empty("kind", rule.kind.as_ref(), at);
        self.not_empty("remove", rule.remove.as_ref(), at);
        let changes_nothing = rule.set.is_empty() && rule.add.is_empty() && rule.remove.is_none();
        if changes_nothing && at.is_intact() {
            let hint = "give one of: set, add, remove".to_owned();
            self.fault(at.value, "this rule changes nothing", hint);
        }
        let mut named = HashMap::new();
        self.lines(&rule.set, at.get("set"), &mut named);
        self.lines(&rule.add, at.get("add"), &mut named);
        for (index, name) in rule.remove.iter().flat_map(|names| &names.0).enumerate() {
            let at = at.get("remove");
            let at = at.find(&index.to_string()).unwrap_or(at).value;
            self.name(name, at, &mut named);
        }
    }

    /// A list of nothing would match nothing; without it a rule matches everything.
    fn not_empty<T>(&mut self, key: &str, list: Option<&Several<T>>, at: At<'_>) {
        let at = at.get(key);
        if list.is_some_and(|list| list.0.is_empty()) && at.is_intact() {
            let hint = format!("leave `{key}` out");
            self.fault(at.value, "the list is empty", hint);
        }
    }

    fn lines(
        &mut self,
        lines: &IndexMap<String, Several<String>>,
        at: At<'_>,
        named: &mut HashMap<String, usize>,
    ) {
        for (name, values) in lines {
            let at = at.get(name);
            self.name(name, at.key, named);
            if values.0.is_empty() && at.is_intact() {
                let hint = "`remove` takes a header away".to_owned();
                self.fault(at.value, format!("`{name}` has no value"), hint);
            }
            for (index, value) in values.0.iter().enumerate() {
                let at = at.find(&index.to_string()).unwrap_or(at).value;
                if value.contains('\n') {
                    let hint = "several lines are written as a list of values".to_owned();
                    self.fault(at, format!("the value of `{name}` is more than one line"), hint);
                } else if value.chars().any(|c| c.is_control() && c != '\t') {
                    let message = format!(
                        "the value of `{name}` has a control character; HTTP cannot carry it"
                    );
                    self.fault(at, message, None);
                }
            }
        }
    }

    /// A header that a rule changes; each once.
    fn name(&mut self, name: &str, at: Option<&Node>, named: &mut HashMap<String, usize>) {
        let lower = name.to_ascii_lowercase();
        let Some(node) = at.filter(|node| !node.is_hole()) else { return };
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            let hint = "letters, digits and hyphens, no spaces".to_owned();
            self.fault(at, format!("`{name}` is not a header name"), hint);
        } else if FRAMING.contains(&lower.as_str()) {
            let message = format!("`{name}` says how the message is sent, so it cannot be changed");
            self.fault(at, message, None);
        } else if let Some(line) = named.get(&lower) {
            let hint = format!("first in line {line}; several lines are a list of values");
            self.fault(at, format!("this rule names `{name}` twice"), hint);
        }
        named.entry(lower).or_insert(node.place.line);
    }

    fn fault(
        &mut self,
        at: Option<&Node>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.faults.extend(Fault::at(at, message, hint));
    }
}

/// A token byte of RFC 9110, section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
