//! Host names: which origin each site of a stage has.
//!
//! Browsers take the last two labels of a `.localhost` name for the site (the registrable domain),
//! so the mark that tells stages apart belongs into that label: `app-k3f9-1.localhost`. Cookies
//! ignore the port, hence the mark also differs between servers that run side by side.

use indexmap::IndexMap;
use url::Url;

use crate::page::Site;

/// How deep sub-domains may nest, so that no host name passes the 253 characters of DNS.
pub(crate) const DEEPEST: usize = 5;

/// A `subdomain-of` chain that has no end, or none within [`DEEPEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endless {
    /// The chain comes back to a site that it has passed.
    Cycle,
    /// The chain is longer than [`DEEPEST`].
    TooDeep,
}

/// The site and those it is a sub-domain of, innermost first. Ends at the first undefined one.
pub(crate) fn lineage<'a>(
    sites: &'a IndexMap<String, Site>,
    site: &'a str,
) -> Result<Vec<&'a str>, Endless> {
    let mut lineage = vec![site];
    let mut current = site;
    while let Some(parent) = sites.get(current).and_then(|site| site.subdomain_of.as_deref()) {
        if lineage.contains(&parent) {
            return Err(Endless::Cycle);
        }
        if lineage.len() > DEEPEST {
            return Err(Endless::TooDeep);
        }
        lineage.push(parent);
        current = parent;
    }
    Ok(lineage)
}

/// The part of every host name that is this server's alone: 20 random bits in base 32.
pub(crate) fn server_mark() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    rand::random::<[u8; 4]>()
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

/// The origins of one stage, in the order of its plan.
#[derive(Debug)]
pub(crate) struct Origins(IndexMap<String, Origin>);

#[derive(Debug)]
struct Origin {
    host: String,
    /// As browsers know and serialise it: `http://host:port`, without a default port, or what the plan
    /// declares.
    text: String,
}

impl Origins {
    /// Gives every site a host. `mark` is what tells this stage from every other.
    pub(crate) fn allot(sites: &IndexMap<String, Site>, mark: &str, port: u16) -> Self {
        let origin = |(name, site): (&String, &Site)| {
            let lineage = lineage(sites, name).expect("a checked plan has no endless lineage");
            let host = format!("{}-{mark}.localhost", lineage.join("."));
            let url = Url::parse(&format!("http://{host}:{port}"))
                .expect("labels of letters, digits and hyphens make a URL");
            let own = || url.origin().ascii_serialization();
            let declared = site.declared_origin().expect("a checked plan has only origins");
            (name.clone(), Origin { host, text: declared.unwrap_or_else(own) })
        };
        Self(sites.iter().map(origin).collect())
    }

    /// The origin of a site.
    pub(crate) fn of(&self, site: &str) -> Option<&str> {
        self.0.get(site).map(|origin| origin.text.as_str())
    }

    /// Sites and their origins.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(site, origin)| (site.as_str(), origin.text.as_str()))
    }

    /// Sites and their host names.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(site, origin)| (site.as_str(), origin.host.as_str()))
    }

    /// The text with each `{site}` replaced by the origin of that site; other braces stay.
    pub(crate) fn fill_in(&self, text: &str) -> String {
        self.iter().fold(text.to_owned(), |text, (site, origin)| {
            text.replace(&format!("{{{site}}}"), origin)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(pairs: &[(&str, Option<&str>)]) -> IndexMap<String, Site> {
        let site =
            |parent: &Option<&str>| Site { subdomain_of: parent.map(str::to_owned), origin: None };
        pairs.iter().map(|(name, parent)| ((*name).to_owned(), site(parent))).collect()
    }

    #[test]
    fn the_mark_is_in_the_site_label() {
        let sites = sites(&[("app", None), ("panel", Some("app")), ("deep", Some("panel"))]);
        let origins = Origins::allot(&sites, "k3f9-1", 8080);
        let all: Vec<_> = origins.iter().collect();
        assert_eq!(
            all,
            [
                ("app", "http://app-k3f9-1.localhost:8080"),
                ("panel", "http://panel.app-k3f9-1.localhost:8080"),
                ("deep", "http://deep.panel.app-k3f9-1.localhost:8080"),
            ]
        );
    }

    #[test]
    fn a_declared_origin_stands_for_the_host() {
        let mut sites = sites(&[("app", None)]);
        sites["app"].origin = Some("https://App.example.com:443/".to_owned());
        let origins = Origins::allot(&sites, "x-1", 8080);
        assert_eq!(origins.of("app"), Some("https://app.example.com"));
        assert_eq!(origins.hosts().next(), Some(("app", "app-x-1.localhost")));
    }

    #[test]
    fn the_default_port_is_not_part_of_an_origin() {
        let origins = Origins::allot(&sites(&[("app", None)]), "x-1", 80);
        assert_eq!(origins.of("app"), Some("http://app-x-1.localhost"));
    }

    #[test]
    fn a_lineage_that_bites_its_tail_is_endless() {
        let sites = sites(&[("a", Some("b")), ("b", Some("a")), ("c", Some("a"))]);
        assert_eq!(lineage(&sites, "a"), Err(Endless::Cycle));
        assert_eq!(lineage(&sites, "c"), Err(Endless::Cycle));
    }

    #[test]
    fn braces_around_anything_but_a_site_stay() {
        let origins = Origins::allot(&sites(&[("app", None)]), "x-1", 1);
        assert_eq!(
            origins.fill_in("{app} {nobody} {app"),
            "http://app-x-1.localhost:1 {nobody} {app"
        );
    }
}
