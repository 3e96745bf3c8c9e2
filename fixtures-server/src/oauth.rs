//! OAuth 2.0 authorization codes with PKCE: the rules, without HTTP.
//!
//! RFC 6749, section 4.1 (authorization code grant) and RFC 7636 (PKCE, method S256 only). Clients
//! need no registration: any `client_id` will do. Codes do not expire, as stages are short-lived.
//! `authorize.rs` speaks HTTP for it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

/// The parameters of a query or a form.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `application/x-www-form-urlencoded` text.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The value of a parameter. An empty one counts as absent (RFC 6749, section 3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter comes more than once, which RFC 6749, section 3.1 forbids.
    fn has_repeated(&self) -> bool {
        let mut seen = HashSet::new();
        !self.0.iter().all(|(key, _)| seen.insert(key))
    }
}

/// An authorization request that may be granted (RFC 6749, section 4.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuthorizationRequest {
    /// Who asks.
    pub(crate) client_id: String,
    redirect_uri: Url,
    /// As the client wrote it: the token request must repeat it letter by letter.
    redirect_uri_text: String,
    state: Option<String>,
    challenge: String,
}

/// Why an authorization request cannot be granted (RFC 6749, section 4.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthorizationError {
    /// Nobody to send the browser back to: the error must be shown to the visitor.
    #[error("{0}")]
    Shown(&'static str),
    /// The client learns of it, by this redirect.
    #[error("redirected with an error to {0}")]
    Returned(Url),
}

impl AuthorizationRequest {
    /// Reads the query of a request. `is_callback` tells whether an address without its query is a
    /// place to which codes may go.
    pub(crate) fn parse(
        query: &str,
        is_callback: impl FnOnce(&str) -> bool,
    ) -> Result<Self, AuthorizationError> {
        let params = Params::parse(query.as_bytes());
        let shown = AuthorizationError::Shown;
        let client_id = params.get("client_id").ok_or(shown("client_id is missing"))?.to_owned();
        let redirect_uri_text =
            params.get("redirect_uri").ok_or(shown("redirect_uri is missing"))?.to_owned();
        let redirect_uri = Url::parse(&redirect_uri_text)
            .ok()
            .filter(|uri| uri.fragment().is_none() && is_callback(&without_query(uri)))
            .ok_or(shown("redirect_uri is not the address of a callback page"))?;
        let challenge = params.get("code_challenge").unwrap_or_default();
        let request = Self {
            client_id,
            redirect_uri,
            redirect_uri_text,
            state: params.get("state").map(str::to_owned),
            challenge: challenge.to_owned(),
        };

        let fault = if params.has_repeated() {
            Some(("invalid_request", "a parameter is repeated"))
        } else if params.get("response_type") != Some("code") {
            Some(("unsupported_response_type", "response_type must be code"))
        } else if challenge.len() != 43 {
            Some(("invalid_request", "code_challenge must be a SHA-256 digest in base64url"))
        } else if params.get("code_challenge_method") != Some("S256") {
            Some(("invalid_request", "code_challenge_method must be S256"))
        } else {
            None
        };
        match fault {
            None => Ok(request),
            Some((error, description)) => Err(AuthorizationError::Returned(
                request.answer(&[("error", error), ("error_description", description)]),
            )),
        }
    }

    /// Where the browser goes when the visitor says no.
    pub(crate) fn denied(&self) -> Url {
        self.answer(&[("error", "access_denied"), ("error_description", "the visitor said no")])
    }

    /// The redirect URI with an answer and the state added to whatever query it has.
    fn answer(&self, answer: &[(&str, &str)]) -> Url {
        let mut uri = self.redirect_uri.clone();
        uri.query_pairs_mut()
            .extend_pairs(answer)
            .extend_pairs(self.state.as_deref().map(|state| ("state", state)));
        uri
    }
}

fn without_query(uri: &Url) -> String {
    let mut uri = uri.clone();
    uri.set_query(None);
    uri.into()
}

/// A request to exchange a code for a token (RFC 6749, section 4.1.3; RFC 7636, section 4.5).
#[derive(Debug)]
pub(crate) struct TokenRequest<'a> {
    code: &'a str,
    redirect_uri: &'a str,
    client_id: &'a str,
    verifier: &'a str,
}

/// Why no token is given (RFC 6749, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// The request is not whole.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The code is not good for this request.
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// Another grant than the authorization code.
    #[error("grant_type must be authorization_code")]
    UnsupportedGrantType,
}

impl TokenError {
    /// The error code of RFC 6749.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

impl<'a> TokenRequest<'a> {
    /// Reads the form of a request.
    pub(crate) fn parse(params: &'a Params) -> Result<Self, TokenError> {
        if params.has_repeated() {
            return Err(TokenError::InvalidRequest("a parameter is repeated"));
        }
        let grant_type =
            params.get("grant_type").ok_or(TokenError::InvalidRequest("grant_type is missing"))?;
        if grant_type != "authorization_code" {
            return Err(TokenError::UnsupportedGrantType);
        }
        let need = |name, missing| params.get(name).ok_or(TokenError::InvalidRequest(missing));
        Ok(Self {
            code: need("code", "code is missing")?,
            redirect_uri: need("redirect_uri", "redirect_uri is missing")?,
            client_id: need("client_id", "client_id is missing")?,
            verifier: need("code_verifier", "code_verifier is missing")?,
        })
    }
}

/// The codes that were given out, and the tokens that they were exchanged for.
#[derive(Debug, Default)]
pub(crate) struct Grants(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    codes: HashMap<String, Grant>,
    live_tokens: HashSet<String>,
}

#[derive(Debug)]
struct Grant {
    request: AuthorizationRequest,
    /// Set once the code is used.
    token: Option<String>,
}

impl Grants {
    /// Grants a request: where the browser goes with the code.
    pub(crate) fn grant(&self, request: &AuthorizationRequest) -> Url {
        let code = random_text();
        let back = request.answer(&[("code", &code)]);
        self.book().codes.insert(code, Grant { request: request.clone(), token: None });
        back
    }

    /// Exchanges a code for an access token. A code that is used again loses its token
    /// (RFC 6749, section 4.1.2).
    pub(crate) fn redeem(&self, asked: &TokenRequest<'_>) -> Result<String, TokenError> {
        let invalid = TokenError::InvalidGrant;
        let mut book = self.book();
        let Book { codes, live_tokens } = &mut *book;
        let grant = codes.get_mut(asked.code).ok_or(invalid("code is unknown"))?;
        if let Some(token) = &grant.token {
            live_tokens.remove(token);
            return Err(invalid("code was used before; its token is revoked"));
        }
        if grant.request.client_id != asked.client_id {
            return Err(invalid("code was given to another client"));
        }
        if grant.request.redirect_uri_text != asked.redirect_uri {
            return Err(invalid("redirect_uri differs from the authorization request"));
        }
        if challenge_of(asked.verifier) != grant.request.challenge {
            return Err(invalid("code_verifier does not match the code_challenge"));
        }
        let token = random_text();
        grant.token = Some(token.clone());
        live_tokens.insert(token.clone());
        Ok(token)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().expect("nothing panics while it holds the book")
    }
}

/// The S256 challenge of a verifier (RFC 7636, section 4.2).
fn challenge_of(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// 128 random bits as text.
fn random_text() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const CALLBACK: &str = "http://app.localhost:1/callback";

    fn query(changes: &[(&str, &str)]) -> String {
        let mut params = indexmap::IndexMap::from([
            ("response_type", "code"),
            ("client_id", "shop"),
            ("redirect_uri", CALLBACK),
            ("state", "a b"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        params.extend(changes.iter().copied());
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
    }

    fn parse(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, AuthorizationError> {
        AuthorizationRequest::parse(&query(changes), |address| address == CALLBACK)
    }

    fn code_in(back: &Url) -> String {
        back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    }

    fn redeem(grants: &Grants, code: &str, changes: &[(&str, &str)]) -> Result<String, TokenError> {
        let mut params = indexmap::IndexMap::from([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("client_id", "shop"),
            ("code_verifier", VERIFIER),
        ]);
        params.extend(changes.iter().copied());
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        grants.redeem(&TokenRequest::parse(&Params::parse(form.as_bytes()))?)
    }

    #[test]
    fn a_grant_keeps_the_query_of_the_redirect_uri() {
        let with_query = format!("{CALLBACK}?tab=1");
        let back = Grants::default().grant(&parse(&[("redirect_uri", &with_query)]).unwrap());
        let code = code_in(&back);
        assert_eq!(back.as_str(), format!("{CALLBACK}?tab=1&code={code}&state=a+b"));
    }

    #[test]
    fn without_a_trusted_way_back_the_error_is_shown() {
        for changes in [
            ("redirect_uri", "http://evil.localhost:1/callback"),
            ("redirect_uri", "http://app.localhost:1/callback/"),
            ("redirect_uri", "http://app.localhost:1/callback#x"),
            ("redirect_uri", "http://user@app.localhost:1/callback"),
            ("redirect_uri", "/callback"),
            ("redirect_uri", ""),
            ("client_id", ""),
        ] {
            let error = parse(&[changes]).unwrap_err();
            assert!(matches!(error, AuthorizationError::Shown(_)), "{changes:?}: {error:?}");
        }
    }

    #[test]
    fn the_client_learns_of_other_errors() {
        for (changes, error) in [
            (("response_type", "token"), "unsupported_response_type"),
            (("code_challenge", ""), "invalid_request"),
            (("code_challenge_method", "plain"), "invalid_request"),
            (("code_challenge_method", ""), "invalid_request"),
        ] {
            let AuthorizationError::Returned(back) = parse(&[changes]).unwrap_err() else {
                panic!("{changes:?} is not returned");
            };
            let pairs: HashMap<_, _> = back.query_pairs().into_owned().collect();
            assert_eq!(pairs["error"], error, "{changes:?}");
            assert_eq!(pairs["state"], "a b");
            assert!(!pairs.contains_key("code"));
        }
    }

    #[test]
    fn a_repeated_parameter_is_an_error() {
        let query = format!("{}&scope=a&scope=b", query(&[]));
        let error = AuthorizationRequest::parse(&query, |_| true).unwrap_err();
        assert!(error.to_string().contains("error=invalid_request"), "{error}");
    }

    #[test]
    fn a_code_is_good_for_one_token() {
        let grants = Grants::default();
        let code = code_in(&grants.grant(&parse(&[]).unwrap()));
        let token = redeem(&grants, &code, &[]).unwrap();
        assert!(grants.book().live_tokens.contains(&token));
        assert_eq!(redeem(&grants, &code, &[]).unwrap_err().code(), "invalid_grant");
        assert!(!grants.book().live_tokens.contains(&token), "the token is revoked");
    }

    #[test]
    fn a_code_is_bound_to_client_address_and_verifier() {
        let grants = Grants::default();
        let code = code_in(&grants.grant(&parse(&[]).unwrap()));
        for (change, error) in [
            (("code", "guessed"), "invalid_grant"),
            (("client_id", "thief"), "invalid_grant"),
            (("redirect_uri", "http://app.localhost:1/callback?x"), "invalid_grant"),
            (("code_verifier", CHALLENGE), "invalid_grant"),
            (("code_verifier", ""), "invalid_request"),
            (("grant_type", "refresh_token"), "unsupported_grant_type"),
        ] {
            assert_eq!(redeem(&grants, &code, &[change]).unwrap_err().code(), error, "{change:?}");
        }
        redeem(&grants, &code, &[]).expect("failed attempts do not use the code up");
    }
}
