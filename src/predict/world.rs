//! Addresses for sites: the model compares origins, scenarios have names.

use fixtures_server::page::Plan;

use crate::observation::{Hop, site_of_page};
use crate::spec::Response;

/// The sites of a plan, each with an address that stands for it: a loopback name, as the fixture server
/// gives them.
#[derive(Debug)]
pub struct World {
    origins: Vec<(String, String)>,
}

impl World {
    /// The sites of a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
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
            .keys()
            .map(|site| (site.clone(), format!("http://{}.localhost", host(site))))
            .collect();
        Self { origins }
    }

    /// The origin of a site.
    #[must_use]
    pub fn origin(&self, site: &str) -> Option<&str> {
        self.origins.iter().find(|(name, _)| name == site).map(|(_, origin)| origin.as_str())
    }

    /// The address of a page, `site:/path`.
    #[must_use]
    pub fn address(&self, page: &str) -> Option<String> {
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
