//! The check that a [`Plan`] must pass before it goes on stage.
//!
//! It names every fault, not only the first, and leaves to the caller where in a file they are:
//! each fault carries the site or page it is about.

use crate::hosts::{DEEPEST, Endless, lineage};
use crate::page::{Page, PageUrl, Plan, RawHeaderError, RawHeaders, Serve, is_site_name};

/// Paths that the server keeps to itself on every host.
pub(crate) const RESERVED: &str = "/__coopwright/";

/// A plan that cannot be staged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct PlanError {
    /// All faults: those of the sites first, then those of the pages, each in plan order.
    pub faults: Vec<PlanFault>,
}

/// One fault of a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFault {
    /// A site whose name is no DNS label.
    #[error(
        "`{site}` is not a site name: lower-case letters, digits and hyphens, a letter first, \
         at most 30"
    )]
    SiteName {
        /// The name as written.
        site: String,
    },
    /// A `subdomain-of` that names no site of the plan.
    #[error("site `{site}` is a sub-domain of `{parent}`, which is not defined")]
    UndefinedParent {
        /// The site.
        site: String,
        /// What its `subdomain-of` says.
        parent: String,
    },
    /// A site that is, by way of others, its own sub-domain.
    #[error("site `{site}` never reaches a parent: its `subdomain-of` goes in a circle")]
    SubdomainCycle {
        /// The site.
        site: String,
    },
    /// A site that lies too deep for a host name.
    #[error("site `{site}` is a sub-domain more than {DEEPEST} levels deep")]
    TooDeep {
        /// The site.
        site: String,
    },
    /// A declared origin that is none.
    #[error("site `{site}`: {fault}")]
    Origin {
        /// The site.
        site: String,
        /// What is wrong with its `origin`.
        fault: String,
    },
    /// A page of a site that the plan lacks.
    #[error("page `{page}` belongs to site `{}`, which is not defined", .page.site())]
    UndefinedSite {
        /// The page.
        page: PageUrl,
    },
    /// A page whose address no browser would ask for.
    #[error("no browser asks for page `{page}`: write the path as in a request, as `{asked}`")]
    Path {
        /// The page.
        page: PageUrl,
        /// What a browser makes of its path.
        asked: String,
    },
    /// A page on a path that the server keeps to itself.
    #[error("page `{page}` is below `{RESERVED}`, which the server keeps to itself")]
    ReservedPath {
        /// The page.
        page: PageUrl,
    },
    /// A redirect to a site that the plan lacks.
    #[error("page `{page}` redirects to `{to}`, whose site is not defined")]
    UndefinedTarget {
        /// The page.
        page: PageUrl,
        /// What its `to` says.
        to: PageUrl,
    },
    /// A status that is no final one (RFC 9110, section 15).
    #[error("page `{page}` has status {status}: 200 to 599 are possible")]
    Status {
        /// The page.
        page: PageUrl,
        /// The status as written.
        status: u16,
    },
    /// A header line that cannot be sent.
    #[error("page `{page}`, {}header line {}: {error}",
        if *.preflight { "preflight " } else { "" }, .error.line + 1)]
    Header {
        /// The page.
        page: PageUrl,
        /// Whether the line is one of the preflight's.
        preflight: bool,
        /// The line and what is wrong with it.
        error: RawHeaderError,
    },
}

/// All faults of the plan.
pub(crate) fn check(plan: &Plan) -> Result<(), PlanError> {
    let mut faults = site_faults(plan);
    for (url, page) in &plan.pages {
        page_faults(plan, url, page, &mut faults);
    }
    if faults.is_empty() { Ok(()) } else { Err(PlanError { faults }) }
}

fn site_faults(plan: &Plan) -> Vec<PlanFault> {
    let mut faults = Vec::new();
    for (name, site) in &plan.sites {
        let owned = || name.clone();
        if !is_site_name(name) {
            faults.push(PlanFault::SiteName { site: owned() });
        }
        if let Some(parent) = &site.subdomain_of
            && !plan.sites.contains_key(parent)
        {
            faults.push(PlanFault::UndefinedParent { site: owned(), parent: parent.clone() });
        }
        if let Err(fault) = site.declared_origin() {
            faults.push(PlanFault::Origin { site: owned(), fault });
        }
        match lineage(&plan.sites, name) {
            Ok(_) => {}
            Err(Endless::Cycle) => faults.push(PlanFault::SubdomainCycle { site: owned() }),
            Err(Endless::TooDeep) => faults.push(PlanFault::TooDeep { site: owned() }),
        }
    }
    faults
}

fn page_faults(plan: &Plan, url: &PageUrl, page: &Page, faults: &mut Vec<PlanFault>) {
    let owned = || url.clone();
    if !plan.sites.contains_key(url.site()) {
        faults.push(PlanFault::UndefinedSite { page: owned() });
    }
    let asked = asked_path(url);
    if asked != url.path_and_query() {
        faults.push(PlanFault::Path { page: owned(), asked });
    }
    if url.path().starts_with(RESERVED) {
        faults.push(PlanFault::ReservedPath { page: owned() });
    }
    if let Some(Serve::Redirect(redirect)) = &page.serve
        && !plan.sites.contains_key(redirect.to.site())
    {
        faults.push(PlanFault::UndefinedTarget { page: owned(), to: redirect.to.clone() });
    }
    let preflight = page.preflight.as_ref();
    for status in [page.status, preflight.and_then(|preflight| preflight.status)] {
        if let Some(status) = status
            && !(200..=599).contains(&status)
        {
            faults.push(PlanFault::Status { page: owned(), status });
        }
    }
    for (preflight, headers) in
        [(false, page.headers.as_ref()), (true, preflight.map(|preflight| &preflight.headers))]
    {
        let errors = headers.map(header_faults).unwrap_or_default();
        let fault = |error| PlanFault::Header { page: owned(), preflight, error };
        faults.extend(errors.into_iter().map(fault));
    }
}

/// The path of the page as a browser puts it into a request: normalised and without a query, by
/// which pages are not told apart.
fn asked_path(url: &PageUrl) -> String {
    url::Url::parse(&format!("http://site.localhost{}", url.path()))
        .map_or_else(|_| "/".to_owned(), |url| url.path().to_owned())
}

/// Lines that HTTP cannot carry, and lines that would break the framing of the response, which is
/// the server's own business (RFC 9112, section 6).
fn header_faults(headers: &RawHeaders) -> Vec<RawHeaderError> {
    let mut faults = headers.lines().err().unwrap_or_default();
    for (line, text) in headers.0.split('\n').enumerate() {
        let name = text.split(':').next().unwrap_or_default();
        if ["content-length", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
            let reason = format!("`{name}` cannot be declared: the server frames its responses");
            faults.push(RawHeaderError { line, reason });
        }
    }
    faults.sort_by_key(|fault| fault.line);
    faults
}
