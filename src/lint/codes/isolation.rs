//! Codes about policies in the wrong place or company, and about reports.

use super::{COOP, Code, PERMISSIONS, REPORTING, Severity, Source, shown};

const ISOLATION: Source = Source {
    standard: "HTML",
    section: "section 7.1.3 \"Cross-origin opener policies\" (same-origin-plus-COEP)",
    url: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
};

pub(super) static ALL: &[&Code] = &[
    &INSECURE_CONTEXT,
    &NOT_A_DOCUMENT,
    &COOP_IN_FRAME,
    &POLICY_IN_META,
    &COEP_WITHOUT_COOP,
    &COOP_DOES_NOT_ISOLATE,
    &ISOLATION_DENIED,
    &DIP_CHROMIUM_ONLY,
    &REPORT_ONLY_ALONE,
    &REPORT_ONLY_TO_NOBODY,
    &REPORT_ONLY_NOOPENER,
    &REPORT_TO_NOT_A_STRING,
    &REPORT_TO_UNKNOWN_ENDPOINT,
    &ENDPOINTS_MALFORMED,
    &ENDPOINT_NOT_A_STRING,
    &ENDPOINT_REFUSED,
];

pub(in crate::lint) static INSECURE_CONTEXT: Code = Code {
    name: "insecure-context",
    severity: Severity::Error,
    summary: "A policy over plain http",
    explanation: "Opener, embedder and isolation policy count in secure contexts only. Over plain http \
        they are not even parsed, so a staging server without TLS hides every effect, good or bad, \
        until production. `http://localhost`, names below it and loopback addresses are secure; a \
        name in /etc/hosts or an address in the local network is not.",
    instead: "Serve the page over https, also on staging; for local work use `localhost` or a name \
        below it.",
    source: COOP,
    example: None,
};

pub(in crate::lint) static NOT_A_DOCUMENT: Code = Code {
    name: "not-a-document",
    severity: Severity::Warning,
    summary: "A window's policy on a response that is no page",
    explanation: "These policies belong to the document that a window shows. On JSON, images, fonts or \
        scripts that pages fetch they do nothing: no request is stopped, no resource protected. They \
        get there by middleware that treats all routes alike. (Opened in a window of its own, such a \
        response is a document, and the policy counts.)",
    instead: "Send the policy with pages. For an API the headers that matter are \
        `Access-Control-Allow-Origin` and `Cross-Origin-Resource-Policy`.",
    source: COOP,
    example: shown("wrong-fix-elsewhere"),
};

pub(in crate::lint) static COOP_IN_FRAME: Code = Code {
    name: "coop-in-frame",
    severity: Severity::Error,
    summary: "An opener policy on a page in a frame",
    explanation: "Only the top-level document's opener policy counts; that of a framed one is not read. \
        An embedded widget cannot free its popups from the policy of the page around it, nor protect \
        itself by one of its own.",
    instead: "Change the policy of the embedding page: `same-origin-allow-popups` lets framed widgets \
        open popups that keep their opener.",
    source: COOP,
    example: shown("wrong-fix-elsewhere"),
};

pub(in crate::lint) static POLICY_IN_META: Code = Code {
    name: "policy-in-meta",
    severity: Severity::Error,
    summary: "A header of the family as <meta http-equiv>",
    explanation: "Browsers take a short list of headers from `<meta http-equiv>`, such as \
        `Content-Security-Policy` and `Refresh`. None of this family is on it: they decide over \
        windows and requests before the first byte of HTML is read. People try it where the host lets \
        them set no headers.",
    instead: "Send it as an HTTP header. On hosting without header configuration a service worker can \
        add the headers from the second load on.",
    source: Source {
        standard: "HTML",
        section: "section 4.2.5.3 \"Pragma directives\"",
        url: "https://html.spec.whatwg.org/multipage/semantics.html#pragma-directives",
    },
    example: shown("wrong-fix-elsewhere"),
};

pub(in crate::lint) static COEP_WITHOUT_COOP: Code = Code {
    name: "coep-without-coop",
    severity: Severity::Warning,
    summary: "An embedder policy without opener policy does not isolate a page",
    explanation: "Isolation takes both: an opener policy `same-origin`, which gives the page a process \
        of its own, and an embedder policy. With the embedder policy alone resources are blocked, and \
        `crossOriginIsolated` stays false. (A page that is only framed needs no opener policy: there \
        the top page's counts.)",
    instead: "Add `Cross-Origin-Opener-Policy: same-origin`, or leave the embedder policy out.",
    source: ISOLATION,
    example: shown("broken-report-only"),
};

pub(in crate::lint) static COOP_DOES_NOT_ISOLATE: Code = Code {
    name: "coop-does-not-isolate",
    severity: Severity::Warning,
    summary: "Only COOP same-origin isolates together with an embedder policy",
    explanation: "`same-origin-allow-popups` and `noopener-allow-popups` never isolate, whatever the \
        embedder policy says. The combination is copied where a page needs both `SharedArrayBuffer` \
        and a login popup; it gives the popup and not the isolation.",
    instead: "Isolate one route with `same-origin` and open the popup from another, or let the result \
        come back without an opener (BroadcastChannel, the server). In Chromium \
        `Document-Isolation-Policy` isolates beside a popup.",
    source: ISOLATION,
    example: shown("broken-allow-popups"),
};

pub(in crate::lint) static ISOLATION_DENIED: Code = Code {
    name: "isolation-denied",
    severity: Severity::Warning,
    summary: "Permissions-Policy takes the isolation away again",
    explanation: "`crossOriginIsolated` is also a permission, by default the page's own. A list that \
        leaves the page out, mostly `cross-origin-isolated=()` from a copied list of features, turns \
        it off although the other headers are right and keep all their costs: popups are cut and \
        resources blocked for nothing. Firefox and WebKit do not know this permission.",
    instead: "Remove `cross-origin-isolated` from Permissions-Policy, or write \
        `cross-origin-isolated=(self)`.",
    source: PERMISSIONS,
    example: shown("broken-permissions"),
};

pub(in crate::lint) static DIP_CHROMIUM_ONLY: Code = Code {
    name: "dip-chromium-only",
    severity: Severity::Note,
    summary: "Document-Isolation-Policy is for Chromium only",
    explanation: "Chromium isolates a document by this header since version 137 (on Android since 146). \
        Firefox and Safari do not know it and ignore it, so there the page runs without isolation.",
    instead: "Let the page work without `SharedArrayBuffer`, or send opener and embedder policy to the \
        browsers that need them.",
    source: Source {
        standard: "Document Isolation Policy (WICG)",
        section: "section \"The headers\"",
        url: "https://wicg.github.io/document-isolation-policy/",
    },
    example: shown("fixed"),
};

pub(in crate::lint) static REPORT_ONLY_ALONE: Code = Code {
    name: "report-only-alone",
    severity: Severity::Warning,
    summary: "The policy is only reported, not enforced",
    explanation: "A header that ends in `-Report-Only` changes nothing that a page can do: no popup is \
        cut, nothing is blocked, nothing is isolated. Chromium writes a warning to the console all \
        the same (\"would block the window.closed call\"), which is often taken for the reason of a \
        failure that lies elsewhere.",
    instead: "For a rehearsal this is right. To enforce the policy, send the header without \
        `-Report-Only`.",
    source: COOP,
    example: shown("broken-report-only"),
};

pub(in crate::lint) static REPORT_ONLY_TO_NOBODY: Code = Code {
    name: "report-only-to-nobody",
    severity: Severity::Warning,
    summary: "A report-only policy without report-to reports to nobody",
    explanation: "A report-only policy does nothing but send reports, and without `report-to` there is \
        no address to send them to: the server hears nothing.",
    instead: "Add `; report-to=\"name\"`, and `Reporting-Endpoints: name=\"https://…\"` beside it.",
    source: REPORTING,
    example: shown("broken-report-only"),
};

pub(in crate::lint) static REPORT_ONLY_NOOPENER: Code = Code {
    name: "report-only-noopener",
    severity: Severity::Error,
    summary: "noopener-allow-popups has no report-only form",
    explanation: "The standard reads `noopener-allow-popups` in the enforced header only; in \
        `Cross-Origin-Opener-Policy-Report-Only` it is an unknown word and counts as absent. It cannot \
        be rehearsed that way.",
    instead: "Try the enforced header on a staging server, or rehearse with `same-origin`, which cuts \
        the same link.",
    source: COOP,
    example: shown("broken-report-only"),
};

pub(in crate::lint) static REPORT_TO_NOT_A_STRING: Code = Code {
    name: "report-to-not-a-string",
    severity: Severity::Warning,
    summary: "report-to without quotes: the policy counts, its reports are lost",
    explanation: "The parameter names an endpoint by a string, which has double quotes. Without them it \
        is a token and is skipped: the policy holds and nobody hears of it. WebKit is stricter and \
        drops an embedder policy altogether then.",
    instead: "Write `report-to=\"name\"`, with double quotes; in nginx put single quotes around the \
        whole value.",
    source: COOP,
    example: shown("broken-report-only"),
};

pub(in crate::lint) static REPORT_TO_UNKNOWN_ENDPOINT: Code = Code {
    name: "report-to-unknown-endpoint",
    severity: Severity::Warning,
    summary: "report-to names an endpoint that is not there",
    explanation: "The name is looked up in the `Reporting-Endpoints` header of the same response. Where \
        it is missing there, misspelt, or dropped because its address is no https URL, the reports \
        are thrown away. Endpoints of an earlier response do not count.",
    instead: "Send `Reporting-Endpoints: name=\"https://reports.example/coop\"` with every response whose \
        policy names it.",
    source: REPORTING,
    example: shown("broken-report-only"),
};

pub(in crate::lint) static ENDPOINTS_MALFORMED: Code = Code {
    name: "endpoints-malformed",
    severity: Severity::Error,
    summary: "Reporting-Endpoints does not parse",
    explanation: "The header is a structured dictionary: `name=\"https://…\"`, with commas between. One \
        mistake and no endpoint is left. The JSON of the old `Report-To` header does not parse here, \
        nor do capital letters in a name.",
    instead: "Write `Reporting-Endpoints: coop=\"https://reports.example/coop\"`, names in lower case.",
    source: REPORTING,
    example: shown("broken-types"),
};

pub(in crate::lint) static ENDPOINT_NOT_A_STRING: Code = Code {
    name: "endpoint-not-a-string",
    severity: Severity::Error,
    summary: "An endpoint whose address has no quotes",
    explanation: "An address is a string and has double quotes. Without them it is a token or does not \
        parse; a token is skipped, and the endpoint does not exist.",
    instead: "Put the address into double quotes: `coop=\"https://reports.example/coop\"`.",
    source: REPORTING,
    example: shown("broken-report-only"),
};

pub(in crate::lint) static ENDPOINT_REFUSED: Code = Code {
    name: "endpoint-refused",
    severity: Severity::Error,
    summary: "An endpoint whose address browsers refuse",
    explanation: "Reports go to potentially trustworthy addresses only: https, or this machine. An \
        endpoint with a plain http address, or with one that is no URL, is dropped, and the others \
        stay. A path alone (`/reports`) is fine: it is taken from the page's own origin.",
    instead: "Use an https address, or a path on the page's own https origin.",
    source: REPORTING,
    example: shown("broken-report-only"),
};
