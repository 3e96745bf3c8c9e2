//! The two endpoints of the identity provider, as HTTP: authorization and token.
//!
//! `oauth.rs` has the rules.

use axum::http::Method;
use serde_json::json;

use crate::answer::{Answer, Ask};
use crate::html::{self, Config};
use crate::oauth::{AuthorizationError, AuthorizationRequest, Params, TokenRequest};
use crate::page::{Authorize, Consent, Serve};

/// The authorization endpoint: asks the visitor, or redirects at once.
pub(crate) fn authorize(ask: &Ask<'_>, options: &Authorize) -> Answer {
    if ![Method::GET, Method::HEAD, Method::POST].contains(ask.method) {
        return Answer::wrong_method("GET, HEAD, POST");
    }
    let shown = |reason: &str| {
        Answer::html(400, html::render(&html::authorization_error(reason), &Config::new(ask)))
    };
    let request = AuthorizationRequest::parse(ask.query.unwrap_or_default(), |address| {
        ask.staged.pages().any(|(url, page)| {
            matches!(page.serve, Some(Serve::Callback(_)))
                && ask.staged.url(url).as_deref() == Some(address)
        })
    });
    // After a POST, 303 makes the browser go on with GET whatever it did for 302 in the past
    // (RFC 9110, section 15.4.4).
    let status = if ask.method == Method::POST { 303 } else { 302 };
    let request = match request {
        Ok(request) => request,
        Err(AuthorizationError::Shown(reason)) => return shown(reason),
        Err(AuthorizationError::Returned(to)) => return Answer::redirect(status, to),
    };
    let decision = ask.form();
    match (options.consent, decision.get("decision")) {
        (Consent::Ask, Some("deny")) => Answer::redirect(status, request.denied()),
        (Consent::Ask, Some("allow")) | (Consent::Given, _) => {
            Answer::redirect(status, ask.staged.grants.grant(&request))
        }
        (Consent::Ask, Some(_)) => shown("the decision must be allow or deny"),
        (Consent::Ask, None) => ask.document(&html::consent(&request.client_id)),
    }
}

/// The token endpoint.
pub(crate) fn token(ask: &Ask<'_>) -> Answer {
    if ask.method != Method::POST {
        return Answer::wrong_method("POST");
    }
    let form: Params = ask.form();
    match TokenRequest::parse(&form).and_then(|request| ask.staged.grants.redeem(&request)) {
        Ok(token) => Answer::json(
            200,
            &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }),
        ),
        Err(error) => Answer::json(
            400,
            &json!({ "error": error.code(), "error_description": error.to_string() }),
        ),
    }
}
