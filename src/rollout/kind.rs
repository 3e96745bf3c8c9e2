//! What a browser wants a response for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a browser wants a response for, by its request's `Sec-Fetch-Dest` (Fetch, section 2.2.5
/// "Requests": destination).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The document of a window.
    Document,
    /// The document of a frame: `iframe`, `frame`, `object`, `embed`.
    Frame,
    /// A script, or the module of a worklet.
    Script,
    /// A style sheet.
    Style,
    /// An image.
    Image,
    /// A font.
    Font,
    /// Audio, video, or the text track of one.
    Media,
    /// The script of a worker: dedicated, shared or service worker.
    Worker,
    /// What a script asked for by `fetch`, XMLHttpRequest, a beacon or a stream; also CORS preflights.
    Fetch,
    /// Anything else: manifests, reports, the browser's own requests.
    Other,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Document,
        Self::Frame,
        Self::Script,
        Self::Style,
        Self::Image,
        Self::Font,
        Self::Media,
        Self::Worker,
        Self::Fetch,
        Self::Other,
    ];

    /// By the value of `Sec-Fetch-Dest`; nothing where the request has none: browsers send it to
    /// potentially trustworthy origins only (Fetch Metadata, section 3).
    #[must_use]
    pub fn of_dest(dest: Option<&str>) -> Option<Self> {
        Some(match dest?.trim() {
            "document" => Self::Document,
            "iframe" | "frame" | "fencedframe" | "object" | "embed" => Self::Frame,
            "script" | "json" | "text" | "audioworklet" | "paintworklet" => Self::Script,
            "style" | "xslt" => Self::Style,
            "image" => Self::Image,
            "font" => Self::Font,
            "audio" | "video" | "track" => Self::Media,
            "worker" | "sharedworker" | "serviceworker" => Self::Worker,
            "empty" => Self::Fetch,
            _ => Self::Other,
        })
    }

    /// The name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Frame => "frame",
            Self::Script => "script",
            Self::Style => "style",
            Self::Image => "image",
            Self::Font => "font",
            Self::Media => "media",
            Self::Worker => "worker",
            Self::Fetch => "fetch",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_reports_use_one_name() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn what_a_browser_does_not_say_is_not_known() {
        assert_eq!(Kind::of_dest(None), None);
        assert_eq!(Kind::of_dest(Some("document")), Some(Kind::Document));
        assert_eq!(Kind::of_dest(Some("iframe")), Some(Kind::Frame));
        assert_eq!(Kind::of_dest(Some("empty")), Some(Kind::Fetch));
        assert_eq!(Kind::of_dest(Some("of-tomorrow")), Some(Kind::Other));
    }
}
