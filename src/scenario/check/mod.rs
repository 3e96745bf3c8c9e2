//! Checks of what a scenario means, once it can be read: names, references, values.
//!
//! Here the file as a whole, its sites and axes; [`pages`], [`steps`] and [`expect`] beside. Every
//! variant is checked with its changes laid over the flow. Where a part could not be read, nothing is
//! said of names that may have stood there.

mod expect;
mod pages;
mod steps;

use fixtures_server::page::is_site_name;

use super::axes::MOST_CELLS;
use super::subject::Subjects;
use super::unit::overlay;
use super::{AxisValue, FORMAT_VERSION, ScenarioFile, Variant};
use crate::yaml::{At, Fault, Node, Place, Tree, nearest};

/// Adds the faults of `file`, which was read from `tree`; `written` is the tree before the cell's
/// values were put in.
pub(super) fn check(file: &ScenarioFile, tree: &Tree, written: &Tree, faults: &mut Vec<Fault>) {
    let mut check = Check { file, tree, written, faults };
    check.head();
    check.sites();
    check.session();
    check.all_pages();
    check.axes();
    check.flows();
}

/// The fault of axes that multiply beyond all use.
pub(super) fn too_many_cells(tree: &Tree, count: usize) -> Fault {
    let at = tree.root().get("axes");
    let start = Place { line: 1, column: 1, span: 0..0 };
    let place = at.key.map_or(start, |node| node.place.clone());
    Fault::new(&place, format!("the axes make {count} cells; {MOST_CELLS} are possible"))
}

struct Check<'a> {
    file: &'a ScenarioFile,
    tree: &'a Tree,
    written: &'a Tree,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Check<'a> {
    fn head(&mut self) {
        let root = self.tree.root();
        if self.file.version != FORMAT_VERSION {
            let message = format!("version {} cannot be read", self.file.version);
            let hint = format!("this program reads version {FORMAT_VERSION}");
            self.fault(root.get("version").value, message, hint);
        }
        self.title(root, &self.file.title);
        let variants = root.get("variants");
        if self.file.variants.is_empty() && variants.is_intact() {
            self.fault(variants.key, "a scenario needs at least one variant", None);
        }
        for (name, variant) in &self.file.variants {
            let at = variants.get(name);
            self.title(at, &variant.title);
            if !is_variant_name(name) {
                let message = format!("`{name}` is not a variant name");
                let hint = "lower-case letters, digits and hyphens".to_owned();
                self.fault(at.key, message, hint);
            }
        }
    }

    fn title(&mut self, at: At<'_>, title: &str) {
        if title.trim().is_empty() {
            self.fault(at.get("title").value, "the title is empty", None);
        }
    }

    fn sites(&mut self) {
        for (name, site) in &self.file.sites {
            let at = self.tree.root().get("sites").get(name);
            if !is_site_name(name) {
                let message = format!("`{name}` is not a site name");
                let hint = "lower-case letters, digits and hyphens, a letter first, 30 at most";
                self.fault(at.key, message, hint.to_owned());
            }
            if let Err(fault) = site.declared_origin() {
                self.fault(at.get("origin").value, fault, None);
            }
            let Some(parent) = &site.subdomain_of else { continue };
            self.site(at.get("subdomain-of").value, parent);
            if self.is_own_ancestor(name) {
                let message = format!("`{name}` is a sub-domain of itself");
                self.fault(at.get("subdomain-of").value, message, None);
            }
        }
    }

    fn is_own_ancestor(&self, name: &str) -> bool {
        let parent = |name: &str| self.file.sites.get(name)?.subdomain_of.as_deref();
        let ancestors = std::iter::successors(parent(name), |ancestor| parent(ancestor));
        // In a cycle without `name` the walk would not end by itself.
        ancestors.take(self.file.sites.len()).any(|ancestor| ancestor == name)
    }

    fn session(&mut self) {
        if self.file.session.as_deref().is_some_and(|name| name.trim().is_empty()) {
            let at = self.tree.root().get("session");
            self.fault(at.value, "the session has no name", "write `session: staff`".to_owned());
        }
    }

    fn axes(&mut self) {
        for (name, axis) in &self.file.axes {
            let at = self.tree.root().get("axes").get(name);
            if self.file.sites.contains_key(name) {
                self.fault(at.key, format!("`{name}` is the name of a site"), None);
            } else if !is_site_name(name) {
                let hint = "lower-case letters, digits and hyphens, a letter first".to_owned();
                self.fault(at.key, format!("`{name}` is not the name of an axis"), hint);
            } else if !self.written.uses(name) && self.tree.root().is_intact() {
                let message = format!("the axis `{name}` is not used");
                let hint = format!("write `{{{name}}}` in a header line, a page or a step");
                self.fault(at.key, message, hint);
            }
            if axis.0.is_empty() {
                self.fault(at.value, format!("the axis `{name}` has no value"), None);
            }
            for (index, value) in axis.0.iter().enumerate() {
                let item = at.find(&index.to_string()).or_else(|| at.find(&value.label));
                let item = item.unwrap_or(at).value;
                let is_same = |other: &AxisValue| other.label == value.label;
                if axis.0[..index].iter().any(is_same) {
                    self.fault(item, format!("`{}` is given twice", value.label), None);
                }
                let is_control = |c: char| c.is_control() && c != '\t' && c != '\n';
                if value.text.contains(is_control) {
                    let message = "the value has a control character; HTTP cannot carry it";
                    self.fault(item, message, None);
                }
                if value.label.is_empty() || value.label.contains(char::is_control) {
                    let hint = format!("write `{name}: {{ LABEL: \"…\" }}`");
                    self.fault(item, "the value needs a label of one line", hint);
                }
            }
        }
    }

    /// The facts that a table is to show must be facts of some variant.
    fn shown(&mut self, scopes: &[&Scope<'_>]) {
        for (index, key) in self.file.show.iter().enumerate() {
            let at = self.tree.root().get("show").item(index);
            self.fact(At { key: at.value, value: at.value }, key, scopes);
        }
    }

    /// The steps and expectations of each variant.
    fn flows(&mut self) {
        let file = self.file;
        let root = self.tree.root();
        let mut scopes = Vec::new();
        for (name, variant) in &file.variants {
            scopes.push(self.flow(root.get("variants").get(name), Some(variant)));
        }
        for ((name, variant), scope) in file.variants.iter().zip(&scopes) {
            let at = root.get("variants").get(name).get("expect");
            for (key, expectation) in &variant.expect {
                self.expectation(at.get(key), key, expectation, &[scope]);
            }
        }
        // Steps that no variant takes over are checked too, on the pages of the scenario.
        if file.variants.values().all(|variant| variant.steps.is_some()) {
            let scope = self.flow(root, None);
            scopes.extend(file.variants.is_empty().then_some(scope));
        }
        let scopes: Vec<&Scope<'_>> = scopes.iter().collect();
        for (key, expectation) in &file.expect {
            self.expectation(root.get("expect").get(key), key, expectation, &scopes);
        }
        self.shown(&scopes);
    }

    /// The steps of a variant, or of the scenario itself, on their pages.
    fn flow(&mut self, at: At<'_>, variant: Option<&'a Variant>) -> Scope<'a> {
        let file = self.file;
        let root = self.tree.root();
        let changes = variant.map(|variant| &variant.pages);
        let pages = changes.map_or_else(|| file.pages.clone(), |more| overlay(&file.pages, more));
        let (steps, steps_at) = match variant.and_then(|variant| variant.steps.as_ref()) {
            Some(steps) => (steps, at),
            None => (&file.steps, root),
        };
        let pages_are_intact = root.has_intact("pages") && at.has_intact("pages");
        self.steps(steps, steps_at.get("steps"), &pages, pages_are_intact);
        let urls = file.pages.keys().chain(changes.into_iter().flat_map(|pages| pages.keys()));
        Scope {
            subjects: Subjects::new(steps, urls),
            is_intact: pages_are_intact && steps_at.has_intact("steps"),
        }
    }

    /// A reference to a site.
    fn site(&mut self, at: Option<&Node>, name: &str) {
        let known = &self.file.sites;
        if !known.contains_key(name) && self.tree.root().has_intact("sites") {
            let hint = nearest(name, known.keys().map(String::as_str));
            self.fault(at, format!("undefined site `{name}`"), hint);
        }
    }

    fn fault(
        &mut self,
        at: Option<&Node>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.faults.extend(Fault::at(at, message, hint));
    }

    fn fault_at(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.faults.push(Fault::new(place, message).with_hint(hint));
    }
}

/// What expectations of one variant can speak of.
struct Scope<'a> {
    subjects: Subjects<'a>,
    /// Whether all of it could be read.
    is_intact: bool,
}

/// Variant names become file names.
fn is_variant_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
