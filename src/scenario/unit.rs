//! Units: each variant with its changes laid over the flow, and each cell of a matrix.

use fixtures_server::page::{Page, PageUrl, Plan, RawHeaders};
use indexmap::IndexMap;

use super::subject::Subjects;
use super::{Expectation, Lesson, Scenario, Step, Variant, VariantKind};
use crate::fact::Fact;

/// One variant of a scenario, ready to run: all changes applied.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's title.
    pub scenario_title: String,
    /// The path of its file.
    pub path: String,
    /// The line of the variant in that file, from 1.
    pub line: usize,
    /// The variant's name; in a matrix with the cell: `broken[coop=same-origin]`.
    pub variant: String,
    /// What the variant stands for.
    pub kind: VariantKind,
    /// What is different in it.
    pub title: String,
    /// Tags of the scenario.
    pub tags: Vec<String>,
    /// The scenario's lesson.
    pub lesson: Option<Lesson>,
    /// What the fixture server serves.
    pub plan: Plan,
    /// What happens.
    pub steps: Vec<Step>,
    /// What must hold, each with its line in the file.
    pub expect: Vec<(Fact, Expectation, usize)>,
}

impl Unit {
    /// `scenario › variant`, by which `--grep` selects and reports name the unit.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} › {}", self.scenario, self.variant)
    }
}

impl Scenario {
    /// All units of the scenario, in the order of the file; in a matrix the last axis changes fastest.
    #[must_use]
    pub fn units(&self) -> Vec<Unit> {
        let cells = cells(&self.file.axes);
        let variants = self.file.variants.iter();
        variants
            .flat_map(|(name, variant)| {
                let unit = self.unit(name, variant);
                cells.iter().map(move |cell| unit.in_cell(cell))
            })
            .collect()
    }

    /// The variant with its changes laid over the flow, before any axis takes a value.
    fn unit(&self, name: &str, variant: &Variant) -> Unit {
        let pages = overlay(&self.file.pages, &variant.pages);
        let steps = variant.steps.as_ref().unwrap_or(&self.file.steps);
        let expect = self.expectations(name, variant, &Subjects::new(steps, pages.keys()));
        Unit {
            scenario: self.name.clone(),
            scenario_title: self.file.title.clone(),
            path: self.path.clone(),
            line: self.line_of(&["variants", name]),
            variant: name.to_owned(),
            kind: variant.kind,
            title: variant.title.clone(),
            tags: self.file.tags.clone(),
            lesson: self.file.lesson.clone(),
            plan: Plan { sites: self.file.sites.clone(), pages },
            steps: steps.clone(),
            expect,
        }
    }

    fn expectations(
        &self,
        name: &str,
        variant: &Variant,
        subjects: &Subjects<'_>,
    ) -> Vec<(Fact, Expectation, usize)> {
        let mut all = IndexMap::new();
        for (key, expectation) in &self.file.expect {
            all.insert(key, (expectation, self.line_of(&["expect", key])));
        }
        for (key, expectation) in &variant.expect {
            let line = self.line_of(&["variants", name, "expect", key]);
            all.insert(key, (expectation, line));
        }
        // What the scenario expects of a window that this variant does not open says nothing here.
        all.into_iter()
            .filter_map(|(key, (expectation, line))| {
                let fact: Fact = key.parse().ok()?;
                let kind = subjects.kind(&fact.subject)?;
                fact.kind.fits(kind).then(|| (fact, expectation.clone(), line))
            })
            .collect()
    }
}

/// The pages with a variant's changes: field by field where there is such a page, else new.
pub(super) fn overlay(
    base: &IndexMap<PageUrl, Page>,
    changes: &IndexMap<PageUrl, Page>,
) -> IndexMap<PageUrl, Page> {
    let mut pages = base.clone();
    for (url, change) in changes {
        let page = pages.entry(url.clone()).or_default();
        *page = page.with(change);
    }
    pages
}

/// One value for each axis.
type Cell<'a> = Vec<(&'a str, &'a str)>;

fn cells(axes: &IndexMap<String, Vec<String>>) -> Vec<Cell<'_>> {
    axes.iter().fold(vec![Vec::new()], |cells, (axis, values)| {
        cells
            .iter()
            .flat_map(|cell| {
                values.iter().map(move |value| {
                    let mut cell = cell.clone();
                    cell.push((axis.as_str(), value.as_str()));
                    cell
                })
            })
            .collect()
    })
}

impl Unit {
    fn in_cell(&self, cell: &Cell<'_>) -> Self {
        let mut unit = self.clone();
        if cell.is_empty() {
            return unit;
        }
        let values: Vec<String> =
            cell.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
        unit.variant = format!("{}[{}]", self.variant, values.join(","));
        for page in unit.plan.pages.values_mut() {
            let preflight = page.preflight.as_mut().map(|preflight| &mut preflight.headers);
            for headers in page.headers.iter_mut().chain(preflight) {
                *headers = fill(headers, cell);
            }
        }
        unit
    }
}

/// The header lines with each placeholder replaced. A header whose whole value is an empty one is
/// left out: that is how a matrix says "without this header".
fn fill(headers: &RawHeaders, cell: &Cell<'_>) -> RawHeaders {
    let lines = headers.0.split('\n').filter_map(|line| {
        let value = line.split_once(':').map_or("", |(_, value)| value.trim());
        let absent =
            cell.iter().any(|(axis, text)| text.is_empty() && value == format!("{{{axis}}}"));
        let filled = || {
            cell.iter().fold(line.to_owned(), |line, (axis, text)| {
                line.replace(&format!("{{{axis}}}"), text)
            })
        };
        (!absent).then(filled)
    });
    RawHeaders(lines.collect::<Vec<String>>().join("\n"))
}
