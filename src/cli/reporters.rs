//! Where the reports of a run go besides the terminal.

use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context as _;
use coopwright::report;
use serde_json::Value;

/// A report besides what the terminal shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reporter {
    kind: Kind,
    /// Where it goes; nothing: to what reads the program's output.
    file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Html,
    Json,
    Junit,
    Tap,
    Markdown,
    Github,
}

/// The kinds, each with the file that it has where none is named.
const KINDS: [(&str, Kind, Option<&str>); 6] = [
    ("html", Kind::Html, Some("coopwright-report.html")),
    ("json", Kind::Json, Some("coopwright-report.json")),
    ("junit", Kind::Junit, Some("coopwright-report.xml")),
    ("tap", Kind::Tap, Some("coopwright-report.tap")),
    ("markdown", Kind::Markdown, Some("coopwright-report.md")),
    ("github", Kind::Github, None),
];

impl FromStr for Reporter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, "")) => return Err(format!("the file's name is missing: {name}=FILE")),
            Some((name, file)) => (name, Some(file)),
            None => (text, None),
        };
        let known = KINDS.into_iter().find(|(known, ..)| *known == name);
        let Some((_, kind, unasked)) = known else {
            let known: Vec<&str> = KINDS.iter().map(|(name, ..)| *name).collect();
            return Err(format!("`{name}` is no reporter; known here: {}", known.join(", ")));
        };
        Ok(Self { kind, file: file.or(unasked).map(PathBuf::from) })
    }
}

impl Reporter {
    /// Whether it shows the page, and not the JSON document.
    pub(super) fn is_page(&self) -> bool {
        self.kind == Kind::Html
    }

    /// Writes it. The folder of its file is made if it is missing.
    fn write(&self, page: &str, document: &Value, json_on_stdout: bool) -> anyhow::Result<()> {
        let text = match self.kind {
            Kind::Html => page.to_owned(),
            Kind::Json => serde_json::to_string_pretty(document)? + "\n",
            Kind::Junit => report::junit(document)?,
            Kind::Tap => report::tap(document)?,
            Kind::Markdown => report::markdown(document)?,
            Kind::Github => report::github(document)?,
        };
        let Some(file) = &self.file else {
            // GitHub reads both.
            let mut to: Box<dyn Write> =
                if json_on_stdout { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
            return Ok(to.write_all(text.as_bytes())?);
        };
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        }
        std::fs::write(file, text)
            .with_context(|| format!("cannot write the report to `{}`", file.display()))
    }
}

/// Writes them all; one that cannot be written is told of, and does not keep the others from it. Gives whether
/// all are written.
pub(super) fn write_all(
    reporters: &[Reporter],
    page: &str,
    document: &Value,
    json_on_stdout: bool,
) -> io::Result<bool> {
    let mut all = true;
    for reporter in reporters {
        if let Err(error) = reporter.write(page, document, json_on_stdout) {
            all = false;
            writeln!(io::stderr(), "error: {error:#}")?;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reporter_has_a_kind_and_a_file() {
        let file = |text: &str| text.parse::<Reporter>().map(|reporter| reporter.file);
        assert_eq!(file("junit"), Ok(Some(PathBuf::from("coopwright-report.xml"))));
        assert_eq!(file("html=a/b=c.html"), Ok(Some(PathBuf::from("a/b=c.html"))));
        assert_eq!(file("github"), Ok(None));
        assert!(file("json=").unwrap_err().contains("json=FILE"));
        assert!(file("xunit").unwrap_err().contains("known here: html, json, junit"));
    }
}
