//! Headers as the shop's owners might deploy them, each as the change that they make to their servers and
//! as the rollout that says the same, with what was seen by hand in the three browsers.

use super::stack::Setup;
use super::visit::ALL;

const OPENER: &str = "Cross-Origin-Opener-Policy";
const EMBEDDER: &str = "Cross-Origin-Embedder-Policy";

/// A change of headers.
pub(crate) struct Deployment {
    pub(crate) name: &'static str,
    /// What the owners change on their servers.
    pub(crate) deploy: fn(Setup) -> Setup,
    /// The rules of a rollout with the same effect.
    pub(crate) rules: &'static str,
    /// Where it is rehearsed. It is really deployed in all three browsers; the rehearsal puts the same
    /// headers on the same way whichever browser asks, so that each has three of the deployments, and all
    /// have the one in which they differ most.
    pub(crate) rehearsed_in: &'static str,
    /// What is then so.
    pub(crate) shows: &'static [Shown],
    /// Why something is not as the scenario expects: a part of the page's name and the header line.
    pub(crate) names: &'static [Named],
}

/// A fact by scenario and name, with its value in Chromium, Firefox and WebKit.
pub(crate) struct Shown {
    pub(crate) scenario: &'static str,
    pub(crate) fact: &'static str,
    pub(crate) values: [&'static str; 3],
}

/// What the cause of a failed scenario names, in these browsers.
pub(crate) struct Named {
    pub(crate) scenario: &'static str,
    pub(crate) browsers: &'static [&'static str],
    pub(crate) page: &'static str,
    pub(crate) line: &'static str,
}

impl Deployment {
    /// The scenarios of which it tells.
    pub(crate) fn scenarios(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.shows.iter().map(|shown| format!("shop/{}", shown.scenario)).collect();
        names.dedup();
        names
    }
}

const ENGINES: &[&str] = &["chromium", "firefox", "webkit"];
const POPUP: &str = "popup-login";
const LEGACY: &str = "legacy-login";
const EDITOR: &str = "editor-login";
const WIDGET: &str = "widget-login";
const GALLERY: &str = "gallery";
const SAME_ORIGIN: &str = "Cross-Origin-Opener-Policy: same-origin";

const fn all(scenario: &'static str, fact: &'static str, value: &'static str) -> Shown {
    Shown { scenario, fact, values: [value; 3] }
}

const fn named(scenario: &'static str, page: &'static str) -> Named {
    Named { scenario, browsers: ENGINES, page, line: SAME_ORIGIN }
}

/// The pages that open popups, and the landing pages, without any opener policy.
fn without(setup: Setup) -> Setup {
    ["/", "/legacy", "/callback", "/legacy/callback"]
        .into_iter()
        .fold(setup, |setup, path| setup.remove("app", path, OPENER))
}

/// The table. The first row is the shop as it is.
pub(crate) const DEPLOYMENTS: &[Deployment] = &[
    Deployment {
        name: "as the site is: helmet's defaults",
        deploy: |setup| setup,
        rules: "",
        rehearsed_in: "",
        shows: &[
            all(POPUP, "login.opener", "severed"),
            all(POPUP, "login.open", "no"),
            all(POPUP, "main.login", "completed"),
            all(LEGACY, "login.opener", "severed"),
            all(LEGACY, "login.handle", "reads-closed"),
            all(LEGACY, "login.open", "yes"),
            all(LEGACY, "main.login", "cancelled"),
            all(EDITOR, "main.isolated", "no"),
            // The popup of a frame is kept, until its own landing page cuts it off.
            all(WIDGET, "widget.login", "waiting"),
            all(GALLERY, "main.isolated", "no"),
            all(
                GALLERY,
                "pictures.value",
                "/picture.png is there\n/open.png is there\n/shared.png is there",
            ),
        ],
        names: &[
            named(POPUP, "app:/"),
            named(LEGACY, "app:/legacy"),
            named(WIDGET, "app:/callback"),
        ],
    },
    Deployment {
        name: "allow-popups on the pages that sign in, nothing on the landing pages",
        deploy: |setup| {
            setup
                .set("app", "/", OPENER, "same-origin-allow-popups")
                .set("app", "/legacy", OPENER, "same-origin-allow-popups")
                .remove("app", "/callback", OPENER)
                .remove("app", "/legacy/callback", OPENER)
        },
        rules: "
  - { site: app, path: [/, /legacy], set: { Cross-Origin-Opener-Policy: same-origin-allow-popups } }
  - { site: app, path: [/callback, /legacy/callback], remove: Cross-Origin-Opener-Policy }
",
        rehearsed_in: ALL,
        // The libraries open an empty popup first, and WebKit cuts that off when it goes elsewhere.
        shows: &[
            Shown {
                scenario: POPUP,
                fact: "login.opener",
                values: ["connected", "connected", "severed"],
            },
            all(POPUP, "main.login", "completed"),
            Shown {
                scenario: LEGACY,
                fact: "main.login",
                values: ["completed", "completed", "cancelled"],
            },
            Shown { scenario: LEGACY, fact: "login.open", values: ["no", "no", "yes"] },
            all(WIDGET, "widget.login", "completed"),
        ],
        names: &[Named {
            scenario: LEGACY,
            browsers: &["webkit"],
            page: "app:/legacy",
            line: "Cross-Origin-Opener-Policy: same-origin-allow-popups",
        }],
    },
    Deployment {
        name: "nothing on the pages that sign in and on the landing pages",
        deploy: without,
        rules: "
  - site: app
    path: [/, /legacy, /callback, /legacy/callback]
    remove: Cross-Origin-Opener-Policy
",
        rehearsed_in: "chromium",
        shows: &[
            all(POPUP, "login.opener", "connected"),
            all(POPUP, "login.open", "no"),
            all(POPUP, "main.login", "completed"),
            all(LEGACY, "login.opener", "connected"),
            all(LEGACY, "login.open", "no"),
            all(LEGACY, "main.login", "completed"),
            all(WIDGET, "widget.login", "completed"),
        ],
        names: &[],
    },
    Deployment {
        name: "allow-popups on the pages that sign in, the landing pages forgotten",
        deploy: |setup| {
            setup.set("app", "/", OPENER, "same-origin-allow-popups").set(
                "app",
                "/legacy",
                OPENER,
                "same-origin-allow-popups",
            )
        },
        rules: "
  - site: app
    path: [/, /legacy]
    set: { Cross-Origin-Opener-Policy: same-origin-allow-popups }
",
        rehearsed_in: "webkit",
        shows: &[
            all(POPUP, "main.login", "completed"),
            all(LEGACY, "login.opener", "severed"),
            all(LEGACY, "login.open", "yes"),
            all(LEGACY, "main.login", "cancelled"),
        ],
        names: &[Named {
            scenario: LEGACY,
            browsers: &["chromium", "firefox"],
            page: "app:/legacy/callback",
            line: SAME_ORIGIN,
        }],
    },
    Deployment {
        name: "the identity provider sends same-origin on the hop after the login form",
        deploy: |setup| without(setup).set("idp", "/auth/*", OPENER, "same-origin"),
        rules: "
  - site: app
    path: [/, /legacy, /callback, /legacy/callback]
    remove: Cross-Origin-Opener-Policy
  - { site: idp, path: /auth/*, set: { Cross-Origin-Opener-Policy: same-origin } }
",
        rehearsed_in: "firefox",
        shows: &[
            all(POPUP, "login.opener", "severed"),
            all(POPUP, "main.login", "completed"),
            all(LEGACY, "login.opener", "severed"),
            all(LEGACY, "main.login", "cancelled"),
        ],
        names: &[named(POPUP, "idp:/auth/"), named(LEGACY, "idp:/auth/")],
    },
    Deployment {
        name: "nginx adds helmet's header once more",
        deploy: |setup| {
            setup.nginx(
                "app",
                "server",
                "add_header Cross-Origin-Opener-Policy same-origin always;",
            )
        },
        rules: "
  - { site: app, add: { Cross-Origin-Opener-Policy: same-origin } }
",
        rehearsed_in: "chromium",
        shows: &[
            all(POPUP, "login.opener", "connected"),
            all(LEGACY, "login.opener", "connected"),
            all(LEGACY, "main.login", "completed"),
            all(EDITOR, "main.isolated", "no"),
        ],
        names: &[],
    },
    // A location with an `add_header` of its own has none of the server's.
    Deployment {
        name: "isolation on the editor and the gallery",
        deploy: |setup| {
            setup
                .set("app", "/editor", EMBEDDER, "require-corp")
                .set("app", "/gallery", EMBEDDER, "require-corp")
                .set("cdn", "/picture.png", "Cross-Origin-Resource-Policy", "cross-origin")
                .set("cdn", "/library.js", "Cross-Origin-Resource-Policy", "cross-origin")
        },
        rules: "
  - site: app
    path: [/editor, /gallery]
    set: { Cross-Origin-Embedder-Policy: require-corp }
  - site: cdn
    path: [/picture.png, /library.js]
    set: { Cross-Origin-Resource-Policy: cross-origin }
",
        rehearsed_in: "firefox,webkit",
        shows: &[
            all(EDITOR, "main.isolated", "yes"),
            all(EDITOR, "main.login", "completed"),
            all(GALLERY, "main.isolated", "yes"),
            all(
                GALLERY,
                "pictures.value",
                "/picture.png is there\n/open.png is there\n/shared.png is there",
            ),
        ],
        names: &[],
    },
    // From a frame of another site, `window.open` gives null: nobody reports that.
];
