//! Addresses for sites: the model compares origins, scenarios have names.

use crate::observation::{Hop, site_of_page};
use crate::scenario::Unit;
use crate::spec::Response;

/// The sites of a unit, each with its address: the real or declared one, or a loopback name that stands for
/// it, as the fixture server gives them.
#[derive(Debug)]
pub struct World {
    origins: Vec<(String, String)>,
}

impl World {
    /// The sites of a unit.
    #[must_use]
    pub fn new(unit: &Unit) -> Self {
        let plan = &unit.plan;
        let host = |site: &str| {
            let mut labels = vec![site];
            let mut at = site;
            // A plan's check has seen that this ends.
            while let Some(parent) =
                plan.sites.get(at).and_then(|site| site.subdomain_of.as_deref())
            {
                if labels.contains(&parent) {
                    break;
                }
                labels.push(parent);
                at = parent;
            }
            labels.join(".")
        };
        let origins = plan
            .sites
            .iter()
            .map(|(name, site)| {
                let declared = site.declared_origin().ok().flatten();
                let address = unit.targets.get(name).cloned().or(declared);
                (
                    name.clone(),
                    address.unwrap_or_else(|| format!("http://{}.localhost", host(name))),
                )
            })
            .collect();
        Self { origins }
    }

    /// The origin of a site.
    #[must_use]
    pub fn origin(&self, site: &str) -> Option<&str> {
        self.origins.iter().find(|(name, _)| name == site).map(|(_, origin)| origin.as_str())
    }

    /// The address of a page, `site:/path`. One of no site of the unit is its address itself.
    #[must_use]
    pub fn address(&self, page: &str) -> Option<String> {
        if page.starts_with("https://") || page.starts_with("http://") {
            return Some(page.to_owned());
        }
        let (_, path) = page.split_once(':')?;
        Some(format!("{}{path}", self.origin(site_of_page(page))?))
    }

    /// A response as the model reads it: with addresses in place of names.
    #[must_use]
    pub fn response(&self, hop: &Hop) -> Option<Response> {
        let headers =
            hop.headers.iter().map(|(name, value)| (name.clone(), self.fill_in(value))).collect();
        Some(Response { url: self.address(&hop.page)?, status: hop.status, headers })
    }

    /// `{site}` as the site's origin.
    fn fill_in(&self, value: &str) -> String {
        if !value.contains('{') {
            return value.to_owned();
        }
        self.origins.iter().fold(value.to_owned(), |value, (site, origin)| {
            value.replace(&format!("{{{site}}}"), origin)
        })
    }
}
