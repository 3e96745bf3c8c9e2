//! What becomes of a request that a document makes: embedder policy, CORP and CORS together (Fetch,
//! sections 3.7, 4.1, 4.3, 4.8 and 4.9).

use serde::Deserialize;

use super::corp::CorpCheck;
use super::document::{
    Document, FlowError, Place, REDIRECTS, Read, Response, header_lines, is_local,
};
use super::engine::{Engine, Profile};
use super::frames::{Nested, frames_in};
use super::rule::{Compared, Reason, Rule};
use crate::origin::Origin;
use crate::policy::{
    EmbedderPolicy, Lines, Sandbox, cors_check, is_safelisted_method, normalized_method,
    preflight_check, readable_headers, unsafe_request_headers,
};

/// A request.
#[derive(Debug, Clone, Deserialize)]
pub struct Resource {
    /// What it is for.
    pub kind: Kind,
    /// The request mode; if not given, that of an element without `crossorigin`, or `cors` of a `fetch()`.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// The credentials mode; if not given, the usual one of the kind and mode.
    #[serde(default)]
    pub credentials: Option<Credentials>,
    /// The method; GET if not given.
    #[serde(default)]
    pub method: Option<String>,
    /// The request's own header lines.
    #[serde(default, rename = "request-headers", deserialize_with = "header_lines")]
    pub request_headers: Vec<(String, String)>,
    /// All responses, redirects first.
    pub hops: Vec<ResourceHop>,
}

/// A response, and the answer to the preflight before it.
#[derive(Debug, Clone, Deserialize)]
pub struct ResourceHop {
    /// The response.
    #[serde(flatten)]
    pub response: Response,
    /// The answer to a preflight, should one be needed; without it a 404 without headers.
    #[serde(default)]
    pub preflight: Option<Preflight>,
}

/// The answer to a CORS preflight.
#[derive(Debug, Clone, Deserialize)]
pub struct Preflight {
    /// Its status; 204 if not given.
    #[serde(default = "no_content")]
    pub status: u16,
    /// Its header lines.
    #[serde(default, deserialize_with = "header_lines")]
    pub headers: Vec<(String, String)>,
}

fn no_content() -> u16 {
    204
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `<img>`.
    Image,
    /// `<script>`.
    Script,
    /// `<link rel=stylesheet>`.
    Style,
    /// `fetch()`.
    Fetch,
    /// `<iframe>`.
    Frame,
    /// `new Worker(url)`.
    Worker,
}

/// A request mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Usable without being readable.
    NoCors,
    /// Readable where CORS allows.
    Cors,
    /// Of the own origin only.
    SameOrigin,
    /// A document.
    Navigate,
}

/// A credentials mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credentials {
    /// Never.
    Omit,
    /// Only towards the own origin.
    SameOrigin,
    /// Always.
    Include,
}

/// How a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It comes in, and scripts may read it (or, of another kind than a fetch, use all of it).
    Readable,
    /// It comes in, and scripts may not read it.
    Opaque,
    /// A network error.
    Blocked,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceAnswer {
    /// How it ends.
    pub outcome: Outcome,
    /// The names of the response headers that a script may read, in lower case.
    pub readable_headers: Vec<String>,
    /// Which responses are preceded by a preflight.
    pub preflights: Vec<usize>,
    /// What is asked for each response, as long as something is asked at all. A failed preflight is the
    /// last that is sent: the request behind it is not.
    pub sent: Vec<Sent>,
    /// Why.
    pub because: Vec<Reason>,
}

/// A request as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its method, which redirects may change.
    pub method: String,
    /// Its `Origin` header, where it has one ("append a request `Origin` header").
    pub origin: Option<String>,
    /// The names that its preflight asks for as `Access-Control-Request-Headers`, in lower case; nothing
    /// where no preflight is needed.
    pub preflight: Option<Vec<String>>,
}

/// What becomes of a request that `document` makes.
///
/// # Errors
/// If an address is none, or there is no response.
pub fn resource(
    document: &Document,
    resource: &Resource,
    engine: Engine,
) -> Result<ResourceAnswer, FlowError> {
    resource_in(document, resource, &Profile::newest(engine))
}

/// As [`resource`], in an engine with this profile.
///
/// # Errors
/// As [`resource`].
pub fn resource_in(
    document: &Document,
    resource: &Resource,
    profile: &Profile,
) -> Result<ResourceAnswer, FlowError> {
    if resource.hops.is_empty() {
        return Err(FlowError::Empty("the resource".to_owned()));
    }
    if resource.kind == Kind::Frame {
        return framed(document, resource, profile);
    }
    let client = Read::of(document, Place::Document, profile, Sandbox::default(), true, true)?;
    let mut request = Request::new(&client, resource, profile);
    for (hop, response) in resource.hops.iter().enumerate() {
        if request.ends_at(hop, response)? {
            break;
        }
    }
    Ok(request.answer)
}

/// A frame is a navigation.
fn framed(
    document: &Document,
    resource: &Resource,
    profile: &Profile,
) -> Result<ResourceAnswer, FlowError> {
    let mut hops: Vec<Response> = resource.hops.iter().map(|hop| hop.response.clone()).collect();
    let Some(last) = hops.pop() else {
        return Err(FlowError::Empty("the resource".to_owned()));
    };
    let nested = Nested { document: last, hops, allow: None, sandbox: None };
    let answer = frames_in(document, &[nested], profile)?;
    let loads = answer.loads == [true, true];
    let mut because: Vec<Reason> = answer.because;
    because.retain(|reason| reason.fact == "loads" && reason.navigation == Some(1));
    for reason in &mut because {
        (reason.fact, reason.navigation) = ("result", None);
    }
    Ok(ResourceAnswer {
        outcome: if loads { Outcome::Opaque } else { Outcome::Blocked },
        readable_headers: Vec::new(),
        preflights: Vec::new(),
        sent: Vec::new(),
        because,
    })
}

/// A request on its way.
struct Request<'a> {
    client: &'a Read,
    resource: &'a Resource,
    profile: &'a Profile,
    mode: Mode,
    credentials: Credentials,
    method: String,
    unsafe_headers: Vec<String>,
    tainting: Tainting,
    /// Whether redirects have led away from a third origin: the origin is then sent as `null`.
    tainted: bool,
    last: Option<Origin>,
    answer: ResourceAnswer,
}

/// "Response tainting".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tainting {
    Basic,
    Cors,
    Opaque,
}

impl<'a> Request<'a> {
    fn new(client: &'a Read, resource: &'a Resource, profile: &'a Profile) -> Self {
        let usual = match resource.kind {
            Kind::Fetch => Mode::Cors,
            Kind::Worker => Mode::SameOrigin,
            _ => Mode::NoCors,
        };
        // A worker's script has no other mode.
        let mode = if usual == Mode::SameOrigin { usual } else { resource.mode.unwrap_or(usual) };
        let elements = mode == Mode::NoCors && resource.kind != Kind::Fetch;
        let usual = if elements { Credentials::Include } else { Credentials::SameOrigin };
        Self {
            client,
            resource,
            profile,
            mode,
            credentials: resource.credentials.unwrap_or(usual),
            method: normalized_method(resource.method.as_deref().unwrap_or("GET")),
            unsafe_headers: unsafe_request_headers(&resource.request_headers),
            tainting: Tainting::Basic,
            tainted: false,
            last: None,
            answer: ResourceAnswer {
                outcome: Outcome::Blocked,
                readable_headers: Vec::new(),
                preflights: Vec::new(),
                sent: Vec::new(),
                because: Vec::new(),
            },
        }
    }

    /// One round of main fetch; tells whether the request ends here.
    fn ends_at(&mut self, hop: usize, given: &ResourceHop) -> Result<bool, FlowError> {
        let response = &given.response;
        if hop > REDIRECTS {
            return Ok(self.blocked(hop, Rule::TooManyRedirects, None));
        }
        if is_local(&response.url) {
            if hop > 0 {
                return Ok(self.blocked(hop, Rule::RedirectScheme, None));
            }
            self.tell(hop, Rule::Local, None);
            self.answer.outcome = Outcome::Readable;
            return Ok(true);
        }
        let userinfo = has_userinfo(&response.url);
        if self.resource.kind == Kind::Fetch
            && hop == 0
            && (userinfo || self.mode == Mode::Navigate)
        {
            return Ok(self.blocked(hop, Rule::NoRequest, None));
        }
        let address = Origin::of(&response.url)
            .map_err(|fault| FlowError::Address { place: Place::Resource(hop).name(), fault })?;
        if self.is_mixed(&address) {
            return Ok(self.blocked(hop, Rule::MixedContent, None));
        }
        let own = self.client.origin.is_same_origin(&address);
        let cors = self.mode == Mode::Cors && !own || self.tainting == Tainting::Cors;
        if hop > 0 && userinfo && cors {
            return Ok(self.blocked(hop, Rule::RedirectCredentials, None));
        }
        if let Some(last) = &self.last {
            self.tainted |=
                !last.is_same_origin(&address) && !self.client.origin.is_same_origin(last);
        }
        if !(own && self.tainting == Tainting::Basic) {
            self.tainting = match self.mode {
                Mode::SameOrigin => return Ok(self.blocked(hop, Rule::SameOriginMode, None)),
                Mode::NoCors if !is_safelisted_method(&self.method) => {
                    return Ok(self.blocked(hop, Rule::NoCorsMethod, None));
                }
                Mode::NoCors => Tainting::Opaque,
                Mode::Cors | Mode::Navigate => Tainting::Cors,
            };
        }
        self.send();
        let lines = Lines::in_dialect(&response.headers, self.profile.dialect);
        let last = hop + 1 == self.resource.hops.len();
        let through = match self.tainting {
            Tainting::Basic => {
                if last {
                    self.tell(hop, Rule::SameOrigin, None);
                }
                true
            }
            Tainting::Cors => self.passes_cors(hop, given, lines),
            Tainting::Opaque => self.passes_corp(hop, &address, own, lines),
        };
        if !through {
            return Ok(true);
        }
        self.last = Some(address);
        if last {
            self.arrive(hop, response, lines);
        } else {
            self.redirect(response.status);
        }
        Ok(last)
    }

    /// Puts down what is asked.
    fn send(&mut self) {
        let cors = self.tainting == Tainting::Cors;
        let needs_preflight =
            cors && (!is_safelisted_method(&self.method) || !self.unsafe_headers.is_empty());
        let has_origin = cors || !matches!(self.method.as_str(), "GET" | "HEAD");
        self.answer.sent.push(Sent {
            method: self.method.clone(),
            origin: has_origin.then(|| self.origin().serialised().into_owned()),
            preflight: needs_preflight.then(|| self.unsafe_headers.clone()),
        });
    }

    /// The origin that the request is said to come from ("serialising a request origin").
    fn origin(&self) -> Origin {
        if self.tainted { Origin::Opaque } else { self.client.origin.clone() }
    }

    /// What a redirect makes of the method: 303, and 301 and 302 after POST, go on with GET and without a
    /// body.
    fn redirect(&mut self, status: u16) {
        let get = match status {
            301 | 302 => self.method == "POST",
            303 => self.method != "GET" && self.method != "HEAD",
            _ => false,
        };
        if get {
            "GET".clone_into(&mut self.method);
            self.unsafe_headers.retain(|name| !name.starts_with("content-"));
        }
    }

    /// "Should fetching request be blocked as mixed content?" Images without CORS are upgraded instead.
    fn is_mixed(&self, address: &Origin) -> bool {
        let upgraded = self.resource.kind == Kind::Image && self.mode == Mode::NoCors;
        self.client.address.is_https() && !address.is_trustworthy() && !upgraded
    }

    fn passes_cors(&mut self, hop: usize, given: &ResourceHop, lines: Lines<'_>) -> bool {
        let origin = self.origin();
        let origin = origin.serialised();
        let credentials = self.credentials == Credentials::Include;
        if self.answer.sent.last().is_some_and(|sent| sent.preflight.is_some()) {
            self.answer.preflights.push(hop);
            let none = Preflight { status: 404, headers: Vec::new() };
            let preflight = given.preflight.as_ref().unwrap_or(&none);
            let headers: Vec<&str> = self.unsafe_headers.iter().map(String::as_str).collect();
            let checked = preflight_check(
                preflight.status,
                Lines::in_dialect(&preflight.headers, self.profile.dialect),
                &origin,
                credentials,
                &self.method,
                &headers,
            );
            if let Err(fault) = checked {
                let compared = Some(Compared::Cors(fault));
                return !self.blocked(hop, Rule::PreflightFails, compared);
            }
        }
        match cors_check(lines, &origin, credentials) {
            Ok(()) => {
                self.tell(hop, Rule::CorsAllows, None);
                true
            }
            Err(fault) => {
                let compared = Some(Compared::Cors(fault));
                !self.blocked(hop, Rule::CorsForbids, compared)
            }
        }
    }

    fn passes_corp(&mut self, hop: usize, address: &Origin, own: bool, lines: Lines<'_>) -> bool {
        let (coep, dip) = (self.client.coep, self.client.dip.as_embedder());
        let credentialless =
            coep == EmbedderPolicy::Credentialless || dip == EmbedderPolicy::Credentialless;
        // "Cross-Origin-Embedder-Policy allows credentials": only towards the own origin, and not once a
        // redirect has come from elsewhere.
        let allowed = !credentialless || own && !self.tainted;
        let credentials = self.credentials == Credentials::Include && allowed;
        let mut told = None;
        for embedder in [EmbedderPolicy::UnsafeNone, coep, dip] {
            let check = CorpCheck {
                asker: &self.client.origin,
                embedder,
                address,
                credentials,
                navigation: false,
                profile: self.profile,
            };
            let (allowed, rule, compared) = check.of(lines);
            if !allowed {
                return !self.blocked(hop, rule, compared);
            }
            if told.is_none() || rule != Rule::Opaque {
                told = Some((rule, compared));
            }
        }
        if let Some((rule, compared)) = told {
            self.tell(hop, rule, compared);
        }
        true
    }

    /// The last response has passed.
    fn arrive(&mut self, hop: usize, response: &Response, lines: Lines<'_>) {
        if self.resource.kind == Kind::Worker && self.client.coep.isolates() {
            // The worker's own policy counts in its own environment.
            let secure = self.client.secure;
            let coep = EmbedderPolicy::of(lines, secure);
            if !coep.isolates() {
                let compared = Compared::Values {
                    value: format!("`{coep}`"),
                    against: format!("`{}`", self.client.coep),
                };
                self.blocked(hop, Rule::WorkerWithoutEmbedderPolicy, Some(compared));
                return;
            }
        }
        let credentials = self.credentials == Credentials::Include;
        let cors = self.tainting == Tainting::Cors;
        if self.tainting != Tainting::Opaque {
            let lines = Lines::in_dialect(&response.headers, self.profile.dialect);
            self.answer.readable_headers = readable_headers(lines, cors, credentials);
        }
        self.answer.outcome =
            if self.tainting == Tainting::Opaque { Outcome::Opaque } else { Outcome::Readable };
    }

    fn tell(&mut self, hop: usize, rule: Rule, compared: Option<Compared>) {
        let reason = Reason { hop: Some(hop), ..Reason::new("result", rule).comparing(compared) };
        self.answer.because.push(reason);
    }

    /// A network error; true, for the request ends.
    fn blocked(&mut self, hop: usize, rule: Rule, compared: Option<Compared>) -> bool {
        self.tell(hop, rule, compared);
        self.answer.outcome = Outcome::Blocked;
        true
    }
}

/// Whether an address carries a user name or password.
fn has_userinfo(url: &str) -> bool {
    url.contains('@')
        && url::Url::parse(url)
            .is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}
