//! What a script asks for with `fetch()` (Fetch, section 5.4 "Request class").

use url::Url;

use super::navigate::origin;
use crate::policy::{is_forbidden_request_header, normalized_method};

/// What a page asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    page: Url,
    url: Url,
    method: String,
    headers: Vec<(String, String)>,
    credentials: bool,
}

/// What no script can ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionFault {
    /// A method that browsers refuse, or that is none.
    #[error("scripts cannot send `{0}`: browsers refuse the method")]
    Method(String),
    /// A header that browsers set by themselves.
    #[error("scripts cannot set `{0}`: it is the browser's own header")]
    Header(String),
    /// A text that is no header line.
    #[error("the header `{0}` cannot be sent: write `Name: value`")]
    NoHeader(String),
}

impl Question {
    /// What a script of `page` asks for.
    ///
    /// # Errors
    /// If no script can ask for it.
    pub fn new(
        page: Url,
        url: Url,
        method: &str,
        headers: Vec<(String, String)>,
        credentials: bool,
    ) -> Result<Self, QuestionFault> {
        let method = normalized_method(method);
        let is_token = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
        };
        let refused = ["CONNECT", "TRACE", "TRACK"];
        if !is_token(&method) || refused.iter().any(|word| method.eq_ignore_ascii_case(word)) {
            return Err(QuestionFault::Method(method));
        }
        for (name, value) in &headers {
            let control = |byte| matches!(byte, 0..=8 | 10..=31 | 127);
            if !is_token(name) || value.bytes().any(control) {
                return Err(QuestionFault::NoHeader(name.clone()));
            }
            if is_forbidden_request_header(&name.to_ascii_lowercase()) {
                return Err(QuestionFault::Header(name.clone()));
            }
        }
        Ok(Self { page, url, method, headers, credentials })
    }

    /// The origin of the page, as browsers send it.
    #[must_use]
    pub fn origin(&self) -> String {
        origin(&self.page).serialised().into_owned()
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> &Url {
        &self.page
    }

    /// The headers that the script sets.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Whether it is sent with credentials.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        self.credentials
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "https://app.example/";
    const API: &str = "https://api.example/user";

    #[test]
    fn what_scripts_cannot_send_is_a_fault() {
        let url = |text| Url::parse(text).unwrap();
        let fault = |method: &str, header: (&str, &str)| {
            let headers = vec![(header.0.to_owned(), header.1.to_owned())];
            Question::new(url(APP), url(API), method, headers, false).unwrap_err()
        };
        let ok = ("X", "1");
        assert_eq!(fault("trace", ok), QuestionFault::Method("trace".to_owned()));
        assert_eq!(fault("A B", ok), QuestionFault::Method("A B".to_owned()));
        assert_eq!(fault("GET", ("Cookie", "a")), QuestionFault::Header("Cookie".to_owned()));
        assert_eq!(fault("GET", ("X", "a\r\nb")), QuestionFault::NoHeader("X".to_owned()));
    }
}
