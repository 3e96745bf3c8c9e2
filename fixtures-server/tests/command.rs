//! The stand-alone server says why it does not run, and with which exit code.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_fixtures-server"))
        .args(arguments)
        .output()
        .expect("the binary runs");
    (status.code().expect("an exit code"), String::from_utf8_lossy(&stderr).into_owned())
}

fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path.to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn a_faulty_file_is_named_with_the_place() {
    let syntax = file("syntax.yaml", "sites: {app: {}}\npages:\n  app:/: {serv: app}\n");
    let (code, said) = run(&[&syntax]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("line 3 column 11: unknown field `serv`"), "{said}");
    assert!(said.contains(&format!("--> {syntax}:3:11")), "{said}");

    let faults = file("faults.yaml", "sites: {app: {subdomain-of: x}}\npages: {'y:/': {}}\n");
    let (code, said) = run(&[&faults]);
    assert_eq!(code, 2, "{said}");
    assert_eq!(
        said,
        format!(
            "error: `{faults}` cannot be staged\n  \
             site `app` is a sub-domain of `x`, which is not defined\n  \
             page `y:/` belongs to site `y`, which is not defined\n"
        )
    );
}

#[test]
fn a_taken_port_is_an_environment_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, said) = run(&["--port", &port]);
    assert_eq!(
        (code, said),
        (
            3,
            format!(
                "error: port {port} is in use: choose another one, or 0 for any that is free\n"
            )
        )
    );
}
