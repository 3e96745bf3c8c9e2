//! Where the reports of a rehearsal go besides the terminal.

use std::path::PathBuf;
use std::str::FromStr;

use coopwright::report::RehearsalReport;
use serde_json::Value;

use crate::cli::reporters::{kind_and_file, write_file};

/// A report in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reporter {
    kind: Kind,
    file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Markdown,
    Html,
    Json,
}

impl FromStr for Reporter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = kind_and_file(text)?;
        let (kind, unasked) = match name {
            "markdown" => (Kind::Markdown, "coopwright-rehearsal.md"),
            "html" => (Kind::Html, "coopwright-rehearsal.html"),
            "json" => (Kind::Json, "coopwright-rehearsal.json"),
            _ => return Err(format!("`{name}` is no reporter; known here: markdown, html, json")),
        };
        Ok(Self { kind, file: PathBuf::from(file.unwrap_or(unasked)) })
    }
}

impl Reporter {
    /// Writes the file. Its folder is made if it is missing.
    pub(super) fn write(
        &self,
        report: &RehearsalReport,
        document: &dyn Fn() -> Value,
    ) -> anyhow::Result<()> {
        let text = match self.kind {
            Kind::Markdown => report.markdown(),
            Kind::Html => report.html(),
            Kind::Json => serde_json::to_string_pretty(&document())? + "\n",
        };
        write_file(&self.file, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reporter_has_a_kind_and_a_file() {
        let file = |text: &str| text.parse::<Reporter>().map(|reporter| reporter.file);
        assert_eq!(file("markdown"), Ok(PathBuf::from("coopwright-rehearsal.md")));
        assert_eq!(file("html=a/b=c.html"), Ok(PathBuf::from("a/b=c.html")));
        assert!(file("json=").unwrap_err().contains("json=FILE"));
        assert!(file("junit").unwrap_err().contains("known here: markdown, html, json"));
    }
}
