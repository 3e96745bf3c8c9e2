//! Texts of others, from pages, headers and files, as they can stand in a report without being read as anything but text.

use std::borrow::Cow;

/// `text` without what would not be seen or would move others about: control characters and those that
/// change the direction of a text.
pub(super) fn inert(text: &str) -> Cow<'_, str> {
    let moves = |char: char| {
        char.is_control()
            || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if !text.contains(moves) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().fold(String::new(), |mut text, char| {
        if char == '\n' {
            text.push_str(" ⏎ ");
        } else if moves(char) {
            text.extend(char.escape_unicode());
        } else {
            text.push(char);
        }
        text
    });
    Cow::Owned(shown)
}

/// So long is a line at most: about as much as titles of annotations may have.
const LINE: usize = 240;

/// `text` on one line, cut where it is long.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LINE) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

/// `text` in no more than `limit` bytes and a note of what was left out, as whole lines where it has some.
pub(super) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let kept = &text[..text.floor_char_boundary(limit)];
    let kept = kept.rfind('\n').map_or(kept, |end| &kept[..=end]);
    let left = text[kept.len()..].chars().count();
    Cow::Owned(format!("{kept}[{left} more characters are left out]"))
}

/// A code span, whatever stands in the text.
pub(super) fn code(text: &str) -> String {
    let text = inert(text);
    if text.trim().is_empty() {
        // An empty span is none.
        return "` `".to_owned();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One space inside is taken away again where the text begins and ends with one or a backtick.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code span or text within a table: a bar would end the cell, in code as well.
pub(super) fn in_table(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Lines of a text as a block of code.
pub(super) fn block(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {}", inert(line))).collect();
    format!("{}\n", lines.join("\n"))
}

/// A sentence of ours with texts of others in backticks.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in text.split('`').enumerate() {
        if number % 2 == 0 {
            out += &escape(part);
        } else if !part.is_empty() {
            out += &code(part);
        }
    }
    out
}

/// A text in which nothing is Markdown, HTML, a link or a mention.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for char in inert(text).chars() {
        match char {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(char);
            }
            // A mention or a reference would reach people; nothing that is seen parts it from its name.
            '@' | '#' => {
                out.push(char);
                out.push('\u{200b}');
            }
            other => out.push(other),
        }
    }
    // What GitHub would make a link of by itself.
    let links = ["http:", "https:", "mailto:", "xmpp:"];
    let out = links.iter().fold(out, |out, scheme| {
        out.replace(scheme, &format!("{}&#58;", scheme.trim_end_matches(':')))
    });
    out.replace("www.", "www\\.")
}

/// A text inside of HTML.
pub(super) fn html(text: &str) -> String {
    inert(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('`', "&#96;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut() {
        assert_eq!(cut("a\nbc", 4), "a\nbc");
        assert_eq!(cut("a\nbcd", 4), "a\n[3 more characters are left out]");
        assert_eq!(cut("äää", 3), "ä[2 more characters are left out]");
        assert_eq!(one_line(" a\n  b "), "a b");
        assert_eq!(one_line(&"ä".repeat(241)), "ä".repeat(240) + " …");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("``a"), "``` ``a ```");
        assert_eq!(code(""), "` `");
        assert_eq!(code("a\nb\u{202e}"), "`a ⏎ b\\u{202e}`");
    }

    #[test]
    fn prose_keeps_its_code_and_nothing_else() {
        assert_eq!(prose("the popup `a` is cut"), "the popup `a` is cut");
        assert_eq!(prose("<img> @you #1 `x"), "&lt;img&gt; @\u{200b}you #\u{200b}1 `x`");
        assert_eq!(escape("https://www.evil [a](b)"), "https&#58;//www\\.evil \\[a\\](b)");
    }
}
