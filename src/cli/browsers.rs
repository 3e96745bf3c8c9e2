//! Which browsers a command uses, and where they are.

use coopwright::browser::{Browser, Endpoint, LocateError, locate};

use super::search_path;

/// The browsers of a command.
#[derive(Debug, clap::Args)]
pub(crate) struct BrowserArgs {
    /// Browsers, by name, with commas: chromium, firefox, webkit, chromium-headless-shell [default: those
    /// installed of the first three]
    #[arg(
        short = 'b',
        long = "browser",
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "Browsers"
    )]
    names: Vec<Browser>,
}

impl BrowserArgs {
    /// The browsers that are asked for, each once, or those that are taken without asking.
    pub(crate) fn wanted(&self) -> Vec<Browser> {
        let mut wanted: Vec<Browser> = Vec::new();
        let names: &[Browser] = if self.names.is_empty() { &Browser::ENGINES } else { &self.names };
        for name in names {
            if !wanted.contains(name) {
                wanted.push(*name);
            }
        }
        wanted
    }

    /// Whether they were asked for by name: then all of them are needed.
    pub(crate) fn are_named(&self) -> bool {
        !self.names.is_empty()
    }

    /// Where they are. One that was not asked for may be missing, but not all of them.
    pub(crate) fn endpoints(&self) -> Result<Vec<Endpoint>, LocateError> {
        let path = search_path();
        let mut found = Vec::new();
        let mut fault = None;
        for browser in self.wanted() {
            match locate(browser, &path) {
                Ok(installed) => found.push(Endpoint::Local(installed)),
                Err(error @ LocateError::Missing { .. }) if !self.are_named() => {
                    fault.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        match fault {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }
}
