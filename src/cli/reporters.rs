//! Where the reports of a run go besides the terminal.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use coopwright::report::{self, Results};

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
    Blob,
}

/// The kinds, each with the file that it has where none is named.
const KINDS: [(&str, Kind, Option<&str>); 7] = [
    ("html", Kind::Html, Some("coopwright-report.html")),
    ("json", Kind::Json, Some("coopwright-report.json")),
    ("junit", Kind::Junit, Some("coopwright-report.xml")),
    ("tap", Kind::Tap, Some("coopwright-report.tap")),
    ("markdown", Kind::Markdown, Some("coopwright-report.md")),
    ("github", Kind::Github, None),
    // Its name tells which shard it is of.
    ("blob", Kind::Blob, None),
];

/// What kind of report is asked for, and in which file if that is said: `KIND[=FILE]`.
pub(super) fn kind_and_file(text: &str) -> Result<(&str, Option<&str>), String> {
    match text.split_once('=') {
        Some((name, "")) => Err(format!("the file's name is missing: {name}=FILE")),
        Some((name, file)) => Ok((name, Some(file))),
        None => Ok((text, None)),
    }
}

/// Writes a report. Its folder is made if it is missing.
pub(super) fn write_file(file: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    }
    std::fs::write(file, text)
        .with_context(|| format!("cannot write the report to `{}`", file.display()))
}

/// A text that goes to the program's output: where GitHub reads along, nothing that a page says commands it.
pub(super) fn for_terminal<'t>(text: &'t str, reporters: &[Reporter]) -> Cow<'t, str> {
    match reporters.iter().any(|reporter| reporter.kind == Kind::Github) {
        true => report::without_commands(text).into(),
        false => text.into(),
    }
}

impl FromStr for Reporter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = kind_and_file(text)?;
        let known = KINDS.into_iter().find(|(known, ..)| *known == name);
        let Some((_, kind, unasked)) = known else {
            let known: Vec<&str> = KINDS.iter().map(|(name, ..)| *name).collect();
            return Err(format!("`{name}` is no reporter; known here: {}", known.join(", ")));
        };
        Ok(Self { kind, file: file.or(unasked).map(PathBuf::from) })
    }
}

/// The command that makes the same run, as a shell takes it: without what only says where reports go, or which
/// part of it is run where. Passwords in addresses are left out.
pub(super) fn command(arguments: impl IntoIterator<Item = String>) -> String {
    let mut words = vec!["coopwright".to_owned()];
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let (name, value) = argument
            .split_once('=')
            .map_or((&*argument, None), |(name, value)| (name, Some(value)));
        match name {
            "--reporter" | "--shard" | "--durations" | "--output" => {
                if value.is_none() {
                    arguments.next();
                }
            }
            "--json" => {}
            _ => words.push(quoted(&without_password(&argument))),
        }
    }
    words.join(" ")
}

fn without_password(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let authority = rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]);
    match authority.rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => word.to_owned(),
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl Reporter {
    /// Whether it shows what windows looked like.
    pub(super) fn shows_pictures(&self) -> bool {
        matches!(self.kind, Kind::Html | Kind::Blob)
    }

    fn text(&self, results: &Results) -> anyhow::Result<String> {
        let document = &results.document;
        Ok(match self.kind {
            Kind::Html => report::html::render(&results.page),
            Kind::Json => serde_json::to_string_pretty(document)? + "\n",
            Kind::Junit => report::junit(document)?,
            Kind::Tap => report::tap(document)?,
            Kind::Markdown => report::markdown(document)?,
            Kind::Github => report::github(document)?,
            Kind::Blob => serde_json::to_string(results)? + "\n",
        })
    }

    /// Where it goes, if it goes into a file.
    fn file(&self, results: &Results) -> Option<PathBuf> {
        match (&self.file, self.kind, &results.shard) {
            (None, Kind::Blob, Some(shard)) => Some(
                format!("coopwright-blob-{}-of-{}.json", shard.number, shard.plan.len()).into(),
            ),
            (None, Kind::Blob, None) => Some("coopwright-blob.json".into()),
            (file, ..) => file.clone(),
        }
    }

    fn write(&self, results: &Results, json_on_stdout: bool) -> anyhow::Result<()> {
        let text = self.text(results)?;
        let Some(file) = self.file(results) else {
            // GitHub reads both.
            let mut to: Box<dyn Write> =
                if json_on_stdout { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
            return Ok(to.write_all(text.as_bytes())?);
        };
        write_file(&file, &text)
    }
}

/// Writes them all; one that cannot be written is told of, and does not keep the others from it. Gives whether
/// all are written.
pub(super) fn write_all(
    reporters: &[Reporter],
    results: &Results,
    json_on_stdout: bool,
) -> io::Result<bool> {
    let mut all = true;
    for reporter in reporters {
        if let Err(error) = reporter.write(results, json_on_stdout) {
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
        assert_eq!(file("blob"), Ok(None));
        assert!(file("xunit").unwrap_err().contains("known here: html, json, junit"));
    }

    #[test]
    fn the_command_makes_the_same_run() {
        let told = |words: &[&str]| command(words.iter().map(ToString::to_string));
        let shard = [
            "run",
            "--shard",
            "1/4",
            "--reporter=html=a b",
            "--reporter",
            "junit",
            "-g",
            "a b|c'd",
        ];
        assert_eq!(told(&shard), r"coopwright run -g 'a b|c'\''d'");
        let grid = ["run", "--webdriver", "http://me:secret@grid:4444/wd@hub", "--json"];
        assert_eq!(told(&grid), "coopwright run --webdriver http://grid:4444/wd@hub");
    }
}
