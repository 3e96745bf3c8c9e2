//! A worker: one browser, one unit or batch of cells after the other, a new browser when the old one
//! is lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fixtures_server::Server;
use tokio::sync::{mpsc, oneshot, watch};

use super::batch::{self, Batch};
use super::error::UnitError;
use super::flow::Flow;
use super::queue::{Queue, Task, Work};
use super::{Options, Wish, reach};
use crate::browser::{Endpoint, Session, WindowId};
use crate::fact::Facts;
use crate::feature::Feature;
use crate::observation::Observation;
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
    pub(super) screenshots: Vec<(String, Vec<u8>)>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Worker {
    /// The number of its browser in the run.
    pub(super) column: usize,
    pub(super) endpoint: Endpoint,
    pub(super) session: Option<Session>,
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
        while *self.wish.borrow() == Wish::Run {
            let Some(Work { index, task }) = self.queue.next() else { break };
            let _ = self.tell.send(Told::Began { column: self.column, index });
            match task {
                Task::Unit(unit, cell) => self.one(index, unit, cell, &mut main).await,
                Task::Cells(matrix, cells) => self.cells(index, &matrix, cells, &mut main).await,
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
        let mut screenshots = Vec::new();
        let mut result = self.unit(&unit, main, &mut screenshots).await;
        if let Err(error @ UnitError::PageLost { .. }) = &result {
            // Nothing was learnt about the pages: another browser may show them.
            let (column, reason) = (self.column, error.to_string());
            let _ = self.tell.send(Told::Restarted { column, reason });
            *main = None;
            self.lose().await;
            screenshots.clear();
            result = self.unit(&unit, main, &mut screenshots).await;
        }
        let lost = result.as_ref().err().is_some_and(UnitError::loses_session);
        let ended = Ended {
            index,
            cell,
            unit,
            lacks: result.as_ref().err().and_then(UnitError::lacks),
            result: result.map_err(|error| self.with_log(&error)),
            duration: began.elapsed(),
            screenshots,
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
        if self.session.as_mut().is_none_or(|session| !session.is_alive()) {
            self.restart().await?;
            *main = None;
        }
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
            session.kill().await;
        }
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
        screenshots: &mut Vec<(String, Vec<u8>)>,
    ) -> Result<Observation, UnitError> {
        let window = self.ready(main).await?;
        let session = self.session.as_ref().expect("it was just made sure of");
        let stage = self.server.stage(unit.plan.clone())?;
        let limit = self.options.unit_limit;
        let mut flow =
            Flow::new(unit, session, stage, window.clone(), limit, self.options.variable);
        let mut wish = self.wish.clone();
        let result = tokio::select! {
            result = flow.perform() => result,
            _ = wish.wait_for(|wish| *wish == Wish::Stop) => Err(UnitError::Interrupted),
        };
        screenshots.append(&mut flow.screenshots);
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
