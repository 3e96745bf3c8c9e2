//! Real addresses and the scenario's names for them; and what must never be shown.

use std::sync::LazyLock;

use regex::Regex;

/// Values of parameters that are secret or different in every run, wherever an address stands in a text:
/// OAuth, OpenID Connect, SAML, and what else people put there.
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    let names = "access_token|assertion|client_secret|code|code_challenge|code_verifier|id_token|\
                 id_token_hint|jwt|login_hint|nonce|otp|passwd|password|refresh_token|RelayState|\
                 SAMLRequest|SAMLResponse|session_state|sig|signature|state|ticket|token";
    Regex::new(&format!(r#"([?&#](?:{names})=)[^&#\s"'<>)]+"#)).expect("a constant")
});

/// The value of a cookie, in a header line that sets one.
static COOKIE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^([^=;]*=)?[^;]*").expect("a constant"));

/// What stands for a value that is not shown.
const MASK: &str = "****";

/// A secret that is shorter than this cannot be told from words by accident.
const SHORTEST: usize = 3;

/// A page or address without query and fragment.
#[must_use]
pub fn without_query(page: &str) -> &str {
    page.split(['?', '#']).next().unwrap_or(page)
}

/// The site of a page, `site:/path`; of the address of no site, its origin; other texts as they are.
#[must_use]
pub fn site_of_page(page: &str) -> &str {
    if let Some(start) = page.find("://") {
        let host = &page[start + 3..];
        return &page[..start + 3 + host.find(['/', '?', '#']).unwrap_or(host.len())];
    }
    page.split_once(':').map_or(page, |(site, _)| site)
}

/// The origins of one unit's sites, to put names in place of hosts and ports; and what is never shown.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Each site with its origin, or with the address below which all of it is.
    sites: Vec<(String, String)>,
    secrets: Vec<Regex>,
}

impl Names {
    /// From pairs of site name and origin, or address below which the site is, without a slash at the end.
    pub fn new<'a>(sites: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sites: Vec<(String, String)> = sites
            .into_iter()
            .map(|(site, address)| (site.to_owned(), address.to_owned()))
            .collect();
        // `http://a.b:1` must not be found inside `http://a.b:12`: the longer first.
        sites.sort_by_key(|(_, address)| std::cmp::Reverse(address.len()));
        Self { sites, secrets: Vec::new() }
    }

    /// From now on this value is masked in every text, whichever of its characters are escaped there, as in
    /// addresses, in JSON and in HTML.
    pub fn hide(&mut self, secret: &str) {
        if secret.chars().count() < SHORTEST {
            return;
        }
        let pattern: String = secret.chars().map(in_any_form).collect();
        if let Ok(pattern) = Regex::new(&pattern)
            && !self.secrets.iter().any(|known| known.as_str() == pattern.as_str())
        {
            self.secrets.push(pattern);
        }
        // The longer first: one may be a part of another.
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.as_str().len()));
    }

    /// `text` with every value masked that is never shown; nothing else is changed.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        let text = SECRETS.replace_all(text, "${1}****").into_owned();
        self.secrets.iter().fold(text, |text, secret| secret.replace_all(&text, MASK).into_owned())
    }

    /// `text` with every origin as `{site}`, hosts without scheme as the site's name, and secrets masked.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.sites.iter().fold(self.masked(text), |text, (site, origin)| {
            let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
            let name = format!("{{{site}}}");
            // As it stands in a query: `redirect_uri=http%3A%2F%2F…`.
            let encoded = origin.replace(':', "%3A").replace('/', "%2F");
            text.replace(origin, &name).replace(&encoded, &name).replace(host, site)
        })
    }

    /// A header line: as a text, and the values of cookies masked.
    #[must_use]
    pub fn line(&self, (name, value): &(String, String)) -> (String, String) {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let value = match () {
            () if is("set-cookie") => {
                let masked = COOKIE.replace(value, "${1}****");
                let parts: Vec<String> = masked.split(';').map(Self::path_masked).collect();
                parts.join(";")
            }
            () if is("location") || is("referer") => Self::path_masked(value),
            () => value.clone(),
        };
        (name.clone(), self.text(&value))
    }

    /// A real address as a page, `site:/path`, or as it is where it is of no site: without fragment, the
    /// values of its query masked, and parts of its path that are made up for each visit.
    #[must_use]
    pub fn page(&self, address: &str) -> String {
        let address = address.split('#').next().unwrap_or(address);
        let (before, query) = address.split_once('?').unwrap_or((address, ""));
        let site = self.sites.iter().find_map(|(site, base)| {
            let path = before.strip_prefix(base.as_str())?;
            (path.is_empty() || path.starts_with('/')).then_some((format!("{site}:"), path))
        });
        let (site, path) = site.unwrap_or_else(|| {
            let origin = site_of_page(before);
            (origin.to_owned(), &before[origin.len()..])
        });
        let path = Self::path_masked(path);
        let path = if path.is_empty() && !before.starts_with("about:") { "/" } else { &path };
        let query = masked_query(query);
        self.masked(&format!("{site}{path}{query}"))
    }

    /// A header line of a site that is not ours: of addresses the values of queries are masked as well.
    #[must_use]
    pub fn real_line(&self, line: &(String, String)) -> (String, String) {
        let is = |other: &str| line.0.eq_ignore_ascii_case(other);
        let (name, value) = self.line(line);
        if !is("location") && !is("referer") {
            return (name, value);
        }
        let (before, query) = value.split_once('?').unwrap_or((&value, ""));
        let query = masked_query(query.split('#').next().unwrap_or(query));
        (name, format!("{before}{query}"))
    }

    /// An address whose path shows no identifiers that are made up for each visit.
    fn path_masked(address: &str) -> String {
        let end = address.find(['?', '#']).unwrap_or(address.len());
        let (path, rest) = address.split_at(end);
        let parts: Vec<&str> =
            path.split('/').map(|part| if is_made_up(part) { MASK } else { part }).collect();
        parts.join("/") + rest
    }

    /// The site with this origin; other origins as they are.
    #[must_use]
    pub fn site_of<'a>(&'a self, origin: &'a str) -> &'a str {
        self.sites
            .iter()
            .find(|(_, known)| site_of_page(known) == origin)
            .map_or(origin, |(site, _)| site.as_str())
    }
}

/// A query with the values of its parameters masked, with its question mark; nothing for an empty one.
fn masked_query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        None => pair.to_owned(),
    });
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// A pattern for a character as it is, percent-encoded, or escaped for JSON or HTML.
fn in_any_form(c: char) -> String {
    let mut forms = vec![regex::escape(&c.to_string())];
    let mut bytes = [0; 4];
    let bytes = c.encode_utf8(&mut bytes).bytes();
    let percent: String = bytes.map(|byte| format!("%{byte:02X}")).collect();
    forms.push(format!("(?i:{percent})"));
    forms.push(format!("(?i:{})", regex::escape(&format!("\\u{:04x}", u32::from(c)))));
    forms.push(format!("(?i:&#(?:{};|x{:x};))", u32::from(c), u32::from(c)));
    match c {
        ' ' => forms.push(r"\+".to_owned()),
        '"' => forms.extend([r#"\\""#.to_owned(), "&quot;".to_owned()]),
        '\\' => forms.push(r"\\\\".to_owned()),
        '&' => forms.push("&amp;".to_owned()),
        '<' => forms.push("&lt;".to_owned()),
        '>' => forms.push("&gt;".to_owned()),
        _ => {}
    }
    // The longer first, or `\"` would be found as a backslash that is left over.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    format!("(?:{})", forms.join("|"))
}

/// Whether a part of a path looks like an identifier that a server makes up: neither words nor a file's name.
fn is_made_up(part: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-_=~".contains(c);
    part.len() >= 8
        && part.chars().all(is_token)
        && part.split(['-', '_', '=', '~']).any(|piece| piece.len() >= 4 && !is_word(piece))
}

/// Whether letters and digits look like a word, perhaps with a number behind it (`oauth2`), or a short number.
fn is_word(piece: &str) -> bool {
    let letters = piece.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = piece.len() - letters.len();
    let changes = letters.as_bytes().windows(2);
    let changes = changes.filter(|two| two[0].is_ascii_lowercase() != two[1].is_ascii_lowercase());
    if letters.is_empty() {
        return digits <= 5;
    }
    letters.chars().all(|c| c.is_ascii_alphabetic())
        && digits <= 3
        && changes.count() <= 1 + letters.len() / 4
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

    #[test]
    fn real_addresses_become_pages() {
        let names = Names::new([
            ("app", "https://example.com"),
            ("auth", "https://login.example.com/realms/x"),
            ("shop", "https://example.com/shop"),
        ]);
        for (address, page) in [
            ("https://example.com", "app:/"),
            ("https://example.com/a/b?code=1&x#frag", "app:/a/b?code=****&x"),
            ("https://example.com/shop/cart", "shop:/cart"),
            ("https://example.com/shopping", "app:/shopping"),
            ("https://login.example.com/realms/x/auth", "auth:/auth"),
            ("https://login.example.com/other", "https://login.example.com/other"),
            ("https://example.com.evil.test/", "https://example.com.evil.test/"),
            ("https://example.com/interaction/V1StGXR8_Z5jdHi6B-myT", "app:/interaction/****"),
            ("https://example.com/interaction/QwErTyUiOpAsDfGhJkLzX", "app:/interaction/****"),
            ("https://example.com/login-actions-authenticate", "app:/login-actions-authenticate"),
            ("https://example.com/loginActionsAuthenticate", "app:/loginActionsAuthenticate"),
            ("https://example.com/oauth2-callback/v2", "app:/oauth2-callback/v2"),
            ("https://example.com/b2c_1a_signin/12345", "app:/b2c_1a_signin/12345"),
            ("https://example.com/u/f52Gyy6-fWc7/who", "app:/u/****/who"),
            ("https://example.com/u/22da919b/1011117487", "app:/u/****/****"),
            ("https://example.com/u/z30ihvowna/req_F01AFsP6", "app:/u/****/****"),
            ("https://example.com/assets/main.3f2a1b9c.js", "app:/assets/main.3f2a1b9c.js"),
            ("about:blank", "about:blank"),
        ] {
            assert_eq!(names.page(address), page, "{address}");
        }
        assert_eq!(names.site_of("https://login.example.com"), "auth");
        assert_eq!(site_of_page("https://cdn.test/x"), "https://cdn.test");
    }

    #[test]
    fn what_is_hidden_is_masked_in_every_form() {
        let mut names = Names::new([("app", "https://example.com")]);
        names.hide("p\"ss wörd");
        for text in ["p\"ss wörd", "p%22ss+w%C3%B6rd", "p%22ss%20w%C3%B6rd", "p\\\"ss wörd"] {
            assert_eq!(names.text(&format!("a {text} b")), "a **** b", "{text}");
        }
        let mut names = names;
        names.hide("Zq7!h%2f&é");
        for text in ["Zq7!h%2f&é", "Zq7!h%252f%26%C3%A9", "Zq7%21h%252f%26%c3%a9", "Zq7!h%2f&amp;é"]
        {
            assert_eq!(names.masked(&format!("/u/{text}/x")), "/u/****/x", "{text}");
        }
        let line = |value: &str| names.line(&("Set-Cookie".to_owned(), value.to_owned())).1;
        assert_eq!(line("sid=abc; Path=/; HttpOnly"), "sid=****; Path=/; HttpOnly");
        let path = "Path=/login/V1StGXR8_Z5jdHi6B-myT";
        assert_eq!(line(&format!("sid=abc; {path}; Secure")), "sid=****; Path=/login/****; Secure");
    }
}
