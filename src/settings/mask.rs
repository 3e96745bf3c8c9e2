//! Texts without the passwords in their addresses.

/// The text with `*` for user name and password of each address, and as long as before.
pub(super) fn passwords(text: &str) -> String {
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

/// A password may hold anything, even a slash, where it was not encoded as it should be; so all up to the
/// last `@` goes.
fn word(word: &str) -> String {
    let Some(end) = word.rfind('@') else { return word.to_owned() };
    let quotes = word.len() - word.trim_start_matches(['`', '"', '\'', '[', '{', '(']).len();
    let start = match word[..end].find("//") {
        Some(slashes) => slashes + 2,
        None if word[..end].contains(':') => quotes.min(end),
        None => end,
    };
    format!("{}{}{}", &word[..start], "*".repeat(end - start), &word[end..])
}

#[cfg(test)]
mod tests {
    use super::passwords;

    #[test]
    fn only_what_stands_before_the_host_is_masked() {
        for (text, masked) in [
            ("a: http://ann:hunter2@proxy:1 b", "a: http://***********@proxy:1 b"),
            ("http://a:p/w@d@h, http://h/", "http://*******@h, http://h/"),
            ("x: \"//ü:é@h\"", "x: \"//*****@h\""),
            ("`ann:hunter2@proxy`\nb", "`***********@proxy`\nb"),
            ("a@b.example", "a@b.example"),
            ("// none", "// none"),
        ] {
            assert_eq!(passwords(text), masked);
            assert_eq!(passwords(text).len(), text.len());
        }
    }
}
