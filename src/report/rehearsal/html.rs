//! A rehearsal as one HTML file that needs nothing else and runs no script.

use std::fmt::Write as _;

use super::RehearsalReport;
use super::console::{NOTHING_REPORTED, UNTOUCHED};
use super::view::{
    Entry, answer, decisions, effect_mark, entries, expectation, idle_rules, mark, mixed, pattern,
    reported, rules_of, summary, unreported, values,
};
use crate::rehearsal::{Change, Column, Decider, Outcome};
use crate::report::count;
use crate::report::inert::inert;
use crate::report::page::{Frame, PAGE_STYLE, escape};

const STYLE: &[&str] = &[PAGE_STYLE, include_str!("rehearsal.css")];

impl RehearsalReport {
    /// The report as one self-contained HTML document. The same report gives the same bytes.
    #[must_use]
    pub fn html(&self) -> String {
        let title = format!("coopwright rehearsal: {}", inert(&self.rollout));
        let mut body = String::from("<main>\n");
        Html(self).body(&mut body).expect("a string takes all");
        body += "</main>\n";
        Frame { title: &title, style: STYLE, body: &body, script: None }.document()
    }
}

struct Html<'a>(&'a RehearsalReport);

impl Html<'_> {
    fn body(&self, out: &mut String) -> std::fmt::Result {
        let verdict = if self.0.breaks() { "This rollout breaks flows" } else { "Nothing breaks" };
        writeln!(out, "<header class=\"masthead\"><h1>{verdict}</h1><p>")?;
        write!(out, "<span>{}</span>", code(&self.0.rollout))?;
        if let Some(environment) = &self.0.environment {
            write!(out, "<span>in {}</span>", code(environment))?;
        }
        if self.0.reports.is_some() {
            write!(out, "<span>tried as report-only</span>")?;
        }
        writeln!(out, "<span>{}</span></p></header>", text(&summary(self.0)))?;
        for warning in idle_rules(&self.0.rehearsal) {
            writeln!(out, "<p class=\"warning\">{}</p>", prose(&warning))?;
        }
        self.table(out)?;
        let entries = entries(&self.0.rehearsal);
        if !entries.is_empty() {
            writeln!(out, "<section class=\"part\"><h2>What changes</h2>")?;
            for entry in &entries {
                self.entry(out, entry)?;
            }
            writeln!(out, "</section>")?;
        }
        self.unreported(out)?;
        self.reports(out)?;
        self.mix(out)?;
        self.rules(out)?;
        writeln!(out, "<footer class=\"quiet\">coopwright {}</footer>", env!("CARGO_PKG_VERSION"))
    }

    fn table(&self, out: &mut String) -> std::fmt::Result {
        let browsers = &self.0.rehearsal.browsers;
        write!(out, "<table class=\"flows\"><thead><tr><th>flow</th>")?;
        for info in browsers {
            let (title, version) = (info.browser.title(), text(&info.version));
            write!(out, "<th>{title} <span class=\"version\">{version}</span></th>")?;
        }
        writeln!(out, "</tr></thead><tbody>")?;
        for flow in &self.0.rehearsal.flows {
            let (name, title) = (text(&flow.name), text(&flow.title));
            write!(out, "<tr><th>{name}<span class=\"title\">{title}</span></th>")?;
            for info in browsers {
                let mine = flow.columns.iter().find(|c| c.browser.browser == info.browser);
                write!(out, "<td>{}</td>", mine.map_or_else(String::new, outcome))?;
            }
            writeln!(out, "</tr>")?;
        }
        writeln!(out, "</tbody></table>")
    }

    fn entry(&self, out: &mut String, entry: &Entry<'_>) -> std::fmt::Result {
        let column = entry.column();
        writeln!(
            out,
            "<details class=\"entry {}\"{}><summary>{} <b>{}</b> in {}</summary>",
            class(column.outcome),
            if column.outcome == Outcome::Breaks { " open" } else { "" },
            outcome(column),
            text(&entry.flow.name),
            text(&entry.browsers())
        )?;
        writeln!(out, "<p class=\"place\">{}</p>", code(&entry.flow.place))?;
        let fault = column.fault.iter().map(|fault| ("It cannot be tested any more:", &fault.says));
        let untested = column.untested.iter().map(|error| ("As the site is:", error));
        for (label, error) in fault.chain(untested) {
            writeln!(out, "<p>{label}</p><pre>{}</pre>", lines(error))?;
        }
        writeln!(out, "<ul class=\"changes\">")?;
        for change in &column.changes {
            self::change(out, change)?;
        }
        writeln!(out, "</ul>")?;
        if !column.touched && column.outcome != Outcome::Untested {
            writeln!(out, "<p class=\"warning\">{UNTOUCHED}</p>")?;
        }
        for decision in decisions(column) {
            let label = if decision.sure { "Decided by" } else { "Perhaps by" };
            writeln!(out, "<h4>{label}</h4>")?;
            for decider in decision.by {
                self.decider(out, decider)?;
            }
            if decision.more > 0 {
                writeln!(out, "<p>… and {} more</p>", decision.more)?;
            }
            if let Some(because) = decision.because {
                writeln!(out, "<p class=\"because\">{}</p>", prose(because))?;
            }
        }
        writeln!(out, "</details>")
    }

    fn decider(&self, out: &mut String, decider: &Decider) -> std::fmt::Result {
        let rules = rules_of(decider, &self.0.rehearsal.rules);
        writeln!(
            out,
            "<div class=\"response deciding\"><h4><span class=\"who\">{}</span> \
             <span class=\"page\">{}</span> <span class=\"tag\">{}</span></h4>\
             <ul class=\"headers\"><li><b>{}:</b> <span class=\"gone\">{}</span> → {}</li></ul></div>",
            text(&decider.page),
            decider.status,
            text(&rules),
            text(&decider.header),
            text(&values(&decider.before)),
            text(&values(&decider.after))
        )
    }

    fn unreported(&self, out: &mut String) -> std::fmt::Result {
        let (flows, told) = unreported(&self.0.rehearsal);
        if flows.is_empty() && told == 0 {
            return Ok(());
        }
        writeln!(out, "<section class=\"part\">")?;
        if !flows.is_empty() {
            writeln!(out, "<h2>A trial as report-only would not have told</h2>")?;
            writeln!(
                out,
                "<table class=\"plain\"><thead><tr><th>flow</th><th>browsers</th><th>what</th>\
                 <th>why</th></tr></thead><tbody>"
            )?;
            for flow in &flows {
                for (browsers, why, facts) in &flow.rows {
                    let facts: Vec<String> = facts.iter().map(|fact| code(fact)).collect();
                    writeln!(
                        out,
                        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                        text(&flow.flow),
                        text(browsers),
                        facts.join(", "),
                        prose(why)
                    )?;
                }
            }
            writeln!(out, "</tbody></table>")?;
        }
        if let Some(told) = reported(told) {
            writeln!(out, "<p>{}</p>", text(&told))?;
        }
        writeln!(out, "</section>")
    }

    fn reports(&self, out: &mut String) -> std::fmt::Result {
        let Some(reports) = &self.0.reports else { return Ok(()) };
        writeln!(out, "<section class=\"part\"><h2>Reported in the trial</h2>")?;
        if reports.groups.is_empty() {
            writeln!(out, "<p>{NOTHING_REPORTED}</p>")?;
        } else {
            writeln!(
                out,
                "<table class=\"plain\"><thead><tr><th>report</th><th>page</th><th>about</th>\
                 <th>flows</th><th>times</th><th>what to do</th></tr></thead><tbody>"
            )?;
            for group in &reports.groups {
                let codes = |texts: &[String]| {
                    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
                };
                let todo = match group.noise {
                    Some(noise) => format!("perhaps nothing: {}", prose(noise)),
                    None => prose(group.fix),
                };
                writeln!(
                    out,
                    "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{todo}</td></tr>",
                    code(&format!("{} {}", group.r#type, group.what)),
                    code(&group.page),
                    codes(&group.about),
                    codes(&group.flows),
                    group.count
                )?;
            }
            writeln!(out, "</tbody></table>")?;
        }
        if reports.unreadable > 0 {
            writeln!(out, "<p>{} could not be read.</p>", count(reports.unreadable, "report"))?;
        }
        writeln!(out, "</section>")
    }

    fn mix(&self, out: &mut String) -> std::fmt::Result {
        let Some(mix) = &self.0.mix else { return Ok(()) };
        writeln!(
            out,
            "<section class=\"part\"><h2>Part of the responses new \
             <span class=\"size\">{} %, {}, seed {}</span></h2><ul class=\"changes\">",
            mix.percent,
            count(mix.rounds, "round"),
            mix.seed
        )?;
        for flow in &mix.flows {
            for column in &flow.columns {
                let (class, sign) =
                    if column.broke > 0 { ("breaks", "✗") } else { ("works", "✓") };
                write!(
                    out,
                    "<li><span class=\"effect {class}\">{sign}</span>{} in {}: {}",
                    text(&flow.name),
                    column.browser.browser.title(),
                    mixed(column)
                )?;
                for known in column.patterns.iter().filter(|_| column.broke > 0) {
                    let told = text(&pattern(&known.responses));
                    write!(
                        out,
                        "<span class=\"fact\">{told}: broke {}, held {}</span>",
                        known.broke, known.held
                    )?;
                }
                writeln!(out, "</li>")?;
            }
        }
        writeln!(out, "</ul></section>")
    }

    fn rules(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "<section class=\"part\"><h2>Rules</h2><table class=\"plain\"><thead><tr><th></th>\
             <th>place</th><th>rule</th><th>responses changed</th><th>of</th></tr></thead><tbody>"
        )?;
        for (number, used) in self.0.rehearsal.rules.iter().enumerate() {
            writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                number + 1,
                code(&used.rule.place),
                code(&used.rule.says),
                used.changed,
                used.matched
            )?;
        }
        writeln!(out, "</tbody></table></section>")
    }
}

fn outcome(column: &Column) -> String {
    let outcome = column.outcome;
    let (class, mark) = (class(outcome), mark(outcome));
    format!("<span class=\"outcome {class}\">{mark} {}</span>", outcome.name())
}

fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Same => "same",
        Outcome::Differs => "differs",
        Outcome::Works => "works",
        Outcome::Breaks => "breaks",
        Outcome::NotApplicable => "not-applicable",
        Outcome::Untested => "untested",
    }
}

fn change(out: &mut String, change: &Change) -> std::fmt::Result {
    writeln!(
        out,
        "<li><span class=\"effect {}\">{}</span>{}<span class=\"fact\">{}: {} → {}{}</span></li>",
        change.effect.name(),
        effect_mark(change.effect),
        prose(&change.says),
        code(&change.fact.to_string()),
        text(&answer(change.before.as_ref())),
        text(&answer(change.after.as_ref())),
        expectation(change, code)
    )
}

/// A text as the content of an element or a quoted attribute.
fn text(text: &str) -> String {
    escape(&inert(text))
}

fn code(code: &str) -> String {
    format!("<code>{}</code>", text(code))
}

fn lines(lines: &str) -> String {
    lines.lines().map(text).collect::<Vec<_>>().join("\n")
}

/// A sentence with what stands in backticks set as code.
fn prose(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate();
    parts
        .map(|(number, part)| match (number % 2, part) {
            (_, "") => String::new(),
            (0, part) => text(part),
            (_, part) => code(part),
        })
        .collect()
}
