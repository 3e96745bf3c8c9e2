//! A visitor: somebody's own browser, which no driver drives. Its documents come and ask what to do, and say
//! what came of it; so a program can look into them, as a driver would.
//!
//! A document has one request here as long as it lives, whose answer is what it is to do. Documents do not know in which window
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
/// How long the word that a document goes may take to come, and its successor where there is no such word.
const LEAVING: Duration = Duration::from_secs(1);
/// How long the last word of a document may take.
const LAST_WORD: Duration = Duration::from_millis(500);
/// Time is no change of the state, so that is looked at as often.
const TICK: Duration = Duration::from_millis(200);

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
    /// When a document has come, left or asked the visitor for something last.
    happened: Option<Instant>,
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
    /// Since when it is not there any more; one that is restored from history comes again. Firefox gives up its
    /// request as soon as the window is led elsewhere.
    gone_since: Option<Instant>,
    /// It has said that it leaves, so what comes in its place has been sent already.
    leaves: bool,
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

/// What a document is told.
#[derive(Debug, PartialEq)]
pub(crate) enum Told {
    /// To do this.
    Command { number: u64, command: Value },
    /// That it is all over; perhaps it is to go somewhere.
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
                if let Ok(Err(_)) = tokio::time::timeout(TICK, changes.changed()).await {
                    return None;
                }
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
                Some(known) => known.shows.filter(|shows| !state.is_gone(*shows)).map(Some),
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

    /// Lets a document do something, which it may not live to answer; gives the number of the command, nothing
    /// when it has gone.
    pub fn tell(&self, document: u64, command: Value) -> Option<u64> {
        self.change(|state| {
            let number = state.number();
            let known = state.documents.get_mut(&document).filter(|known| !known.is_gone())?;
            known.commands.push_back((number, command));
            Some(number)
        })
    }

    /// Lets a document do something, and gives what it says of it.
    ///
    /// # Errors
    /// When it leaves before it has answered.
    pub async fn ask(&self, document: u64, command: Value, limit: Duration) -> Result<Value, Gone> {
        let number = self.tell(document, command).ok_or(Gone)?;
        let answered = self.until(limit, |state| {
            let Some(known) = state.documents.get_mut(&document) else { return Some(Err(Gone)) };
            match known.answers.remove(&number) {
                Some(answer) => Some(Ok(answer)),
                // Its last word may be on its way.
                None if known.gone_since?.elapsed() > LAST_WORD => Some(Err(Gone)),
                None => None,
            }
        });
        answered.await.unwrap_or(Err(Gone))
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

    /// Waits until a window is closed; tells whether it is.
    pub async fn is_closed(&self, window: u64, limit: Duration) -> bool {
        let closed = self.until(limit, |state| {
            state.forget();
            state.windows.iter().all(|known| known.name != window).then_some(())
        });
        closed.await.is_some()
    }

    /// Resolves when nothing has happened in its windows for so long, and nobody is asked to do anything.
    pub async fn rests(&self, limit: Duration) {
        let rests = |state: &mut State| {
            let asks =
                state.documents.values().any(|known| known.wish.is_some() && !known.is_gone());
            let since = state.happened.filter(|_| !asks && !state.windows.is_empty())?;
            (since.elapsed() > limit).then_some(())
        };
        self.until(Duration::MAX, rests).await;
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

    /// A document comes, and listens from now on.
    pub(crate) async fn comes(&self, document: u64, framed: bool) -> Option<Listening> {
        let has_place = self.change(|state| {
            let known = state.documents.get_mut(&document)?;
            (known.gone_since, known.leaves) = (None, false);
            state.happened = Some(Instant::now());
            Some(state.windows.iter().any(|window| window.shows == Some(document)))
        })?;
        let listening = Listening { visitor: self.clone(), document };
        if !framed && !has_place {
            self.place(document).await;
        }
        self.change(|state| state.sent.retain(|(sent, _)| *sent != document));
        Some(listening)
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
            let free = state
                .windows
                .iter()
                .position(|window| window.shows.is_none_or(|shows| state.is_gone(shows)))?;
            let free = &mut state.windows[free];
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
                known.goes();
                known.leaves = true;
                known.wish = None;
                state.happened = Some(Instant::now());
            }
            for window in &mut state.windows {
                if window.shows == Some(document) {
                    window.shows = None;
                }
            }
        });
    }

    /// A page closes its window.
    pub(crate) fn closes(&self, document: u64) {
        self.change(|state| {
            if let Some(known) = state.documents.get_mut(&document) {
                known.leaves = true;
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
                state.happened = Some(Instant::now());
            }
        });
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn is_gone(&self, document: u64) -> bool {
        self.documents.get(&document).is_none_or(Document::is_gone)
    }

    fn add_window(&mut self, document: u64) {
        let name = self.number();
        self.windows.push(Window { name, shows: Some(document), returns: None });
    }

    /// Windows whose document has gone and for which no other is on its way are closed.
    fn forget(&mut self) {
        self.sent.retain(|(_, at)| at.elapsed() < GRACE);
        let on_the_way = !self.sent.is_empty();
        let stays = |document: &u64| {
            let known = self.documents.get(document);
            known.is_some_and(|known| !known.is_gone() || known.may_be_led_away())
        };
        self.windows.retain_mut(|window| {
            window.shows = window.shows.filter(stays);
            let returns = window.returns.is_some_and(|since| since.elapsed() < GRACE);
            window.shows.is_some() || on_the_way || returns
        });
    }
}

impl Document {
    fn goes(&mut self) {
        self.gone_since.get_or_insert_with(Instant::now);
    }

    fn is_gone(&self) -> bool {
        self.gone_since.is_some()
    }

    /// It cannot be asked any more, but its window may be there still.
    fn may_be_led_away(&self) -> bool {
        !self.leaves && self.gone_since.is_some_and(|since| since.elapsed() < LEAVING)
    }
}

/// A document that listens. When it is dropped, the browser has given it up: it has gone, or is about to.
#[derive(Debug)]
pub(crate) struct Listening {
    visitor: Visitor,
    document: u64,
}

impl Listening {
    /// What it is told next; `ended` resolves when its stage is taken off.
    pub(crate) async fn next(&self, ended: impl Future<Output = ()>) -> Told {
        let command = self.visitor.until(Duration::MAX, |state| {
            state.documents.get_mut(&self.document)?.commands.pop_front()
        });
        tokio::select! {
            Some((number, command)) = command => Told::Command { number, command },
            () = ended => Told::Over(self.visitor.goes_home(self.document)),
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.visitor.change(|state| {
            if let Some(known) = state.documents.get_mut(&self.document) {
                known.goes();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// A document comes and listens.
    async fn comes(visitor: &Visitor, page: &str) -> (u64, Listening) {
        let document = visitor.send(page, false);
        (document, visitor.comes(document, false).await.unwrap())
    }

    #[tokio::test]
    async fn a_document_takes_the_place_of_the_one_that_left() {
        let visitor = Visitor::default();
        let (first, _listening) = comes(&visitor, "app:/").await;
        let main = visitor.arrives(SOON).await.unwrap();
        assert_eq!(visitor.document(main).await, Some(first));
        visitor.opens();
        let (popup, listening) = comes(&visitor, "auth:/").await;
        let second = visitor.windows().await[1];
        // The next one of the popup comes before the word that the old one leaves.
        let leaves = async {
            tokio::task::yield_now().await;
            drop(listening);
        };
        let ((callback, _listening), ()) = tokio::join!(comes(&visitor, "app:/callback"), leaves);
        assert_eq!(visitor.next_document(second, Some(popup), SOON).await, Some(callback));
        assert_eq!(visitor.document(main).await, Some(first));
        // Nothing is on its way: this one is closed.
        visitor.left(callback);
        assert_eq!(visitor.windows().await, [main]);
    }

    #[tokio::test]
    async fn what_a_document_is_told_it_answers() {
        let visitor = Visitor::default();
        let (document, listening) = comes(&visitor, "app:/").await;
        let asked = visitor.ask(document, json!({ "do": "script" }), SOON);
        let answers = async {
            let Told::Command { number, command } = listening.next(std::future::pending()).await
            else {
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
        let (document, _listening) = comes(&visitor, "app:/").await;
        let asked = visitor.ask(document, json!({}), SOON);
        let leaves = async { visitor.left(document) };
        let (answer, ()) = tokio::join!(asked, leaves);
        assert_eq!(answer, Err(Gone));
        assert_eq!(visitor.ask(document, json!({}), SOON).await, Err(Gone));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_given_up_may_be_led_away() {
        let visitor = Visitor::default();
        let (first, listening) = comes(&visitor, "app:/").await;
        drop(listening);
        assert_eq!(visitor.ask(first, json!({}), SOON).await, Err(Gone));
        let main = visitor.windows().await;
        assert_eq!(main.len(), 1);
        let (second, _listening) = comes(&visitor, "app:/next").await;
        assert_eq!(visitor.document(main[0]).await, Some(second));
        assert_eq!(visitor.windows().await, main);
    }
}
