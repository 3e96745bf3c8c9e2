//! Codes about how one header is spelled.

use super::{COEP, COOP, Code, GET, ITEM, PERMISSIONS, Severity, Source, shown};

const CORP: Source = Source {
    standard: "Fetch",
    section: "section 3.7 \"Cross-Origin-Resource-Policy header\"",
    url: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header",
};

pub(super) static ALL: &[&Code] = &[
    &HEADER_TWICE,
    &SEVERAL_VALUES,
    &WRONG_CASE,
    &QUOTED_VALUE,
    &TRAILING_SEMICOLON,
    &STRAY_SPACE,
    &UNKNOWN_VALUE,
    &VALUE_OF_ANOTHER_HEADER,
    &DERIVED_VALUE,
    &WITHDRAWN_VALUE,
    &EMPTY_VALUE,
    &NOT_A_TOKEN,
    &FORBIDDEN_CHARACTER,
    &MALFORMED_VALUE,
    &CORP_PARAMETER,
    &UNKNOWN_PARAMETER,
    &DEFAULT_VALUE,
    &NOT_A_BOOLEAN,
    &MISSPELT_HEADER,
    &FEATURE_POLICY_SYNTAX,
    &PERMISSIONS_POLICY_MALFORMED,
    &ALLOWLIST_MEMBER,
];

pub(in crate::lint) static HEADER_TWICE: Code = Code {
    name: "header-twice",
    severity: Severity::Error,
    summary: "The header is sent more than once, and none of its lines counts",
    explanation: "A browser joins lines of one name with a comma before it reads them. `same-origin, \
        same-origin` is a list, these headers take one value, and so the header counts as absent, \
        also if all lines say the same. It happens where two places add the header: helmet or \
        Django in the application and `add_header` in nginx, a CDN rule on top of the origin's \
        header, Apache's `always` table beside the default one.",
    instead: "Send the header from one place. In a proxy replace instead of adding: \
        `proxy_hide_header` before `add_header` in nginx, `Header set` (not `add`) in Apache, \
        \"Set static\" in Cloudflare; or switch it off in the application.",
    source: GET,
    example: shown("broken-twice"),
};

pub(in crate::lint) static SEVERAL_VALUES: Code = Code {
    name: "several-values",
    severity: Severity::Error,
    summary: "Several values in one line, where one is read",
    explanation: "These headers take one value. A comma makes a list of it, the list is no valid \
        value, and the header counts as absent. There is no fallback list as CSS has it: a browser \
        does not take the first value that it knows. Often two lines have been joined into one \
        on the way, by a gateway or by Netlify's `_headers`.",
    instead: "Choose one value for this response. Different values belong on different routes, each \
        with its own header.",
    source: ITEM,
    example: shown("broken-twice"),
};

pub(in crate::lint) static WRONG_CASE: Code = Code {
    name: "wrong-case",
    severity: Severity::Error,
    summary: "Capital letters in a value that is lower case",
    explanation: "Header names do not mind case, these values do: `Same-Origin` is an unknown word \
        and counts as nothing. People know `SAMEORIGIN` and `DENY` from X-Frame-Options, which is \
        read in any case, or take the spelling of a constant in their framework.",
    instead: "Write the value in lower case, exactly as the standard has it.",
    source: COOP,
    example: shown("broken-letters"),
};

pub(in crate::lint) static QUOTED_VALUE: Code = Code {
    name: "quoted-value",
    severity: Severity::Error,
    summary: "Quotes around a value that is a bare word",
    explanation: "In a structured field quotes make a string, and these headers take a token: the \
        header counts as absent. Single quotes are not even a string. They usually come from a \
        configuration file in which a second pair of quotes was needed nowhere, or from CSP, whose \
        keywords have single quotes.",
    instead: "Leave the quotes out of the value. nginx, Apache and YAML strip one pair of their own; a \
        second pair is sent.",
    source: ITEM,
    example: shown("broken-letters"),
};

pub(in crate::lint) static TRAILING_SEMICOLON: Code = Code {
    name: "trailing-semicolon",
    severity: Severity::Error,
    summary: "A semicolon at the end of the value",
    explanation: "A semicolon announces a parameter. If none follows, the value does not parse and the \
        header counts as absent. CSP and Set-Cookie forgive it, and nginx wants one at the end of its \
        own line, outside of the quotes.",
    instead: "Remove the semicolon from the value; in nginx it stands after the closing quote.",
    source: ITEM,
    example: shown("broken-punctuation"),
};

pub(in crate::lint) static STRAY_SPACE: Code = Code {
    name: "stray-space",
    severity: Severity::Error,
    summary: "A tab, or a space before a semicolon, where none may stand",
    explanation: "A parameter follows its value at once: `same-origin; report-to=\"x\"`. A space before \
        the semicolon, or a tab anywhere inside, does not parse, and the header counts as absent. \
        Spaces and tabs around the whole value do no harm. Tabs come from configuration files that \
        align their columns.",
    instead: "Write the semicolon directly after the value, and a plain space or nothing after it.",
    source: ITEM,
    example: shown("broken-punctuation"),
};

pub(in crate::lint) static UNKNOWN_VALUE: Code = Code {
    name: "unknown-value",
    severity: Severity::Error,
    summary: "A word that this header does not know",
    explanation: "An unknown word is no error for a browser: the header counts as absent, and nothing \
        is written to the console. Typing mistakes get there, words of X-Frame-Options \
        (`SAMEORIGIN`, `DENY`) and guesses such as `none` or `cross-site`.",
    instead: "Use one of the header's own words, exactly as spelled in the message.",
    source: COOP,
    example: shown("broken-words"),
};

pub(in crate::lint) static VALUE_OF_ANOTHER_HEADER: Code = Code {
    name: "value-of-another-header",
    severity: Severity::Error,
    summary: "A value that belongs to another header of the family",
    explanation: "Opener, embedder, resource and isolation policy have names and words that are easily \
        mixed up: `require-corp` is for Cross-Origin-Embedder-Policy, `cross-origin` and `same-site` \
        only for Cross-Origin-Resource-Policy. In another header the word is unknown and the header \
        counts as absent.",
    instead: "Decide which of the headers was meant: opener policy is about windows, embedder policy \
        about what a page embeds, resource policy about who may embed this response.",
    source: COOP,
    example: shown("broken-words"),
};

pub(in crate::lint) static DERIVED_VALUE: Code = Code {
    name: "derived-value",
    severity: Severity::Error,
    summary: "same-origin-plus-COEP cannot be written",
    explanation: "`same-origin-plus-COEP` is what browsers call the state of a page with both policies: \
        it stands in the standard, in DevTools and in reports. As a header value it is an unknown \
        word, and the header counts as absent.",
    instead: "Send two headers: `Cross-Origin-Opener-Policy: same-origin` and \
        `Cross-Origin-Embedder-Policy: require-corp` (or `credentialless`).",
    source: COOP,
    example: shown("broken-words"),
};

pub(in crate::lint) static WITHDRAWN_VALUE: Code = Code {
    name: "withdrawn-value",
    severity: Severity::Error,
    summary: "restrict-properties was never shipped",
    explanation: "`restrict-properties` was tried out in Chromium and dropped again. No stable browser \
        knows it, and the header counts as absent. Articles from that time still \
        recommend it for pages that need both a login popup and isolation.",
    instead: "Use `same-origin-allow-popups` on the page that opens the popup. For isolation, send \
        `same-origin` with an embedder policy on another route.",
    source: COOP,
    example: shown("broken-words"),
};

pub(in crate::lint) static EMPTY_VALUE: Code = Code {
    name: "empty-value",
    severity: Severity::Error,
    summary: "The header has no value",
    explanation: "A header without a value counts as absent. Most often a variable in the configuration \
        was empty, or an empty value was meant to switch off what another place sends, which it \
        does not: beside a line with a value it spoils that line, too.",
    instead: "Leave the header out where no policy is wanted, and write a value where one is.",
    source: ITEM,
    example: shown("broken-types"),
};

pub(in crate::lint) static NOT_A_TOKEN: Code = Code {
    name: "not-a-token",
    severity: Severity::Error,
    summary: "A number, boolean or list where a word is needed",
    explanation: "The value parses as a structured field, but it is not of the type that this header \
        takes: only a bare word counts. `1`, `?1` and `(same-origin)` leave the header without effect. \
        Booleans and numbers come from configuration that takes the header for a switch.",
    instead: "Write one of the header's words, bare: `same-origin`, `require-corp`.",
    source: ITEM,
    example: shown("broken-types"),
};

pub(in crate::lint) static FORBIDDEN_CHARACTER: Code = Code {
    name: "forbidden-character",
    severity: Severity::Error,
    summary: "Characters that no header value has",
    explanation: "These values are plain ASCII. A hyphen, quote or space that a word processor, chat or \
        web page has made \"nicer\" looks the same and is another character, so the value does not \
        parse and the header counts as absent. Control characters do the same.",
    instead: "Type the value again by hand instead of pasting it.",
    source: ITEM,
    example: shown("broken-types"),
};

pub(in crate::lint) static MALFORMED_VALUE: Code = Code {
    name: "malformed-value",
    severity: Severity::Error,
    summary: "The value does not parse",
    explanation: "The value is no structured field: something stands before, behind or between its \
        parts that the grammar does not have. There is no repair; the header counts as absent. \
        Usual reasons are two words with a space, a second colon (Caddy takes none after the name), \
        the header's own name in its value, and capital letters in a parameter's name.",
    instead: "Write one word, and after it at most parameters: `same-origin; report-to=\"name\"`.",
    source: ITEM,
    example: shown("broken-twice"),
};

pub(in crate::lint) static CORP_PARAMETER: Code = Code {
    name: "corp-parameter",
    severity: Severity::Error,
    summary: "Cross-Origin-Resource-Policy takes no parameters",
    explanation: "This header is older than structured fields: its whole value is compared with \
        `same-origin`, `same-site` and `cross-origin`. With a `;` in it, it equals none of them and \
        counts as absent. It has no reports either: blocked resources are reported by the embedding \
        page's `Cross-Origin-Embedder-Policy`.",
    instead: "Send the word alone, and put `report-to` on the embedder policy of the page.",
    source: CORP,
    example: shown("broken-punctuation"),
};

pub(in crate::lint) static UNKNOWN_PARAMETER: Code = Code {
    name: "unknown-parameter",
    severity: Severity::Note,
    summary: "A parameter that this header does not know",
    explanation: "Unknown parameters are skipped and the value counts: it does no harm and no good. \
        Opener, embedder and isolation policy know one parameter, `report-to`; there is no \
        `includeSubDomains` or `report-uri` as in other headers.",
    instead: "Leave the parameter out, or write `report-to=\"name\"` if reports were wanted.",
    source: COOP,
    example: shown("fixed"),
};

pub(in crate::lint) static DEFAULT_VALUE: Code = Code {
    name: "default-value",
    severity: Severity::Note,
    summary: "The value is the default, the same as no header",
    explanation: "`unsafe-none` (for an isolation policy `none`) is what counts without the header. \
        Writing it out documents that no policy is wanted. It does not take back a policy that \
        another place sends: two lines make a list, and then neither counts.",
    instead: "Nothing has to change. To override a stricter value, replace that header instead of \
        adding a second one.",
    source: COOP,
    example: shown("fixed"),
};

pub(in crate::lint) static NOT_A_BOOLEAN: Code = Code {
    name: "not-a-boolean",
    severity: Severity::Error,
    summary: "Origin-Agent-Cluster is neither ?1 nor ?0",
    explanation: "The value is a structured field's boolean, which is written `?1` or `?0`. Everything \
        else (`1`, `true`, `on`) is ignored, and the browser's own default holds.",
    instead: "Write `Origin-Agent-Cluster: ?1`, or `?0` to keep `document.domain` where a browser would \
        take it away.",
    source: Source {
        standard: "HTML",
        section: "section 7.1.2 \"Origin-keyed agent clusters\"",
        url: "https://html.spec.whatwg.org/multipage/browsers.html#origin-keyed-agent-clusters",
    },
    example: shown("broken-types"),
};

pub(in crate::lint) static MISSPELT_HEADER: Code = Code {
    name: "misspelt-header",
    severity: Severity::Error,
    summary: "A header name that no browser knows",
    explanation: "A browser skips headers that it does not know, so a misspelt name looks fine in the \
        Network tab and does nothing. Usual are `Embedded` for `Embedder`, a missing or added `s`, \
        underscores, and `X-` in front, which none of these headers has.",
    instead: "Write the name as in the message; case does not matter.",
    source: COEP,
    example: shown("wrong-fix-elsewhere"),
};

pub(in crate::lint) static FEATURE_POLICY_SYNTAX: Code = Code {
    name: "feature-policy-syntax",
    severity: Severity::Error,
    summary: "Permissions-Policy in the syntax of Feature-Policy",
    explanation: "`geolocation 'none'; camera 'self'` is the syntax of the old Feature-Policy header and \
        of the `allow` attribute. Permissions-Policy is a structured dictionary, the old syntax does \
        not parse, and the whole header counts as absent, also for the features written correctly.",
    instead: "Write `feature=(list)`, with commas between: `geolocation=(), camera=(self)`.",
    source: PERMISSIONS,
    example: shown("broken-permissions"),
};

pub(in crate::lint) static PERMISSIONS_POLICY_MALFORMED: Code = Code {
    name: "permissions-policy-malformed",
    severity: Severity::Error,
    summary: "Permissions-Policy does not parse",
    explanation: "The header is one dictionary, over all its lines. One mistake anywhere, a `;` instead \
        of a comma, a quote too many or a comma at the end, and the whole header counts as absent.",
    instead: "Write `feature=(list)`, with commas between and none at the end; origins stand in double \
        quotes: `camera=(self \"https://meet.example\"), cross-origin-isolated=(self)`.",
    source: PERMISSIONS,
    example: shown("broken-permissions"),
};

pub(in crate::lint) static ALLOWLIST_MEMBER: Code = Code {
    name: "allowlist-member",
    severity: Severity::Warning,
    summary: "A member of an allowlist that browsers skip",
    explanation: "An allowlist has `*`, `self` and origins in double quotes. Anything else is skipped: \
        an origin without quotes, `self` in quotes, `none`. What is left may be the empty list, which \
        allows the feature to nobody, not even to the page itself.",
    instead: "Write `cross-origin-isolated=(self \"https://cdn.example\")`: `self` bare, origins quoted.",
    source: PERMISSIONS,
    example: shown("broken-permissions"),
};
