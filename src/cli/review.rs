//! `coopwright review`: accept or reject changed snapshots, one by one at a terminal or all by flag.
//!
//! What waits, and what accepting does, is [`coopwright::snapshot`]'s; this is the talk about it.

use std::io::{self, Write};
use std::path::PathBuf;

use console::{Key, Style};
use coopwright::snapshot::{Mode, OpenError, Pending, Store, StoreError, visible};
use coopwright::suite::snapshot_folders;

/// Nothing waits for review any more, or all that was asked for is done.
const DONE: u8 = 0;

/// Snapshots still wait for review.
const WAITING: u8 = 1;

/// Accept or reject changed snapshots
///
/// At a terminal, shows each change and asks. Ends with 1 if snapshots are left undecided; --list and
/// --diff only show. Takes the same PATHS as `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReviewArgs {
    /// Scenario files, folders of them, or folders of snapshots [default: scenarios]
    #[arg(value_name = "PATHS")]
    paths: Vec<PathBuf>,

    /// List what waits for review
    #[arg(long, group = "action")]
    list: bool,

    /// Show each change
    #[arg(long, group = "action")]
    diff: bool,

    /// Accept without asking
    #[arg(long, group = "action")]
    accept: bool,

    /// Reject without asking
    #[arg(long, group = "action")]
    reject: bool,

    /// Only the snapshot of this name, as listed; can be given again
    #[arg(long = "snapshot", value_name = "NAME")]
    snapshots: Vec<String>,
}

/// A name that waits nowhere.
#[derive(Debug, thiserror::Error)]
#[error("no snapshot named `{name}` waits for review")]
pub(crate) struct UnknownSnapshot {
    name: String,
    nearest: Option<String>,
}

impl UnknownSnapshot {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match &self.nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`coopwright review --list` lists the names".to_owned(),
        }
    }
}

/// What becomes of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Accept,
    Reject,
    Skip,
}

/// Reviews and gives the exit code.
///
/// `keys` is read only at a terminal, and need not block for ever: its end ends the review.
pub(crate) fn review(
    args: &ReviewArgs,
    out: &mut dyn Write,
    keys: &mut dyn FnMut() -> io::Result<Key>,
    is_terminal: bool,
) -> anyhow::Result<u8> {
    let asks = is_terminal && !(args.list || args.diff || args.accept || args.reject);
    let changes = asks || args.accept || args.reject;
    let stores = open(args, if changes { Mode::Pending } else { Mode::ReadOnly })?;
    let waiting = waiting(&stores, &args.snapshots)?;
    if waiting.is_empty() {
        writeln!(out, "No snapshot waits for review.")?;
        return Ok(DONE);
    }
    let mut talk = Talk { out, color: is_terminal && console::colors_enabled() };
    if args.accept || args.reject {
        let choice = if args.accept { Choice::Accept } else { Choice::Reject };
        talk.settle_all(&waiting, choice)?;
        Ok(DONE)
    } else if args.list {
        talk.list(&waiting)?;
        Ok(DONE)
    } else if args.diff {
        talk.changes(&waiting)?;
        Ok(DONE)
    } else if asks {
        let left = talk.ask(&waiting, keys)?;
        Ok(if left == 0 { DONE } else { WAITING })
    } else {
        talk.changes(&waiting)?;
        talk.list(&waiting)?;
        let hint = "review them at a terminal, or decide by flag: --accept or --reject,\n      \
                    with --snapshot NAME for one of them";
        writeln!(talk.out, "hint: {hint}")?;
        Ok(WAITING)
    }
}

/// The folders, held until the review ends: a run must not write to them meanwhile.
fn open(args: &ReviewArgs, mode: Mode) -> anyhow::Result<Vec<Store>> {
    let folders = snapshot_folders(&args.paths)?;
    let stores: Result<_, OpenError> = folders.iter().map(|dir| Store::open(dir, mode)).collect();
    Ok(stores?)
}

/// What waits in the stores and has one of the names, if any are given.
fn waiting(stores: &[Store], names: &[String]) -> anyhow::Result<Vec<Pending>> {
    let pending: Result<Vec<_>, StoreError> = stores.iter().map(Store::pending).collect();
    let mut pending: Vec<Pending> = pending?.into_iter().flatten().collect();
    if names.is_empty() {
        return Ok(pending);
    }
    for name in names {
        if !pending.iter().any(|found| found.name == *name) {
            let likeness = |known: &str| strsim::normalized_damerau_levenshtein(name, known);
            let known = pending.iter().map(|found| &found.name);
            let nearest = known
                .filter(|known| likeness(known) >= 0.6)
                .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
            let nearest = nearest.cloned();
            return Err(UnknownSnapshot { name: name.clone(), nearest }.into());
        }
    }
    pending.retain(|found| names.contains(&found.name));
    Ok(pending)
}

/// The talk with whoever reviews.
struct Talk<'a> {
    out: &'a mut dyn Write,
    color: bool,
}

impl Talk<'_> {
    /// The names by folder, then how many.
    fn list(&mut self, waiting: &[Pending]) -> io::Result<()> {
        let mut folder = None;
        for pending in waiting {
            if folder != pending.path.parent() {
                folder = pending.path.parent();
                let shown = folder.map(|dir| dir.display().to_string()).unwrap_or_default();
                writeln!(self.out, "{}", visible(&shown))?;
            }
            writeln!(self.out, "  {:<7}  {}", kind(pending), visible(&pending.name))?;
        }
        let new = waiting.iter().filter(|pending| pending.old.is_none()).count();
        let changed = waiting.len() - new;
        let verb = if waiting.len() == 1 { "waits" } else { "wait" };
        let all = count(waiting.len());
        writeln!(self.out, "{all} {verb} for review: {new} new, {changed} changed.")
    }

    /// Every change, one after another.
    fn changes(&mut self, waiting: &[Pending]) -> io::Result<()> {
        for (index, pending) in waiting.iter().enumerate() {
            self.change(pending, index, waiting.len())?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    /// One change with what is known about it.
    fn change(&mut self, pending: &Pending, index: usize, of: usize) -> io::Result<()> {
        let bold = Style::new().bold().force_styling(self.color);
        let name = visible(&pending.name);
        let place = format!("({} of {of})", index + 1);
        writeln!(self.out, "{} {} {place}", kind(pending), bold.apply_to(name))?;
        let new = &pending.new;
        for line in [&new.description, &new.source].into_iter().filter(|line| !line.is_empty()) {
            writeln!(self.out, "  {}", visible(line))?;
        }
        for (name, value) in &new.info {
            writeln!(self.out, "  {}: {}", visible(name), visible(value))?;
        }
        write!(self.out, "\n{}", pending.diff().render(self.color))
    }

    /// Does the same to all of them.
    fn settle_all(&mut self, waiting: &[Pending], choice: Choice) -> anyhow::Result<()> {
        for pending in waiting {
            self.settle(pending, choice)?;
        }
        let done = if choice == Choice::Accept { "accepted" } else { "rejected" };
        writeln!(self.out, "{} {done}.", count(waiting.len()))?;
        Ok(())
    }

    fn settle(&mut self, pending: &Pending, choice: Choice) -> anyhow::Result<()> {
        let done = match choice {
            Choice::Accept => {
                pending.accept()?;
                "accepted"
            }
            Choice::Reject => {
                pending.reject()?;
                "rejected"
            }
            Choice::Skip => "skipped ",
        };
        writeln!(self.out, "{done}  {}", visible(&pending.name))?;
        Ok(())
    }

    /// Shows and asks, one by one; gives how many are left.
    fn ask(
        &mut self,
        waiting: &[Pending],
        keys: &mut dyn FnMut() -> io::Result<Key>,
    ) -> anyhow::Result<usize> {
        let (mut accepted, mut rejected) = (0, 0);
        let mut for_all = None;
        for (index, pending) in waiting.iter().enumerate() {
            let choice = match for_all {
                Some(choice) => choice,
                None => {
                    if index > 0 {
                        writeln!(self.out)?;
                    }
                    self.change(pending, index, waiting.len())?;
                    let prompt = "[a]ccept  [r]eject  [s]kip  [A]ccept all  [R]eject all  [q]uit";
                    write!(self.out, "\n{prompt}")?;
                    self.out.flush()?;
                    let answer = answer(keys)?;
                    writeln!(self.out)?;
                    let Some((choice, all)) = answer else { break };
                    for_all = all.then_some(choice);
                    choice
                }
            };
            self.settle(pending, choice)?;
            accepted += usize::from(choice == Choice::Accept);
            rejected += usize::from(choice == Choice::Reject);
        }
        let left = waiting.len() - accepted - rejected;
        writeln!(self.out, "{accepted} accepted, {rejected} rejected, {left} left.")?;
        Ok(left)
    }
}

/// The answer, and whether it is meant for all that follow; none to quit.
fn answer(keys: &mut dyn FnMut() -> io::Result<Key>) -> io::Result<Option<(Choice, bool)>> {
    loop {
        return Ok(match keys() {
            Ok(Key::Char('a')) => Some((Choice::Accept, false)),
            Ok(Key::Char('r')) => Some((Choice::Reject, false)),
            Ok(Key::Char('s')) => Some((Choice::Skip, false)),
            Ok(Key::Char('A')) => Some((Choice::Accept, true)),
            Ok(Key::Char('R')) => Some((Choice::Reject, true)),
            // Without a terminal `console` gives unknown keys without end; Ctrl-D is its own
            // character, as the terminal is raw while it is read.
            Ok(Key::Char('q' | '\u{4}') | Key::Escape | Key::CtrlC | Key::Unknown) => None,
            Ok(_) => continue,
            Err(fault) if is_end(&fault) => None,
            Err(fault) => return Err(fault),
        });
    }
}

fn is_end(fault: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, NotConnected, UnexpectedEof};
    matches!(fault.kind(), Interrupted | NotConnected | UnexpectedEof)
}

fn kind(pending: &Pending) -> &'static str {
    if pending.old.is_some() { "changed" } else { "new" }
}

fn count(snapshots: usize) -> String {
    if snapshots == 1 { "1 snapshot".to_owned() } else { format!("{snapshots} snapshots") }
}

#[cfg(test)]
mod tests;
