//! One HTML file that shows a run: matrices as heat maps, the other units as a list, and in both what each
//! browser shows beside the others.
//!
//! The file needs nothing else: style, script and data are inside, and its content security policy lets
//! it load nothing and run nothing but that script. The script builds the page from the data, by text
//! nodes only, so a hostile header value stays a text.

mod data;
mod jobs;
mod matrices;
mod moments;
mod units;
mod wire;

use super::page::{Frame, PAGE_STYLE};

pub use data::{
    AttemptView, AttemptsView, AxisView, BrokenView, BrowserView, CellView, ChangedView, FactView,
    MatrixColumn, MatrixView, MomentView, Page, PageTotals, PictureView, ReasonView, ResponseView,
    SnapshotView, UnitColumn, UnitView, WindowView,
};
pub use jobs::JobView;

/// The script's parts, in the order in which they build on each other.
const SCRIPT: &[&str] = &[
    include_str!("assets/base.js"),
    include_str!("assets/browsers.js"),
    include_str!("assets/parts.js"),
    include_str!("assets/outcome.js"),
    include_str!("assets/apart.js"),
    include_str!("assets/layout.js"),
    include_str!("assets/grid.js"),
    include_str!("assets/arrange.js"),
    include_str!("assets/notes.js"),
    include_str!("assets/matrix.js"),
    include_str!("assets/panel.js"),
    include_str!("assets/address.js"),
    include_str!("assets/flow.js"),
    include_str!("assets/evidence.js"),
    include_str!("assets/units.js"),
    include_str!("assets/overview.js"),
    include_str!("assets/head.js"),
    include_str!("assets/main.js"),
];

/// The style's parts.
const STYLE: &[&str] = &[
    PAGE_STYLE,
    include_str!("assets/matrix.css"),
    include_str!("assets/flow.css"),
    include_str!("assets/evidence.css"),
];

/// The page as one self-contained HTML document. The same data gives the same bytes.
#[must_use]
pub fn render(page: &Page) -> String {
    // One function around all parts: nothing of the page leaks into the global scope.
    let script = format!("(() => {{\n\"use strict\";\n{}\n}})();\n", SCRIPT.join("\n"));
    let body = format!(
        "<noscript><p>This report draws itself with a script inside this file. Allow it, or read the \
         console report.</p></noscript>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n",
        data = wire::json(page),
    );
    Frame { title: &page.title, style: STYLE, body: &body, script: Some(&script) }.document()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_leave_its_element() {
        let page =
            Page { title: "</title><img src=x onerror=alert(1)>".to_owned(), ..Page::default() };
        let html = render(&page);
        assert!(html.contains("<title>&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;</title>"));
        assert!(!html.contains("<img"), "also not in the data");
    }

    #[test]
    fn the_parts_reach_for_nothing_outside_and_write_no_html() {
        for text in SCRIPT.iter().chain(STYLE) {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "fetch(",
                "XMLHttpRequest",
                "@import",
                "url(",
                "//www.",
                "</script",
                "</style",
                "<!--",
            ] {
                assert!(!text.contains(word), "`{word}` in an asset");
            }
        }
    }

    #[test]
    fn style_and_script_are_allowed_by_their_hashes_only() {
        let html = render(&Page::default());
        let policy = html.split("content=\"").nth(1).and_then(|rest| rest.split('"').next());
        let policy = policy.unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert_eq!(policy.matches("'sha256-").count(), 2);
        assert!(!policy.contains("unsafe"));
    }
}
