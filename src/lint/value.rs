//! Spellings of the headers whose value is one word, and of `Origin-Agent-Cluster`.
//!
//! A value that does not count is taken apart as long as there is something to say about it: the
//! outermost fault first, then what remains without it, so that all can be mended at once.

use super::Lint;
use super::codes::{self, Code, Severity};
use super::names::{KNOWN, Kind, Known};
use super::quote::{choice, plain, quote};
use crate::policy::OpenerPolicy;
use crate::policy::structured::{Bare, Item, item};

/// How many faults of one value are told; one inside the other, there could be thousands.
const DEEPEST: usize = 4;

/// The lints of a header with these lines, which make this combined value.
pub(super) fn lints(known: &'static Known, values: &[&str], combined: &str) -> Vec<Lint> {
    let judge = Judge { known };
    if let [value] = values {
        return judge.value(value, 0).into_iter().map(|lint| lint.at(0)).collect();
    }
    if judge.parses(combined) {
        return judge.value(combined, 0);
    }
    let mut lints = vec![judge.twice(values, combined)];
    for (line, value) in values.iter().enumerate() {
        let own = judge.value(value, 0).into_iter().filter(is_error);
        lints.extend(own.map(|lint| lint.at(line)));
    }
    lints
}

fn is_error(lint: &Lint) -> bool {
    lint.code.severity == Severity::Error
}

#[derive(Clone, Copy)]
struct Judge {
    known: &'static Known,
}

impl Judge {
    fn lint(self, code: &'static Code, text: String) -> Lint {
        Lint::new(code, self.known.name, text)
    }

    fn words(self) -> &'static [&'static str] {
        self.known.kind.words()
    }

    fn knows(self, word: &str) -> bool {
        self.words().contains(&word)
    }

    /// What the value may be.
    fn choice(self) -> String {
        if matches!(self.known.kind, Kind::Boolean) {
            choice(&["?1", "?0"])
        } else {
            choice(self.words())
        }
    }

    fn parses(self, value: &str) -> bool {
        match self.known.kind {
            Kind::Exact(words) => words.contains(&value),
            Kind::Boolean => matches!(item(value), Some(Item { bare: Bare::Boolean(_), .. })),
            _ => matches!(item(value), Some(Item { bare: Bare::Token(_), .. })),
        }
    }

    fn twice(self, values: &[&str], combined: &str) -> Lint {
        let first = values.first().copied().unwrap_or_default();
        let said = if values.iter().all(|value| *value == first) {
            format!("with {} each time", quote(first))
        } else {
            let shown: Vec<String> = values.iter().take(4).map(|value| quote(value)).collect();
            format!("with {}", shown.join(" and "))
        };
        let text = format!(
            "sent {} times, {said}: joined to {} it is no value, and none of the lines counts",
            values.len(),
            quote(combined)
        );
        self.lint(&codes::HEADER_TWICE, text)
    }

    fn value(self, value: &str, depth: usize) -> Vec<Lint> {
        let value = value.trim_matches([' ', '\t']);
        if depth > DEEPEST {
            return Vec::new();
        }
        if value.is_empty() {
            let text = format!("has no value, the same as no header: write {}", self.choice());
            return vec![self.lint(&codes::EMPTY_VALUE, text)];
        }
        match self.known.kind {
            Kind::Boolean if self.parses(value) => Vec::new(),
            Kind::Boolean => {
                let text = format!("{} is no boolean: write `?1` or `?0`", quote(value));
                vec![self.lint(&codes::NOT_A_BOOLEAN, text)]
            }
            Kind::Exact(words) if words.contains(&value) => Vec::new(),
            Kind::Exact(_) => self.spelled(value, depth),
            _ => match item(value) {
                Some(item) => self.item(&item, value, depth),
                None => self.spelled(value, depth),
            },
        }
    }

    /// A value that parses, as something.
    fn item(self, item: &Item, value: &str, depth: usize) -> Vec<Lint> {
        let mut lints = match &item.bare {
            Bare::Token(word) => self.word(word),
            Bare::Text(inner) => {
                let mut lints = vec![self.quoted(value)];
                lints.extend(self.rest(inner, value, depth));
                return lints;
            }
            Bare::Boolean(_) => vec![self.not_a_token(value, "a boolean")],
            Bare::Other(kind) => vec![self.not_a_token(value, kind)],
        };
        if !lints.iter().any(is_error) {
            lints.extend(self.parameters(item, value));
        }
        lints
    }

    fn not_a_token(self, value: &str, kind: &str) -> Lint {
        let text = format!("{} is {kind}: write {}", quote(value), self.choice());
        self.lint(&codes::NOT_A_TOKEN, text)
    }

    fn quoted(self, value: &str) -> Lint {
        let text = format!("{} has quotes, and only the bare word counts", quote(value));
        self.lint(&codes::QUOTED_VALUE, text)
    }

    fn parameters(self, item: &Item, value: &str) -> Vec<Lint> {
        let judged = item.parameters.iter().filter_map(|(name, parameter)| {
            if name != "report-to" {
                let text = format!(
                    "{} is read without its parameter `{}`, which nobody knows",
                    quote(value),
                    plain(name)
                );
                return Some(self.lint(&codes::UNKNOWN_PARAMETER, text));
            }
            if matches!(parameter, Bare::Text(_)) {
                return None;
            }
            let written = match parameter {
                Bare::Token(name) => plain(name),
                _ => "name".to_owned(),
            };
            let text = format!(
                "in {} the endpoint is no string, so the reports are lost: write \
                 `report-to=\"{written}\"`",
                quote(value)
            );
            Some(self.lint(&codes::REPORT_TO_NOT_A_STRING, text))
        });
        judged.collect()
    }

    /// A single word.
    fn word(self, word: &str) -> Vec<Lint> {
        let default = match self.known.kind {
            Kind::Token(words) => words.first().copied(),
            _ => None,
        };
        let lint = |code, text| vec![self.lint(code, text)];
        if default == Some(word) {
            let text = format!("`{word}` is the default, the same as no header");
            return lint(&codes::DEFAULT_VALUE, text);
        }
        if self.knows(word) {
            if self.known.name == OpenerPolicy::REPORT_ONLY && word == "noopener-allow-popups" {
                let text = format!("`{word}` counts in `{}` only", OpenerPolicy::NAME);
                return lint(&codes::REPORT_ONLY_NOOPENER, text);
            }
            return Vec::new();
        }
        let same = |other: &&&str| other.eq_ignore_ascii_case(word);
        if let Some(right) = self.words().iter().find(same) {
            let text = format!("{} has capital letters: write `{right}`", quote(word));
            return lint(&codes::WRONG_CASE, text);
        }
        if self.words().contains(&"same-origin-allow-popups") {
            if word.eq_ignore_ascii_case("same-origin-plus-COEP") {
                let text = format!(
                    "{} cannot be written: send `same-origin`, and an embedder policy beside it",
                    quote(word)
                );
                return lint(&codes::DERIVED_VALUE, text);
            }
            if word.eq_ignore_ascii_case("restrict-properties") {
                let text = format!("no browser knows {}: write {}", quote(word), self.choice());
                return lint(&codes::WITHDRAWN_VALUE, text);
            }
        }
        if let Some(owner) = KNOWN.iter().find(|other| other.kind.words().iter().any(|o| same(&o)))
        {
            let text = format!(
                "{} is a value of `{}`; here write {}",
                quote(word),
                owner.name,
                self.choice()
            );
            return lint(&codes::VALUE_OF_ANOTHER_HEADER, text);
        }
        let meant = self.nearest(word).map_or_else(
            || format!("write {}", self.choice()),
            |near| format!("did you mean `{near}`?"),
        );
        lint(&codes::UNKNOWN_VALUE, format!("{} is no value of this header: {meant}", quote(word)))
    }

    /// The word that was probably meant.
    fn nearest(self, word: &str) -> Option<&'static str> {
        let plain = word.to_ascii_lowercase().replace('_', "-");
        if plain.len() > 40 {
            return None;
        }
        let words = self.words().iter();
        let scored =
            words.map(|known| (strsim::normalized_damerau_levenshtein(&plain, known), *known));
        let near = scored.filter(|(likeness, _)| *likeness >= 0.75);
        near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
    }

    /// What remains of a value when a fault is taken out, unless nothing has changed.
    fn rest(self, rest: &str, value: &str, depth: usize) -> Vec<Lint> {
        let rest = rest.trim_matches([' ', '\t']);
        if rest == value || rest.is_empty() {
            return Vec::new();
        }
        self.value(rest, depth + 1).into_iter().filter(is_error).collect()
    }

    /// A value that does not parse, or is not one of the exact words.
    fn spelled(self, value: &str, depth: usize) -> Vec<Lint> {
        let with = |lint: Lint, rest: &str| {
            let mut lints = vec![lint];
            lints.extend(self.rest(rest, value, depth));
            lints
        };
        if let Some(odd) = value.chars().find(|c| !is_plain(*c)) {
            let text = format!("{} contains {}: type it again by hand", quote(value), name_of(odd));
            let mended: String = value.chars().filter_map(mended).collect();
            return with(self.lint(&codes::NOT_ASCII, text), &mended);
        }
        if value.starts_with(QUOTES) {
            return with(self.quoted(value), &value.replace(QUOTES, ""));
        }
        if let Some(list) = parts(value, ',') {
            let text = format!("{} is a list, and only one value is read", quote(value));
            let mut lints = vec![self.lint(&codes::SEVERAL_VALUES, text)];
            for part in list {
                for lint in self.rest(part, value, depth) {
                    if !lints.contains(&lint) {
                        lints.push(lint);
                    }
                }
            }
            return lints;
        }
        if let Kind::Exact(_) = self.known.kind {
            return match value.split_once(';') {
                Some((word, rest)) if rest.trim_matches([' ', ';', '\t']).is_empty() => {
                    with(self.semicolon(value), word)
                }
                Some((word, _)) => {
                    let text =
                        format!("{} has a parameter, and this header takes none", quote(value));
                    with(self.lint(&codes::CORP_PARAMETER, text), word)
                }
                None if value.contains([' ', '\t']) => self.malformed(value, depth),
                None => self.word(value),
            };
        }
        let tight = without_stray_spaces(value);
        if tight != value {
            let text = format!("{} has a tab or space where none may stand", quote(value));
            return with(self.lint(&codes::STRAY_SPACE, text), &tight);
        }
        if value.ends_with(';') {
            return with(self.semicolon(value), value.trim_end_matches([';', ' ', '\t']));
        }
        if value.starts_with('(') {
            let inner = value.trim_matches(['(', ')']);
            return with(self.not_a_token(value, "a list"), inner);
        }
        self.malformed(value, depth)
    }

    fn semicolon(self, value: &str) -> Lint {
        let text =
            format!("{} has a semicolon at the end, and no parameter after it", quote(value));
        self.lint(&codes::TRAILING_SEMICOLON, text)
    }

    fn malformed(self, value: &str, depth: usize) -> Vec<Lint> {
        let lower = value.to_ascii_lowercase();
        let name = self.known.name.to_ascii_lowercase();
        let after_name = lower.strip_prefix(&name).map(|rest| value.len() - rest.len());
        let (why, rest) = match (value.strip_prefix(':'), after_name) {
            (Some(rest), _) => ("begins with a second colon", rest),
            (None, Some(at)) => {
                let rest = value.get(at..).unwrap_or_default();
                ("repeats the header's name", rest.trim_start_matches([':', ' ', '\t', '=']))
            }
            (None, None) if value.split(';').skip(1).any(capital_name) => {
                ("has a parameter with capital letters in its name, which does not parse", value)
            }
            (None, None) => ("does not parse", value),
        };
        let text = format!("{} {why}: write {}", quote(value), self.choice());
        let mut lints = vec![self.lint(&codes::MALFORMED_VALUE, text)];
        lints.extend(self.rest(rest, value, depth));
        lints
    }
}

const QUOTES: [char; 3] = ['"', '\'', '`'];

fn capital_name(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    name.contains(|c: char| c.is_ascii_uppercase())
}

fn is_plain(char: char) -> bool {
    char == ' ' || char == '\t' || char.is_ascii_graphic()
}

/// The character that was meant; nothing for what should not be there.
fn mended(char: char) -> Option<char> {
    match char {
        _ if is_plain(char) => Some(char),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
        _ => None,
    }
}

fn name_of(char: char) -> String {
    let code = format!("U+{:04X}", u32::from(char));
    match (char, mended(char)) {
        (_, Some('-')) => format!("a dash that is no hyphen ({code})"),
        (_, Some(' ')) => format!("a space that is no plain one ({code})"),
        ('\u{2018}'..='\u{201f}' | '«' | '»', _) => format!("a typographic quote ({code})"),
        ('\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}', _) => {
            format!("an invisible character ({code})")
        }
        (control, _) if control.is_control() => format!("a control character ({code})"),
        _ => format!("a character that is not ASCII ({code})"),
    }
}

/// The parts between separators that stand outside of quotes; nothing where there is no separator.
fn parts(value: &str, separator: char) -> Option<Vec<&str>> {
    let mut quoted = false;
    let split = |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    };
    let parts: Vec<&str> = value.split(split).collect();
    (parts.len() > 1).then_some(parts)
}

/// The value with its parameters set as the grammar wants them.
fn without_stray_spaces(value: &str) -> String {
    let Some(parts) = parts(value, ';') else { return value.replace('\t', " ") };
    let mut tight = String::new();
    let last = parts.len() - 1;
    for (index, part) in parts.iter().enumerate() {
        let part = if index == last { *part } else { part.trim_end_matches([' ', '\t']) };
        if index > 0 {
            tight.push(';');
        }
        let spaces = if index > 0 { part.len() - part.trim_start_matches(' ').len() } else { 0 };
        tight.push_str(&part[..spaces]);
        tight.push_str(part[spaces..].trim_start_matches(['\t', ' ']));
    }
    tight
}
