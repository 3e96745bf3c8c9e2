//! `<meta http-equiv>` elements: header lines that stand in a page (HTML, section 4.2.5.3 "Pragma
//! directives").
//!
//! A scanner for the start of a page, no parser: it knows comments, quoted attributes and the elements
//! whose content is text or is not there (scripts, `noscript` where scripts run, templates).

/// A `meta` element with `http-equiv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pragma<'a> {
    /// The tag as it is written, up to its `>`.
    pub text: &'a str,
    /// The value of `http-equiv`, in lower case and without spaces around it.
    pub name: String,
    /// The value of `content`, if there is one.
    pub content: Option<String>,
}

/// Elements whose content holds no `meta` element that counts.
const OPAQUE: [&str; 10] = [
    "iframe", "noembed", "noframes", "noscript", "script", "style", "template", "textarea",
    "title", "xmp",
];

/// The `meta` elements with `http-equiv` in the text of a page, or in the start of one.
#[must_use]
pub fn pragmas(html: &str) -> Vec<Pragma<'_>> {
    let lower = html.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = lower[at..].find('<').map(|more| at + more) {
        let rest = &lower[start..];
        if rest.starts_with("<!--") {
            at = start + rest[2..].find("-->").map_or(rest.len(), |end| 2 + end + 3);
            continue;
        }
        let name = element(&rest[1..]);
        if name.is_empty() {
            at = start + 1;
            continue;
        }
        let attributes = Attributes { html, lower: &lower, at: start + 1 + name.len() };
        let (pairs, end) = attributes.all();
        at = end;
        if name == "meta" {
            let value = |wanted: &str| pairs.iter().find(|(name, _)| *name == wanted);
            if let Some((_, pragma)) = value("http-equiv") {
                found.push(Pragma {
                    text: &html[start..end],
                    name: pragma.trim_ascii().to_ascii_lowercase(),
                    content: value("content").map(|(_, content)| content.replace("&amp;", "&")),
                });
            }
        } else if OPAQUE.contains(&name) {
            let close = format!("</{name}");
            at = lower[at..].find(&close).map_or(lower.len(), |more| at + more);
        }
    }
    found
}

/// Where a refresh leads (HTML, "shared declarative refresh steps"): the seconds before it and the
/// address, if it names one. Nothing where it is malformed.
#[must_use]
pub fn refresh(content: &str) -> Option<(u64, Option<&str>)> {
    let text = content.trim_ascii_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (seconds, rest) = text.split_at(digits);
    if digits == 0 && !rest.starts_with('.') {
        return None;
    }
    let seconds = if digits == 0 { 0 } else { seconds.parse().unwrap_or(u64::MAX) };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !rest.is_empty() && !rest.starts_with([';', ',', ' ', '\t', '\n', '\x0c', '\r']) {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_ascii_start();
    let named = rest.get(..3).filter(|word| word.eq_ignore_ascii_case("url"));
    let named = named.and_then(|_| rest[3..].trim_ascii_start().strip_prefix('='));
    let address = named.map_or(rest, str::trim_ascii_start);
    let address = match address.chars().next() {
        Some(quote @ ('"' | '\'')) => address[1..].split(quote).next().unwrap_or_default(),
        _ => address,
    };
    let address = address.trim_ascii_end();
    Some((seconds, (!address.is_empty()).then_some(address)))
}

/// The name at the start of a text that follows `<`.
fn element(text: &str) -> &str {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return "";
    }
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    &text[..end.unwrap_or(text.len())]
}

/// The attributes of a tag, from behind its name.
struct Attributes<'a> {
    html: &'a str,
    /// The same in lower case.
    lower: &'a str,
    at: usize,
}

impl<'a> Attributes<'a> {
    /// All of them, the names in lower case, and where the tag ends.
    fn all(mut self) -> (Vec<(&'a str, &'a str)>, usize) {
        let mut pairs = Vec::new();
        loop {
            self.skip(|c| c.is_ascii_whitespace() || c == '/');
            let rest = &self.lower[self.at..];
            if rest.is_empty() || rest.starts_with('>') {
                let end = (self.at + 1).min(self.lower.len());
                return (pairs, end);
            }
            let name = self.take(|c| !c.is_ascii_whitespace() && !matches!(c, '/' | '>' | '='));
            // A name may start with `=`.
            let name = if name.is_empty() { self.take(|c| c == '=') } else { name };
            self.skip(|c| c.is_ascii_whitespace());
            let value = if self.lower[self.at..].starts_with('=') {
                self.at += 1;
                self.skip(|c| c.is_ascii_whitespace());
                self.value()
            } else {
                0..0
            };
            pairs.push((name, &self.html[value]));
        }
    }

    fn value(&mut self) -> std::ops::Range<usize> {
        let rest = &self.lower[self.at..];
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let start = self.at;
        match quote {
            Some(quote) => {
                let length = rest[1..].find(quote);
                let end = length.map_or(self.lower.len(), |length| start + 1 + length);
                self.at = (end + 1).min(self.lower.len());
                start + 1..end
            }
            None => {
                self.skip(|c| !c.is_ascii_whitespace() && c != '>');
                start..self.at
            }
        }
    }

    fn skip(&mut self, part: impl Fn(char) -> bool) {
        self.take(part);
    }

    fn take(&mut self, part: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.lower[self.at..];
        let taken = rest.find(|c| !part(c)).unwrap_or(rest.len());
        self.at += taken;
        &rest[..taken]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Vec<String> {
        pragmas(html).into_iter().map(|pragma| pragma.name).collect()
    }

    #[test]
    fn elements_are_found_where_they_count() {
        let html = "<!doctype html><!-- <meta http-equiv=a> --><title><meta http-equiv=b></title>
            <script>\"<meta http-equiv=c>\"</script><noscript><meta http-equiv=d></noscript>
            <META data-x='>' HTTP-EQUIV = ' Refresh ' content=\"0;url=/a?b=1&amp;c=2\"/><p>1 < 2
            <meta http-equiv=x-y>";
        assert_eq!(names(html), ["refresh", "x-y"]);
        let [first, second] = &pragmas(html)[..] else { unreachable!() };
        assert_eq!(first.content.as_deref(), Some("0;url=/a?b=1&c=2"));
        assert!(first.text.starts_with("<META") && first.text.ends_with("/>"), "{first:?}");
        assert_eq!(second.content, None);
    }

    #[test]
    fn what_is_cut_off_ends_with_the_text() {
        for html in [
            "<",
            "<meta",
            "<meta http-equiv",
            "<meta http-equiv=",
            "<meta http-equiv=\"a",
            "<!--",
            "<!",
            "<script>",
            "<meta =",
            "<meta http-equiv=é",
            "<é",
            "<!-->",
        ] {
            assert!(pragmas(html).len() <= 1, "{html}");
        }
        assert_eq!(names("<!--><meta http-equiv=a>"), ["a"]);
    }

    #[test]
    fn a_refresh_has_a_time_and_may_have_an_address() {
        assert_eq!(refresh("0; url=https://a.example/"), Some((0, Some("https://a.example/"))));
        assert_eq!(refresh(" 5;URL='/x' "), Some((5, Some("/x"))));
        assert_eq!(refresh("5, /x"), Some((5, Some("/x"))));
        assert_eq!(refresh("30"), Some((30, None)));
        assert_eq!(refresh("1.5;url=/"), Some((1, Some("/"))));
        assert_eq!(refresh("soon"), None);
        assert_eq!(refresh("0x"), None);
        assert_eq!(refresh("99999999999999999999999;/"), Some((u64::MAX, Some("/"))));
    }
}
