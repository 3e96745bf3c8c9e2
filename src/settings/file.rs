//! The settings file, as written. Also the source of its JSON Schema.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::yaml::Several;

/// Where the sites of a project's scenarios are.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "coopwright settings")]
pub(super) struct SettingsFile {
    /// Version of the format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub(super) version: u32,
    /// The environments by name, for `--env`.
    #[schemars(extend("minProperties" = 1))]
    pub(super) environments: IndexMap<String, EnvironmentFile>,
}

/// Where the sites are in one environment, and how they are reached.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Environment")]
pub(super) struct EnvironmentFile {
    /// The addresses by site name, e.g. `app: https://app.staging.example.com`, or `app: env:NAME` for the
    /// value of an environment variable. A path stands before all paths of the site.
    #[schemars(with = "IndexMap<String, Address>", extend("minProperties" = 1))]
    pub(super) sites: IndexMap<String, String>,
    /// A file with certificates of authorities that are trusted besides the platform's (PEM), or several;
    /// from the folder of this file.
    #[serde(default)]
    pub(super) ca: Option<Several<String>>,
    /// A host of the environment whose certificate is not verified, or several.
    #[serde(default)]
    pub(super) insecure_upstream: Option<Several<String>>,
    /// A corporate proxy, e.g. `http://proxy.corp.example:3128`; where it needs a password, `env:NAME` for
    /// the value of an environment variable. Without it, the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY
    /// count.
    #[serde(default)]
    #[schemars(with = "Option<Proxy>")]
    pub(super) upstream_proxy: Option<String>,
    /// A host that is reached without the corporate proxy, or several: names with their sub-domains,
    /// addresses, networks (`10.0.0.0/8`).
    #[serde(default)]
    pub(super) no_proxy: Option<Several<String>>,
    /// Other places of hosts, e.g. `app.staging.example.com: 10.0.0.7:443`: the connection goes there, all
    /// else stays as it is. Names and places may have a port.
    #[serde(default)]
    pub(super) connect_to: IndexMap<String, String>,
}

/// An address, or `env:NAME`.
#[derive(JsonSchema)]
#[schemars(transparent)]
struct Address(
    #[schemars(regex(pattern = r"^([Hh][Tt][Tt][Pp][Ss]?://[^?#@\s]+|env:.+)$"))]
    #[expect(dead_code, reason = "only its schema is used")]
    String,
);

/// An address whose scheme may be left out, or `env:NAME`.
#[derive(JsonSchema)]
#[schemars(transparent)]
struct Proxy(
    #[schemars(regex(pattern = r"^(?!env:$)([Hh][Tt][Tt][Pp][Ss]?://)?[^?#@/\s]+/?$"))]
    #[expect(dead_code, reason = "only its schema is used")]
    String,
);
