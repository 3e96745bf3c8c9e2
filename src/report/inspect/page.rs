//! One page: what it means for logins by popup, the responses on the way, and what it can do in each
//! engine.

use std::fmt::Write as _;

use super::{Inspected, WIDTH, ended, header, heading, lint, paragraph};
use crate::chain::{Breaks, Case, Chain, Hop, Remedy, Why, remedies, shown_line, shown_url};
use crate::spec::{Engine, PageEdit, Rule};

/// The first lines: where it led, and whether it breaks logins by popup.
#[must_use]
pub fn brief(inspected: &Inspected) -> String {
    let mut out = String::new();
    title(&mut out, &inspected.chain);
    if let Some((what, hint)) = ended(&inspected.chain.end) {
        paragraph(&mut out, "", &what);
        if let Some(hint) = hint {
            paragraph(&mut out, "help: ", &hint);
        }
    } else {
        verdicts(&mut out, inspected, true);
    }
    out
}

/// All about a page.
#[must_use]
pub fn page(inspected: &Inspected) -> String {
    let mut out = brief(inspected);
    let Inspected { chain, outlook, .. } = inspected;
    for (index, hop) in chain.hops.iter().enumerate() {
        out.push('\n');
        response(&mut out, &label_of(chain, index), hop, index + 1 == chain.hops.len());
    }
    if let Some((seconds, to)) = chain.refresh() {
        let text = format!(
            "after {seconds} s the page sends itself on; that was not followed: {}",
            shown_url(&to)
        );
        paragraph(&mut out, &indented("· "), &text);
    }
    if let Some(outlook) = outlook {
        let mut table = Table::default();
        table.cases(&mut out, &outlook.cases);
        if !outlook.isolating.is_empty() {
            let edits: Vec<String> = outlook.isolating.iter().map(|edit| told(*edit)).collect();
            out.push('\n');
            paragraph(&mut out, "to isolate it: ", &edits.join(", and "));
        }
        table.meaning(&mut out, chain, &outlook.cases);
    }
    out
}

/// Where it was asked for, and where it led.
pub(super) fn title(out: &mut String, chain: &Chain) {
    let asked = shown_url(&chain.asked);
    header(out, 0, &asked);
    let last = chain.last().map(|last| shown_url(&last.url)).filter(|last| *last != asked);
    if let Some(last) = last {
        header(out, 0, &format!("→ {last}"));
    }
}

/// Does it break logins by popup? As the page that opens them, and as the page in them. With what mends
/// it, if `at_length`.
pub(super) fn verdicts(out: &mut String, inspected: &Inspected, at_length: bool) {
    let Inspected { chain, opener, outlook } = inspected;
    let opener = opener.as_ref();
    let (Some(outlook), Some(opens), Some(shown)) =
        (outlook, Breaks::as_opener(chain), Breaks::as_popup(chain, opener))
    else {
        let kind = chain.last().and_then(|last| last.lines().combined("Content-Type"));
        let kind = kind.map_or(String::new(), |kind| format!(" ({kind})"));
        let text = format!("no: it is no page{kind}, and only those have opener policies");
        paragraph(out, "breaks login popups?  ", &text);
        return;
    };
    out.push_str("breaks login popups?\n");
    let by = if opener.is_some() { "given" } else { "plain" };
    let roles = [
        ("as the page that opens them", opens, "opens-plain".to_owned(), true),
        ("as the page in the popup", shown, format!("opened-by-{by}"), false),
    ];
    for (label, breaks, id, opening) in roles {
        let word = if breaks == Breaks::InPart { "in part" } else { breaks.name() };
        let _ = writeln!(out, "  {label}: {word}");
        if !at_length {
            continue;
        }
        let cases = [outlook.case(&id), outlook.case(&format!("{id}-blank-first"))];
        let cases: Vec<&Case> = cases.into_iter().flatten().collect();
        match breaks {
            Breaks::No => {}
            Breaks::InPart => paragraph(out, "    ", &lost(&cases)),
            Breaks::Yes => {
                let why =
                    cases.iter().flat_map(|case| &case.shown).find_map(|shown| shown.why.as_ref());
                let told = why.map(|why| blamed(chain, why, opening));
                paragraph(out, "    ", &told.unwrap_or_default());
            }
        }
        for (number, remedy) in remedies(chain, opener, opening).iter().enumerate() {
            let label = if number == 0 { "    mended by  " } else { "           or  " };
            paragraph(out, label, &remedied(chain, remedy, opening));
        }
    }
}

/// In which engines and by which way of opening links are lost.
fn lost(cases: &[&Case]) -> String {
    let mut told: Vec<(String, &str)> = Vec::new();
    for case in cases {
        let engines = case.shown.iter().filter(|shown| shown.word != "connected");
        let engines: Vec<&str> = engines.map(|shown| shown.engine.name()).collect();
        let blank_first = case.id.ends_with("blank-first");
        let way = if blank_first { "opened blank first" } else { "opened directly" };
        match engines.len() {
            0 => {}
            3 => told.push(("every engine".to_owned(), way)),
            _ => told.push((engines.join(" and "), way)),
        }
    }
    match &told[..] {
        [(one, _), (other, _)] if one == other => format!("severed in {one}"),
        told => {
            let told =
                told.iter().map(|(engines, way)| format!("severed in {engines} where it is {way}"));
            told.collect::<Vec<_>>().join("; ")
        }
    }
}

/// Which response decides, and by which header.
fn blamed(chain: &Chain, why: &Why, opening: bool) -> String {
    let lines = why.lines.iter().map(|(name, value)| shown_line(name, value));
    let lines: Vec<String> = lines.map(|(name, value)| format!("`{name}: {value}`")).collect();
    let lines = lines.join(" and ");
    let place = why.hop.map(|hop| match label_of(chain, hop).as_str() {
        "page" => "it".to_owned(),
        label => label.to_owned(),
    });
    match (place, why.policy_before()) {
        (None, _) if opening && !lines.is_empty() => format!("it sends {lines}"),
        (Some(place), Some(before)) => {
            let whose = match why.hop.and_then(|hop| hop.checked_sub(1)) {
                Some(hop) if why.reason.deviation.is_none() => label_of(chain, hop),
                _ => "its opener".to_owned(),
            };
            format!("{whose} has the policy `{before}`, and {place} has none")
        }
        (Some(place), None) if !lines.is_empty() => format!("{place} sends {lines}"),
        (Some(place), None) => format!("{place}: {}", why.reason.rule.text()),
        (None, _) => why.reason.rule.text().to_owned(),
    }
}

fn remedied(chain: &Chain, remedy: &Remedy, opening: bool) -> String {
    let place = |hop: &Option<usize>| match hop {
        None => "the opener".to_owned(),
        Some(_) if opening => "this page".to_owned(),
        Some(hop) => label_of(chain, *hop).replace("page", "this page"),
    };
    let places: Vec<String> = remedy.hops.iter().map(place).collect();
    let places = places.join(" and ");
    let change = match remedy.policy {
        Some(policy) => format!("`{}: {policy}` on {places}", remedy.header),
        None => format!("no {} on {places}", remedy.header),
    };
    let rest = match remedy.then {
        Breaks::InPart => {
            let cases: Vec<&Case> = remedy.cases.iter().collect();
            format!(" (still {})", lost(&cases))
        }
        Breaks::No | Breaks::Yes => String::new(),
    };
    let cost = if remedy.ends_isolation { "; then the page is not isolated" } else { "" };
    format!("{change}{rest}{cost}")
}

/// `hop 1`, `hop 2`, and `page` for the end.
pub(super) fn label_of(chain: &Chain, index: usize) -> String {
    let last = chain.last().is_some() && index + 1 == chain.hops.len();
    if last { "page".to_owned() } else { format!("hop {}", index + 1) }
}

const LABEL: usize = 8;

fn indented(mark: &str) -> String {
    format!("{:LABEL$}{mark}", "")
}

/// A response with the headers that matter, what counts of them, and what is wrong with them.
fn response(out: &mut String, label: &str, hop: &Hop, last: bool) {
    let plain = if hop.is_secure() { "" } else { "  plain http" };
    let end = format!("  {}  {}{plain}", hop.status, hop.version);
    let room = WIDTH.saturating_sub(LABEL + end.chars().count());
    let url = shown_url(&hop.url);
    let url = console::truncate_str(&url, room, "…");
    let _ = writeln!(out, "{label:LABEL$}{url}{end}");
    let lints = hop.lints(last);
    let relevant = hop.relevant(&lints);
    for index in &relevant {
        let (name, value) = &hop.headers[*index];
        let (name, value) = shown_line(name, value);
        header(out, LABEL, &format!("{name}: {value}"));
    }
    if relevant.is_empty() {
        header(out, LABEL, "(no header that matters here)");
    }
    for effective in hop.effective() {
        let sent = hop.lines().combined(effective.header).unwrap_or_default();
        let word = sent.split(';').next().unwrap_or_default().trim();
        let policy = effective.header.starts_with("Cross-Origin-")
            || effective.header.starts_with("Document-Isolation");
        let counts = effective.value.unwrap_or_default();
        if policy && counts != word {
            let counts =
                if counts.is_empty() { "nothing".to_owned() } else { format!("`{counts}`") };
            header(out, LABEL, &format!("= {} counts as {counts}", effective.header));
        }
    }
    for found in &lints {
        lint(out, LABEL, found);
    }
    for hint in hop.caching() {
        paragraph(out, &indented("· "), &hint);
    }
}

/// The cases, each with a letter for what decided.
#[derive(Default)]
struct Table<'a> {
    notes: Vec<&'a Why>,
}

const TITLE: usize = 38;
const COLUMN: usize = 13;

impl<'a> Table<'a> {
    fn cases(&mut self, out: &mut String, cases: &'a [Case]) {
        let engines = [Engine::Chromium, Engine::Firefox, Engine::Webkit];
        let engines: Vec<String> =
            engines.iter().map(|engine| format!("{:COLUMN$}", engine.name())).collect();
        let _ = writeln!(out, "\n{:TITLE$}{}", "", engines.concat().trim_end());
        let mut role = None;
        let mut before: Option<&Case> = None;
        for case in cases {
            let blank_first = case.id.ends_with("blank-first");
            // It is told where it makes a difference.
            if blank_first && before.is_some_and(|before| before.words() == case.words()) {
                continue;
            }
            before = Some(case);
            if role != Some(case.role) {
                role = Some(case.role);
                let _ = writeln!(out, "{}", heading(case.role));
            }
            let title = console::truncate_str(&case.title, TITLE - 4, "…");
            let mut line = format!("{:TITLE$}", format!("  {title}"));
            for shown in &case.shown {
                let letter = shown.why.as_ref().map_or(String::new(), |why| self.letter(why));
                let _ = write!(line, "{:COLUMN$}", format!("{} {letter}", shown.word));
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }

    fn letter(&mut self, why: &'a Why) -> String {
        let same = |other: &Why| {
            other.hop == why.hop
                && other.reason.rule == why.reason.rule
                && other.reason.deviation == why.reason.deviation
        };
        let at = self.notes.iter().position(|other| same(other)).unwrap_or_else(|| {
            self.notes.push(why);
            self.notes.len() - 1
        });
        char::from_u32('a' as u32 + u32::try_from(at).unwrap_or(25)).unwrap_or('z').to_string()
    }

    /// What the letters and the words stand for.
    fn meaning(&self, out: &mut String, chain: &Chain, cases: &[Case]) {
        if !self.notes.is_empty() {
            out.push('\n');
        }
        for (number, why) in self.notes.iter().enumerate() {
            let letter =
                char::from_u32('a' as u32 + u32::try_from(number).unwrap_or(25)).unwrap_or('z');
            let rule = why.reason.rule;
            let at = why.hop.filter(|_| chain.hops.len() > 1);
            let at = at.map_or(String::new(), |hop| format!("{}: ", label_of(chain, hop)));
            let own = why.reason.deviation.map(|name| format!(" [this engine's own: {name}]"));
            let text =
                format!("{at}{} [{}]{}", rule.text(), rule.source(), own.unwrap_or_default());
            paragraph(out, &format!("{letter}  "), &text);
        }
        let words = cases.iter().flat_map(Case::words);
        if words.into_iter().any(|word| word == "severed") {
            out.push('\n');
            let text = "`window.opener` is null in the popup, and `popup.closed` reads true to its \
                        opener while the popup is open. A login that rests on either fails; one that \
                        comes back over a BroadcastChannel, a server or a redirect goes on.";
            paragraph(out, "severed: ", text);
        }
        let forced = |why: &Why| why.reason.rule == Rule::NoopenerForced;
        if self.notes.iter().any(|why| forced(why)) {
            paragraph(out, "never: ", "`window.open` gives null.");
        }
    }
}

fn told(edit: PageEdit) -> String {
    match edit {
        PageEdit::Https => "serve it over https".to_owned(),
        PageEdit::Header(name, value) => format!("{name}: {value}"),
        PageEdit::NoPermissionsPolicy => "no Permissions-Policy that denies it".to_owned(),
    }
}
