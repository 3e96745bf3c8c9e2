//! A faulty plan is refused, with all its faults.

use fixtures_server::Server;

use crate::support::plan;

#[tokio::test]
async fn all_faults_are_named() {
    let server = Server::bind_loopback(0).await.unwrap();
    let error = server
        .stage(plan(
            "
sites:
  App: {}
  a: {subdomain-of: b}
  b: {subdomain-of: a}
  c: {subdomain-of: nobody}
pages:
  x:/: {}
  a:/a/../b?q: {}
  a:/__coopwright/push: {}
  a:/r: {serve: {redirect: {to: 'y:/'}}, status: 199}
  a:/h:
    headers: |
      X: 1
      no colon
      Content-Length: 3
    preflight:
      status: 600
      headers: 'a b: c'
",
        ))
        .unwrap_err();
    let faults: Vec<_> = error.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "`App` is not a site name: lower-case letters, digits and hyphens, a letter first, \
             at most 30",
            "site `a` never reaches a parent: its `subdomain-of` goes in a circle",
            "site `b` never reaches a parent: its `subdomain-of` goes in a circle",
            "site `c` is a sub-domain of `nobody`, which is not defined",
            "page `x:/` belongs to site `x`, which is not defined",
            "no browser asks for page `a:/a/../b?q`: write the path as in a request, as `/b`",
            "page `a:/__coopwright/push` is below `/__coopwright/`, which the server keeps to itself",
            "page `a:/r` redirects to `y:/`, whose site is not defined",
            "page `a:/r` has status 199: 200 to 599 are possible",
            "page `a:/h` has status 600: 200 to 599 are possible",
            "page `a:/h`, header line 2: `no colon` has no colon: write `Name: value`",
            "page `a:/h`, header line 3: `Content-Length` cannot be declared: the server frames \
             its responses",
            "page `a:/h`, preflight header line 1: `a b` is not a header name: letters, digits \
             and hyphens, no spaces",
        ]
    );
    assert_eq!(error.to_string(), faults.join("\n"));
}
