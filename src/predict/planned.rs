//! What a unit's pages will send, without a browser: the plan walked as the steps ask for it, in the shape
//! of an observation without facts, so that the model reads both alike.

use fixtures_server::page::{Consent, PageUrl, RawHeaders, Serve};

use crate::observation::{DocumentSeen, Hop, Observation, Request, WindowSeen};
use crate::scenario::{Login, MAIN, Step, Unit};

/// The most redirects that are followed, as in browsers (Fetch, "HTTP-redirect fetch").
const REDIRECTS: usize = 20;

/// What a unit's steps will bring, as far as the plan tells it.
#[must_use]
pub fn planned(unit: &Unit) -> Observation {
    let mut walk = Walk { unit, seen: Observation::default(), logins: Vec::new() };
    walk.window(MAIN, None);
    for step in &unit.steps {
        walk.step(step);
    }
    walk.seen
}

struct Walk<'a> {
    unit: &'a Unit,
    seen: Observation,
    /// The windows that show a login, with their steps.
    logins: Vec<(String, &'a Login)>,
}

impl<'a> Walk<'a> {
    fn step(&mut self, step: &'a Step) {
        match step {
            Step::Open(open) => self.show(&open.r#in, &open.url),
            Step::Navigate(navigate) => self.show(&navigate.r#in, &navigate.url),
            Step::Popup(popup) => {
                self.popup(&popup.r#as, &popup.from);
                self.show(&popup.r#as, &popup.url);
            }
            Step::Login(login) => {
                let window = login.r#as.as_deref().unwrap_or(&login.from);
                if login.r#as.is_some() {
                    self.popup(window, &login.from);
                }
                self.logins.push((window.to_owned(), login));
                self.show(window, &login.at);
            }
            Step::Click(click) if ["#allow", "#deny"].contains(&click.on.as_str()) => {
                self.consent(&click.r#in);
            }
            Step::Click(click) => self.clicked(&click.r#in),
            Step::Press(press) => self.clicked(&press.r#in),
            Step::Frame(frame) => {
                self.window(&frame.r#as, Some(&frame.r#in));
                if let Some(window) = self.seen.windows.last_mut() {
                    window.frame = true;
                }
                self.show(&frame.r#as, &frame.url);
            }
            Step::Submit(submit) => {
                let window = submit.popup.as_deref().unwrap_or(&submit.r#in);
                if submit.popup.is_some() {
                    self.popup(window, &submit.r#in);
                }
                self.show(window, &submit.url);
            }
            Step::Fetch(fetch) => self.ask(&fetch.r#as, &fetch.r#in, &fetch.url, false),
            Step::Load(load) => {
                let frame = load.kind == crate::scenario::ResourceKind::Frame;
                self.ask(&load.r#as, &load.r#in, &load.url, frame);
            }
            Step::Back(step) => self.back(&step.r#in),
            _ => {}
        }
    }

    fn window(&mut self, name: &str, from: Option<&str>) {
        self.seen.windows.push(WindowSeen {
            name: name.to_owned(),
            opened_from: from.map(ToOwned::to_owned),
            opened_by: None,
            how: None,
            frame: false,
            documents: Vec::new(),
        });
    }

    fn popup(&mut self, name: &str, from: &str) {
        let opener = self.shown_in(from).cloned();
        let mut top = from;
        while let Some(window) = self.find(top)
            && window.frame
            && let Some(parent) = &window.opened_from
        {
            top = parent;
        }
        let top = self.shown_in(top).cloned();
        self.window(name, Some(from));
        if let Some(window) = self.seen.windows.last_mut() {
            window.opened_by = opener.zip(top);
        }
    }

    fn find(&self, name: &str) -> Option<&WindowSeen> {
        self.seen.windows.iter().find(|window| window.name == name)
    }

    fn shown_in(&self, name: &str) -> Option<&DocumentSeen> {
        self.find(name)?.documents.last()
    }

    fn show(&mut self, window: &str, url: &PageUrl) {
        let hops = self.hops_from(window, url);
        self.navigated(&hops);
        self.arrived(window, hops);
    }

    /// The visitor answers the consent form: its page answers with a redirect to the callback.
    fn consent(&mut self, window: &str) {
        let Some(login) = self.login_in(window) else { return };
        let Some(form) = self.shown_in(window).and_then(|document| document.page.parse().ok())
        else {
            return;
        };
        let mut hops = vec![self.redirect(&form, &login.callback, 303)];
        hops.extend(self.hops_from(window, &login.callback));
        self.navigated(&hops);
        self.arrived(window, hops);
    }

    /// Where a click leads in a page of the scenario's own making, the plan does not say: from here on the
    /// window's way is unknown.
    fn clicked(&mut self, window: &str) {
        let page = self.shown_in(window).and_then(|document| document.page.parse().ok());
        let page = page.and_then(|url| self.page(&url));
        if let Some(Serve::Html(_)) = page.and_then(|page| page.serve.as_ref())
            && let Some(window) = self.seen.windows.iter_mut().find(|known| known.name == window)
            && let Some(shown) = window.documents.last().cloned()
        {
            window.documents.push(DocumentSeen { hops: Vec::new(), ..shown });
        }
    }

    fn login_in(&self, window: &str) -> Option<&'a Login> {
        self.logins.iter().rev().find(|(name, _)| name == window).map(|(_, login)| *login)
    }

    fn back(&mut self, name: &str) {
        let Some(window) = self.seen.windows.iter_mut().find(|window| window.name == name) else {
            return;
        };
        if let [.., before, _] = &window.documents[..] {
            let before = before.clone();
            window.documents.push(before);
        }
    }

    fn arrived(&mut self, window: &str, hops: Vec<Hop>) {
        let Some(page) = hops.last().map(|hop| hop.page.clone()) else { return };
        if let Some(window) = self.seen.windows.iter_mut().find(|known| known.name == window) {
            let document = DocumentSeen { page, opener: None, unseen: false, secure: true, hops };
            window.documents.push(document);
        }
    }

    fn ask(&mut self, step: &str, window: &str, url: &PageUrl, frame: bool) {
        if let Some(document) = self.shown_in(window).cloned() {
            self.seen.acted_in.push((step.to_owned(), document));
        }
        let hops = self.hops_from(window, url);
        if frame {
            self.navigated(&hops);
            return;
        }
        for hop in &hops {
            if let Some(preflight) = self.preflight(hop) {
                let asks = ("access-control-request-method".to_owned(), String::new());
                self.log("OPTIONS", vec![asks], preflight);
            }
            self.log("GET", Vec::new(), hop.clone());
        }
    }

    fn navigated(&mut self, hops: &[Hop]) {
        for hop in hops {
            let mode = ("sec-fetch-mode".to_owned(), "navigate".to_owned());
            self.log("GET", vec![mode], hop.clone());
        }
    }

    fn log(&mut self, method: &str, request: Vec<(String, String)>, answer: Hop) {
        let id = self.seen.requests.len() as u64;
        self.seen.requests.push(Request::new(id, method, request, answer));
    }

    /// The responses from `url` on, redirects followed.
    fn hops_from(&self, window: &str, url: &PageUrl) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut at = url.clone();
        while hops.len() < REDIRECTS {
            let next = match self.page(&at).and_then(|page| page.serve.as_ref()) {
                Some(Serve::Redirect(redirect)) => Some((redirect.to.clone(), 302)),
                Some(Serve::Authorize(options)) if options.consent == Consent::Given => {
                    self.login_in(window).map(|login| (login.callback.clone(), 302))
                }
                _ => None,
            };
            let Some((to, status)) = next else { break };
            hops.push(self.redirect(&at, &to, status));
            at = to;
        }
        hops.push(self.hop(&at, 200, Vec::new()));
        hops
    }

    fn page(&self, url: &PageUrl) -> Option<&'a fixtures_server::page::Page> {
        let path: PageUrl = url.without_query().parse().ok()?;
        self.unit.plan.pages.get(&path)
    }

    fn redirect(&self, from: &PageUrl, to: &PageUrl, status: u16) -> Hop {
        let location = format!("{{{}}}{}", to.site(), to.path_and_query());
        self.hop(from, status, vec![("Location".to_owned(), location)])
    }

    /// A page's response: the declared header lines, then those of the server's own.
    fn hop(&self, url: &PageUrl, status: u16, own: Vec<(String, String)>) -> Hop {
        let page = self.page(url);
        let mut headers = page.map(|page| lines(page.headers.as_ref())).unwrap_or_default();
        let typed = page.and_then(|page| page.serve.as_ref().unwrap_or(&Serve::Blank).media_type());
        let content_type = typed.map(|typed| ("Content-Type".to_owned(), typed.to_owned()));
        let not_stored = ("Cache-Control".to_owned(), "no-store".to_owned());
        for line in content_type.into_iter().chain([not_stored]).chain(own) {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(&line.0)) {
                headers.push(line);
            }
        }
        let given = page.map_or(Some(404), |page| page.status);
        Hop::new(url.to_string(), given.unwrap_or(status), headers)
    }

    fn preflight(&self, hop: &Hop) -> Option<Hop> {
        let page = self.page(&hop.page.parse().ok()?)?;
        let (status, headers) = match &page.preflight {
            Some(preflight) => (preflight.status.unwrap_or(204), lines(Some(&preflight.headers))),
            None => (405, Vec::new()),
        };
        Some(Hop::new(hop.page.clone(), status, headers))
    }
}

fn lines(headers: Option<&RawHeaders>) -> Vec<(String, String)> {
    let lines = headers.and_then(|headers| headers.lines().ok()).unwrap_or_default();
    lines.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
