//! Sites that are not ours, on this machine: Node.js programs of real packages, with or without nginx in
//! front, every header of theirs set by a [`Setup`].
//!
//! A changed setup, started anew, is what a deployment is to the owner of such sites.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::certificates;
use super::driver::{Background, free_port};

/// Who has an account, and the password.
pub(crate) const USER: &str = "ada";
pub(crate) const PASSWORD: &str = "correct-h0rse&staple";

/// What stands on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Estate {
    /// Express with helmet, oidc-provider, oidc-client-ts: `stack/main.mjs`.
    Shop,
    /// Plain Node.js, nothing of the shop's: `plain/main.mjs`.
    Plain,
}

impl Estate {
    fn program(self) -> &'static str {
        match self {
            Self::Shop => "stack/main.mjs",
            Self::Plain => "plain/main.mjs",
        }
    }

    /// Its sites: name, host on this machine, host as on the internet. All of different sites in the
    /// browsers' sense.
    fn sites(self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self {
            Self::Shop => &[
                ("app", "app-staging.localhost", "www.shop.example"),
                ("idp", "idp-staging.localhost", "login.identity.example"),
                ("api", "api-staging.localhost", "api.backend.example"),
                ("cdn", "cdn-elsewhere.localhost", "cdn.pictures.example"),
                ("portal", "portal-elsewhere.localhost", "portal.customer.example"),
            ],
            Self::Plain => &[
                ("store", "store-test.localhost", "store.books.example"),
                ("accounts", "accounts-test.localhost", "accounts.people.example"),
            ],
        }
    }
}

/// What stands before the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    /// Nothing: plain http to each program.
    None,
    /// nginx, plain http.
    Nginx,
    /// nginx that ends TLS, on names of this machine.
    Tls,
    /// The same on names and the port that no browser reaches without being told where.
    TlsElsewhere,
}

/// A change that a program makes to its own headers.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    site: &'static str,
    path: &'static str,
    name: &'static str,
    /// None takes the header away.
    value: Option<&'static str>,
}

/// Everything about the sites that can be configured.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    estate: Estate,
    front: Front,
    helmet: Vec<&'static str>,
    routes: Vec<Route>,
    /// Site, location (`server` for the site's own block), line.
    nginx: Vec<(&'static str, &'static str, &'static str)>,
}

impl Setup {
    /// The shop as its authors left it: helmet's defaults on the app.
    pub(crate) fn shop(front: Front) -> Self {
        let (routes, nginx) = (Vec::new(), Vec::new());
        Self { estate: Estate::Shop, front, helmet: vec!["app"], routes, nginx }
    }

    /// The other stack, without any header of interest.
    pub(crate) fn plain(front: Front) -> Self {
        Self { estate: Estate::Plain, helmet: Vec::new(), ..Self::shop(front) }
    }

    /// The program of `site` sends this header where `path` (with `*` and `**`) fits.
    pub(crate) fn set(
        mut self,
        site: &'static str,
        path: &'static str,
        name: &'static str,
        value: &'static str,
    ) -> Self {
        self.routes.push(Route { site, path, name, value: Some(value) });
        self
    }

    /// The program of `site` does not send this header where `path` fits.
    pub(crate) fn remove(
        mut self,
        site: &'static str,
        path: &'static str,
        name: &'static str,
    ) -> Self {
        self.routes.push(Route { site, path, name, value: None });
        self
    }

    /// A line of nginx's configuration, in a location (`= /editor`) or in the site's `server` block.
    pub(crate) fn nginx(
        mut self,
        site: &'static str,
        place: &'static str,
        line: &'static str,
    ) -> Self {
        assert!(self.front != Front::None, "no nginx stands before the programs");
        self.nginx.push((site, place, line));
        self
    }

    fn routes(&self) -> Value {
        let route = |Route { site, path, name, value }: &Route| match value {
            Some(value) => {
                json!({ "site": site, "path": path, "set": { *name: value }, "remove": [] })
            }
            None => json!({ "site": site, "path": path, "set": {}, "remove": [name] }),
        };
        self.routes.iter().map(route).collect()
    }
}

/// The sites, up and answering. They end with it.
pub(crate) struct Stack {
    // nginx ends before what stands behind it.
    nginx: Option<Background>,
    programs: Background,
    folder: TempDir,
    origins: BTreeMap<&'static str, String>,
    connect_to: BTreeMap<String, String>,
    tls: bool,
}

impl Stack {
    /// Starts them, and returns once they answer.
    pub(crate) fn start(setup: &Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sites = setup.estate.sites();
        let tls = matches!(setup.front, Front::Tls | Front::TlsElsewhere);
        let port = free_port();
        let own: Vec<u16> = match setup.front {
            Front::None => free_ports(sites.len()),
            Front::Nginx | Front::Tls | Front::TlsElsewhere => vec![0; sites.len()],
        };
        let mut origins = BTreeMap::new();
        let mut connect_to = BTreeMap::new();
        for ((name, local, elsewhere), own) in sites.iter().zip(&own) {
            let origin = match setup.front {
                Front::None => format!("http://{local}:{own}"),
                Front::Nginx => format!("http://{local}:{port}"),
                Front::Tls => format!("https://{local}:{port}"),
                Front::TlsElsewhere => {
                    connect_to.insert((*elsewhere).to_owned(), format!("127.0.0.1:{port}"));
                    format!("https://{elsewhere}")
                }
            };
            origins.insert(*name, origin);
        }

        let listen: BTreeMap<_, _> = sites.iter().map(|site| site.0).zip(own).collect();
        let settings = json!({
            "origins": origins,
            "listen": listen,
            "helmet": setup.helmet,
            "headers": setup.routes(),
            "users": { USER: PASSWORD },
        });
        let file = folder.path().join("settings.json");
        fs::write(&file, settings.to_string()).unwrap();
        let program = here().join(setup.estate.program());
        let arguments = [program.to_str().unwrap(), file.to_str().unwrap()];
        let programs = Background::start(node(), &arguments);
        let ports: BTreeMap<String, u16> =
            programs.hear("its ports", |line| serde_json::from_str(line).ok());

        let nginx = (setup.front != Front::None).then(|| {
            if tls {
                let hosts = sites.iter().flat_map(|site| [site.1, site.2]);
                certificates::write(folder.path(), hosts);
            }
            let text = nginx_file(setup, folder.path(), port, tls, &ports);
            let file = folder.path().join("nginx.conf");
            fs::write(&file, text).unwrap();
            let (folder, file) = (folder.path().to_str().unwrap(), file.to_str().unwrap());
            let nginx =
                Background::start(nginx_program(), &["-p", folder, "-c", file, "-e", "stderr"]);
            // It has bound its addresses by then.
            nginx.says("start worker process ");
            nginx
        });
        Self { nginx, programs, folder, origins, connect_to, tls }
    }

    /// The origin of a site, as browsers know it.
    pub(crate) fn origin(&self, site: &str) -> &str {
        &self.origins[site]
    }

    /// The certificate of the authority that signed for the sites, as PEM, where they speak TLS.
    pub(crate) fn authority(&self) -> Option<PathBuf> {
        self.tls.then(|| self.folder.path().join(certificates::AUTHORITY))
    }

    /// A settings file for the program under test: these sites as the environment `staging`.
    pub(crate) fn settings(&self) -> String {
        let mut text = "version: 1\nenvironments:\n  staging:\n    sites:\n".to_owned();
        for (site, origin) in &self.origins {
            writeln!(text, "      {site}: {origin}").unwrap();
        }
        if let Some(authority) = self.authority() {
            writeln!(text, "    ca: {}", authority.display()).unwrap();
        }
        if !self.connect_to.is_empty() {
            text += "    connect-to:\n";
            for (host, address) in &self.connect_to {
                writeln!(text, "      {host}: {address:?}").unwrap();
            }
        }
        text
    }

    /// The codes, tokens and cookies that its programs have given out so far.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let text = self.programs.text();
        text.lines().filter_map(|line| line.strip_prefix("secret ")).map(str::to_owned).collect()
    }

    /// All that its programs have said, for a test that fails.
    pub(crate) fn said(&self) -> String {
        let nginx = self.nginx.as_ref().map(Background::text).unwrap_or_default();
        format!("-- programs\n{}\n-- nginx\n{nginx}", self.programs.text())
    }
}

/// nginx's whole configuration. `add_header` and the like stand where [`Setup::nginx`] put them, so that
/// nginx's own rules of inheritance hold.
fn nginx_file(
    setup: &Setup,
    folder: &Path,
    port: u16,
    tls: bool,
    ports: &BTreeMap<String, u16>,
) -> String {
    let folder = folder.display();
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    let mut text = format!(
        "daemon off;\n{user}\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log stderr notice;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log off;\n{temporary}  proxy_http_version 1.1;\n  proxy_buffering on;\n\
         \x20 map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}\n\
         \x20 proxy_set_header Host $http_host;\n  proxy_set_header X-Forwarded-Proto $scheme;\n\
         \x20 proxy_set_header Upgrade $http_upgrade;\n\
         \x20 proxy_set_header Connection $connection_upgrade;\n"
    );
    if tls {
        let (chain, key) = (certificates::CHAIN, certificates::KEY);
        writeln!(
            text,
            "  ssl_certificate {folder}/{chain};\n  ssl_certificate_key {folder}/{key};"
        )
        .unwrap();
    }
    let listen = if tls { "ssl http2" } else { "" };
    for (site, local, elsewhere) in setup.estate.sites() {
        let pass = format!("proxy_pass http://127.0.0.1:{};", ports[*site]);
        let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::from([("/", Vec::new())]);
        for (_, place, line) in setup.nginx.iter().filter(|(of, ..)| of == site) {
            places.entry(place).or_default().push(line);
        }
        let own = places.remove("server").unwrap_or_default().join("\n    ");
        writeln!(
            text,
            "  server {{\n    listen 127.0.0.1:{port} {listen};\n    server_name {local} {elsewhere};\n    {own}"
        )
        .unwrap();
        for (place, lines) in places {
            writeln!(text, "    location {place} {{ {} {pass} }}", lines.join(" ")).unwrap();
        }
        text += "  }\n";
    }
    text + "}\n"
}

/// The folder of this test.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/staging")
}

/// The path of Node.js, after everything that is missing has been brought.
fn node() -> &'static str {
    static NODE: OnceLock<String> = OnceLock::new();
    NODE.get_or_init(|| {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("staging");
        let mut command = Command::new("bash");
        let output = command.arg(here().join("setup.sh")).arg(&tools).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the stack cannot be had: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

/// Where Debian has it; not on everybody's search path.
fn nginx_program() -> &'static str {
    let usual = "/usr/sbin/nginx";
    if Path::new(usual).is_file() { usual } else { "nginx" }
}

/// Ports that are free now, all different.
fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}
