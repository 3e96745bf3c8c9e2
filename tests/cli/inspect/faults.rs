//! What goes wrong: sites that do not answer, redirects that lead nowhere, and wrong usage.

use insta::assert_snapshot;

use super::world::World;

#[test]
fn a_site_that_does_not_answer_does_not_stop_the_others() {
    let world = World::new(&[
        ("https://app.example/", "302 Found\nLocation: http://127.0.0.1:1/"),
        ("https://good.example/", "200 OK\nContent-Type: text/html"),
        ("https://cut.example/", "cut"),
    ]);
    let urls = ["https://app.example/", "https://good.example/", "https://cut.example/"];
    let ran = world.inspect(&[&["--brief"], &urls[..]].concat());
    assert_eq!(ran.code, 3, "{ran}");
    assert_snapshot!(ran.out, @"
    https://app.example/
    http://127.0.0.1:1/ could not be fetched: the connection was refused
    (127.0.0.1:1)
    help: is the server running, and is it the right port? `connect-to` in the
          settings file leads the name to another address

    https://good.example/
    breaks login popups?
      as the page that opens them: no
      as the page in the popup: no

    https://cut.example/
    https://cut.example/ could not be fetched: the connection was closed too early
    help: look at the server's own log: it did not give a whole HTTP answer
    ");
}

#[test]
fn an_answer_that_does_not_come_is_not_awaited_for_ever() {
    let world = World::new(&[("https://app.example/", "hang")]);
    let ran = world.inspect(&["--timeout", "0.3", "https://app.example/"]);
    assert_eq!(ran.code, 3, "{ran}");
    assert_snapshot!(ran.out, @"
    https://app.example/
    https://app.example/ could not be fetched: no answer within 0.3 s
    help: `--timeout` sets another limit
    ");
}

#[test]
fn a_certificate_must_be_known_or_named() {
    let world = World::new(&[]);
    let here = world.here("https");
    // Its own authority is the one that is trusted.
    let ran = world.inspect(&["--brief", &here]);
    assert_eq!(ran.code, 0, "{ran}");
    let elsewhere = World::new(&[]);
    let ran = elsewhere.inspect(&["--brief", &here]);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.out.contains("authority that is not known here"), "{ran}");
    assert!(ran.out.contains("insecure-upstream"), "{ran}");
    let ran = elsewhere.inspect(&["--brief", "--insecure-upstream", "localhost", &here]);
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn redirects_may_lead_nowhere() {
    let world = World::new(&[
        ("https://loop.example/", "302 Found\nLocation: /again\nSet-Cookie: seen=1"),
        ("https://loop.example/again", "302 Found\nLocation: /"),
        ("https://app.example/", "302 Found\nLocation: com.example.app:/done?code=geheim-3f9a"),
        ("https://bad.example/", "302 Found\nLocation: https://["),
    ]);
    let urls = ["https://loop.example/", "https://app.example/", "https://bad.example/"];
    let ran = world.inspect(&[&["--brief"], &urls[..]].concat());
    assert_eq!(ran.code, 0, "{ran}");
    assert_snapshot!(ran.out, @"
    https://loop.example/
    a redirect loop: https://loop.example/again is asked for again, with the same
    cookies

    https://app.example/
    a redirect out of the browser, to `com.example.app:/done?code=****`: no page is
    shown

    https://bad.example/
    a redirect to `https://[`, which is no address
    ");
    // With the cookie once, and then it is the same again.
    let asked = world.seen().iter().filter(|seen| seen.url.contains("loop")).count();
    assert_eq!(asked, 3);
    assert_eq!(world.inspect(&["--strict", "https://loop.example/"]).code, 1);
}

#[test]
fn an_opener_that_is_not_there_ends_it() {
    let world = World::new(&[("https://login.example/", "200 OK")]);
    let ran =
        world.inspect(&["--opener", "http://127.0.0.1:1/", "--brief", "https://login.example/"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{ran}");
    assert!(ran.err.contains("the opener shows no page"), "{ran}");
}

#[test]
fn wrong_usage_is_told() {
    let world = World::new(&[]);
    world.write("urls.txt", "https://a.example/\nfile:///etc/passwd\n");
    let told = |arguments: &[&str]| {
        let ran = world.inspect(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran}");
        ran.err
    };
    let told: Vec<String> = [
        &[][..],
        &["--urls", "urls.txt"],
        &["--urls", "missing.txt"],
        &["app:/login"],
        &["--compare", "https://a.example/"],
        &["https://ann:geheim-3f9a@/"],
    ]
    .into_iter()
    .map(told)
    .collect();
    assert!(!told.concat().contains("geheim"), "{told:?}");
    assert_snapshot!(told.concat(), @"
    error: nothing to inspect: no address was given
     |
     = help: for example `coopwright inspect https://app.example/login`; `--urls FILE` reads a list
    error: urls.txt:2: `file:///etc/passwd` is no address of a page: `file` is neither http nor https
     |
     = help: it is written like `https://app.example/login`
    error: cannot read the addresses in `missing.txt`: No such file or directory (os error 2)
    error: `app:/…` is no page: the environment has no site `app`
     |
     = help: `--env` takes the sites of an environment, `--site` names one
    error: `--compare` takes two addresses or more
    error: `…@/` is no address of a page: empty host
     |
     = help: it is written like `https://app.example/login`
    ");
}
