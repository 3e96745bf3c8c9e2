//! From arguments to addresses and questions.

use std::io::Read;
use std::path::Path;

use coopwright::chain::{Question, QuestionFault};
use fixtures_server::page::PageUrl;
use indexmap::IndexMap;
use url::Url;

use super::InspectArgs;
use crate::cli::variable;

/// What cannot be inspected as it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InspectError {
    /// There is no address.
    #[error("nothing to inspect: no address was given")]
    Nothing,
    /// A text that is no address.
    #[error("{place}`{text}` is no address of a page: {fault}")]
    Url {
        /// Where it stands, if it is in a file.
        place: String,
        /// What was given, without user name and password.
        text: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A page of a site that is not known.
    #[error("`{name}:/…` is no page: the environment has no site `{name}`")]
    Site {
        /// The name.
        name: String,
        /// Those that are known.
        known: Vec<String>,
    },
    /// A list that cannot be read.
    #[error("cannot read the addresses in `{file}`")]
    File {
        /// The file.
        file: String,
        /// Why not.
        source: std::io::Error,
    },
    /// One address alone cannot be compared.
    #[error("`--compare` takes two addresses or more")]
    Compare,
    /// A header without a colon. Its value may be a secret, so it is not repeated.
    #[error("`--header` number {0} has no colon: write `Name: value`")]
    Header(usize),
    /// A value from the environment that is not there.
    #[error("the environment variable {name} of `--header {header}` is not set")]
    Variable {
        /// The variable.
        name: String,
        /// The header.
        header: String,
    },
    /// What no script can ask for.
    #[error(transparent)]
    Question(#[from] QuestionFault),
    /// The opener cannot be had.
    #[error("the opener shows no page: {told}")]
    Opener {
        /// What became of it.
        told: String,
    },
}

impl InspectError {
    /// Whether the arguments are at fault, and not a site.
    pub(crate) fn is_usage(&self) -> bool {
        !matches!(self, Self::Opener { .. })
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Nothing => {
                "for example `coopwright inspect https://app.example/login`; `--urls FILE` reads a list"
            }
            Self::Url { .. } => "it is written like `https://app.example/login`",
            Self::Site { known, .. } if known.is_empty() => {
                "`--env` takes the sites of an environment, `--site` names one"
            }
            Self::Site { known, .. } => return Some(format!("known here: {}", known.join(", "))),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// The sites by whose names pages can be asked for.
pub(super) struct Places {
    pub(super) sites: IndexMap<String, Url>,
}

impl Places {
    /// All addresses, those of the command line first.
    pub(super) fn urls(
        &self,
        given: &[String],
        file: Option<&Path>,
    ) -> Result<Vec<Url>, InspectError> {
        let mut urls = given.iter().map(|text| self.url(text)).collect::<Result<Vec<_>, _>>()?;
        if let Some(file) = file {
            let name = file.display().to_string();
            let read = if name == "-" {
                let mut text = String::new();
                std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
            } else {
                std::fs::read_to_string(file)
            };
            let text = read.map_err(|source| InspectError::File { file: name.clone(), source })?;
            for (number, line) in text.lines().enumerate() {
                let line = without_comment(line);
                if !line.is_empty() {
                    urls.push(self.at(line, &format!("{name}:{}: ", number + 1))?);
                }
            }
        }
        if urls.is_empty() { Err(InspectError::Nothing) } else { Ok(urls) }
    }

    /// One address.
    pub(super) fn url(&self, text: &str) -> Result<Url, InspectError> {
        self.at(text, "")
    }

    fn at(&self, text: &str, place: &str) -> Result<Url, InspectError> {
        let fault = |fault: String| {
            // Whatever stands before an `@` may be a password.
            let shown =
                text.rsplit_once('@').map_or(text.to_owned(), |(_, host)| format!("…@{host}"));
            InspectError::Url { place: place.to_owned(), text: shown, fault }
        };
        let text = text.trim();
        if let Ok(page) = text.parse::<PageUrl>() {
            let Some(site) = self.sites.get(page.site()) else {
                let (name, known) = (page.site().to_owned(), self.sites.keys().cloned().collect());
                return Err(InspectError::Site { name, known });
            };
            // The address of a site may have a path, which comes before all others.
            let full = format!("{}{}", site.as_str().trim_end_matches('/'), page.path_and_query());
            return Url::parse(&full).map_err(|error| fault(error.to_string()));
        }
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("{}://{text}", if is_local(text) { "http" } else { "https" })
        };
        let url = Url::parse(&full).map_err(|error| fault(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fault(format!("`{}` is neither http nor https", url.scheme())));
        }
        Ok(url)
    }
}

/// A `#` inside of a word begins a fragment.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices('#')
        .find(|(at, _)| line[..*at].chars().next_back().is_none_or(char::is_whitespace));
    comment.map_or(line, |(at, _)| &line[..at]).trim()
}

/// Whether a host without scheme is this machine, where development servers speak plain http.
fn is_local(text: &str) -> bool {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "[::1]"
}

/// What a script asks for.
pub(super) fn question(args: &InspectArgs, page: &Url, to: Url) -> Result<Question, InspectError> {
    let mut headers = Vec::new();
    for (number, line) in args.headers.iter().enumerate() {
        let Some((name, value)) = line.split_once(':') else {
            return Err(InspectError::Header(number + 1));
        };
        let (name, value) = (name.trim(), value.trim());
        let value = match value.strip_prefix("env:") {
            Some(variable_name) => variable(variable_name).ok_or_else(|| {
                InspectError::Variable { name: variable_name.to_owned(), header: name.to_owned() }
            })?,
            None => value.to_owned(),
        };
        headers.push((name.to_owned(), value));
    }
    Ok(Question::new(page.clone(), to, &args.method, headers, args.credentials)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let site = |name: &str, url| (name.to_owned(), Url::parse(url).unwrap());
        Places { sites: IndexMap::from([site("app", "https://staging.example/base/")]) }
    }

    #[test]
    fn an_address_may_lack_its_scheme() {
        let read = |text: &str| places().url(text).unwrap().to_string();
        assert_eq!(read("app.example/login?a=1"), "https://app.example/login?a=1");
        assert_eq!(read("localhost:3000"), "http://localhost:3000/");
        assert_eq!(read("app.localhost/x:y"), "http://app.localhost/x:y");
        assert_eq!(read(" http://A.example "), "http://a.example/");
        assert!(places().url("ftp://a.example").is_err());
        assert!(places().url("").is_err());
        let told = places().url("https://user:secret@").unwrap_err().to_string();
        assert!(!told.contains("secret"), "{told}");
    }

    #[test]
    fn a_site_of_the_environment_has_pages() {
        let read = |text: &str| places().url(text).map(|url| url.to_string());
        assert_eq!(read("app:/login?a=1").unwrap(), "https://staging.example/base/login?a=1");
        let error = read("ap:/login").unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("known here: app"));
    }

    #[test]
    fn comments_stand_at_the_start_of_a_word() {
        assert_eq!(without_comment("# all"), "");
        assert_eq!(without_comment("https://a.example/#top  # the page"), "https://a.example/#top");
    }
}
