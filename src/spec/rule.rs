//! The rules of the standards by name, each with its words and its source; and reasons, which are rules
//! applied to a flow.

use std::fmt;

use super::engine::Behaviour;
use crate::policy::{CorsFault, OpenerPolicy};

/// A rule that decided something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    // Opening.
    /// `noopener` or `noreferrer` was asked for.
    NoopenerAsked,
    /// The top document's policy forces `noopener` upon cross-origin frames.
    NoopenerForced,
    /// A sandbox without `allow-popups`.
    SandboxNoPopups,
    /// The document that should open the popup did not load.
    OpenerNotLoaded,
    /// `window.open` gave null, so there is nothing that an address could be assigned to.
    NothingToAssign,
    /// A fresh popup starts with the top document's policy.
    PolicyInherited,
    /// A fresh popup of a cross-origin frame starts without policy.
    PolicyNotInherited,
    // Comparing.
    /// `noopener-allow-popups` in a fresh popup.
    NoopenerAllowPopups,
    /// The exemption for fresh popups.
    AllowPopups,
    /// Neither has a policy.
    NoPolicies,
    /// Only the response has a policy.
    PolicyAfterNone,
    /// Only the predecessor has a policy.
    NoneAfterPolicy,
    /// Both have one, and not the same.
    DifferentPolicies,
    /// The same policy on the same origin.
    EqualPolicies,
    /// The same policy on different origins.
    EqualPoliciesCrossOrigin,
    /// The link was cut before.
    AlreadySevered,
    /// A document without a response of its own has the policy of its maker.
    PolicyOfMaker,
    // Loading documents.
    /// COOP in a sandbox is a network error.
    SandboxedPolicy,
    /// The response is no document: 204, 205 or a download.
    NoDocument,
    /// More than 20 redirects.
    TooManyRedirects,
    /// A redirect to an address that is not http or https.
    RedirectScheme,
    /// A top-level window does not go to `data:`.
    NoTopLevelData,
    /// The document around it does not load.
    ContainerNotLoaded,
    /// A document made by the page around it.
    MadeByContainer,
    /// A framed response without an isolating embedder policy, in a document that has one.
    FrameWithoutEmbedderPolicy,
    /// A page of an https document from plain http.
    MixedContent,
    /// Loads: nothing stands against it.
    Loads,
    // Isolation.
    /// COOP `same-origin` and an isolating embedder policy.
    IsolatedByGroup,
    /// `Document-Isolation-Policy`.
    IsolatedByDocument,
    /// The top document's COOP is not `same-origin`.
    NotIsolatedNoOpenerPolicy,
    /// COOP `same-origin` alone.
    NotIsolatedNoEmbedderPolicy,
    /// No secure context.
    NotIsolatedInsecure,
    /// The permission `cross-origin-isolated` is denied.
    NotIsolatedPermission,
    /// It did not load.
    NotIsolatedNotLoaded,
    // Requests.
    /// Of the page's own origin.
    SameOrigin,
    /// Another origin in mode `same-origin`.
    SameOriginMode,
    /// A dedicated worker's script without an isolating embedder policy.
    WorkerWithoutEmbedderPolicy,
    /// An opaque response that no policy keeps away.
    Opaque,
    /// CORP allows it.
    CorpAllows,
    /// CORP forbids it.
    CorpForbids,
    /// No CORP, and the embedder policy requires one.
    CorpRequired,
    /// No CORP, and none needed: the request went without credentials.
    Credentialless,
    /// The CORS check passes.
    CorsAllows,
    /// The CORS check fails.
    CorsForbids,
    /// The preflight fails.
    PreflightFails,
    /// A redirect to an address with a user name or password.
    RedirectCredentials,
    /// `fetch()` of an address with a user name or password, or in mode `navigate`.
    NoRequest,
    /// A method that mode `no-cors` does not allow.
    NoCorsMethod,
    /// Made by the page itself (`data:`, `blob:`).
    Local,
}

/// A rule's words and source.
struct Row {
    code: &'static str,
    text: &'static str,
    source: &'static str,
    url: &'static str,
}

const COOP: &str =
    "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies";
const CHOOSE: &str = "https://html.spec.whatwg.org/multipage/document-sequences.html#the-rules-for-choosing-a-navigable";
const NEW_GROUP: &str = "https://html.spec.whatwg.org/multipage/document-sequences.html#creating-a-new-browsing-context";
const ENFORCE: &str = "https://html.spec.whatwg.org/multipage/browsers.html#coop-enforce";
const COEP: &str = "https://html.spec.whatwg.org/multipage/browsers.html#coep";
const ISOLATED: &str = "https://html.spec.whatwg.org/multipage/webappapis.html#concept-settings-object-cross-origin-isolated-capability";
const SANDBOX: &str = "https://html.spec.whatwg.org/multipage/browsers.html#sandboxing";
const NAVIGATE: &str = "https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching";
const CORP: &str = "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header";
const MAIN_FETCH: &str = "https://fetch.spec.whatwg.org/#main-fetch";
const CORS: &str = "https://fetch.spec.whatwg.org/#concept-cors-check";
const PREFLIGHT: &str = "https://fetch.spec.whatwg.org/#cors-preflight-fetch";
const REDIRECT: &str = "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch";
const MIXED: &str = "https://w3c.github.io/webappsec-mixed-content/";
const DIP: &str = "https://wicg.github.io/document-isolation-policy/";

const MATCH: &str = "HTML 7.1.3, match opener policy values";
const SWITCH: &str = "HTML 7.1.3, check if COOP values require a browsing context group switch";

impl Rule {
    fn row(self) -> Row {
        let row = |code, text, source, url| Row { code, text, source, url };
        match self {
            Self::NoopenerAsked => row(
                "noopener-asked",
                "it is opened with `noopener` or `noreferrer`: no link, whatever the headers say",
                "HTML 7.2.2.1, window open steps",
                CHOOSE,
            ),
            Self::NoopenerForced => row(
                "noopener-forced",
                "a frame of another origin opens it under a top page with `same-origin`: `noopener` is forced",
                "HTML 7.3.2.1, rules for choosing a navigable",
                CHOOSE,
            ),
            Self::SandboxNoPopups => row(
                "sandbox-no-popups",
                "the sandbox lacks `allow-popups`: nothing opens",
                "HTML 7.1.5, sandboxing",
                SANDBOX,
            ),
            Self::OpenerNotLoaded => row(
                "opener-not-loaded",
                "the document that should open the popup does not load",
                "HTML 7.4.5, navigation",
                NAVIGATE,
            ),
            Self::NothingToAssign => row(
                "nothing-to-assign",
                "`window.open` gives null, so the script cannot send the empty popup on",
                "HTML 7.2.2.1, window open steps",
                CHOOSE,
            ),
            Self::PolicyInherited => row(
                "policy-inherited",
                "a fresh popup starts with the policy of its opener's top page",
                "HTML 7.3.2.1, creating a new browsing context",
                NEW_GROUP,
            ),
            Self::PolicyNotInherited => row(
                "policy-not-inherited",
                "a popup of a frame that is cross-origin with its top page starts without a policy",
                "HTML 7.3.2.1, creating a new browsing context",
                NEW_GROUP,
            ),
            Self::NoopenerAllowPopups => row(
                "noopener-allow-popups",
                "`noopener-allow-popups` cuts the link to whoever opens the page",
                SWITCH,
                COOP,
            ),
            Self::AllowPopups => row(
                "allow-popups",
                "a fresh popup under a policy that allows popups may show a page without a policy",
                SWITCH,
                COOP,
            ),
            Self::NoPolicies => row("no-policies", "neither has a policy", MATCH, COOP),
            Self::PolicyAfterNone => row(
                "policy-after-none",
                "a page with a policy does not match a predecessor without one",
                MATCH,
                COOP,
            ),
            Self::NoneAfterPolicy => row(
                "none-after-policy",
                "a page without a policy does not match a predecessor with one",
                MATCH,
                COOP,
            ),
            Self::DifferentPolicies => {
                row("different-policies", "two different policies never match", MATCH, COOP)
            }
            Self::EqualPolicies => {
                row("equal-policies", "the same policy on the same origin", MATCH, COOP)
            }
            Self::EqualPoliciesCrossOrigin => row(
                "equal-policies-cross-origin",
                "equal policies match on the same origin only",
                MATCH,
                COOP,
            ),
            Self::AlreadySevered => row(
                "already-severed",
                "an earlier response cut the link; a switch is never taken back",
                "HTML 7.1.3, enforce a response's opener policy",
                ENFORCE,
            ),
            Self::PolicyOfMaker => row(
                "policy-of-maker",
                "a document without a response of its own has the policy of the page that made it",
                "HTML 7.4.5, navigation",
                NAVIGATE,
            ),
            Self::SandboxedPolicy => row(
                "sandboxed-policy",
                "a sandboxed page with an opener policy is a network error",
                "HTML 7.4.5, create navigation params by fetching",
                NAVIGATE,
            ),
            Self::NoDocument => row(
                "no-document",
                "the response is no document (204, 205 or a download): the window stays where it is",
                "HTML 7.4.5, navigation",
                NAVIGATE,
            ),
            Self::TooManyRedirects => row(
                "too-many-redirects",
                "after 20 redirects the next one is a network error",
                "Fetch 4.4, HTTP-redirect fetch",
                REDIRECT,
            ),
            Self::RedirectScheme => row(
                "redirect-scheme",
                "a redirect leads to http and https addresses only",
                "Fetch 4.4, HTTP-redirect fetch",
                REDIRECT,
            ),
            Self::NoTopLevelData => row(
                "no-top-level-data",
                "browsers send no top-level window to a `data:` address: it stays where it is",
                "HTML 7.4.2.2, beginning navigation",
                NAVIGATE,
            ),
            Self::ContainerNotLoaded => row(
                "container-not-loaded",
                "the document around it does not load",
                "HTML 7.4.5, navigation",
                NAVIGATE,
            ),
            Self::MadeByContainer => row(
                "made-by-container",
                "it has no response of its own and takes over the policies of the page that made it",
                "HTML 7.1.7, policy containers",
                NAVIGATE,
            ),
            Self::FrameWithoutEmbedderPolicy => row(
                "frame-without-coep",
                "a page with an isolating embedder policy embeds only pages that have one as well",
                "HTML 7.1.4.2, check a navigation response's adherence to its embedder policy",
                COEP,
            ),
            Self::MixedContent => row(
                "mixed-content",
                "an https page does not load this over plain http",
                "Mixed Content, 4.4",
                MIXED,
            ),
            Self::Loads => {
                row("loads", "nothing stands against it", "HTML 7.4.5, navigation", NAVIGATE)
            }
            Self::IsolatedByGroup => row(
                "isolated-by-group",
                "the top page sends COOP `same-origin` and an isolating COEP",
                "HTML 8.1.3.2, cross-origin isolated capability",
                ISOLATED,
            ),
            Self::IsolatedByDocument => row(
                "isolated-by-document",
                "`Document-Isolation-Policy` isolates the document by itself",
                "Document Isolation Policy",
                DIP,
            ),
            Self::NotIsolatedNoOpenerPolicy => row(
                "no-isolating-coop",
                "isolation needs COOP `same-origin` on the top page, by its own header",
                "HTML 7.1.3, obtain an opener policy",
                COOP,
            ),
            Self::NotIsolatedNoEmbedderPolicy => row(
                "no-isolating-coep",
                "COOP `same-origin` alone does not isolate: COEP `require-corp` or `credentialless` is missing",
                "HTML 7.1.3, obtain an opener policy",
                COOP,
            ),
            Self::NotIsolatedInsecure => row(
                "not-secure",
                "the page is no secure context: its COOP, COEP and DIP are not read",
                "HTML 7.1.3, obtain an opener policy",
                COOP,
            ),
            Self::NotIsolatedPermission => row(
                "permission-denied",
                "the permission `cross-origin-isolated` is denied (Permissions-Policy, or no `allow` on a \
                 frame of another origin)",
                "HTML 8.1.3.2, cross-origin isolated capability",
                ISOLATED,
            ),
            Self::NotIsolatedNotLoaded => {
                row("not-loaded", "it does not load", "HTML 7.4.5, navigation", NAVIGATE)
            }
            Self::SameOrigin => row(
                "same-origin",
                "it is of the page's own origin: neither CORS nor CORP plays a part",
                "Fetch 4.1, main fetch",
                MAIN_FETCH,
            ),
            Self::SameOriginMode => row(
                "same-origin-only",
                "a worker's script (or mode `same-origin`) must come from the page's own origin",
                "Fetch 4.1, main fetch",
                MAIN_FETCH,
            ),
            Self::WorkerWithoutEmbedderPolicy => row(
                "worker-without-coep",
                "a page with an isolating embedder policy runs only worker scripts that send one as well",
                "HTML 7.1.4.2, check a global object's embedder policy",
                COEP,
            ),
            Self::Opaque => row(
                "opaque",
                "mode `no-cors`: it is used without being readable, and no policy forbids it",
                "Fetch 4.1, main fetch",
                MAIN_FETCH,
            ),
            Self::CorpAllows => row(
                "corp-allows",
                "its Cross-Origin-Resource-Policy allows this page",
                "Fetch 3.7, cross-origin resource policy check",
                CORP,
            ),
            Self::CorpForbids => row(
                "corp-forbids",
                "its Cross-Origin-Resource-Policy does not allow this page",
                "Fetch 3.7, cross-origin resource policy check",
                CORP,
            ),
            Self::CorpRequired => row(
                "corp-required",
                "the page's embedder policy takes a missing Cross-Origin-Resource-Policy as `same-origin`",
                "Fetch 3.7, cross-origin resource policy internal check",
                CORP,
            ),
            Self::Credentialless => row(
                "credentialless",
                "it went without credentials, so `credentialless` asks no Cross-Origin-Resource-Policy of it",
                "Fetch 3.7, cross-origin resource policy internal check",
                CORP,
            ),
            Self::CorsAllows => row(
                "cors-allows",
                "its CORS headers allow the page's origin",
                "Fetch 4.9, CORS check",
                CORS,
            ),
            Self::CorsForbids => row(
                "cors-forbids",
                "its CORS headers do not allow the page's origin",
                "Fetch 4.9, CORS check",
                CORS,
            ),
            Self::PreflightFails => row(
                "preflight-fails",
                "the preflight does not allow the request",
                "Fetch 4.8, CORS-preflight fetch",
                PREFLIGHT,
            ),
            Self::RedirectCredentials => row(
                "redirect-credentials",
                "a CORS request is not redirected to an address with a user name or password",
                "Fetch 4.4, HTTP-redirect fetch",
                REDIRECT,
            ),
            Self::NoRequest => row(
                "no-request",
                "`fetch()` refuses mode `navigate` and addresses with a user name or password",
                "Fetch 5.4, Request constructor",
                MAIN_FETCH,
            ),
            Self::NoCorsMethod => row(
                "no-cors-method",
                "mode `no-cors` sends GET, HEAD and POST only",
                "Fetch 5.4, Request constructor",
                MAIN_FETCH,
            ),
            Self::Local => row(
                "local",
                "the page made it itself; there is no response to check",
                "Fetch 4.2, scheme fetch",
                MAIN_FETCH,
            ),
        }
    }

    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// The rule in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.row().text
    }

    /// Standard and section.
    #[must_use]
    pub fn source(self) -> &'static str {
        self.row().source
    }

    /// Where the rule can be read.
    #[must_use]
    pub fn url(self) -> &'static str {
        self.row().url
    }

    /// Whether the rule cuts a link.
    #[must_use]
    pub fn severs(self) -> bool {
        matches!(
            self,
            Self::NoopenerAllowPopups
                | Self::PolicyAfterNone
                | Self::NoneAfterPolicy
                | Self::DifferentPolicies
                | Self::EqualPoliciesCrossOrigin
        )
    }
}

/// A rule at the place where it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What it is a reason for: `opener`, `handle`, `loads`, `isolated` or `result`.
    pub fact: &'static str,
    /// Which navigation of the popup, or which document of nested ones, from 0.
    pub navigation: Option<usize>,
    /// Which response of it, from 0.
    pub hop: Option<usize>,
    /// The rule.
    pub rule: Rule,
    /// What was compared.
    pub compared: Option<Compared>,
    /// The engine's deviation that stands in place of the standard.
    pub deviation: Option<Behaviour>,
}

/// The two values that a rule compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// Opener policies: before, after, and whether the two origins are the same.
    Policies {
        /// Of the window's document, or of the hop before.
        before: OpenerPolicy,
        /// Of the response.
        after: OpenerPolicy,
        /// Whether the two origins are the same.
        same_origin: bool,
    },
    /// A CORS fault.
    Cors(CorsFault),
    /// A header's value, and what it was held against.
    Values {
        /// What the response says.
        value: String,
        /// What it was held against.
        against: String,
    },
}

impl Reason {
    /// A reason for a whole flow.
    pub(super) fn new(fact: &'static str, rule: Rule) -> Self {
        Self { fact, navigation: None, hop: None, rule, compared: None, deviation: None }
    }

    /// At a response.
    pub(super) fn at(mut self, navigation: usize, hop: usize) -> Self {
        (self.navigation, self.hop) = (Some(navigation), Some(hop));
        self
    }

    /// With what was compared.
    pub(super) fn comparing(mut self, compared: impl Into<Option<Compared>>) -> Self {
        self.compared = compared.into();
        self
    }

    /// By an engine's own rule.
    pub(super) fn by(mut self, deviation: Option<Behaviour>) -> Self {
        self.deviation = deviation;
        self
    }
}

/// The rule in words, with what was compared.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule.text())?;
        match &self.compared {
            Some(compared) => write!(f, " ({compared})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policies { before, after, same_origin } => {
                let relation = if *same_origin { "same origin" } else { "another origin" };
                write!(f, "`{before}` then `{after}`, {relation}")
            }
            Self::Cors(fault) => write!(f, "{fault}"),
            Self::Values { value, against } => write!(f, "{value} against {against}"),
        }
    }
}
