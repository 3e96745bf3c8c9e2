//! Values as they are shown in a lint: on one line, and no longer than a line.

const LONGEST: usize = 80;

/// The value between backticks; what cannot be seen is written as an escape, and what is too long is cut.
pub(super) fn quote(value: &str) -> String {
    if value.is_empty() { "(nothing)".to_owned() } else { format!("`{}`", plain(value)) }
}

/// [`quote`] without the backticks.
pub(super) fn plain(value: &str) -> String {
    let mut shown = String::new();
    for (count, char) in value.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if char == ' ' || char.is_ascii_graphic() {
            shown.push(char);
        } else {
            shown.extend(char.escape_debug());
        }
    }
    shown
}

/// `a`, `a or b`, `a, b or c`, each between backticks.
pub(super) fn choice(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// How a header that takes one value fares with several lines.
pub(super) fn twice(values: &[&str], combined: &str) -> String {
    let first = values.first().copied().unwrap_or_default();
    let said = if values.iter().all(|value| *value == first) {
        format!("{} each time", quote(first))
    } else {
        let shown: Vec<String> = values.iter().take(4).map(|value| quote(value)).collect();
        shown.join(" and ")
    };
    format!(
        "sent {} times, with {said}: joined to {} it is no value, and none of the lines counts",
        values.len(),
        quote(combined)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_on_one_line() {
        assert_eq!(quote("a\tb\n"), "`a\\tb\\n`");
        assert_eq!(quote("same\u{200b}-ori\u{a0}gin é"), "`same\\u{200b}-ori\\u{a0}gin é`");
        assert_eq!(quote("\"x\" \\"), "`\"x\" \\`");
        assert_eq!(plain(&"x".repeat(100)).chars().count(), LONGEST + 1);
        assert_eq!(choice(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
