//! What browsers reported in a trial as report-only (Reporting API; HTML, sections 7.1.3 and 7.1.4): the
//! bodies taken apart, grouped by type and page, each with the fix that it means.
//!
//! Field names as Chromium sends them, and as older texts and tests have them.

use serde::Serialize;
use serde_json::Value;

use crate::observation::{Names, without_query};
use crate::scenario::Unit;

/// A delivery to the collector.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The flow in which it came, `scenario › variant`.
    pub flow: String,
    /// The request's body: a list of reports, or one.
    pub body: Value,
    /// Names for the addresses in it.
    pub names: Names,
}

impl Delivery {
    /// What came while a unit ran.
    #[must_use]
    pub fn in_unit(unit: &Unit, body: Value) -> Self {
        let sites = unit.plan.sites.iter().filter_map(|(name, site)| {
            let declared = || site.declared_origin().ok().flatten();
            Some((name.as_str(), unit.targets.get(name).cloned().or_else(declared)?))
        });
        let sites: Vec<(&str, String)> = sites.collect();
        let names = Names::new(sites.iter().map(|(name, address)| (*name, address.as_str())));
        Self { flow: unit.name(), body, names }
    }
}

/// Reports that say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReportGroup {
    /// The type of the reports: `coop`, `coep`.
    pub r#type: String,
    /// What was reported: `access-from-coop-page-to-openee`, `corp`.
    pub what: String,
    /// The page with the policy.
    pub page: String,
    /// The policy that was tried, where it is told.
    pub policy: Option<String>,
    /// Whether the policy only reports.
    pub trial: bool,
    /// What it is about: the properties that were accessed, the address that would be blocked, the page
    /// that a window would leave or go to. Each once.
    pub about: Vec<String>,
    /// The flows in which it came, each once, in their order.
    pub flows: Vec<String>,
    /// How many reports there were.
    pub count: usize,
    /// What to do if the flow needs what would be lost.
    pub fix: &'static str,
    /// Why it may mean nothing.
    pub noise: Option<&'static str>,
}

/// What a trial told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    /// The reports, those that may mean nothing last.
    pub groups: Vec<ReportGroup>,
    /// How many bodies or reports could not be read.
    pub unreadable: usize,
}

impl Reports {
    /// Whether something was reported that is no known noise.
    #[must_use]
    pub fn mean_something(&self) -> bool {
        self.groups.iter().any(|group| group.noise.is_none())
    }
}

/// All reports of some deliveries, together.
#[must_use]
pub fn grouped(deliveries: &[Delivery]) -> Reports {
    let mut groups: Vec<ReportGroup> = Vec::new();
    let mut unreadable = 0;
    for delivery in deliveries {
        let reports = match &delivery.body {
            Value::Array(reports) => reports.as_slice(),
            one => std::slice::from_ref(one),
        };
        for report in reports {
            match read(report, &delivery.names) {
                Some(read) => add(&mut groups, read, &delivery.flow),
                None => unreadable += 1,
            }
        }
    }
    groups.sort_by(|one, other| {
        let order = |group: &ReportGroup| {
            (group.noise.is_some(), group.r#type.clone(), place(&group.what), group.what.clone())
        };
        order(one).cmp(&order(other)).then_with(|| one.page.cmp(&other.page))
    });
    Reports { groups, unreadable }
}

/// One report.
struct Read<'a> {
    r#type: &'a str,
    what: &'a str,
    page: String,
    policy: Option<&'a str>,
    trial: bool,
    about: Option<String>,
    noise: Option<&'static str>,
}

fn add(groups: &mut Vec<ReportGroup>, read: Read<'_>, flow: &str) {
    let is = |group: &&mut ReportGroup| {
        group.r#type == read.r#type
            && group.what == read.what
            && group.page == read.page
            && group.policy.as_deref() == read.policy
            && group.trial == read.trial
            && group.noise == read.noise
    };
    let at = match groups.iter_mut().find(is) {
        Some(group) => group,
        None => {
            groups.push(ReportGroup {
                r#type: read.r#type.to_owned(),
                what: read.what.to_owned(),
                page: read.page,
                policy: read.policy.map(ToOwned::to_owned),
                trial: read.trial,
                about: Vec::new(),
                flows: Vec::new(),
                count: 0,
                fix: fix(read.r#type, read.what),
                noise: read.noise,
            });
            groups.last_mut().expect("it was just put in")
        }
    };
    at.count += 1;
    if let Some(about) = read.about.filter(|about| !at.about.contains(about)) {
        at.about.push(about);
        at.about.sort();
    }
    if !at.flows.iter().any(|known| known == flow) {
        at.flows.push(flow.to_owned());
    }
}

fn read<'a>(report: &'a Value, names: &Names) -> Option<Read<'a>> {
    let body = report.get("body")?;
    let text = |keys: &[&str]| {
        keys.iter().find_map(|key| body.get(key)?.as_str()).filter(|text| !text.is_empty())
    };
    let named = |address: &str| without_query(&names.page(address)).to_owned();
    let address = |keys: &[&str]| text(keys).map(named);
    let r#type = report.get("type")?.as_str()?;
    let what = text(&["type", "violation-type", "violationType"]).unwrap_or("unknown");
    let page = report.get("url").and_then(Value::as_str).filter(|url| !url.is_empty());
    let page = page.map(named).or_else(|| address(&["document-uri", "documentURL"]))?;
    let property = text(&["property"]);
    let blocked = address(&["blockedURL", "blocked-url", "blockedURI"]);
    let other = address(&["openerURL", "openeeURL", "otherDocumentURL"]);
    let navigated = address(&[
        "nextResponseURL",
        "previousResponseURL",
        "navigation-uri",
        "navigationURI",
        "initialPopupURL",
    ]);
    let source = address(&["sourceFile", "source-file"]);
    let by_extension = [&source, &blocked, &other, &navigated]
        .into_iter()
        .flatten()
        .any(|address| is_extension(address));
    // Who reaches into a page of ours and tells nothing of itself is of another origin.
    let polls = property == Some("closed")
        && what.starts_with("access-to-coop-page-from-")
        && other.is_none();
    let about = match (property, blocked, navigated) {
        (Some(property), ..) => Some(match other {
            Some(other) => format!("{property} ({other})"),
            None => property.to_owned(),
        }),
        (_, Some(blocked), _) => Some(match text(&["destination"]) {
            Some(destination) => format!("{blocked} ({destination})"),
            None => blocked,
        }),
        (.., navigated) => navigated,
    };
    Some(Read {
        r#type,
        what,
        page,
        policy: text(&["effectivePolicy", "effective-policy"]),
        trial: text(&["disposition"]) != Some("enforce"),
        about,
        noise: match (by_extension, polls) {
            (true, _) => Some("a browser extension did it"),
            (_, true) => Some(
                "a page of another origin only reads `closed`; unless that page is yours, it \
                 is known noise",
            ),
            _ => None,
        },
    })
}

/// Whether an address is inside a browser extension.
fn is_extension(address: &str) -> bool {
    address.split_once(':').is_some_and(|(scheme, _)| scheme.ends_with("-extension"))
}

/// Accesses first: they are what people lose. A navigation alone breaks nothing.
fn place(what: &str) -> u8 {
    match what {
        _ if what.starts_with("access-") => 0,
        _ if what.starts_with("navigation-") => 2,
        _ => 1,
    }
}

/// What to do if a flow needs what would be lost (W3C, "Rolling out COOP"; HTML, section 7.1.4).
fn fix(r#type: &str, what: &str) -> &'static str {
    match (r#type, what) {
        ("coop", "access-from-coop-page-to-openee" | "access-to-coop-page-from-openee") => {
            "the page opened a popup and they need each other: send \
             `same-origin-allow-popups` on this page"
        }
        ("coop", "access-from-coop-page-to-opener" | "access-to-coop-page-from-opener") => {
            "the page is in a popup and needs its opener: send `unsafe-none` on this page"
        }
        ("coop", "access-from-coop-page-to-other") => {
            "the page reaches a window that it did not open: send `unsafe-none` on this page"
        }
        ("coop", "access-to-coop-page-from-other") => {
            "another window reaches this page: send `unsafe-none` on this page"
        }
        ("coop", "navigation-from-response") => {
            "a window would leave the group of this page: nothing is lost unless an access is \
             reported as well, or the page is a redirect, which reports none"
        }
        ("coop", "navigation-to-response" | "navigation-to-document") => {
            "a window would enter a group of its own here: nothing is lost unless an access is \
             reported as well, or the page is a redirect, which reports none: exempt it if popups \
             pass through it"
        }
        ("coep", "corp") => {
            "the resource would be blocked: send `Cross-Origin-Resource-Policy` with it, or ask \
             for it with CORS (`crossorigin`)"
        }
        ("coep", "navigation") => {
            "the frame would be blocked: its page needs an embedder policy of its own, and \
             `Cross-Origin-Resource-Policy` where it is of another origin"
        }
        ("coep", "worker initialization") => {
            "the worker would not start: its script needs an embedder policy of its own"
        }
        ("document-isolation-policy", _) => {
            "the resource would be blocked: send `Cross-Origin-Resource-Policy` with it, or ask \
             for it with CORS (`crossorigin`)"
        }
        _ => "no fix is known for this report",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn coop(what: &str, body: Value) -> Value {
        let mut body = body;
        body["type"] = json!(what);
        body["disposition"] = json!("reporting");
        body["effectivePolicy"] = json!("same-origin");
        json!({ "type": "coop", "age": 1, "url": "https://app.example/?code=secret", "body": body })
    }

    fn delivery(flow: &str, body: Value) -> Delivery {
        let names = Names::new([("app", "https://app.example")]);
        Delivery { flow: flow.to_owned(), body, names }
    }

    fn all(reports: Value) -> Vec<ReportGroup> {
        let found = grouped(&[delivery("login › default", reports)]);
        assert_eq!(found.unreadable, 0);
        found.groups
    }

    #[test]
    fn reports_of_a_popup_are_grouped_with_accesses_first() {
        let groups = all(json!([
            coop(
                "navigation-from-response",
                json!({ "nextResponseURL": "https://auth.example/p?x" })
            ),
            coop("access-from-coop-page-to-openee", json!({ "property": "closed" })),
            coop("access-from-coop-page-to-openee", json!({ "property": "closed" })),
            coop("access-from-coop-page-to-openee", json!({ "property": "postMessage" })),
        ]));
        let told: Vec<_> =
            groups.iter().map(|g| (g.what.as_str(), g.count, g.about.join(", "))).collect();
        assert_eq!(
            told,
            [
                ("access-from-coop-page-to-openee", 3, "closed, postMessage".to_owned()),
                ("navigation-from-response", 1, "https://auth.example/p".to_owned()),
            ]
        );
        assert_eq!(groups[0].page, "app:/", "by its name, without query");
        assert!(groups[0].fix.contains("`same-origin-allow-popups` on this page"));
        assert!(groups[0].trial && groups[0].noise.is_none());
    }

    #[test]
    fn a_fix_fits_the_side() {
        let fix =
            |what| all(coop(what, json!({ "property": "blur", "openerURL": "https://a/" })))[0].fix;
        assert!(fix("access-to-coop-page-from-opener").contains("`unsafe-none` on this page"));
        assert!(fix("access-to-coop-page-from-other").contains("another window"));
        assert!(fix("navigation-to-response").contains("redirect"));
        assert!(fix("something-new").contains("no fix is known"));
    }

    #[test]
    fn older_names_are_read_too() {
        let groups = all(json!({ "type": "coop", "url": "", "body": {
            "violation-type": "navigation-to-document", "document-uri": "https://a/x",
            "navigation-uri": "https://b/y?q", "effective-policy": "same-origin-plus-coep",
            "disposition": "enforce",
        }}));
        let ReportGroup { what, page, policy, trial, about, .. } = &groups[0];
        assert_eq!((what.as_str(), page.as_str()), ("navigation-to-document", "https://a/x"));
        assert_eq!(policy.as_deref(), Some("same-origin-plus-coep"));
        assert_eq!(about, &["https://b/y"]);
        assert!(!trial);
    }

    #[test]
    fn blocked_resources_are_named() {
        let report = |what: &str, blocked: &str| {
            json!({ "type": "coep", "url": "https://a/", "body": {
                "type": what, "blockedURL": blocked, "destination": "image", "disposition": "reporting",
            }})
        };
        let groups = all(json!([
            report("corp", "https://cdn/i.png?v=1"),
            report("corp", "https://cdn/j.png")
        ]));
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].about, ["https://cdn/i.png (image)", "https://cdn/j.png (image)"]);
        assert!(groups[0].fix.contains("`Cross-Origin-Resource-Policy`"));
        assert!(all(report("navigation", "https://b/"))[0].fix.contains("frame"));
        assert!(all(report("worker initialization", "https://a/w"))[0].fix.contains("worker"));
    }

    #[test]
    fn noise_is_marked_and_comes_last() {
        let groups = all(json!([
            coop("access-to-coop-page-from-opener", json!({ "property": "closed" })),
            coop(
                "access-from-coop-page-to-opener",
                json!({ "property": "postMessage", "sourceFile": "chrome-extension://x/y.js" })
            ),
            coop("access-from-coop-page-to-opener", json!({ "property": "postMessage" })),
            coop(
                "access-to-coop-page-from-opener",
                json!({ "property": "closed", "openerURL": "https://app.example/" })
            ),
        ]));
        let noise: Vec<bool> = groups.iter().map(|group| group.noise.is_some()).collect();
        assert_eq!(noise, [false, false, true, true]);
        // Of the same origin: it told who it is, and that is no noise.
        assert!(groups[..2].iter().any(|group| group.what == "access-to-coop-page-from-opener"));
    }

    #[test]
    fn what_is_no_report_is_counted_and_nothing_panics() {
        let bodies = [
            json!(null),
            json!([1, {}, { "type": "coop" }]),
            json!({ "type": 1, "body": [] }),
            json!([]),
        ];
        let deliveries: Vec<_> = bodies.into_iter().map(|body| delivery("f", body)).collect();
        let found = grouped(&deliveries);
        assert_eq!(found, Reports { groups: Vec::new(), unreadable: 5 });
        assert!(!found.mean_something());
        let odd =
            json!({ "type": "csp-violation", "url": "https://a/", "body": { "blockedURL": "x" } });
        assert_eq!(all(odd)[0].r#type, "csp-violation");
    }
}
