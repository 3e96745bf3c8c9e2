//! A server with one plan on stage, and a client that shows every byte.

use fixtures_server::page::{PageUrl, Plan};
use fixtures_server::{Entry, Exchange, Server, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server with one plan on stage.
pub(crate) struct Play {
    pub(crate) server: Server,
    pub(crate) stage: Stage,
}

/// A response as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Header lines without their line ends.
    pub(crate) lines: Vec<Vec<u8>>,
    pub(crate) body: String,
}

pub(crate) fn plan(yaml: &str) -> Plan {
    serde_saphyr::from_str(yaml).expect("the plan of a test is valid")
}

pub(crate) fn page(text: &str) -> PageUrl {
    text.parse().expect("a page")
}

impl Play {
    pub(crate) async fn of(yaml: &str) -> Self {
        let server = Server::bind_loopback(0).await.expect("a free port");
        let stage = server.stage(plan(yaml)).expect("a plan without faults");
        Self { server, stage }
    }

    /// `Host` of a site.
    pub(crate) fn host(&self, site: &str) -> String {
        self.stage.origin(site).expect("a site").replace("http://", "")
    }

    pub(crate) async fn get(&self, url: &str) -> Reply {
        self.send("GET", url, &[], "").await
    }

    /// Sends a request for `site:/path?query`.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let url = page(url);
        let mut request = format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            url.path_and_query(),
            self.host(url.site()),
            body.len()
        );
        for (name, value) in headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        request.extend(["\r\n", body]);
        exchange(self.server.port(), &request).await
    }

    pub(crate) async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Reply {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.send("POST", url, &[("Content-Type", "application/x-www-form-urlencoded")], &form)
            .await
    }

    /// The exchanges in the log.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let exchange = |entry| match entry {
            Entry::Exchange(exchange) => Some(exchange),
            Entry::Push(_) => None,
        };
        self.stage.entries(0).into_iter().filter_map(exchange).collect()
    }
}

/// Sends a request as written and reads until the server closes.
pub(crate) async fn exchange(port: u16, request: &str) -> Reply {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("the server answers");
    Reply::parse(&bytes)
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no response head in {bytes:?}"));
        let mut lines = bytes[..end]
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec());
        let status = String::from_utf8(lines.next().expect("a status line")).expect("ASCII");
        Self {
            status: status[9..12].parse().expect("a status"),
            lines: lines.collect(),
            body: String::from_utf8_lossy(&bytes[end + 4..]).into_owned(),
        }
    }

    /// The values of a header, as sent after `name: `.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let value = |line: &Vec<u8>| {
            let line = String::from_utf8_lossy(line).into_owned();
            let (found, value) = line.split_once(": ").expect("name, colon, space");
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        self.lines.iter().filter_map(value).collect()
    }

    /// The only value of a header.
    pub(crate) fn value(&self, name: &str) -> String {
        let values = self.values(name);
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        values.into_iter().next().expect("one value")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}
