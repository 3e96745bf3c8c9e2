//! Checks of steps: the windows they use, in order, the names they give, the pages they need.

use fixtures_server::page::{Page, PageUrl, RawHeaders, Return, Serve};
use indexmap::IndexMap;

use super::Check;
use crate::fact::SubjectKind;
use crate::scenario::step::{AwaitLogin, Fetch, Login, MAIN, Seconds, Step, Wait};
use crate::scenario::subject::OPENER;
use crate::yaml::{At, nearest};

type Pages = IndexMap<PageUrl, Page>;

impl Check<'_> {
    pub(super) fn steps(
        &mut self,
        steps: &[Step],
        at: At<'_>,
        pages: &Pages,
        pages_are_intact: bool,
    ) {
        let mut names = Names::new(steps, at);
        for (index, step) in steps.iter().enumerate() {
            let at = at.item(index).choice();
            for (key, window) in step.windows() {
                self.window(at.get(key), window, &names);
            }
            for (key, url) in step.pages() {
                self.page(at.get(key), url, pages, pages_are_intact);
            }
            if let Some((key, name, kind)) = step.introduces() {
                self.introduce(at.get(key), name, kind, &mut names);
            }
            match step {
                Step::Login(login) => self.login(login, at, pages),
                Step::Fetch(fetch) => self.fetch(fetch, at),
                Step::Wait(wait) => self.wait(wait, at),
                Step::AwaitLogin(step) => self.signs(step, at),
                Step::Send(send) if send.target != "*" => {
                    self.site(at.get("target").value, &send.target);
                }
                Step::Fill(fill) if fill.with == "env:" => {
                    self.fault(
                        at.get("with").value,
                        "the environment variable has no name",
                        "write `env:NAME`".to_owned(),
                    );
                }
                _ => {}
            }
        }
    }

    fn window(&mut self, at: At<'_>, name: &str, names: &Names<'_>) {
        match names.so_far.get(name) {
            Some((kind, _)) if is_page(*kind) => {}
            Some(_) => {
                let hint = nearest(name, names.windows());
                self.fault(at.value, format!("`{name}` is not a window or frame"), hint);
            }
            None if !names.are_intact => {}
            None => {
                let later = names.all.get(name).filter(|(kind, _)| is_page(*kind));
                let (message, hint) = match later {
                    Some((_, line)) => (
                        format!("`{name}` is used before it is opened"),
                        Some(format!("it is opened in line {line}")),
                    ),
                    None => (
                        format!("undefined window or frame `{name}`"),
                        nearest(name, names.windows()),
                    ),
                };
                self.fault(at.value, message, hint);
            }
        }
    }

    fn introduce<'s>(
        &mut self,
        at: At<'_>,
        name: &'s str,
        kind: SubjectKind,
        names: &mut Names<'s>,
    ) {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || ".:/".contains(c)) {
            let hint = "any word without spaces, dots, colons and slashes".to_owned();
            self.fault(at.value, format!("`{name}` is not a name"), hint);
        } else if name == OPENER {
            self.fault(
                at.value,
                format!("`{name}` always is the window that opened this one"),
                None,
            );
        } else if let Some((_, line)) = names.so_far.get(name) {
            let hint = (name != MAIN).then(|| format!("first in line {line}"));
            self.fault(at.value, format!("the name `{name}` is taken"), hint);
        }
        names.so_far.entry(name).or_insert((kind, line(at)));
    }

    /// A page that a step needs. A query is the visitor's, not part of what is declared.
    fn page(&mut self, at: At<'_>, url: &PageUrl, pages: &Pages, pages_are_intact: bool) {
        if url.as_str().contains('*') {
            // A pattern: which pages it fits is seen when it is looked for.
            return;
        }
        if !self.file.sites.contains_key(url.site()) {
            self.site(at.value, url.site());
        } else if find(pages, url).is_none() && pages_are_intact && self.is_ours(url.site(), pages)
        {
            let hint = nearest(url.as_str(), pages.keys().map(PageUrl::as_str));
            self.fault(at.value, format!("page `{url}` is not declared"), hint);
        }
    }

    /// A site of which nothing is declared is somebody else's; what it has is not known here.
    fn is_ours(&self, site: &str, pages: &Pages) -> bool {
        pages.keys().any(|page| page.site() == site) || self.file.sites[site].origin.is_some()
    }

    fn login(&mut self, login: &Login, at: At<'_>, pages: &Pages) {
        match (&login.r#as, login.returns) {
            (Some(_), Return::Redirect) => {
                self.fault(at.get("as").value, "a login by redirect opens no popup to name", None);
            }
            (None, returns) if returns != Return::Redirect => {
                let hint = "write `as: NAME`, or `returns: redirect`".to_owned();
                self.fault(at.key, "the login's popup has no name", hint);
            }
            _ => {}
        }
        if let Some(origin) = login.checks.origin.as_deref().filter(|origin| *origin != "any") {
            self.site(at.get("checks").get("origin").value, origin);
        }
        let callback = find(pages, &login.callback);
        if callback.is_some_and(|page| !matches!(page.serve, Some(Serve::Callback(_)))) {
            let message = format!("page `{}` is not a callback page", login.callback);
            let hint = "give it `serve: callback`".to_owned();
            self.unless_damaged(at.get("callback"), &login.callback, message, hint);
        }
        let token = find(pages, &login.token);
        if token.is_some_and(|page| !matches!(page.serve, Some(Serve::Token))) {
            let message = format!("page `{}` is not a token endpoint", login.token);
            let hint = "give it `serve: token`".to_owned();
            self.unless_damaged(at.get("token"), &login.token, message, hint);
        }
    }

    /// Says nothing of a page of which a part could not be read.
    fn unless_damaged(&mut self, at: At<'_>, url: &PageUrl, message: String, hint: String) {
        let root = self.tree.root();
        let is_intact = |pages: At<'_>| pages.has_intact(url.as_str());
        let variants = self.file.variants.keys();
        if is_intact(root.get("pages"))
            && variants
                .into_iter()
                .all(|name| is_intact(root.get("variants").get(name).get("pages")))
        {
            self.fault(at.value, message, hint);
        }
    }

    fn fetch(&mut self, fetch: &Fetch, at: At<'_>) {
        self.headers(at.get("headers"), &fetch.headers);
        // A method has the shape of a header name: both are tokens (RFC 9110, section 5.6.2).
        if let Some(method) = &fetch.method
            && RawHeaders(format!("{method}:")).lines().is_err()
        {
            let message = format!("`{method}` is not a method");
            self.fault(at.get("method").value, message, None);
        }
    }

    fn signs(&mut self, step: &AwaitLogin, at: At<'_>) {
        for (name, sign) in step.signs() {
            let given = [sign.text.is_some(), sign.element.is_some(), sign.url.is_some()];
            if given.iter().filter(|given| **given).count() != 1 && at.is_intact() {
                let hint = "give one of: text, element, url".to_owned();
                self.fault(at.get(name).key, format!("`{name}` needs one sign"), hint);
            }
        }
        let within = at.get("within");
        match step.within {
            Some(Seconds(seconds)) if !(0.1..=3600.0).contains(&seconds) => {
                self.fault(within.value, "between 0.1 and 3600 seconds", None);
            }
            Some(_) if step.signs().is_empty() && at.is_intact() => {
                let hint = "give `completed`, `cancelled`, `denied` or `failed`".to_owned();
                self.fault(within.key, "`within` is for signs, and none is given", hint);
            }
            _ => {}
        }
    }

    fn wait(&mut self, wait: &Wait, at: At<'_>) {
        let conditions = [
            wait.element.is_some(),
            wait.text.is_some(),
            wait.url.is_some(),
            wait.message.is_some(),
            wait.popup.is_some(),
            wait.frame.is_some(),
            wait.closed.is_some(),
        ];
        let given = conditions.iter().filter(|given| **given).count();
        if given != 1 && at.is_intact() {
            let message =
                if given == 0 { "nothing to wait for" } else { "waits for several things" };
            let hint = "give one of: element, text, url, message, popup, frame, closed".to_owned();
            self.fault(at.key, message, hint);
        }
        for (key, given, owner) in [
            ("at", wait.at.is_some(), wait.popup.is_some()),
            ("title", wait.title.is_some(), wait.popup.is_some()),
            ("on", wait.on.is_some(), wait.frame.is_some()),
        ] {
            if given && !owner && at.is_intact() {
                let of = if key == "on" { "frame" } else { "popup" };
                self.fault(at.get(key).key, format!("`{key}` goes with `{of}`"), None);
            }
        }
        if wait.frame.is_some() && wait.on.is_none() && at.is_intact() {
            let hint = "write `on: \"iframe#login\"`".to_owned();
            self.fault(at.get("frame").key, "nothing says which frame it is", hint);
        }
        if wait.closed == Some(false) {
            let message = "`closed` can only be waited for, not its opposite";
            self.fault(at.get("closed").value, message, "write `closed: true`".to_owned());
        }
    }
}

/// The names in a list of steps.
struct Names<'s> {
    /// Those of the steps so far, each with the line.
    so_far: IndexMap<&'s str, (SubjectKind, usize)>,
    /// Those of all steps.
    all: IndexMap<&'s str, (SubjectKind, usize)>,
    /// Whether all steps could be read.
    are_intact: bool,
}

impl<'s> Names<'s> {
    fn new(steps: &'s [Step], at: At<'_>) -> Self {
        let mut all = IndexMap::new();
        for (index, step) in steps.iter().enumerate() {
            if let Some((key, name, kind)) = step.introduces() {
                all.entry(name).or_insert((kind, line(at.item(index).choice().get(key))));
            }
        }
        let so_far = IndexMap::from([(MAIN, (SubjectKind::Window, 0))]);
        Self { so_far, all, are_intact: at.is_intact() }
    }

    fn windows(&self) -> impl Iterator<Item = &'s str> + '_ {
        let windows = self.so_far.iter().filter(|(_, (kind, _))| is_page(*kind));
        windows.map(|(name, _)| *name)
    }
}

/// Whether steps can take place in it.
fn is_page(kind: SubjectKind) -> bool {
    matches!(kind, SubjectKind::Window | SubjectKind::Frame)
}

fn line(at: At<'_>) -> usize {
    at.value.map_or(0, |node| node.place.line)
}

/// The declared page that answers a request for `url`.
fn find<'p>(pages: &'p Pages, url: &PageUrl) -> Option<&'p Page> {
    pages.get(url).or_else(|| {
        let same = |other: &PageUrl| other.site() == url.site() && other.path() == url.path();
        pages.iter().find(|(other, _)| same(other)).map(|(_, page)| page)
    })
}
