//! A worker: one browser, one unit after the other, a new browser when the old one is lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fixtures_server::Server;
use tokio::sync::{mpsc, oneshot, watch};

use super::error::UnitError;
use super::flow::Flow;
use super::{Options, Queue, Wish, lock};
use crate::browser::{BrowserError, Session, WindowId};
use crate::observation::Observation;
use crate::scenario::Unit;

/// What a worker tells the owner of the run.
#[derive(Debug)]
pub(super) enum Told {
    Began {
        index: usize,
    },
    Restarted {
        reason: String,
    },
    /// The owner answers once it has judged the unit: it may want no more.
    Ended(Box<Ended>, oneshot::Sender<()>),
}

/// A unit that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) index: usize,
    pub(super) unit: Arc<Unit>,
    pub(super) result: Result<Observation, String>,
    pub(super) duration: Duration,
    pub(super) screenshots: Vec<(String, Vec<u8>)>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) session: Option<Session>,
    pub(super) server: Arc<Server>,
    pub(super) options: Options,
    pub(super) queue: Queue,
    pub(super) wish: watch::Receiver<Wish>,
    pub(super) tell: mpsc::UnboundedSender<Told>,
}

impl Worker {
    /// Takes units until there are none or the run is to stop; then ends its browser.
    pub(super) async fn work(mut self) {
        let mut main = None;
        while *self.wish.borrow() == Wish::Run {
            let Some((index, unit)) = lock(&self.queue).next() else { break };
            let _ = self.tell.send(Told::Began { index });
            let began = Instant::now();
            let mut screenshots = Vec::new();
            let result = self.unit(&unit, &mut main, &mut screenshots).await;
            let lost = result.as_ref().err().is_some_and(UnitError::loses_session);
            let ended = Ended {
                index,
                unit,
                result: result.map_err(|error| self.with_log(&error)),
                duration: began.elapsed(),
                screenshots,
            };
            let (judged, judgement) = oneshot::channel();
            let _ = self.tell.send(Told::Ended(Box::new(ended), judged));
            if lost {
                main = None;
                if let Some(session) = self.session.take() {
                    session.kill().await;
                }
            }
            let _ = judgement.await;
        }
        if let Some(session) = self.session.take() {
            session.end().await;
        }
    }

    /// The error, with the driver's last words where the driver itself is the matter.
    fn with_log(&self, error: &UnitError) -> String {
        match &self.session {
            Some(session) if error.is_gone() => {
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
        if self.session.as_mut().is_none_or(|session| !session.is_alive()) {
            self.restart().await?;
            *main = None;
        }
        let session = self.session.as_ref().expect("it was just made sure of");
        let stage = self.server.stage(unit.plan.clone())?;
        let window = match main.take() {
            Some(window) => window,
            None => first_window(session).await?,
        };
        let limit = self.options.unit_limit;
        let mut flow =
            Flow::new(unit, session, stage, window.clone(), limit, self.options.variable);
        let mut wish = self.wish.clone();
        let result = tokio::select! {
            result = perform(&mut flow) => result,
            _ = wish.wait_for(|wish| *wish == Wish::Stop) => Err(UnitError::Interrupted),
        };
        screenshots.append(&mut flow.screenshots);
        let keep = !result.as_ref().err().is_some_and(UnitError::loses_session);
        if keep {
            match flow.clear(&window).await {
                Ok(window) => *main = Some(window),
                // The unit has its answer; the browser that could not be cleared is replaced.
                Err(error) => {
                    let _ = self.tell.send(Told::Restarted { reason: error.to_string() });
                    if let Some(session) = self.session.take() {
                        session.kill().await;
                    }
                }
            }
        }
        result
    }

    async fn restart(&mut self) -> Result<(), UnitError> {
        if let Some(session) = self.session.take() {
            session.kill().await;
        }
        self.session = Some(Session::start(&self.options.browser, &self.options.settings).await?);
        Ok(())
    }
}

async fn first_window(session: &Session) -> Result<WindowId, UnitError> {
    let windows = session.windows().await?;
    windows.into_iter().next().ok_or(UnitError::WindowGone { window: "main".to_owned() })
}

/// The unit from its first step to its last look. The deadline is the unit's, whatever hangs.
async fn perform(flow: &mut Flow<'_>) -> Result<Observation, UnitError> {
    let limit = flow.limit;
    let unit = flow.unit;
    let whole = async {
        for (number, step) in unit.steps.iter().enumerate() {
            flow.step(step).await.map_err(|error| error.in_step(number, step))?;
        }
        flow.settle().await?;
        let console = flow.session.console().await?;
        Ok(flow.observation(&console))
    };
    match tokio::time::timeout(limit + Duration::from_secs(1), whole).await {
        Ok(result) => result,
        Err(_) => {
            Err(UnitError::Browser(BrowserError::Hung { doing: "the unit".to_owned(), limit }))
        }
    }
}
