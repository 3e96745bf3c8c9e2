//! What of a rehearsal is told together: marks, browsers that show the same, what nobody would have
//! reported, and the last sentence.

use super::RehearsalReport;
use crate::fact::FactValue;
use crate::rehearsal::mix::MixColumn;
use crate::rehearsal::{
    Blindness, Change, Column, Decider, Effect, Fault, Flow, Outcome, Rehearsal, ReportOnly,
    RuleUse,
};
use crate::report::count;

/// The sign of an outcome in a table.
pub(super) fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Same => "✓",
        Outcome::Differs => "~",
        Outcome::Works => "+",
        Outcome::Breaks => "✗",
        Outcome::NotApplicable => "-",
        Outcome::Untested => "!",
    }
}

/// The sign of a change.
pub(super) fn effect_mark(effect: Effect) -> &'static str {
    match effect {
        Effect::Breaks => "✗",
        Effect::Works => "+",
        Effect::Differs => "~",
    }
}

/// The outcomes in the order in which they are told at length. The others are not.
const TOLD: [Outcome; 4] = [Outcome::Breaks, Outcome::Untested, Outcome::Works, Outcome::Differs];

/// A flow in those browsers in which the same changes.
pub(super) struct Entry<'a> {
    pub(super) flow: &'a Flow,
    pub(super) columns: Vec<&'a Column>,
}

impl<'a> Entry<'a> {
    /// One of its columns; what is told of it holds for all.
    pub(super) fn column(&self) -> &'a Column {
        self.columns[0]
    }

    /// The browsers by name, with commas.
    pub(super) fn browsers(&self) -> String {
        titles(&self.columns)
    }
}

fn titles(columns: &[&Column]) -> String {
    let titles = columns.iter().map(|column| column.browser.browser.title());
    titles.collect::<Vec<_>>().join(", ")
}

/// What is told at length: breaks first, each in the order of the run.
pub(super) fn entries(rehearsal: &Rehearsal) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for outcome in TOLD {
        for flow in &rehearsal.flows {
            let mut groups: Vec<Entry<'_>> = Vec::new();
            for column in flow.columns.iter().filter(|column| column.outcome == outcome) {
                match groups.iter_mut().find(|group| shows_the_same(group.column(), column)) {
                    Some(group) => group.columns.push(column),
                    None => groups.push(Entry { flow, columns: vec![column] }),
                }
            }
            entries.extend(groups);
        }
    }
    entries
}

/// Whether two browsers show the same; whether they would have reported it is told elsewhere.
fn shows_the_same(one: &Column, other: &Column) -> bool {
    let told = |change: &Change| Change { report_only: None, ..change.clone() };
    let fault = |column: &Column| {
        column.fault.clone().map(|fault| Fault { report_only: ReportOnly::Unknown, ..fault })
    };
    fault(one) == fault(other)
        && one.untested == other.untested
        && one.touched == other.touched
        && one.changes.iter().map(told).eq(other.changes.iter().map(told))
}

/// Headers that are shown where many may have done something.
const SHOWN: usize = 6;

/// Headers that made some of the changes of a flow.
pub(super) struct Decision<'a> {
    pub(super) by: &'a [Decider],
    /// How many more there are.
    pub(super) more: usize,
    pub(super) sure: bool,
    pub(super) because: Option<&'a str>,
}

/// What made the changes of a column, in their order.
pub(super) fn decisions(column: &Column) -> Vec<Decision<'_>> {
    let fault = column.fault.iter().map(|fault| (&fault.decided, fault.because.as_deref()));
    let changes = column.changes.iter().map(|change| (&change.decided, change.because.as_deref()));
    let is_among = |one: &[Decider], other: &[Decider]| one.iter().all(|by| other.contains(by));
    let mut decisions: Vec<Decision<'_>> = Vec::new();
    for (decided, because) in fault.chain(changes).filter(|(decided, _)| !decided.by.is_empty()) {
        // The same headers, or some of them, are told once.
        match decisions.iter_mut().find(|known| is_among(&decided.by, known.by)) {
            Some(known) => {
                known.sure |= decided.sure && known.by.len() == decided.by.len();
                known.because = known.because.or(because);
            }
            None => {
                decisions.push(Decision { by: &decided.by, more: 0, sure: decided.sure, because });
            }
        }
    }
    // Where it is known what did it, what else may have done it is of no interest.
    let sure: Vec<&[Decider]> = decisions.iter().filter(|one| one.sure).map(|one| one.by).collect();
    decisions.retain(|one| one.sure || !sure.iter().any(|known| is_among(known, one.by)));
    for decision in &mut decisions {
        let (by, more) = decision.by.split_at(decision.by.len().min(SHOWN));
        (decision.by, decision.more) = (by, more.len());
    }
    decisions
}

/// `rule 1 (rollout.yaml:3)`, or several.
pub(super) fn rules_of(decider: &Decider, rules: &[RuleUse]) -> String {
    let told = decider.rules.iter().map(|number| match rules.get(*number) {
        Some(rule) => format!("rule {} ({})", number + 1, rule.rule.place),
        None => format!("rule {}", number + 1),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The values of a header, or that there is none.
pub(super) fn values(values: &[String]) -> String {
    if values.is_empty() { "(none)".to_owned() } else { values.join(" | ") }
}

/// A fact's answer, or that there is none.
pub(super) fn answer(value: Option<&FactValue>) -> String {
    value.map_or_else(|| "(not observed)".to_owned(), ToString::to_string)
}

/// The note on what the scenario expects instead, if it does; `code` sets a value as code.
pub(super) fn expectation(change: &Change, code: impl Fn(&str) -> String) -> String {
    let note = |value: &FactValue| format!(" (the scenario expects {})", code(&value.to_string()));
    change.expected.as_ref().map_or_else(String::new, note)
}

/// What no report would have told of the breaks of a flow.
pub(super) struct Unreported {
    pub(super) flow: String,
    /// Browsers, why, and the facts.
    pub(super) rows: Vec<(String, String, Vec<String>)>,
}

/// The flows with breaks of which a trial as report-only would not have told, and how many flows there are
/// of which Chromium's reports would have told.
pub(super) fn unreported(rehearsal: &Rehearsal) -> (Vec<Unreported>, usize) {
    let mut unreported = Vec::new();
    let mut told = 0;
    for flow in &rehearsal.flows {
        let breaks = |column: &Column| -> Vec<(String, ReportOnly)> {
            let changes = column.changes.iter().filter(|change| change.effect == Effect::Breaks);
            let changes =
                changes.filter_map(|change| Some((change.fact.to_string(), change.report_only?)));
            let fault = column.fault.iter().map(|fault| ("the flow".to_owned(), fault.report_only));
            let breaks: Vec<_> = fault.chain(changes).collect();
            // What is known of one break is more than what is not known of another.
            let known = breaks.iter().any(|(_, told)| *told != ReportOnly::Unknown);
            let counts = |(_, told): &(String, ReportOnly)| !known || *told != ReportOnly::Unknown;
            breaks.into_iter().filter(counts).collect()
        };
        let columns: Vec<(&Column, Vec<(String, ReportOnly)>)> =
            flow.columns.iter().map(|column| (column, breaks(column))).collect();
        // A fact that one engine would have reported is known, whoever else loses it.
        let is_told = |fact: &str| {
            let all = columns.iter().flat_map(|(_, breaks)| breaks);
            all.clone().any(|(known, told)| known == fact && *told == ReportOnly::Yes)
        };
        told += usize::from(columns.iter().any(|(_, b)| b.iter().any(|(fact, _)| is_told(fact))));
        let mut rows: Vec<(Vec<&Column>, ReportOnly, Vec<String>)> = Vec::new();
        for (column, breaks) in &columns {
            for (fact, why) in breaks.iter().filter(|(fact, _)| !is_told(fact)) {
                let mine = rows.iter_mut().find(|(columns, known, _)| {
                    known == why && columns.iter().any(|known| std::ptr::eq(*known, *column))
                });
                match mine {
                    Some((_, _, facts)) => facts.push(fact.clone()),
                    None => rows.push((vec![column], *why, vec![fact.clone()])),
                }
            }
        }
        // Browsers of which the same is said share a row.
        let mut shared: Vec<(Vec<&Column>, ReportOnly, Vec<String>)> = Vec::new();
        for (columns, why, facts) in rows {
            match shared.iter_mut().find(|(_, known, same)| *known == why && *same == facts) {
                Some((known, ..)) => known.extend(columns),
                None => shared.push((columns, why, facts)),
            }
        }
        if !shared.is_empty() {
            let rows = shared
                .into_iter()
                .map(|(columns, why, facts)| (titles(&columns), blindness(why).to_owned(), facts));
            unreported.push(Unreported { flow: flow.name.clone(), rows: rows.collect() });
        }
    }
    (unreported, told)
}

/// What Chromium's reports would have told, where they would have told anything.
pub(super) fn reported(told: usize) -> Option<String> {
    let flows = count(told, "flow");
    (told > 0).then(|| {
        format!(
            "Of breaks in {flows} Chromium's reports would have told, on https and with endpoints set."
        )
    })
}

fn blindness(told: ReportOnly) -> &'static str {
    match told {
        ReportOnly::Yes => "it is reported",
        ReportOnly::Barely(why) | ReportOnly::No(why) => Blindness::text(why),
        ReportOnly::Unknown => "whether it would be reported is not known",
    }
}

/// What to say where rules did nothing; nothing where all did something.
pub(super) fn idle_rules(rehearsal: &Rehearsal) -> Vec<String> {
    if rehearsal.rules.iter().all(|rule| rule.matched == 0) {
        return vec![
            "no rule is for any response that came, so nothing was rehearsed: look at the sites, \
             paths, kinds and statuses of the rollout"
                .to_owned(),
        ];
    }
    let idle = rehearsal.rules.iter().enumerate().filter(|(_, rule)| rule.changed == 0);
    idle.map(|(number, rule)| {
        let why = match rule.matched {
            0 => {
                "none of these flows has a response for it: look at its site, path, kind and status"
            }
            _ => "the site sends all of it already",
        };
        format!("rule {} ({}) changed no response: {why}", number + 1, rule.rule.place)
    })
    .collect()
}

/// How many flows fare how, each by its worst browser.
pub(super) fn totals(rehearsal: &Rehearsal) -> Vec<(Outcome, usize)> {
    let order = [
        Outcome::Breaks,
        Outcome::Untested,
        Outcome::Works,
        Outcome::Differs,
        Outcome::Same,
        Outcome::NotApplicable,
    ];
    let worst = |flow: &Flow| {
        order.into_iter().find(|outcome| flow.columns.iter().any(|c| c.outcome == *outcome))
    };
    let all: Vec<_> = rehearsal.flows.iter().filter_map(worst).collect();
    order
        .into_iter()
        .map(|outcome| (outcome, all.iter().filter(|one| **one == outcome).count()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// The last sentence.
pub(super) fn summary(report: &RehearsalReport) -> String {
    let flows = report.rehearsal.flows.len();
    let parts = totals(&report.rehearsal).into_iter().map(|(outcome, number)| match outcome {
        Outcome::Breaks => format!("{number} {}", if number == 1 { "breaks" } else { "break" }),
        Outcome::Works => {
            format!("{number} newly {}", if number == 1 { "works" } else { "work" })
        }
        Outcome::Differs => format!("{number} {}", if number == 1 { "differs" } else { "differ" }),
        Outcome::Same => format!("{number} the same"),
        Outcome::NotApplicable => format!("{number} not applicable"),
        Outcome::Untested => format!("{number} could not be tested"),
    });
    let mut text = format!("of {}: {}", count(flows, "flow"), parts.collect::<Vec<_>>().join(", "));
    if report.left > 0 {
        text += &format!("; stopped, {} not run", report.left);
    }
    text
}

/// What a mixture does to a flow in one browser.
pub(super) fn mixed(column: &MixColumn) -> String {
    let rounds = count(column.tested, "round");
    let only = if column.breaks_only_mixed() { ", though the whole rollout does not" } else { "" };
    let works = match column.worked {
        0 => String::new(),
        worked => format!(", newly works in {worked}"),
    };
    match column.broke {
        0 => format!("held in all of {rounds}{works}"),
        broke => format!("broke in {broke} of {rounds}{only}{works}"),
    }
}

/// Which responses were old and which new; where none of them is about the rollout, that.
pub(super) fn pattern(responses: &[(String, bool)]) -> String {
    if responses.is_empty() {
        return "no document of the rollout".to_owned();
    }
    let told =
        responses.iter().map(|(page, new)| format!("{page} {}", if *new { "new" } else { "old" }));
    told.collect::<Vec<_>>().join(", ")
}
