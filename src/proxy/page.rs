//! What a browser shows where a site gives no answer.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::upstream::{Body, Fault};

/// A page that says who did not answer, why, and what to do.
pub(super) fn no_answer(fault: &Fault) -> Response<Body> {
    let (host, detail, hint) =
        (escaped(&fault.host), escaped(&fault.detail), escaped(fault.hint()));
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>No answer from {host}</title>\
         <h1>No answer from {host}</h1><p>coopwright asked for this page, but {detail}.</p><p>{hint}.</p>"
    );
    let mut response = Response::new(Body::from(Bytes::from(html)));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Text in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::FaultKind;

    #[test]
    fn a_server_cannot_write_into_the_page() {
        let fault = Fault::new("a.example", FaultKind::Protocol, "it said <script>");
        let response = no_answer(&fault);
        assert_eq!(response.status(), 502);
        let Body::Full(html) = response.into_body() else { panic!("no page") };
        let html = String::from_utf8(html.to_vec()).unwrap();
        assert!(
            html.contains("No answer from a.example") && html.contains("&lt;script&gt;"),
            "{html}"
        );
    }
}
