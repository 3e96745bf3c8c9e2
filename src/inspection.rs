//! What is wrong with the headers that a scenario serves, before any browser has seen them. Brings
//! [`lint`] and scenarios together; pure.

use std::collections::BTreeSet;
use std::fmt;

use fixtures_server::page::{Page, PageUrl, Plan, RawHeaders, Serve};
use serde::Serialize;

use crate::lint::{self, Context, Lint};
use crate::scenario::{ResourceKind, Step, Unit};

/// A lint of a response that a unit serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The page.
    pub page: PageUrl,
    /// Whether it is about the answer to the page's preflight.
    pub preflight: bool,
    /// What was found. Its line is one of the page's header lines.
    pub lint: Lint,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { page, preflight, lint } = self;
        let answer = if *preflight { " (preflight)" } else { "" };
        write!(f, "{page}{answer}: {}: {} [{}]", lint.header, lint.text, lint.code.name)
    }
}

/// The findings in all responses of a unit's plan, in the order of the pages. Each site stands for an
/// origin of its own over https, `https://app.example` for `app`.
#[must_use]
pub fn of_unit(unit: &Unit) -> Vec<Finding> {
    let used = Used::by(&unit.steps);
    let mut findings = Vec::new();
    for (url, page) in &unit.plan.pages {
        let mut add = |preflight, lints: Vec<Lint>| {
            let lints = lints.into_iter();
            findings.extend(lints.map(|lint| Finding { page: url.clone(), preflight, lint }));
        };
        add(false, of_page(url, page, &unit.plan, &used));
        if let Some(preflight) = &page.preflight {
            let headers = lines(&preflight.headers, &unit.plan);
            let context =
                Context { preflight: true, is_document: Some(false), ..Context::default() };
            add(true, lint::response(&headers, &context));
        }
    }
    findings
}

fn of_page(url: &PageUrl, page: &Page, plan: &Plan, used: &Used<'_>) -> Vec<Lint> {
    let mut headers = page.headers.as_ref().map(|headers| lines(headers, plan)).unwrap_or_default();
    let content_type = page.serve.as_ref().unwrap_or(&Serve::Blank).media_type();
    let shown = used.tops.contains(without_query(url)) || used.frames.contains(without_query(url));
    let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
    if let Some(content_type) = content_type.filter(|_| !typed) {
        headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    let redirects = matches!(page.serve, Some(Serve::Redirect(_)));
    let context = Context {
        secure: Some(true),
        status: page.status.or(redirects.then_some(302)),
        is_document: (page.is_document() || shown).then_some(true).filter(|_| !redirects),
        framed: shown.then(|| !used.tops.contains(without_query(url))),
        preflight: false,
        html: match &page.serve {
            Some(Serve::Html(html)) => Some(html),
            _ => None,
        },
    };
    lint::response(&headers, &context)
}

/// The lines of a header text as the server sends them; a text that it would refuse has none.
fn lines(headers: &RawHeaders, plan: &Plan) -> Vec<(String, String)> {
    let filled = |value: &str| {
        plan.sites.keys().fold(value.to_owned(), |value, site| {
            value.replace(&format!("{{{site}}}"), &format!("https://{site}.example"))
        })
    };
    let lines = headers.lines().unwrap_or_default();
    lines.into_iter().map(|(name, value)| (name.to_owned(), filled(value))).collect()
}

/// The pages that steps show, without their queries.
#[derive(Default)]
struct Used<'a> {
    tops: BTreeSet<&'a str>,
    frames: BTreeSet<&'a str>,
}

impl<'a> Used<'a> {
    fn by(steps: &'a [Step]) -> Self {
        let mut used = Self::default();
        let mut frames: BTreeSet<&str> = BTreeSet::new();
        for step in steps {
            match step {
                Step::Open(open) => used.top(&open.url),
                Step::Popup(popup) => used.top(&popup.url),
                Step::Login(login) => {
                    used.top(&login.at);
                    used.top(&login.callback);
                }
                Step::Submit(submit) => used.top(&submit.url),
                Step::Navigate(navigate) if frames.contains(navigate.r#in.as_str()) => {
                    used.frame(&navigate.url);
                }
                Step::Navigate(navigate) => used.top(&navigate.url),
                Step::Frame(frame) => {
                    frames.insert(&frame.r#as);
                    used.frame(&frame.url);
                }
                Step::Load(load) if load.kind == ResourceKind::Frame => used.frame(&load.url),
                _ => {}
            }
        }
        used
    }

    fn top(&mut self, url: &'a PageUrl) {
        self.tops.insert(without_query(url));
    }

    fn frame(&mut self, url: &'a PageUrl) {
        self.frames.insert(without_query(url));
    }
}

fn without_query(url: &PageUrl) -> &str {
    url.as_str().split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{Severity, codes};
    use crate::scenario::parse;

    const IGNORED: &str = include_str!("../scenarios/silently-ignored.yaml");

    fn units() -> Vec<Unit> {
        parse("scenarios/silently-ignored.yaml", IGNORED).unwrap().units()
    }

    #[test]
    fn each_code_has_an_example_that_raises_it() {
        let units = units();
        for code in codes() {
            let Some(example) = code.example else {
                assert_eq!(code.name, "insecure-context", "the server's sites are secure contexts");
                continue;
            };
            let unit = units.iter().find(|unit| unit.name() == example.to_string());
            let unit = unit.unwrap_or_else(|| panic!("{}: no {example}", code.name));
            let raised: Vec<_> = of_unit(unit).iter().map(|found| found.lint.code.name).collect();
            assert!(raised.contains(&code.name), "{} is not in {raised:?}", code.name);
        }
    }

    #[test]
    fn what_is_right_has_no_errors() {
        let units = units();
        let fixed = units.iter().find(|unit| unit.variant == "fixed").unwrap();
        for found in of_unit(fixed) {
            assert_eq!(found.lint.code.severity, Severity::Note, "{found:?}");
        }
    }

    #[test]
    fn a_finding_names_page_and_line() {
        let units = units();
        let shown: Vec<String> = of_unit(&units[0])
            .iter()
            .map(|found| format!("{} {:?}: {}", found.page, found.lint.line, found.lint.code.name))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        app:/editor None: header-twice
        app:/editor Some(2): several-values
        cdn:/invoice.png None: header-twice
        other:/ Some(0): malformed-value
        ");
    }
}
