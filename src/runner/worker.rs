//! A worker: one browser, one unit or batch of cells after the other, a new browser when the old one
//! is lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fixtures_server::{Server, Stage};
use tokio::sync::{mpsc, oneshot, watch};

use super::batch::{self, Batch};
use super::error::UnitError;
use super::flow::Flow;
use super::ground::{self, Ground, OnLane, Staging};
use super::observer::OBSERVER;
use super::queue::{Queue, Task, Work};
use super::{Options, Wish, reach};
use crate::browser::{ByProxy, Endpoint, Session, Settings, WindowId};
use crate::fact::Facts;
use crate::feature::Feature;
use crate::observation::{Names, Observation};
use crate::proxy::Report;
use crate::scenario::{Matrix, Unit};

/// What a worker tells the owner of the run.
#[derive(Debug)]
pub(super) enum Told {
    Began {
        column: usize,
        index: usize,
    },
    Restarted {
        column: usize,
        reason: String,
    },
    /// The sender of `judged` is dropped once the owner has taken it in: it may want no more.
    Ended {
        column: usize,
        ended: Box<Ended>,
        judged: oneshot::Sender<()>,
    },
    /// Cells of a matrix, by their numbers.
    Cells {
        column: usize,
        index: usize,
        results: Vec<(usize, Result<Facts, String>)>,
    },
}

/// A unit that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) index: usize,
    /// The number of the cell, if the unit is one of a matrix.
    pub(super) cell: Option<usize>,
    pub(super) unit: Arc<Unit>,
    pub(super) result: Result<Observation, String>,
    /// What the browser lacks, if that is why there is no observation.
    pub(super) lacks: Option<Feature>,
    pub(super) duration: Duration,
    pub(super) kept: Kept,
}

/// What is left of a unit besides its result.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Pictures, by name.
    pub(super) screenshots: Vec<(String, Vec<u8>)>,
    /// What its windows showed at its end, if that was wanted.
    pub(super) looks: Vec<(String, Vec<u8>)>,
    /// What was seen of one that could not be tested to its end.
    pub(super) evidence: Option<Observation>,
    /// The browser's reports.
    pub(super) reports: Vec<Report>,
    /// Masks what must not be shown.
    names: Names,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Worker {
    /// The number of its browser in the run.
    pub(super) column: usize,
    pub(super) endpoint: Endpoint,
    pub(super) session: Option<Session>,
    /// The lane that the browser is on.
    pub(super) lane: Option<Arc<OnLane>>,
    /// The session of scenarios for which the browser is kept.
    pub(super) shared: Option<String>,
    pub(super) server: Arc<Server>,
    pub(super) options: Options,
    pub(super) queue: Queue,
    pub(super) wish: watch::Receiver<Wish>,
    pub(super) tell: mpsc::UnboundedSender<Told>,
}

impl Worker {
    /// Takes work until there is none or the run is to stop; then ends its browser.
    pub(super) async fn work(mut self) {
        let mut main = None;
        let mut wish = self.wish.clone();
        loop {
            let work = tokio::select! {
                biased;
                _ = wish.wait_for(|wish| *wish == Wish::Stop) => break,
                work = self.queue.next() => work,
            };
            let Some(work) = work else { break };
            // A session that is begun again begins without what it had.
            self.shared = None;
            for Work { index, task } in work {
                if *self.wish.borrow() == Wish::Stop || self.queue.is_stopped() {
                    break;
                }
                let _ = self.tell.send(Told::Began { column: self.column, index });
                match task {
                    Task::Unit(unit, cell) => self.one(index, unit, cell, &mut main).await,
                    Task::Cells(matrix, cells) => {
                        self.cells(index, &matrix, cells, &mut main).await;
                    }
                }
            }
        }
        if let Some(session) = self.session.take() {
            session.end().await;
        }
    }

    async fn one(
        &mut self,
        index: usize,
        unit: Arc<Unit>,
        cell: Option<usize>,
        main: &mut Option<WindowId>,
    ) {
        let began = Instant::now();
        let mut kept = Kept::default();
        let mut result = self.unit(&unit, main, &mut kept).await;
        if let Err(error @ UnitError::PageLost { .. }) = &result {
            // Nothing was learnt about the pages: another browser may show them.
            let (column, reason) = (self.column, error.to_string());
            let _ = self.tell.send(Told::Restarted { column, reason });
            *main = None;
            self.lose().await;
            kept = Kept::default();
            result = self.unit(&unit, main, &mut kept).await;
        }
        let lost = result.as_ref().err().is_some_and(UnitError::loses_session);
        let ended = Ended {
            index,
            cell,
            unit,
            lacks: result.as_ref().err().and_then(UnitError::lacks),
            result: result.map_err(|error| kept.names.masked(&self.with_log(&error))),
            duration: began.elapsed(),
            kept,
        };
        let (judged, judgement) = oneshot::channel();
        let _ = self.tell.send(Told::Ended { column: self.column, ended: Box::new(ended), judged });
        if lost {
            *main = None;
            self.lose().await;
        }
        let _ = judgement.await;
    }

    /// Cells of a matrix. Those that were at work when the browser was lost are tried once more in a
    /// new one.
    async fn cells(
        &mut self,
        index: usize,
        matrix: &Matrix,
        cells: Vec<usize>,
        main: &mut Option<WindowId>,
    ) {
        let mut batch = Batch::new(matrix, cells);
        let tell = self.tell.clone();
        let column = self.column;
        let told = |results| drop(tell.send(Told::Cells { column, index, results }));
        while !batch.is_done() {
            let result = self.batch(&mut batch, main, &told).await;
            let Err(error) = result else { continue };
            if matches!(error, UnitError::Interrupted) {
                batch.give_up(&error.to_string(), &told);
                *main = None;
                self.lose().await;
                return;
            }
            let reason = self.with_log(&error);
            *main = None;
            self.lose().await;
            batch.lost(&reason, &told);
            let _ = self.tell.send(Told::Restarted { column, reason });
        }
    }

    async fn batch(
        &mut self,
        batch: &mut Batch<'_>,
        main: &mut Option<WindowId>,
        told: &batch::Tell<'_>,
    ) -> Result<(), UnitError> {
        let window = self.ready(main).await?;
        let session = self.session.as_ref().expect("it was just made sure of");
        let mut wish = self.wish.clone();
        let limit = self.options.unit_limit;
        *main = Some(tokio::select! {
            result = batch.run(session, &self.server, window, limit, told) => result?,
            _ = wish.wait_for(|wish| *wish == Wish::Stop) => return Err(UnitError::Interrupted),
        });
        Ok(())
    }

    /// Makes sure of a browser that lives, and gives its first window.
    async fn ready(&mut self, main: &mut Option<WindowId>) -> Result<WindowId, UnitError> {
        if self.lane.is_some() || self.session.as_mut().is_none_or(|session| !session.is_alive()) {
            self.restart().await?;
            *main = None;
        }
        self.first(main).await
    }

    /// Makes sure of a browser on a lane: a new one, unless the unit shares it with the one before.
    async fn ready_on_lane(
        &mut self,
        unit: &Unit,
        stage: &Stage,
        staging: &Staging,
        main: &mut Option<WindowId>,
    ) -> Result<WindowId, UnitError> {
        let alive = self.session.as_mut().is_some_and(Session::is_alive);
        // Pages of ours have an origin of their own in each unit, to which the lane leads.
        let is_elsewhere = unit.plan.pages.is_empty();
        let shares = is_elsewhere
            && unit.session.is_some()
            && unit.session == self.shared
            && self.lane.is_some();
        if !(alive && shares) {
            *main = None;
            if let Some(session) = self.session.take() {
                session.end().await;
            }
            let on = ground::lane_for(staging, unit, stage, &self.server).await?;
            let by = ByProxy { port: on.lane.port(), authority: staging.proxy.fingerprint() };
            let settings = Settings { proxy: Some(by), ..self.options.settings };
            self.lane = Some(Arc::new(on));
            self.shared.clone_from(&unit.session);
            let session = self.session.insert(Session::start(&self.endpoint, &settings).await?);
            session.watch(OBSERVER).await?;
        }
        self.first(main).await
    }

    async fn first(&self, main: &mut Option<WindowId>) -> Result<WindowId, UnitError> {
        match main.take() {
            Some(window) => Ok(window),
            None => {
                let session = self.session.as_ref().expect("it was just made sure of");
                first_window(session).await
            }
        }
    }

    /// Gives the browser up.
    async fn lose(&mut self) {
        if let Some(session) = self.session.take() {
            session.end().await;
        }
        self.lane = None;
        self.shared = None;
    }

    /// The error, with the driver's last words where the driver itself is the matter.
    fn with_log(&self, error: &UnitError) -> String {
        match &self.session {
            Some(session) if error.is_gone() && !session.log().is_empty() => {
                let log = session.log();
                let last: Vec<&str> = log.lines().rev().take(3).collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                format!("{error}\nthe driver said last:\n{}", last.join("\n"))
            }
            _ => error.to_string(),
        }
    }

    async fn unit(
        &mut self,
        unit: &Unit,
        main: &mut Option<WindowId>,
        kept: &mut Kept,
    ) -> Result<Observation, UnitError> {
        if let Some(site) = unit.unplaced().next() {
            return Err(UnitError::Unplaced { site: site.to_owned() });
        }
        let stage = self.server.stage(unit.plan.clone())?;
        let staging = self.options.staging.clone();
        let staging = staging.filter(|staging| unit.needs_proxy() || staging.acts_everywhere());
        let mut wish = self.wish.clone();
        let starting = async {
            match &staging {
                Some(staging) => self.ready_on_lane(unit, &stage, staging, main).await,
                None => self.ready(main).await,
            }
        };
        let window = tokio::select! {
            window = starting => window?,
            _ = wish.wait_for(|wish| *wish == Wish::Stop) => return Err(UnitError::Interrupted),
        };
        let session = self.session.as_ref().expect("it was just made sure of");
        let limit = self.options.unit_limit;
        let ground = Ground::new(stage, unit, self.lane.clone());
        let mut flow =
            Flow::new(unit, session, ground, window.clone(), limit, self.options.variable);
        flow.looks = self.options.looks;
        let result = tokio::select! {
            result = flow.perform() => result,
            _ = wish.wait_for(|wish| *wish == Wish::Stop) => Err(UnitError::Interrupted),
        };
        if result.is_err() {
            kept.evidence = Some(flow.evidence());
        }
        tokio::select! {
            () = flow.look_at_the_end(&result) => {}
            _ = wish.wait_for(|wish| *wish == Wish::Stop) => {}
        }
        kept.looks.append(&mut flow.pictures);
        kept.screenshots.append(&mut flow.screenshots);
        kept.reports.append(&mut flow.watched.reports);
        kept.names.clone_from(&flow.names);
        let keep = !result.as_ref().err().is_some_and(UnitError::loses_session);
        if keep {
            match flow.clear(&window).await {
                Ok(window) => *main = Some(window),
                // The unit has its answer; the browser that could not be cleared is replaced.
                Err(error) => {
                    let _ = self
                        .tell
                        .send(Told::Restarted { column: self.column, reason: error.to_string() });
                    self.lose().await;
                }
            }
        }
        result
    }

    async fn restart(&mut self) -> Result<(), UnitError> {
        self.lose().await;
        self.session = Some(reach::start(&self.endpoint, &self.options, &self.server).await?);
        Ok(())
    }
}

pub(super) async fn first_window(session: &Session) -> Result<WindowId, UnitError> {
    let windows = session.windows().await?;
    windows.into_iter().next().ok_or(UnitError::WindowGone { window: "main".to_owned() })
}
