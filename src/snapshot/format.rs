//! The file format of a snapshot, the one that insta documents: YAML front matter between two `---`
//! lines, then the text.
//!
//! Written by hand because insta's library cannot write at run time. Its reader takes what
//! [`Record::to_text`] writes; [`Record::from_text`] takes other ways to write the same front matter,
//! as `cargo insta` has one. Pure: files are [`super::Store`]'s.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Deserialize;

const FENCE: &str = "---";

/// One snapshot: the text that is compared, and what a reviewer should know about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The scenario file, relative to the project, e.g. `scenarios/login.yaml`.
    pub source: String,
    /// One line that says what is snapshotted; may be empty.
    pub description: String,
    /// Names and values worth showing beside the text, in this order.
    pub info: Vec<(String, String)>,
    /// The text that is compared.
    pub contents: String,
}

/// Why a text is no snapshot of ours.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The first line is not `---`.
    #[error("it does not begin with a `---` line")]
    NoFrontMatter,
    /// The second `---` line is missing.
    #[error("the `---` line that ends its front matter is missing")]
    Unclosed,
    /// The front matter is no YAML, or not insta's.
    #[error("its front matter cannot be read: {0}")]
    FrontMatter(String),
    /// insta can hold binary snapshots; there is no text in them to compare.
    #[error("it is a binary snapshot")]
    Binary,
}

/// What we read of the front matter; other keys are insta's own and of no use here.
#[derive(Deserialize)]
struct FrontMatter {
    source: Option<String>,
    description: Option<String>,
    info: Option<IndexMap<String, String>>,
    snapshot_kind: Option<String>,
}

impl Record {
    /// The text of the snapshot file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FENCE}\nsource: {}\n", Quoted(&self.source));
        if !self.description.is_empty() {
            let _ = writeln!(text, "description: {}", Quoted(&self.description));
        }
        if !self.info.is_empty() {
            text.push_str("info:\n");
            for (name, value) in &self.info {
                let _ = writeln!(text, "  {}: {}", Quoted(name), Quoted(value));
            }
        }
        let _ = writeln!(text, "{FENCE}\n{}", normalized(&self.contents));
        text
    }

    /// Reads the text of a snapshot file.
    ///
    /// # Errors
    /// If the text does not follow insta's format, or is a binary snapshot.
    pub fn from_text(text: &str) -> Result<Self, FormatError> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let mut lines = text.split_inclusive('\n');
        let first = lines.next().filter(|line| line.trim_end() == FENCE);
        let head = first.ok_or(FormatError::NoFrontMatter)?.len();
        let mut end = head;
        let fence = lines
            .find(|line| {
                let found = line.trim_end() == FENCE;
                end += if found { 0 } else { line.len() };
                found
            })
            .ok_or(FormatError::Unclosed)?;
        let front: FrontMatter = serde_saphyr::from_str(&text[head..end])
            .map_err(|fault| FormatError::FrontMatter(one_line(&fault.to_string())))?;
        if front.snapshot_kind.as_deref() == Some("binary") {
            return Err(FormatError::Binary);
        }
        Ok(Self {
            source: front.source.unwrap_or_default(),
            description: front.description.unwrap_or_default(),
            info: front.info.unwrap_or_default().into_iter().collect(),
            contents: normalized(&text[end + fence.len()..]),
        })
    }

    /// Whether the compared texts are equal, as insta sees it: white space at the end and the kind of
    /// line ends do not count, nor does anything in the front matter.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        normalized(&self.contents) == normalized(&other.contents)
    }
}

fn normalized(contents: &str) -> String {
    contents.trim_end().replace("\r\n", "\n")
}

/// The first line of a parser's message: the rest is an excerpt, too long for an error chain.
fn one_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// A string as a YAML scalar in double quotes, on one line whatever it holds.
struct Quoted<'a>(&'a str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        for char in self.0.chars() {
            match char {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                // What YAML calls not printable, or a line break in its older version.
                '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                    write!(f, "\\u{:04X}", u32::from(char))?;
                }
                _ if char.is_control() => write!(f, "\\u{:04X}", u32::from(char))?,
                _ => f.write_char(char)?,
            }
        }
        f.write_char('"')
    }
}
