//! The steps of a scenario: what the people and pages of a flow do.

use fixtures_server::page::{PageUrl, RawHeaders, Return};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of the window in which a scenario starts.
pub const MAIN: &str = "main";

fn main_window() -> String {
    MAIN.to_owned()
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Goes to a page, as if its address had been typed.
    Open(Open),
    /// Opens a popup from a page.
    Popup(Popup),
    /// Starts a login in the app, as a client library does.
    Login(Login),
    /// Waits until the login has ended or can no longer end.
    AwaitLogin(AwaitLogin),
    /// Puts a frame into a page.
    Frame(Frame),
    /// Lets the page navigate itself (`location.assign`).
    Navigate(Navigate),
    /// Goes back in history.
    Back(InWindow),
    /// Fetches from a page's script.
    Fetch(Fetch),
    /// Embeds a resource in a page.
    Load(Load),
    /// Submits a form by POST, as a page can towards any site.
    Submit(Submit),
    /// Sends a message with `postMessage`.
    Send(Send),
    /// Clicks an element, as a user does.
    Click(Click),
    /// Types into an element.
    Fill(Fill),
    /// Presses a key.
    Press(Press),
    /// Chooses an option of a `<select>`.
    Select(Select),
    /// Waits for something to be there.
    Wait(Wait),
    /// Runs a script in a page and keeps what it returns as a fact.
    Evaluate(Evaluate),
    /// Takes a screenshot (kept as evidence).
    Screenshot(Screenshot),
    /// Closes a window, as the user does with its close button.
    Close(InWindow),
}

impl Step {
    /// The key of the step in a scenario file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Popup(_) => "popup",
            Self::Login(_) => "login",
            Self::AwaitLogin(_) => "await-login",
            Self::Frame(_) => "frame",
            Self::Navigate(_) => "navigate",
            Self::Back(_) => "back",
            Self::Fetch(_) => "fetch",
            Self::Load(_) => "load",
            Self::Submit(_) => "submit",
            Self::Send(_) => "send",
            Self::Click(_) => "click",
            Self::Fill(_) => "fill",
            Self::Press(_) => "press",
            Self::Select(_) => "select",
            Self::Wait(_) => "wait",
            Self::Evaluate(_) => "evaluate",
            Self::Screenshot(_) => "screenshot",
            Self::Close(_) => "close",
        }
    }
}

/// See [`Step::Open`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Open {
    /// The page.
    pub url: PageUrl,
    /// The window.
    #[serde(default = "main_window")]
    pub r#in: String,
}

/// See [`Step::Popup`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Popup {
    /// The popup's name in this scenario.
    pub r#as: String,
    /// Its first page.
    pub url: PageUrl,
    /// The window or frame whose page opens it.
    #[serde(default = "main_window")]
    pub from: String,
    /// The way of opening.
    #[serde(default)]
    pub how: Opening,
}

/// A way of opening a popup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Opening {
    /// `window.open(url)`.
    #[default]
    Direct,
    /// `window.open(url, name)`.
    Named,
    /// `window.open(url, name, "noopener")`.
    Noopener,
    /// `window.open(url, name, "noreferrer")`.
    Noreferrer,
    /// `window.open()`, and then `popup.location = url`: what most login libraries do.
    BlankThenAssign,
    /// A click on `<a href target=name>`.
    Link,
    /// A click on `<a href target=name rel=noopener>`.
    LinkNoopener,
}

/// See [`Step::Login`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Login {
    /// The authorization endpoint, or the page that leads there.
    pub at: PageUrl,
    /// The token endpoint.
    pub token: PageUrl,
    /// The page to which the identity provider sends the code.
    pub callback: PageUrl,
    /// The popup's name in this scenario. Leave it out where `returns` is `redirect`.
    #[serde(default)]
    pub r#as: Option<String>,
    /// The window in which the app runs.
    #[serde(default = "main_window")]
    pub from: String,
    /// The way of opening the popup.
    #[serde(default)]
    pub how: Opening,
    /// The way on which the app expects the result.
    #[serde(default)]
    pub returns: Return,
    /// Checks that the app makes on each message.
    #[serde(default)]
    pub checks: Checks,
    /// Whether the app takes `popup.closed` as "the user cancelled", as many libraries do.
    #[serde(default)]
    pub watches_closed: bool,
}

/// The checks of a message listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Checks {
    /// The origin that `event.origin` must equal, as the name of a site. Default: the callback's.
    /// `any` switches the check off.
    #[serde(default)]
    pub origin: Option<String>,
    /// Whether `event.data.type` must be `login-result`.
    #[serde(default = "yes")]
    pub r#type: bool,
    /// Whether `state` must be the one that was sent.
    #[serde(default = "yes")]
    pub state: bool,
}

fn yes() -> bool {
    true
}

impl Default for Checks {
    fn default() -> Self {
        Self { origin: None, r#type: true, state: true }
    }
}

/// See [`Step::AwaitLogin`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AwaitLogin {
    /// The window in which the app runs.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// What an app that is not ours shows when the login has completed.
    #[serde(default)]
    pub completed: Option<Sign>,
    /// What it shows when the login was cancelled, by the user or, as many a library believes, by a popup
    /// that reads closed.
    #[serde(default)]
    pub cancelled: Option<Sign>,
    /// What it shows when the identity provider refused.
    #[serde(default)]
    pub denied: Option<Sign>,
    /// What it shows when the login has failed in another way.
    #[serde(default)]
    pub failed: Option<Sign>,
    /// How many seconds to wait for one of these signs; without any by then, the login is `waiting`.
    /// Default: 10, but not more than half of the time that is left.
    #[serde(default)]
    #[schemars(range(min = 0.1))]
    pub within: Option<Seconds>,
}

impl AwaitLogin {
    /// The signs that are given, each with the outcome that it stands for.
    #[must_use]
    pub fn signs(&self) -> Vec<(&'static str, &Sign)> {
        let signs = [
            ("completed", &self.completed),
            ("cancelled", &self.cancelled),
            ("denied", &self.denied),
            ("failed", &self.failed),
        ];
        signs.into_iter().filter_map(|(name, sign)| Some((name, sign.as_ref()?))).collect()
    }
}

/// What a page shows. Exactly one of `text`, `element` and `url`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sign {
    /// A text that can be read in the page.
    #[serde(default)]
    pub text: Option<String>,
    /// Selector of an element that is there.
    #[serde(default)]
    pub element: Option<String>,
    /// The page that the window shows; `*` and `**` stand for parts of the path.
    #[serde(default)]
    pub url: Option<PageUrl>,
}

/// A number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Seconds(pub f64);

// No scenario holds what is not a number: it does not parse as one.
impl Eq for Seconds {}

/// See [`Step::Frame`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Frame {
    /// The frame's name in this scenario; steps can take place `in` it.
    pub r#as: String,
    /// Its page.
    pub url: PageUrl,
    /// The window or frame that embeds it.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// The `sandbox` attribute; absent if not given.
    #[serde(default)]
    pub sandbox: Option<String>,
    /// The `allow` attribute; absent if not given.
    #[serde(default)]
    pub allow: Option<String>,
}

/// See [`Step::Navigate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Navigate {
    /// The window or frame.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// The page to go to.
    pub url: PageUrl,
}

/// A step that needs a window and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InWindow {
    /// The window.
    pub r#in: String,
}

/// See [`Step::Fetch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fetch {
    /// The fetch's name in this scenario.
    pub r#as: String,
    /// What is fetched.
    pub url: PageUrl,
    /// The window or frame whose script fetches.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// The method; GET if not given.
    #[serde(default)]
    pub method: Option<String>,
    /// Request header lines.
    #[serde(default)]
    pub headers: RawHeaders,
    /// The request's body.
    #[serde(default)]
    pub body: Option<String>,
    /// Which credentials go along.
    #[serde(default)]
    pub credentials: Credentials,
    /// The request mode.
    #[serde(default)]
    pub mode: FetchMode,
}

/// A request's credentials mode (Fetch, section 2.2.5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credentials {
    /// Never.
    Omit,
    /// Only towards the page's own origin.
    #[default]
    SameOrigin,
    /// Always.
    Include,
}

/// A request's mode (Fetch, section 2.2.5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FetchMode {
    /// The answer can be read where CORS allows.
    #[default]
    Cors,
    /// The answer is opaque.
    NoCors,
    /// Another origin is an error.
    SameOrigin,
}

/// See [`Step::Load`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    /// The resource's name in this scenario.
    pub r#as: String,
    /// What is embedded.
    pub url: PageUrl,
    /// The element that embeds it.
    pub kind: ResourceKind,
    /// The window or frame.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// The `crossorigin` attribute; absent (a `no-cors` request) if not given.
    #[serde(default)]
    pub crossorigin: Option<CrossOrigin>,
}

/// A kind of embedded resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// `<img>`.
    Image,
    /// `<script>`.
    Script,
    /// `<link rel=stylesheet>`.
    Style,
    /// `<iframe>`.
    Frame,
    /// `new Worker(url)`, same-origin only.
    Worker,
}

/// The `crossorigin` attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CrossOrigin {
    /// Credentials only towards the page's own origin.
    Anonymous,
    /// Credentials always.
    UseCredentials,
}

/// See [`Step::Submit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Submit {
    /// The window or frame whose page submits.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// Where to.
    pub url: PageUrl,
    /// The form's fields.
    #[serde(default)]
    pub fields: IndexMap<String, String>,
    /// Opens the answer in a popup with this name in the scenario, not in the window itself.
    #[serde(default)]
    pub popup: Option<String>,
}

/// See [`Step::Send`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Send {
    /// The window or frame that sends.
    pub from: String,
    /// `opener`, or the name of a popup that `from` opened.
    pub to: String,
    /// The value of the message's `type` field.
    pub r#type: String,
    /// The target origin: the name of a site, or `*`.
    pub target: String,
}

/// See [`Step::Click`].
///
/// A selector, here and in the steps below, is a CSS selector, or `text=Sign in` for the button, link or
/// other element that shows this text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Click {
    /// The window or frame.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// Selector of the element.
    pub on: String,
}

/// See [`Step::Fill`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fill {
    /// The window or frame.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// Selector of the element.
    pub on: String,
    /// The text, or `env:NAME` for the value of an environment variable, which is never shown.
    pub with: String,
}

/// See [`Step::Press`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Press {
    /// The window or frame.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// Selector of the element that has the focus.
    pub on: String,
    /// The key.
    pub key: Key,
}

/// A key that can be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Escape.
    Escape,
    /// The space bar.
    Space,
}

/// See [`Step::Select`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Select {
    /// The window or frame.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// Selector of the `<select>`.
    pub on: String,
    /// The option's value.
    pub value: String,
}

/// See [`Step::Wait`]. Exactly one of `element`, `text`, `url`, `message`, `popup`, `frame` and `closed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wait {
    /// The window or frame.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// Selector of an element that is there.
    #[serde(default)]
    pub element: Option<String>,
    /// A text that the page shows.
    #[serde(default)]
    pub text: Option<String>,
    /// The page that the window shows; `*` and `**` stand for parts of the path.
    #[serde(default)]
    pub url: Option<PageUrl>,
    /// The `type` of a message that has arrived.
    #[serde(default)]
    pub message: Option<String>,
    /// The name to give to a popup that the page opens by itself.
    #[serde(default)]
    pub popup: Option<String>,
    /// Of several popups, the one that shows this page; `*` and `**` stand for parts of the path.
    #[serde(default)]
    pub at: Option<PageUrl>,
    /// Of several popups, the one whose title holds this text.
    #[serde(default)]
    pub title: Option<String>,
    /// The name to give to a frame that the page has; `on` finds it.
    #[serde(default)]
    pub frame: Option<String>,
    /// Selector of that frame's element.
    #[serde(default)]
    pub on: Option<String>,
    /// Whether the opener reads `closed` of this popup as true. The value must be `true`.
    #[serde(default)]
    pub closed: Option<bool>,
}

/// See [`Step::Evaluate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evaluate {
    /// The name of the fact (`NAME.value`).
    pub r#as: String,
    /// The window or frame.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// The body of a function; what it returns (or resolves to) is kept.
    pub script: String,
}

/// See [`Step::Screenshot`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Screenshot {
    /// The window.
    #[serde(default = "main_window")]
    pub r#in: String,
    /// The name of the picture.
    pub r#as: String,
}
