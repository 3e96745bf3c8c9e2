//! The HTML report: what its text promises, and what it does in a real browser.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod browser;
mod sample;

use coopwright::report::html::{Page, render};

#[test]
fn the_same_data_gives_the_same_bytes() {
    assert_eq!(render(&sample::page()), render(&sample::page()));
}

#[test]
fn a_matrix_of_1200_cells_stays_small() {
    let page = Page { matrices: vec![sample::large()], ..Page::default() };
    assert_eq!(page.matrices[0].cells.len(), 1200);
    let size = render(&page).len();
    assert!(size < 200_000, "{size} bytes");
}

#[test]
fn four_thousand_different_cells_stay_below_five_megabytes() {
    let mut matrix = sample::large();
    for (number, cell) in matrix.cells.iter_mut().enumerate() {
        for response in &mut cell.responses {
            response.headers.push(("X-Request".to_owned(), format!("{number:064}")));
        }
    }
    let page = Page { matrices: vec![matrix; 4], ..Page::default() };
    let size = render(&page).len();
    assert!(size < 5_000_000, "{size} bytes");
}

#[test]
fn hostile_texts_stay_in_the_data() {
    let html = render(&sample::page());
    let open = html.matches("<script").count();
    assert_eq!(open, 2, "the data and the script");
    assert_eq!(html.matches("</script").count(), open);
    assert!(!html.contains("<img"));
}
