//! A code at length, and the list of all codes: plain text of at most 80 columns.

use super::codes::{Code, Severity, codes};

const WIDTH: usize = 80;

/// All about one code.
#[must_use]
pub fn explain(code: &Code) -> String {
    let mut text = format!("{} ({})\n\n", code.name, code.severity.name());
    text += &wrapped(code.summary, "", "");
    text += "\n";
    text += &wrapped(code.explanation, "", "");
    text += "\n";
    text += &wrapped(code.instead, "instead  ", "         ");
    if let Some(example) = code.example {
        text += &wrapped(&example.to_string(), "example  ", "         ");
    }
    text += &wrapped(&code.source.to_string(), "source   ", "         ");
    text += &wrapped(code.source.url, "         ", "         ");
    text
}

/// All codes with their summaries, by severity.
#[must_use]
pub fn list() -> String {
    let widest = codes().map(|code| code.name.len()).max().unwrap_or(0);
    let indent = " ".repeat(widest + 4);
    let mut text = String::new();
    let groups = [
        (Severity::Error, "errors: the header has no effect"),
        (Severity::Warning, "warnings: it counts, and something that was meant by it does not"),
        (Severity::Note, "notes: good to know"),
    ];
    for (severity, title) in groups {
        if !text.is_empty() {
            text.push('\n');
        }
        text += title;
        text.push('\n');
        for code in codes().filter(|code| code.severity == severity) {
            text += &wrapped(code.summary, &format!("  {:widest$}  ", code.name), &indent);
        }
    }
    text
}

/// The words in lines; a word that is longer than a line stays whole.
fn wrapped(text: &str, first: &str, next: &str) -> String {
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut columns = first.chars().count();
    let mut fresh = true;
    for word in text.split(' ') {
        let width = word.chars().count();
        if !fresh && columns + 1 + width > WIDTH {
            lines += line.trim_end();
            lines.push('\n');
            next.clone_into(&mut line);
            columns = next.chars().count();
            fresh = true;
        }
        if !fresh {
            line.push(' ');
            columns += 1;
        }
        line += word;
        columns += width;
        fresh = false;
    }
    lines += line.trim_end();
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_fits_and_ends_with_a_line() {
        for code in codes() {
            let text = explain(code);
            for line in text.lines().filter(|line| !line.contains("https://")) {
                assert!(line.chars().count() <= WIDTH, "{}: {line}", code.name);
                assert_eq!(line.trim_end(), line);
            }
            assert!(text.ends_with('\n'));
        }
        assert!(list().lines().all(|line| line.chars().count() <= WIDTH));
        for code in codes() {
            assert!(list().contains(&format!("\n  {} ", code.name)), "{}", code.name);
        }
    }
}
