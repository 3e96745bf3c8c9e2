//! What browsers ignore without a word in the headers of one response. Pure.
//!
//! [`header`] judges one header by its raw values, [`response`] a whole response; each [`Lint`] has a
//! stable [`Code`], which [`explain`] tells at length. [`effective`] says what counts in the end.
//!
//! `value` (with `mend`), `permissions`, `reporting` and `cors` judge spellings, `isolation` and `place` what only
//! the whole response shows; `names` knows the headers, `codes` is the table.

mod codes;
mod cors;
mod effective;
mod explain;
mod isolation;
mod mend;
mod names;
mod permissions;
mod place;
#[cfg(test)]
mod properties;
mod quote;
mod reporting;
mod value;

use std::fmt;

use serde::Serialize;

use crate::policy::Lines;

pub use codes::{Code, Example, Severity, Source, code, codes};
pub use effective::{Effective, UnknownHeader, effective};
pub use explain::{explain, list};
use names::Kind;

/// One thing in a response that does not do what it seems to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lint {
    /// What kind of thing it is.
    #[serde(serialize_with = "codes::by_name")]
    pub code: &'static Code,
    /// The header that it is about, as the standards spell it; of a misspelt one the name that was
    /// probably meant.
    pub header: &'static str,
    /// One line that quotes the value.
    pub text: String,
    /// The line that it is about, if it is one line: its index among the lines that were given.
    pub line: Option<usize>,
}

impl Lint {
    fn new(code: &'static Code, header: &'static str, text: impl Into<String>) -> Self {
        Self { code, header, text: text.into(), line: None }
    }

    fn at(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.header, self.text)
    }
}

/// What is known about a response besides its headers. What is not known is not judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Whether its origin is potentially trustworthy ([`crate::origin::Origin::is_trustworthy`]).
    pub secure: Option<bool>,
    /// Its status.
    pub status: Option<u16>,
    /// Whether it becomes a document. Without it the content type decides, where it can.
    pub is_document: Option<bool>,
    /// Whether that document is in a frame.
    pub framed: Option<bool>,
    /// Whether it answers a CORS preflight.
    pub preflight: bool,
    /// The text of an HTML document.
    pub html: Option<&'a str>,
}

/// The lints of one header by the raw values of its lines, in order. A name that is close to one of
/// the family is taken as misspelt; any other unknown header has none.
#[must_use]
pub fn header(name: &str, lines: &[String]) -> Vec<Lint> {
    let Some(known) = names::known(name) else {
        return names::misspelt(name).into_iter().collect();
    };
    let headers: Vec<(String, String)> =
        lines.iter().map(|line| (known.name.to_owned(), line.clone())).collect();
    of_header(known, Lines::new(&headers))
}

/// The lints of a whole response: those of each header, and those that more than one header or the
/// context shows. [`Lint::line`] is an index into `headers`.
#[must_use]
pub fn response(headers: &[(String, String)], context: &Context<'_>) -> Vec<Lint> {
    let lines = Lines::new(headers);
    let mut lints = Vec::new();
    for known in &names::KNOWN {
        let places = headers.iter().enumerate();
        let places = places.filter(|(_, (name, _))| name.eq_ignore_ascii_case(known.name));
        let places: Vec<usize> = places.map(|(index, _)| index).collect();
        lints.extend(of_header(known, lines).into_iter().map(|lint| Lint {
            line: lint.line.and_then(|line| places.get(line).copied()),
            ..lint
        }));
    }
    for (index, (name, _)) in headers.iter().enumerate() {
        lints.extend(names::misspelt(name).map(|lint| lint.at(index)));
    }
    lints.extend(place::lints(lines, context));
    lints.extend(isolation::lints(lines, context));
    lints.extend(reporting::targets(lines));
    lints.extend(cors::together(lines, context));
    lints
}

fn of_header(known: &'static names::Known, lines: Lines<'_>) -> Vec<Lint> {
    let values: Vec<&str> = lines.all(known.name).collect();
    let Some(combined) = lines.combined(known.name) else { return Vec::new() };
    match known.kind {
        Kind::Token(_) | Kind::Exact(_) | Kind::Boolean => value::lints(known, &values, &combined),
        Kind::PermissionsPolicy => permissions::lints(&combined),
        Kind::Endpoints => reporting::endpoints(&combined),
        Kind::AllowOrigin | Kind::AllowCredentials | Kind::NameList | Kind::MaxAge => {
            cors::lints(known, &values, &combined)
        }
    }
}
