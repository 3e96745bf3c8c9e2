//! The rules of a rollout, each as a line of a report.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use crate::observation::Hop;
use crate::policy::changed_headers;
use crate::rollout::{Edit, Rollout, Rule, Status, Whose};

/// A rule of a rollout, as reports show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RuleLine {
    /// Where it stands: `rollout.yaml:4`.
    pub place: String,
    /// What it does, in one line.
    pub says: String,
    /// The headers that it touches, in lower case.
    pub headers: Vec<String>,
}

/// A rule, and how much it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RuleUse {
    /// The rule.
    pub rule: RuleLine,
    /// How many responses it was for, in all flows and browsers.
    pub matched: usize,
    /// How many of them it changed: the others were so already.
    pub changed: usize,
}

impl RuleUse {
    pub(super) fn new(rule: &RuleLine) -> Self {
        Self { rule: rule.clone(), matched: 0, changed: 0 }
    }

    /// Counts a response that the rule was for.
    pub(super) fn count(&mut self, hop: &Hop) {
        self.matched += 1;
        let changed = changed_headers(hop.before.as_deref().unwrap_or_default(), &hop.headers);
        let mine = |name: &String| self.rule.headers.is_empty() || self.rule.headers.contains(name);
        self.changed += usize::from(hop.before.is_some() && changed.iter().any(mine));
    }
}

/// The rules of a rollout that stands in `file`, in their order.
#[must_use]
pub fn rule_lines(file: &str, rollout: &Rollout) -> Vec<RuleLine> {
    let line = |rule: &Rule| RuleLine {
        place: format!("{file}:{}", rule.line),
        says: format!("{}: {}", responses(rule), edits(&rule.edits)),
        headers: rule.edits.iter().map(|edit| edit.name().to_ascii_lowercase()).collect(),
    };
    rollout.rules.iter().map(line).collect()
}

/// Which responses a rule is for.
fn responses(rule: &Rule) -> String {
    let mut parts = vec![match &rule.whose {
        Whose::AllSites => "every site".to_owned(),
        Whose::Sites(names) => names.join(", "),
        Whose::Hosts(hosts) => {
            hosts.iter().map(|host| host.as_str()).collect::<Vec<_>>().join(", ")
        }
    }];
    let paths: Vec<&str> = rule.paths.iter().map(|path| path.as_str()).collect();
    let statuses = rule.statuses.iter().map(|status| match status {
        Status::Code(code) => code.to_string(),
        Status::Class(digit) => format!("{digit}xx"),
    });
    let statuses: Vec<String> = statuses.collect();
    let kinds: Vec<&str> = rule.kinds.iter().map(|kind| kind.name()).collect();
    for part in [paths.join(", "), statuses.join(", "), kinds.join(", ")] {
        if !part.is_empty() {
            parts.push(part);
        }
    }
    parts.join(" ")
}

/// The value of a cookie, in a header that sets one.
static COOKIE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^([^=;]*=)[^;]*").expect("a constant"));

fn edits(edits: &[Edit]) -> String {
    if edits.is_empty() {
        return "nothing that could be tried".to_owned();
    }
    let told = edits.iter().map(|edit| {
        let name = edit.name();
        let values = edit.values().iter().map(|value| match name {
            _ if name.eq_ignore_ascii_case("set-cookie") => COOKIE.replace(value, "${1}****"),
            _ => value.into(),
        });
        let values = values.collect::<Vec<_>>().join(" | ");
        match edit {
            Edit::Set { .. } => format!("{name}: {values}"),
            Edit::Add { .. } => format!("one more {name}: {values}"),
            Edit::Remove { .. } => format!("no {name}"),
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::parse;

    #[test]
    fn a_rule_is_told_in_one_line() {
        let rollout = parse(
            "rollout.yaml",
            "version: 1
rules:
  - set: { Cross-Origin-Opener-Policy: same-origin }
  - site: [app, auth]
    path: [/login, '/edit/**']
    status: [200, 3xx]
    kind: document
    add: { X: '1' }
    remove: Y
  - host: '*.cdn.example'
    set: { A: [one, two], Set-Cookie: 'session=abc; Path=/' }
",
        )
        .unwrap();
        let told: Vec<String> = rule_lines("rollout.yaml", &rollout)
            .into_iter()
            .map(|line| format!("{} {} [{}]", line.place, line.says, line.headers.join(" ")))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @"
        rollout.yaml:3 every site: Cross-Origin-Opener-Policy: same-origin [cross-origin-opener-policy]
        rollout.yaml:4 app, auth /login, /edit/** 200, 3xx document: no Y; one more X: 1 [y x]
        rollout.yaml:10 *.cdn.example: A: one | two; Set-Cookie: session=****; Path=/ [a set-cookie]
        ");
    }
}
