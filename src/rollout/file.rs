//! The rollout file, as written. Also the source of its JSON Schema.

use std::borrow::Cow;
use std::str::FromStr;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::kind::Kind;
use super::pattern::{Pattern, PatternError};
use crate::yaml::Several;

/// Header changes that are not deployed yet, to be rehearsed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "coopwright rollout")]
pub(super) struct RolloutFile {
    /// Version of the format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub(super) version: u32,
    /// What happens to which responses, in order: a rule acts on what those before it left.
    #[schemars(length(min = 1))]
    pub(super) rules: Vec<RuleFile>,
}

/// What happens to which responses. A rule is for responses of which all of `site`, `host`, `path`,
/// `status` and `kind` hold that it gives. It names each header once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Rule")]
pub(super) struct RuleFile {
    /// The name of a site of the environment, or several; all of its sites if neither this nor `host`
    /// is given.
    #[serde(default)]
    pub(super) site: Option<Several<String>>,
    /// Instead of `site`: a glob on the host name, or several, e.g. `"*.cdn.example"`. Here `*` stands
    /// for one label or more.
    #[serde(default)]
    pub(super) host: Option<Several<HostGlob>>,
    /// A glob on the path, or several; every path if not given. `*` stands for any text within a
    /// segment, `**` for any number of segments: `/editor/**` is all below `/editor/`.
    #[serde(default)]
    pub(super) path: Option<Several<PathGlob>>,
    /// A status (`200`), a class (`2xx`), or several; every status if not given. A 304 counts as the
    /// 200 that it confirms.
    #[serde(default)]
    pub(super) status: Option<Several<Status>>,
    /// What the browser wants the response for, or several; everything if not given, as when a server
    /// sends a header site-wide.
    #[serde(default)]
    pub(super) kind: Option<Several<Kind>>,
    /// Headers with their value, or a list of values for several lines. They replace all lines of that
    /// name. `{app}` in a value stands for the origin of site `app`.
    #[serde(default)]
    pub(super) set: IndexMap<String, Several<String>>,
    /// Headers of which one more line is sent, with its value, or a list of values.
    #[serde(default)]
    pub(super) add: IndexMap<String, Several<String>>,
    /// A header, or several, of which no line is left.
    #[serde(default)]
    pub(super) remove: Option<Several<String>>,
}

/// A status, or a class of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Status {
    /// This one.
    Code(u16),
    /// Those that begin with this digit.
    Class(u16),
}

impl Status {
    /// Whether it stands for the status of a response. A 304 counts as the 200 that it confirms: its
    /// lines go over those that the browser has stored (RFC 9111, section 3.2).
    #[must_use]
    pub fn covers(self, status: u16) -> bool {
        let is = |status: u16| match self {
            Self::Code(code) => code == status,
            Self::Class(digit) => digit == status / 100,
        };
        is(status) || (status == 304 && is(200))
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"));
        let number = class.unwrap_or(text).parse().ok();
        match (class.is_some(), number) {
            (true, Some(digit @ 1..=5)) => Ok(Self::Class(digit)),
            (false, Some(code @ 100..=599)) => Ok(Self::Code(code)),
            _ => Err(format!("`{text}` is not a status: write e.g. `200` or `2xx`")),
        }
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Status {
    fn schema_name() -> Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A status, e.g. 200, or a class of them, e.g. 2xx.",
            "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": "^[1-5](xx|XX|[0-9][0-9])$" },
            ],
        })
    }
}

/// A glob on paths.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = r"^[/*{][^?]*$"))]
pub(super) struct PathGlob(#[schemars(with = "String")] pub(super) Pattern);

/// A glob on host names.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = r"^[^/@? ]+$"))]
pub(super) struct HostGlob(#[schemars(with = "String")] pub(super) Pattern);

impl TryFrom<String> for PathGlob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Pattern::of_path(&text).map(Self).map_err(|error| unmatchable(&text, &error))
    }
}

impl TryFrom<String> for HostGlob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Pattern::of_host(&text).map(Self).map_err(|error| unmatchable(&text, &error))
    }
}

fn unmatchable(text: &str, error: &PatternError) -> String {
    format!("`{text}` matches nothing: {error}")
}
