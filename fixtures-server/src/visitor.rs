//! A visitor: somebody's own browser, which no driver drives. Its documents come and ask what to do, and say
//! what came of it; so a program can look into them, as a driver would.
//!
//! A document always has one request waiting here, which ends with it at the latest. Documents do not know in which window
//! they are, so that is told from the order of things: a page says so before it opens a popup, and any other
//! document that comes takes the place of one that goes.
//! Pure state and waiting; `respond.rs` has the requests, `visitor.js` the other end.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

/// How long a document may take to come after its response, and to go when its successor is there.
/// Only what went wrong takes as long.
const GRACE: Duration = Duration::from_secs(10);
/// How long the word that a document goes may take to come, where somebody has clicked in it.
const LEAVING: Duration = Duration::from_secs(1);
/// How long a request for something to do is held.
const HELD: Duration = Duration::from_secs(20);

/// A browser that visits the stages of a server; see [`Server::visitor`](crate::Server::visitor).
#[derive(Debug, Clone, Default)]
pub struct Visitor(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    documents: HashMap<u64, Document>,
    windows: Vec<Window>,
    /// Documents of windows that were sent and have not come yet.
    sent: Vec<(u64, Instant)>,
    /// The document in which the visitor has clicked last.
    clicked: Option<u64>,
    /// Popups that are being opened.
    opening: Vec<Instant>,
    /// Where documents that come now go once their stage is taken off; without it they stay there.
    home: Option<String>,
}

#[derive(Debug, Default)]
struct Document {
    page: String,
    commands: VecDeque<(u64, Value)>,
    answers: HashMap<u64, Value>,
    /// What it wants the visitor to do.
    wish: Option<String>,
    /// Where it goes once its stage is taken off.
    home: Option<String>,
    /// It has come, and if it is no frame's, has a window.
    arrived: bool,
    /// It is not there any more; one that is restored from history comes again.
    left: bool,
    /// Since when no request of it waits: what it was told last may never have arrived.
    silent_since: Option<Instant>,
}

#[derive(Debug)]
struct Window {
    name: u64,
    /// The document that it shows; none while one goes and the next comes.
    shows: Option<u64>,
    /// Since when it is on its way home.
    returns: Option<Instant>,
}

/// What a page asks the visitor to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The page, as `site:/path`.
    pub page: String,
    /// What is to be clicked, as the page shows it.
    pub what: String,
}

/// What a document is told that asks what to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// This.
    Command { number: u64, command: Value },
    /// Nothing at the moment: it is to ask again.
    Nothing,
    /// It is all over; perhaps it is to go somewhere.
    Over(Option<String>),
}

/// The document has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the document has gone")]
pub struct Gone;

impl Visitor {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.0.changes.send_modify(|count| *count += 1);
        changed
    }

    /// Waits until `ready` gives something, but not longer than `limit`.
    async fn until<T>(
        &self,
        limit: Duration,
        mut ready: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.0.changes.subscribe();
        let waiting = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = ready(&mut self.lock()) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        tokio::time::timeout(limit, waiting).await.ok().flatten()
    }

    /// The windows that are there, by number, in the order in which they came.
    ///
    /// A document that is on its way may be a window's first or its last word, so it is waited for.
    pub async fn windows(&self) -> Vec<u64> {
        let arrived = |state: &mut State| {
            state.forget();
            state.sent.is_empty().then_some(())
        };
        self.until(GRACE, arrived).await;
        let mut state = self.lock();
        state.forget();
        state.windows.iter().map(|window| window.name).collect()
    }

    /// The document that a window shows; nothing if it is not there. Waits for one that is on its way.
    pub async fn document(&self, window: u64) -> Option<u64> {
        let shown = self.until(GRACE, |state| {
            state.forget();
            match state.windows.iter().find(|known| known.name == window) {
                None => Some(None),
                Some(known) => known.shows.map(Some),
            }
        });
        shown.await.flatten()
    }

    /// Waits for another document than `before` in a window.
    pub async fn next_document(
        &self,
        window: u64,
        before: Option<u64>,
        limit: Duration,
    ) -> Option<u64> {
        let shown = |state: &mut State| {
            let known = state.windows.iter().find(|known| known.name == window)?;
            known.shows.filter(|shows| Some(*shows) != before)
        };
        self.until(limit, shown).await
    }

    /// Waits for the first window.
    pub async fn arrives(&self, limit: Duration) -> Option<u64> {
        self.until(limit, |state| state.windows.first().map(|window| window.name)).await
    }

    /// Lets a document do something, and gives what it says of it.
    ///
    /// # Errors
    /// When it leaves before it has answered.
    pub async fn ask(&self, document: u64, command: Value, limit: Duration) -> Result<Value, Gone> {
        let number = self.change(|state| {
            let number = state.number();
            let known = state.documents.get_mut(&document).filter(|known| !known.left)?;
            known.commands.push_back((number, command));
            Some(number)
        });
        let number = number.ok_or(Gone)?;
        let end = Instant::now() + limit;
        while Instant::now() < end {
            if let Some(answer) = self.answer(document, number).await {
                return answer;
            }
        }
        Err(Gone)
    }

    /// The answer to a command; `None`: not yet. That a document is silent is no change, so it is looked for.
    async fn answer(&self, document: u64, number: u64) -> Option<Result<Value, Gone>> {
        self.until(GRACE, |state| {
            let Some(known) = state.documents.get_mut(&document) else { return Some(Err(Gone)) };
            match known.answers.remove(&number) {
                Some(answer) => Some(Ok(answer)),
                None if known.is_gone() => Some(Err(Gone)),
                None => None,
            }
        })
        .await
    }

    /// What pages ask the visitor to do at the moment.
    #[must_use]
    pub fn wish(&self) -> Option<Wish> {
        let state = self.lock();
        let mut wishing = state.documents.values().filter(|document| !document.is_gone());
        wishing.find_map(|document| {
            let what = document.wish.clone()?;
            Some(Wish { page: document.page.clone(), what })
        })
    }

    /// Resolves once something has changed since `seen`; gives the new count of changes.
    pub async fn changed(&self, seen: u64) -> u64 {
        let mut changes = self.0.changes.subscribe();
        match changes.wait_for(|count| *count > seen).await {
            Ok(count) => *count,
            Err(_) => seen,
        }
    }

    /// The window is led elsewhere: what comes next is its own.
    pub fn leads_away(&self, window: u64) {
        self.change(|state| {
            for known in state.windows.iter_mut().filter(|known| known.name == window) {
                (known.shows, known.returns) = (None, Some(Instant::now()));
            }
        });
    }

    /// Where documents that come from now on go once their stage is taken off; `None`: they stay.
    pub fn set_home(&self, url: Option<String>) {
        self.change(|state| state.home = url);
    }

    /// The stage of a document is taken off: where it goes.
    fn goes_home(&self, document: u64) -> Option<String> {
        self.change(|state| {
            let home = state.documents.get(&document).and_then(|known| known.home.clone());
            for window in state.windows.iter_mut().filter(|known| known.shows == Some(document)) {
                window.shows = None;
                window.returns = home.is_some().then(Instant::now);
            }
            home
        })
    }

    /// A document is on its way; gives its number. A frame's may be blocked, and is not waited for.
    pub(crate) fn send(&self, page: &str, framed: bool) -> u64 {
        self.change(|state| {
            let number = state.number();
            let (page, home) = (page.to_owned(), state.home.clone());
            let document = Document { page, home, ..Document::default() };
            state.documents.insert(number, document);
            if !framed {
                state.sent.push((number, Instant::now()));
            }
            number
        })
    }

    /// A document says what came of a command.
    pub(crate) fn answers(&self, document: u64, number: u64, answer: Value) {
        self.change(|state| {
            if let Some(known) = state.documents.get_mut(&document) {
                known.answers.insert(number, answer);
            }
        });
    }

    /// A document asks what to do. Should the future be dropped before there is something, it has gone.
    /// `ended` resolves when its stage is taken off.
    pub(crate) async fn next(
        &self,
        document: u64,
        framed: bool,
        ended: impl Future<Output = ()>,
    ) -> Next {
        let comes = self.change(|state| {
            let known = state.documents.get_mut(&document)?;
            known.silent_since = None;
            let comes = known.left || !known.arrived;
            (known.left, known.arrived) = (false, true);
            Some(comes)
        });
        let Some(comes) = comes else { return Next::Over(None) };
        let mut asking = Asking { visitor: self.clone(), document, told: false };
        if comes && !framed {
            self.place(document).await;
        }
        if comes {
            self.change(|state| state.sent.retain(|(sent, _)| *sent != document));
        }
        let told = self.until(HELD, |state| {
            let known = state.documents.get_mut(&document)?;
            known.commands.pop_front()
        });
        let next = tokio::select! {
            told = told => told.map_or(Next::Nothing, |(number, command)| Next::Command { number, command }),
            () = ended => Next::Over(self.goes_home(document)),
        };
        asking.told = true;
        next
    }

    /// Finds the window of a document that has come.
    async fn place(&self, document: u64) {
        let at_once = self.change(|state| {
            state.opening.retain(|begun| begun.elapsed() < GRACE);
            if !state.opening.is_empty() || state.windows.is_empty() {
                if !state.opening.is_empty() {
                    state.opening.remove(0);
                }
                state.add_window(document);
                return true;
            }
            false
        });
        if at_once {
            return;
        }
        // It takes the place of one that leaves, in one process or another: the word of that may come later.
        let free = |state: &mut State| {
            let free = state.windows.iter_mut().find(|window| window.shows.is_none())?;
            (free.shows, free.returns) = (Some(document), None);
            Some(())
        };
        // Not every browser gives that word.
        let clicked = |state: &mut State| {
            let clicked = state.clicked.take()?;
            let window = state.windows.iter_mut().find(|window| window.shows == Some(clicked))?;
            window.shows = Some(document);
            Some(())
        };
        if self.until(LEAVING, free).await.is_some() || self.change(clicked).is_some() {
            return;
        }
        if self.until(GRACE, free).await.is_none() {
            self.change(|state| state.add_window(document));
        }
    }

    /// A document has left its window.
    pub(crate) fn left(&self, document: u64) {
        self.change(|state| {
            if let Some(known) = state.documents.get_mut(&document) {
                known.left = true;
                known.wish = None;
            }
            for window in &mut state.windows {
                if window.shows == Some(document) {
                    window.shows = None;
                }
            }
        });
    }

    /// A page is about to open a popup.
    pub(crate) fn opens(&self) {
        self.change(|state| state.opening.push(Instant::now()));
    }

    /// No page of ours will come in the popup that was opened last.
    pub(crate) fn strands(&self) {
        self.change(|state| {
            state.opening.pop();
        });
    }

    /// A page asks the visitor to do something, or does so no more.
    pub(crate) fn wishes(&self, document: u64, wish: Option<String>) {
        self.change(|state| {
            if let Some(known) = state.documents.get_mut(&document) {
                if wish.is_none() && known.wish.is_some() {
                    state.clicked = Some(document);
                }
                known.wish = wish;
            }
        });
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn add_window(&mut self, document: u64) {
        let name = self.number();
        self.windows.push(Window { name, shows: Some(document), returns: None });
    }

    /// Windows whose document has gone and for which no other is on its way are closed.
    fn forget(&mut self) {
        self.sent.retain(|(_, at)| at.elapsed() < GRACE);
        let is_gone = |document: &u64| self.documents.get(document).is_none_or(Document::is_gone);
        let on_the_way = !self.sent.is_empty();
        self.windows.retain_mut(|window| {
            window.shows = window.shows.filter(|shows| !is_gone(shows));
            let returns = window.returns.is_some_and(|since| since.elapsed() < GRACE);
            window.shows.is_some() || on_the_way || returns
        });
    }
}

impl Document {
    fn is_gone(&self) -> bool {
        self.left || self.silent_since.is_some_and(|since| since.elapsed() > GRACE)
    }
}

/// A request that waits; the browser may give it up, with the document.
struct Asking {
    visitor: Visitor,
    document: u64,
    told: bool,
}

impl Drop for Asking {
    fn drop(&mut self) {
        if self.told {
            self.visitor.change(|state| {
                if let Some(known) = state.documents.get_mut(&self.document) {
                    known.silent_since = Some(Instant::now());
                }
            });
        } else {
            self.visitor.left(self.document);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// A document comes and waits for something to do.
    fn comes(visitor: &Visitor, page: &str) -> (u64, tokio::task::JoinHandle<Next>) {
        let document = visitor.send(page, false);
        let visitor = visitor.clone();
        (
            document,
            tokio::spawn(
                async move { visitor.next(document, false, std::future::pending()).await },
            ),
        )
    }

    #[tokio::test]
    async fn a_document_takes_the_place_of_the_one_that_left() {
        let visitor = Visitor::default();
        let (first, _asking) = comes(&visitor, "app:/");
        let main = visitor.arrives(SOON).await.unwrap();
        assert_eq!(visitor.document(main).await, Some(first));
        visitor.opens();
        let (popup, _asking) = comes(&visitor, "auth:/");
        visitor.until(SOON, |state| (state.windows.len() == 2).then_some(())).await.unwrap();
        let second = visitor.windows().await[1];
        // The next one of the popup comes before the word that the old one leaves.
        let (callback, _asking) = comes(&visitor, "app:/callback");
        tokio::task::yield_now().await;
        visitor.left(popup);
        assert_eq!(visitor.next_document(second, Some(popup), SOON).await, Some(callback));
        assert_eq!(visitor.document(main).await, Some(first));
        // Nothing is on its way: this one is closed.
        visitor.left(callback);
        assert_eq!(visitor.windows().await, [main]);
    }

    #[tokio::test]
    async fn what_a_document_is_told_it_answers() {
        let visitor = Visitor::default();
        let (document, asking) = comes(&visitor, "app:/");
        let asked = visitor.ask(document, json!({ "do": "script" }), SOON);
        let answers = async {
            let Next::Command { number, command } = asking.await.unwrap() else {
                panic!("no command");
            };
            assert_eq!(command, json!({ "do": "script" }));
            visitor.answers(document, number, json!(7));
        };
        let (answer, ()) = tokio::join!(asked, answers);
        assert_eq!(answer, Ok(json!(7)));
    }

    #[tokio::test]
    async fn one_that_leaves_answers_no_more() {
        let visitor = Visitor::default();
        let (document, _asking) = comes(&visitor, "app:/");
        visitor.arrives(SOON).await.unwrap();
        let asked = visitor.ask(document, json!({}), SOON);
        let leaves = async { visitor.left(document) };
        let (answer, ()) = tokio::join!(asked, leaves);
        assert_eq!(answer, Err(Gone));
        assert_eq!(visitor.ask(document, json!({}), SOON).await, Err(Gone));
    }
}
