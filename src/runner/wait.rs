//! The steps that wait: for what a page shows, for popups and frames that it has by itself, for the signs of
//! a login. And pages that are not ours, which are there when they say so.

use std::time::{Duration, Instant};

use fixtures_server::page::PageUrl;
use serde_json::json;

use super::error::UnitError;
use super::flow::Flow;
use super::seen::{LoginEnd, Opened, Relation, Role};
use crate::browser::{BrowserError, WindowId};
use crate::observation::without_query;
use crate::rollout::Pattern;
use crate::scenario::{AwaitLogin, Opening, Seconds, Sign, Wait};

/// How long a popup that opens by itself may at least be empty before that counts as what it shows.
const EMPTY: Duration = Duration::from_secs(2);

/// Whether a window shows the empty page that every popup starts with.
const IS_EMPTY: &str = "return location.href === 'about:blank' && !window.__coopwright";

/// How long the signs of a login are waited for, if the step does not say.
const SIGNS: Duration = Duration::from_secs(10);

/// Whether the page shows a text.
const SHOWS: &str = "return (document.body?.innerText ?? '').includes(arguments[0])";

/// Whether the page shows one of some texts.
const SHOWS_ONE: &str = "const shown = document.body?.innerText ?? ''; \
    return arguments[0].some((text) => shown.includes(text))";

impl Flow<'_> {
    pub(super) async fn wait(&mut self, step: &Wait) -> Result<(), UnitError> {
        let name = step.r#in.clone();
        if let Some(selector) = &step.element {
            self.act_in(&name).await?;
            self.await_element(&name, selector).await?;
            self.after_input(&name).await?;
            self.count_document(&name);
            return Ok(());
        }
        if step.text.is_some() || step.url.is_some() {
            self.act_in(&name).await?;
            let sign = Sign { text: step.text.clone(), url: step.url.clone(), element: None };
            let what = told(&sign);
            self.glance().await?;
            while !self.holds(&name, &sign).await? {
                match self.pause(&what).await {
                    Err(UnitError::TimedOut { .. }) => {
                        let (window, limit) = (name.clone(), self.limit);
                        let quote = Box::new(self.quote(&name, "").await);
                        return Err(UnitError::NoSign { what, window, limit, quote });
                    }
                    other => other?,
                }
            }
            self.count_document(&name);
            return self.after_input(&name).await;
        }
        if let Some(kind) = &step.message {
            let what = format!("a message `{kind}` to arrive in `{name}`");
            let arrived = |flow: &Self| {
                flow.seen.window(&name).messages.iter().any(|m| &m.kind == kind).then_some(())
            };
            return self.until(&what, arrived).await;
        }
        if let Some(popup) = &step.popup {
            return self.wait_for_popup(&name, popup, step).await;
        }
        if let (Some(frame), Some(selector)) = (&step.frame, &step.on) {
            return self.wait_for_frame(&name, frame, selector).await;
        }
        let what = format!("`{name}` to read closed");
        loop {
            self.seen.window_mut(&name).relation = None;
            self.relate(&name).await?;
            if self.seen.window(&name).relation == Some(Relation::ReadsClosed) {
                return Ok(());
            }
            self.pause(&what).await?;
        }
    }

    /// Whether a window or frame shows something now.
    async fn holds(&mut self, name: &str, sign: &Sign) -> Result<bool, UnitError> {
        self.enter(name).await?;
        let looked = match (&sign.text, &sign.element, &sign.url) {
            (Some(text), ..) => {
                self.session.execute(SHOWS, vec![json!(text)]).await.map(|shows| shows == true)
            }
            (_, Some(selector), _) => self.session.has(selector, true).await,
            (_, _, Some(page)) => {
                let at = self.session.execute("return location.href", Vec::new()).await;
                at.map(|at| self.is_at(at.as_str().unwrap_or_default(), page))
            }
            _ => Ok(false),
        };
        match looked {
            // The next document is on its way.
            Err(BrowserError::DocumentGone { .. }) => Ok(false),
            other => Ok(other?),
        }
    }

    /// Whether an address is that of a page, or fits it as a pattern.
    fn is_at(&self, at: &str, page: &PageUrl) -> bool {
        let url = self.url(page);
        let at = if page.as_str().contains('?') { at } else { without_query(at) };
        if !page.path().contains('*') {
            return url == at;
        }
        let base = url.strip_suffix(page.path_and_query()).unwrap_or_default();
        let pattern = Pattern::of_path(page.path_and_query()).ok();
        let path = at.strip_prefix(base);
        pattern.zip(path).is_some_and(|(pattern, path)| pattern.is_match(path))
    }

    /// Waits for one of the signs of a login; none in time is an answer, too.
    pub(super) async fn await_signs(&mut self, step: &AwaitLogin) -> Result<(), UnitError> {
        let name = step.r#in.as_str();
        self.absorb();
        let app = self.seen.window_mut(name);
        app.login_began = Some(app.fences.len());
        let limit = match step.within {
            Some(Seconds(seconds)) => Duration::from_secs_f64(seconds),
            None => SIGNS.min(self.remaining() / 2),
        };
        let end = Instant::now() + limit;
        loop {
            if let Some((outcome, sign)) = self.first_sign(step).await? {
                let detail = Some(told(sign));
                let login = LoginEnd { outcome: outcome.to_owned(), detail };
                self.seen.window_mut(name).login = Some(login);
                return self.after_input(name).await;
            }
            if Instant::now() >= end {
                return self.after_input(name).await;
            }
            self.pause("the signs of the login").await?;
        }
    }

    /// The first sign, in their order, that the page shows. The page may change between one look and the
    /// next, and what is then there may be two signs at once: those before it are looked for again.
    async fn first_sign<'a>(
        &mut self,
        step: &'a AwaitLogin,
    ) -> Result<Option<(&'static str, &'a Sign)>, UnitError> {
        let mut signs = step.signs();
        // Mostly none is there: one look at all texts tells.
        let texts: Vec<_> = signs.iter().filter_map(|(_, sign)| sign.text.as_deref()).collect();
        if !self.shows_one(&step.r#in, &texts).await? {
            signs.retain(|(_, sign)| sign.text.is_none());
        }
        let (mut found, mut end) = (None, signs.len());
        'looks: loop {
            for (place, (_, sign)) in signs[..end].iter().enumerate() {
                if self.holds(&step.r#in, sign).await? {
                    (found, end) = (Some(signs[place]), place);
                    continue 'looks;
                }
            }
            return Ok(found);
        }
    }

    async fn shows_one(&mut self, name: &str, texts: &[&str]) -> Result<bool, UnitError> {
        self.enter(name).await?;
        match self.session.execute(SHOWS_ONE, vec![json!(texts)]).await {
            // The next document is on its way.
            Err(BrowserError::DocumentGone { .. }) => Ok(false),
            shown => Ok(shown? == true),
        }
    }

    /// Gives a name to a frame that the page has.
    async fn wait_for_frame(
        &mut self,
        parent: &str,
        frame: &str,
        selector: &str,
    ) -> Result<(), UnitError> {
        self.act_in(parent).await?;
        self.await_element(parent, selector).await?;
        self.seen.add(frame, Role::Frame { parent: parent.to_owned() });
        self.seen.active = parent.to_owned();
        let window = self.seen.window_mut(frame);
        window.found_by = Some(selector.to_owned());
        self.arrive(frame).await?;
        self.count_document(frame);
        let window = self.seen.window_mut(frame);
        window.loaded = Some(window.last().is_some_and(|last| !last.page.starts_with("about:")));
        Ok(())
    }

    /// A popup that a page opens by itself: the driver sees it first.
    async fn wait_for_popup(
        &mut self,
        from: &str,
        popup: &str,
        step: &Wait,
    ) -> Result<(), UnitError> {
        let what = format!("`{from}` to open a popup");
        let window = loop {
            self.absorb();
            let unknown = self.unknown_windows().await?;
            if step.at.is_none() && step.title.is_none() {
                if let Some(window) = self.first_of(unknown) {
                    break window;
                }
            } else if let Some(window) = self.choose(unknown, step).await? {
                break window;
            }
            match self.pause(&what).await {
                Err(UnitError::TimedOut { .. }) => {
                    return Err(self.no_popup_of(from, popup, step).await);
                }
                other => other?,
            }
        };
        let order = self.watched.order_of_windows();
        let place = order.iter().position(|known| *known == window);
        self.seen.add(popup, Role::Popup { from: from.to_owned(), how: Opening::Direct });
        self.seen.window_mut(popup).handle = Some(window);
        self.hear_again();
        // The driver may see it before its first page; one that is meant to be empty stays so.
        let end = self.remaining().saturating_sub(self.patience(EMPTY));
        loop {
            self.enter(popup).await?;
            if self.look(IS_EMPTY).await? != true || self.remaining() <= end {
                break;
            }
            self.pause(&what).await?;
        }
        self.arrive(popup).await?;
        self.bind(from, popup, place).await
    }

    /// Of several new windows the one that was opened first, as far as that is known.
    fn first_of(&self, unknown: Vec<WindowId>) -> Option<WindowId> {
        let told = self.watched.order_of_windows();
        let place = |window: &WindowId| told.iter().position(|known| known == window);
        unknown.into_iter().min_by_key(|window| place(window).unwrap_or(usize::MAX))
    }

    /// Of several new windows the one that shows what the step says.
    async fn choose(
        &mut self,
        unknown: Vec<WindowId>,
        step: &Wait,
    ) -> Result<Option<WindowId>, UnitError> {
        for window in unknown {
            let Some((url, title)) = self.glimpse(&window).await? else { continue };
            let fits_url = step.at.as_ref().is_none_or(|page| self.is_at(&url, page));
            let fits_title = step.title.as_ref().is_none_or(|text| title.contains(text));
            if fits_url && fits_title {
                return Ok(Some(window));
            }
        }
        Ok(None)
    }

    /// What a window shows that has no name yet: address and title. Nothing if it goes meanwhile.
    pub(super) async fn glimpse(
        &mut self,
        window: &WindowId,
    ) -> Result<Option<(String, String)>, UnitError> {
        self.leave();
        match self.session.switch_to(window).await {
            Ok(()) => {}
            Err(BrowserError::NoWindow { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let script = "return [location.href, document.title]";
        match self.session.execute(script, Vec::new()).await {
            Ok(told) => {
                let text = |at: usize| told[at].as_str().unwrap_or_default().to_owned();
                Ok(Some((text(0), text(1))))
            }
            Err(BrowserError::NoWindow { .. } | BrowserError::DocumentGone { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Says what was seen in place of a popup that was to open.
    async fn no_popup_of(&mut self, from: &str, popup: &str, step: &Wait) -> UnitError {
        let unknown = self.unknown_windows().await.unwrap_or_default();
        let mut others = Vec::new();
        for window in unknown.iter().take(10) {
            if let Ok(Some((url, title))) = self.glimpse(window).await {
                others.push(format!("{} “{}”", self.names.page(&url), self.names.text(&title)));
            }
        }
        let wanted = match (&step.at, &step.title) {
            (Some(page), _) => format!(" at {page}"),
            (None, Some(title)) => format!(" titled “{title}”"),
            (None, None) => String::new(),
        };
        let mut opened = self.watched.opened.iter().filter(|(window, ..)| window == from);
        let opened = match opened.next_back() {
            Some((_, _, handle)) if handle == "null" => {
                "; `window.open` gave null: no window, or one without a link"
            }
            Some(_) => "; the page did open one, which is gone",
            None => "",
        };
        let seen = match others.len() {
            0 => format!("the driver sees no new window{opened}"),
            1 => format!("the one that opened shows {}", others[0]),
            count => format!("the {count} that opened show {}", others.join(", ")),
        };
        let quote = self.quote(from, "").await;
        UnitError::NoPopup {
            window: popup.to_owned(),
            seen: format!(
                "no popup{wanted} within {} s; {seen}; `{from}`: {quote}",
                self.limit.as_secs_f32()
            ),
        }
    }

    /// Finds out how a page has opened a popup by itself, and what it holds of it.
    /// `place` is the popup's among those that were new.
    async fn bind(
        &mut self,
        from: &str,
        popup: &str,
        place: Option<usize>,
    ) -> Result<(), UnitError> {
        if !self.ground.is_watched() {
            return Ok(());
        }
        self.enter(popup).await?;
        let url = self.look("return location.href.split('#')[0]").await?;
        let given = json!({ "as": popup, "url": url, "place": place });
        let bound = match self.agent(from, "bind(given)", given).await {
            Ok(bound) => bound,
            // A page of ours, which opens popups by steps only, or one that is gone.
            Err(UnitError::NoAgent { .. } | UnitError::WindowGone { .. }) => return Ok(()),
            Err(UnitError::Browser(BrowserError::NoWindow { .. })) => return Ok(()),
            Err(error) => return Err(error),
        };
        self.absorb();
        let first = self.watched.opened.iter().position(|(window, ..)| window == from);
        let noted = first.map(|place| self.watched.opened.remove(place));
        let (how, handle) = match (bound["how"].as_str(), noted) {
            (Some(how), _) => {
                (how.to_owned(), bound["handle"].as_str().unwrap_or("none").to_owned())
            }
            (None, Some((_, how, handle))) => (how, handle),
            (None, None) => return Ok(()),
        };
        let window = self.seen.window_mut(popup);
        window.opened = match handle.as_str() {
            "handle" => Opened::Handle,
            "null" => Opened::Null,
            _ => Opened::Nothing,
        };
        if let (Role::Popup { how: way, .. }, Ok(known)) =
            (&mut window.role, serde_json::from_value(how.as_str().into()))
        {
            *way = known;
        }
        window.how = Some(how);
        Ok(())
    }

    /// Goes to a page that is not ours, and waits until it is there.
    pub(super) async fn open_watched(
        &mut self,
        name: &str,
        url: &str,
        page: &PageUrl,
    ) -> Result<(), UnitError> {
        let requests = self.exchanges.len();
        let known = self.seen.window(name).documents.len();
        let before = self.look("return performance.timeOrigin").await?;
        let went = self.session.goto(url).await;
        self.absorb();
        if let Some((page, fault)) = self.fault_since(requests) {
            return Err(UnitError::Site {
                page,
                fault: Box::new(fault),
                what: format!("the window shows nothing of {url}"),
            });
        }
        went?;
        let what = format!("{page} to be there");
        loop {
            // A script runs at once where the driver does not wait for pages.
            let now = self.look("return [performance.timeOrigin, document.readyState]").await?;
            if now[0] != before && now[1] == "complete" {
                break;
            }
            self.pause(&what).await?;
            if let Some((page, fault)) = self.fault_since(requests) {
                let what = format!("the window shows nothing of {url}");
                return Err(UnitError::Site { page, fault: Box::new(fault), what });
            }
        }
        self.arrive(name).await?;
        // Looks while it was on its way saw what was there before.
        let documents = &mut self.seen.window_mut(name).documents;
        if self.session.watches() || documents.len() <= known + 1 {
            return Ok(());
        }
        documents.drain(known..documents.len() - 1);
        Ok(())
    }
}

/// A sign in words.
fn told(sign: &Sign) -> String {
    match (&sign.text, &sign.element, &sign.url) {
        (Some(text), ..) => format!("the text `{text}`"),
        (_, Some(selector), _) => format!("the element `{selector}`"),
        (_, _, Some(page)) => format!("the page {page}"),
        _ => "nothing".to_owned(),
    }
}
