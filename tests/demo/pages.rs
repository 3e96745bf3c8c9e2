//! The pages of the site in real browsers: used as a visitor uses them, and looked at for barriers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use coopwright::browser::Browser;
use serde_json::{Value, json};

use super::ask::{ask, site};
use super::visitor::Visitor;

/// What the WCAG ask for up to level AA, and what axe-core thinks good practice.
const BARRIERS: &str = "
    const names = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const found = await axe.run(document, { runOnly: names, resultTypes: ['violations'] });
    return found.violations.map(({ id, impact, nodes }) =>
      `${id} (${impact}): ${nodes.slice(0, 3).map(({ target }) => target).join(', ')}`);";

/// What the page says of a run, without what is folded.
const SAID: &str = "return document.querySelector('main').innerText.replace(/\\s+/g, ' ')";

/// axe-core, by its lock file.
fn axe() -> &'static str {
    static AXE: OnceLock<String> = OnceLock::new();
    AXE.get_or_init(|| {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let folder = tests.join("demo/axe");
        let done = |command: &mut Command| {
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "axe-core cannot be had: {said}");
        };
        if Command::new("npm").arg("--version").output().is_err() {
            // What brings npm for the tests of staging.
            let tools = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("staging");
            done(Command::new("bash").arg(tests.join("staging/setup.sh")).arg(tools));
        }
        done(Command::new("npm").arg("ci").current_dir(&folder));
        std::fs::read_to_string(folder.join("node_modules/axe-core/axe.min.js")).unwrap()
    })
}

/// Runs two variants of a lesson by its page.
async fn runs_in(browser: Browser) {
    let site = site().await;
    let visitor = Visitor::with(browser, site).await;
    for (path, words) in [
        (
            "/lesson/site-wide-same-origin-login",
            ["The app says that the login was cancelled", "The window is still open"],
        ),
        ("/lesson/site-wide-same-origin-login?try=fixed", ["The login completed", "accepted"]),
    ] {
        visitor.runs_the_page(path).await;
        let said = visitor.session.execute(SAID, Vec::new()).await.unwrap();
        for words in words {
            assert!(said.as_str().unwrap().contains(words), "{path}: {words}: {said}");
        }
        // An arrow, a band or a bar that could not be placed would be nowhere.
        let drawn = "const all = [...document.querySelectorAll('.lanes *')];
            return [all.length > 20, all.some((one) => /NaN|undefined/.test(one.outerHTML))];";
        let drawn = visitor.session.execute(drawn, Vec::new()).await.unwrap();
        assert_eq!(drawn, json!([true, false]), "{path}");
    }
    visitor.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_a_lesson_in_chromium() {
    runs_in(Browser::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_a_lesson_in_firefox() {
    runs_in(Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_a_lesson_in_webkit() {
    runs_in(Browser::Webkit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_barrier_on_any_page_in_either_theme() {
    let axe = axe();
    let site = site().await;
    let visitor = Visitor::with(Browser::Chromium, site).await;
    let (_, lessons) = ask(site, "GET /api/lessons", &Value::Null).await;
    let (_, exercises) = ask(site, "GET /api/exercises", &Value::Null).await;
    let paths = |list: &Value, kind: &str| -> Vec<String> {
        let of = |one: &Value| format!("/{kind}/{}", one["id"].as_str().unwrap());
        list.as_array().unwrap().iter().map(of).collect()
    };
    let mut pages = vec!["/".to_owned(), "/playground".to_owned(), "/exercises".to_owned()];
    pages.extend(paths(&exercises["exercises"], "exercise"));
    let lessons = paths(&lessons["lessons"], "lesson");
    // With all that comes of a run, too.
    let run = [lessons[0].clone(), "/playground".to_owned(), pages[3].clone()];
    pages.extend(lessons);
    let mut wrong = BTreeMap::new();
    for theme in ["light", "dark"] {
        visitor.goes_to("/").await;
        let choose = "localStorage.setItem('theme', arguments[0])";
        visitor.session.execute(choose, vec![json!(theme)]).await.unwrap();
        let visits =
            pages.iter().map(|path| (path, false)).chain(run.iter().map(|path| (path, true)));
        for (path, runs) in visits {
            if runs {
                visitor.runs_the_page(path).await;
            } else {
                visitor.goes_to(path).await;
            }
            let unfold =
                "document.querySelectorAll('details').forEach((one) => { one.open = true; })";
            visitor.session.execute(unfold, Vec::new()).await.unwrap();
            visitor.session.execute(axe, Vec::new()).await.unwrap();
            let found = visitor.session.evaluate(BARRIERS, Vec::new()).await.unwrap();
            if found != json!([]) {
                wrong.insert(format!("{path} {theme} {runs}"), found);
            }
        }
    }
    visitor.leaves().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_view_comes_within_a_second() {
    let site = site().await;
    let visitor = Visitor::with(Browser::Chromium, site).await;
    // Another run of the tests may hold the processor: the best of some counts.
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        visitor.goes_to("/").await;
        let painted =
            "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null";
        let ms = visitor.session.execute(painted, Vec::new()).await.unwrap();
        best = best.min(ms.as_f64().unwrap_or(f64::INFINITY));
    }
    visitor.leaves().await;
    assert!(best < 1000.0, "{best} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exercise_is_solved_by_what_mends_it_alone() {
    const COOP: &str = "Cross-Origin-Opener-Policy";
    let site = site().await;
    let visitor = Visitor::with(Browser::Chromium, site).await;
    let popups = format!("{COOP}: same-origin-allow-popups");
    for (exercise, page, wrong, right) in [
        (
            "only-after-the-session-expired",
            "auth:/connect",
            vec![("app:/", String::new())],
            vec![("auth:/connect", String::new())],
        ),
        (
            "fixed-weeks-ago",
            "app:/callback",
            vec![("app:/callback", popups.clone())],
            vec![("app:/callback", String::new())],
        ),
        (
            "works-for-every-customer-but-one",
            "blog:/",
            vec![("widget:/", popups.clone())],
            vec![("blog:/", popups.clone())],
        ),
    ] {
        let (_, told) = ask(site, &format!("GET /api/exercises/{exercise}"), &Value::Null).await;
        let pages = told["pages"].as_array().unwrap();
        assert!(pages.iter().any(|one| one["page"] == page), "{told}");
        for (headers, solved) in [(Vec::new(), false), (wrong, false), (right, true)] {
            let headers: BTreeMap<_, _> = headers.into_iter().collect();
            let body = json!({ "exercise": exercise, "headers": headers });
            let told = visitor.plays(&body).await;
            assert_eq!(told["check"]["solved"], solved, "{body}: {}", told["check"]);
        }
    }
    visitor.leaves().await;
}
