//! A rehearsal as Markdown for a pull request: a table that is seen at once, details folded.
//!
//! What comes from pages, headers and files stands in code spans, which neither Markdown nor GitHub reads
//! further; the rest is escaped.

use std::fmt::Write as _;

use super::RehearsalReport;
use super::console::{NOTHING_REPORTED, UNTOUCHED};
use super::view::{
    Entry, answer, decisions, effect_mark, entries, expectation, idle_rules, mark, mixed, pattern,
    reported, rules_of, summary, unreported, values,
};
use crate::rehearsal::{Change, Column, Outcome};
use crate::report::count;
use crate::report::inert::{block, code, escape, html, in_table, prose};

impl RehearsalReport {
    /// The report as GitHub-flavoured Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        Markdown(self).write(&mut text).expect("a string takes all");
        text
    }
}

struct Markdown<'a>(&'a RehearsalReport);

impl Markdown<'_> {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let verdict =
            if self.0.breaks() { "✗ this rollout breaks flows" } else { "✓ nothing breaks" };
        writeln!(out, "### Header rollout rehearsed: {verdict}\n")?;
        write!(out, "{}", code(&self.0.rollout))?;
        if let Some(environment) = &self.0.environment {
            write!(out, " in {}", code(environment))?;
        }
        if self.0.reports.is_some() {
            write!(out, ", tried as report-only")?;
        }
        writeln!(out, " · {}\n", summary(self.0))?;
        self.table(out)?;
        for warning in idle_rules(&self.0.rehearsal) {
            writeln!(out, "> [!WARNING]\n> {}\n", prose(&warning))?;
        }
        for entry in entries(&self.0.rehearsal) {
            self.entry(out, &entry)?;
        }
        self.unreported(out)?;
        self.reports(out)?;
        self.mix(out)?;
        self.rules(out)?;
        writeln!(out, "<sub>coopwright {}</sub>", env!("CARGO_PKG_VERSION"))
    }

    fn table(&self, out: &mut String) -> std::fmt::Result {
        let browsers = &self.0.rehearsal.browsers;
        let names: Vec<String> = browsers.iter().map(|info| escape(&info.name())).collect();
        writeln!(out, "| flow | {} |", names.join(" | "))?;
        writeln!(out, "|---|{}", "---|".repeat(browsers.len()))?;
        for flow in &self.0.rehearsal.flows {
            let cell = |column: Option<&Column>| match column {
                Some(column) => format!("{} {}", mark(column.outcome), column.outcome.name()),
                None => String::new(),
            };
            let cells = browsers
                .iter()
                .map(|info| cell(flow.columns.iter().find(|c| c.browser.browser == info.browser)));
            writeln!(
                out,
                "| {} | {} |",
                in_table(&code(&flow.name)),
                cells.collect::<Vec<_>>().join(" | ")
            )?;
        }
        writeln!(out)
    }

    fn entry(&self, out: &mut String, entry: &Entry<'_>) -> std::fmt::Result {
        let column = entry.column();
        let outcome = column.outcome;
        // HTML stands here: Markdown in a summary is not read everywhere.
        writeln!(
            out,
            "<details{}><summary>{} <b>{}</b> <code>{}</code> in {}</summary>\n",
            if outcome == Outcome::Breaks { " open" } else { "" },
            mark(outcome),
            outcome.name(),
            html(&entry.flow.name),
            html(&entry.browsers())
        )?;
        writeln!(out, "{}\n", code(&entry.flow.place))?;
        let fault = column.fault.iter().map(|fault| ("It cannot be tested any more:", &fault.says));
        let untested = column.untested.iter().map(|error| ("As the site is:", error));
        for (label, error) in fault.chain(untested) {
            writeln!(out, "{label}\n\n{}", block(error))?;
        }
        for change in &column.changes {
            writeln!(out, "{}", told(change))?;
        }
        if !column.changes.is_empty() {
            writeln!(out)?;
        }
        if !column.touched && outcome != Outcome::Untested {
            writeln!(out, "{UNTOUCHED}\n")?;
        }
        for decision in decisions(column) {
            let label = if decision.sure { "Decided by" } else { "Perhaps by" };
            for decider in decision.by {
                let rules = rules_of(decider, &self.0.rehearsal.rules);
                writeln!(
                    out,
                    "{label} {} ({}), {}: {} → {}, {}\n",
                    code(&decider.page),
                    decider.status,
                    code(&decider.header),
                    code(&values(&decider.before)),
                    code(&values(&decider.after)),
                    escape(&rules)
                )?;
            }
            if decision.more > 0 {
                writeln!(out, "… and {} more\n", decision.more)?;
            }
            if let Some(because) = decision.because {
                writeln!(out, "{}\n", prose(because))?;
            }
        }
        writeln!(out, "</details>\n")
    }

    fn unreported(&self, out: &mut String) -> std::fmt::Result {
        let (flows, told) = unreported(&self.0.rehearsal);
        if !flows.is_empty() {
            writeln!(out, "#### A trial as report-only would not have told\n")?;
            for flow in &flows {
                writeln!(out, "- {}", code(&flow.flow))?;
                for (browsers, why, facts) in &flow.rows {
                    let facts: Vec<String> = facts.iter().map(|fact| code(fact)).collect();
                    writeln!(
                        out,
                        "  - {}: {} ({})",
                        escape(browsers),
                        prose(why),
                        facts.join(", ")
                    )?;
                }
            }
            writeln!(out)?;
        }
        match reported(told) {
            Some(told) => writeln!(out, "{told}\n"),
            None => Ok(()),
        }
    }

    fn reports(&self, out: &mut String) -> std::fmt::Result {
        let Some(reports) = &self.0.reports else { return Ok(()) };
        writeln!(out, "#### Reported in the trial\n")?;
        if reports.groups.is_empty() {
            writeln!(out, "{NOTHING_REPORTED}\n")?;
        } else {
            writeln!(out, "| report | page | about | flows | times | what to do |")?;
            writeln!(out, "|---|---|---|---|---|---|")?;
        }
        for group in &reports.groups {
            let codes = |texts: &[String]| {
                in_table(&texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", "))
            };
            let todo = match group.noise {
                Some(noise) => format!("perhaps nothing: {}", prose(noise)),
                None => prose(group.fix),
            };
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {todo} |",
                in_table(&code(&format!("{} {}", group.r#type, group.what))),
                in_table(&code(&group.page)),
                codes(&group.about),
                codes(&group.flows),
                group.count,
            )?;
        }
        if !reports.groups.is_empty() {
            writeln!(out)?;
        }
        if reports.unreadable > 0 {
            writeln!(out, "{} could not be read.\n", count(reports.unreadable, "report"))?;
        }
        Ok(())
    }

    fn mix(&self, out: &mut String) -> std::fmt::Result {
        let Some(mix) = &self.0.mix else { return Ok(()) };
        writeln!(
            out,
            "#### Part of the responses new: {} %, {}, seed {}\n",
            mix.percent,
            count(mix.rounds, "round"),
            mix.seed
        )?;
        for flow in &mix.flows {
            for column in &flow.columns {
                let sign = if column.broke > 0 { "✗" } else { "✓" };
                let browser = column.browser.browser.title();
                writeln!(out, "- {sign} {} in {browser}: {}", code(&flow.name), mixed(column))?;
                for known in column.patterns.iter().filter(|_| column.broke > 0) {
                    let told = code(&pattern(&known.responses));
                    writeln!(out, "  - {told}: broke {}, held {}", known.broke, known.held)?;
                }
            }
        }
        writeln!(out)
    }

    fn rules(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "<details><summary>Rules</summary>\n")?;
        writeln!(out, "| | place | rule | responses changed | of |\n|---|---|---|---|---|")?;
        for (number, used) in self.0.rehearsal.rules.iter().enumerate() {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                number + 1,
                in_table(&code(&used.rule.place)),
                in_table(&code(&used.rule.says)),
                used.changed,
                used.matched
            )?;
        }
        writeln!(out, "\n</details>\n")
    }
}

fn told(change: &Change) -> String {
    format!(
        "- {} {}  \n  {}: {} → {}{}",
        effect_mark(change.effect),
        prose(&change.says),
        code(&change.fact.to_string()),
        code(&answer(change.before.as_ref())),
        code(&answer(change.after.as_ref())),
        expectation(change, code)
    )
}
