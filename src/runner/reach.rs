//! Starts browsers, and makes sure that one elsewhere gets the pages before anything rests on it.

use std::time::Duration;

use fixtures_server::page::Plan;
use fixtures_server::{Entry, Server, Stage};

use super::Options;
use super::error::{RunError, Unreachable};
use crate::browser::{Endpoint, Session};

/// How long the first page may take. A browser that has just started answers slowly.
const LIMIT: Duration = Duration::from_secs(8);

/// The page that tries it.
const PLAN: &str = r#"{ "sites": { "app": {} }, "pages": { "app:/": {} } }"#;

/// Starts a browser. One elsewhere opens a page of `server` first, which must tell that it is there.
///
/// # Errors
/// When it does not start, or does not get the page; then it is ended.
pub(super) async fn start(
    endpoint: &Endpoint,
    options: &Options,
    server: &Server,
) -> Result<Session, RunError> {
    let session = Session::start(endpoint, &options.settings).await?;
    let Endpoint::Remote(remote) = endpoint else { return Ok(session) };
    let plan: Plan = serde_json::from_str(PLAN).expect("a test reads it");
    let stage = server.stage(plan).expect("a test stages it");
    let url = format!("{}/", stage.origin("app").unwrap_or_default());
    match tokio::time::timeout(LIMIT, shows(&session, &stage, &url)).await {
        Ok(Ok(())) => Ok(session),
        told => {
            let seconds = LIMIT.as_secs();
            let detail = match told {
                Ok(Err(detail)) => detail,
                _ if stage.entries(0).is_empty() => {
                    format!("was not asked for within {seconds} s")
                }
                _ => format!("was asked for, but did not run within {seconds} s"),
            };
            // The command may hang; the session is deleted all the same.
            session.end().await;
            let browser = endpoint.browser().title();
            let (at, fixtures) = (remote.url().to_owned(), remote.fixtures().cloned());
            Err(Unreachable { browser, at, url, detail, fixtures }.into())
        }
    }
}

/// Opens the page and waits for its word, then leaves it.
async fn shows(session: &Session, stage: &Stage, url: &str) -> Result<(), String> {
    let opened = session.goto(url).await;
    opened.map_err(|error| format!("could not be opened: {error}"))?;
    let mut seen = 0;
    while !stage.entries(0).iter().any(|entry| matches!(entry, Entry::Push(_))) {
        stage.changed(seen).await;
        seen = stage.entries(0).len();
    }
    let left = session.goto("about:blank").await;
    left.map_err(|error| format!("could not be left: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_page_can_be_staged() {
        let server = Server::bind_loopback(0).await.unwrap();
        let stage = server.stage(serde_json::from_str(PLAN).unwrap()).unwrap();
        assert!(stage.origin("app").is_some());
    }
}
