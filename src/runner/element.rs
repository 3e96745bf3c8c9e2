//! Steps on elements: they wait until the element takes what is to be done, and an error quotes the page, with
//! what comes nearest to the element that is not there.

use std::fmt;

use serde_json::Value;

use super::error::UnitError;
use super::flow::Flow;
use crate::browser::{BrowserError, Found, Session};

/// What is done to an element.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doing<'a> {
    Click,
    Fill(&'a str),
    Press(&'a str),
    Select(&'a str),
}

impl Doing<'_> {
    async fn once(self, session: &Session, found: &Found) -> Result<(), BrowserError> {
        match self {
            Self::Click => session.click(found).await,
            Self::Fill(text) => session.fill(found, text).await,
            Self::Press(key) => session.press(found, key).await,
            Self::Select(value) => session.select(found, value).await,
        }
    }
}

/// A page as an error quotes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quote {
    /// The page.
    pub page: String,
    /// Its title.
    pub title: String,
    /// The elements that come nearest to what was looked for, the nearest first, each as a selector with what
    /// it is.
    pub nearest: Vec<String>,
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the window shows {}", self.page)?;
        if !self.title.is_empty() {
            write!(f, ", titled “{}”", self.title)?;
        }
        if !self.nearest.is_empty() {
            write!(f, "; nearest to it: {}", self.nearest.join(", "))?;
        }
        Ok(())
    }
}

/// What elements the page has that people use or that have a name. No values: they may be secret.
const ELEMENTS: &str = "
    const short = (text) => (text ?? '').trim().replace(/\\s+/g, ' ').slice(0, 60);
    const all = document.querySelectorAll(
      'a, button, input, select, textarea, summary, label, iframe, form, [role], [id], [name]');
    const seen = [...all].slice(0, 500).map((element) => ({
      tag: element.localName, id: element.id, name: element.getAttribute('name'),
      type: element.getAttribute('type'), role: element.getAttribute('role'),
      text: short(['input', 'select', 'textarea', 'form', 'iframe'].includes(element.localName)
        ? element.getAttribute('aria-label') ?? element.getAttribute('placeholder')
        : element.innerText),
    }));
    return { url: location.href, title: short(document.title), elements: seen };";

/// How many of the nearest elements are told.
const NEAREST: usize = 3;

impl Flow<'_> {
    /// Does something to an element in a window or frame, as soon as it can be done.
    pub(super) async fn on_element(
        &mut self,
        name: &str,
        selector: &str,
        doing: Doing<'_>,
    ) -> Result<(), UnitError> {
        self.act_in(name).await?;
        let what = format!("`{selector}` in `{name}`");
        loop {
            let done = self.attempt(name, selector, doing).await;
            match done {
                Ok(()) => return Ok(()),
                Err(UnitError::Browser(BrowserError::NotReady { detail, .. })) => {
                    if self.remaining().is_zero() {
                        return Err(self.no_element(name, selector, &detail).await);
                    }
                }
                // The next document is on its way.
                Err(UnitError::Browser(BrowserError::DocumentGone { .. }))
                    if !self.remaining().is_zero() => {}
                Err(error) => return Err(error),
            }
            match self.pause(&what).await {
                Err(UnitError::TimedOut { .. }) | Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Does it now. The document is looked at between finding and doing: it is then the one in which the
    /// step takes place, for in another one the element would be gone.
    async fn attempt(
        &mut self,
        name: &str,
        selector: &str,
        doing: Doing<'_>,
    ) -> Result<(), UnitError> {
        self.enter(name).await?;
        let found = self.session.find(selector).await?;
        if self.is_blind() {
            self.arrive(name).await?;
        }
        doing.once(self.session, &found).await?;
        self.count_document(name);
        Ok(())
    }

    /// Waits until an element is there.
    pub(super) async fn await_element(
        &mut self,
        name: &str,
        selector: &str,
    ) -> Result<(), UnitError> {
        loop {
            self.enter(name).await?;
            match self.session.has(selector, false).await {
                Ok(true) => return Ok(()),
                Ok(false) | Err(BrowserError::DocumentGone { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            match self.pause(selector).await {
                Err(UnitError::TimedOut { .. }) => {
                    return Err(self.no_element(name, selector, "").await);
                }
                other => other?,
            }
        }
    }

    /// The error of an element that is not there, or does not take what is to be done.
    async fn no_element(&mut self, name: &str, selector: &str, detail: &str) -> UnitError {
        let found = match self.session.has(selector, false).await {
            Ok(found) => found,
            Err(BrowserError::NoWindow { .. }) => {
                return UnitError::WindowGone { window: name.to_owned() };
            }
            Err(error) => return error.into(),
        };
        UnitError::NoElement {
            selector: selector.to_owned(),
            window: name.to_owned(),
            limit: self.limit,
            detail: if found { self.names.text(detail) } else { String::new() },
            quote: Box::new(self.quote(name, if found { "" } else { selector }).await),
        }
    }

    /// Quotes the page in a window or frame.
    pub(super) async fn quote(&mut self, name: &str, selector: &str) -> Quote {
        if self.enter(name).await.is_err() {
            return Quote::default();
        }
        let told = self.session.execute(ELEMENTS, Vec::new()).await.unwrap_or_default();
        let text = |key: &str| told[key].as_str().unwrap_or_default();
        let elements = told["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
        let nearest = nearest(selector, elements).into_iter();
        let page = match text("url") {
            "" => "nothing".to_owned(),
            url => self.names.page(url),
        };
        Quote {
            page,
            title: self.names.text(text("title")),
            nearest: nearest.map(|text| self.names.text(&text)).collect(),
        }
    }
}

/// Those elements that come nearest to a selector, each as a selector with what it is.
fn nearest(selector: &str, elements: &[Value]) -> Vec<String> {
    if selector.is_empty() {
        return Vec::new();
    }
    let wanted = plain(selector);
    let mut ranked: Vec<(f64, String)> = Vec::new();
    for element in elements {
        let text = |key: &str| element[key].as_str().filter(|text| !text.is_empty());
        let tag = text("tag").unwrap_or("*");
        let id = text("id").map(|id| format!("#{id}"));
        let name = text("name").map(|name| format!("{tag}[name={name}]"));
        let kind = text("type").map(|kind| format!("{tag}[type={kind}]"));
        let shows = text("text").filter(|_| !matches!(tag, "body" | "main" | "form" | "div"));
        let by_text = shows.map(|shown| format!("text={shown}"));
        let ways = [id, name, kind, by_text];
        let Some(best) = ways.iter().flatten().next() else { continue };
        let likeness = |way: &String| strsim::normalized_damerau_levenshtein(&plain(way), &wanted);
        let likeness = ways.iter().flatten().map(likeness).fold(0.0, f64::max);
        let told = match shows {
            Some(shown) if !best.starts_with("text=") => format!("`{best}` ({tag} “{shown}”)"),
            _ => format!("`{best}` ({tag})"),
        };
        if likeness > 0.4 && !ranked.iter().any(|(_, known)| *known == told) {
            ranked.push((likeness, told));
        }
    }
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
    ranked.into_iter().take(NEAREST).map(|(_, told)| told).collect()
}

/// A selector by its words alone.
fn plain(selector: &str) -> String {
    let word = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    let words: String = selector.chars().map(word).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_nearest_elements_are_told() {
        let elements = [
            json!({ "tag": "button", "id": "deny", "text": "Deny" }),
            json!({ "tag": "button", "id": "allow", "text": "Allow" }),
            json!({ "tag": "input", "id": "", "name": "login", "type": "text", "text": "" }),
            json!({ "tag": "a", "id": "", "text": "Forgot your password?" }),
        ];
        assert_eq!(nearest("#alow", &elements)[0], "`#allow` (button “Allow”)");
        assert_eq!(nearest("[name=logn]", &elements)[0], "`input[name=login]` (input)");
        assert_eq!(
            nearest("text=Forgot password", &elements)[0],
            "`text=Forgot your password?` (a)"
        );
        assert!(nearest("#entirely-different-thing", &elements).is_empty());
    }
}
