//! Checks of pages: their sites, status and header lines.

use fixtures_server::page::{Page, PageUrl, RawHeaders, Serve, is_site_name};
use indexmap::IndexMap;

use super::Check;
use crate::yaml::{At, nearest};

impl Check<'_> {
    /// The pages of the scenario and the changes of its variants.
    pub(super) fn all_pages(&mut self) {
        let file = self.file;
        let root = self.tree.root();
        self.pages(root.get("pages"), &file.pages);
        for (name, variant) in &file.variants {
            self.pages(root.get("variants").get(name).get("pages"), &variant.pages);
        }
    }

    fn pages(&mut self, at: At<'_>, pages: &IndexMap<PageUrl, Page>) {
        for (url, page) in pages {
            let at = at.get(url.as_str());
            self.site(at.key, url.site());
            self.status(at.get("status"), page.status);
            if let Some(headers) = &page.headers {
                self.headers(at.get("headers"), headers);
            }
            if let Some(preflight) = &page.preflight {
                let at = at.get("preflight");
                self.status(at.get("status"), preflight.status);
                self.headers(at.get("headers"), &preflight.headers);
            }
            if let Some(Serve::Redirect(redirect)) = &page.serve {
                self.site(at.get("serve").get("redirect").get("to").value, redirect.to.site());
            }
        }
    }

    fn status(&mut self, at: At<'_>, status: Option<u16>) {
        if let Some(status) = status.filter(|status| !(200..=599).contains(status)) {
            let message = format!("{status} is not a status that a page can have");
            self.fault(at.value, message, "200 to 599".to_owned());
        }
    }

    /// Every line that HTTP cannot carry, and every placeholder that stands for nothing.
    pub(super) fn headers(&mut self, at: At<'_>, headers: &RawHeaders) {
        let Some(node) = at.value.filter(|node| !node.is_hole()) else { return };
        let lines: Vec<&str> = headers.0.split('\n').collect();
        for error in headers.lines().err().into_iter().flatten() {
            let line = lines.get(error.line).copied().unwrap_or_default();
            self.fault_at(&self.tree.line_within(node, error.line, line), error.reason, None);
        }
        let (sites, axes) = (&self.file.sites, &self.file.axes);
        let root = self.tree.root();
        if !root.has_intact("sites") || !root.has_intact("axes") {
            return;
        }
        for (index, line) in lines.iter().enumerate() {
            for name in placeholders(line) {
                if sites.contains_key(name) {
                    continue;
                }
                let place = self.tree.line_within(node, index, line);
                if let Some(axis) = axes.get(name) {
                    if axis.0.is_empty() {
                        continue;
                    }
                    // All placeholders have been filled in: this one came with a value.
                    let message = format!("a value of an axis holds the axis `{{{name}}}`");
                    self.fault_at(&place, message, None);
                } else {
                    let hint = nearest(name, sites.keys().chain(axes.keys()).map(String::as_str));
                    let message = format!("`{{{name}}}` is neither a site nor an axis");
                    self.fault_at(&place, message, hint);
                }
            }
        }
    }
}

/// The names in braces. Braces around anything else (JSON in a header) are only text.
fn placeholders(line: &str) -> impl Iterator<Item = &str> {
    line.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| is_site_name(name))
}
