//! Small repairs of values that do not parse: what was probably meant, as text.

/// What people put around values.
pub(super) const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Whether a parameter's name has capital letters, which do not parse.
pub(super) fn has_capital_name(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    name.contains(|c: char| c.is_ascii_uppercase())
}

/// The value with `report-to` in lower case, and without other parameters that have capital letters.
pub(super) fn without_capital_names(value: &str) -> String {
    let mut parts = value.split(';');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_at(part.find('=').unwrap_or(part.len()));
        let name = name.trim_ascii().to_ascii_lowercase();
        if !has_capital_name(part) || name == "report-to" {
            kept = format!("{kept}; {name}{rest}");
        }
    }
    kept
}

/// Whether a value may have this character at all.
pub(super) fn is_plain(char: char) -> bool {
    char == ' ' || char == '\t' || char.is_ascii_graphic()
}

/// The character that was meant; nothing for what should not be there.
pub(super) fn in_ascii(char: char) -> Option<char> {
    match char {
        _ if is_plain(char) => Some(char),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
        _ => None,
    }
}

/// A character that no value has, in words.
pub(super) fn name_of(char: char) -> String {
    let code = format!("U+{:04X}", u32::from(char));
    match (char, in_ascii(char)) {
        (_, Some('-')) => format!("a dash that is no hyphen ({code})"),
        (_, Some(' ')) => format!("a space that is no plain one ({code})"),
        ('\u{2018}'..='\u{201f}' | '«' | '»', _) => format!("a typographic quote ({code})"),
        ('\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}', _) => {
            format!("an invisible character ({code})")
        }
        (control, _) if control.is_control() => format!("a control character ({code})"),
        _ => format!("a character that is not ASCII ({code})"),
    }
}

/// The parts between separators that stand outside of quotes; nothing where there is no separator.
pub(super) fn parts(value: &str, separator: char) -> Option<Vec<&str>> {
    let mut quoted = false;
    let split = |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    };
    let parts: Vec<&str> = value.split(split).collect();
    (parts.len() > 1).then_some(parts)
}

/// The value with its parameters set as the grammar wants them.
pub(super) fn without_stray_spaces(value: &str) -> String {
    let Some(parts) = parts(value, ';') else { return value.replace('\t', " ") };
    let mut tight = String::new();
    let last = parts.len() - 1;
    for (index, part) in parts.iter().enumerate() {
        let part = if index == last { *part } else { part.trim_end_matches([' ', '\t']) };
        if index > 0 {
            tight.push(';');
        }
        let spaces = if index > 0 { part.len() - part.trim_start_matches(' ').len() } else { 0 };
        tight.push_str(&part[..spaces]);
        tight.push_str(part[spaces..].trim_start_matches(['\t', ' ']));
    }
    tight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_set_tight() {
        for (loose, tight) in [
            ("a ;b", "a;b"),
            ("a\t;\tb", "a;b"),
            ("a;  b", "a;  b"),
            ("a; \tb", "a; b"),
            ("a\tb", "a b"),
            ("a; b=\" ; \"", "a; b=\" ; \""),
        ] {
            assert_eq!(without_stray_spaces(loose), tight, "{loose:?}");
        }
    }

    #[test]
    fn a_separator_in_quotes_is_none() {
        assert_eq!(parts("a, \"b, c\"", ','), Some(vec!["a", " \"b, c\""]));
        assert_eq!(parts("\"a,b\"", ','), None);
        assert_eq!(without_capital_names("a;Report-To=\"x\";aB"), "a; report-to=\"x\"");
    }
}
