//! Sites with made-up names: a proxy that plays all of them, with certificates of an authority of its own.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::Ran;

/// The sites, and what they were asked.
pub(crate) struct World {
    folder: TempDir,
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) url: String,
    headers: Vec<(String, String)>,
}

impl Seen {
    /// The value of a header line.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.headers.iter().find(|(line, _)| line.eq_ignore_ascii_case(name));
        line.map(|(_, value)| value.as_str())
    }
}

struct Sites {
    answers: HashMap<String, String>,
    issuer: Issuer<'static, KeyPair>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl World {
    /// With these answers: an address (`OPTIONS` before it for preflights), and status, header lines, an
    /// empty line and the body; `cut` ends the connection instead, `hang` leaves it as it is.
    pub(crate) fn new(answers: &[(&str, &str)]) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // Two authorities of one name would be taken for each other.
        params.distinguished_name.push(DnType::CommonName, format!("authority of {port}"));
        let folder = tempfile::tempdir().unwrap();
        let pem = pem(params.self_signed(&key).unwrap().der());
        std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answers = answers.iter().map(|(url, answer)| (url.to_string(), answer.to_string()));
        let sites = Sites {
            answers: answers.collect(),
            issuer: Issuer::new(params, key),
            seen: Arc::clone(&seen),
        };
        let sites = Arc::new(sites);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sites = Arc::clone(&sites);
                // A client that goes away ends it.
                std::thread::spawn(move || sites.converse(stream));
            }
        });
        Self { folder, port, seen }
    }

    /// `coopwright inspect` with these arguments, in a folder of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coopwright"));
        command
            .arg("inspect")
            .args(arguments)
            .args(["--upstream-proxy", &format!("http://127.0.0.1:{}", self.port)])
            .args(["--upstream-ca", "ca.pem"])
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        for proxy in ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            command.env_remove(proxy).env_remove(proxy.to_ascii_lowercase());
        }
        command
    }

    pub(crate) fn inspect(&self, arguments: &[&str]) -> Ran {
        Ran::from_command(&mut self.command(arguments))
    }

    /// An address of this machine at which the sites' proxy itself answers.
    pub(crate) fn here(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}/", self.port)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Sites {
    fn converse(&self, mut stream: TcpStream) -> Option<()> {
        let mut first = [0];
        stream.peek(&mut first).ok()?;
        if first[0] == 0x16 {
            return self.secure("localhost", stream);
        }
        let head = head(&mut stream)?;
        let target = head.split(' ').nth(1)?.to_owned();
        if head.starts_with("CONNECT ") {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
            return self.secure(target.split(':').next()?, stream);
        }
        self.answer(&mut stream, &head, "http://")
    }

    fn secure(&self, host: &str, stream: TcpStream) -> Option<()> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)
            .unwrap();
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let head = head(&mut stream)?;
        self.answer(&mut stream, &head, "https://")?;
        stream.conn.send_close_notify();
        stream.flush().ok()
    }

    fn answer(&self, stream: &mut (impl Read + Write), head: &str, scheme: &str) -> Option<()> {
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let seen = Seen { method, url: String::new(), headers };
        let host = seen.header("host").unwrap_or_default();
        let url = if target.starts_with('/') { format!("{scheme}{host}{target}") } else { target };
        let key = if seen.method == "OPTIONS" { format!("OPTIONS {url}") } else { url.clone() };
        self.seen.lock().unwrap().push(Seen { url, ..seen });
        let answer = self.answers.get(&key).map_or("404", String::as_str);
        match answer {
            "cut" => return None,
            "hang" => drop(stream.read(&mut [0])),
            _ => {}
        }
        let (head, body) = answer.split_once("\n\n").unwrap_or((answer, ""));
        let head = head.replace('\n', "\r\n");
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        // Bytes as they are written, in Latin-1.
        let bytes: Vec<u8> = answer.chars().map(|char| char as u8).collect();
        stream.write_all(&bytes).ok()?;
        stream.flush().ok()
    }
}

/// The head of a request.
fn head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn pem(der: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
