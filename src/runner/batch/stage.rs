//! One stage for all cells of a batch: equal pages are served once, different ones on paths of their
//! own; and cells that start from the same documents are a group.

use std::collections::HashMap;

use fixtures_server::page::{Page, PageUrl, Plan, Redirect, Serve, Site};
use fixtures_server::{Server, Stage};
use indexmap::IndexMap;

use super::shape::{Act, Shape, page_of};
use crate::runner::error::UnitError;
use crate::scenario::{Matrix, Unit};

/// Cells in flight. More gain nothing on two cores.
const LANES: usize = 8;
/// The origin from which documents are opened that have no opener of their own.
const NEUTRAL: &str = "coopwright-neutral";

/// Cells that share the documents from which they are done.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) cells: Vec<usize>,
}

/// What a document is: its page with all redirects before it.
type Content = Vec<(String, Page)>;

/// The groups of some cells, in the order of their first cells.
pub(super) fn groups(
    matrix: &Matrix,
    shapes: &[Shape<'_>],
    cells: impl IntoIterator<Item = usize>,
) -> Vec<Group> {
    type Frame = Option<(Content, Option<String>, String)>;
    let mut groups: Vec<(Option<(Content, Frame)>, Group)> = Vec::new();
    for cell in cells {
        let (unit, shape) = (&matrix.cells[cell], &shapes[cell]);
        let frame = |frame: &crate::scenario::Frame| {
            (content(unit, &frame.url), frame.allow.clone(), frame.r#as.clone())
        };
        let key = match shape.act {
            Act::Nothing => None,
            _ => Some((content(unit, shape.main), shape.frame.map(frame))),
        };
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.cells.push(cell),
            None => groups.push((key, Group { cells: vec![cell] })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn content(unit: &Unit, url: &PageUrl) -> Content {
    let mut content = Vec::new();
    let mut next = Some(url);
    while let (Some(url), true) = (next, content.len() < 20) {
        let page = page_of(unit, url).cloned().unwrap_or_default();
        content.push((url.to_string(), page));
        next = match page_of(unit, url).and_then(|page| page.serve.as_ref()) {
            Some(Serve::Redirect(redirect)) => Some(&redirect.to),
            _ => None,
        };
    }
    content
}

/// The stage of a batch, and where each cell's pages are on it.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) stage: Stage,
    /// By cell and page of the scenario: the page on this stage.
    pages: HashMap<(usize, String), PageUrl>,
}

impl Staged {
    /// Puts the pages of these groups on stage.
    pub(super) fn new(
        matrix: &Matrix,
        shapes: &[Shape<'_>],
        groups: &[Group],
        server: &Server,
    ) -> Result<Self, UnitError> {
        let mut builder = Builder::default();
        for cell in groups.iter().flat_map(|group| &group.cells) {
            let (unit, shape) = (&matrix.cells[*cell], &shapes[*cell]);
            let mut urls = vec![shape.main];
            urls.extend(shape.frame.map(|frame| &frame.url));
            match &shape.act {
                Act::Nothing => {}
                Act::Popup(popup) => urls.push(&popup.url),
                Act::Embed(embeds) => urls.extend(embeds.iter().map(|embed| embed.url())),
            }
            for url in urls {
                builder.place(*cell, unit, url);
            }
        }
        let mut sites = matrix.first().plan.sites.clone();
        for lane in 0..LANES {
            sites.insert(format!("coopwright-ctl-{lane}"), Site::default());
        }
        sites.insert(NEUTRAL.to_owned(), Site::default());
        builder.plan.insert(neutral(), Page::default());
        let plan = Plan { sites, pages: builder.plan };
        Ok(Self { stage: server.stage(plan)?, pages: builder.placed })
    }

    /// The address of a page of a cell, with what the document there is in the batch.
    pub(super) fn url(&self, cell: usize, url: &PageUrl, role: &str) -> String {
        let page = &self.pages[&(cell, url.without_query().to_owned())];
        let query = url.path_and_query().split_once('?').map(|(_, query)| format!("&{query}"));
        self.address(page, role, &query.unwrap_or_default())
    }

    /// The address of the page without an opener policy.
    pub(super) fn neutral_url(&self) -> String {
        self.address(&neutral(), "host.0.0", "")
    }

    /// The page on this stage, if the cell needs it.
    pub(super) fn page(&self, cell: usize, url: &PageUrl) -> Option<&PageUrl> {
        self.pages.get(&(cell, url.without_query().to_owned()))
    }

    fn address(&self, page: &PageUrl, role: &str, query: &str) -> String {
        let url = self.stage.url(page).expect("the page's site is in the plan");
        // What the page adds to the role comes last.
        format!(
            "{url}?{}__coopwright={role}",
            query.strip_prefix('&').map_or_else(String::new, |query| format!("{query}&"))
        )
    }
}

fn neutral() -> PageUrl {
    format!("{NEUTRAL}:/").parse().expect("a constant")
}

#[derive(Default)]
struct Builder {
    plan: IndexMap<PageUrl, Page>,
    placed: HashMap<(usize, String), PageUrl>,
    /// Where a page of some content is.
    known: HashMap<String, PageUrl>,
    /// How many different pages a path has.
    count: HashMap<String, usize>,
}

impl Builder {
    /// Puts a page and those that it redirects to on stage.
    fn place(&mut self, cell: usize, unit: &Unit, url: &PageUrl) -> PageUrl {
        let key = (cell, url.without_query().to_owned());
        if let Some(page) = self.placed.get(&key) {
            return page.clone();
        }
        // In a circle of redirects the first page leads to itself as it is in the scenario.
        self.placed.insert(key.clone(), url.clone());
        let mut page = page_of(unit, url).cloned().unwrap_or_default();
        if let Some(Serve::Redirect(Redirect { to })) = &mut page.serve {
            let query = to.path_and_query().split_once('?').map(|(_, query)| query.to_owned());
            let target = self.place(cell, unit, to);
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            *to = format!("{target}{query}").parse().unwrap_or(target);
        }
        // What an endpoint has done is counted by its page: such pages are not shared.
        let own = if matches!(page.serve, Some(Serve::Action(_))) {
            cell.to_string()
        } else {
            String::new()
        };
        let content =
            format!("{} {own} {}", key.1, serde_json::to_string(&page).unwrap_or_default());
        let place = match self.known.get(&content) {
            Some(place) => place.clone(),
            None => {
                let place = self.free(url);
                self.plan.insert(place.clone(), page);
                self.known.insert(content, place.clone());
                place
            }
        };
        self.placed.insert(key, place.clone());
        place
    }

    /// The page's own path, or one that no page has.
    fn free(&mut self, url: &PageUrl) -> PageUrl {
        loop {
            let number = self.count.entry(url.without_query().to_owned()).or_default();
            let place = match number {
                0 => url.without_query().to_owned(),
                _ => format!("{}:/~{number}{}", url.site(), url.path()),
            };
            *number += 1;
            match place.parse() {
                Ok(place) if !self.plan.contains_key(&place) => return place,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Job, parse};

    const HOPS: &str = "version: 1
title: t
sites: { app: {}, auth: {} }
axes: { main: ['', so], hop: ['', so], last: ['', so] }
pages:
  app:/: { headers: 'Cross-Origin-Opener-Policy: {main}' }
  auth:/hop: { serve: { redirect: { to: app:/last } }, headers: 'Cross-Origin-Opener-Policy: {hop}' }
  app:/last: { headers: 'Cross-Origin-Opener-Policy: {last}' }
steps:
  - open: { url: app:/ }
  - popup: { as: popup, url: auth:/hop }
variants: { only: { kind: case, title: t } }
";

    fn matrix() -> Matrix {
        match parse("m.yaml", HOPS).map(|scenario| scenario.jobs().remove(0)) {
            Ok(Job::Matrix(matrix)) => Matrix::clone(&matrix),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn equal_pages_are_served_once_and_redirects_follow() {
        let matrix = matrix();
        let mut builder = Builder::default();
        let (hop, main): (PageUrl, PageUrl) =
            ("auth:/hop".parse().unwrap(), "app:/".parse().unwrap());
        for (cell, unit) in matrix.cells.iter().enumerate() {
            builder.place(cell, unit, &main);
            builder.place(cell, unit, &hop);
        }
        let shown = builder.plan.iter().map(|(url, page)| match &page.serve {
            Some(Serve::Redirect(redirect)) => format!("{url} -> {}", redirect.to),
            _ => url.to_string(),
        });
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
        app:/
        app:/last
        auth:/hop -> app:/last
        app:/~1/last
        auth:/~1/hop -> app:/~1/last
        auth:/~2/hop -> app:/last
        auth:/~3/hop -> app:/~1/last
        app:/~1/
        ");
    }

    #[test]
    fn cells_with_the_same_opener_are_a_group() {
        let matrix = matrix();
        let shapes: Vec<Shape<'_>> =
            matrix.cells.iter().map(|unit| Shape::of(unit, &[]).unwrap()).collect();
        let groups = groups(&matrix, &shapes, 0..8);
        let cells: Vec<&[usize]> = groups.iter().map(|group| &group.cells[..]).collect();
        assert_eq!(cells, [&[0, 1, 2, 3][..], &[4, 5, 6, 7]]);
    }
}
