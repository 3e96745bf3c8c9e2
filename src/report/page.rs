//! The frame of every HTML file: one document that needs nothing else. Its content security policy lets it
//! load nothing, and run nothing but the script that is inside.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The look of all pages.
pub(super) const PAGE_STYLE: &str = include_str!("html/assets/page.css");

/// What stands in the frame.
pub(super) struct Frame<'a> {
    /// The title, as plain text.
    pub(super) title: &'a str,
    /// The style's parts.
    pub(super) style: &'a [&'a str],
    /// The body, as HTML.
    pub(super) body: &'a str,
    /// The script that runs after the body, if there is one.
    pub(super) script: Option<&'a str>,
}

impl Frame<'_> {
    /// The whole document. The same parts give the same bytes.
    pub(super) fn document(&self) -> String {
        let style = self.style.concat();
        let allowed = |kind: &str, text: &str| format!("{kind} '{}'; ", hash(text));
        let script_policy = self.script.map(|script| allowed("script-src", script));
        let script = self.script.map(|script| format!("<script>{script}</script>\n"));
        format!(
            "<!doctype html>\n\
             <html lang=\"en\">\n\
             <head>\n\
             <meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             {style_policy}{script_policy}{picture_policy}base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"generator\" content=\"coopwright {version}\">\n\
             <title>{title}</title>\n\
             <style>{style}</style>\n\
             </head>\n\
             <body>\n\
             {body}\
             {script}\
             </body>\n\
             </html>\n",
            style_policy = allowed("style-src", &style),
            script_policy = script_policy.unwrap_or_default(),
            // Pictures are in the data, of which only a script makes a page.
            picture_policy = if self.script.is_some() { "img-src data:; " } else { "" },
            version = env!("CARGO_PKG_VERSION"),
            title = escape(self.title),
            body = self.body,
            script = script.unwrap_or_default(),
        )
    }
}

/// The source expression by which a content security policy allows exactly this text.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// `text` as the content of an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
