//! The lane as a collector of reports (Reporting API): a path of every host.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::Value;

use super::record::Record;
use super::{mask, refuse};
use crate::upstream::{self, Body};

/// Where reports are taken, on whatever host.
pub(super) const PATH: &str = "/__coopwright/reports";

/// The most bytes of reports that come together, and the longest time for it.
const MOST: usize = 1024 * 1024;
const LIMIT: Duration = Duration::from_secs(30);

/// Takes the reports that a request carries: a list, or one as older browsers send it.
pub(super) async fn take(
    record: &Arc<Record>,
    url: &str,
    request: Request<Incoming>,
) -> Response<Body> {
    let method = request.method().clone();
    if method == Method::OPTIONS {
        return allowed(StatusCode::NO_CONTENT);
    }
    if method != Method::POST {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "reports are sent by POST");
    }
    let reading = upstream::read("", request.into_body(), MOST);
    let Ok(Ok(body)) = tokio::time::timeout(LIMIT, reading).await else {
        return allowed(StatusCode::REQUEST_TIMEOUT);
    };
    let Ok(mut body) = serde_json::from_slice::<Value>(&body) else {
        return allowed(StatusCode::BAD_REQUEST);
    };
    mask::value(&mut body);
    match body {
        Value::Array(reports) => {
            reports.into_iter().for_each(|report| record.report(url, report));
        }
        report => record.report(url, report),
    }
    allowed(StatusCode::NO_CONTENT)
}

/// An answer that every page may read.
fn allowed(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
