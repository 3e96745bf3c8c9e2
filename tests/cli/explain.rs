//! `coopwright explain`: what a user who follows the README sees.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::support::Ran;

fn explain(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coopwright"));
    Ran::from_command(command.arg("explain").args(arguments))
}

/// Answers to lines on standard input.
fn answers(lines: &str) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_coopwright"))
        .args(["explain", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines = lines.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_flow_is_told_response_by_response() {
    let ran = explain(&[
        "--opener",
        "Cross-Origin-Opener-Policy: same-origin-allow-popups",
        "--popup-hop",
        "https://login.example/start 302",
        "--popup",
        "https://app.example/callback Cross-Origin-Opener-Policy: same-origin-allow-popups",
    ]);
    assert_eq!(ran.code, 0, "{ran}");
    insta::assert_snapshot!(ran.out, @r"
    opener    https://app.example/
              Cross-Origin-Opener-Policy: same-origin-allow-popups
    popup     opened by window.open(url)
              · a fresh popup starts with the policy of its opener's top page [HTML
                7.3.2.1, creating a new browsing context]
    hop 1     https://login.example/start  302
              · a fresh popup under a policy that allows popups may show a page
                without a policy (`same-origin-allow-popups` then `unsafe-none`,
                another origin) [HTML 7.1.3, check if COOP values require a browsing
                context group switch]
    hop 2     https://app.example/callback
              Cross-Origin-Opener-Policy: same-origin-allow-popups
              ✗ a page with a policy does not match a predecessor without one
                (`unsafe-none` then `same-origin-allow-popups`, another origin)
                [HTML 7.1.3, match opener policy values]

    result    opener    severed       cut by https://app.example/callback
              isolated  no            isolation needs COOP `same-origin` on the top
                                      page, by its own header
              handle    reads-closed  the popup is open, but `popup.closed` is true
    opener    isolated  no            isolation needs COOP `same-origin` on the top
                                      page, by its own header

    change    to keep the link (connected, live):
              - hop 2: no Cross-Origin-Opener-Policy
              to isolate the popup's page (severed, reads-closed, isolated):
              - hop 2: Cross-Origin-Opener-Policy: same-origin, and hop 2:
                Cross-Origin-Embedder-Policy: require-corp
              what would change otherwise (never, null):
              - open it with noopener

    change    to isolate the opener's page:
              - Cross-Origin-Opener-Policy: same-origin, and
                Cross-Origin-Embedder-Policy: require-corp

    firefox   otherwise: connected, live (compares-hops-with-document)
    ");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{ran}");
}

#[test]
fn hops_and_pages_keep_the_order_of_the_command_line() {
    let ran = explain(&[
        "--popup-hop",
        "https://one.example/ 302",
        "--popup",
        "https://two.example/",
        "--popup-hop",
        "https://three.example/ 302",
        "--popup",
        "https://four.example/",
        "--json",
    ]);
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["popup"].as_array().unwrap().len(), 2, "{ran}");
    let ran = explain(&["--popup-hop", "https://one.example/ 302", "--popup", ""]);
    assert!(ran.out.find("one.example").unwrap() < ran.out.find("login.example").unwrap(), "{ran}");
}

#[test]
fn a_scenario_is_told_by_its_name() {
    let ran = explain(&["hop-in-the-middle", "--grep", "broken"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("login.opener  severed"), "{ran}");
    assert!(ran.out.contains("✗ auth:/connect: two different policies never match"), "{ran}");
    let ran = explain(&["hop-in-the-midle"]);
    assert_eq!(ran.code, 2, "{ran}");
    assert!(ran.err.contains("did you mean `hop-in-the-middle`?"), "{ran}");
    assert_eq!(explain(&["hop-in-the-middle", "--grep", "nothing"]).code, 4);
}

#[test]
fn a_matrix_is_told_as_a_table() {
    let ran = explain(&["hops"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("predicted, 256 cells"), "{ran}");
}

#[test]
fn lint_codes_are_told() {
    let ran = explain(&["header-twice"]);
    assert!(ran.out.starts_with("header-twice (error)"), "{ran}");
    assert!(explain(&["codes"]).out.contains("header-twice"));
    let ran = explain(&["--opener", "Cross-Origin-Opener-Policy: Same-Origin", "--popup", ""]);
    assert!(ran.out.contains("[wrong-case]"), "{ran}");
}

#[test]
fn what_cannot_be_read_is_told_with_a_way_out() {
    let ran = explain(&[]);
    assert_eq!(ran.code, 2, "{ran}");
    assert!(ran.err.contains("nothing to explain"), "{ran}");
    let ran = explain(&["--popup", "not a header"]);
    assert_eq!(ran.code, 2, "{ran}");
    assert!(ran.err.contains("has no colon"), "{ran}");
    let ran = explain(&["--popup", "ftp://x.example/ 200"]);
    assert_eq!(ran.code, 2, "{ran}");
}

#[test]
fn each_line_has_its_answer_and_a_faulty_one_harms_no_other() {
    let app = json!({ "url": "https://app.example/", "headers": [["Cross-Origin-Opener-Policy", "same-origin"]] });
    let popup = json!({ "id": 7, "opener": app, "popup": [[{ "url": "https://login.example/" }]] });
    let isolating = json!([
        ["Cross-Origin-Opener-Policy", "same-origin"],
        ["Cross-Origin-Embedder-Policy", "require-corp"]
    ]);
    let frames = json!({
        "document": { "url": "https://app.example/", "headers": isolating },
        "frames": [{ "url": "https://cdn.example/", "headers": [["Cross-Origin-Embedder-Policy", "require-corp"]] }],
    });
    let resource = json!({
        "document": { "url": "https://app.example/", "headers": isolating },
        "resource": { "kind": "image", "mode": "no-cors", "credentials": "include",
            "hops": [{ "url": "https://cdn.example/a.png", "headers": [["Cross-Origin-Resource-Policy", "cross-origin"]] }] },
    });
    let header = json!({ "header": "Cross-Origin-Opener-Policy", "lines": ["same-origin", "same-origin"], "colour": "red" });
    let lines =
        format!("{popup}\nnonsense\n{frames}\n\n{resource}\n{{}}\n{header}\n{{\"opener\": 3}}");
    let answers = answers(&lines);
    assert_eq!(answers.len(), 8);
    let answers: Vec<&Value> =
        answers.iter().filter(|answer| answer["error"] != "an empty line").collect();
    assert_eq!(
        answers[0]["popup"],
        json!([{ "opener": "severed", "loads": true, "isolated": false }])
    );
    assert_eq!((&answers[0]["handle"], &answers[0]["id"]), (&json!("reads-closed"), &json!(7)));
    assert!(answers[1]["error"].as_str().unwrap().contains("no JSON"));
    assert_eq!(answers[2]["isolated"], json!([true, false]));
    assert_eq!(answers[2]["loads"], json!([true, false]));
    assert_eq!(answers[3]["result"], json!("loaded"));
    assert!(answers[4]["error"].is_string());
    assert_eq!(answers[5]["effective"], json!("unsafe-none"));
    assert_eq!(answers[5]["lint"][0]["code"], json!("header-twice"));
    assert_eq!(answers[5]["ignored"], json!(["colour"]));
    assert!(answers[6]["error"].is_string());
}

#[test]
fn a_browser_answers_beside_the_model() {
    let ran = explain(&[
        "--observe",
        "--opener",
        "Cross-Origin-Opener-Policy: same-origin-allow-popups",
        "--popup-hop",
        "https://login.example/ 302 Cross-Origin-Opener-Policy: same-origin",
        "--popup",
        "https://login.example/form",
    ]);
    assert_eq!(ran.code, 0, "{ran}");
    let row = ran.out.lines().find(|line| line.contains("popup.handle")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(words, ["popup.handle", "reads-closed", "reads-closed"], "{ran}");
    assert!(!ran.out.contains('≠'), "{ran}");
}

#[test]
fn a_flow_is_kept_as_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.yaml");
    let path = file.to_str().unwrap();
    let ran = explain(&[
        "--save",
        path,
        "--opener",
        "Cross-Origin-Opener-Policy: same-origin",
        "--from-frame",
        "same-site Cross-Origin-Embedder-Policy: require-corp",
        "--popup-hop",
        "https://login.example/ 302",
        "--popup",
        "https://app.example/done",
    ]);
    assert_eq!(ran.code, 0, "{ran}");
    let again = explain(&[path]);
    assert_eq!(again.code, 0, "{again}");
    assert!(again.out.contains("popup.opener  never"), "{again}");
}
