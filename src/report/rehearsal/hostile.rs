//! Texts that pages and headers may send to whoever reads a report do nothing there.

use serde_json::json;

use super::RehearsalReport;
use super::tests::{BROWSERS, LOGIN, told};
use crate::fact::FactKind;
use crate::observation::Names;
use crate::rehearsal::reports::{Delivery, grouped};
use crate::rehearsal::stage::Stage;
use crate::rehearsal::{Decided, Fault, ReportOnly};

const HOSTILE: &str =
    "`</code></details><img src=x onerror=alert(1)>|[x](javascript:1) @octocat #1 ![i](//e)";

fn hostile() -> RehearsalReport {
    let stage = Stage::new("scenarios/login.yaml", LOGIN)
        .browsers(&BROWSERS)
        .sets("app:/login", "Cross-Origin-Opener-Policy: same-origin")
        .shows(
            "default",
            "main",
            FactKind::Messages,
            vec![format!("{HOSTILE} from auth: accepted")],
            vec![],
        )
        .shows("default", "x", FactKind::Value, "\u{1b}[31mred\u{202e}", HOSTILE);
    let mut report = told(&stage);
    report.rollout = HOSTILE.to_owned();
    for rule in &mut report.rehearsal.rules {
        rule.rule.says = HOSTILE.to_owned();
    }
    for flow in &mut report.rehearsal.flows {
        flow.title = HOSTILE.to_owned();
        for column in &mut flow.columns {
            column.fault = Some(Fault {
                says: format!("{HOSTILE}\n\u{1b}[2J{HOSTILE}"),
                decided: Decided::default(),
                because: Some(HOSTILE.to_owned()),
                report_only: ReportOnly::Unknown,
            });
            for change in &mut column.changes {
                change.because = Some(HOSTILE.to_owned());
                for decider in &mut change.decided.by {
                    decider.after = vec![HOSTILE.to_owned()];
                }
            }
        }
    }
    let body = json!([{ "type": HOSTILE, "url": HOSTILE, "body": {
        "type": HOSTILE, "property": HOSTILE, "effectivePolicy": HOSTILE } }]);
    report.reports =
        Some(grouped(&[Delivery { flow: HOSTILE.to_owned(), body, names: Names::default() }]));
    report
}

#[test]
fn hostile_texts_do_nothing_in_a_terminal() {
    let text = hostile().console(80, false);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    assert!(text.contains("\\u{1b}[31mred\\u{202e}"), "{text}");
}

#[test]
fn hostile_texts_do_nothing_in_html() {
    let html = hostile().html();
    let (_, body) = html.split_once("<body>").unwrap();
    assert!(!html.contains("<img"), "{html}");
    assert!(!body.contains('\u{1b}') && !body.contains('\u{202e}'));
    // All elements that stand there are of ours.
    let names = body.split('<').skip(1).map(|rest| {
        rest.trim_start_matches('/').split(['>', ' ', '\n']).next().unwrap_or_default()
    });
    let ours = [
        "main", "header", "h1", "h2", "h4", "p", "span", "code", "table", "thead", "tbody", "tr",
        "th", "td", "section", "details", "summary", "b", "ul", "li", "div", "pre", "footer",
        "body", "html",
    ];
    for name in names {
        assert!(ours.contains(&name), "<{name}>");
    }
}

#[test]
fn hostile_texts_do_nothing_in_markdown() {
    let markdown = hostile().markdown();
    // Outside of code spans and indented blocks nothing of them is left that means anything.
    let outside = without_code(&markdown);
    for word in ["<img", "](javascript", "[x", "@octocat", "![i", "</code></details>"] {
        assert!(!outside.contains(word), "{word} in {outside}");
    }
    // A row of a table has as many cells as its head.
    let mut cells = 0;
    for line in markdown.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        if line.starts_with("|---") {
            cells = bars;
        } else if line.starts_with("| ") && cells > 0 {
            assert_eq!(bars, cells, "{line}");
        } else {
            cells = 0;
        }
    }
}

/// Markdown without its code: spans by the rule of CommonMark, and indented lines after an empty one.
fn without_code(markdown: &str) -> String {
    let mut out = String::new();
    for line in markdown.lines() {
        if line.starts_with("    ") {
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            // A backtick after a backslash is a character.
            if rest[..at].ends_with('\\') {
                out += &rest[..at - 1];
                rest = &rest[at + 1..];
                continue;
            }
            out += &rest[..at];
            let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
            let inside = &rest[at + fence..];
            let mut from = 0;
            let end = loop {
                let Some(next) = inside[from..].find('`').map(|next| from + next) else {
                    break None;
                };
                let run = inside[next..].len() - inside[next..].trim_start_matches('`').len();
                if run == fence {
                    break Some(next);
                }
                from = next + run;
            };
            match end {
                Some(end) => rest = &inside[end + fence..],
                None => {
                    out += &rest[at..at + fence];
                    rest = inside;
                }
            }
        }
        out += rest;
        out.push('\n');
    }
    // So is every other sign after one.
    for sign in ["[", "]", "*", "_", "|", "~", "!", "\\"] {
        out = out.replace(&format!("\\{sign}"), "");
    }
    out
}
