//! A process with everything that it starts: own process group, own folder, own log. Drivers are such,
//! and the display of a browser that needs one.
//!
//! Drivers leave their browsers behind when they are killed, so the *group* is killed. A guard (a
//! shell that waits on a pipe from us) does the same when coopwright itself is killed and cannot.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Lines of a process's output that are kept to explain a failure.
const LOG_LINES: usize = 60;

/// Between two looks whether a process takes connections.
const LOOK: Duration = Duration::from_millis(5);

/// How long a process may take to end when it is asked to.
const ENDING: Duration = Duration::from_secs(2);

/// How long to read on what an ended process has printed.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// When the pipe closes without a word, send the group (`$1`) the signal (`$3`)
/// and remove the folder (`$2`). A browser
/// that is being killed may still write into its profile, so removing is tried more than once.
const GUARD: &str = r#"read -r _ && exit 0
kill "-$3" "-$1" 2>/dev/null
for _ in 1 2 3 4 5; do rm -rf -- "$2" 2>/dev/null && exit 0; done"#;

/// Finds a number in a line that a process prints once it is ready: a driver's port, a display.
pub(super) type NumberIn = fn(&str) -> Option<u16>;

/// How one knows that a process is ready.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ready {
    /// It prints a line with a number.
    Says(NumberIn),
    /// It takes connections at this port.
    Listens(u16),
}

/// What to start, and how.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    pub(super) program: &'a Path,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) ready: Ready,
    /// What ends the group. A driver's is killed; what cleans up behind itself is asked to end.
    pub(super) last_signal: Signal,
}

/// A running process and its group.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    last_signal: Signal,
    group: Pid,
    log: Log,
    guard: Child,
    pipe: Option<ChildStdin>,
    folder: Option<tempfile::TempDir>,
}

/// The last lines that a process printed.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LOG_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The lines, oldest first.
    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Vec::from_iter(lines.iter().map(String::as_str)).join("\n")
    }
}

/// A folder for one process, below the system's folder for temporary files.
pub(super) fn folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("coopwright-").tempdir()
}

impl Process {
    /// Starts a program in a group of its own, with `folder` as its TMPDIR, waits until it is ready, and
    /// gives its number: the port or display.
    ///
    /// # Errors
    /// A text that says what happened, with the program's output, if it ends or is not ready within
    /// `limit`.
    pub(super) async fn start(
        launch: Launch<'_>,
        folder: tempfile::TempDir,
        limit: Duration,
    ) -> Result<(Self, u16), String> {
        let Launch { program, arguments, environment, ready, last_signal } = launch;
        let say =
            |error: std::io::Error| format!("`{}` cannot be started: {error}", program.display());
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(say)?;
        let group = Pid::from_raw(child.id().and_then(|id| i32::try_from(id).ok()).unwrap_or(0));
        let mut guard = guard(group, folder.path(), last_signal).map_err(say)?;
        let pipe = guard.stdin.take();
        let log = Log::default();
        let (found, number) = oneshot::channel();
        let said = match ready {
            Ready::Says(number_in) => Some((number_in, found)),
            Ready::Listens(_) => None,
        };
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let readers = [keep_log(stdout, log.clone(), said), keep_log(stderr, log.clone(), None)];
        let mut process =
            Self { child, last_signal, group, log, guard, pipe, folder: Some(folder) };
        let number = async {
            match ready {
                Ready::Says(_) => number.await.ok(),
                Ready::Listens(port) => {
                    let mut tick = tokio::time::interval(LOOK);
                    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
                        tick.tick().await;
                    }
                    Some(port)
                }
            }
        };
        let fault = tokio::select! {
            number = number => match number {
                Some(number) => return Ok((process, number)),
                None => "ended before it was ready".to_owned(),
            },
            status = process.child.wait() => match status {
                Ok(status) => format!("ended before it was ready ({status})"),
                Err(error) => format!("ended before it was ready ({error})"),
            },
            () = tokio::time::sleep(limit) => format!("was not ready within {} s", limit.as_secs()),
        };
        process.signal(Signal::SIGKILL);
        // Its last words may still be in the pipes.
        for reader in readers {
            let _ = tokio::time::timeout(LAST_WORDS, reader).await;
        }
        let log = process.log.text();
        process.end().await;
        Err(format!("`{}` {fault}; it said:\n{log}", program.display()))
    }

    /// What it printed last.
    pub(super) fn log(&self) -> String {
        self.log.text()
    }

    /// Its folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.as_ref().map_or_else(PathBuf::new, |folder| folder.path().to_owned())
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Ends the group, waits for the process, removes the folder, and lets the guard go.
    pub(super) async fn end(mut self) {
        self.signal(self.last_signal);
        if tokio::time::timeout(ENDING, self.child.wait()).await.is_err() {
            self.signal(Signal::SIGKILL);
            let _ = self.child.wait().await;
        }
        self.remove_folder().await;
        if let Some(mut pipe) = self.pipe.take() {
            let _ = pipe.write_all(b"done\n").await;
        }
        let _ = self.guard.wait().await;
    }

    fn signal(&self, signal: Signal) {
        // Group 0 would be our own.
        if self.group.as_raw() > 0 {
            let _ = killpg(self.group, signal);
        }
    }

    /// Browser processes die a moment after the signal and may write until then.
    async fn remove_folder(&mut self) {
        let Some(folder) = self.folder.take() else { return };
        let path = folder.keep();
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        for _ in 0..200 {
            match std::fs::remove_dir_all(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tick.tick().await;
                }
                _ => return,
            }
        }
    }
}

impl Drop for Process {
    /// Where [`Process::end`] was not reached (a panic, a dropped runtime) the guard finishes the work:
    /// its pipe closes with this value.
    fn drop(&mut self) {
        if self.folder.is_some() {
            self.signal(self.last_signal);
        }
    }
}

fn guard(group: Pid, folder: &Path, signal: Signal) -> std::io::Result<Child> {
    Command::new("/bin/sh")
        .args(["-c", GUARD, "coopwright-guard", &group.to_string()])
        .arg(folder)
        .arg((signal as i32).to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

fn keep_log(
    output: impl AsyncRead + Unpin + Send + 'static,
    log: Log,
    mut wanted: Option<(NumberIn, oneshot::Sender<u16>)>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((number_in, found)) = wanted.take() {
                match number_in(&line) {
                    Some(number) => drop(found.send(number)),
                    None => wanted = Some((number_in, found)),
                }
            }
            log.push(line);
        }
    })
}
