//! A folder with scenarios, the program run in it, and a look at what it leaves behind.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// A project folder in which the program is run, with a TMPDIR of its own.
pub(crate) struct Project {
    folder: TempDir,
}

/// How a run of the program ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    /// A project with one scenario.
    pub(crate) fn with(scenario: &str) -> Self {
        let project = Self::new();
        project.write("scenarios/flow.yaml", scenario);
        project
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// In Chromium alone, where the arguments name no browser: what is the same in all is shown once.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coopwright"));
        let drives = matches!(arguments[0], "run" | "doctor" | "rehearse")
            || arguments.contains(&"--observe");
        command.args(arguments);
        if drives && !arguments.contains(&"--browser") {
            command.args(["--browser", "chromium"]);
        }
        command
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            .env("NO_COLOR", "1")
            .env_remove("CI")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs with `--json`, and gives the document as well. That of a run is what its schema describes.
    pub(crate) fn json(&self, arguments: &[&str]) -> (Ran, Value) {
        let ran = self.run(&[arguments, &["--json"]].concat());
        let document = serde_json::from_str(&ran.out);
        let document = document.unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.out, ran.err));
        if arguments[0] == "run" {
            let said = validator().iter_errors(&document);
            let said: Vec<String> =
                said.map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(said.is_empty(), "src/report/schema.json: {said:#?}");
        }
        (ran, document)
    }

    /// Fails if a process or a temporary file of this project is still there.
    pub(crate) fn assert_nothing_left(&self) {
        let tmp = self.path("tmp");
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let processes = processes_with(&tmp);
            let files: Vec<_> = fs::read_dir(&tmp).unwrap().flatten().map(|e| e.path()).collect();
            if processes.is_empty() && files.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "left: {processes:?} {files:?}");
            std::thread::yield_now();
        }
    }

    /// The browser's main process of a run in this project.
    pub(crate) fn browser(&self) -> Pid {
        let browsers = processes_with(&self.path("tmp")).into_iter().filter(|(_, line)| {
            line.contains("--user-data-dir=")
                && !line.contains("--type=")
                && !line.contains("crashpad")
        });
        browsers.map(|(pid, _)| pid).next().expect("a browser is running")
    }
}

impl Ran {
    /// Runs a command that was prepared further.
    pub(crate) fn from_command(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n-- stdout\n{}-- stderr\n{}", self.code, self.out, self.err)
    }
}

/// What holds the document of a run against its schema.
pub(crate) fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| jsonschema::validator_for(&coopwright::report::schema()).unwrap());
    &VALIDATOR
}

/// Processes whose command line or environment names `folder`: TMPDIR is below it.
fn processes_with(folder: &Path) -> Vec<(Pid, String)> {
    let folder = folder.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        if line.contains(folder) || environment.contains(folder) {
            found.push((Pid::from_raw(pid), line));
        }
    }
    found
}

/// The children of a process.
pub(crate) fn children(parent: u32) -> Vec<(Pid, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((name, rest)) = stat.rsplit_once(") ") else { continue };
        if rest.split(' ').nth(1) == Some(&parent.to_string()) {
            let name = name.split_once('(').map_or("", |(_, name)| name);
            found.push((Pid::from_raw(pid), name.to_owned()));
        }
    }
    found
}

/// A run that stands still in a page until the test lets it go: the page asks [`Halt`] for something
/// and never gets it.
pub(crate) struct Halt {
    port: u16,
    reached: Receiver<()>,
}

impl Halt {
    pub(crate) fn new() -> Self {
        Self::of("")
    }

    /// Only browsers whose `User-Agent` names `agent` stand still; the others are answered.
    pub(crate) fn of(agent: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (reach, reached) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                    head.push(byte[0]);
                }
                if String::from_utf8_lossy(&head).contains(agent) {
                    held.push(stream);
                    if reach.send(()).is_err() {
                        return;
                    }
                } else {
                    let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                    let _ = stream.write_all(answer);
                }
            }
        });
        Self { port, reached }
    }

    /// What a page asks for to be heard of.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// A scenario whose first variant stands still, and whose second does not.
    pub(crate) fn scenario(&self) -> String {
        let url = self.url();
        format!(
            "version: 1
title: Stands still
sites: {{ app: {{}} }}
pages: {{ 'app:/': {{}} }}
variants:
  halts:
    kind: case
    title: waits for an answer that never comes
    steps:
      - open: {{ url: app:/ }}
      - evaluate: {{ as: halt, script: \"await fetch('{url}', {{ mode: 'no-cors' }})\" }}
  goes-on:
    kind: case
    title: is not touched by the other
    steps:
      - open: {{ url: app:/ }}
    expect: {{ main.secure-context: yes }}
"
        )
    }

    /// Returns once a page stands still; fails if the run ends before.
    pub(crate) fn reached(&mut self, running: &mut Running) {
        while self.reached.recv_timeout(Duration::from_millis(20)).is_err() {
            assert!(running.0.try_wait().unwrap().is_none(), "the run ended too soon");
        }
    }
}

/// A run in the background.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command(arguments);
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), signal).unwrap();
    }

    pub(crate) fn end(self) -> Ran {
        Ran::from(self.0.wait_with_output().unwrap())
    }
}

/// A program that says something and ends.
pub(crate) fn fake(folder: &Path, name: &str, says: &str) {
    script(folder, name, &format!("echo '{says}'"));
}

/// A program that is a shell script.
pub(crate) fn script(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}
