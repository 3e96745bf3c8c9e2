//! A unit with everything that a run can leave behind, hostile wherever a page or a server has a say; and a walk
//! through what the report makes of it.

use coopwright::browser::Session;
use coopwright::observation::Event;
use coopwright::report::html::{
    AttemptView, AttemptsView, ChangedView, FactView, MomentView, PictureView, UnitView, WindowView,
};
use serde_json::json;

use crate::browser::{click, press, value};
use crate::sample::HOSTILE;
use crate::units;

const ESCAPE: &str = "\u{e00c}";
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// The address of the unit.
const ADDRESS: &str = "#unit=site-wide-same-origin-login/evidence";

/// The unit. Its popup is cut, and the app believes it to be closed.
pub(crate) fn unit() -> UnitView {
    let mut unit = units::unit("evidence", "case", "all that there can be", "severed", "cancelled");
    unit.config = vec![
        ("nginx".to_owned(), "add_header Cross-Origin-Opener-Policy unsafe-none;".to_owned()),
        ("express".to_owned(), HOSTILE.to_owned()),
    ];
    for column in &mut unit.columns {
        column.verdict = "flaky".to_owned();
        column.duration_ms = 1234;
        column.facts.push(FactView {
            name: "login.open".to_owned(),
            observed: Some("yes".to_owned()),
            predicted: None,
        });
        column.windows = vec![window("main", None, false), window("login", Some("main"), false)];
        column.windows.push(window(HOSTILE, Some("login"), true));
        column.moments = moments();
        column.console = vec!["Refused to connect".to_owned(), HOSTILE.to_owned()];
        let picture = |name: &str, at_end| PictureView {
            name: name.to_owned(),
            at_end,
            png: PIXEL.to_owned(),
        };
        column.pictures = vec![picture(HOSTILE, false), picture("main", true)];
        column.attempts = attempts();
    }
    unit
}

fn window(name: &str, from: Option<&str>, frame: bool) -> WindowView {
    WindowView { name: name.to_owned(), from: from.map(ToOwned::to_owned), frame }
}

fn attempts() -> AttemptsView {
    let attempt = |verdict: &str, wrong: Option<&str>| AttemptView {
        verdict: verdict.to_owned(),
        wrong: wrong.map(ToOwned::to_owned),
        duration_ms: 900,
    };
    AttemptsView {
        each: vec![attempt("failed", Some(HOSTILE)), attempt("passed", None)],
        changed: vec![ChangedView {
            cell: None,
            fact: "login.opener".to_owned(),
            values: vec![Some("connected".to_owned()), Some("severed".to_owned())],
        }],
    }
}

fn moments() -> Vec<MomentView> {
    let text = ToOwned::to_owned;
    let moment = |window: Option<&str>, event: Event| MomentView {
        at_ms: 5,
        window: window.map(ToOwned::to_owned),
        event,
        deciding: false,
    };
    let (main, login) = (Some("main"), Some("login"));
    let answered =
        |page: &str| Event::Answered { method: text("GET"), page: text(page), answer: text("200") };
    let shows = |page: &str, opener: Option<&str>| Event::Shows {
        page: text(page),
        opener: opener.map(ToOwned::to_owned),
    };
    let mut deciding = moment(login, answered("auth:/authorize"));
    deciding.deciding = true;
    vec![
        moment(main, answered("app:/")),
        moment(main, shows("app:/", None)),
        moment(
            main,
            Event::Opens {
                popup: Some(text("login")),
                how: Some(text("direct")),
                handle: text("handle"),
            },
        ),
        deciding,
        moment(login, Event::Cut { from: text("main") }),
        moment(login, shows("auth:/authorize", Some("severed"))),
        moment(main, Event::ReadsClosed { popup: text("login") }),
        moment(main, Event::Login { outcome: text("cancelled"), detail: Some(text(HOSTILE)) }),
        moment(Some(HOSTILE), shows(HOSTILE, None)),
        moment(Some(HOSTILE), Event::Embeds { page: text(HOSTILE) }),
        moment(
            login,
            Event::Sends { message: text(HOSTILE), to: text("opener"), outcome: text("no-window") },
        ),
        moment(login, Event::Returns { via: text("opener"), outcome: text("no-opener") }),
        moment(
            main,
            Event::Message {
                message: text(HOSTILE),
                from: text("auth"),
                verdict: Some(text("rejected: wrong origin")),
            },
        ),
        moment(main, Event::Message { message: text("hello"), from: text(HOSTILE), verdict: None }),
        moment(main, Event::Result { verdict: text("accepted") }),
        moment(login, Event::ScriptError { message: text(HOSTILE) }),
        moment(login, Event::Restored { page: text("auth:/authorize") }),
        moment(login, Event::Notes { note: text(HOSTILE) }),
        moment(None, answered("auth:/token")),
    ]
}

/// What the report makes of the unit; the page is open.
pub(crate) async fn walk(session: &Session, url: &str) {
    // From the overview to the unit, which is named by the address from then on.
    let in_grid = format!(".grid-overview td a[href='{ADDRESS}']");
    session.goto("about:blank").await.unwrap();
    session.goto(url).await.unwrap();
    let signs = "[...document.querySelectorAll('.grid-overview tbody tr')].map((row) => \
                 [...row.querySelectorAll('td')].map((cell) => cell.innerText.replaceAll(' ', '')))";
    assert_eq!(value(session, signs).await, json!([["✓✓✗✓✓✓~", "✓✓✓✓–✗~", "✓✓✓!✓✓~"]]));
    click(session, &in_grid).await;
    assert_eq!(value(session, "location.hash").await, ADDRESS);
    let focused = "document.activeElement.closest('.unit').querySelector('.name').textContent";
    assert_eq!(value(session, focused).await, "evidence");
    session.goto("about:blank").await.unwrap();
    session.goto(&format!("{url}{ADDRESS}")).await.unwrap();
    assert_eq!(value(session, focused).await, "evidence");
    let head = "document.querySelector('.unit.named summary').innerText";
    let head = value(session, head).await;
    assert!(head.as_str().unwrap().contains("not the same each time: login.opener"), "{head}");
    let notice = value(session, "document.querySelector('.incomplete').innerText").await;
    assert_eq!(notice, "The run was interrupted. 2 units were not run.");

    diagram(session).await;
    evidence(session).await;

    // The key that leads to the search, and what is printed.
    press(session, ".unit.named summary", "/").await;
    assert_eq!(value(session, "document.activeElement.type").await, "search");
    let all = "dispatchEvent(new Event('beforeprint')) \
               && [...document.querySelectorAll('.unit[open] details')].every((e) => e.open)";
    assert_eq!(value(session, all).await, true);
    let wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(value(session, wide).await, 0, "nothing stands out at the side");
    assert_eq!(value(session, "typeof window.harmed").await, "undefined");
    assert_eq!(value(session, "document.scripts.length").await, 2);
}

/// Equal in all browsers, so drawn once.
async fn diagram(session: &Session) {
    let count = async |selector: &str| {
        let all = format!("document.querySelectorAll('.unit.named {selector}').length");
        value(session, &all).await
    };
    assert_eq!(count(".flow").await, 1);
    assert_eq!(count(".flow ol > li").await, moments().len());
    assert_eq!(count(".flow .lane.deciding").await, 1);
    assert_eq!(count(".flow .lane.cut").await, 1);
    assert_eq!(count(".flow .arrow.opens.right").await, 1);
    assert_eq!(count(".flow .arrow.message.bad").await, 1);
    // `closed` reads true from there to the end, and the window is open.
    assert_eq!(count(".flow .lane.lie").await, moments().len() - 6);
    let said =
        "[...document.querySelectorAll('.unit.named .flow .said')].map((e) => e.textContent)";
    let said = value(session, said).await;
    let said: Vec<&str> = said.as_array().unwrap().iter().filter_map(|e| e.as_str()).collect();
    assert_eq!(said[4], "login is in another browsing context group: link cut to main");
    assert_eq!(said[6], "main reads login.closed: true, and the window is still open");
    assert!(
        said[12].starts_with("</script><script>window.harmed=1</script><img src=x"),
        "{}",
        said[12]
    );
    assert!(said[12].ends_with("from auth reaches main: rejected: wrong origin"), "{}", said[12]);
    // An arrow ends where the lane is, within its own row.
    let placed = "(() => { const arrow = document.querySelector('.unit.named .arrow.opens'); \
                  const row = arrow.closest('li').getBoundingClientRect(); \
                  const box = arrow.getBoundingClientRect(); \
                  return box.width > 10 && box.top >= row.top && box.bottom <= row.bottom; })()";
    assert_eq!(value(session, placed).await, true);
}

async fn evidence(session: &Session) {
    // Pictures come in and can be enlarged.
    let loaded = "[...document.querySelectorAll('.unit.named img')].map((e) => e.naturalWidth)";
    value(session, "document.querySelector('.unit.named .pictures').scrollIntoView()").await;
    let decoded = "return Promise.all([...document.querySelectorAll('.unit.named img')].map((e) => { e.loading = 'eager'; return e.decode(); })).then(() => true)";
    assert_eq!(session.execute(decoded, Vec::new()).await.unwrap(), true);
    assert_eq!(value(session, loaded).await, json!([1, 1, 1, 1, 1, 1]));
    click(session, ".unit.named .pictures button").await;
    assert_eq!(value(session, "document.querySelector('dialog').open").await, true);
    press(session, "dialog .close", ESCAPE).await;
    assert_eq!(value(session, "document.querySelector('dialog')").await, json!(null));

    // The console, the attempts and the configuration are texts.
    // A driver may scroll it under the names that stay in sight.
    let scroll = "document.querySelector('.unit.named .fold').scrollIntoView({ block: 'center' })";
    value(session, scroll).await;
    click(session, ".unit.named .fold summary").await;
    let console = value(session, "document.querySelector('.unit.named .fold pre').innerText").await;
    assert!(
        console.as_str().unwrap().contains("Refused to connect\n</script><script>"),
        "{console}"
    );
    let attempts =
        value(session, "document.querySelector('.unit.named .attempts').innerText").await;
    assert!(attempts.as_str().unwrap().contains("<img src=x"), "{attempts}");
    let changed =
        "[...document.querySelectorAll('.unit.named .changed td')].map((e) => e.textContent)";
    assert_eq!(value(session, changed).await, json!(["connected", "severed"]));
    let config = "document.querySelector('.unit.named .config pre').textContent";
    let before = value(session, config).await;
    assert!(before.as_str().unwrap().starts_with("add_header"), "{before}");
    click(session, ".unit.named .choices button:nth-child(2)").await;
    let after = value(session, config).await;
    assert!(after.as_str().unwrap().starts_with("</script>"), "{after}");
}
