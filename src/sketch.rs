//! A flow of the model as a scenario file, so that a browser can run it and people can keep it. Pure.

use std::fmt::Write as _;

use crate::origin::Origin;
use crate::spec::{Flow, Navigation, Opening, Response};

/// Why a flow cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("this cannot be run in a browser here: {0}")]
pub struct Unrunnable(String);

/// The scenario file, as YAML.
///
/// # Errors
/// If the flow needs what the fixture server has not: plain-http origins that are no loopback names,
/// documents without a response.
pub fn scenario_of(flow: &Flow) -> Result<String, Unrunnable> {
    let mut sketch = Sketch::default();
    let opener = sketch.page(&flow.opener, "", None)?;
    let mut steps = format!("  - open: {{ url: {opener} }}\n");
    if let Some(frame) = &flow.frame {
        let url = sketch.page(&frame.document, "frame", None)?;
        let sandbox = match &frame.sandbox {
            Some(tokens) => format!(", sandbox: {}", quoted(tokens)),
            None => String::new(),
        };
        let _ = writeln!(steps, "  - frame: {{ as: frame, url: {url}{sandbox} }}");
    }
    let mut first = true;
    for (number, navigation) in flow.popup.iter().enumerate() {
        let Navigation::To(hops) = navigation else {
            steps += "  - back: { in: popup }\n";
            continue;
        };
        let url = sketch.chain(number, hops)?;
        if !std::mem::take(&mut first) {
            let _ = writeln!(steps, "  - navigate: {{ in: popup, url: {url} }}");
            continue;
        }
        let how = word(flow.open);
        let from = if flow.frame.is_some() { ", from: frame" } else { "" };
        let _ = writeln!(steps, "  - popup: {{ as: popup, url: {url}, how: {how}{from} }}");
    }
    let mut yaml = "version: 1\ntitle: a flow of `coopwright explain`\nsites:\n".to_owned();
    for site in &sketch.sites {
        let parent = site.parent.as_ref().map(|parent| format!("subdomain-of: {parent}"));
        let parent = parent.map_or_else(|| "{}".to_owned(), |parent| format!("{{ {parent} }}"));
        let _ = writeln!(yaml, "  {}: {parent}", site.name);
    }
    let _ = write!(yaml, "pages:\n{}steps:\n{steps}", sketch.pages);
    yaml += "variants:\n  case:\n    kind: case\n    title: as it was asked\n";
    Ok(yaml)
}

#[derive(Debug, Default)]
struct Sketch {
    sites: Vec<Site>,
    pages: String,
    /// The paths that are taken.
    taken: Vec<String>,
}

#[derive(Debug)]
struct Site {
    name: String,
    origin: Origin,
    parent: Option<String>,
}

impl Sketch {
    /// The pages of one navigation; gives the first one's address.
    fn chain(&mut self, number: usize, hops: &[Response]) -> Result<String, Unrunnable> {
        // A page is written after the one that it leads to is known.
        let mut next = None;
        for (hop, response) in hops.iter().enumerate().rev() {
            let path = match (hops.len(), number) {
                (1, 0) => "popup".to_owned(),
                (1, _) => format!("popup-{}", number + 1),
                (_, 0) => format!("hop-{}", hop + 1),
                _ => format!("popup-{}-hop-{}", number + 1, hop + 1),
            };
            next = Some(self.page(response, &path, next.as_deref())?);
        }
        next.ok_or_else(|| Unrunnable("a navigation without a response".to_owned()))
    }

    /// Writes a page; gives its address.
    fn page(
        &mut self,
        response: &Response,
        path: &str,
        leads_to: Option<&str>,
    ) -> Result<String, Unrunnable> {
        let site = self.site(&response.url)?;
        let mut url = format!("{site}:/{path}");
        while self.taken.contains(&url) {
            url.push('x');
        }
        self.taken.push(url.clone());
        let _ = writeln!(self.pages, "  {url}:");
        if let Some(to) = leads_to {
            let _ = writeln!(self.pages, "    serve: {{ redirect: {{ to: {to} }} }}");
        }
        let redirects = (300..=399).contains(&response.status);
        let status = match (leads_to, redirects) {
            (Some(_), false) => 302,
            _ => response.status,
        };
        if status != 200 && !(leads_to.is_some() && status == 302) {
            let _ = writeln!(self.pages, "    status: {status}");
        }
        let lines = response.headers.iter();
        // The redirect's own target stands in for a `Location` that was given.
        let lines: Vec<String> = lines
            .filter(|(name, _)| !name.eq_ignore_ascii_case("location"))
            .map(|(name, value)| format!("{name}: {}", value.trim_start_matches(' ')))
            .collect();
        match &lines[..] {
            [] if leads_to.is_none() && status == 200 => {
                // An empty page is written as one.
                self.pages.truncate(self.pages.len() - 1);
                self.pages += " {}\n";
            }
            [] => {}
            lines => {
                let _ = writeln!(self.pages, "    headers: {}", quoted(&lines.join("\n")));
            }
        }
        Ok(url)
    }

    fn site(&mut self, url: &str) -> Result<String, Unrunnable> {
        let origin = Origin::of(url).map_err(|fault| Unrunnable(fault.to_string()))?;
        if let Some(site) = self.sites.iter().find(|site| site.origin.is_same_origin(&origin)) {
            return Ok(site.name.clone());
        }
        if !origin.is_trustworthy() {
            return Err(Unrunnable(format!(
                "{url} is no secure context, and the fixture server has only such"
            )));
        }
        let root = self
            .sites
            .iter()
            .find(|site| site.parent.is_none() && site.origin.is_schemelessly_same_site(&origin));
        let parent = root.map(|root| root.name.clone());
        let label = origin.host().unwrap_or_default().split('.').next().unwrap_or_default();
        let mut name: String = label.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            name.insert_str(0, "site");
        }
        let mut number = 1;
        let base = name.clone();
        while self.sites.iter().any(|site| site.name == name) {
            number += 1;
            name = format!("{base}{number}");
        }
        self.sites.push(Site { name: name.clone(), origin, parent });
        Ok(name)
    }
}

/// A text that YAML reads as it is: JSON's way is one of its own.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn word(open: Opening) -> &'static str {
    match open {
        Opening::Direct => "direct",
        Opening::Named => "named",
        Opening::Noopener => "noopener",
        Opening::Noreferrer => "noreferrer",
        Opening::BlankThenAssign => "blank-then-assign",
        Opening::Link => "link",
        Opening::LinkNoopener => "link-noopener",
    }
}
