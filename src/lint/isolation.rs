//! Policies that are right one by one and do not isolate together, and those that only report (HTML,
//! sections 7.1.3 and 7.1.4; Permissions Policy, section 9).

use super::codes;
use super::names::KNOWN;
use super::permissions::{FEATURE, NAME as PERMISSIONS};
use super::quote::quote;
use super::{Context, Lint, effective, place};
use crate::policy::{
    Allowlist, AllowlistMember, Dialect, DocumentIsolation, EmbedderPolicy, Lines, OpenerPolicy,
};

/// The lints of policies that do not come together.
pub(super) fn lints(lines: Lines<'_>, context: &Context<'_>) -> Vec<Lint> {
    let mut lints: Vec<Lint> =
        KNOWN.iter().filter_map(|known| only_reported(lines, known.name)).collect();
    let isolation = DocumentIsolation::of(lines, true);
    if isolation.isolates() {
        let text =
            format!("`{isolation}` isolates in Chromium; Firefox and Safari ignore the header");
        lints.push(Lint::new(&codes::DIP_CHROMIUM_ONLY, DocumentIsolation::NAME, text));
    }
    if context.secure == Some(false) || !place::may_be_page(lines, context) {
        return lints;
    }
    let opener = OpenerPolicy::of(lines, true);
    let embedder = EmbedderPolicy::of(lines, true);
    // A framed page has the opener policy of the page around it.
    if embedder.isolates() && !isolation.isolates() && context.framed != Some(true) {
        lints.extend(without_opener_policy(opener, embedder));
    }
    let isolates = opener == OpenerPolicy::SameOriginPlusCoep
        || isolation.isolates()
        || embedder.isolates() && context.framed == Some(true);
    if let Some(list) = Allowlist::of(lines).filter(|list| isolates && leaves_out_self(list)) {
        let text = format!(
            "`{FEATURE}={}` leaves the page itself out, so it is not isolated: write `{FEATURE}=(self)`",
            effective::allowlist(&list)
        );
        lints.push(Lint::new(&codes::ISOLATION_DENIED, PERMISSIONS, text));
    }
    lints
}

fn without_opener_policy(opener: OpenerPolicy, embedder: EmbedderPolicy) -> Option<Lint> {
    match opener {
        OpenerPolicy::UnsafeNone => {
            let text = format!(
                "`{embedder}` does not isolate the page without `{}: same-origin`",
                OpenerPolicy::NAME
            );
            Some(Lint::new(&codes::COEP_WITHOUT_COOP, EmbedderPolicy::NAME, text))
        }
        OpenerPolicy::SameOriginAllowPopups | OpenerPolicy::NoopenerAllowPopups => {
            let text = format!(
                "`{opener}` never isolates, also not with `{}: {embedder}`: only `same-origin` does",
                EmbedderPolicy::NAME
            );
            Some(Lint::new(&codes::COOP_DOES_NOT_ISOLATE, OpenerPolicy::NAME, text))
        }
        OpenerPolicy::SameOrigin | OpenerPolicy::SameOriginPlusCoep => None,
    }
}

/// The page's own address is not known here, so an origin by name may be its own.
fn leaves_out_self(list: &Allowlist) -> bool {
    list.members().is_empty()
        || !list.members().iter().any(|member| {
            matches!(
                member,
                AllowlistMember::Any | AllowlistMember::Own | AllowlistMember::Named(_)
            )
        })
}

/// The lint of a policy that is reported and not enforced.
fn only_reported(lines: Lines<'_>, report_only: &'static str) -> Option<Lint> {
    let enforced = report_only.strip_suffix("-Report-Only")?;
    let counts = |name: &str| {
        let found = effective::of_lines(name, lines.raw(name), Dialect::default())?;
        (found != "unsafe-none" && found != "none").then_some(found)
    };
    let value = counts(report_only)?;
    if counts(enforced).is_some() {
        return None;
    }
    let why = if lines.has(enforced) {
        format!("the `{enforced}` beside it does not count")
    } else {
        format!("there is no `{enforced}`")
    };
    let text = format!("{} is reported and not enforced: {why}", quote(&value));
    Some(Lint::new(&codes::REPORT_ONLY_ALONE, report_only, text))
}
