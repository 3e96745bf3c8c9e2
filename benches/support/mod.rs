//! What the benchmarks of browsers share: which browser, and a run of one job in it.

use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::{Browser, Endpoint, Settings, locate};
use coopwright::event::{JobReport, RunEvent};
use coopwright::runner::{self, Options, Wish};
use coopwright::scenario::Job;
use coopwright::verdict::Verdict;
use fixtures_server::Server;
use tokio::sync::watch;

/// The browsers named on the command line, Chromium without a name, and the number of rounds.
pub(crate) fn arguments(rounds: usize) -> (Vec<Endpoint>, usize) {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut browsers: Vec<Browser> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if browsers.is_empty() {
        browsers.push(Browser::Chromium);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let endpoint = |browser: &Browser| Endpoint::Local(locate(*browser, &path).unwrap());
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(rounds);
    (browsers.iter().map(endpoint).collect(), rounds)
}

/// How a browser is started.
pub(crate) fn settings() -> Settings {
    let root = nix::unistd::geteuid().is_root();
    Settings { headed: false, root, limit: Duration::from_secs(60), proxy: None }
}

/// Milliseconds of the last of these jobs, in a browser that the others have warmed up.
pub(crate) async fn cost(endpoint: &Endpoint, server: &Arc<Server>, jobs: &[Job]) -> f64 {
    let settings = settings();
    let options = Options::new(settings, 1, |_| None);
    let (_keep, wish) = watch::channel(Wish::Run);
    let mut cost = None;
    let mut hear = |event| {
        if let RunEvent::Finished(reports) = event {
            let verdicts = [Verdict::Passed, Verdict::NotApplicable];
            assert!(verdicts.contains(&reports[0].verdict()), "{reports:?}");
            cost = reports.first().map(JobReport::duration);
        }
    };
    let browsers = [endpoint.clone()];
    let server = Arc::clone(server);
    runner::run(jobs, server, &browsers, &options, wish, &mut runner::uncompared, &mut hear)
        .await
        .unwrap();
    cost.unwrap().as_secs_f64() * 1000.0
}

/// The one in the middle.
pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
