//! Programs in the background, in a process group of their own, and requests to them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, geteuid};

/// How long a program may take to be ready.
const LIMIT: Duration = Duration::from_secs(120);

/// A program that runs until the test ends.
pub(crate) struct Background {
    child: Child,
    said: Arc<(Mutex<Said>, Condvar)>,
}

#[derive(Default)]
struct Said {
    lines: Vec<String>,
    /// Nothing can come any more.
    ended: bool,
}

impl Background {
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        // Both into one pipe, so that the order is that of the program.
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer.try_clone().unwrap()).stderr(writer).process_group(0);
        let child = command.spawn().unwrap_or_else(|error| panic!("`{program}`: {error}"));
        // The command holds the writing end.
        drop(command);
        let said = Arc::<(Mutex<Said>, Condvar)>::default();
        let told = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                told.0.lock().unwrap().lines.push(line);
                told.1.notify_all();
            }
            told.0.lock().unwrap().ended = true;
            told.1.notify_all();
        });
        Self { child, said }
    }

    /// Returns once it has said this.
    pub(crate) fn says(&self, words: &str) {
        self.hear(words, |line| line.contains(words).then_some(()));
    }

    /// The first number that it says in a line of its own.
    pub(crate) fn number(&self) -> u16 {
        self.hear("a number", |line| line.trim().parse().ok())
    }

    /// The first line from which `find` makes something.
    pub(crate) fn hear<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let (said, told) = &*self.said;
        let end = Instant::now() + LIMIT;
        let mut said = said.lock().unwrap();
        loop {
            if let Some(found) = said.lines.iter().find_map(|line| find(line)) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            let never = said.ended || left.is_zero();
            assert!(!never, "never said {what}:\n{}", said.lines.join("\n"));
            said = told.wait_timeout(said, left).unwrap().0;
        }
    }

    /// All that it has said.
    pub(crate) fn text(&self) -> String {
        self.said.0.lock().unwrap().lines.join("\n")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        // Asked first: drivers end their browsers, which have groups of their own in part.
        let _ = killpg(group, Signal::SIGTERM);
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The executable of geckodriver, which `cargo install` puts beside cargo.
pub(crate) fn geckodriver() -> String {
    let cargo = std::path::Path::new(env!("CARGO")).with_file_name("geckodriver");
    let home = std::env::var_os("CARGO_HOME").map(std::path::PathBuf::from);
    let home =
        home.or_else(|| Some(std::path::PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let own = home.map(|home| home.join("bin/geckodriver"));
    let found = own.into_iter().chain([cargo]).find(|path| path.is_file());
    found.map_or_else(|| "geckodriver".to_owned(), |path| path.display().to_string())
}

/// What Chromium needs where its driver runs as root.
pub(crate) fn as_root() -> Vec<&'static str> {
    if geteuid().is_root() {
        vec!["--capability", r#"goog:chromeOptions={"args":["--no-sandbox"]}"#]
    } else {
        Vec::new()
    }
}

/// Asks a server on this machine, and gives the whole answer.
pub(crate) fn ask(port: u16, method: &str, path: &str, pair: Option<&str>, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let authorization =
        pair.map(|pair| format!("Authorization: Basic {pair}\r\n")).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorization}\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
    )
    .unwrap();
    // Not all of them close the connection when they are asked to.
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    while !is_whole(&answer) {
        match stream.read(&mut part).unwrap() {
            0 => break,
            length => answer.extend_from_slice(&part[..length]),
        }
    }
    String::from_utf8(answer).unwrap()
}

/// Whether nothing is missing of an answer: by its length, or by its last chunk.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    match length {
        Some(length) => body.len() >= length.trim().parse().unwrap(),
        None => head.contains("transfer-encoding: chunked") && body.ends_with("0\r\n\r\n"),
    }
}
