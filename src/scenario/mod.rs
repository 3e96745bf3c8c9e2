//! The scenario file: what is meant by it.
//!
//! A file holds one flow and its variants (broken, wrong fix, fixed). [`ScenarioFile`] mirrors what
//! people write and is also the source of the JSON Schema; [`parse`] turns text into a [`Scenario`] or
//! into *all* of the file's faults; [`Scenario::units`] lays each variant's changes over the flow.
//! No I/O here.
//!
//! [`crate::yaml`] reads the text; `check` looks at what is meant. Where a file has `axes`, `fill` makes a
//! tree of each cell first, and all cells of a variant are a [`Matrix`].

mod axes;
mod cells;
mod check;
mod expect;
mod fill;
mod flow;
mod matrix;
mod schema;
mod step;
mod subject;
mod unit;

use fixtures_server::page::{Page, PageUrl, Site};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::yaml::Tree;

pub use crate::yaml::{Fault, Faults};
pub use axes::{Axis, AxisValue};
pub use expect::{Exception, Expectation};
pub use flow::flow_digest;
pub use matrix::{Job, Matrix};
pub use schema::schema;
pub use step::*;
pub use unit::Unit;

/// The version of the format that this program reads.
pub const FORMAT_VERSION: u32 = 1;

/// A scenario file, as written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "coopwright scenario")]
pub struct ScenarioFile {
    /// Version of the format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// One line that says what the scenario shows.
    #[schemars(length(min = 1))]
    pub title: String,
    /// Words to select by, with `--tag`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What a reader should learn.
    #[serde(default)]
    pub lesson: Option<Lesson>,
    /// Scenarios of the same session, all of whose sites have real addresses, share a browser, one after the
    /// other, and so what it has stored: a login, for example. Without it every variant on such sites has a
    /// browser of its own.
    #[serde(default)]
    pub session: Option<String>,
    /// The origins by name. A site without a page below is not ours: it needs an address, by `--env` or
    /// `--site`.
    pub sites: IndexMap<String, Site>,
    /// The pages by `site:/path`.
    #[serde(default)]
    pub pages: IndexMap<PageUrl, Page>,
    /// What happens, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Values that multiply every variant into a matrix: each name, written as `{name}` anywhere in
    /// pages and steps, takes each of its values in turn. A header line, or a key, whose whole value is
    /// an empty placeholder is left out.
    #[serde(default)]
    pub axes: IndexMap<String, Axis>,
    /// The facts that the table of a matrix holds, in this order; all of them if it is not given.
    #[serde(default)]
    pub show: Vec<String>,
    /// Facts that hold in every variant that does not say otherwise.
    #[serde(default)]
    pub expect: IndexMap<String, Expectation>,
    /// The variants of the flow, at least one.
    #[schemars(extend("minProperties" = 1))]
    pub variants: IndexMap<String, Variant>,
}

/// What a scenario teaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lesson {
    /// The symptom in the words that a user would type into a search box.
    pub symptom: String,
    /// Why it happens.
    pub cause: String,
    /// What to do.
    pub fix: String,
    /// Configuration lines by server or framework (`nginx`, `express`, …).
    #[serde(default)]
    pub config: IndexMap<String, String>,
}

/// One variant of the flow.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Variant {
    /// What it stands for.
    pub kind: VariantKind,
    /// One line that says what is different.
    #[schemars(length(min = 1))]
    pub title: String,
    /// Changes to pages, field by field, and pages of its own.
    #[serde(default)]
    pub pages: IndexMap<PageUrl, Page>,
    /// Steps in place of the scenario's.
    #[serde(default)]
    pub steps: Option<Vec<Step>>,
    /// Facts that must hold, over those of the scenario.
    #[serde(default)]
    pub expect: IndexMap<String, Expectation>,
}

/// What a variant stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VariantKind {
    /// The mistake as people make it.
    Broken,
    /// A change that people try and that does not help.
    WrongFix,
    /// A change that helps.
    Fixed,
    /// Neither right nor wrong: a case that is only observed.
    Case,
}

impl VariantKind {
    /// The name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::WrongFix => "wrong fix",
            Self::Fixed => "fixed",
            Self::Case => "case",
        }
    }
}

/// A scenario that has been read and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name: the file's without extension.
    pub name: String,
    /// The path of the file, as given.
    pub path: String,
    /// What the file says; where it has axes, in the first cell.
    pub file: ScenarioFile,
    /// What it says in each cell. Without axes there is one, without values.
    cells: Vec<(axes::Cell, ScenarioFile)>,
    /// The tree of the file, to find the line of a part.
    tree: Tree,
}

impl Scenario {
    /// The line (from 1) at which the part with this path of keys stands, or of the nearest part above.
    #[must_use]
    pub fn line_of(&self, path: &[&str]) -> usize {
        self.tree.line_of(path)
    }
}

/// Reads a scenario.
///
/// `path` is used in messages and for the scenario's name; nothing is read from disk.
///
/// # Errors
/// All faults of the file at once, each with line and column.
pub fn parse(path: &str, text: &str) -> Result<Scenario, Faults> {
    let tree = Tree::parse(text).map_err(|fault| Faults::new(path, text, vec![fault]))?;
    let axes = tree.axes();
    if axes::count(&axes) > axes::MOST_CELLS {
        let fault = check::too_many_cells(&tree, axes::count(&axes));
        return Err(Faults::new(path, text, vec![fault]));
    }
    let sites = tree.names("sites");
    let mut found = cells::CellFaults::default();
    let mut cells = Vec::new();
    for cell in axes::cells(&axes) {
        let mut filled = tree.in_cell(&cell, &sites);
        let (file, mut faults) = filled.read::<ScenarioFile>();
        if let Some(file) = &file {
            check::check(file, &filled, &tree, &mut faults);
        }
        found.add(text, &cell, faults);
        match file {
            Some(file) if found.are_none() => cells.push((cell, file)),
            _ if found.are_enough() => break,
            _ => {}
        }
    }
    match cells.first() {
        Some((_, file)) if found.are_none() => {
            let stem = std::path::Path::new(path).file_stem().unwrap_or_default();
            Ok(Scenario {
                name: stem.to_string_lossy().into_owned(),
                path: path.to_owned(),
                file: file.clone(),
                cells,
                tree,
            })
        }
        _ => Err(Faults::new(path, text, found.into_faults())),
    }
}
