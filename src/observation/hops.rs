//! From a log of requests to the chain of responses behind one document.

use super::{Hop, Request};

/// The responses that led to the document which request `id` brought: the redirects before it, found by
/// their `Location`, and its own.
#[must_use]
pub fn hops_of(id: u64, requests: &[Request]) -> Vec<Hop> {
    chain_of(id, requests).into_iter().map(|at| requests[at].answer.clone()).collect()
}

/// As [`hops_of`], but the places of the requests.
#[must_use]
pub fn chain_of(id: u64, requests: &[Request]) -> Vec<usize> {
    let Some(mut at) = requests.iter().position(|request| request.id == id) else {
        return Vec::new();
    };
    let mut chain = vec![at];
    while let Some(before) = redirect_to(&requests[at], &requests[..at]) {
        chain.push(before);
        at = before;
    }
    chain.reverse();
    chain
}

/// The latest redirect that leads to `target`, and to nothing before it. Only navigations count, and only a
/// redirect that keeps the method leads to a form that is sent (Fetch, "HTTP-redirect fetch").
fn redirect_to(target: &Request, earlier: &[Request]) -> Option<usize> {
    let is_form = target.method == "POST";
    let found = earlier.iter().rposition(|request| {
        (300..=399).contains(&request.answer.status)
            && request.navigates
            && request.leads_to.as_deref() == Some(&target.address)
    })?;
    let redirect = &earlier[found];
    let keeps = matches!(redirect.answer.status, 307 | 308) && redirect.method == "POST";
    let is_taken =
        earlier[found + 1..].iter().any(|other| other.navigates && other.address == target.address);
    (is_form == keeps && !is_taken).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_no_redirects_end() {
        let post =
            |id, page, to| Request { method: "POST".to_owned(), ..request(id, page, 303, to) };
        let log = [
            request(0, "auth:/start", 302, Some("{auth}/consent")),
            request(1, "auth:/consent", 200, None),
            post(2, "auth:/consent", Some("{app}/callback")),
            request(3, "app:/callback", 200, None),
            // The same page once more, by its address.
            request(4, "app:/callback", 200, None),
        ];
        assert_eq!(hops_of(1, &log).len(), 2);
        assert_eq!(hops_of(3, &log).len(), 2);
        assert_eq!(hops_of(4, &log).len(), 1);
    }

    fn request(id: u64, page: &str, status: u16, location: Option<&str>) -> Request {
        let headers =
            location.map(|to| ("Location".to_owned(), to.to_owned())).into_iter().collect();
        let mode = vec![("sec-fetch-mode".to_owned(), "navigate".to_owned())];
        Request::new(id, "GET", mode, Hop::new(page, status, headers))
    }

    #[test]
    fn redirects_are_followed_back() {
        let log = [
            request(0, "app:/", 200, None),
            request(1, "auth:/start?a=1", 302, Some("{auth}/authorize?a=1")),
            request(2, "app:/other", 200, None),
            request(3, "auth:/authorize?a=1", 302, Some("{app}/callback?code=****")),
            request(4, "app:/callback?code=****", 200, None),
        ];
        let pages: Vec<String> = hops_of(4, &log).into_iter().map(|hop| hop.page).collect();
        assert_eq!(pages, ["auth:/start?a=1", "auth:/authorize?a=1", "app:/callback?code=****"]);
        assert_eq!(hops_of(0, &log).len(), 1);
        assert!(hops_of(9, &log).is_empty());
    }
}
