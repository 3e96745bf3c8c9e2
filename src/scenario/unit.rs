//! Units: each variant with its changes laid over the flow, and each cell of a matrix.

use fixtures_server::page::{Page, PageUrl, Plan};
use indexmap::IndexMap;
use url::Url;

use super::axes::Cell;
use super::subject::Subjects;
use super::{Expectation, Lesson, Scenario, ScenarioFile, Step, Variant, VariantKind};
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
    /// In a matrix, each axis with the label of its value.
    pub cell: Vec<(String, String)>,
    /// What the variant stands for.
    pub kind: VariantKind,
    /// What is different in it.
    pub title: String,
    /// Tags of the scenario.
    pub tags: Vec<String>,
    /// The scenario's lesson.
    pub lesson: Option<Lesson>,
    /// The session that it shares with others, if it does.
    pub session: Option<String>,
    /// What the fixture server serves.
    pub plan: Plan,
    /// The real addresses of sites that it does not serve: origin and, where there is one, the path before
    /// all others, without a slash at the end.
    pub targets: IndexMap<String, String>,
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

impl Unit {
    /// The unit with some of its sites at real addresses: what it declares of them is not served.
    #[must_use]
    pub fn at(mut self, addresses: &IndexMap<String, Url>) -> Self {
        for (name, site) in &mut self.plan.sites {
            let Some(address) = addresses.get(name) else { continue };
            site.origin = Some(address.origin().ascii_serialization());
            self.targets.insert(name.clone(), address.as_str().trim_end_matches('/').to_owned());
        }
        self.plan.pages.retain(|page, _| !self.targets.contains_key(page.site()));
        self
    }

    /// A step that needs a page of the fixture server where a real site is, if there is one.
    #[must_use]
    pub fn needs_fixtures(&self) -> Option<&'static str> {
        let real = |page: &PageUrl| self.targets.contains_key(page.site());
        // Where a window is after a step, only a browser knows; that it began on a real site is enough.
        let on_real = !self.targets.is_empty();
        let needs = |step: &&Step| match step {
            Step::Login(step) => real(&step.at) || real(&step.callback) || real(&step.token),
            Step::AwaitLogin(step) => on_real && step.signs().is_empty(),
            Step::Frame(_) | Step::Submit(_) | Step::Send(_) => on_real,
            _ => false,
        };
        self.steps.iter().find(needs).map(Step::name)
    }

    /// The sites of its steps that are neither served nor have an address.
    pub fn unplaced(&self) -> impl Iterator<Item = &str> {
        let is_served = |site: &str| self.plan.pages.keys().any(|page| page.site() == site);
        let used = self.steps.iter().flat_map(Step::pages).map(|(_, page)| page.site());
        used.filter(move |site| !self.targets.contains_key(*site) && !is_served(site))
    }

    /// Whether browsers reach some of its sites by a proxy only: real ones, and those of made-up origins.
    #[must_use]
    pub fn needs_proxy(&self) -> bool {
        self.plan.sites.values().any(|site| site.origin.is_some())
    }
}

impl Scenario {
    /// All units of the scenario, in the order of the file; in a matrix the last axis changes fastest.
    #[must_use]
    pub fn units(&self) -> Vec<Unit> {
        let variants = self.file.variants.keys();
        variants
            .flat_map(|name| self.cells.iter().map(|(cell, file)| self.unit(name, cell, file)))
            .collect()
    }

    /// The variant with its changes laid over the flow, in one cell.
    fn unit(&self, name: &str, cell: &Cell, file: &ScenarioFile) -> Unit {
        let variant = &file.variants[name];
        let pages = overlay(&file.pages, &variant.pages);
        let steps = variant.steps.as_ref().unwrap_or(&file.steps);
        let expect = self.expectations(name, variant, &Subjects::new(steps, pages.keys()));
        let cell: Vec<(String, String)> =
            cell.iter().map(|(axis, value)| (axis.clone(), value.label.clone())).collect();
        let values: Vec<String> =
            cell.iter().map(|(axis, label)| format!("{axis}={label}")).collect();
        Unit {
            scenario: self.name.clone(),
            scenario_title: self.file.title.clone(),
            path: self.path.clone(),
            line: self.line_of(&["variants", name]),
            variant: match cell.is_empty() {
                true => name.to_owned(),
                false => format!("{name}[{}]", values.join(",")),
            },
            cell,
            kind: variant.kind,
            title: variant.title.clone(),
            tags: self.file.tags.clone(),
            lesson: self.file.lesson.clone(),
            session: self.file.session.clone(),
            plan: Plan { sites: self.file.sites.clone(), pages },
            targets: IndexMap::new(),
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
