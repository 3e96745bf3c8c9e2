//! What a cell of a matrix costs, against the same popups opened by bare pages eight at a time (the
//! floor), and against a WebDriver script that opens one window after the other: `cargo bench --bench
//! matrix [-- ROUNDS] [BROWSERS]`.
//!
//! All three open the popups of the same cells of `popup-policies`, in the same browser, in turn. The bare
//! pages have no agent: each popup reports by one fetch and closes itself. Times on a busy machine mean
//! little; the ratios are the figures.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends at the first thing that fails")]

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use coopwright::browser::{Endpoint, Session};
use coopwright::scenario::{self, Job, Matrix, Unit};
use fixtures_server::page::{Page, PageUrl, Plan, RawHeaders};
use fixtures_server::{Server, Stage};
use serde_json::json;
use support::median;

const SUITE: &str = include_str!("../scenarios/matrices/popup-policies.yaml");
/// Popups in flight, as in a batch.
const LANES: usize = 8;

const POPUP: &str = "<!doctype html><script>
const query = new URLSearchParams(location.search);
if (query.has('lane')) fetch(query.get('lane') + '/record', { method: 'POST', mode: 'no-cors',
  keepalive: true, body: JSON.stringify({ state: query.get('state') }) }).catch(() => {}).then(() => close());
</script>";
const OPENER: &str = "<!doctype html><script>
window.work = async (cells, lanes) => {
  const lane = async (origin) => {
    for (let next = cells.shift(); next; next = cells.shift()) {
      open(`${next.url}?state=${next.cell}&lane=${encodeURIComponent(origin)}`);
      await fetch(`${origin}/record?state=${next.cell}`);
    }
  };
  await Promise.all(lanes.map(lane));
};
</script>";

fn main() {
    let (endpoints, rounds) = support::arguments(5);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for endpoint in endpoints {
        runtime.block_on(measure(&endpoint, rounds));
    }
}

async fn measure(endpoint: &Endpoint, rounds: usize) {
    let server = Arc::new(Server::bind_loopback(0).await.unwrap());
    let matrix = sample();
    let cells = matrix.cells.len();
    let session = Session::start(endpoint, &support::settings()).await.unwrap();
    let (name, version) = (endpoint.browser().title(), session.version());
    println!("{name} {version}, {cells} cells, {rounds} rounds, medians of a cell");
    let (mut floor, mut ours, mut script) = (Vec::new(), Vec::new(), Vec::new());
    // One round to warm up, which does not count.
    for round in 0..=rounds {
        let bare = Bare::new(&server, &matrix);
        let job = Job::Matrix(Arc::new(matrix.clone()));
        let times = [
            bare.eight_at_a_time(&session).await,
            support::cost(endpoint, &server, &[job]).await,
            bare.one_at_a_time(&session).await,
        ];
        if round > 0 {
            floor.push(times[0] / cells as f64);
            ours.push(times[1] / cells as f64);
            script.push(times[2] / cells as f64);
        }
    }
    session.end().await;
    let (floor, ours, script) = (median(floor), median(ours), median(script));
    println!("bare pages, {LANES} at a time {floor:>6.0} ms");
    println!("matrix                    {ours:>6.0} ms  {:.2} of the floor", ours / floor);
    println!("one window at a time      {script:>6.0} ms  matrix is {:.2} of it", ours / script);
}

/// Some openers with all of their popups but those with COEP.
fn sample() -> Matrix {
    let scenario = scenario::parse("popup-policies.yaml", SUITE).unwrap();
    let Some(Job::Matrix(matrix)) = scenario.jobs().into_iter().next() else { unreachable!() };
    let is = |unit: &Unit, axis: &str, labels: &[&str]| {
        unit.cell.iter().any(|(name, label)| name == axis && labels.contains(&label.as_str()))
    };
    let keep = |unit: &Unit| {
        is(unit, "coop", &["-", "soap", "so"])
            && is(unit, "coep", &["-", "rc"])
            && is(unit, "pop-coep", &["-"])
    };
    matrix.filtered(keep).unwrap()
}

/// The pages of the cells without an agent, in groups with the same opener.
struct Bare {
    stage: Stage,
    groups: Vec<(PageUrl, Vec<PageUrl>)>,
}

impl Bare {
    fn new(server: &Server, matrix: &Matrix) -> Self {
        let mut plan = Plan { sites: matrix.first().plan.sites.clone(), ..Plan::default() };
        for lane in 0..LANES {
            plan.sites.insert(format!("lane-{lane}"), Default::default());
            let record =
                json!({ "serve": "login-record", "headers": "Access-Control-Allow-Origin: *" });
            let url = format!("lane-{lane}:/record").parse().unwrap();
            plan.pages.insert(url, serde_json::from_value(record).unwrap());
        }
        let mut known: HashMap<String, PageUrl> = HashMap::new();
        let mut groups: Vec<(PageUrl, Vec<PageUrl>)> = Vec::new();
        for unit in &matrix.cells {
            let mut place = |index: usize, body: &str| {
                let (url, page) = unit.plan.pages.get_index(index).unwrap();
                let headers = page.headers.clone().unwrap_or_default().0;
                let key = format!("{index} {url} {headers}");
                let number = known.len();
                let new = || format!("{}:/{number}", url.site()).parse().unwrap();
                let place = known.entry(key).or_insert_with(new).clone();
                plan.pages.entry(place.clone()).or_insert_with(|| bare_page(body, &headers));
                place
            };
            let (opener, popup) = (place(0, OPENER), place(1, POPUP));
            match groups.last_mut() {
                Some((last, popups)) if *last == opener => popups.push(popup),
                _ => groups.push((opener, vec![popup])),
            }
        }
        Self { stage: server.stage(plan).unwrap(), groups }
    }

    fn url(&self, page: &PageUrl) -> String {
        self.stage.url(page).unwrap()
    }

    /// Milliseconds until all have reported and all windows are gone.
    async fn eight_at_a_time(&self, session: &Session) -> f64 {
        let began = Instant::now();
        let lanes: Vec<_> =
            (0..LANES).map(|lane| self.stage.origin(&format!("lane-{lane}")).unwrap()).collect();
        for (group, (opener, popups)) in self.groups.iter().enumerate() {
            session.goto(&self.url(opener)).await.unwrap();
            let cell = |(number, popup)| json!({ "cell": format!("{group}-{number}"), "url": self.url(popup) });
            let cells: Vec<_> = popups.iter().enumerate().map(cell).collect();
            let given = vec![json!(cells), json!(lanes)];
            session.evaluate("await window.work(...arguments)", given).await.unwrap();
        }
        while session.windows().await.unwrap().len() > 1 {}
        began.elapsed().as_secs_f64() * 1000.0
    }

    /// The same as people script it: open, switch, read, switch back, read, close.
    async fn one_at_a_time(&self, session: &Session) -> f64 {
        let began = Instant::now();
        let main = session.windows().await.unwrap().remove(0);
        for (opener, popups) in &self.groups {
            session.goto(&self.url(opener)).await.unwrap();
            for popup in popups {
                let url = json!(self.url(popup));
                session.execute("window.popup = open(arguments[0])", vec![url]).await.unwrap();
                let window = loop {
                    let windows = session.windows().await.unwrap();
                    if let Some(window) = windows.into_iter().find(|window| *window != main) {
                        break window;
                    }
                };
                session.switch_to(&window).await.unwrap();
                let ready =
                    "return location.href !== 'about:blank' && document.readyState === 'complete'";
                while session.execute(ready, Vec::new()).await.unwrap() != true {}
                let read = "return [window.opener === null, window.crossOriginIsolated]";
                let seen = session.execute(read, Vec::new()).await.unwrap();
                session.switch_to(&main).await.unwrap();
                let closed = "return window.popup.closed";
                while session.execute(closed, Vec::new()).await.unwrap() != seen[0] {}
                session.switch_to(&window).await.unwrap();
                session.close_window().await.unwrap();
                session.switch_to(&main).await.unwrap();
            }
        }
        began.elapsed().as_secs_f64() * 1000.0
    }
}

fn bare_page(body: &str, headers: &str) -> Page {
    let page = json!({ "serve": { "json": { "body": body } } });
    let mut page: Page = serde_json::from_value(page).unwrap();
    page.headers = Some(RawHeaders(format!("{headers}\nContent-Type: text/html")));
    page
}
