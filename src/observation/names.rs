//! Real addresses and the scenario's names for them; and what must never be shown.

use std::sync::LazyLock;

use regex::Regex;

/// Values of OAuth parameters, wherever an address stands in a text.
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    let names = "access_token|code|code_challenge|code_verifier|id_token|nonce|state|ticket";
    Regex::new(&format!(r#"([?&#](?:{names})=)[^&#\s"'<>)]+"#)).expect("a constant")
});

/// A page or address without query and fragment.
#[must_use]
pub fn without_query(page: &str) -> &str {
    page.split(['?', '#']).next().unwrap_or(page)
}

/// The site of a page, `site:/path`; other texts as they are.
#[must_use]
pub fn site_of_page(page: &str) -> &str {
    page.split_once(':').map_or(page, |(site, _)| site)
}

/// The origins of one unit's sites, to put names in place of hosts and ports.
#[derive(Debug, Clone, Default)]
pub struct Names {
    origins: Vec<(String, String)>,
}

impl Names {
    /// From pairs of site name and origin.
    pub fn new<'a>(origins: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut origins: Vec<(String, String)> = origins
            .into_iter()
            .map(|(site, origin)| (site.to_owned(), origin.to_owned()))
            .collect();
        // `http://a.b:1` must not be found inside `http://a.b:12`: the longer first.
        origins.sort_by_key(|(_, origin)| std::cmp::Reverse(origin.len()));
        Self { origins }
    }

    /// `text` with every origin as `{site}`, hosts without scheme as the site's name, and the values of
    /// OAuth parameters masked.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let text = SECRETS.replace_all(text, "$1****").into_owned();
        self.origins.iter().fold(text, |text, (site, origin)| {
            let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
            let name = format!("{{{site}}}");
            // As it stands in a query: `redirect_uri=http%3A%2F%2F…`.
            let encoded = origin.replace(':', "%3A").replace('/', "%2F");
            text.replace(origin, &name).replace(&encoded, &name).replace(host, site)
        })
    }

    /// The site with this origin; other origins as they are.
    #[must_use]
    pub fn site_of<'a>(&'a self, origin: &'a str) -> &'a str {
        self.origins
            .iter()
            .find(|(_, known)| known == origin)
            .map_or(origin, |(site, _)| site.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_become_names() {
        let names = Names::new([
            ("app", "http://app-k3-1.localhost:4012"),
            ("panel", "http://panel.app-k3-1.localhost:4012"),
        ]);
        assert_eq!(
            names.text(
                "from http://panel.app-k3-1.localhost:4012/x to http://app-k3-1.localhost:4012"
            ),
            "from {panel}/x to {app}"
        );
        assert_eq!(
            names.text("?redirect_uri=http%3A%2F%2Fapp-k3-1.localhost%3A4012%2Fcallback"),
            "?redirect_uri={app}%2Fcallback"
        );
        assert_eq!(
            names.text("GET /cb?code=abc&x=1&state=d%3D: failed"),
            "GET /cb?code=****&x=1&state=**** failed"
        );
        assert_eq!(names.site_of("http://app-k3-1.localhost:4012"), "app");
        assert_eq!(names.site_of("null"), "null");
    }
}
