//! How a run talks while it goes on, and what it leaves: the console's text, then all reports.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use coopwright::event::{JobReport, RunEvent};
use coopwright::report::{Console, Results, RunInfo, ShardOf, Totals, count};
use coopwright::runner::{RunEnd, Wish};
use coopwright::scenario::Job;
use coopwright::snapshot::Outcome;
use tokio::sync::watch;

use super::exit;
use super::gathered::Gathered;
use super::last_run::LastRun;
use super::progress::Progress;
use super::reporters::{self, for_terminal, write_all};
use super::run::{Part, RunArgs};
use super::running::{note_unreturned, save_pictures};
use super::trace::{Keep, save_trace};

/// See the module.
pub(super) struct Talk<'a> {
    args: &'a RunArgs,
    console: Console,
    progress: Progress,
    out: &'a mut dyn Write,
    totals: Totals,
    gathered: Gathered,
    info: RunInfo,
    /// For each job, its number among those of all shards.
    numbers: Vec<usize>,
    shard: Option<ShardOf>,
    /// Snapshots that were written.
    updated: usize,
    fault: Option<io::Error>,
    /// Whether a picture or trace could not be written.
    incomplete: bool,
    stop: watch::Sender<Wish>,
    places: String,
}

impl<'a> Talk<'a> {
    /// For a run of these jobs in so many browsers; `places` says where the sites are.
    pub(super) fn new(
        args: &'a RunArgs,
        jobs: &[Job],
        browsers: usize,
        part: Part,
        places: String,
        out: &'a mut dyn Write,
        stop: watch::Sender<Wish>,
    ) -> Self {
        let width = usize::from(console::Term::stdout().size().1);
        let width = if io::stdout().is_terminal() { width } else { 80 };
        Self {
            args,
            console: Console::new(jobs, width, console::colors_enabled() && !args.json),
            progress: Progress::new(jobs, browsers, ""),
            out,
            totals: Totals::default(),
            gathered: Gathered::default(),
            info: info(args),
            numbers: part.numbers,
            shard: part.shard,
            updated: 0,
            fault: None,
            incomplete: false,
            stop,
            places,
        }
    }

    /// Tells something, or remembers it.
    pub(super) fn hear(&mut self, event: RunEvent) {
        let said = match event {
            RunEvent::Started { browsers, startup } => {
                self.info.startup = startup;
                self.progress.browsers_are_up();
                let text = self.console.begin(&browsers, &self.places);
                self.info.browsers = browsers;
                self.say(&text)
            }
            RunEvent::Began { index } => {
                self.progress.began(index);
                Ok(())
            }
            RunEvent::Ended { index, count } => {
                self.progress.ended(index, count);
                Ok(())
            }
            RunEvent::BrowserRestarted { browser, reason } => {
                let first = reason.lines().next().unwrap_or_default().to_owned();
                self.progress.note(&format!("{} was started anew: {first}", browser.title()));
                Ok(())
            }
            RunEvent::Attempt { report, times, again } => {
                if let Some(count) = again {
                    self.progress.again(report.index(), count);
                    self.again(&report, times);
                }
                self.trace(&report, times);
                Ok(())
            }
            RunEvent::Finished(reports) => self.finished(reports),
        };
        if let Err(error) = said {
            // Nobody listens any more, or nothing can be written: going on would be for nothing.
            self.fault.get_or_insert(error);
            self.stop.send_replace(Wish::Stop);
        }
    }

    /// A job is run once more: that is told unless it was wanted anyway.
    fn again(&self, report: &JobReport, times: usize) {
        if report.verdict().is_bad() {
            let unit = report.unit();
            let name = format!("{} › {}", unit.scenario, report.variant());
            let (verdict, browser) = (report.verdict().name(), report.browser().browser.title());
            self.progress.note(&format!("{name}: attempt {times} in {browser}: {verdict}"));
        }
    }

    fn trace(&mut self, report: &JobReport, times: usize) {
        let saved = save_trace(&self.args.output, self.args.trace, report, times, &self.info);
        self.saved(saved);
    }

    /// What could not be written does not keep the run from its end; it is told once.
    fn saved(&mut self, saved: io::Result<()>) {
        let Err(error) = saved else { return };
        if !self.incomplete {
            let folder = self.args.output.display();
            self.progress
                .note(&format!("error: pictures or traces are missing in `{folder}`: {error}"));
        }
        self.incomplete = true;
    }

    fn finished(&mut self, mut reports: Vec<JobReport>) -> io::Result<()> {
        let Some(index) = reports.first().map(JobReport::index) else { return Ok(()) };
        let many = reports.len() > 1;
        for report in &mut reports {
            self.totals.add(report.verdict());
            self.updated += usize::from(report.snapshot() == Some(&Outcome::Updated));
            let saved = save_pictures(&self.args.output, report, many);
            self.saved(saved);
            // Where there were several attempts, each was told.
            if !self.args.times().are_several() {
                self.trace(report, 1);
            }
            if let JobReport::Unit(unit) = report
                && !unit.verdict.is_bad()
                && self.args.trace != Keep::On
            {
                unit.last_looks.clear();
            }
        }
        self.gathered.take(self.numbers[index], &reports);
        if self.args.json {
            return Ok(());
        }
        let text = self.console.take(reports);
        self.say(&text)
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        if self.args.json || text.is_empty() {
            return Ok(());
        }
        let text = for_terminal(text, &self.args.reporters);
        let out = &mut *self.out;
        self.progress.aside(|| out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// The reports of a shard that has nothing to do: it is not missing.
    pub(super) fn nothing(args: &RunArgs, part: Part) -> anyhow::Result<u8> {
        let results = Gathered::default().results(&info(args), &Totals::default(), part.shard);
        if args.json {
            writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&results.document)?)?;
        } else {
            writeln!(io::stdout(), "nothing is left for this shard to do")?;
        }
        let written = write_all(&args.reporters, &results, args.json)?;
        Ok(exit::of_run(&results.document, false, written))
    }

    /// The last words, then the reports, also of a run that was interrupted; gives the exit code.
    pub(super) fn end(mut self, ended: RunEnd, whole: Duration) -> anyhow::Result<u8> {
        self.progress.end();
        note_unreturned(ended.unreturned)?;
        self.totals.left = ended.left;
        self.info.duration = whole;
        self.info.interrupted = ended.interrupted && self.fault.is_none();
        let gathered = std::mem::take(&mut self.gathered);
        let results = gathered.results(&self.info, &self.totals, self.shard.take());
        if self.fault.is_none() {
            self.fault = self.last_words(&results, whole).err();
        }
        let written = write_all(&self.args.reporters, &results, self.args.json)?;
        if let Err(error) = LastRun::write(&results.document, &self.args.output) {
            let folder = self.args.output.display();
            writeln!(
                io::stderr(),
                "note: nothing for --last-failed was kept in `{folder}`: {error:#}"
            )?;
        }
        if let Some(fault) = self.fault {
            return Err(fault.into());
        }
        let written = written && !self.incomplete;
        Ok(exit::of_run(&results.document, self.args.fail_on_flaky, written))
    }

    fn last_words(&mut self, results: &Results, whole: Duration) -> io::Result<()> {
        if self.args.json {
            let text = serde_json::to_string_pretty(&results.document)?;
            return writeln!(self.out, "{text}");
        }
        let rest = self.console.rest();
        let mut failures = self.console.failures();
        failures += &self.console.findings();
        let summary = self.console.summary(&self.totals, self.info.startup, whole);
        let interrupted = if self.info.interrupted { "interrupted: " } else { "" };
        let text = format!("{rest}{failures}{interrupted}{summary}");
        self.out.write_all(for_terminal(&text, &self.args.reporters).as_bytes())?;
        if self.updated > 0 {
            writeln!(self.out, "{} updated", count(self.updated, "snapshot"))?;
        }
        Ok(())
    }
}

/// In what surroundings, as far as that is known before.
fn info(args: &RunArgs) -> RunInfo {
    RunInfo {
        command: reporters::command(std::env::args().skip(1)),
        browsers: Vec::new(),
        headless: !args.running.headed,
        startup: Duration::ZERO,
        duration: Duration::ZERO,
        interrupted: false,
    }
}
