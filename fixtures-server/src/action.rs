//! Endpoints that change state, and the server-side defences in front of them.
//!
//! CORS never keeps a request from arriving: what stops the act is a session that is asked for and a
//! CSRF token that another site cannot read.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::page::Requires;

/// The state that the actions of a stage change: how often each one acted.
#[derive(Debug)]
pub(crate) struct Deeds {
    /// Makes CSRF tokens unguessable.
    secret: [u8; 16],
    performed: Mutex<HashMap<String, u32>>,
}

/// What a request shows of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Credentials<'a> {
    /// Value of the cookie `session`.
    pub(crate) session: Option<&'a str>,
    /// The CSRF token, from header or form.
    pub(crate) csrf: Option<&'a str>,
}

/// Why an action refused to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The request has no session cookie.
    #[error("no session")]
    NoSession,
    /// The request has no CSRF token, or one of another session.
    #[error("no valid CSRF token")]
    NoToken,
}

impl Deeds {
    /// Nothing done yet.
    pub(crate) fn new() -> Self {
        Self { secret: rand::random(), performed: Mutex::default() }
    }

    /// The CSRF token of a session; requests without a cookie share the anonymous session.
    pub(crate) fn csrf_token(&self, session: Option<&str>) -> String {
        // The marker keeps "no session" apart from "an empty session".
        let session =
            session.map_or_else(|| "anonymous".into(), |value| format!("session {value}"));
        let digest = Sha256::new().chain_update(self.secret).chain_update(session).finalize();
        BASE64_URL_SAFE_NO_PAD.encode(digest)
    }

    /// Acts, if the credentials suffice: how often the page has acted by now.
    pub(crate) fn act(
        &self,
        page: &str,
        requires: Requires,
        shown: Credentials<'_>,
    ) -> Result<u32, Refusal> {
        match requires {
            Requires::Nothing => {}
            Requires::Session => {
                shown.session.ok_or(Refusal::NoSession)?;
            }
            Requires::CsrfToken => {
                let expected = self.csrf_token(shown.session);
                shown.csrf.filter(|token| *token == expected).ok_or(Refusal::NoToken)?;
            }
        }
        let mut performed = self.performed.lock().expect("nothing panics while it holds the count");
        let count = performed.entry(page.to_owned()).or_default();
        *count += 1;
        Ok(*count)
    }

    /// How often a page (`site:/path`) acted.
    pub(crate) fn performed(&self, page: &str) -> u32 {
        let performed = self.performed.lock().expect("nothing panics while it holds the count");
        performed.get(page).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defence_lets_only_the_right_credentials_through() {
        let deeds = Deeds::new();
        let ada = deeds.csrf_token(Some("ada"));
        let anonymous = deeds.csrf_token(None);
        for (requires, session, csrf, expected) in [
            (Requires::Nothing, None, None, Ok(1)),
            (Requires::Session, None, None, Err(Refusal::NoSession)),
            (Requires::Session, Some("ada"), None, Ok(2)),
            (Requires::CsrfToken, Some("ada"), None, Err(Refusal::NoToken)),
            (Requires::CsrfToken, Some("eve"), Some(&ada), Err(Refusal::NoToken)),
            (Requires::CsrfToken, Some("ada"), Some(&anonymous), Err(Refusal::NoToken)),
            (Requires::CsrfToken, Some("ada"), Some(&ada), Ok(3)),
            (Requires::CsrfToken, None, Some(&anonymous), Ok(4)),
        ] {
            let shown = Credentials { session, csrf: csrf.map(String::as_str) };
            assert_eq!(deeds.act("api:/pay", requires, shown), expected, "{requires:?} {shown:?}");
        }
        assert_eq!(deeds.performed("api:/pay"), 4);
        assert_eq!(deeds.performed("api:/other"), 0);
    }
}
