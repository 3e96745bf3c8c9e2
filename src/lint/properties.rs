//! Properties that hold for any header lines.

use proptest::collection::vec;
use proptest::prelude::*;

use super::names::{KNOWN, Kind};
use super::{Context, Severity, effective, header, response};
use crate::policy::{
    Dialect, DocumentIsolation, EmbedderPolicy, Lines, OpenerPolicy, ResourcePolicy,
};

/// Bytes as HTTP clients hand them on: any byte, as the character of that number.
fn bytes() -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..40).prop_map(|bytes| bytes.into_iter().map(char::from).collect())
}

/// Values that are near to something: words and faults, in any order.
fn near() -> impl Strategy<Value = String> {
    let words = KNOWN.iter().flat_map(|known| known.kind.words().iter().copied());
    let mut parts: Vec<&'static str> = words.collect();
    parts.extend([
        "",
        " ",
        "\t",
        ";",
        ",",
        "\"",
        "'",
        "(",
        ")",
        "=",
        "?1",
        "1",
        "*",
        "self",
        "null",
        "true",
        "; report-to=\"a\"",
        "; report-to=a",
        ";x",
        "SAME-ORIGIN",
        "https://a.example",
        "/",
        ":",
        "cross-origin-isolated=",
        "a=\"https://a.example\"",
        "GET",
        "\u{2011}",
        "\u{a0}",
        "\0",
        "Cross-Origin-Opener-Policy",
        "://",
        "<meta http-equiv=",
    ]);
    vec(prop::sample::select(parts), 0..6).prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![near(), bytes(), any::<String>()]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(KNOWN.iter().map(|known| known.name).collect::<Vec<_>>())
}

fn headers(name: &str, lines: &[String]) -> Vec<(String, String)> {
    lines.iter().map(|line| (name.to_owned(), line.clone())).collect()
}

/// A header whose effective value is its word.
fn policy() -> impl Strategy<Value = &'static str> {
    let is_word = |kind| matches!(kind, Kind::Token(_) | Kind::Exact(_) | Kind::Boolean);
    let names = KNOWN.iter().filter(|known| is_word(known.kind)).map(|known| known.name);
    prop::sample::select(names.collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn nothing_panics(
        lines in vec((prop_oneof![name().prop_map(str::to_owned), value()], value()), 0..8),
        html in prop::option::of(prop_oneof![near(), any::<String>()]),
        secure in any::<Option<bool>>(),
        is_document in any::<Option<bool>>(),
        framed in any::<Option<bool>>(),
    ) {
        let context =
            Context { secure, is_document, framed, html: html.as_deref(), ..Context::default() };
        for lint in response(&lines, &context) {
            prop_assert!(!lint.text.contains(['\n', '\r']), "{}", lint.text);
            prop_assert!(lint.line.is_none_or(|line| line < lines.len()));
        }
        for (name, value) in &lines {
            let _ = header(name, std::slice::from_ref(value));
            let _ = effective(name, std::slice::from_ref(value), Dialect::default());
        }
    }

    #[test]
    fn effective_is_what_policy_reads(lines in vec(value(), 0..4)) {
        let text = |name: &str| effective(name, &lines, Dialect::default()).unwrap().value;
        let all = |name: &str| headers(name, &lines);
        let coop = all(OpenerPolicy::NAME);
        prop_assert_eq!(
            text(OpenerPolicy::NAME),
            Some(OpenerPolicy::of(Lines::new(&coop), true).to_string())
        );
        let coep = all(EmbedderPolicy::NAME);
        prop_assert_eq!(
            text(EmbedderPolicy::NAME),
            Some(EmbedderPolicy::of(Lines::new(&coep), true).to_string())
        );
        let dip = all(DocumentIsolation::NAME);
        prop_assert_eq!(
            text(DocumentIsolation::NAME),
            Some(DocumentIsolation::of(Lines::new(&dip), true).to_string())
        );
        let corp = all(ResourcePolicy::NAME);
        prop_assert_eq!(
            text(ResourcePolicy::NAME),
            ResourcePolicy::of(Lines::new(&corp)).map(|policy| policy.to_string())
        );
    }

    #[test]
    fn an_error_means_that_the_value_does_not_count(name in policy(), lines in vec(value(), 1..4)) {
        let all = headers(name, &lines);
        let written = Lines::new(&all).combined(name);
        let counts = effective(name, &lines, Dialect::default()).unwrap().value;
        let errors = header(name, &lines).iter().any(|lint| lint.code.severity == Severity::Error);
        if errors {
            prop_assert_ne!(counts, written);
        }
    }

    #[test]
    fn without_a_lint_the_value_counts_as_written(name in policy(), lines in vec(value(), 1..3)) {
        if header(name, &lines).is_empty() {
            let all = headers(name, &lines);
            let written = Lines::new(&all).combined(name).unwrap();
            let counts = effective(name, &lines, Dialect::default()).unwrap().value.unwrap();
            let word = written.split(';').next().unwrap_or_default();
            prop_assert_eq!(counts, word);
        }
    }
}
