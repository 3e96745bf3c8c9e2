//! Codes about CORS headers.

use super::{Code, Severity, Source, shown};

const CHECK: Source = Source {
    standard: "Fetch",
    section: "section 4.9 \"CORS check\"",
    url: "https://fetch.spec.whatwg.org/#cors-check",
};
const RESPONSES: Source = Source {
    standard: "Fetch",
    section: "section 3.3 \"CORS protocol\" (HTTP responses)",
    url: "https://fetch.spec.whatwg.org/#http-responses",
};
const CREDENTIALS: Source = Source {
    standard: "Fetch",
    section: "section 3.3 \"CORS protocol and credentials\"",
    url: "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
};
const PREFLIGHT: Source = Source {
    standard: "Fetch",
    section: "section 4.8 \"CORS-preflight fetch\"",
    url: "https://fetch.spec.whatwg.org/#cors-preflight-fetch",
};

pub(super) static ALL: &[&Code] = &[
    &ALLOW_ORIGIN_LIST,
    &ALLOW_ORIGIN_WITH_PATH,
    &ALLOW_ORIGIN_WILDCARD_HOST,
    &ALLOW_ORIGIN_WITHOUT_SCHEME,
    &ALLOW_ORIGIN_SPELLING,
    &ALLOW_ORIGIN_MALFORMED,
    &ALLOW_ORIGIN_NULL,
    &ALLOW_CREDENTIALS_NOT_TRUE,
    &ALLOW_CREDENTIALS_FALSE,
    &CORS_LIST_MALFORMED,
    &METHOD_IN_LOWER_CASE,
    &MAX_AGE_NOT_A_NUMBER,
    &WILDCARD_WITH_CREDENTIALS,
    &LITERAL_WILDCARD,
    &AUTHORIZATION_NOT_COVERED,
    &VARY_ORIGIN_MISSING,
    &CORS_ON_DOCUMENT,
];

pub(in crate::lint) static ALLOW_ORIGIN_LIST: Code = Code {
    name: "allow-origin-list",
    severity: Severity::Error,
    summary: "Access-Control-Allow-Origin with several origins",
    explanation: "The whole value is compared with the one origin that asks, character by character. A \
        list, with commas or spaces, equals none of its members, so all of them are refused.",
    instead: "Compare the request's `Origin` with the allowed ones on the server, send back that one, \
        and `Vary: Origin` with it.",
    source: CHECK,
    example: shown("broken-allow-origin"),
};

pub(in crate::lint) static ALLOW_ORIGIN_WITH_PATH: Code = Code {
    name: "allow-origin-with-path",
    severity: Severity::Error,
    summary: "Access-Control-Allow-Origin with a slash or path at the end",
    explanation: "An origin is scheme, host and port, with nothing behind. The value is compared \
        character by character, and `https://app.example/` is not `https://app.example`. It is \
        usually pasted from the address bar.",
    instead: "Cut the value off after host and port.",
    source: CHECK,
    example: shown("broken-allow-origin"),
};

pub(in crate::lint) static ALLOW_ORIGIN_WILDCARD_HOST: Code = Code {
    name: "allow-origin-wildcard-host",
    severity: Severity::Error,
    summary: "Access-Control-Allow-Origin with a wildcard inside",
    explanation: "`*` means everybody only where it is the whole value. Inside of an origin it is a \
        character like any other, and no origin has it: `https://*.example.com` allows nobody. \
        Frameworks take such patterns in their own settings, and must match them before they answer.",
    instead: "Match the request's `Origin` against the pattern on the server, send back the origin \
        itself, and `Vary: Origin` with it.",
    source: CHECK,
    example: shown("broken-allow-origin"),
};

pub(in crate::lint) static ALLOW_ORIGIN_WITHOUT_SCHEME: Code = Code {
    name: "allow-origin-without-scheme",
    severity: Severity::Error,
    summary: "Access-Control-Allow-Origin with a bare host name",
    explanation: "An origin begins with its scheme. A host name alone equals no origin, so nobody is \
        allowed.",
    instead: "Put the scheme in front: `https://app.example`.",
    source: CHECK,
    example: shown("broken-allow-origin"),
};

pub(in crate::lint) static ALLOW_ORIGIN_SPELLING: Code = Code {
    name: "allow-origin-spelling",
    severity: Severity::Error,
    summary: "Access-Control-Allow-Origin is not spelled as browsers spell origins",
    explanation: "The value is compared character by character with what the browser sends as `Origin`: \
        lower case, no default port (443 for https, 80 for http), international names as `xn--…`. \
        Another spelling of the same origin is refused.",
    instead: "Write the origin as a browser does; `new URL(address).origin` in the console shows it.",
    source: CHECK,
    example: shown("broken-allow-origin"),
};

pub(in crate::lint) static ALLOW_ORIGIN_MALFORMED: Code = Code {
    name: "allow-origin-malformed",
    severity: Severity::Error,
    summary: "Access-Control-Allow-Origin is no origin",
    explanation: "The value is one origin, `*` or `null`. Everything else (`true`, `all`, an empty \
        value, an origin in quotes) equals no origin, so nobody is allowed.",
    instead: "Write `*` for everybody, or the one origin: `https://app.example`.",
    source: CHECK,
    example: shown("broken-allow-origin"),
};

pub(in crate::lint) static ALLOW_ORIGIN_NULL: Code = Code {
    name: "allow-origin-null",
    severity: Severity::Warning,
    summary: "Access-Control-Allow-Origin: null allows every sandboxed page",
    explanation: "`null` is the origin of all pages that have none of their own: sandboxed frames, \
        `data:` addresses, files. Any site can make such a page, so this allows everybody who takes \
        the trouble, and no ordinary site.",
    instead: "Name the origin, or leave the header out if nobody is to be allowed.",
    source: RESPONSES,
    example: shown("broken-allow-origin"),
};

pub(in crate::lint) static ALLOW_CREDENTIALS_NOT_TRUE: Code = Code {
    name: "allow-credentials-not-true",
    severity: Severity::Error,
    summary: "Access-Control-Allow-Credentials is not exactly true",
    explanation: "The one value that counts is `true`, in lower case. `True` (Python), `1` or `\"true\"` \
        allow no credentials, and the browser blocks the answer to a request that carried cookies.",
    instead: "Write `true`, or leave the header out.",
    source: CHECK,
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static ALLOW_CREDENTIALS_FALSE: Code = Code {
    name: "allow-credentials-false",
    severity: Severity::Note,
    summary: "Access-Control-Allow-Credentials: false is the same as no header",
    explanation: "The header has one meaning, with the value `true`. `false` does no harm and has no \
        meaning of its own: without the header credentials are not allowed either.",
    instead: "Leave the header out; nothing else has to change.",
    source: RESPONSES,
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static CORS_LIST_MALFORMED: Code = Code {
    name: "cors-list-malformed",
    severity: Severity::Error,
    summary: "A list of methods or header names that does not parse",
    explanation: "The header is a list of names with commas between. One entry with quotes, spaces or \
        another character that no name has, and the whole list is lost: in a preflight the request \
        fails, in `Access-Control-Expose-Headers` nothing is exposed. (Single quotes do parse, and \
        make a name that no request has.)",
    instead: "Write bare names with commas between: `Content-Type, X-Request-Id`.",
    source: PREFLIGHT,
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static METHOD_IN_LOWER_CASE: Code = Code {
    name: "method-in-lower-case",
    severity: Severity::Warning,
    summary: "A method in lower case in Access-Control-Allow-Methods",
    explanation: "Methods are compared with case. A browser sends GET, HEAD, POST, PUT, DELETE and \
        OPTIONS in capitals whatever the script wrote, so `put` in the list allows nothing; `patch` \
        allows only scripts that write it in lower case, too.",
    instead: "Write methods in capitals, in the list and in `fetch()`.",
    source: PREFLIGHT,
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static MAX_AGE_NOT_A_NUMBER: Code = Code {
    name: "max-age-not-a-number",
    severity: Severity::Error,
    summary: "Access-Control-Max-Age is no number of seconds",
    explanation: "The value is a whole number of seconds. Anything else (`10m`, `1 hour`, a sign or a \
        fraction) is ignored and the default holds: preflights are remembered for five seconds.",
    instead: "Write seconds: `600`. Browsers cap it, Chromium at two hours, Firefox at a day.",
    source: PREFLIGHT,
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static WILDCARD_WITH_CREDENTIALS: Code = Code {
    name: "wildcard-with-credentials",
    severity: Severity::Error,
    summary: "Access-Control-Allow-Origin: * never goes with credentials",
    explanation: "For a request with cookies the browser wants the origin by name: `*` is refused, and \
        `Access-Control-Allow-Credentials: true` beside it has no effect. Requests without \
        credentials are answered as before.",
    instead: "Send back the request's `Origin` if it is one that is allowed, with `Vary: Origin`; or \
        leave the credentials out on both sides.",
    source: CREDENTIALS,
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static LITERAL_WILDCARD: Code = Code {
    name: "literal-wildcard",
    severity: Severity::Warning,
    summary: "* in a CORS list means nothing where credentials are allowed",
    explanation: "For a request with credentials `*` in Allow-Methods, Allow-Headers or Expose-Headers is \
        a name like any other, and nothing has that name. What works with `curl` and without cookies \
        fails after login.",
    instead: "List the methods and header names one by one, or echo those that the preflight asks for.",
    source: CREDENTIALS,
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static AUTHORIZATION_NOT_COVERED: Code = Code {
    name: "authorization-not-covered",
    severity: Severity::Note,
    summary: "Authorization is not covered by Access-Control-Allow-Headers: *",
    explanation: "By the standard the wildcard stands for every request header but `Authorization`: a \
        request with a bearer token fails its preflight although all headers seem to be allowed. \
        Chromium 156 still lets it through (measured), so it is noticed in other browsers first.",
    instead: "If clients send the header, name it as well: `*, Authorization`.",
    source: Source {
        standard: "Fetch",
        section: "section 2.2.2 \"Headers\" (CORS non-wildcard request-header name)",
        url: "https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name",
    },
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static VARY_ORIGIN_MISSING: Code = Code {
    name: "vary-origin-missing",
    severity: Severity::Note,
    summary: "One origin is allowed and caches are not told that it varies",
    explanation: "If the server answers each origin with its own name, a cache that does not know keeps \
        the answer for the first one and gives it to the second, whose browser refuses it. It works \
        on every second reload, or for one customer.",
    instead: "Send `Vary: Origin` with every answer of the route, also where no origin is allowed. If it \
        always is the same origin, nothing has to change.",
    source: Source {
        standard: "Fetch",
        section: "section 3.3 \"CORS protocol and HTTP caches\"",
        url: "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches",
    },
    example: shown("broken-cors-lists"),
};

pub(in crate::lint) static CORS_ON_DOCUMENT: Code = Code {
    name: "cors-on-document",
    severity: Severity::Note,
    summary: "CORS on a page does nothing for its windows",
    explanation: "CORS decides which scripts may read a response that they have fetched. It has no part \
        in what a window may do with another: `window.opener`, `popup.closed` and postMessage are \
        matters of the opener policy. It is often added to a page because a popup fails and somebody \
        says \"CORS\".",
    instead: "Keep it only if other origins fetch this page by script. For popups, see the opener \
        policies of all pages on the way.",
    source: RESPONSES,
    example: shown("wrong-fix-elsewhere"),
};
