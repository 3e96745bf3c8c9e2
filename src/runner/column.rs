//! A browser of a run: what is known of it, and what it still has to do.

use std::sync::Arc;
use std::time::Duration;

use fixtures_server::Server;
use tokio::task::JoinSet;

use super::probe::Known;
use super::queue::Queue;
use super::{Options, RunError, probe, reach};
use crate::browser::{BrowserError, Endpoint, Session};
use crate::event::BrowserInfo;
use crate::feature::Feature;
use crate::predict::profile_of;
use crate::scenario::Job;
use crate::spec::Profile;

/// How long to wait for more browsers of a kind than one at a WebDriver server elsewhere: a Grid that has no
/// more places lets us wait until we give ours back.
const MORE_LIMIT: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) info: Arc<BrowserInfo>,
    pub(super) queue: Queue,
    /// What the model makes of it: its version's deviations, and what it was found to lack.
    pub(super) profile: Profile,
    /// Why it did not start, if so.
    pub(super) fault: Option<String>,
}

/// Starts all browsers side by side, and finds out what each lacks of what `jobs` need. Gives the
/// columns, and for every worker the number of its column and its session, if it has one already: each lane
/// has a browser of its own, and one that was started before is of no use to it.
///
/// # Errors
/// When not one browser could be started. One that does not start beside others is a column with a fault.
pub(super) async fn start(
    jobs: &[Job],
    server: &Arc<Server>,
    browsers: &[Endpoint],
    options: &Options,
) -> Result<(Vec<Column>, Vec<(usize, Option<Session>)>), RunError> {
    let mut needed = probe::needed_by(jobs);
    needed.extend(options.probe.iter().copied());
    if options.staging.is_some() {
        // What sites that are not ours ask for is not known before.
        needed.extend(Feature::PROBED);
    }
    let staging = options.staging.as_ref();
    // Responses are changed one by one, and cells of a batch share their pages' hosts.
    let batched = staging.is_none_or(|staging| !staging.acts_everywhere());
    let on_lanes = staging.is_some_and(|staging| jobs.iter().all(|job| staging.takes(job)));
    let work = Queue::new(jobs, options.workers, batched);
    let mut starting = JoinSet::new();
    for (number, endpoint) in browsers.iter().enumerate() {
        let queue = work.copy();
        let (endpoint, options) = (endpoint.clone(), options.clone());
        let (server, needed) = (Arc::clone(server), needed.clone());
        starting.spawn(async move {
            let workers = options.workers.clamp(1, queue.len().max(1));
            let browser = endpoint.browser();
            let known = options.found.of(browser, &needed).filter(|_| on_lanes);
            let at_once = if on_lanes { 1 } else { workers };
            let started = match &known {
                Some(_) => Ok(Vec::new()),
                None => start_sessions(&endpoint, &options, &server, at_once).await,
            };
            let (mut sessions, fault) = match started {
                Ok(sessions) => (sessions, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            let known = match (known, sessions.first_mut()) {
                (Some(known), _) => known,
                (None, Some(session)) => {
                    let version = session.version().to_owned();
                    let probed = probe::probe(session, &endpoint, &server, &needed, &options).await;
                    let known = Known { version, probed };
                    options.found.keep(browser, known.clone());
                    known
                }
                (None, None) => {
                    Known { version: endpoint.version().unwrap_or_default(), probed: Vec::new() }
                }
            };
            let mut profile = profile_of(browser.engine(), &known.version);
            let mut lacks = Vec::new();
            for (feature, lacking) in known.probed {
                profile = profile.with(feature, lacking);
                lacks.extend(lacking.then_some(feature));
            }
            let workers = match (&fault, on_lanes) {
                (None, true) => workers,
                _ => sessions.len(),
            };
            let mut sessions: Vec<_> = sessions.drain(..).map(Some).collect();
            sessions.resize_with(workers, || None);
            let info = Arc::new(BrowserInfo { browser, version: known.version, workers, lacks });
            (number, Column { info, queue, profile, fault: None }, sessions, fault)
        });
    }
    let mut started = Vec::new();
    while let Some(told) = starting.join_next().await {
        started.push(told.expect("starting a browser does not panic"));
    }
    started.sort_by_key(|(number, ..)| *number);
    let (mut columns, mut sessions) = (Vec::new(), Vec::new());
    let mut last = None;
    for (number, mut column, own, fault) in started {
        column.fault = fault.as_ref().map(ToString::to_string);
        last = fault.or(last);
        columns.push(column);
        sessions.extend(own.into_iter().map(|session| (number, session)));
    }
    match last {
        Some(error) if sessions.is_empty() => Err(error),
        _ => Ok((columns, sessions)),
    }
}

/// Starts some browsers of a kind. Some that do not start are left out; none at all is an error.
async fn start_sessions(
    endpoint: &Endpoint,
    options: &Options,
    server: &Arc<Server>,
    count: usize,
) -> Result<Vec<Session>, RunError> {
    let start = || {
        let (endpoint, options, server) = (endpoint.clone(), options.clone(), Arc::clone(server));
        async move { reach::start(&endpoint, &options, &server).await }
    };
    let mut sessions = Vec::new();
    let mut starting = JoinSet::new();
    let limit = match endpoint {
        Endpoint::Local(_) => Duration::MAX,
        Endpoint::Remote(_) => {
            // What is wrong there is found out once. And a driver that has one session at a time may
            // give out several when it is asked for them at once, of which one works.
            sessions.push(start().await?);
            MORE_LIMIT
        }
    };
    for _ in sessions.len()..count {
        starting.spawn(start());
    }
    match tokio::time::timeout(limit, gather(&mut starting, &mut sessions)).await {
        Ok(Err(error)) if sessions.is_empty() => Err(error),
        _ => Ok(sessions),
    }
}

/// Takes sessions as they come; the last fault, if there is one.
async fn gather(
    starting: &mut JoinSet<Result<Session, RunError>>,
    sessions: &mut Vec<Session>,
) -> Result<(), RunError> {
    let mut ended = Ok(());
    while let Some(started) = starting.join_next().await {
        match started {
            Ok(Ok(session)) => sessions.push(session),
            Ok(Err(error)) => ended = Err(error),
            Err(error) => ended = Err(BrowserError::Start(error.to_string()).into()),
        }
    }
    ended
}
