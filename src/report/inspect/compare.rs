//! Several pages side by side: what they do not do alike, and what they are sent otherwise.

use std::fmt::Write as _;

use super::page::{title, verdicts};
use super::{Inspected, ended, header, heading, paragraph};
use crate::chain::{CaseDifference, Difference, HeaderDifference, Sent};
use crate::spec::Engine;

/// The pages by letter, and what differs.
#[must_use]
pub fn compare(pages: &[Inspected], difference: &Difference) -> String {
    let mut out = String::new();
    for (number, page) in pages.iter().enumerate() {
        let mut told = String::new();
        title(&mut told, &page.chain);
        if page.chain.last().is_some() {
            verdicts(&mut told, page, false);
        }
        for (line, text) in told.lines().enumerate() {
            let start = if line == 0 { format!("{}  ", letter(number)) } else { "   ".to_owned() };
            header(&mut out, 0, &format!("{start}{text}"));
        }
        if let Some((what, _)) = ended(&page.chain.end) {
            paragraph(&mut out, "   ", &what);
        }
        out.push('\n');
    }
    if difference.can_do_the_same() {
        out += "these pages can do the same\n";
    } else {
        out += "these pages cannot do the same\n";
    }
    let mut role = None;
    let mut before: Option<&CaseDifference> = None;
    for case in &difference.cases {
        // What is the same blank first is told once.
        let blank_first = case.id.ends_with("blank-first");
        if blank_first && before.is_some_and(|before| before.words == case.words) {
            continue;
        }
        before = Some(case);
        if role != Some(case.role) {
            role = Some(case.role);
            let _ = writeln!(out, "\n{}", heading(case.role));
        }
        words(&mut out, case);
    }
    if difference.headers.is_empty() {
        out += "\nno header that matters here differs, apart from names of sites\n";
    }
    let mut place = None;
    for found in &difference.headers {
        let here = match (found.hop, found.name.as_str()) {
            (_, "responses" | "end") => "on the way".to_owned(),
            (None, _) => format!("final document{}", missing(found)),
            (Some(hop), _) => format!("hop {}{}", hop + 1, missing(found)),
        };
        if place.as_ref() != Some(&here) {
            let _ = writeln!(out, "\n{here}");
            place = Some(here);
        }
        sent(&mut out, found);
    }
    out
}

/// The pages that have no such response.
fn missing(found: &HeaderDifference) -> String {
    let sent = found.sent.iter().enumerate();
    let missing = sent.filter(|(_, sent)| **sent == Sent::NoResponse);
    let missing: Vec<String> = missing.map(|(number, _)| letter(number).to_string()).collect();
    if missing.is_empty() { String::new() } else { format!(" (not in {})", missing.join(", ")) }
}

fn letter(number: usize) -> char {
    u8::try_from(number).ok().and_then(|n| b'A'.checked_add(n)).map_or('?', char::from)
}

fn words(out: &mut String, case: &CaseDifference) {
    let _ = writeln!(out, "  {}", case.title);
    for (number, words) in case.words.iter().enumerate() {
        let told = match words.as_deref() {
            None => "(no page)".to_owned(),
            Some([first, rest @ ..]) if rest.iter().all(|word| word == first) => {
                format!("{first} in every engine")
            }
            Some(words) => by_word(words),
        };
        paragraph(out, &format!("    {}  ", letter(number)), &told);
    }
}

/// `connected in chromium and firefox, severed in webkit`.
fn by_word(words: &[&str]) -> String {
    let engines = [Engine::Chromium, Engine::Firefox, Engine::Webkit];
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for (word, engine) in words.iter().zip(engines) {
        match told.iter_mut().find(|(known, _)| known == word) {
            Some((_, engines)) => engines.push(engine.name()),
            None => told.push((word, vec![engine.name()])),
        }
    }
    let told = told.iter().map(|(word, engines)| format!("{word} in {}", engines.join(" and ")));
    told.collect::<Vec<_>>().join(", ")
}

fn sent(out: &mut String, found: &HeaderDifference) {
    let _ = writeln!(out, "  {}", found.name);
    for (number, sent) in found.sent.iter().enumerate() {
        let letter = letter(number);
        match sent {
            Sent::NoResponse => {}
            Sent::Values(values) if values.is_empty() => {
                header(out, 4, &format!("{letter}  (not sent)"));
            }
            Sent::Values(values) => {
                for value in values {
                    header(out, 4, &format!("{letter}  {value}"));
                }
            }
        }
    }
}
