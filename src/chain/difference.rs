//! Several chains side by side: the same page in development, preview and production, say. What the sites
//! are called in each is no difference, and neither is what changes with every request.

use url::Url;

use super::outlook::Outlook;
use super::{Chain, End, Hop, Role, framing, shown_line};
use crate::observation::{Names, without_query};

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Headers, statuses and numbers of responses: of the final document first, then along the way.
    pub headers: Vec<HeaderDifference>,
    /// What the pages can do.
    pub cases: Vec<CaseDifference>,
}

/// One thing that is sent otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderDifference {
    /// The response, counted from the start of the chain; nothing for the final document.
    pub hop: Option<usize>,
    /// The header, `status`, `responses` or `end`.
    pub name: String,
    /// In each chain.
    pub sent: Vec<Sent>,
}

/// What one chain has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// There is no such response.
    NoResponse,
    /// These values, one for each line; none where the header is not sent.
    Values(Vec<String>),
}

/// Something that the pages do not do alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseDifference {
    /// The case's name.
    pub id: &'static str,
    /// What it is about.
    pub role: Role,
    /// It in words.
    pub title: String,
    /// In each chain the words of Chromium, Firefox and WebKit; nothing where the chain ends with no page.
    pub words: Vec<Option<Vec<&'static str>>>,
}

impl Difference {
    /// Whether the pages can do the same.
    #[must_use]
    pub fn can_do_the_same(&self) -> bool {
        self.cases.is_empty()
    }
}

/// What differs between chains, each with its outlook.
#[must_use]
pub fn difference(pages: &[(&Chain, Option<&Outlook>)]) -> Difference {
    let chains: Vec<&Chain> = pages.iter().map(|(chain, _)| *chain).collect();
    let names: Vec<Names> = chains.iter().map(|chain| names_of(chain)).collect();
    let mut headers = Vec::new();
    let mut add = |hop: Option<usize>, name: &str, sent: Vec<Sent>| {
        let plain = sent.iter().zip(&names).map(|(sent, names)| sent.plain(name, names));
        let plain: Vec<Sent> = plain.collect();
        if plain.windows(2).any(|pair| pair[0] != pair[1]) {
            headers.push(HeaderDifference { hop, name: name.to_owned(), sent });
        }
    };
    let one = |text: String| Sent::Values(vec![text]);
    add(None, "end", chains.iter().map(|chain| one(end_of(chain).to_owned())).collect());
    let finals: Vec<Option<&Hop>> = chains.iter().map(|chain| chain.last()).collect();
    compare(&finals, None, &mut add);
    let count = |chain: &&Chain| one(chain.hops.len().to_string());
    add(None, "responses", chains.iter().map(count).collect());
    let redirects = |chain: &Chain| chain.hops.len() - usize::from(chain.last().is_some());
    let longest = chains.iter().map(|chain| redirects(chain)).max().unwrap_or_default();
    for number in 0..longest {
        let hops: Vec<Option<&Hop>> = chains
            .iter()
            .map(|chain| chain.hops.get(number).filter(|_| number < redirects(chain)))
            .collect();
        compare(&hops, Some(number), &mut add);
    }
    Difference { headers, cases: cases(pages) }
}

/// Status and headers of one response in each chain.
fn compare(
    hops: &[Option<&Hop>],
    number: Option<usize>,
    add: &mut impl FnMut(Option<usize>, &str, Vec<Sent>),
) {
    let of_each = |get: &dyn Fn(&Hop) -> Vec<String>| -> Vec<Sent> {
        let sent = |hop: &Option<&Hop>| hop.map_or(Sent::NoResponse, |hop| Sent::Values(get(hop)));
        hops.iter().map(sent).collect()
    };
    add(number, "status", of_each(&|hop| vec![hop.status.to_string()]));
    let mut names: Vec<&str> = Vec::new();
    for hop in hops.iter().flatten() {
        for index in hop.relevant(&hop.lints(number.is_none())) {
            let name = hop.headers[index].0.as_str();
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name);
            }
        }
    }
    names.sort_by_key(|name| name.to_ascii_lowercase());
    for name in names {
        add(
            number,
            name,
            of_each(&|hop| hop.lines().all(name).map(|value| shown_line(name, value).1).collect()),
        );
    }
}

impl Sent {
    /// Without what may differ without meaning anything.
    fn plain(&self, name: &str, names: &Names) -> Self {
        let Self::Values(values) = self else { return Self::NoResponse };
        let plain = |value: &String| {
            let value = names.text(value);
            match name.to_ascii_lowercase().as_str() {
                // Queries carry what is made up for each request.
                "location" | "refresh" | "reporting-endpoints" => without_query(&value).to_owned(),
                "content-security-policy" => framing(&value).join("; "),
                "set-cookie" => {
                    let parts = value.split(';').map(str::trim_ascii);
                    let expires = |part: &&str| part.to_ascii_lowercase().starts_with("expires=");
                    parts.filter(|part| !expires(part)).collect::<Vec<_>>().join("; ")
                }
                _ => value,
            }
        };
        Self::Values(values.iter().map(plain).collect())
    }
}

/// The sites of a chain, by the order in which they appear.
fn names_of(chain: &Chain) -> Names {
    let mut origins: Vec<String> = Vec::new();
    let urls: Vec<&Url> = chain.hops.iter().map(|hop| &hop.url).collect();
    for url in std::iter::once(&chain.asked).chain(urls) {
        let origin = url.origin().ascii_serialization();
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    let names: Vec<String> = (1..=origins.len()).map(|number| format!("site-{number}")).collect();
    Names::new(names.iter().map(String::as_str).zip(origins.iter().map(String::as_str)))
}

fn end_of(chain: &Chain) -> &'static str {
    match chain.end {
        End::Answered => "a response",
        End::Loop(_) => "a redirect loop",
        End::TooManyRedirects => "too many redirects",
        End::BadLocation(_) => "a redirect to no address",
        End::Outside(_) => "a redirect out of the browser",
        End::Failed(_) => "no answer",
    }
}

fn cases(pages: &[(&Chain, Option<&Outlook>)]) -> Vec<CaseDifference> {
    let outlooks: Vec<Option<&Outlook>> = pages.iter().map(|(_, outlook)| *outlook).collect();
    let mut found: Vec<CaseDifference> = Vec::new();
    for case in outlooks.iter().flatten().flat_map(|outlook| &outlook.cases) {
        if found.iter().any(|known| known.id == case.id) {
            continue;
        }
        let words = |outlook: &Option<&Outlook>| Some(outlook.as_ref()?.case(case.id)?.words());
        found.push(CaseDifference {
            id: case.id,
            role: case.role,
            title: case.title.clone(),
            words: outlooks.iter().map(words).collect(),
        });
    }
    found.retain(|case| case.words.windows(2).any(|pair| pair[0] != pair[1]));
    found
}

#[cfg(test)]
mod tests {
    use super::super::outlook;
    use super::super::tests::{chain, hop};
    use super::*;

    fn of(chains: &[Chain]) -> Difference {
        let outlooks: Vec<_> = chains.iter().map(|chain| outlook(chain, None)).collect();
        let pages: Vec<_> = chains
            .iter()
            .zip(&outlooks)
            .map(|(chain, outlook)| (chain, outlook.as_ref()))
            .collect();
        difference(&pages)
    }

    fn told(difference: &Difference) -> Vec<(Option<usize>, &str)> {
        difference.headers.iter().map(|header| (header.hop, header.name.as_str())).collect()
    }

    #[test]
    fn names_and_what_is_made_up_are_no_difference() {
        let site = |host: &str, code: &str| {
            chain(vec![
                hop(
                    &format!("https://{host}/"),
                    302,
                    &[&format!("Location: https://login.{host}/a?challenge={code}")],
                ),
                hop(
                    &format!("https://login.{host}/a?challenge={code}"),
                    200,
                    &[
                        &format!("Access-Control-Allow-Origin: https://{host}"),
                        &format!("Set-Cookie: s={code}; Expires={code}; Path=/"),
                        &format!("Content-Security-Policy: script-src 'nonce-{code}'; sandbox"),
                    ],
                ),
            ])
        };
        let same = of(&[site("dev.example", "1"), site("prod.example", "2")]);
        assert_eq!(told(&same), []);
        assert!(same.can_do_the_same());
    }

    #[test]
    fn the_final_document_is_compared_first() {
        let coop = "Cross-Origin-Opener-Policy: same-origin";
        let one = chain(vec![hop("https://a.example/", 200, &[coop])]);
        let other = chain(vec![
            hop("https://b.example/", 302, &["Location: /x", coop]),
            hop("https://b.example/x", 200, &[]),
        ]);
        let found = of(&[one, other]);
        assert_eq!(
            told(&found),
            [
                (None, "Cross-Origin-Opener-Policy"),
                (None, "responses"),
                (Some(0), "status"),
                (Some(0), "Cross-Origin-Opener-Policy"),
                (Some(0), "Location")
            ]
        );
        let values =
            |values: &[&str]| Sent::Values(values.iter().map(ToString::to_string).collect());
        assert_eq!(found.headers[0].sent, [values(&["same-origin"]), values(&[])]);
        assert_eq!(found.headers[2].sent, [Sent::NoResponse, values(&["302"])]);
        let ids: Vec<&str> = found.cases.iter().map(|case| case.id).collect();
        assert!(ids.contains(&"opens-plain"), "{ids:?}");
        // A hop of the way cuts here, the page itself there.
        assert!(!ids.contains(&"opened-by-plain"), "{ids:?}");
        assert!(!found.can_do_the_same());
    }

    #[test]
    fn a_chain_without_a_page_differs_in_all_it_cannot_do() {
        let page = chain(vec![hop("https://a.example/", 200, &[])]);
        let mut lost = chain(vec![hop("https://b.example/", 302, &["Location: app://x"])]);
        lost.end = End::Outside("app://x".to_owned());
        let found = of(&[page, lost]);
        assert_eq!(told(&found)[0], (None, "end"));
        assert!(found.cases.iter().all(|case| case.words[1].is_none()));
    }
}
