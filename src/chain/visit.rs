//! What is asked of a live page, as a scenario that real browsers run: the questions of an
//! [`Outlook`](super::Outlook), each a variant of its name; or a script's `fetch()`.

use std::fmt::Write as _;

use url::Url;

use super::Question;
use super::navigate::origin;

/// A scenario and the addresses of those of its sites that are not the fixture server's.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The scenario file.
    pub yaml: String,
    /// Each site with its origin.
    pub sites: Vec<(&'static str, Url)>,
}

const OPENERS: [(&str, &str); 3] =
    [("plain", ""), ("allow-popups", "same-origin-allow-popups"), ("same-origin", "same-origin")];

/// A visit to a page, which `opener` may open.
#[must_use]
pub fn visit(page: &Url, opener: Option<&Url>) -> Visit {
    let here = quoted(&format!("page:{}", path(page)));
    let mut sites = vec![("page", base(page))];
    let mut yaml = "version: 1\ntitle: a live page\nsites: { page: {}, other: {}".to_owned();
    let given = opener.map(|opener| {
        let same = origin(opener).is_same_origin(&origin(page));
        // A site is an origin.
        let site = if same { "page" } else { "opener" };
        if !same {
            sites.push(("opener", base(opener)));
            yaml += ", opener: {}";
        }
        quoted(&format!("{site}:{}", path(opener)))
    });
    yaml += " }\npages:\n";
    for (name, policy) in OPENERS {
        let headers = if policy.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{ headers: \"Cross-Origin-Opener-Policy: {policy}\" }}")
        };
        let _ = writeln!(yaml, "  other:/{name}: {headers}");
    }
    yaml += "variants:\n";
    let mut variant = |id: &str, from: &str, to: Option<(&str, &str)>| {
        let _ = write!(
            yaml,
            "  {id}:\n    kind: case\n    title: {id}\n    steps:\n      - open: {{ url: {from} }}\n"
        );
        if let Some((to, how)) = to {
            let _ = writeln!(yaml, "      - popup: {{ as: popup, url: {to}, how: {how} }}");
        }
    };
    const WAYS: [(&str, &str); 2] = [("", "direct"), ("-blank-first", "blank-then-assign")];
    for (end, how) in WAYS {
        variant(&format!("opens-plain{end}"), &here, Some(("other:/plain", how)));
    }
    if let Some(given) = &given {
        for (end, how) in WAYS {
            variant(&format!("opened-by-given{end}"), given, Some((&here, how)));
        }
    }
    for (name, _) in OPENERS {
        for (end, how) in WAYS {
            let opener = format!("other:/{name}");
            variant(&format!("opened-by-{name}{end}"), &opener, Some((&here, how)));
        }
    }
    for (end, how) in WAYS {
        variant(&format!("opened-by-own{end}"), &here, Some((&here, how)));
    }
    variant("isolated", &here, None);
    Visit { yaml, sites }
}

/// A script's `fetch()`: the page that asks is played, so that it need not be touched. Its facts are
/// `fetch.result` and `fetch.readable-headers`.
#[must_use]
pub fn visit_by_script(question: &Question) -> Visit {
    let to = question.url();
    let asks = origin(question.page());
    let own = asks.is_same_origin(&origin(to));
    let (sites, page) = if own {
        ("{ api: {} }".to_owned(), quoted(&format!("api:{}", path(question.page()))))
    } else {
        let origin = quoted(&asks.serialised());
        (format!("{{ api: {{}}, page: {{ origin: {origin} }} }}"), "page:/".to_owned())
    };
    let pages = if own { "" } else { "pages: { 'page:/': {} }\n" };
    let headers: Vec<String> =
        question.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let credentials = if question.has_credentials() { "include" } else { "same-origin" };
    let yaml = format!(
        "version: 1\ntitle: a script's fetch()\nsites: {sites}\n{pages}variants:\n  fetch:\n    kind: case\n    \
         title: fetch()\n    steps:\n      - open: {{ url: {page} }}\n      - fetch: {{ as: fetch, url: {url}, \
         method: {method}, headers: {headers}, credentials: {credentials} }}\n",
        url = quoted(&format!("api:{}", path(to))),
        method = quoted(question.method()),
        headers = quoted(&headers.join("\n")),
    );
    Visit { yaml, sites: vec![("api", base(to))] }
}

/// Path and query.
fn path(url: &Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

/// The origin as an address.
fn base(url: &Url) -> Url {
    let mut base = url.clone();
    base.set_path("/");
    base.set_query(None);
    base.set_fragment(None);
    // Neither can fail where there is a host.
    let _ = base.set_username("");
    let _ = base.set_password(None);
    base
}

/// A text that YAML reads as it is: JSON's way is one of its own.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::Role;
    use super::super::outlook;
    use super::super::tests::{chain, hop};
    use super::*;

    #[test]
    fn variants_are_questions_of_the_outlook() {
        let app = hop("https://app.example/", 200, &[]);
        let login = chain(vec![hop("https://login.example/a?b=c", 200, &[])]);
        let visit = visit(&login.asked, Some(&app.url));
        let outlook = outlook(&login, Some(&app)).unwrap();
        let names: Vec<&str> = visit
            .yaml
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
            .filter(|name| !name.starts_with(' '))
            .collect();
        for name in &names {
            assert!(outlook.case(name).is_some(), "{name}");
        }
        for case in outlook.cases.iter().filter(|case| case.role == Role::Popup) {
            assert!(names.contains(&case.id), "{}", case.id);
        }
        let sites: Vec<(&str, &str)> =
            visit.sites.iter().map(|(name, url)| (*name, url.as_str())).collect();
        assert_eq!(sites, [("page", "https://login.example/"), ("opener", "https://app.example/")]);
    }
}
