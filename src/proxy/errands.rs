//! What browsers ask for on their own account: updates, telemetry, lists of bad sites, captive portals.
//!
//! Nobody's page needs them, and they would leave the machine and fill the record. Identity providers that
//! real logins use are none of them, whoever runs them.

/// Hosts of such services.
const HOSTS: &[&str] = &[
    // Chromium.
    "android.clients.google.com",
    "chromewebstore.googleapis.com",
    "clients2.google.com",
    "clients2.googleusercontent.com",
    "clients4.google.com",
    "clientservices.googleapis.com",
    "content-autofill.googleapis.com",
    "edgedl.me.gvt1.com",
    "google-ohttp-relay-safebrowsing.fastly-edge.com",
    "mtalk.google.com",
    "optimizationguide-pa.googleapis.com",
    "passwordsleakcheck-pa.googleapis.com",
    "redirector.gvt1.com",
    "safebrowsing.google.com",
    "safebrowsing.googleapis.com",
    "safebrowsingohttpgateway.googleapis.com",
    "sb-ssl.google.com",
    "update.googleapis.com",
    // Firefox.
    "ads.mozilla.org",
    "aus5.mozilla.org",
    "ciscobinary.openh264.org",
    "classify-client.services.mozilla.com",
    "contile.services.mozilla.com",
    "content-signature-2.cdn.mozilla.net",
    "detectportal.firefox.com",
    "firefox-settings-attachments.cdn.mozilla.net",
    "firefox.settings.services.mozilla.com",
    "incoming.telemetry.mozilla.org",
    "location.services.mozilla.com",
    "merino.services.mozilla.com",
    "normandy.cdn.mozilla.net",
    "push.services.mozilla.com",
    "services.addons.mozilla.org",
    "shavar.services.mozilla.com",
    "spocs.getpocket.com",
    "tracking-protection.cdn.mozilla.net",
    "versioncheck-bg.addons.mozilla.org",
    "versioncheck.addons.mozilla.org",
];

/// Paths of such services on hosts that have real pages, too.
const PATHS: &[(&str, &str)] = &[("accounts.google.com", "/ListAccounts")];

/// Whether a host is one of a browser's errands.
pub(super) fn is_errand(host: &str) -> bool {
    HOSTS.iter().any(|errand| host.eq_ignore_ascii_case(errand))
}

/// Whether a path of a host is.
pub(super) fn is_errand_at(host: &str, path: &str) -> bool {
    let is = |(errand, at): &(&str, &str)| host.eq_ignore_ascii_case(errand) && path == *at;
    is_errand(host) || PATHS.iter().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_no_errands() {
        assert!(is_errand("Update.googleapis.com"));
        assert!(is_errand_at("accounts.google.com", "/ListAccounts"));
        assert!(!is_errand_at("accounts.google.com", "/o/oauth2/v2/auth"));
        for host in ["accounts.google.com", "oauth2.googleapis.com", "accounts.firefox.com"] {
            assert!(!is_errand(host), "{host}");
        }
    }
}
