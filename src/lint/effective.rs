//! What counts of a header in the end, as text.

use serde::Serialize;

use super::names::{self, Kind};
use super::reporting;
use crate::policy::{
    Allowlist, AllowlistMember, Dialect, DocumentIsolation, EmbedderPolicy, Lines, OpenerPolicy,
    ResourcePolicy, asks_for_agent_cluster,
};

/// What counts of a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Effective {
    /// The header, as the standards spell it.
    pub header: &'static str,
    /// The value that counts; nothing where nothing does and the header has no default word.
    pub value: Option<String>,
}

/// A header that is none of the family.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is none of the headers that are read here: the policies, CORS and reporting; the nearest is `{nearest}`"
)]
pub struct UnknownHeader {
    /// What was asked for.
    pub name: String,
    /// The known header with the closest name.
    pub nearest: &'static str,
}

/// What counts of a header with these raw lines, for an engine that reads in this way, in a secure
/// context:
///
/// - the policies by their word, `unsafe-none` (an isolation policy: `none`) where nothing counts. An
///   opener policy is read alone, so `same-origin` never becomes `same-origin-plus-COEP`;
/// - `Cross-Origin-Resource-Policy` by its word, or nothing;
/// - `Origin-Agent-Cluster` as `?1` or `?0`;
/// - `Permissions-Policy` as the list for `cross-origin-isolated`, `self` where it names none;
/// - `Reporting-Endpoints` as the endpoints that browsers keep, or nothing;
/// - CORS headers as the combined value that Fetch reads, or nothing.
///
/// # Errors
/// If the header is none of these.
pub fn effective(
    header: &str,
    lines: &[String],
    dialect: Dialect,
) -> Result<Effective, UnknownHeader> {
    let Some(known) = names::known(header) else {
        return Err(UnknownHeader { name: header.to_owned(), nearest: names::nearest(header) });
    };
    let value = of_lines(known.name, lines.iter().map(String::as_str), dialect);
    Ok(Effective { header: known.name, value })
}

/// What counts of a known header with these lines.
pub(super) fn of_lines<'a>(
    name: &str,
    lines: impl Iterator<Item = &'a str>,
    dialect: Dialect,
) -> Option<String> {
    let known = names::known(name)?;
    let headers: Vec<(String, String)> =
        lines.map(|line| (known.name.to_owned(), line.to_owned())).collect();
    let lines = Lines::in_dialect(&headers, dialect);
    match known.kind {
        Kind::Token(_) | Kind::Exact(_) => policy(known.name, lines),
        Kind::Boolean => {
            let asks = asks_for_agent_cluster(lines).unwrap_or_default();
            Some(if asks { "?1" } else { "?0" }.to_owned())
        }
        Kind::PermissionsPolicy => {
            Some(Allowlist::of(lines).map_or_else(|| "self".to_owned(), |list| allowlist(&list)))
        }
        Kind::Endpoints => {
            let kept = reporting::kept(lines);
            let kept: Vec<String> =
                kept.iter().map(|(name, url)| format!("{name}={url:?}")).collect();
            (!kept.is_empty()).then(|| kept.join(", "))
        }
        Kind::AllowOrigin | Kind::AllowCredentials | Kind::NameList | Kind::MaxAge => {
            lines.combined(known.name)
        }
    }
}

fn policy(name: &str, lines: Lines<'_>) -> Option<String> {
    match name {
        OpenerPolicy::NAME => Some(OpenerPolicy::of(lines, true).to_string()),
        OpenerPolicy::REPORT_ONLY => Some(OpenerPolicy::report_only(lines, true).to_string()),
        EmbedderPolicy::NAME => Some(EmbedderPolicy::of(lines, true).to_string()),
        EmbedderPolicy::REPORT_ONLY => Some(EmbedderPolicy::report_only(lines, true).to_string()),
        DocumentIsolation::NAME => Some(DocumentIsolation::of(lines, true).to_string()),
        DocumentIsolation::REPORT_ONLY => {
            Some(DocumentIsolation::report_only(lines, true).to_string())
        }
        _ => ResourcePolicy::of(lines).map(|policy| policy.to_string()),
    }
}

/// An allowlist as `Permissions-Policy` writes it, without members that say nothing more.
pub(super) fn allowlist(list: &Allowlist) -> String {
    let mut members: Vec<String> = Vec::new();
    for member in list.members() {
        let member = match member {
            AllowlistMember::Any => return "*".to_owned(),
            AllowlistMember::Own => "self".to_owned(),
            AllowlistMember::Source => "src".to_owned(),
            AllowlistMember::Named(origin) => format!("{origin:?}"),
        };
        if !members.contains(&member) {
            members.push(member);
        }
    }
    match &members[..] {
        [only] if only == "self" => "self".to_owned(),
        members => format!("({})", members.join(" ")),
    }
}
