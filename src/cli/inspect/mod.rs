//! `coopwright inspect`: live pages, without a browser.
//!
//! `asked` turns arguments into addresses and questions, `fetch` sends what the library says; what came
//! is judged and told by the library.

mod asked;
mod fetch;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use coopwright::chain::{Chain, Hop, Outlook, difference};
use coopwright::report::inspect::{
    Inspected, VERSION, brief, compare, compare_json, page, page_json, replay, replay_json,
};
use coopwright::settings::Environment;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use url::Url;

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
/// opens popups, as the page in one, alone and embedded. No browser is needed. Scripts do not run, so a
/// page that a script leads to must be named by its own address.
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
        value_parser = super::run::seconds,
        help_heading = "Environment"
    )]
    timeout: Duration,

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
    let fetcher = Fetcher::new(upstream(&reach)?, args.timeout);
    let runtime = runtime()?;
    let told = runtime.block_on(async {
        if args.cors {
            let page = places.url(args.origin.as_deref().unwrap_or_default())?;
            replays(args, &page, urls, &fetcher).await
        } else {
            let opener = args.opener.as_ref().map(|text| places.url(text)).transpose()?;
            pages(args, opener, urls, &fetcher).await
        }
    });
    // A name server that does not answer is not waited for.
    runtime.shutdown_background();
    told
}

/// Follows all addresses, and tells of each as soon as those before it are told.
async fn pages(
    args: &InspectArgs,
    opener: Option<Url>,
    urls: Vec<Url>,
    fetcher: &Fetcher,
) -> anyhow::Result<u8> {
    let opener = shown_by(opener, fetcher).await?;
    let by = opener.as_ref().map(|opener| &opener.url);
    let chains = urls.iter().map(|url| fetcher.navigate(url, by));
    let mut chains = stream::iter(chains).buffered(AT_ONCE);
    let mut out = io::stdout().lock();
    let mut told: Vec<Inspected> = Vec::new();
    while let Some(chain) = chains.next().await {
        let inspected = Inspected::new(chain, opener.clone());
        if !args.json && !args.compare {
            let gap = if told.is_empty() { "" } else { "\n" };
            let text = if args.brief { brief(&inspected) } else { page(&inspected) };
            write!(out, "{gap}{text}")?;
            out.flush()?;
        }
        told.push(inspected);
    }
    let mut differ = false;
    let mut document = json!({ "version": VERSION });
    if args.json {
        document["pages"] = told.iter().map(page_json).collect();
    }
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
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    }
    let wrong = args.strict && told.iter().any(Inspected::is_wrong);
    Ok(code(told.iter().any(Inspected::has_failed), differ || wrong))
}

/// The page that opens the others.
async fn shown_by(opener: Option<Url>, fetcher: &Fetcher) -> anyhow::Result<Option<Hop>> {
    let Some(url) = opener else { return Ok(None) };
    let chain = fetcher.navigate(&url, None).await;
    match chain.last() {
        Some(last) => Ok(Some(last.clone())),
        None => Err(InspectError::Opener { told: brief(&Inspected::new(chain, None)) }.into()),
    }
}

/// Replays a script's `fetch()` of each address.
async fn replays(
    args: &InspectArgs,
    page: &Url,
    urls: Vec<Url>,
    fetcher: &Fetcher,
) -> anyhow::Result<u8> {
    let questions = urls.into_iter().map(|url| asked::question(args, page, url));
    let questions = questions.collect::<Result<Vec<_>, _>>()?;
    let replayed = questions.into_iter().map(|question| fetcher.replay(question));
    // One after the other: they may change something.
    let mut replayed = stream::iter(replayed).buffered(1);
    let mut out = io::stdout().lock();
    let mut told: Vec<Value> = Vec::new();
    let (mut failed, mut unreadable) = (false, false);
    let mut first = true;
    while let Some(one) = replayed.next().await {
        failed |= matches!(one.end(), coopwright::chain::End::Failed(_));
        unreadable |= one.readable().first().is_some_and(|standard| !standard.readable);
        if args.json {
            told.push(replay_json(&one));
            continue;
        }
        let gap = if std::mem::take(&mut first) { "" } else { "\n" };
        write!(out, "{gap}{}", replay(&one))?;
        out.flush()?;
    }
    if args.json {
        let document = json!({ "version": VERSION, "requests": told });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    }
    Ok(code(failed, args.strict && unreadable))
}

fn code(failed: bool, wrong: bool) -> u8 {
    match (failed, wrong) {
        (true, _) => exit::ENVIRONMENT,
        (false, true) => exit::FAILED,
        (false, false) => exit::PASSED,
    }
}
