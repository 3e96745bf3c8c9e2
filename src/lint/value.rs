//! Spellings of the headers whose value is one word, and of `Origin-Agent-Cluster`.
//!
//! A value that does not count is taken apart as long as there is something to say about it: the
//! outermost fault first, then what remains without it, so that all can be mended at once.

use super::Lint;
use super::codes::{self, Code, Severity};
use super::mend::{
    QUOTES, has_capital_name, in_ascii, is_plain, name_of, parts, without_capital_names,
    without_stray_spaces,
};
use super::names::{KNOWN, Kind, Known};
use super::quote::{choice, plain, quote, twice};
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
    let mut lints = vec![judge.lint(&codes::HEADER_TWICE, twice(values, combined))];
    for (line, value) in values.iter().enumerate() {
        // Beside another an empty line is no absent header: it spoils the whole.
        if value.trim_matches([' ', '\t']).is_empty() {
            continue;
        }
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

    /// The word that is the same as no header.
    fn default(self) -> Option<&'static str> {
        match self.known.kind {
            Kind::Token(words) => words.first().copied(),
            _ => None,
        }
    }

    /// What the value may be. Nobody who writes a value wants the default.
    fn choice(self) -> String {
        if matches!(self.known.kind, Kind::Boolean) {
            return choice(&["?1", "?0"]);
        }
        let words = self.words().iter().copied().filter(|word| Some(*word) != self.default());
        choice(&words.collect::<Vec<_>>())
    }

    fn parses(self, value: &str) -> bool {
        match self.known.kind {
            Kind::Exact(words) => words.contains(&value),
            Kind::Boolean => matches!(item(value), Some(Item { bare: Bare::Boolean(_), .. })),
            _ => matches!(item(value), Some(Item { bare: Bare::Token(_), .. })),
        }
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
            Bare::Text(inner) => return self.quoted(value, inner, depth),
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

    fn quoted(self, value: &str, inner: &str, depth: usize) -> Vec<Lint> {
        let text = format!("{} has quotes, and only the bare word counts", quote(value));
        self.mended(&codes::QUOTED_VALUE, text, value, inner, depth)
    }

    fn parameters(self, item: &Item, value: &str) -> Vec<Lint> {
        let judged = item.parameters.iter().filter_map(|(name, parameter)| {
            if name != "report-to" {
                let text = format!(
                    "{} counts without its parameter `{}`, which nobody knows",
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
        let lint = |code, text| vec![self.lint(code, text)];
        if self.default() == Some(word) {
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
        let owners = KNOWN.iter().filter(|other| !other.name.ends_with("-Report-Only"));
        let owners = owners.filter(|other| other.kind.words().iter().any(|word| same(&word)));
        let owners: Vec<String> = owners.map(|other| format!("`{}`", other.name)).collect();
        // `none` is a word that everybody guesses.
        if !owners.is_empty() && !word.eq_ignore_ascii_case("none") {
            let owners = owners.join(" and ");
            let text =
                format!("{} is a value of {owners}; here write {}", quote(word), self.choice());
            return lint(&codes::VALUE_OF_ANOTHER_HEADER, text);
        }
        let frames = ["SAMEORIGIN", "DENY"].iter().any(|other| other.eq_ignore_ascii_case(word));
        let stranger =
            if frames { "a value of X-Frame-Options" } else { "no value of this header" };
        let meant = match (self.nearest(word), self.default()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(default)) if word.eq_ignore_ascii_case("none") => {
                format!("write `{default}`, or leave the header out")
            }
            (None, _) => format!("write {}", self.choice()),
        };
        lint(&codes::UNKNOWN_VALUE, format!("{} is {stranger}: {meant}", quote(word)))
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

    /// A fault, and what remains of the value without it: the value that was meant, or more faults.
    fn mended(
        self,
        code: &'static Code,
        text: String,
        value: &str,
        rest: &str,
        depth: usize,
    ) -> Vec<Lint> {
        let rest = rest.trim_matches([' ', '\t']);
        let more = self.rest(rest, value, depth);
        let is_meant = more.is_empty() && rest != value && !rest.is_empty() && depth < DEEPEST;
        let text = if is_meant { format!("{text}: write {}", quote(rest)) } else { text };
        let mut lints = vec![self.lint(code, text)];
        lints.extend(more);
        lints
    }

    /// The errors of what remains, unless nothing has changed.
    fn rest(self, rest: &str, value: &str, depth: usize) -> Vec<Lint> {
        if rest == value || rest.is_empty() {
            return Vec::new();
        }
        self.value(rest, depth + 1).into_iter().filter(is_error).collect()
    }

    /// A value that does not parse, or is not one of the exact words.
    fn spelled(self, value: &str, depth: usize) -> Vec<Lint> {
        let shown = quote(value);
        let with = |code, text, rest: &str| self.mended(code, text, value, rest, depth);
        if let Some(odd) = value.chars().find(|c| !is_plain(*c)) {
            let text = format!("{shown} contains {}", name_of(odd));
            let plain: String = value.chars().filter_map(in_ascii).collect();
            return with(&codes::FORBIDDEN_CHARACTER, text, &plain);
        }
        if value.starts_with(QUOTES) {
            return self.quoted(value, &value.replace(QUOTES, ""), depth);
        }
        if let Some(list) = parts(value, ',') {
            return self.list(&list, value, depth);
        }
        if let Kind::Exact(_) = self.known.kind {
            return match value.split_once(';') {
                Some((word, rest)) if rest.trim_matches([' ', ';', '\t']).is_empty() => {
                    self.semicolon(value, word, depth)
                }
                Some((word, _)) => {
                    let text = format!("{shown} has a parameter, and this header takes none");
                    with(&codes::CORP_PARAMETER, text, word)
                }
                None if value.contains([' ', '\t', ':']) => self.malformed(value, depth),
                None => self.word(value),
            };
        }
        let tight = without_stray_spaces(value);
        if tight != value {
            let text = format!("{shown} has a tab or space where none may stand");
            return with(&codes::STRAY_SPACE, text, &tight);
        }
        if value.ends_with(';') {
            return self.semicolon(value, value.trim_end_matches([';', ' ', '\t']), depth);
        }
        if value.starts_with('(') {
            let text = format!("{shown} is a list");
            return with(&codes::NOT_A_TOKEN, text, value.trim_matches(['(', ')']));
        }
        self.malformed(value, depth)
    }

    fn list(self, parts: &[&str], value: &str, depth: usize) -> Vec<Lint> {
        let parts = parts.iter().map(|part| part.trim_matches([' ', '\t']));
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        if let [only] = parts[..] {
            let text = format!("the comma makes {} a list, which is no value", quote(value));
            return self.mended(&codes::SEVERAL_VALUES, text, value, only, depth);
        }
        let text = format!(
            "{} is a list; the header takes one value, and none of these counts",
            quote(value)
        );
        let mut lints = vec![self.lint(&codes::SEVERAL_VALUES, text)];
        for part in parts {
            for lint in self.rest(part, value, depth) {
                if !lints.contains(&lint) {
                    lints.push(lint);
                }
            }
        }
        lints
    }

    fn semicolon(self, value: &str, word: &str, depth: usize) -> Vec<Lint> {
        let text =
            format!("{} has a semicolon at the end, and no parameter after it", quote(value));
        self.mended(&codes::TRAILING_SEMICOLON, text, value, word, depth)
    }

    fn malformed(self, value: &str, depth: usize) -> Vec<Lint> {
        let shown = quote(value);
        let lower = value.to_ascii_lowercase();
        let own = self.known.name.to_ascii_lowercase();
        let after_name = lower.strip_prefix(&own).map(|rest| value.len() - rest.len());
        let (text, rest) = if let Some(rest) = value.strip_prefix(':') {
            (format!("{shown} begins with a second colon"), rest.to_owned())
        } else if let Some(at) = after_name {
            let rest = value.get(at..).unwrap_or_default();
            let rest = rest.trim_start_matches([':', ' ', '\t', '=']);
            (format!("{shown} repeats the header's name"), rest.to_owned())
        } else if value.split(';').skip(1).any(has_capital_name) {
            let text = format!("{shown} has a parameter with capital letters in its name");
            (text, without_capital_names(value))
        } else {
            let text = format!("{shown} does not parse: write {}", self.choice());
            (text, value.to_owned())
        };
        self.mended(&codes::MALFORMED_VALUE, text, value, &rest, depth)
    }
}
