//! `coopwright inspect`: live pages, without a browser.
//!
//! `asked` turns arguments into addresses and questions, `fetch` sends what the library says, `browsers` lets
//! browsers answer the same questions; what came is judged and told by the library.

mod asked;
mod browsers;
mod fetch;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use coopwright::chain::{Chain, End, Hop, Outlook, Question, Replay, difference, shown_url};
use coopwright::report::inspect::{
    self as report, Inspected, VERSION, brief, compare, compare_json, observed_json,
    observed_script, page, page_json, replay, replay_json,
};
use coopwright::settings::{Environment, Reach};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use url::Url;

use super::browsers::BrowserArgs;
use super::environment::EnvArgs;
use super::staging::upstream;
use super::{exit, runtime};
pub(crate) use asked::InspectError;
use asked::Places;
use fetch::Fetcher;

/// How many addresses are fetched side by side.
const AT_ONCE: usize = 8;

/// Fetch live pages and tell what their headers do to login popups
///
/// Follows the redirects as a browser's navigation does, shows every response with the headers that
/// matter and what is wrong with them, and predicts what the page can do in each engine: as the page that
/// opens popups, as the page in one, alone and embedded. No browser is needed; without one scripts do not
/// run, so a page that a script leads to must be named by its own address.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// Addresses; without a scheme, https. `SITE:/PATH` is a page of a site of the environment
    #[arg(value_name = "URL")]
    urls: Vec<String>,

    /// A file with addresses, one a line; empty lines and what follows a `#` at the start of a word are
    /// left out. `-` is standard input
    #[arg(long = "urls", value_name = "FILE")]
    file: Option<PathBuf>,

    /// The page that opens the others as popups: it is fetched as well, and its policy counts
    #[arg(long, value_name = "URL", conflicts_with = "cors")]
    opener: Option<String>,

    /// Tell what differs between two pages or more, e.g. preview and production
    #[arg(long, conflicts_with = "cors")]
    compare: bool,

    /// Send what a script's fetch() would, preflight included, and tell what it could read. The request is
    /// really sent
    #[arg(long, requires = "origin", help_heading = "A script's fetch()")]
    cors: bool,

    /// The page whose script asks, e.g. https://app.example
    #[arg(long, value_name = "URL", requires = "cors", help_heading = "A script's fetch()")]
    origin: Option<String>,

    /// Its method
    #[arg(
        long,
        value_name = "METHOD",
        default_value = "GET",
        requires = "cors",
        help_heading = "A script's fetch()"
    )]
    method: String,

    /// A header that the script sets: `Name: value`; the value `env:NAME` is read from the environment.
    /// Can be given again
    #[arg(
        long = "header",
        value_name = "HEADER",
        requires = "cors",
        help_heading = "A script's fetch()"
    )]
    headers: Vec<String>,

    /// Judge by the rules for credentials: `credentials: "include"`. No cookie is sent, as none is known
    #[arg(long, requires = "cors", help_heading = "A script's fetch()")]
    credentials: bool,

    #[command(flatten)]
    environment: EnvArgs,

    /// Longest time for one request
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "30",
        value_parser = super::running::seconds,
        help_heading = "Environment"
    )]
    timeout: Duration,

    /// Ask real browsers the same questions as well: those of --browser, or all that are installed
    #[arg(long, help_heading = "Browsers")]
    observe: bool,

    #[command(flatten)]
    browsers: BrowserArgs,

    /// Print the first lines only
    #[arg(long, conflicts_with_all = ["json", "compare", "cors"])]
    brief: bool,

    /// Exit with 1 if a header has no effect, or with --cors if the answer cannot be read
    #[arg(long)]
    strict: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Inspects; gives the exit code.
pub(crate) fn inspect(args: &InspectArgs) -> anyhow::Result<u8> {
    let Environment { sites, reach, .. } = args.environment.surroundings()?;
    let places = Places { sites };
    let urls = places.urls(&args.urls, args.file.as_deref())?;
    if args.compare && urls.len() < 2 {
        return Err(InspectError::Compare.into());
    }
    let work = Work { args, fetcher: Fetcher::new(upstream(&reach)?, args.timeout), reach };
    if args.cors {
        let page = places.url(args.origin.as_deref().unwrap_or_default())?;
        let questions = urls.into_iter().map(|url| asked::question(args, &page, url));
        work.scripts(questions.collect::<Result<_, _>>()?)
    } else {
        let opener = args.opener.as_ref().map(|text| places.url(text)).transpose()?;
        work.pages(opener.as_ref(), &urls)
    }
}

/// What is done for all addresses.
struct Work<'a> {
    args: &'a InspectArgs,
    fetcher: Fetcher,
    reach: Reach,
}

impl Work<'_> {
    fn pages(&self, opener: Option<&Url>, urls: &[Url]) -> anyhow::Result<u8> {
        let args = self.args;
        let told = wait(self.follow(opener, urls))?;
        let observed = match args.asks_browsers() {
            true => Some(browsers::pages(&told, &args.browsers, &self.reach, args.timeout)?),
            false => None,
        };
        let mut out = io::stdout().lock();
        let mut differ = false;
        let mut document = json!({ "version": VERSION });
        if args.compare {
            let pages: Vec<(&Chain, Option<&Outlook>)> =
                told.iter().map(|page| (&page.chain, page.outlook.as_ref())).collect();
            let found = difference(&pages);
            differ = !found.can_do_the_same();
            if args.json {
                document["comparison"] = compare_json(&found);
            } else {
                write!(out, "{}", compare(&told, &found))?;
            }
        }
        let mut pages: Vec<Value> = Vec::new();
        for (number, page) in told.iter().enumerate() {
            let reports = observed.as_ref().map(|observed| observed.of(number));
            if args.json {
                let mut page_told = page_json(page);
                if let Some(reports) = &reports {
                    page_told["observed"] = observed_json(page.outlook.as_ref(), reports);
                }
                pages.push(page_told);
            } else if let (Some(reports), Some(outlook)) = (&reports, &page.outlook)
                && !reports.is_empty()
            {
                let name = shown_url(&page.chain.asked) + "\n";
                let name = if told.len() > 1 { name.as_str() } else { "" };
                write!(out, "\n{name}{}", report::observed(outlook, reports))?;
            }
        }
        if args.json {
            document["pages"] = json!(pages);
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
        let failed = told.iter().any(Inspected::has_failed)
            || observed.is_some_and(|observed| observed.has_errors());
        let wrong = args.strict && told.iter().any(Inspected::is_wrong);
        Ok(code(failed, differ || wrong))
    }

    /// Follows all addresses, and tells of each as soon as those before it are told.
    async fn follow(&self, opener: Option<&Url>, urls: &[Url]) -> anyhow::Result<Vec<Inspected>> {
        let opener = self.opener(opener).await?;
        let by = opener.as_ref().map(|opener| &opener.url);
        let chains = urls.iter().map(|url| self.fetcher.navigate(url, by));
        let mut chains = stream::iter(chains).buffered(AT_ONCE);
        let mut out = io::stdout().lock();
        let mut told: Vec<Inspected> = Vec::new();
        while let Some(chain) = chains.next().await {
            let inspected = Inspected::new(chain, opener.clone());
            if !self.args.json && !self.args.compare {
                let gap = if told.is_empty() { "" } else { "\n" };
                let text = if self.args.brief { brief(&inspected) } else { page(&inspected) };
                write!(out, "{gap}{text}")?;
                out.flush()?;
            }
            told.push(inspected);
        }
        Ok(told)
    }

    /// The page that opens the others.
    async fn opener(&self, url: Option<&Url>) -> anyhow::Result<Option<Hop>> {
        let Some(url) = url else { return Ok(None) };
        let chain = self.fetcher.navigate(url, None).await;
        match chain.last() {
            Some(last) => Ok(Some(last.clone())),
            None => Err(InspectError::Opener { told: brief(&Inspected::new(chain, None)) }.into()),
        }
    }

    fn scripts(&self, questions: Vec<Question>) -> anyhow::Result<u8> {
        let args = self.args;
        let told = wait(self.replay(questions))?;
        let observed = match args.asks_browsers() {
            true => Some(browsers::scripts(&told, &args.browsers, &self.reach, args.timeout)?),
            false => None,
        };
        let mut out = io::stdout().lock();
        let mut requests: Vec<Value> = Vec::new();
        for (number, one) in told.iter().enumerate() {
            let reports = observed.as_ref().map(|observed| observed.of(number));
            if args.json {
                let mut request = replay_json(one);
                if let Some(reports) = &reports {
                    request["observed"] = observed_json(None, reports);
                }
                requests.push(request);
            } else if let Some(reports) = &reports {
                let name = shown_url(one.question().url()) + "\n";
                let name = if told.len() > 1 { name.as_str() } else { "" };
                write!(out, "\n{name}{}", observed_script(&one.readable(), reports))?;
            }
        }
        if args.json {
            let document = json!({ "version": VERSION, "requests": requests });
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
        let failed = told.iter().any(|one| matches!(one.end(), End::Failed(_)))
            || observed.is_some_and(|observed| observed.has_errors());
        let readable = |one: &Replay| one.readable().first().is_some_and(|one| one.readable);
        Ok(code(failed, args.strict && !told.iter().all(readable)))
    }

    /// Replays one `fetch()` after the other, for they may change something.
    async fn replay(&self, questions: Vec<Question>) -> anyhow::Result<Vec<Replay>> {
        let mut out = io::stdout().lock();
        let mut told: Vec<Replay> = Vec::new();
        for question in questions {
            let one = self.fetcher.replay(question).await;
            if !self.args.json {
                let gap = if told.is_empty() { "" } else { "\n" };
                write!(out, "{gap}{}", replay(&one))?;
                out.flush()?;
            }
            told.push(one);
        }
        Ok(told)
    }
}

impl InspectArgs {
    fn asks_browsers(&self) -> bool {
        self.observe || self.browsers.are_asked_for() || self.browsers.are_elsewhere()
    }
}

/// Runs it to its end.
fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    // A name server that does not answer is not waited for.
    runtime.shutdown_background();
    done
}

fn code(failed: bool, wrong: bool) -> u8 {
    match (failed, wrong) {
        (true, _) => exit::ENVIRONMENT,
        (false, true) => exit::FAILED,
        (false, false) => exit::PASSED,
    }
}
