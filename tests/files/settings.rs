//! What a settings file says of an environment, and what is said of a faulty one.

use std::path::Path;

use coopwright::settings::{Environment, EnvironmentError, Settings, find, load, parse};
use insta::assert_snapshot;

use super::damage;

const SAMPLE: &str = include_str!("settings.yaml");

fn settings(text: &str) -> Settings {
    match parse(Path::new("project/coopwright.yaml"), text) {
        Ok(settings) => settings,
        Err(faults) => panic!("{faults}"),
    }
}

fn faults(text: &str) -> String {
    match parse(Path::new("coopwright.yaml"), text) {
        Ok(_) => panic!("no fault found in:\n{text}"),
        Err(faults) => faults.to_string(),
    }
}

/// An environment of one site, with more keys.
fn with(keys: &str) -> String {
    format!(
        "version: 1\nenvironments:\n  e:\n    sites: {{ app: https://app.example }}\n    {keys}\n"
    )
}

fn unset(_: &str) -> Option<String> {
    None
}

fn preview(url: &str, proxy: &str) -> Result<Environment, EnvironmentError> {
    let variable = |name: &str| match name {
        "PREVIEW_URL" => Some(url.to_owned()),
        "CORP_PROXY" => Some(proxy.to_owned()),
        _ => None,
    };
    settings(SAMPLE).environment("preview", &variable)
}

#[test]
fn an_environment_has_sites_and_a_way_to_them() {
    let settings = settings(SAMPLE);
    assert_eq!(settings.names().collect::<Vec<_>>(), ["staging", "preview", "office"]);
    let Environment { name, sites, reach } = settings.environment("staging", &unset).unwrap();
    assert_eq!(name.as_deref(), Some("staging"));
    let sites: Vec<_> = sites.iter().map(|(name, url)| format!("{name} {url}")).collect();
    assert_eq!(
        sites,
        ["app https://app.staging.example.com/", "auth https://login.staging.example.com/base"]
    );
    assert_eq!(reach.ca, [Path::new("project/certs/staging-ca.pem")], "from the file's folder");
    assert_eq!(reach.insecure, ["login.staging.example.com"]);
    assert_eq!(reach.proxy.unwrap().expose(), "http://proxy.corp.example:3128/");
    assert_eq!(reach.no_proxy, ["intern.example", "10.0.0.0/8"]);
    assert_eq!(reach.connect_to["app.staging.example.com"], "10.0.0.7:443");
}

#[test]
fn values_come_from_environment_variables() {
    let environment = preview("https://pr-7.example.com", "http://ann:hunter2@proxy:1").unwrap();
    assert_eq!(environment.sites["app"].as_str(), "https://pr-7.example.com/");
    assert_eq!(environment.reach.proxy.as_ref().unwrap().expose(), "http://ann:hunter2@proxy:1/");
    assert!(!format!("{environment:?}").contains("hunter2"));
}

#[test]
fn variables_of_other_environments_need_not_be_set() {
    assert!(settings(SAMPLE).environment("staging", &unset).is_ok());
    let faults = settings(SAMPLE).environment("preview", &unset).unwrap_err();
    assert_snapshot!(faults, @"
    error: the environment variable `PREVIEW_URL` is not set
      --> project/coopwright.yaml:13:19
       |
    13 |     sites: { app: env:PREVIEW_URL, auth: https://login.preview.example.com }
       |                   ^^^^^^^^^^^^^^^

    error: the environment variable `CORP_PROXY` is not set
      --> project/coopwright.yaml:14:21
       |
    14 |     upstream-proxy: env:CORP_PROXY
       |                     ^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_value_of_a_variable_is_not_repeated() {
    let faults = preview("https://ann:hunter2@pr.example", "socks5://ann:hunter2@proxy");
    let faults = faults.unwrap_err().to_string();
    assert!(!faults.contains("hunter2"));
    assert_snapshot!(faults, @"
    error: the value of `PREVIEW_URL` is no address of a site: it holds a user name or a password
      --> project/coopwright.yaml:13:19
       |
    13 |     sites: { app: env:PREVIEW_URL, auth: https://login.preview.example.com }
       |                   ^^^^^^^^^^^^^^^
       |
       = help: write e.g. `https://app.staging.example.com`

    error: the value of `CORP_PROXY` is no address of a proxy: it does not begin with `http://` or `https://`
      --> project/coopwright.yaml:14:21
       |
    14 |     upstream-proxy: env:CORP_PROXY
       |                     ^^^^^^^^^^^^^^
       |
       = help: write e.g. `http://proxy.corp.example:3128`
    ");
}

#[test]
fn an_unknown_environment_has_a_nearest_name() {
    let settings = settings(SAMPLE);
    let hint = |name: &str| match settings.environment(name, &unset) {
        Err(EnvironmentError::Unknown { hint, .. }) => hint,
        other => panic!("{other:?}"),
    };
    assert_eq!(hint("stagin"), "did you mean `staging`?");
    assert_eq!(hint("production"), "known here: staging, preview, office");
}

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    let text = "\
version: 1
default: staging
environments:
  on stage:
    sites:
      App: https://app.example
      auth: login.example
      api: https://api.example/?v=1
      cdn: https://cdn.example/a
      img: https://CDN.example:443/b
      pay: 'env:'
    ca: ''
    insecure-upstream: [other.example, https://app.example]
    connect-to: { 'http://a': b, c: 'd:0' }
  empty:
    sites: {}
    upstream-proxi: x
";
    assert_snapshot!(faults(text), @"
    error: unknown key `default`
     --> coopwright.yaml:2:1
      |
    2 | default: staging
      | ^^^^^^^
      |
      = help: known here: version, environments

    error: `on stage` is not the name of an environment
     --> coopwright.yaml:4:3
      |
    4 |   on stage:
      |   ^^^^^^^^
      |
      = help: letters, digits, dots, hyphens and underscores, a letter or digit first

    error: `App` is not a site name
     --> coopwright.yaml:6:7
      |
    6 |       App: https://app.example
      |       ^^^
      |
      = help: lower-case letters, digits and hyphens, a letter first, 30 at most

    error: `login.example` is no address of a site: it does not begin with `http://` or `https://`
     --> coopwright.yaml:7:13
      |
    7 |       auth: login.example
      |             ^^^^^^^^^^^^^
      |
      = help: write e.g. `https://app.staging.example.com`

    error: `https://api.example/?v=1` is no address of a site: it ends with a query or a fragment
     --> coopwright.yaml:8:12
      |
    8 |       api: https://api.example/?v=1
      |            ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write e.g. `https://app.staging.example.com`

    error: `img` has the same origin as `cdn`
      --> coopwright.yaml:10:12
       |
    10 |       img: https://CDN.example:443/b
       |            ^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: a site is an origin: scenarios name its pages by their paths

    error: this names no environment variable
      --> coopwright.yaml:11:12
       |
    11 |       pay: 'env:'
       |            ^^^^^^
       |
       = help: write `env:NAME`

    error: the file has no name
      --> coopwright.yaml:12:9
       |
    12 |     ca: ''
       |         ^^

    error: `https://app.example` is no host
      --> coopwright.yaml:13:40
       |
    13 |     insecure-upstream: [other.example, https://app.example]
       |                                        ^^^^^^^^^^^^^^^^^^^
       |
       = help: a name alone, without scheme, port and path

    error: `http://a` is no host
      --> coopwright.yaml:14:19
       |
    14 |     connect-to: { 'http://a': b, c: 'd:0' }
       |                   ^^^^^^^^^^
       |
       = help: a host name or an address, with or without a port

    error: `d:0` is no place to connect to
      --> coopwright.yaml:14:37
       |
    14 |     connect-to: { 'http://a': b, c: 'd:0' }
       |                                     ^^^^^
       |
       = help: a host name or an address, with or without a port

    error: an environment needs at least one site
      --> coopwright.yaml:16:5
       |
    16 |     sites: {}
       |     ^^^^^
       |
       = help: for example `app: https://app.staging.example.com`

    error: unknown key `upstream-proxi`
      --> coopwright.yaml:17:5
       |
    17 |     upstream-proxi: x
       |     ^^^^^^^^^^^^^^
       |
       = help: did you mean `upstream-proxy`?
    ");
}

#[test]
fn hosts_that_are_not_verified_must_be_used() {
    let text = with("insecure-upstream: ap.example");
    assert_snapshot!(faults(&text), @"
    error: `ap.example` is no host of this environment
     --> coopwright.yaml:5:24
      |
    5 |     insecure-upstream: ap.example
      |                        ^^^^^^^^^^
      |
      = help: did you mean `app.example`?
    ");
    settings(&with("insecure-upstream: APP.example"));
    settings(&with("insecure-upstream: cdn.example\n    connect-to: { 'cdn.example:81': a }"));
}

#[test]
fn passwords_do_not_belong_in_the_file_and_are_not_shown() {
    for text in [
        with("upstream-proxy: http://ann:hunter2@proxy.example"),
        with("upstream-proxy: ann:hunter2@proxy.example"),
        with("upstream-proxy: [http://ann:hunter2@proxy.example]"),
        with("connect-to: http://ann:hunter2@proxy.example"),
        with("http://ann:hunter2@proxy.example: upstream-proxy"),
        with("ca: \"http://ann:hunter2@proxy.example"),
        with("").replace("https://", "https://ann:hunter2@"),
    ] {
        let faults = faults(&text);
        assert!(!faults.contains("hunter2"), "{faults}");
    }
    assert_snapshot!(faults(&with("upstream-proxy: http://ann:hunter2@proxy.example")), @"
    error: a password does not belong in this file
     --> coopwright.yaml:5:21
      |
    5 |     upstream-proxy: http://***********@proxy.example
      |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: put the whole address into an environment variable and write `env:NAME`
    ");
}

#[test]
fn the_nearest_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    assert!(!find(&inner).is_ok_and(|file| file.starts_with(folder.path())));
    std::fs::write(folder.path().join("coopwright.yaml"), SAMPLE).unwrap();
    assert_eq!(find(&inner).unwrap(), folder.path().join("coopwright.yaml"));
    std::fs::write(folder.path().join("a/coopwright.yaml"), "version: 2\n").unwrap();
    let nearest = find(&inner).unwrap();
    assert_eq!(nearest, folder.path().join("a/coopwright.yaml"));
    assert!(load(&nearest).unwrap_err().to_string().contains("version 2 cannot be read"));
    assert!(load(folder.path()).unwrap_err().to_string().starts_with("cannot read"));
}

#[test]
fn a_damaged_file_is_read_without_panic() {
    damage::each_is_read_or_refused(SAMPLE, |text| {
        parse(Path::new("coopwright.yaml"), text).map(|settings| {
            for name in settings.names() {
                let _ = settings.environment(name, &unset);
            }
        })
    });
}
