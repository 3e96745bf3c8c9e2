//! The progress display on a terminal. Never needed to understand the result.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use coopwright::scenario::Unit;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on stderr; nothing where stderr is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    names: Vec<String>,
    running: BTreeMap<usize, String>,
}

impl Progress {
    /// For these units.
    pub(crate) fn new(units: &[Arc<Unit>]) -> Self {
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(Some(units.len() as u64), target);
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} {bar:20} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message("starting the browser");
        bar.enable_steady_tick(Duration::from_millis(120));
        let names = units.iter().map(|unit| unit.name()).collect();
        Self { bar, names, running: BTreeMap::new() }
    }

    /// The browsers have started.
    pub(crate) fn browsers_are_up(&mut self) {
        self.bar.set_message("");
    }

    /// A unit has begun.
    pub(crate) fn began(&mut self, index: usize) {
        self.running.insert(index, self.names[index].clone());
        self.show();
    }

    /// A unit has ended.
    pub(crate) fn ended(&mut self, index: usize) {
        self.running.remove(&index);
        self.bar.inc(1);
        self.show();
    }

    fn show(&self) {
        let running: Vec<&str> = self.running.values().map(String::as_str).collect();
        self.bar.set_message(running.join(" · "));
    }

    /// A line that stays.
    pub(crate) fn note(&self, text: &str) {
        self.bar.println(text);
    }

    /// Prints something else while the bar is out of the way.
    pub(crate) fn aside(&self, print: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
