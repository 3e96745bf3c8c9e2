//! `Reporting-Endpoints`, and whether the `report-to` of a policy leads to one (Reporting API, section
//! 3.3).

use url::Url;

use super::Lint;
use super::codes;
use super::quote::{plain, quote};
use crate::origin::Origin;
use crate::policy::structured::{Bare, Member, dictionary};
use crate::policy::{DocumentIsolation, EmbedderPolicy, Lines, OpenerPolicy};

const NAME: &str = "Reporting-Endpoints";

/// The lints of the header with this combined value.
pub(super) fn endpoints(combined: &str) -> Vec<Lint> {
    let Some(members) = dictionary(combined) else {
        let why = if combined.is_empty() {
            "has no value".to_owned()
        } else if combined.starts_with(['{', '[']) {
            format!(
                "{} is the JSON of the old Report-To header and does not parse",
                quote(combined)
            )
        } else {
            format!("{} does not parse", quote(combined))
        };
        let text = format!("{why}: write `name=\"https://reports.example/\"`, with commas between");
        return vec![Lint::new(&codes::ENDPOINTS_MALFORMED, NAME, text)];
    };
    members.iter().filter_map(|(name, member)| endpoint(name, member)).collect()
}

fn endpoint(name: &str, member: &Member) -> Option<Lint> {
    let name = plain(name);
    let address = match member {
        Member::Item(item) => match &item.bare {
            Bare::Text(address) => address,
            Bare::Token(token) => {
                let text = format!(
                    "`{name}={token}` has no quotes and is skipped: write `{name}=\"{token}\"`",
                    token = plain(token)
                );
                return Some(Lint::new(&codes::ENDPOINT_NOT_A_STRING, NAME, text));
            }
            Bare::Boolean(_) | Bare::Other(_) => return Some(not_a_string(&name)),
        },
        Member::List(_) => return Some(not_a_string(&name)),
    };
    let why = refused(address)?;
    let text = format!("`{name}` is dropped: {} {why}", quote(address));
    Some(Lint::new(&codes::ENDPOINT_REFUSED, NAME, text))
}

fn not_a_string(name: &str) -> Lint {
    let text = format!("`{name}` is skipped: its address is no string, `{name}=\"https://…\"`");
    Lint::new(&codes::ENDPOINT_NOT_A_STRING, NAME, text)
}

/// Why browsers send no reports to this address; nothing where they do.
fn refused(address: &str) -> Option<&'static str> {
    // A path is taken from the page itself, which is secure where its policies count at all.
    let page = Url::parse("https://page.example/").ok();
    let Ok(url) = Url::options().base_url(page.as_ref()).parse(address) else {
        return Some("is no URL");
    };
    let trustworthy = Origin::of_url(&url).is_some_and(|origin| origin.is_trustworthy());
    (!trustworthy).then_some("is not https")
}

/// The endpoints that browsers keep, by name.
pub(super) fn kept(lines: Lines<'_>) -> Vec<(String, String)> {
    let mut endpoints = crate::policy::endpoints(lines);
    endpoints.retain(|(_, address)| refused(address).is_none());
    endpoints
}

/// The lints of policies whose reports go nowhere, although their `report-to` is well spelled.
pub(super) fn targets(lines: Lines<'_>) -> Vec<Lint> {
    let kept = kept(lines);
    let policies = [
        (OpenerPolicy::NAME, false),
        (OpenerPolicy::REPORT_ONLY, true),
        (EmbedderPolicy::NAME, false),
        (EmbedderPolicy::REPORT_ONLY, true),
        (DocumentIsolation::NAME, false),
        (DocumentIsolation::REPORT_ONLY, true),
    ];
    let lint = |(header, report_only): (&'static str, bool)| {
        let token = lines.token(header)?;
        let Some(target) = token.report_to else {
            let silent = report_only && !token.faulty_report_to;
            return silent.then(|| {
                let text =
                    format!("{} has no `report-to`, so nobody hears of it", quote(&token.text));
                Lint::new(&codes::REPORT_ONLY_TO_NOBODY, header, text)
            });
        };
        // The old header names groups in JSON: good enough to look for the name.
        let in_report_to =
            lines.all("Report-To").any(|line| line.contains(&format!("\"{target}\"")));
        if in_report_to || kept.iter().any(|(name, _)| *name == target) {
            return None;
        }
        let there = if kept.is_empty() {
            "this response has no usable `Reporting-Endpoints`".to_owned()
        } else {
            let names: Vec<String> = kept.iter().take(4).map(|(name, _)| quote(name)).collect();
            format!("`Reporting-Endpoints` has {}", names.join(", "))
        };
        let text = format!("`report-to=\"{}\"` leads nowhere: {there}", plain(&target));
        Some(Lint::new(&codes::REPORT_TO_UNKNOWN_ENDPOINT, header, text))
    };
    policies.into_iter().filter_map(lint).collect()
}
