//! What is asked about documents and responses, and what the model reads from one of them.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::engine::Profile;
use super::rule::{Reason, Rule};
use crate::origin::{AddressError, Origin};
use crate::policy::{Allowlist, DocumentIsolation, EmbedderPolicy, Lines, OpenerPolicy, Sandbox};

/// One response.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Response {
    /// Its absolute address.
    pub url: String,
    /// Its status; 200 if not given.
    #[serde(default = "ok", deserialize_with = "status_code")]
    pub status: u16,
    /// Its header lines, in order, as (name, value).
    #[serde(default, deserialize_with = "header_lines")]
    pub headers: Vec<(String, String)>,
}

/// A status of three digits (RFC 9110, section 15).
fn status_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    if (100..=999).contains(&status) {
        Ok(status)
    } else {
        Err(D::Error::custom(format!("status {status}: a status has three digits")))
    }
}

fn ok() -> u16 {
    200
}

/// Header lines, written as pairs, as `"Name: value"`, or as an object of names and values.
///
/// # Errors
/// If they are none of these.
pub(super) fn header_lines<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, String)>, D::Error> {
    deserializer.deserialize_any(LinesVisitor)
}

struct LinesVisitor;

/// One line: a pair, or a text with a colon.
struct Line(String, String);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header line: [\"Name\", \"value\"]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Line, A::Error> {
        let missing = |at| A::Error::invalid_length(at, &self);
        let name = items.next_element()?.ok_or_else(|| missing(0))?;
        let value = items.next_element()?.ok_or_else(|| missing(1))?;
        match items.next_element::<IgnoredAny>()? {
            None => Ok(Line(name, value)),
            Some(_) => Err(missing(3)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Line, E> {
        match text.split_once(':') {
            Some((name, value)) => Ok(Line(name.to_owned(), value.to_owned())),
            None => Err(E::custom(format!("`{text}` has no colon: write `Name: value`"))),
        }
    }
}

impl<'de> Visitor<'de> for LinesVisitor {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("header lines: [[\"Name\", \"value\"], …]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut lines = Vec::new();
        while let Some(Line(name, value)) = items.next_element()? {
            lines.push((name, value));
        }
        Ok(lines)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut lines = Vec::new();
        while let Some(line) = items.next_entry()? {
            lines.push(line);
        }
        Ok(lines)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

/// A document: the response that it came with. Redirects on the way to it decide nothing about what it
/// is; only a popup's count, see [`Flow`](super::Flow).
pub type Document = Response;

/// What keeps a flow from being judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// An address is none.
    #[error("{place}: {fault}")]
    Address {
        /// Where it stands.
        place: String,
        /// What is wrong with it.
        fault: AddressError,
    },
    /// There is no response where at least one is needed.
    #[error("{0} has no response")]
    Empty(String),
}

/// Where an address stands, for [`FlowError`]; written out only when it is needed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Opener,
    Frame(usize),
    Hop(usize, usize),
    Document,
    Resource(usize),
}

impl Place {
    pub(super) fn name(self) -> String {
        match self {
            Self::Opener => "opener".to_owned(),
            Self::Frame(number) => format!("frame {number}"),
            Self::Hop(navigation, hop) => format!("popup navigation {navigation}, hop {hop}"),
            Self::Document => "document".to_owned(),
            Self::Resource(hop) => format!("resource hop {hop}"),
        }
    }
}

/// A response with its policies.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// The origin of its address.
    pub(super) address: Origin,
    /// The origin of its document: opaque where it is sandboxed so.
    pub(super) origin: Origin,
    pub(super) secure: bool,
    pub(super) coop: OpenerPolicy,
    pub(super) coop_report_only: OpenerPolicy,
    pub(super) coep: EmbedderPolicy,
    pub(super) dip: DocumentIsolation,
    /// All flags: CSP's and those that it inherits.
    pub(super) sandbox: Sandbox,
    /// Whether some of them are inherited.
    pub(super) inherits_sandbox: bool,
    /// Whether an opener policy names an endpoint for reports.
    pub(super) reports: bool,
}

impl Read {
    /// Reads a response. `inherited` are the sandboxing flags of the window or frame that it comes into,
    /// `secure_above` says whether all documents above it are secure contexts, `top` whether it is for a
    /// top-level window: in frames an opener policy is not even parsed.
    pub(super) fn of(
        response: &Response,
        place: Place,
        profile: &Profile,
        inherited: Sandbox,
        secure_above: bool,
        top: bool,
    ) -> Result<Self, FlowError> {
        let address = Origin::of(&response.url)
            .map_err(|fault| FlowError::Address { place: place.name(), fault })?;
        let lines = Lines::in_dialect(&response.headers, profile.dialect);
        let secure = secure_above && address.is_trustworthy();
        let sandbox = Sandbox::of(lines).and(inherited);
        Ok(Self {
            origin: if sandbox.origin { Origin::Opaque } else { address.clone() },
            coop: OpenerPolicy::of(lines, secure && top),
            coop_report_only: OpenerPolicy::report_only(lines, secure && top),
            coep: EmbedderPolicy::of(lines, secure),
            dip: DocumentIsolation::of(lines, secure),
            reports: OpenerPolicy::names_endpoint(lines, secure && top),
            address,
            secure,
            sandbox,
            inherits_sandbox: inherited.active,
        })
    }

    /// Why a top-level document of this response is isolated or not.
    pub(super) fn isolation(&self, response: &Response, profile: &Profile) -> (bool, Rule) {
        let lines = Lines::in_dialect(&response.headers, profile.dialect);
        let allowed = || {
            profile.lacks_isolation_permission
                || Allowlist::of(lines).is_none_or(|list| list.allows_itself(&self.origin))
        };
        self.isolation_with(self.coop, allowed)
    }

    /// Whether this document is isolated below a top document with this policy, if `allowed`.
    pub(super) fn isolation_with(
        &self,
        top: OpenerPolicy,
        allowed: impl FnOnce() -> bool,
    ) -> (bool, Rule) {
        if !self.secure {
            return (false, Rule::NotIsolatedInsecure);
        }
        // An isolation policy of its own asks nobody: the permission is about what a group grants.
        if self.dip.isolates() {
            return (true, Rule::IsolatedByDocument);
        }
        if top != OpenerPolicy::SameOriginPlusCoep {
            let rule = if top == OpenerPolicy::SameOrigin {
                Rule::NotIsolatedNoEmbedderPolicy
            } else {
                Rule::NotIsolatedNoOpenerPolicy
            };
            return (false, rule);
        }
        if !allowed() {
            return (false, Rule::NotIsolatedPermission);
        }
        (true, Rule::IsolatedByGroup)
    }

    /// Whether a top-level window may show it: an opener policy in a sandbox is a network error
    /// (HTML 7.4.5). CSP's own sandbox is left out where the engine does so.
    pub(super) fn is_blocked_by_sandbox(&self, profile: &Profile) -> bool {
        let active = self.sandbox.active && (self.inherits_sandbox || !profile.csp_sandbox_runs);
        active && self.coop != OpenerPolicy::UnsafeNone
    }

    /// A document without a response, made by this one: it takes over all policies, and the origin unless
    /// its address makes that opaque (`data:`).
    pub(super) fn local(&self, url: &str, inherited: Sandbox) -> Self {
        let sandbox = self.sandbox.and(inherited);
        let opaque = sandbox.origin || has_scheme(url, "data:");
        let origin = if opaque { Origin::Opaque } else { self.origin.clone() };
        Self { origin, sandbox, coop: OpenerPolicy::UnsafeNone, ..self.clone() }
    }
}

/// Whether an address makes a document without a response.
pub(super) fn is_local(url: &str) -> bool {
    ["about:", "blob:", "data:", "javascript:"].iter().any(|scheme| has_scheme(url, scheme))
}

fn has_scheme(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// The most redirects that are followed (Fetch, "HTTP-redirect fetch").
pub(super) const REDIRECTS: usize = 20;

/// Whether a final response makes a document at all.
pub(super) fn is_document(response: &Response) -> bool {
    let download = Lines::new(&response.headers).all("Content-Disposition").any(|value| {
        let kind = value.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("attachment")
    });
    !matches!(response.status, 204 | 205) && !download
}

/// The reason for an isolation answer.
pub(super) fn isolated_because(navigation: usize, hop: usize, rule: Rule) -> Reason {
    Reason::new("isolated", rule).at(navigation, hop)
}
