//! A driver process with everything that it starts: own process group, own folder, own log.
//!
//! Drivers leave their browsers behind when they are killed, so the *group* is killed. A guard (a
//! shell that waits on a pipe from us) does the same when coopwright itself is killed and cannot.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Lines of a driver's output that are kept to explain a failure.
const LOG_LINES: usize = 60;

/// How long to read on what an ended driver has printed.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// When the pipe closes without a word, kill the group (`$1`) and remove the folder (`$2`). A browser
/// that is being killed may still write into its profile, so removing is tried more than once.
const GUARD: &str = r#"read -r _ && exit 0
kill -9 "-$1" 2>/dev/null
for _ in 1 2 3 4 5; do rm -rf -- "$2" 2>/dev/null && exit 0; done"#;

/// Finds the port in a line of a driver's greeting.
pub(super) type PortIn = fn(&str) -> Option<u16>;

/// A running driver.
#[derive(Debug)]
pub(super) struct Driver {
    child: Child,
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

/// A folder for one driver and its browser, below the system's folder for temporary files.
pub(super) fn folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("coopwright-").tempdir()
}

impl Driver {
    /// Starts `program` in a group of its own, with `folder` as its TMPDIR, and waits until a line of
    /// its output gives a port by `port_in`.
    ///
    /// # Errors
    /// A text that says what happened, with the driver's output, if it ends or stays silent until
    /// `limit`.
    pub(super) async fn start(
        program: &Path,
        arguments: &[&str],
        folder: tempfile::TempDir,
        port_in: PortIn,
        limit: Duration,
    ) -> Result<(Self, u16), String> {
        let say =
            |error: std::io::Error| format!("`{}` cannot be started: {error}", program.display());
        let mut child = Command::new(program)
            .args(arguments)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(say)?;
        let group = Pid::from_raw(child.id().and_then(|id| i32::try_from(id).ok()).unwrap_or(0));
        let mut guard = guard(group, folder.path()).map_err(say)?;
        let pipe = guard.stdin.take();
        let log = Log::default();
        let (found, port) = oneshot::channel();
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let readers = [
            keep_log(stdout, log.clone(), Some((port_in, found))),
            keep_log(stderr, log.clone(), None),
        ];
        let mut driver = Self { child, group, log, guard, pipe, folder: Some(folder) };
        let fault = tokio::select! {
            port = port => match port {
                Ok(port) => return Ok((driver, port)),
                Err(_) => "ended before it was ready".to_owned(),
            },
            status = driver.child.wait() => match status {
                Ok(status) => format!("ended before it was ready ({status})"),
                Err(error) => format!("ended before it was ready ({error})"),
            },
            () = tokio::time::sleep(limit) => format!("was not ready within {} s", limit.as_secs()),
        };
        driver.kill();
        // Its last words may still be in the pipes.
        for reader in readers {
            let _ = tokio::time::timeout(LAST_WORDS, reader).await;
        }
        let log = driver.log.text();
        driver.end().await;
        Err(format!("`{}` {fault}; it said:\n{log}", program.display()))
    }

    /// What the driver printed last.
    pub(super) fn log(&self) -> String {
        self.log.text()
    }

    /// The folder of this driver.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.as_ref().map_or_else(PathBuf::new, |folder| folder.path().to_owned())
    }

    /// Whether the driver's process has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Kills the group, waits for the driver, removes the folder, and lets the guard go.
    pub(super) async fn end(mut self) {
        self.kill();
        let _ = self.child.wait().await;
        self.remove_folder().await;
        if let Some(mut pipe) = self.pipe.take() {
            let _ = pipe.write_all(b"done\n").await;
        }
        let _ = self.guard.wait().await;
    }

    fn kill(&self) {
        // Group 0 would be our own.
        if self.group.as_raw() > 0 {
            let _ = killpg(self.group, Signal::SIGKILL);
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

impl Drop for Driver {
    /// Where [`Driver::end`] was not reached (a panic, a dropped runtime) the guard finishes the work:
    /// its pipe closes with this value.
    fn drop(&mut self) {
        if self.folder.is_some() {
            self.kill();
        }
    }
}

fn guard(group: Pid, folder: &Path) -> std::io::Result<Child> {
    Command::new("/bin/sh")
        .args(["-c", GUARD, "coopwright-guard", &group.to_string()])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

fn keep_log(
    output: impl AsyncRead + Unpin + Send + 'static,
    log: Log,
    mut port: Option<(PortIn, oneshot::Sender<u16>)>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((port_in, found)) = port.take() {
                match port_in(&line) {
                    Some(number) => drop(found.send(number)),
                    None => port = Some((port_in, found)),
                }
            }
            log.push(line);
        }
    })
}
