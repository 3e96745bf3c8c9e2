//! The progress display on a terminal. Never needed to understand the result.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use coopwright::scenario::Job;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on stderr; nothing where stderr is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// The name of each job, and how many units it has.
    jobs: Vec<(String, usize)>,
    /// The jobs at work, each with how many of its units have ended.
    running: BTreeMap<usize, usize>,
}

impl Progress {
    /// For these jobs in so many browsers; every cell of a matrix counts. `title` tells several runs of one
    /// command apart.
    pub(crate) fn new(jobs: &[Job], browsers: usize, title: &str) -> Self {
        let target = ProgressDrawTarget::stderr();
        let jobs: Vec<_> = jobs.iter().map(|job| (job.name(), job.size() * browsers)).collect();
        let units: usize = jobs.iter().map(|(_, size)| size).sum();
        let bar = ProgressBar::with_draw_target(Some(units as u64), target);
        let style =
            ProgressStyle::with_template("{spinner} {prefix}{pos}/{len} {bar:20} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        if !title.is_empty() {
            bar.set_prefix(format!("{title}: "));
        }
        bar.set_message("starting the browsers");
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, jobs, running: BTreeMap::new() }
    }

    /// The browsers have started.
    pub(crate) fn browsers_are_up(&mut self) {
        self.bar.set_message("");
    }

    /// A job has begun.
    pub(crate) fn began(&mut self, index: usize) {
        self.running.insert(index, 0);
        self.show();
    }

    /// So many units of a job have ended.
    pub(crate) fn ended(&mut self, index: usize, count: usize) {
        self.bar.inc(count as u64);
        if let Some(done) = self.running.get_mut(&index) {
            *done += count;
            if *done >= self.jobs[index].1 {
                self.running.remove(&index);
            }
        }
        self.show();
    }

    /// So many units of a job are run once more.
    pub(crate) fn again(&mut self, index: usize, count: usize) {
        self.bar.inc_length(count as u64);
        self.jobs[index].1 += count;
        self.running.entry(index).or_insert(self.jobs[index].1 - count);
    }

    fn show(&self) {
        let running = self.running.iter().map(|(index, done)| match &self.jobs[*index] {
            (name, 1) => name.clone(),
            (name, size) => format!("{name} {done}/{size}"),
        });
        self.bar.set_message(running.collect::<Vec<_>>().join(" · "));
    }

    /// A line that stays, in a log as well.
    pub(crate) fn note(&self, text: &str) {
        // Who does not read stderr misses nothing that the result does not tell.
        self.bar.suspend(|| drop(writeln!(io::stderr(), "{text}")));
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
