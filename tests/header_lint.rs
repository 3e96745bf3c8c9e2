//! What the header lint says, value by value. The texts are for a developer who sees them once, in a
//! bad hour: read them as one.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

use coopwright::lint::{Context, code, effective, explain, header, list, response};
use coopwright::policy::Dialect;

const COOP: &str = "Cross-Origin-Opener-Policy";
const COEP: &str = "Cross-Origin-Embedder-Policy";
const CORP: &str = "Cross-Origin-Resource-Policy";

/// The lints of each value (several lines with ` | ` between), one a line.
fn table(name: &str, values: &[&str]) -> String {
    let mut table = String::new();
    for value in values {
        let lines: Vec<String> = value.split(" | ").map(str::to_owned).collect();
        let lints = header(name, &lines);
        if lints.is_empty() {
            table += &format!("ok  {value:?}\n");
        }
        for lint in lints {
            let line = lint.line.map(|line| format!(" {line}")).unwrap_or_default();
            table += &format!("{}{line}: {}\n", lint.code.name, lint.text);
        }
    }
    table
}

/// The lints of a response with these header lines.
fn whole(lines: &[&str], context: Context<'_>) -> String {
    let headers: Vec<(String, String)> = lines
        .iter()
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut table = String::new();
    for lint in response(&headers, &context) {
        let line = lint.line.map(|line| format!(" {line}")).unwrap_or_default();
        table += &format!("{}{line}: {lint}\n", lint.code.name);
    }
    table
}

fn page() -> Context<'static> {
    Context { secure: Some(true), is_document: Some(true), ..Context::default() }
}

#[test]
fn opener_policies() {
    insta::assert_snapshot!(table(COOP, &[
        "same-origin",
        "\t same-origin ",
        "noopener-allow-popups; report-to=\"coop\"",
        "unsafe-none",
        "Same-Origin",
        "\"same-origin\"",
        "'same-origin'",
        "\"Same-Origin\";",
        "same-origin;",
        "same-origin ; x=1",
        "same-origin\t;report-to=\"a\"",
        "same-origin;includeSubDomains",
        "same-origin;preload",
        "same-origin; report-to=coop",
        "same-origin; report-to=1",
        "same-origin, same-origin-allow-popups",
        "same-origin,",
        "same-origin allow-popups",
        ": same-origin",
        "Cross-Origin-Opener-Policy: same-origin",
        "same_origin",
        "same-orign",
        "SAMEORIGIN",
        "DENY",
        "none",
        "require-corp",
        "cross-origin",
        "isolate-and-require-corp",
        "same-origin-plus-COEP",
        "restrict-properties",
        "",
        "1",
        "?1",
        "(same-origin)",
        "same\u{2011}origin",
        "same-origin\u{200b}",
        "\u{201c}same-origin\u{201d}",
        "same-\u{1}origin",
        "same-origin | same-origin",
        "same-origin | same-origin-allow-popups",
        "Same-Origin | same-origin",
        "same-origin | ",
    ]), @r#"
    ok  "same-origin"
    ok  "\t same-origin "
    ok  "noopener-allow-popups; report-to=\"coop\""
    default-value 0: `unsafe-none` is the default, the same as no header
    wrong-case 0: `Same-Origin` has capital letters: write `same-origin`
    quoted-value 0: `"same-origin"` has quotes, and only the bare word counts: write `same-origin`
    quoted-value 0: `'same-origin'` has quotes, and only the bare word counts: write `same-origin`
    quoted-value 0: `"Same-Origin";` has quotes, and only the bare word counts
    trailing-semicolon 0: `Same-Origin;` has a semicolon at the end, and no parameter after it
    wrong-case 0: `Same-Origin` has capital letters: write `same-origin`
    trailing-semicolon 0: `same-origin;` has a semicolon at the end, and no parameter after it: write `same-origin`
    stray-space 0: `same-origin ; x=1` has a tab or space where none may stand: write `same-origin; x=1`
    stray-space 0: `same-origin\t;report-to="a"` has a tab or space where none may stand: write `same-origin;report-to="a"`
    malformed-value 0: `same-origin;includeSubDomains` has a parameter with capital letters in its name: write `same-origin`
    unknown-parameter 0: `same-origin;preload` counts without its parameter `preload`, which nobody knows
    report-to-not-a-string 0: in `same-origin; report-to=coop` the endpoint is no string, so the reports are lost: write `report-to="coop"`
    report-to-not-a-string 0: in `same-origin; report-to=1` the endpoint is no string, so the reports are lost: write `report-to="name"`
    several-values 0: `same-origin, same-origin-allow-popups` is a list; the header takes one value, and none of these counts
    several-values 0: the comma makes `same-origin,` a list, which is no value: write `same-origin`
    malformed-value 0: `same-origin allow-popups` does not parse: write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    malformed-value 0: `: same-origin` begins with a second colon: write `same-origin`
    malformed-value 0: `Cross-Origin-Opener-Policy: same-origin` repeats the header's name: write `same-origin`
    unknown-value 0: `same_origin` is no value of this header: did you mean `same-origin`?
    unknown-value 0: `same-orign` is no value of this header: did you mean `same-origin`?
    unknown-value 0: `SAMEORIGIN` is a value of X-Frame-Options: did you mean `same-origin`?
    unknown-value 0: `DENY` is a value of X-Frame-Options: write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    unknown-value 0: `none` is no value of this header: write `unsafe-none`, or leave the header out
    value-of-another-header 0: `require-corp` is a value of `Cross-Origin-Embedder-Policy`; here write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    value-of-another-header 0: `cross-origin` is a value of `Cross-Origin-Resource-Policy`; here write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    value-of-another-header 0: `isolate-and-require-corp` is a value of `Document-Isolation-Policy`; here write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    derived-value 0: `same-origin-plus-COEP` cannot be written: send `same-origin`, and an embedder policy beside it
    withdrawn-value 0: no browser knows `restrict-properties`: write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    empty-value 0: has no value, the same as no header: write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    not-a-token 0: `1` is an integer: write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    not-a-token 0: `?1` is a boolean: write `same-origin`, `same-origin-allow-popups` or `noopener-allow-popups`
    not-a-token 0: `(same-origin)` is a list: write `same-origin`
    forbidden-character 0: `same‑origin` contains a dash that is no hyphen (U+2011): write `same-origin`
    forbidden-character 0: `same-origin\u{200b}` contains an invisible character (U+200B): write `same-origin`
    forbidden-character 0: `“same-origin”` contains a typographic quote (U+201C): write `same-origin`
    forbidden-character 0: `same-\u{1}origin` contains a control character (U+0001): write `same-origin`
    header-twice: sent 2 times, with `same-origin` each time: joined to `same-origin, same-origin` it is no value, and none of the lines counts
    header-twice: sent 2 times, with `same-origin` and `same-origin-allow-popups`: joined to `same-origin, same-origin-allow-popups` it is no value, and none of the lines counts
    header-twice: sent 2 times, with `Same-Origin` and `same-origin`: joined to `Same-Origin, same-origin` it is no value, and none of the lines counts
    wrong-case 0: `Same-Origin` has capital letters: write `same-origin`
    header-twice: sent 2 times, with `same-origin` and (nothing): joined to `same-origin, ` it is no value, and none of the lines counts
    "#);
}

#[test]
fn the_other_policies() {
    insta::assert_snapshot!(table(COEP, &[
        "require-corp; report-to=\"coep\"",
        "credentialless",
        "same-origin",
        "Credentialless",
        "cors",
        "require_corp",
    ]), @r#"
    ok  "require-corp; report-to=\"coep\""
    ok  "credentialless"
    value-of-another-header 0: `same-origin` is a value of `Cross-Origin-Opener-Policy` and `Cross-Origin-Resource-Policy`; here write `require-corp` or `credentialless`
    wrong-case 0: `Credentialless` has capital letters: write `credentialless`
    unknown-value 0: `cors` is no value of this header: write `require-corp` or `credentialless`
    unknown-value 0: `require_corp` is no value of this header: did you mean `require-corp`?
    "#);
    insta::assert_snapshot!(table("Cross-Origin-Opener-Policy-Report-Only", &[
        "same-origin; report-to=\"coop\"",
        "noopener-allow-popups; report-to=\"coop\"",
    ]), @r#"
    ok  "same-origin; report-to=\"coop\""
    report-only-noopener 0: `noopener-allow-popups` counts in `Cross-Origin-Opener-Policy` only
    "#);
    insta::assert_snapshot!(table(CORP, &[
        "same-site",
        "Same-Site",
        "same-site;",
        "same-site; report-to=\"x\"",
        "\"same-site\"",
        "same-site | same-site",
        "same-site, cross-origin",
        "same site",
        "cross-site",
        "unsafe-none",
        "*",
        "",
    ]), @r#"
    ok  "same-site"
    wrong-case 0: `Same-Site` has capital letters: write `same-site`
    trailing-semicolon 0: `same-site;` has a semicolon at the end, and no parameter after it: write `same-site`
    corp-parameter 0: `same-site; report-to="x"` has a parameter, and this header takes none: write `same-site`
    quoted-value 0: `"same-site"` has quotes, and only the bare word counts: write `same-site`
    header-twice: sent 2 times, with `same-site` each time: joined to `same-site, same-site` it is no value, and none of the lines counts
    several-values 0: `same-site, cross-origin` is a list; the header takes one value, and none of these counts
    malformed-value 0: `same site` does not parse: write `same-origin`, `same-site` or `cross-origin`
    unknown-value 0: `cross-site` is no value of this header: write `same-origin`, `same-site` or `cross-origin`
    value-of-another-header 0: `unsafe-none` is a value of `Cross-Origin-Opener-Policy` and `Cross-Origin-Embedder-Policy`; here write `same-origin`, `same-site` or `cross-origin`
    unknown-value 0: `*` is no value of this header: write `same-origin`, `same-site` or `cross-origin`
    empty-value 0: has no value, the same as no header: write `same-origin`, `same-site` or `cross-origin`
    "#);
    insta::assert_snapshot!(table("Document-Isolation-Policy", &[
        "isolate-and-require-corp",
        "none",
        "require-corp",
        "unsafe-none",
        "isolate-and-credentialles",
    ]), @r#"
    ok  "isolate-and-require-corp"
    default-value 0: `none` is the default, the same as no header
    value-of-another-header 0: `require-corp` is a value of `Cross-Origin-Embedder-Policy`; here write `isolate-and-require-corp` or `isolate-and-credentialless`
    value-of-another-header 0: `unsafe-none` is a value of `Cross-Origin-Opener-Policy` and `Cross-Origin-Embedder-Policy`; here write `isolate-and-require-corp` or `isolate-and-credentialless`
    unknown-value 0: `isolate-and-credentialles` is no value of this header: did you mean `isolate-and-credentialless`?
    "#);
    insta::assert_snapshot!(table("Origin-Agent-Cluster", &[
        "?1", "?0;x", "1", "true", "", "?1 | ?1",
    ]), @r#"
    ok  "?1"
    ok  "?0;x"
    not-a-boolean 0: `1` is no boolean: write `?1` or `?0`
    not-a-boolean 0: `true` is no boolean: write `?1` or `?0`
    empty-value 0: has no value, the same as no header: write `?1` or `?0`
    header-twice: sent 2 times, with `?1` each time: joined to `?1, ?1` it is no value, and none of the lines counts
    "#);
}

#[test]
fn dictionaries() {
    insta::assert_snapshot!(table("Permissions-Policy", &[
        "camera=(), cross-origin-isolated=(self \"https://*.cdn.example\")",
        "cross-origin-isolated 'none'",
        "geolocation 'self'; camera 'none'",
        "camera=();geolocation=() microphone=()",
        "camera=(),",
        "camera=(self",
        "",
        "cross-origin-isolated=(https://cdn.example)",
        "cross-origin-isolated=\"self\"",
        "cross-origin-isolated=(\"cdn.example\")",
        "cross-origin-isolated=none",
        "cross-origin-isolated",
    ]), @r#"
    ok  "camera=(), cross-origin-isolated=(self \"https://*.cdn.example\")"
    feature-policy-syntax: `cross-origin-isolated 'none'` is the syntax of Feature-Policy and does not parse: instead of `feature 'none'` write `feature=()`, with commas between
    feature-policy-syntax: `geolocation 'self'; camera 'none'` is the syntax of Feature-Policy and does not parse: instead of `feature 'none'` write `feature=()`, with commas between
    permissions-policy-malformed: `camera=();geolocation=() microphone=()` does not parse; it takes commas, not semicolons, so none of its features counts: write e.g. `camera=(), cross-origin-isolated=(self)`
    permissions-policy-malformed: `camera=(),` ends with a comma and does not parse, so none of its features counts: write e.g. `camera=(), cross-origin-isolated=(self)`
    permissions-policy-malformed: `camera=(self` does not parse, so none of its features counts: write e.g. `camera=(), cross-origin-isolated=(self)`
    ok  ""
    allowlist-member: the list for `cross-origin-isolated` skips `https://cdn.example`: write `"https://cdn.example"`, with quotes
    allowlist-member: the list for `cross-origin-isolated` skips `"self"`: write `self`, without quotes
    allowlist-member: the list for `cross-origin-isolated` skips `"cdn.example"`: write `"https://cdn.example"`
    allowlist-member: the list for `cross-origin-isolated` skips `none`: write `cross-origin-isolated=()`
    allowlist-member: the list for `cross-origin-isolated` skips a boolean: write `cross-origin-isolated=(self)`
    "#);
    insta::assert_snapshot!(table("Reporting-Endpoints", &[
        "a=\"https://reports.example/\", b=\"/reports\", c=\"http://localhost:1/\"",
        "a=\"http://reports.example/\"",
        "a=\"https://\"",
        "a=https://reports.example/",
        "a=(\"https://reports.example/\")",
        "a",
        "A=\"https://reports.example/\"",
        "{\"group\":\"a\"}",
    ]), @r#"
    ok  "a=\"https://reports.example/\", b=\"/reports\", c=\"http://localhost:1/\""
    endpoint-refused: `a` is dropped: `http://reports.example/` is not https
    endpoint-refused: `a` is dropped: `https://` is no URL
    endpoint-not-a-string: `a=https://reports.example/` has no quotes and is skipped: write `a="https://reports.example/"`
    endpoint-not-a-string: `a` is skipped: its address is no string, `a="https://…"`
    endpoint-not-a-string: `a` is skipped: its address is no string, `a="https://…"`
    endpoints-malformed: `A="https://reports.example/"` does not parse: write `name="https://reports.example/"`, with commas between
    endpoints-malformed: `{"group":"a"}` is the JSON of the old Report-To header and does not parse: write `name="https://reports.example/"`, with commas between
    "#);
}

#[test]
fn cors_headers() {
    insta::assert_snapshot!(table("Access-Control-Allow-Origin", &[
        "*",
        "https://app.example",
        "http://localhost:3000",
        "capacitor://localhost",
        "null",
        "https://a.example, https://b.example",
        "https://a.example https://b.example",
        "* | *",
        "https://app.example | *",
        "https://app.example/",
        "https://app.example/login?x",
        "https://*.app.example",
        "*.app.example",
        "app.example",
        "localhost:3000",
        "HTTPS://App.example",
        "https://app.example:443",
        "https://b\u{fc}cher.example",
        "\"https://app.example\"",
        "true",
        "https://",
        "",
    ]), @r#"
    ok  "*"
    ok  "https://app.example"
    ok  "http://localhost:3000"
    ok  "capacitor://localhost"
    allow-origin-null 0: `null` allows every sandboxed page, of whatever site
    allow-origin-list 0: `https://a.example, https://b.example` is a list, and equals none of its members: send the one that asks
    allow-origin-list 0: `https://a.example https://b.example` is a list, and equals none of its members: send the one that asks
    header-twice: sent 2 times, with `*` each time: joined to `*, *` it is no value, and none of the lines counts
    header-twice: sent 2 times, with `https://app.example` and `*`: joined to `https://app.example, *` it is no value, and none of the lines counts
    allow-origin-with-path 0: `https://app.example/` goes on after the origin: write `https://app.example`
    allow-origin-with-path 0: `https://app.example/login?x` goes on after the origin: write `https://app.example`
    allow-origin-wildcard-host 0: in `https://*.app.example` the `*` is no wildcard: only the whole value can be one
    allow-origin-wildcard-host 0: in `*.app.example` the `*` is no wildcard: only the whole value can be one
    allow-origin-without-scheme 0: `app.example` has no scheme: write e.g. `https://app.example`
    allow-origin-without-scheme 0: `localhost:3000` has no scheme: write e.g. `http://localhost:3000`
    allow-origin-spelling 0: browsers spell the origin `HTTPS://App.example` differently: `https://app.example`
    allow-origin-spelling 0: browsers spell the origin `https://app.example:443` differently: `https://app.example`
    allow-origin-spelling 0: browsers spell the origin `https://bücher.example` differently: `https://xn--bcher-kva.example`
    allow-origin-malformed 0: `"https://app.example"` has quotes, which no origin has
    allow-origin-malformed 0: `true` is no origin: write `*`, or one such as `https://app.example`
    allow-origin-malformed 0: `https://` is no origin, and nobody is allowed
    allow-origin-malformed 0: has no value, and nobody is allowed
    "#);
    insta::assert_snapshot!(table("Access-Control-Allow-Credentials", &[
        "true", "True", "false", "1", "true | true",
    ]), @r#"
    ok  "true"
    allow-credentials-not-true 0: `True` is not `true`, so credentials are not allowed
    allow-credentials-false 0: `false` is the same as no header: only `true` means anything
    allow-credentials-not-true 0: `1` is not `true`, so credentials are not allowed
    header-twice: sent 2 times, with `true` each time: joined to `true, true` it is no value, and none of the lines counts
    "#);
    insta::assert_snapshot!(table("Access-Control-Allow-Methods", &[
        "GET, PUT", "GET | PUT", "get, post", "patch", "\"PUT\"", "GET PUT",
    ]), @r#"
    ok  "GET, PUT"
    ok  "GET | PUT"
    method-in-lower-case: `get` does not allow `GET`: methods are compared with case
    method-in-lower-case: `patch` does not allow `PATCH`: methods are compared with case
    cors-list-malformed: `"PUT"` is no name, and the whole list `"PUT"` is lost
    cors-list-malformed: `GET PUT` is no name, and the whole list `GET PUT` is lost
    "#);
    insta::assert_snapshot!(table("Access-Control-Allow-Headers", &[
        "Content-Type, X-Trace", "'Content-Type'", "Content-Type; X-Trace", "",
    ]), @r#"
    ok  "Content-Type, X-Trace"
    cors-list-malformed: `'Content-Type'` has quotes, and no name has them: it allows nothing
    cors-list-malformed: `Content-Type; X-Trace` is no name, and the whole list `Content-Type; X-Trace` is lost
    ok  ""
    "#);
    insta::assert_snapshot!(table("Access-Control-Max-Age", &["600", "10m", "-1", "1.5", ""]), @r#"
    ok  "600"
    max-age-not-a-number 0: `10m` is no number of seconds: write e.g. `600`
    max-age-not-a-number 0: `-1` is no number of seconds: write e.g. `600`
    max-age-not-a-number 0: `1.5` is no number of seconds: write e.g. `600`
    max-age-not-a-number 0: (nothing) is no number of seconds: write e.g. `600`
    "#);
}

#[test]
fn whole_responses() {
    let isolated =
        ["Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Embedder-Policy: require-corp"];
    assert_eq!(whole(&isolated, page()), "");
    let insecure = Context { secure: Some(false), ..page() };
    insta::assert_snapshot!(whole(&isolated, insecure), @"
    insecure-context: Cross-Origin-Opener-Policy: `same-origin` does not count over plain http
    insecure-context: Cross-Origin-Embedder-Policy: `require-corp` does not count over plain http
    ");
    let data = [isolated[0], isolated[1], "Content-Type: application/json; charset=utf-8"];
    insta::assert_snapshot!(whole(&data, Context::default()), @"
    not-a-document: Cross-Origin-Opener-Policy: `same-origin` does nothing on a response that is no page (`application/json; charset=utf-8`)
    not-a-document: Cross-Origin-Embedder-Policy: `require-corp` does nothing on a response that is no page (`application/json; charset=utf-8`)
    ");
    let script = [isolated[1], "Content-Type: text/javascript"];
    assert_eq!(whole(&script, Context::default()), "", "a worker's script");
    let moved = Context { status: Some(302), ..Context::default() };
    assert_eq!(whole(&data, moved), "", "the opener policy of a redirect counts");
    let framed = Context { framed: Some(true), ..page() };
    insta::assert_snapshot!(whole(&isolated, framed), @"
    coop-in-frame: Cross-Origin-Opener-Policy: `same-origin` is not read in a frame: the top page's policy counts
    ");
    assert_eq!(whole(&isolated[1..], framed), "");
    insta::assert_snapshot!(whole(&isolated[1..], page()), @"
    coep-without-coop: Cross-Origin-Embedder-Policy: `require-corp` does not isolate the page without `Cross-Origin-Opener-Policy: same-origin`
    ");
    insta::assert_snapshot!(whole(&["cross-origin-opener-policy: same-origin-allow-popups", isolated[1]], page()), @"
    coop-does-not-isolate: Cross-Origin-Opener-Policy: `same-origin-allow-popups` never isolates, also not with `Cross-Origin-Embedder-Policy: require-corp`: only `same-origin` does
    ");
    insta::assert_snapshot!(whole(&[isolated[0], isolated[1], "Permissions-Policy: camera=(), cross-origin-isolated=()"], page()), @"
    isolation-denied: Permissions-Policy: `cross-origin-isolated=()` leaves the page itself out, so it is not isolated: write `cross-origin-isolated=(self)`
    ");
    insta::assert_snapshot!(whole(&["Document-Isolation-Policy: isolate-and-credentialless", "Permissions-Policy: cross-origin-isolated=()"], page()), @"
    dip-chromium-only: Document-Isolation-Policy: `isolate-and-credentialless` isolates in Chromium; Firefox and Safari ignore the header
    isolation-denied: Permissions-Policy: `cross-origin-isolated=()` leaves the page itself out, so it is not isolated: write `cross-origin-isolated=(self)`
    ");
    insta::assert_snapshot!(whole(&["Cross-Orgin-Opener-Policy: same-origin", "X-Cross-Origin-Embedder-Policies: require-corp"], page()), @"
    misspelt-header 0: Cross-Origin-Opener-Policy: no browser knows a header `Cross-Orgin-Opener-Policy`: it is spelled `Cross-Origin-Opener-Policy`
    misspelt-header 1: Cross-Origin-Embedder-Policy: no browser knows a header `X-Cross-Origin-Embedder-Policies`: it is spelled `Cross-Origin-Embedder-Policy`
    ");
    let html = "<!-- <meta http-equiv=Cross-Origin-Opener-Policy> --><META content='same-origin' \
                HTTP-EQUIV = \"Cross-Origin-Opener-Policy\"><meta charset=utf-8><meta http-equiv=Permissions-Policy content=''>";
    insta::assert_snapshot!(whole(&[], Context { html: Some(html), ..page() }), @r#"
    policy-in-meta: Cross-Origin-Opener-Policy: `<META content='same-origin' HTTP-EQUIV = "Cross-Origin-Opener-Policy">` is read by no browser: send it as a header
    policy-in-meta: Permissions-Policy: `<meta http-equiv=Permissions-Policy content=''>` is read by no browser: send it as a header
    "#);
}

#[test]
fn reports() {
    insta::assert_snapshot!(whole(&[
        "Cross-Origin-Opener-Policy-Report-Only: same-origin; report-to=\"coop\"",
        "Reporting-Endpoints: coop=\"https://reports.example/\"",
    ], page()), @"
    report-only-alone: Cross-Origin-Opener-Policy-Report-Only: `same-origin` is reported and not enforced: there is no `Cross-Origin-Opener-Policy`
    ");
    insta::assert_snapshot!(whole(&[
        "Cross-Origin-Opener-Policy-Report-Only: same-origin",
        "Cross-Origin-Opener-Policy: Same-Origin",
    ], page()), @"
    wrong-case 1: Cross-Origin-Opener-Policy: `Same-Origin` has capital letters: write `same-origin`
    report-only-alone: Cross-Origin-Opener-Policy-Report-Only: `same-origin` is reported and not enforced: the `Cross-Origin-Opener-Policy` beside it does not count
    report-only-to-nobody: Cross-Origin-Opener-Policy-Report-Only: `same-origin` has no `report-to`, so nobody hears of it
    ");
    insta::assert_snapshot!(whole(&["Cross-Origin-Opener-Policy: same-origin; report-to=\"coop\""], page()), @r#"
    report-to-unknown-endpoint: Cross-Origin-Opener-Policy: `report-to="coop"` leads nowhere: this response has no usable `Reporting-Endpoints`
    "#);
    insta::assert_snapshot!(whole(&[
        "Cross-Origin-Opener-Policy: same-origin; report-to=\"coop\"",
        "Reporting-Endpoints: main=\"https://reports.example/\", other=\"/x\"",
    ], page()), @r#"
    report-to-unknown-endpoint: Cross-Origin-Opener-Policy: `report-to="coop"` leads nowhere: `Reporting-Endpoints` has `main`, `other`
    "#);
    assert_eq!(
        whole(
            &[
                "Cross-Origin-Opener-Policy: same-origin; report-to=\"coop\"",
                "Report-To: {\"group\":\"coop\",\"max_age\":60,\"endpoints\":[{\"url\":\"https://r.example/\"}]}",
            ],
            page()
        ),
        ""
    );
}

#[test]
fn cors_together() {
    insta::assert_snapshot!(whole(&[
        "Access-Control-Allow-Origin: *",
        "Access-Control-Allow-Credentials: true",
        "Access-Control-Allow-Headers: *",
        "Access-Control-Expose-Headers: *, X-Trace",
    ], Context::default()), @"
    wildcard-with-credentials: Access-Control-Allow-Credentials: `true` has no effect beside `Access-Control-Allow-Origin: *`: name the origin
    literal-wildcard: Access-Control-Allow-Headers: `*` is a name like any other for requests with credentials, and nothing has it
    literal-wildcard: Access-Control-Expose-Headers: `*` is a name like any other for requests with credentials, and nothing has it
    ");
    insta::assert_snapshot!(whole(&[
        "Access-Control-Allow-Origin: *",
        "Access-Control-Allow-Headers: *",
    ], Context::default()), @"
    authorization-not-covered: Access-Control-Allow-Headers: `*` does not cover `Authorization` (Chromium lets it through): add it if clients send tokens
    ");
    insta::assert_snapshot!(whole(&["Access-Control-Allow-Origin: https://app.example"], Context::default()), @"
    vary-origin-missing: Access-Control-Allow-Origin: `https://app.example` is sent without `Vary: Origin`
    ");
    assert_eq!(
        whole(
            &["Access-Control-Allow-Origin: https://app.example", "Vary: Accept-Encoding, origin",],
            Context::default()
        ),
        ""
    );
    insta::assert_snapshot!(whole(&["Access-Control-Allow-Origin: *", "Content-Type: text/html"], Context::default()), @"
    cors-on-document: Access-Control-Allow-Origin: on a page it frees no popup and isolates nothing: it is about reading by script
    ");
}

#[test]
fn what_counts_in_the_end() {
    let counts = |header: &str, lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        effective(header, &lines, Dialect::default()).unwrap().value
    };
    let some = |text: &str| Some(text.to_owned());
    for (header, lines, expected) in [
        (COOP, &["same-origin"][..], some("same-origin")),
        ("cross-origin-OPENER-policy", &["Same-Origin"], some("unsafe-none")),
        (COOP, &[], some("unsafe-none")),
        (COOP, &["same-origin", "same-origin"], some("unsafe-none")),
        (COEP, &["credentialless"], some("credentialless")),
        ("Cross-Origin-Opener-Policy-Report-Only", &["noopener-allow-popups"], some("unsafe-none")),
        ("Document-Isolation-Policy", &[], some("none")),
        (CORP, &["same-site"], some("same-site")),
        (CORP, &["Same-Site"], None),
        ("Origin-Agent-Cluster", &["?1"], some("?1")),
        ("Origin-Agent-Cluster", &["1"], some("?0")),
        ("Permissions-Policy", &[], some("self")),
        ("Permissions-Policy", &["cross-origin-isolated=()"], some("()")),
        ("Permissions-Policy", &["cross-origin-isolated=(self)"], some("self")),
        ("Permissions-Policy", &["cross-origin-isolated=(self *)"], some("*")),
        (
            "Permissions-Policy",
            &["camera=()", "cross-origin-isolated=(self \"https://x.example\")"],
            some("(self \"https://x.example\")"),
        ),
        ("Permissions-Policy", &["cross-origin-isolated 'none'"], some("self")),
        (
            "Reporting-Endpoints",
            &["a=\"https://r.example/\", b=\"http://r.example/\"", "c=\"/r\", d=x"],
            some("a=\"https://r.example/\", c=\"/r\""),
        ),
        ("Reporting-Endpoints", &["nothing here"], None),
        ("Access-Control-Allow-Origin", &["*", "*"], some("*, *")),
        ("Access-Control-Allow-Origin", &[], None),
        ("access-control-max-age", &[" 600 "], some("600")),
    ] {
        assert_eq!(counts(header, lines), expected, "{header}: {lines:?}");
    }
    let firefox = Dialect { lacks_noopener_allow_popups: true, ..Dialect::default() };
    let lines = ["noopener-allow-popups".to_owned()];
    assert_eq!(effective(COOP, &lines, firefox).unwrap().value, some("unsafe-none"));
    let unknown = effective("Cross-Orgin-Opener-Policy", &[], Dialect::default()).unwrap_err();
    insta::assert_snapshot!(unknown, @"
    `Cross-Orgin-Opener-Policy` is none of the headers that are read here: the policies, CORS and reporting; the nearest is `Cross-Origin-Opener-Policy`
    ");
}

#[test]
fn explanations() {
    insta::assert_snapshot!(explain(code("header-twice").unwrap()), @r#"
    header-twice (error)

    The header is sent more than once, and none of its lines counts

    A browser joins lines of one name with a comma before it reads them.
    `same-origin, same-origin` is a list, these headers take one value, and so the
    header counts as absent, also if all lines say the same. It happens where two
    places add the header: helmet or Django in the application and `add_header` in
    nginx, a CDN rule on top of the origin's header, Apache's `always` table beside
    the default one.

    instead  Send the header from one place. In a proxy replace instead of adding:
             `proxy_hide_header` before `add_header` in nginx, `Header set` (not
             `add`) in Apache, "Set static" in Cloudflare; or switch it off in the
             application.
    example  silently-ignored › broken-twice
    source   Fetch, section 2.2.2 "Headers" (get)
             https://fetch.spec.whatwg.org/#concept-header-list-get
    "#);
    insta::assert_snapshot!(list(), @"
    errors: the header has no effect
      header-twice                  The header is sent more than once, and none of
                                    its lines counts
      several-values                Several values in one line, where one is read
      wrong-case                    Capital letters in a value that is lower case
      quoted-value                  Quotes around a value that is a bare word
      trailing-semicolon            A semicolon at the end of the value
      stray-space                   A tab, or a space before a semicolon, where none
                                    may stand
      unknown-value                 A word that this header does not know
      value-of-another-header       A value that belongs to another header of the
                                    family
      derived-value                 same-origin-plus-COEP cannot be written
      withdrawn-value               restrict-properties was never shipped
      empty-value                   The header has no value
      not-a-token                   A number, boolean or list where a word is needed
      forbidden-character           Characters that no header value has
      malformed-value               The value does not parse
      corp-parameter                Cross-Origin-Resource-Policy takes no parameters
      not-a-boolean                 Origin-Agent-Cluster is neither ?1 nor ?0
      misspelt-header               A header name that no browser knows
      feature-policy-syntax         Permissions-Policy in the syntax of
                                    Feature-Policy
      permissions-policy-malformed  Permissions-Policy does not parse
      insecure-context              A policy over plain http
      coop-in-frame                 An opener policy on a page in a frame
      policy-in-meta                A header of the family as <meta http-equiv>
      report-only-noopener          noopener-allow-popups has no report-only form
      endpoints-malformed           Reporting-Endpoints does not parse
      endpoint-not-a-string         An endpoint whose address has no quotes
      endpoint-refused              An endpoint whose address browsers refuse
      allow-origin-list             Access-Control-Allow-Origin with several origins
      allow-origin-with-path        Access-Control-Allow-Origin with a slash or path
                                    at the end
      allow-origin-wildcard-host    Access-Control-Allow-Origin with a wildcard
                                    inside
      allow-origin-without-scheme   Access-Control-Allow-Origin with a bare host
                                    name
      allow-origin-spelling         Access-Control-Allow-Origin is not spelled as
                                    browsers spell origins
      allow-origin-malformed        Access-Control-Allow-Origin is no origin
      allow-credentials-not-true    Access-Control-Allow-Credentials is not exactly
                                    true
      cors-list-malformed           A list of methods or header names that does not
                                    parse
      max-age-not-a-number          Access-Control-Max-Age is no number of seconds
      wildcard-with-credentials     Access-Control-Allow-Origin: * never goes with
                                    credentials

    warnings: it counts, and something that was meant by it does not
      allowlist-member              A member of an allowlist that browsers skip
      not-a-document                A window's policy on a response that is no page
      coep-without-coop             An embedder policy without opener policy does
                                    not isolate a page
      coop-does-not-isolate         Only COOP same-origin isolates together with an
                                    embedder policy
      isolation-denied              Permissions-Policy takes the isolation away
                                    again
      report-only-alone             The policy is only reported, not enforced
      report-only-to-nobody         A report-only policy without report-to reports
                                    to nobody
      report-to-not-a-string        report-to without quotes: the policy counts, its
                                    reports are lost
      report-to-unknown-endpoint    report-to names an endpoint that is not there
      allow-origin-null             Access-Control-Allow-Origin: null allows every
                                    sandboxed page
      method-in-lower-case          A method in lower case in
                                    Access-Control-Allow-Methods
      literal-wildcard              * in a CORS list means nothing where credentials
                                    are allowed

    notes: good to know
      unknown-parameter             A parameter that this header does not know
      default-value                 The value is the default, the same as no header
      dip-chromium-only             Document-Isolation-Policy is for Chromium only
      allow-credentials-false       Access-Control-Allow-Credentials: false is the
                                    same as no header
      authorization-not-covered     Authorization is not covered by
                                    Access-Control-Allow-Headers: *
      vary-origin-missing           One origin is allowed and caches are not told
                                    that it varies
      cors-on-document              CORS on a page does nothing for its windows
    ");
}
