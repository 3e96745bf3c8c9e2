//! Pages: the responses on the way, what they mean for logins by popup, and comparisons.

use std::io::Write as _;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::world::World;
use crate::support::Ran;

const SECRET: &str = "geheim-3f9a";

/// A login: the provider's second hop has a policy, and the callback is the app's.
fn login() -> World {
    World::new(&[
        (
            "https://login.example/start?client=app",
            "302 Found\nSet-Cookie: sid=geheim-3f9a; Path=/; Secure\nLocation: /hop",
        ),
        (
            "https://login.example/hop",
            "303 See Other\nCross-Origin-Opener-Policy: same-origin\n\
             Location: https://app.example/cb?code=geheim-3f9a&state=geheim-3f9a",
        ),
        (
            "https://app.example/cb?code=geheim-3f9a&state=geheim-3f9a",
            "200 OK\nContent-Type: text/html\n\n<title>done</title>",
        ),
        (
            "https://app.example/",
            "200 OK\nContent-Type: text/html\nCross-Origin-Opener-Policy: same-origin-allow-popups",
        ),
        (
            "https://app.example/editor",
            "200 OK\nContent-Type: text/html\nCross-Origin-Opener-Policy: same-origin\n\
             Cross-Origin-Embedder-Policy: require-corp",
        ),
    ])
}

/// The first lines, up to the first empty one.
fn first_lines(ran: &Ran) -> &str {
    ran.out.split("\n\n").next().unwrap()
}

#[test]
fn a_chain_is_told_response_by_response() {
    let world = login();
    let ran = world.inspect(&["https://login.example/start?client=app"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_snapshot!(ran.out, @"
    https://login.example/start?client=app
    → https://app.example/cb?code=****&state=****
    breaks login popups?
      as the page that opens them: no
      as the page in the popup: yes
        hop 2 sends `Cross-Origin-Opener-Policy: same-origin`
        mended by  no Cross-Origin-Opener-Policy on hop 2

    hop 1   https://login.example/start?client=app  302  HTTP/1.1
            Set-Cookie: sid=****; Path=/; Secure
            Location: /hop

    hop 2   https://login.example/hop  303  HTTP/1.1
            Cross-Origin-Opener-Policy: same-origin
            Location: https://app.example/cb?code=****&state=****

    page    https://app.example/cb?code=****&state=****  200  HTTP/1.1
            (no header that matters here)

                                          chromium     firefox      webkit
    a popup that this page opens, to
      a page without policy               connected    connected    connected
      the same, from a cross-site frame   connected    connected    connected
      a page like itself                  connected    connected    connected
    this page in a popup, opened by
      an opener without policy            severed a    severed a    severed a
      same-origin-allow-popups            severed a    severed b    severed a
      same-origin                         severed c    severed c    severed c
      a page like itself                  severed a    severed a    severed a
    this page itself
      crossOriginIsolated                 no d         no d         no d
    on other sites
      as a frame in a require-corp page   blocked e    blocked e    blocked e

    to isolate it: Cross-Origin-Opener-Policy: same-origin, and
                   Cross-Origin-Embedder-Policy: require-corp

    a  hop 2: a page with a policy does not match a predecessor without one [HTML
       7.1.3, match opener policy values]
    b  hop 2: two different policies never match [HTML 7.1.3, match opener policy
       values] [this engine's own: compares-hops-with-document]
    c  hop 1: a page without a policy does not match a predecessor with one [HTML
       7.1.3, match opener policy values]
    d  page: isolation needs COOP `same-origin` on the top page, by its own header
       [HTML 7.1.3, obtain an opener policy]
    e  hop 1: the page's embedder policy takes a missing
       Cross-Origin-Resource-Policy as `same-origin` [Fetch 3.7, cross-origin
       resource policy internal check]

    severed: `window.opener` is null in the popup, and `popup.closed` reads true to
             its opener while the popup is open. A login that rests on either fails;
             one that comes back over a BroadcastChannel, a server or a redirect
             goes on.
    ");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{ran}");
    assert!(!format!("{ran}").contains(SECRET), "{ran}");
}

#[test]
fn requests_are_those_of_a_navigation() {
    let world = login();
    world.inspect(&["https://login.example/start?client=app"]);
    let seen = world.seen();
    let urls: Vec<&str> = seen.iter().map(|seen| seen.url.as_str()).collect();
    assert_eq!(urls.len(), 3, "{urls:?}");
    for seen in &seen {
        assert_eq!(seen.method, "GET");
        assert_eq!(seen.header("sec-fetch-dest"), Some("document"));
        assert_eq!(seen.header("sec-fetch-mode"), Some("navigate"));
        assert_eq!(seen.header("sec-fetch-site"), Some("none"));
        assert_eq!(seen.header("sec-fetch-user"), Some("?1"));
        assert_eq!(seen.header("upgrade-insecure-requests"), Some("1"));
        assert!(seen.header("user-agent").unwrap().contains("coopwright/"));
    }
    let cookies: Vec<Option<&str>> = seen.iter().map(|seen| seen.header("cookie")).collect();
    assert_eq!(cookies, [None, Some("sid=geheim-3f9a"), None]);
}

#[test]
fn the_first_lines_say_whether_logins_break() {
    let world = login();
    let ran = world.inspect(&["https://app.example/editor"]);
    assert_snapshot!(first_lines(&ran), @"
    https://app.example/editor
    breaks login popups?
      as the page that opens them: yes
        it sends `Cross-Origin-Opener-Policy: same-origin`
        mended by  `Cross-Origin-Opener-Policy: same-origin-allow-popups` on this
                   page (still severed in webkit where it is opened blank first);
                   then the page is not isolated
               or  no Cross-Origin-Opener-Policy on this page; then the page is not
                   isolated
      as the page in the popup: yes
        it sends `Cross-Origin-Opener-Policy: same-origin`
        mended by  no Cross-Origin-Opener-Policy on this page; then the page is not
                   isolated
    ");
    let ran = world.inspect(&["--brief", "app.example"]);
    assert_snapshot!(ran.out, @"
    https://app.example/
    breaks login popups?
      as the page that opens them: in part
        severed in webkit where it is opened blank first
        mended by  no Cross-Origin-Opener-Policy on this page
      as the page in the popup: yes
        it sends `Cross-Origin-Opener-Policy: same-origin-allow-popups`
        mended by  no Cross-Origin-Opener-Policy on this page
    ");
}

#[test]
fn an_opener_may_be_named() {
    let world = login();
    let start = "https://login.example/start?client=app";
    let ran = world.inspect(&["--brief", "--opener", "https://app.example/editor", start]);
    assert_snapshot!(ran.out, @"
    https://login.example/start?client=app
    → https://app.example/cb?code=****&state=****
    breaks login popups?
      as the page that opens them: no
      as the page in the popup: yes
        its opener has the policy `same-origin-plus-COEP`, and hop 1 has none
        mended by  no Cross-Origin-Opener-Policy on hop 2 and the opener
    ");
    let seen = world.seen();
    assert_eq!(seen[1].header("sec-fetch-site"), Some("cross-site"));
    assert_eq!(seen[1].header("referer"), Some("https://app.example/"));
    assert_eq!(seen[0].header("sec-fetch-site"), Some("none"));
}

#[test]
fn what_does_not_count_is_said() {
    let world = World::new(&[(
        "https://app.example/",
        "200 OK\nContent-Type: text/html; charset=utf-8\n\
         Cross-Origin-Opener-Policy: same-origin\nCross-Origin-Opener-Policy: same-origin\n\
         Cross-Origin-Resource-Policy: caf\u{e9}\nAge: 31\n\n\
         <meta http-equiv=\"Cross-Origin-Embedder-Policy\" content=\"require-corp\">\
         <meta http-equiv=\"refresh\" content=\"5; url=/next?code=geheim-3f9a\">",
    )]);
    let ran = world.inspect(&["https://app.example/"]);
    let (told, _) = ran.out.split_once("\n\n                ").unwrap();
    assert_snapshot!(told, @r#"
    https://app.example/
    breaks login popups?
      as the page that opens them: no
      as the page in the popup: no

    page    https://app.example/  200  HTTP/1.1
            Cross-Origin-Opener-Policy: same-origin
            Cross-Origin-Opener-Policy: same-origin
            Cross-Origin-Resource-Policy: café
            = Cross-Origin-Opener-Policy counts as `unsafe-none`
            = Cross-Origin-Resource-Policy counts as nothing
            ! Cross-Origin-Opener-Policy: sent 2 times, with `same-origin` each
              time: joined to `same-origin, same-origin` it is no value, and none of
              the lines counts [header-twice]
            ! Cross-Origin-Resource-Policy: `café` contains a character that is not
              ASCII (U+00E9) [forbidden-character]
            ! Cross-Origin-Resource-Policy: `caf` is no value of this header: write
              `same-origin`, `same-site` or `cross-origin` [unknown-value]
            ! Cross-Origin-Embedder-Policy: `<meta
              http-equiv="Cross-Origin-Embedder-Policy" content="require-corp">` is
              read by no browser: send it as a header [policy-in-meta]
            · a cache answered (Age: 31): a change of headers is seen once it asks
              again
            · after 5 s the page sends itself on; that was not followed:
              https://app.example/next?code=****
    "#);
    assert_eq!(world.inspect(&["--strict", "https://app.example/"]).code, 1);
}

#[test]
fn plain_http_has_no_policies() {
    let world = World::new(&[(
        "http://app.example/",
        "200 OK\nContent-Type: text/html\nCross-Origin-Opener-Policy: same-origin\n\
         Cross-Origin-Embedder-Policy: require-corp",
    )]);
    let ran = world.inspect(&["http://app.example/"]);
    assert_snapshot!(ran.out, @"
    http://app.example/
    breaks login popups?
      as the page that opens them: no
      as the page in the popup: no

    page    http://app.example/  200  HTTP/1.1  plain http
            Cross-Origin-Opener-Policy: same-origin
            Cross-Origin-Embedder-Policy: require-corp
            = Cross-Origin-Opener-Policy counts as `unsafe-none`
            = Cross-Origin-Embedder-Policy counts as `unsafe-none`
            ! Cross-Origin-Opener-Policy: `same-origin` does not count over plain
              http [insecure-context]
            ! Cross-Origin-Embedder-Policy: `require-corp` does not count over plain
              http [insecure-context]

                                          chromium     firefox      webkit
    a popup that this page opens, to
      a page without policy               connected    connected    connected
      the same, from a cross-site frame   connected    connected    connected
      a page like itself                  connected    connected    connected
    this page in a popup, opened by
      an opener without policy            connected    connected    connected
      same-origin-allow-popups            connected    connected    connected
      the same, opened blank first        connected    connected    severed a
      same-origin                         severed b    severed b    severed b
      a page like itself                  connected    connected    connected
    this page itself
      crossOriginIsolated                 no c         no c         no c
    on other sites
      as a frame in a require-corp page   blocked d    blocked d    blocked d

    to isolate it: serve it over https

    a  a page without a policy does not match a predecessor with one [HTML 7.1.3,
       match opener policy values] [this engine's own: blank-first-loses-exemption]
    b  a page without a policy does not match a predecessor with one [HTML 7.1.3,
       match opener policy values]
    c  the page is no secure context: its COOP, COEP and DIP are not read [HTML
       7.1.3, obtain an opener policy]
    d  an https page does not load this over plain http [Mixed Content, 4.4]

    severed: `window.opener` is null in the popup, and `popup.closed` reads true to
             its opener while the popup is open. A login that rests on either fails;
             one that comes back over a BroadcastChannel, a server or a redirect
             goes on.
    ");
}

#[test]
fn what_is_no_page_is_a_resource() {
    let world = World::new(&[(
        "https://cdn.example/lib.js",
        "200 OK\nContent-Type: text/javascript\nCross-Origin-Resource-Policy: same-site",
    )]);
    let ran = world.inspect(&["https://cdn.example/lib.js"]);
    assert_snapshot!(ran.out, @"
    https://cdn.example/lib.js
    breaks login popups?  no: it is no page (text/javascript), and only those have
                          opener policies

    page    https://cdn.example/lib.js  200  HTTP/1.1
            Cross-Origin-Resource-Policy: same-site

                                          chromium     firefox      webkit
    on other sites
      in a page without policy            blocked a    blocked a    blocked a
      in a require-corp page              blocked a    blocked a    blocked a

    a  its Cross-Origin-Resource-Policy does not allow this page [Fetch 3.7,
       cross-origin resource policy check]
    ");
}

#[test]
fn several_pages_are_compared() {
    let world = World::new(&[
        ("https://dev.example/", "302 Found\nLocation: https://dev.example/app"),
        (
            "https://dev.example/app",
            "200 OK\nContent-Type: text/html\n\
             Cross-Origin-Opener-Policy: same-origin-allow-popups\n\
             Access-Control-Allow-Origin: https://dev.example\nSet-Cookie: s=geheim-3f9a",
        ),
        ("https://www.example/", "302 Found\nLocation: https://www.example/app"),
        (
            "https://www.example/app",
            "200 OK\nContent-Type: text/html\n\
             Cross-Origin-Opener-Policy: same-origin-allow-popups\n\
             Cross-Origin-Opener-Policy: same-origin\n\
             Access-Control-Allow-Origin: https://www.example\nSet-Cookie: s=other",
        ),
        ("https://old.example/", "302 Found\nLocation: https://old.example/app"),
        ("https://old.example/app", "200 OK\nX-Frame-Options: DENY\nSet-Cookie: s=1"),
        ("https://new.example/", "200 OK"),
    ]);
    let ran = world.inspect(&["--compare", "https://dev.example/", "https://www.example/"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_snapshot!(ran.out, @"
    A  https://dev.example/
       → https://dev.example/app
       breaks login popups?
         as the page that opens them: in part
         as the page in the popup: yes

    B  https://www.example/
       → https://www.example/app
       breaks login popups?
         as the page that opens them: no
         as the page in the popup: no

    these pages cannot do the same

    a popup that this page opens, to
      the same, opened blank first
        A  connected in chromium and firefox, severed in webkit
        B  connected in every engine

    this page in a popup, opened by
      an opener without policy
        A  severed in every engine
        B  connected in every engine
      same-origin-allow-popups
        A  severed in every engine
        B  connected in every engine
      the same, opened blank first
        A  severed in every engine
        B  connected in chromium and firefox, severed in webkit
      a page like itself
        A  severed in chromium and webkit, connected in firefox
        B  connected in every engine

    final document
      Cross-Origin-Opener-Policy
        A  same-origin-allow-popups
        B  same-origin-allow-popups
        B  same-origin
    ");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{ran}");
    // Another way, and other headers, but the pages can do the same.
    let ran = world.inspect(&["--compare", "https://old.example/", "https://new.example/"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("these pages can do the same"), "{ran}");
    assert!(ran.out.contains("hop 1 (not in B)"), "{ran}");
}

#[test]
fn a_list_may_come_from_a_file_or_standard_input() {
    let world = login();
    let list = "# pages\nhttps://app.example/editor#top  # the editor\n\napp.example\n";
    world.write("urls.txt", list);
    let ran = world.inspect(&["--brief", "--urls", "urls.txt"]);
    assert_eq!(ran.code, 0, "{ran}");
    let first: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("https://")).collect();
    assert_eq!(first, ["https://app.example/editor", "https://app.example/"]);
    let mut command = world.command(&["--brief", "--urls", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    assert_eq!(Ran::from(child.wait_with_output().unwrap()).out, ran.out);
}

#[test]
fn a_page_may_be_named_by_its_site() {
    let world = login();
    let ran = world.inspect(&["--brief", "--site", "app=https://app.example", "app:/editor"]);
    assert_eq!(ran.out.lines().next(), Some("https://app.example/editor"), "{ran}");
    let ran = world.inspect(&["--brief", "--site", "app=https://app.example", "auth:/"]);
    assert_eq!(ran.code, 2, "{ran}");
    assert!(ran.err.contains("known here: app"), "{ran}");
}

#[test]
fn user_and_password_reach_their_origin_only() {
    let world = World::new(&[
        ("https://app.example/", "302 Found\nLocation: https://other.example/"),
        ("https://other.example/", "200 OK"),
    ]);
    let ran = world.inspect(&["https://hannelore:geheim-3f9a@app.example/"]);
    let sent: Vec<bool> =
        world.seen().iter().map(|seen| seen.header("authorization").is_some()).collect();
    assert_eq!(sent, [true, false]);
    for secret in ["hannelore", SECRET] {
        assert!(!format!("{ran}").contains(secret), "{ran}");
    }
}

#[test]
fn programs_read_the_same() {
    let world = login();
    let ran = world.inspect(&["--json", "https://login.example/start?client=app", "app.example"]);
    assert!(!format!("{ran}").contains(SECRET), "{ran}");
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["version"], 1);
    let page = &document["pages"][0];
    assert_eq!(page["end"], "answered");
    let told: Vec<Value> =
        page["hops"].as_array().unwrap().iter().map(|hop| hop["status"].clone()).collect();
    assert_eq!(told, [302, 303, 200]);
    assert_eq!(
        page["hops"][1]["headers"],
        json!([
            ["Cross-Origin-Opener-Policy", "same-origin"],
            ["Location", "https://app.example/cb?code=****&state=****"]
        ])
    );
    assert_eq!(
        page["hops"][1]["effective"],
        json!([{ "header": "Cross-Origin-Opener-Policy", "value": "same-origin" }])
    );
    let breaks = &page["breaks-login-popups"];
    assert_eq!((&breaks["as-opener"], &breaks["as-popup"]), (&json!("no"), &json!("yes")));
    assert_eq!(breaks["remedies"]["as-popup"][0]["hops"], json!([1]));
    let case =
        page["cases"].as_array().unwrap().iter().find(|case| case["id"] == "opened-by-plain");
    let shown = &case.unwrap()["engines"]["firefox"];
    assert_eq!((&shown["shown"], &shown["handle"]), (&json!("severed"), &json!("reads-closed")));
    assert_eq!(shown["because"]["hop"], 1);
    assert_eq!(shown["because"]["rule"], "policy-after-none");
    let breaks = &document["pages"][1]["breaks-login-popups"];
    assert_eq!(breaks["as-opener"], "in-part");
    let urls = ["https://app.example/", "https://app.example/editor"];
    let ran = world.inspect(&[&["--json", "--compare"], &urls[..]].concat());
    assert_eq!(ran.code, 1, "{ran}");
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["comparison"]["same"], false);
    let header = &document["comparison"]["headers"][0];
    assert_eq!(header["name"], "Cross-Origin-Embedder-Policy");
    assert_eq!(header["sent"], json!([[], ["require-corp"]]));
}

#[test]
fn real_browsers_answer_the_same_questions() {
    let world = login();
    let start = "https://login.example/start?client=app";
    let ran = world.inspect(&["--brief", "--browser", "chromium", start]);
    assert_eq!(ran.code, 0, "{ran}");
    let (_, observed) = ran.out.split_once("\n\nin real browsers: Chromium ").unwrap();
    let (_, table) = observed.split_once('\n').unwrap();
    assert_snapshot!(table, @"
                                          chromium
    a popup that this page opens, to
      a page without policy               connected
    this page in a popup, opened by
      an opener without policy            severed
      same-origin-allow-popups            severed
      same-origin                         severed
      a page like itself                  severed
    this page itself
      crossOriginIsolated                 no
    ");
    assert!(!format!("{ran}").contains(SECRET), "{ran}");
}
