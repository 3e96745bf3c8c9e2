//! What happens in a unit, put down as it comes in and told in an order that is the same in every run.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::flow::Flow;
use super::observer::is_foreign;
use super::seen::{Role, Window};
use crate::observation::{
    Event, Lane, Moment, Request, Told, WindowSeen, chain_of, in_order, without_query,
};

/// Something that has come in.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) at: Duration,
    pub(super) window: Option<String>,
    /// The document that told it; nothing where the driver or a server did.
    pub(super) document: Option<u64>,
    /// The number of the answer, if it is one.
    pub(super) answer: Option<u64>,
    pub(super) event: Event,
}

impl Flow<'_> {
    /// Puts down what happened in a window; `document` is the one that told.
    pub(super) fn note(&mut self, at: Duration, window: &str, document: Option<u64>, event: Event) {
        let event = match event {
            Event::Message { message, from, verdict } => {
                Event::Message { message, from: self.names.site_of(&from).to_owned(), verdict }
            }
            other => other,
        };
        let event = event.with_texts(|text| self.names.text(text));
        // What a page makes of a message belongs to the message.
        if let Event::Message { message, from, verdict: Some(verdict) } = &event {
            let arrived =
                Event::Message { message: message.clone(), from: from.clone(), verdict: None };
            let is_it = |heard: &&mut Heard| heard.document == document && heard.event == arrived;
            if let Some(heard) = self.timeline.iter_mut().find(is_it) {
                let verdict = Some(verdict.clone());
                heard.event =
                    Event::Message { message: message.clone(), from: from.clone(), verdict };
                return;
            }
        }
        let window = Some(window.to_owned());
        self.timeline.push(Heard { at, window, document, answer: None, event });
    }

    /// Puts down an answer, by its number.
    pub(super) fn note_answer(&mut self, at: Duration, id: u64, event: Event) {
        self.timeline.push(Heard { at, window: None, document: None, answer: Some(id), event });
    }

    /// All of it, in order. `windows` are those of `seen`, with the same documents.
    pub(super) fn ordered(&mut self, windows: &[WindowSeen], requests: &[Request]) -> Vec<Moment> {
        let mut heard = std::mem::take(&mut self.timeline);
        for heard in &mut heard {
            // The document may have been moved to where the driver has found it.
            let window = heard.document.and_then(|id| self.seen.window_of(id));
            if let Some(window) = window {
                heard.window = Some(window.to_owned());
            }
        }
        let times: HashMap<u64, Duration> =
            heard.iter().filter_map(|heard| Some((heard.answer?, heard.at))).collect();
        let mut way = Way { requests, times, taken: HashSet::new() };
        let lanes = self.seen.windows.iter().zip(windows);
        let lanes = lanes
            .map(|((name, window), seen)| {
                let own = |heard: &&Heard| heard.window.as_deref() == Some(name);
                let own: Vec<&Heard> = heard.iter().filter(own).collect();
                Lane {
                    name: name.clone(),
                    from: seen.opened_from.clone(),
                    frame: seen.frame,
                    told: lane(name, window, seen, &own, &mut way),
                }
            })
            .collect();
        let others = heard.iter().filter_map(|heard| {
            let logged = requests.iter().position(|request| Some(request.id) == heard.answer)?;
            if way.taken.contains(&logged) {
                return None;
            }
            let moment =
                Moment { at_ms: millis(heard.at), window: None, event: heard.event.clone() };
            Some(Told { moment, logged: Some(logged) })
        });
        in_order(lanes, others.collect())
    }
}

/// The answers that led to documents.
struct Way<'a> {
    requests: &'a [Request],
    /// When each answer was given, by its number.
    times: HashMap<u64, Duration>,
    /// Their places in the log.
    taken: HashSet<usize>,
}

/// What happened in one window: for each document its way, the document itself, and what it told.
fn lane(
    name: &str,
    window: &Window,
    seen: &WindowSeen,
    own: &[&Heard],
    way: &mut Way<'_>,
) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    let moment = |at: Duration, event: Event, logged: Option<usize>| Told {
        moment: Moment { at_ms: millis(at), window: Some(name.to_owned()), event },
        logged,
    };
    let owners = owners(window, own);
    let mut is_cut = false;
    for place in places(window, own) {
        let (number, again) = place;
        let (document, shown) = (&window.documents[number], &seen.documents[number]);
        let notes = own.iter().zip(&owners).filter(|(_, owner)| **owner == Some(number));
        let notes: Vec<&Heard> = notes.map(|(heard, _)| *heard).collect();
        let restored = notes.iter().position(|heard| matches!(heard.event, Event::Restored { .. }));
        let (first, second) = notes.split_at(restored.unwrap_or(notes.len()));
        if again {
            told.extend(second.iter().map(|heard| moment(heard.at, heard.event.clone(), None)));
            continue;
        }
        let mut at =
            told.last().map_or(Duration::ZERO, |last| Duration::from_millis(last.moment.at_ms));
        for hop in document.id.map(|id| chain_of(id, way.requests)).unwrap_or_default() {
            way.taken.insert(hop);
            let request = &way.requests[hop];
            at = way.times.get(&request.id).copied().unwrap_or(at);
            told.push(moment(at, answered(request), Some(hop)));
        }
        let is_shown = |heard: &&&Heard| matches!(heard.event, Event::Shows { .. });
        at = first.iter().find(is_shown).map_or(at, |heard| heard.at);
        if let (Role::Popup { from, .. }, Some("severed")) = (&window.role, shown.opener.as_deref())
            && !is_cut
        {
            is_cut = true;
            told.push(moment(at, Event::Cut { from: from.clone() }, None));
        }
        let event = Event::Shows { page: shown.page.clone(), opener: shown.opener.clone() };
        told.push(moment(at, event, None));
        let mut last: Option<&Event> = None;
        for heard in first.iter().filter(|heard| !is_shown(heard)) {
            // How often a page that is not ours repeats itself is not always the same.
            if !(is_foreign(document) && last == Some(&heard.event)) {
                told.push(moment(heard.at, heard.event.clone(), None));
            }
            last = Some(&heard.event);
        }
    }
    // The end is the end, and what nobody can place comes before it.
    let (ends, strays): (Vec<&Heard>, Vec<&Heard>) = own
        .iter()
        .zip(&owners)
        .filter(|(_, owner)| owner.is_none())
        .map(|(heard, _)| *heard)
        .partition(|heard| matches!(heard.event, Event::Closed { .. }));
    for heard in strays.into_iter().chain(ends) {
        told.push(moment(heard.at, heard.event.clone(), None));
    }
    told
}

/// In which order the documents are told, and whether as ones that came again from history: the list has
/// those at the end only.
fn places(window: &Window, own: &[&Heard]) -> Vec<(usize, bool)> {
    let is_again = |number: usize| {
        let id = window.documents[number].id;
        id.is_some()
            && own
                .iter()
                .any(|heard| heard.document == id && matches!(heard.event, Event::Restored { .. }))
    };
    let mut first: Vec<usize> = (0..window.documents.len()).collect();
    // Numbers grow; a document without one stays where it is.
    for number in (0..window.documents.len()).filter(|number| is_again(*number)) {
        let id = window.documents[number].id;
        let at = first.iter().position(|other| *other == number).unwrap_or(0);
        first.remove(at);
        let later = first.iter().position(|other| window.documents[*other].id > id);
        first.insert(later.unwrap_or(at), number);
    }
    let mut places: Vec<(usize, bool)> = first.into_iter().map(|number| (number, false)).collect();
    places.extend((0..window.documents.len()).filter(|n| is_again(*n)).map(|n| (n, true)));
    places
}

/// For each note the document that it belongs to; nothing for the window's end and what has no document.
fn owners(window: &Window, own: &[&Heard]) -> Vec<Option<usize>> {
    let documents = &window.documents;
    let mut now: Option<usize> = None;
    let of = |heard: &&Heard| {
        let told_by = heard.document.and_then(|id| documents.iter().position(|d| d.id == Some(id)));
        if let Event::Shows { page, .. } = &heard.event {
            let is_it = |number: &usize| {
                let other = &documents[*number];
                Some(*number) > now && without_query(&other.page) == without_query(page)
            };
            now = told_by.or_else(|| (0..documents.len()).find(is_it)).or(now);
            return now;
        }
        match heard.event {
            Event::Closed { .. } => None,
            _ => told_by.or(now),
        }
    };
    own.iter().map(of).collect()
}

fn answered(request: &Request) -> Event {
    Event::Answered {
        method: request.method.clone(),
        page: without_query(&request.answer.page).to_owned(),
        answer: request.answer.status.to_string(),
    }
}

fn millis(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}
