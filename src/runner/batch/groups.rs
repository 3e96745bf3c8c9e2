//! A group of cells in the browser: brings up their opener, lets its page do them all, and waits for what
//! the pages push.
//!
//! Every cell has a deadline of its own, from the first that is heard of it. A cell without an answer is
//! an error; the page is told to go on without it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use fixtures_server::{Entry, Exchange};
use serde_json::{Value, json};

use super::outcome::{CellSeen, Host, Report};
use super::shape::{Act, Embed, Shape};
use super::stage::{Group, Staged};
use super::{Batch, Tell};
use crate::browser::{BrowserError, Session, WindowId};
use crate::runner::error::UnitError;
use crate::runner::flow::{DOCUMENT, frame_selector};
use crate::runner::steps::word;
use crate::scenario::Opening;

/// Between two looks at the driver while nothing comes in: only to notice that it is gone.
const LIFE_SIGN: Duration = Duration::from_millis(250);
/// Between two looks at windows that are about to close.
const LOOK: Duration = Duration::from_millis(5);
/// How long windows may take to close themselves at the end.
const CLOSING: Duration = Duration::from_secs(2);

/// What a page tells of itself when it starts to work for a batch.
const REPORT: &str = "return await window.__coopwright.report()";

/// The windows of a session during a batch.
pub(super) struct Windows<'s> {
    session: &'s Session,
    main: WindowId,
    /// Windows that were there at the end of the last group.
    late: Vec<WindowId>,
}

impl<'s> Windows<'s> {
    pub(super) fn new(session: &'s Session, main: WindowId) -> Self {
        Self { session, main, late: Vec::new() }
    }

    async fn others(&self) -> Result<Vec<WindowId>, BrowserError> {
        let mut windows = self.session.windows().await?;
        windows.retain(|window| *window != self.main);
        Ok(windows)
    }

    /// Closes windows that have outlived a whole group. The last ones of a group may still be closing.
    pub(super) async fn sweep(&mut self) -> Result<(), UnitError> {
        let open = self.others().await?;
        let (old, late): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|window| self.late.contains(window));
        self.late = late;
        self.close(&old).await
    }

    /// Closes all windows but the first, and gives that back.
    pub(super) async fn clear(self) -> Result<WindowId, UnitError> {
        let end = Instant::now() + CLOSING;
        let mut open = self.others().await?;
        while !open.is_empty() && Instant::now() < end {
            tokio::time::sleep(LOOK).await;
            open = self.others().await?;
        }
        self.close(&open).await?;
        self.session.switch_to(&self.main).await?;
        Ok(self.main)
    }

    async fn close(&self, windows: &[WindowId]) -> Result<(), UnitError> {
        for window in windows {
            let closing = async {
                self.session.switch_to(window).await?;
                self.session.close_window().await
            };
            match closing.await {
                Ok(()) | Err(BrowserError::NoWindow { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Runs one group.
pub(super) async fn run(
    batch: &mut Batch<'_>,
    shapes: &[Shape<'_>],
    group: &Group,
    staged: &Staged,
    windows: &mut Windows<'_>,
    limit: Duration,
    tell: &Tell<'_>,
) -> Result<(), UnitError> {
    // Should the opener itself be what the browser dies of, all of its cells were at work.
    batch.at_work = group.cells.iter().copied().collect();
    let first = group.cells[0];
    let mut run = Run {
        shape: &shapes[first],
        first,
        staged,
        windows,
        read: staged.stage.entries(0).len(),
        waiting: group.cells.iter().map(|cell| (*cell, CellSeen::default())).collect(),
        began: HashMap::new(),
        heard: Instant::now(),
        limit,
    };
    let host = match run.bring_up().await {
        Ok(host) => host,
        Err(Refusal::Cells(reason)) => {
            for cell in &group.cells {
                batch.end(*cell, Err(reason.clone()), tell);
            }
            return Ok(());
        }
        Err(Refusal::Session(error)) => return Err(error),
    };
    run.start(&group.cells, shapes).await?;
    batch.at_work.clear();
    while !run.waiting.is_empty() {
        run.absorb(batch);
        run.look_into_frames(batch, shapes).await?;
        for cell in run.complete(shapes) {
            let seen = run.waiting.remove(&cell).unwrap_or_default();
            let unit = &batch.matrix.cells[cell];
            let facts = seen.facts(cell, unit, &shapes[cell], &host, staged);
            batch.end(cell, Ok(facts), tell);
        }
        for (cell, error) in run.overdue(shapes).await? {
            run.waiting.remove(&cell);
            batch.overdue(cell, error, tell);
        }
        if run.waiting.is_empty() {
            break;
        }
        let changed = staged.stage.changed(run.read);
        if tokio::time::timeout(LIFE_SIGN, changed).await.is_err() {
            run.windows.session.windows().await?;
        }
    }
    Ok(())
}

/// Why a group could not begin.
enum Refusal {
    /// Its cells cannot be done, each for this reason.
    Cells(String),
    Session(UnitError),
}

impl<E: Into<UnitError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Session(error.into())
    }
}

struct Run<'r, 's> {
    /// That of the first cell; in a group all have the same opener.
    shape: &'r Shape<'r>,
    first: usize,
    staged: &'r Staged,
    windows: &'r mut Windows<'s>,
    /// How much of the log was read.
    read: usize,
    /// Cells that have not ended.
    waiting: HashMap<usize, CellSeen>,
    /// When each cell was first heard of.
    began: HashMap<usize, Instant>,
    /// When anything was heard last.
    heard: Instant,
    limit: Duration,
}

impl Run<'_, '_> {
    /// Opens the page from which the cells are done, and its frame.
    async fn bring_up(&mut self) -> Result<Host, Refusal> {
        let session = self.windows.session;
        session.switch_to(&self.windows.main).await?;
        if matches!(self.shape.act, Act::Nothing) {
            session.goto(&self.staged.neutral_url()).await?;
            return Ok(Host::default());
        }
        let role = format!("host.{}.0", self.first);
        let url = self.staged.url(self.first, self.shape.main, &role);
        session.goto(&url).await?;
        let main = Report::read(&session.evaluate(REPORT, Vec::new()).await?);
        let Some(frame) = self.shape.frame else { return Ok(Host { main, frame: None }) };
        let given = json!({
            "as": frame.r#as, "allow": frame.allow,
            "url": self.staged.url(self.first, &frame.url, &role),
        });
        self.embed_host(given).await?;
        session.enter_frame(&frame_selector(&frame.r#as)).await?;
        if session.execute(DOCUMENT, Vec::new()).await?.is_null() {
            return Err(Refusal::Cells(format!("the frame `{}` was blocked", frame.r#as)));
        }
        let inside = Report::read(&session.evaluate(REPORT, Vec::new()).await?);
        Ok(Host { main, frame: Some(inside) })
    }

    /// Puts the frame that does the work into the page, and returns once it has come to rest.
    async fn embed_host(&self, given: Value) -> Result<(), UnitError> {
        let session = self.windows.session;
        let frame = |call: &str| format!("await window.__coopwright.{call}(arguments[0])");
        if session.browser().fires_load_for_errors() {
            session.evaluate(&frame("frame"), vec![given]).await?;
            return Ok(());
        }
        let stage = &self.staged.stage;
        let mut read = stage.entries(0).len();
        session.evaluate(&frame("place"), vec![given.clone()]).await?;
        let answered = async {
            loop {
                let entries = stage.entries(read);
                read += entries.len();
                let is_answer = |entry: &Entry| match entry {
                    Entry::Exchange(exchange) => !exchange.is_redirect(),
                    Entry::Push(_) => false,
                };
                if entries.iter().any(is_answer) {
                    return;
                }
                stage.changed(read).await;
            }
        };
        let what = "the frame's document to be answered".to_owned();
        tokio::time::timeout(self.limit, answered)
            .await
            .map_err(|_| UnitError::TimedOut { what, limit: self.limit })?;
        session.evaluate(&frame("rest"), vec![given]).await?;
        Ok(())
    }

    /// Back to the page that does the work, from wherever the driver is.
    async fn enter(&self) -> Result<(), UnitError> {
        let session = self.windows.session;
        session.switch_to(&self.windows.main).await?;
        if let Some(frame) = self.shape.frame {
            session.enter_frame(&frame_selector(&frame.r#as)).await?;
        }
        Ok(())
    }

    /// Hands all cells to the page.
    async fn start(&self, cells: &[usize], shapes: &[Shape<'_>]) -> Result<(), UnitError> {
        let mut given = Vec::new();
        for cell in cells {
            given.push(match &shapes[*cell].act {
                Act::Nothing => {
                    let url = self.staged.url(*cell, shapes[*cell].main, &format!("popup.{cell}"));
                    json!({ "cell": cell, "url": url, "how": word(&Opening::Noopener) })
                }
                Act::Popup(popup) => {
                    let url = self.staged.url(*cell, &popup.url, &format!("popup.{cell}"));
                    json!({ "cell": cell, "url": url, "how": word(&popup.how) })
                }
                Act::Embed(embeds) => {
                    let acts = embeds.iter().map(|embed| self.given(*cell, *embed));
                    json!({ "cell": cell, "acts": acts.collect::<Vec<_>>() })
                }
            });
        }
        let all = if matches!(self.shape.act, Act::Embed(_)) { "actAll" } else { "openAll" };
        let script = format!("window.__coopwright.{all}(arguments[0])");
        self.windows.session.execute(&script, vec![Value::Array(given)]).await?;
        Ok(())
    }

    fn given(&self, cell: usize, embed: Embed<'_>) -> Value {
        let role = if embed.is_frame() { "frame" } else { "act" };
        let silent = !self.windows.session.browser().fires_load_for_errors();
        let url = self.staged.url(cell, embed.url(), &format!("{role}.{cell}"));
        match embed {
            Embed::Frame(step) => json!({
                "do": "frame", "as": step.r#as, "url": url, "silent": silent,
                "sandbox": step.sandbox, "allow": step.allow,
            }),
            Embed::Load(step) if embed.is_frame() => {
                json!({ "do": "frame", "as": step.r#as, "url": url, "silent": silent })
            }
            Embed::Load(step) => json!({
                "do": "load", "as": step.r#as, "url": url,
                "kind": word(&step.kind), "crossorigin": word(&step.crossorigin),
            }),
            Embed::Fetch(step) => json!({
                "do": "fetch", "as": step.r#as, "url": url,
                "method": step.method.as_deref().unwrap_or("GET"),
                "headers": step.headers.lines().unwrap_or_default(),
                "body": step.body,
                "credentials": word(&step.credentials),
                "mode": word(&step.mode),
            }),
        }
    }

    /// Files all that has come in.
    fn absorb(&mut self, batch: &mut Batch<'_>) {
        for entry in self.staged.stage.entries(self.read) {
            self.read += 1;
            self.heard = Instant::now();
            let cell = match &entry {
                Entry::Exchange(exchange) => cell_of(&exchange.page),
                Entry::Push(push) => push.body.get("cell").and_then(Value::as_u64),
            };
            let cell = cell.and_then(|cell| usize::try_from(cell).ok());
            let Some((cell, seen)) =
                cell.and_then(|cell| Some((cell, self.waiting.get_mut(&cell)?)))
            else {
                continue;
            };
            self.began.entry(cell).or_insert_with(Instant::now);
            batch.at_work.insert(cell);
            match entry {
                Entry::Exchange(exchange) => {
                    if let Some(name) = answered_frame(&exchange) {
                        self.staged.stage.tell(&format!("a{cell}.{name}"));
                    }
                    seen.exchanges.push(exchange);
                }
                Entry::Push(push) => seen.take(&push.body),
            }
        }
    }

    /// Decides about frames that came to rest without a word: only the driver sees what is in them.
    async fn look_into_frames(
        &mut self,
        batch: &mut Batch<'_>,
        shapes: &[Shape<'_>],
    ) -> Result<(), UnitError> {
        let unsure: Vec<(usize, String)> = self
            .waiting
            .iter()
            .flat_map(|(cell, seen)| seen.unsure().map(|name| (*cell, name.to_owned())))
            .collect();
        for (cell, name) in unsure {
            debug_assert!(matches!(shapes[cell].act, Act::Embed(_)));
            // While the driver was busy with the others this one may have spoken.
            self.absorb(batch);
            let still = |seen: &CellSeen| seen.unsure().any(|unsure| unsure == name);
            if !self.waiting.get(&cell).is_some_and(still) {
                continue;
            }
            self.enter().await?;
            let session = self.windows.session;
            session.enter_frame(&frame_selector(&format!("{cell}.{name}"))).await?;
            let loaded = !session.execute(DOCUMENT, Vec::new()).await?.is_null();
            if let Some(seen) = self.waiting.get_mut(&cell) {
                seen.decide(&name, loaded);
            }
            if !loaded {
                self.staged.stage.tell(&format!("d{cell}.{name}"));
            }
        }
        Ok(())
    }

    /// The cells of which all is known, in order.
    fn complete(&self, shapes: &[Shape<'_>]) -> Vec<usize> {
        let complete = self.waiting.iter().filter(|(cell, seen)| {
            let missing = seen.missing(&shapes[**cell]);
            // The page of a frame waits for this, so that the frame is still there when it reports.
            for name in seen.reported_late() {
                self.staged.stage.tell(&format!("d{cell}.{name}"));
            }
            missing.is_none()
        });
        let mut cells: Vec<usize> = complete.map(|(cell, _)| *cell).collect();
        cells.sort_unstable();
        cells
    }

    /// The cells whose time is over, each with what is missing. The page goes on without them.
    async fn overdue(&mut self, shapes: &[Shape<'_>]) -> Result<Vec<(usize, String)>, UnitError> {
        let now = Instant::now();
        let silent = now.duration_since(self.heard) > self.limit;
        let is_over = |cell: &usize| {
            silent || self.began.get(cell).is_some_and(|began| now - *began > self.limit)
        };
        let mut cells: Vec<usize> = self.waiting.keys().copied().filter(|c| is_over(c)).collect();
        cells.sort_unstable();
        let mut overdue = Vec::new();
        if !cells.is_empty() {
            self.enter().await?;
        }
        for cell in cells {
            let script = "window.__coopwright.drop(arguments[0])";
            self.windows.session.execute(script, vec![json!(cell)]).await?;
            let what = self.waiting[&cell].missing(&shapes[cell]).unwrap_or_default();
            overdue.push((cell, format!("waited {} s for {what}", self.limit.as_secs_f32())));
        }
        Ok(overdue)
    }
}

/// The cell that a request is about: its address ends in `__coopwright=ROLE.CELL.…`.
fn cell_of(page: &str) -> Option<u64> {
    let (_, role) = page.rsplit_once("__coopwright=")?;
    role.split('.').nth(1)?.parse().ok().filter(|_| !role.starts_with("host"))
}

/// The frame whose document an exchange has brought, by the end of its address.
fn answered_frame(exchange: &Exchange) -> Option<&str> {
    let (_, role) = exchange.page.rsplit_once("__coopwright=frame.")?;
    role.splitn(3, '.').nth(2).filter(|_| !exchange.is_redirect())
}
