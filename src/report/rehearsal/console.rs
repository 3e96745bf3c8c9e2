//! The text of a rehearsal for a terminal.

use super::RehearsalReport;
use super::view::{
    Entry, answer, decisions, effect_mark, entries, expectation, idle_rules, mark, mixed, pattern,
    reported, rules_of, summary, totals, unreported, values,
};
use crate::event::BrowserInfo;
use crate::rehearsal::{Change, Effect, Fault, Outcome, RuleUse};
use crate::report::console::{Styles, letter, wrap};
use crate::report::count;
use crate::report::inert::inert;
use console::{Style, measure_text_width, truncate_str};

impl RehearsalReport {
    /// The text for people, for `width` columns.
    #[must_use]
    pub fn console(&self, width: usize, color: bool) -> String {
        let text = Text { report: self, width: width.clamp(40, 120), styles: Styles::new(color) };
        text.whole()
    }
}

struct Text<'a> {
    report: &'a RehearsalReport,
    width: usize,
    styles: Styles,
}

impl Text<'_> {
    fn whole(&self) -> String {
        let rehearsal = &self.report.rehearsal;
        let mut text = self.head();
        text += &self.table();
        for (number, entry) in entries(rehearsal).iter().enumerate() {
            text += &self.entry(number + 1, entry);
        }
        text += &self.unreported();
        text += &self.reports();
        text += &self.mix();
        text += &self.rules();
        let style = if self.report.breaks() { &self.styles.bad } else { &self.styles.strong };
        text + &format!("{}\n", style.apply_to(summary(self.report)))
    }

    fn head(&self) -> String {
        let report = self.report;
        let mut text =
            format!("coopwright {}: {}", env!("CARGO_PKG_VERSION"), inert(&report.rollout));
        if let Some(environment) = &report.environment {
            text += &format!(" in `{}`", inert(environment));
        }
        if report.reports.is_some() {
            text += ", tried as report-only";
        }
        text.push('\n');
        for info in &report.rehearsal.browsers {
            let BrowserInfo { browser, .. } = **info;
            text += &format!("  {} = {}\n", letter(browser), info.name());
        }
        text + "\n"
    }

    /// A line for each flow, a mark for each browser.
    fn table(&self) -> String {
        let rehearsal = &self.report.rehearsal;
        let browsers = &rehearsal.browsers;
        let letters: Vec<String> =
            browsers.iter().map(|info| letter(info.browser).to_string()).collect();
        let mut text = format!("  {}\n", self.styles.dim.apply_to(letters.join(" ")));
        for flow in &rehearsal.flows {
            let marks = browsers.iter().map(|info| {
                let mine = flow.columns.iter().find(|c| c.browser.browser == info.browser);
                mine.map_or_else(
                    || " ".to_owned(),
                    |column| self.style(column.outcome).apply_to(mark(column.outcome)).to_string(),
                )
            });
            let marks = marks.collect::<Vec<_>>().join(" ");
            let head = format!("  {marks}  {}", inert(&flow.name));
            let room = self.width.saturating_sub(measure_text_width(&head) + 2);
            let title = inert(&flow.title).into_owned();
            let title = if room < 12 { "".into() } else { truncate_str(&title, room, "…") };
            let line = format!("{head}  {}", self.styles.dim.apply_to(title));
            text += &format!("{}\n", line.trim_end());
        }
        let legend = totals(rehearsal).into_iter().map(|(outcome, _)| outcome);
        let mut legend: Vec<Outcome> = legend.collect();
        let shown = rehearsal.flows.iter().flat_map(|flow| &flow.columns).map(|c| c.outcome);
        for outcome in shown {
            if !legend.contains(&outcome) {
                legend.push(outcome);
            }
        }
        let legend: Vec<String> =
            legend.into_iter().map(|o| format!("{} {}", mark(o), o.name())).collect();
        text + &format!("  {}\n\n", self.styles.dim.apply_to(legend.join("   ")))
    }

    fn style(&self, outcome: Outcome) -> &Style {
        match outcome {
            Outcome::Same | Outcome::Works => &self.styles.good,
            Outcome::Breaks => &self.styles.bad,
            Outcome::Differs | Outcome::Untested => &self.styles.warn,
            Outcome::NotApplicable => &self.styles.dim,
        }
    }

    fn entry(&self, number: usize, entry: &Entry<'_>) -> String {
        let column = entry.column();
        let outcome = column.outcome;
        let mut text = format!(
            "{} {}",
            self.style(outcome).apply_to(format!("{number}) {}", outcome.name().to_uppercase())),
            self.styles.strong.apply_to(inert(&entry.flow.name)),
        );
        let browsers = format!("in {}", entry.browsers());
        let fits = measure_text_width(&text) + 1 + browsers.len() <= self.width;
        text += &format!("{}{browsers}\n", if fits { " " } else { "\n   " });
        text += &format!("   {}\n", self.styles.dim.apply_to(inert(&entry.flow.place)));
        if let Some(error) = &column.untested {
            text += &self.lines(3, error);
        }
        if let Some(Fault { says: error, .. }) = &column.fault {
            text += &self.lines(3, "It cannot be tested any more:");
            text += &self.lines(5, error);
        }
        for change in &column.changes {
            text += &self.change(change);
        }
        if !column.touched && outcome != Outcome::Untested {
            text += "\n";
            text += &self.lines(3, UNTOUCHED);
        }
        let rules = &self.report.rehearsal.rules;
        for decision in decisions(column) {
            let label = if decision.sure { "decided by" } else { "perhaps by" };
            text += &format!("\n   {}\n", self.styles.strong.apply_to(label));
            for decider in decision.by {
                text += &self.decider(decider, rules);
            }
            if decision.more > 0 {
                text += &format!("     and {} more\n", decision.more);
            }
            if let Some(because) = decision.because {
                text += &self.lines(5, because);
            }
        }
        text + "\n"
    }

    fn change(&self, change: &Change) -> String {
        let style = match change.effect {
            Effect::Breaks => &self.styles.bad,
            Effect::Works => &self.styles.good,
            Effect::Differs => &self.styles.warn,
        };
        let mut text = String::new();
        let lines = wrap(&inert(&change.says), self.width.saturating_sub(5));
        for (number, line) in lines.iter().enumerate() {
            let mark = if number == 0 { effect_mark(change.effect) } else { " " };
            text += &format!("   {} {line}\n", style.apply_to(mark));
        }
        let facts = format!(
            "{}  {} → {}{}",
            change.fact,
            answer(change.before.as_ref()),
            answer(change.after.as_ref()),
            expectation(change, str::to_owned)
        );
        let lines = wrap(&inert(&facts), self.width.saturating_sub(7));
        for line in lines {
            text += &format!("       {}\n", self.styles.dim.apply_to(line));
        }
        text
    }

    fn decider(&self, decider: &crate::rehearsal::Decider, rules: &[RuleUse]) -> String {
        let rule = rules_of(decider, rules);
        let mut text = self.lines(5, &format!("{}  {}  {rule}", decider.page, decider.status));
        let line =
            format!("{}: {} → {}", decider.header, values(&decider.before), values(&decider.after));
        text += &self.lines(7, &line);
        text
    }

    fn unreported(&self) -> String {
        let (flows, told) = unreported(&self.report.rehearsal);
        if flows.is_empty() && told == 0 {
            return String::new();
        }
        let mut text = String::new();
        if !flows.is_empty() {
            text += &self.heading("A trial as report-only would not have told");
            for flow in &flows {
                text += &format!("   {}\n", inert(&flow.flow));
                for (browsers, why, facts) in &flow.rows {
                    text += &self.lines(5, &format!("{browsers}: {why} ({})", facts.join(", ")));
                }
            }
        }
        text += &reported(told).map_or_else(String::new, |told| self.lines(0, &told));
        text + "\n"
    }

    fn reports(&self) -> String {
        let Some(reports) = &self.report.reports else { return String::new() };
        let mut text = self.heading("Reported in the trial");
        if reports.groups.is_empty() {
            text += &self.lines(3, NOTHING_REPORTED);
        }
        for group in &reports.groups {
            let style = if group.noise.is_some() { &self.styles.dim } else { &self.styles.bad };
            let head = format!("{} {} × {}", group.r#type, group.what, group.count);
            let page = format!("   {}  {}", style.apply_to(inert(&head)), inert(&group.page));
            text += &format!("{page}\n");
            let policy = group.policy.iter().map(|policy| format!("policy {policy}"));
            let about = (!group.about.is_empty()).then(|| group.about.join(", "));
            let facts: Vec<String> = policy.chain(about).collect();
            if !facts.is_empty() {
                text += &self.lines(5, &facts.join("; "));
            }
            text += &self.lines(5, &format!("in {}", group.flows.join(", ")));
            text += &match group.noise {
                Some(noise) => self.lines(5, &format!("perhaps nothing: {noise}")),
                None => self.lines(5, &format!("fix: {}", group.fix)),
            };
        }
        if reports.unreadable > 0 {
            let unread = count(reports.unreadable, "report");
            text += &self.lines(3, &format!("{unread} could not be read."));
        }
        text + "\n"
    }

    fn mix(&self) -> String {
        let Some(mix) = &self.report.mix else { return String::new() };
        let mut text = self.heading(&format!(
            "Part of the responses new: {} %, {}, seed {}",
            mix.percent,
            count(mix.rounds, "round"),
            mix.seed
        ));
        for flow in &mix.flows {
            for column in &flow.columns {
                let style = if column.broke > 0 { &self.styles.bad } else { &self.styles.good };
                let sign = style.apply_to(if column.broke > 0 { "✗" } else { "✓" });
                let (name, browser) = (inert(&flow.name), column.browser.browser.title());
                text += &format!("   {sign} {name} in {browser}\n");
                text += &self.lines(7, &mixed(column));
                for known in column.patterns.iter().filter(|_| column.broke > 0) {
                    let told = format!(
                        "{}: broke {}, held {}",
                        pattern(&known.responses),
                        known.broke,
                        known.held
                    );
                    text += &self.lines(7, &told);
                }
            }
        }
        text + "\n"
    }

    fn rules(&self) -> String {
        let rules = &self.report.rehearsal.rules;
        let mut text = self.heading("Rules");
        for (number, rule) in rules.iter().enumerate() {
            let RuleUse { rule, matched, changed } = rule;
            let line = format!(
                "{}  {}  changed {changed} of {}: {}",
                number + 1,
                rule.place,
                count(*matched, "response"),
                rule.says
            );
            text += &self.lines(3, &line);
        }
        for warning in idle_rules(&self.report.rehearsal) {
            let lines = wrap(&inert(&warning), self.width.saturating_sub(12));
            for (number, line) in lines.iter().enumerate() {
                let label = if number == 0 { "warning:" } else { "" };
                text += &format!("   {:8} {line}\n", self.styles.warn.apply_to(label));
            }
        }
        text + "\n"
    }

    fn heading(&self, text: &str) -> String {
        format!("{}\n", self.styles.strong.apply_to(text))
    }

    /// A text in lines, indented; later lines by two more.
    fn lines(&self, indent: usize, text: &str) -> String {
        let mut out = String::new();
        for part in text.lines() {
            let lines = wrap(&inert(part), self.width.saturating_sub(indent + 2));
            for (number, line) in lines.iter().enumerate() {
                let indent = if number == 0 { indent } else { indent + 2 };
                out += &format!("{:indent$}{line}\n", "");
            }
        }
        out
    }
}

/// Of a change in a flow of which no response was changed.
pub(super) const UNTOUCHED: &str =
    "No rule changed a response of this flow, so the rollout does not explain it: run it again.";

/// Where no report came.
pub(super) const NOTHING_REPORTED: &str =
    "No browser reported anything. Chromium does from https pages only, Firefox never.";
