//! Several pages side by side: what they do not do alike, and what they are sent otherwise.

use std::fmt::Write as _;

use super::{Inspected, header, heading, page::brief, paragraph};
use crate::chain::{CaseDifference, Difference, HeaderDifference, Sent};
use crate::spec::Engine;

/// The pages by letter, and what differs.
#[must_use]
pub fn compare(pages: &[Inspected], difference: &Difference) -> String {
    let mut out = String::new();
    for (number, page) in pages.iter().enumerate() {
        for (line, text) in brief(page).lines().enumerate() {
            let start = if line == 0 { format!("{}  ", letter(number)) } else { "   ".to_owned() };
            let _ = writeln!(out, "{start}{text}");
        }
        out.push('\n');
    }
    if difference.can_do_the_same() {
        out += "these pages can do the same\n";
    } else {
        out += "these pages cannot do the same\n";
    }
    let mut role = None;
    for case in &difference.cases {
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
            (None, _) => "final document".to_owned(),
            (Some(hop), _) => format!("hop {}", hop + 1),
        };
        if place.as_ref() != Some(&here) {
            let _ = writeln!(out, "\n{here}");
            place = Some(here);
        }
        sent(&mut out, found);
    }
    out
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
            Some(words) => {
                let engines = [Engine::Chromium, Engine::Firefox, Engine::Webkit];
                let each = engines.iter().zip(words);
                let each: Vec<String> =
                    each.map(|(engine, word)| format!("{} in {}", word, engine.name())).collect();
                each.join(", ")
            }
        };
        paragraph(out, &format!("    {}  ", letter(number)), &told);
    }
}

fn sent(out: &mut String, found: &HeaderDifference) {
    let _ = writeln!(out, "  {}", found.name);
    for (number, sent) in found.sent.iter().enumerate() {
        let letter = letter(number);
        match sent {
            Sent::NoResponse => header(out, 4, &format!("{letter}  (no such response)")),
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
