//! The one order in which moments are told: each window's own in their order, causes before effects, and
//! where nothing else decides the window that was opened last goes on first. Pure.
//!
//! Not by the clock: what happens in two windows at once is seen in another order in every run.

use super::{Event, Moment, site_of_page};

/// A window or frame with what happened in it.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Its name in the scenario.
    pub name: String,
    /// The window that opened or embeds it.
    pub from: Option<String>,
    /// Whether it is a frame.
    pub frame: bool,
    /// What happened in it, in order.
    pub told: Vec<Told>,
}

/// A moment, and if it is an answer the place of that in the server's log.
#[derive(Debug, Clone)]
pub struct Told {
    /// The moment.
    pub moment: Moment,
    /// The place of the answer in the log.
    pub logged: Option<usize>,
}

/// The moments of all `lanes`, which are in order of appearance, and of `others`: answers that led to no
/// document of theirs.
#[must_use]
pub fn in_order(lanes: Vec<Lane>, others: Vec<Told>) -> Vec<Moment> {
    let mut graph = Graph::default();
    let looks: Vec<(usize, Told)> = lanes
        .into_iter()
        .enumerate()
        .flat_map(|(number, lane)| graph.add_lane(number, lane))
        .collect();
    graph.link_windows();
    graph.link_messages();
    graph.link_logins();
    graph.add_looks(looks);
    graph.add_others(others);
    graph.sorted()
}

#[derive(Debug, Default)]
struct Graph {
    lanes: Vec<Lane>,
    /// For each lane its nodes.
    own: Vec<Vec<usize>>,
    nodes: Vec<Told>,
    /// For each node those that must come before it.
    before: Vec<Vec<usize>>,
}

impl Graph {
    fn add(&mut self, told: Told) -> usize {
        self.nodes.push(told);
        self.before.push(Vec::new());
        self.nodes.len() - 1
    }

    /// Gives back the looks at popups' handles: when a page or the driver looks, and how often, is a matter of luck.
    fn add_lane(&mut self, number: usize, mut lane: Lane) -> Vec<(usize, Told)> {
        let mut own: Vec<usize> = Vec::new();
        let mut looks: Vec<(usize, Told)> = Vec::new();
        for told in std::mem::take(&mut lane.told) {
            if matches!(told.moment.event, Event::ReadsClosed { .. }) {
                if looks.iter().all(|(_, known)| known.moment.event != told.moment.event) {
                    looks.push((number, told));
                }
                continue;
            }
            let at = self.add(told);
            self.before[at].extend(own.last());
            own.push(at);
        }
        self.lanes.push(lane);
        self.own.push(own);
        looks
    }

    fn event(&self, at: usize) -> &Event {
        &self.nodes[at].moment.event
    }

    fn lane_of(&self, name: &str) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.name == name)
    }

    /// What comes after node `at` in its lane.
    fn next_of(&self, lane: usize, at: usize) -> Option<usize> {
        let own = &self.own[lane];
        let place = own.iter().position(|one| *one == at)?;
        own.get(place + 1).copied()
    }

    fn all(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let own = self.own.clone();
        own.into_iter()
            .enumerate()
            .flat_map(|(lane, own)| own.into_iter().map(move |at| (lane, at)))
    }

    /// A popup begins when it is opened, a frame when its page is there.
    fn link_windows(&mut self) {
        for (lane, at) in self.all() {
            let begins = match self.event(at) {
                Event::Opens { popup: Some(popup), .. } => self.lane_of(popup),
                _ => None,
            };
            let first = begins.filter(|one| *one != lane).and_then(|one| self.own[one].first());
            if let Some(first) = first.copied() {
                self.before[first].push(at);
                // A client that gets no handle gives up at once.
                let is_null =
                    matches!(self.event(at), Event::Opens { handle, .. } if handle == "null");
                let gives_up = self.next_of(lane, at).filter(|next| {
                    is_null && matches!(self.event(*next), Event::Login { outcome, .. } if outcome == "failed")
                });
                self.before[first].extend(gives_up);
            }
        }
        for (frame, lane) in self.lanes.iter().enumerate().filter(|(_, lane)| lane.frame) {
            let page = lane.from.as_deref().and_then(|from| self.lane_of(from));
            let shows = page.and_then(|page| {
                let mut own = self.own[page].iter().copied();
                own.find(|at| matches!(self.nodes[*at].moment.event, Event::Shows { .. }))
            });
            if let (Some(shows), Some(first)) = (shows, self.own[frame].first()) {
                self.before[*first].push(shows);
            }
        }
    }

    /// The site of the page that `lane` shows at node `at`.
    fn site_at(&self, lane: usize, at: usize) -> Option<&str> {
        let until = self.own[lane].iter().rev().skip_while(|one| **one != at);
        until.into_iter().find_map(|one| match self.event(*one) {
            Event::Shows { page, .. } | Event::Restored { page } => Some(site_of_page(page)),
            _ => None,
        })
    }

    /// A message arrives after it was sent; where nobody told that, after its sender was there.
    fn link_messages(&mut self) {
        let mut taken: Vec<usize> = Vec::new();
        for (lane, at) in self.all() {
            let sender = match self.event(at) {
                Event::Message { from, .. } => self
                    .all()
                    .find(|(other, sent)| {
                        let is_sent = match self.event(*sent) {
                            Event::Returns { via, outcome } => via.starts_with("opener") && outcome == "sent",
                            Event::Sends { outcome, .. } => outcome == "sent",
                            _ => false,
                        };
                        *other != lane
                            && is_sent
                            && !taken.contains(sent)
                            && self.site_at(*other, *sent) == Some(from)
                    })
                    .or_else(|| {
                        self.all().find(|(other, there)| {
                            *other != lane
                                && self.is_related(lane, *other)
                                && matches!(self.event(*there), Event::Shows { page, .. } if site_of_page(page) == from)
                        })
                    }),
                Event::Result { .. } => self.all().find(|(other, sent)| {
                    *other != lane
                        && !taken.contains(sent)
                        && matches!(self.event(*sent), Event::Returns { via, outcome }
                            if !via.starts_with("opener") && outcome == "sent")
                }),
                _ => None,
            };
            if let Some((sender, sent)) = sender {
                taken.push(sent);
                self.before[at].push(sent);
                // It has arrived before the window that sent it is gone.
                let next = self.next_of(sender, sent);
                if let Some(next) =
                    next.filter(|next| matches!(self.event(*next), Event::Closed { .. }))
                {
                    self.before[next].push(at);
                }
            }
        }
    }

    fn is_related(&self, one: usize, other: usize) -> bool {
        let comes_from = |one: usize, other: usize| {
            self.lanes[one].from.as_deref() == Some(&self.lanes[other].name)
        };
        comes_from(one, other) || comes_from(other, one)
    }

    /// From when on `closed` of a popup reads true: once the link is cut, or else once the window is gone. And
    /// what the popup does next.
    fn turn_of(&self, popup: usize) -> (Option<usize>, Option<usize>) {
        let own = &self.own[popup];
        match own.iter().position(|at| matches!(self.event(*at), Event::Cut { .. })) {
            // With the cut comes the document that made it.
            Some(cut) => (own.get(cut + 1).copied(), own.get(cut + 2).copied()),
            None => (own.last().copied(), None),
        }
    }

    /// A client that polls `closed` believes what it reads at once.
    fn link_logins(&mut self) {
        for (lane, at) in self.all() {
            let believes = matches!(self.event(at), Event::Login { detail: Some(detail), .. }
                if detail.contains(".closed reads true"));
            if !believes {
                continue;
            }
            let name = self.lanes[lane].name.clone();
            let is_own = |popup: &Lane| !popup.frame && popup.from.as_deref() == Some(&name);
            let popups: Vec<usize> =
                (0..self.lanes.len()).filter(|popup| is_own(&self.lanes[*popup])).collect();
            for popup in popups {
                self.place(at, popup);
            }
        }
    }

    /// Puts node `at` where `closed` of the popup turns.
    fn place(&mut self, at: usize, popup: usize) {
        let (turn, next) = self.turn_of(popup);
        self.before[at].extend(turn);
        if let Some(next) = next {
            self.before[next].push(at);
        }
    }

    fn add_looks(&mut self, looks: Vec<(usize, Told)>) {
        for (lane, told) in looks {
            let Event::ReadsClosed { popup } = told.moment.event.clone() else { continue };
            let at = self.add(told);
            if let Some(popup) = self.lane_of(&popup).filter(|popup| *popup != lane) {
                self.place(at, popup);
            }
            for own in self.own[lane].clone() {
                match self.event(own) {
                    Event::Opens { popup: Some(opened), .. } if *opened == popup => {
                        self.before[at].push(own);
                    }
                    Event::Login { detail: Some(detail), .. }
                        if detail.contains(".closed reads true") =>
                    {
                        self.before[own].push(at);
                    }
                    _ => {}
                }
            }
            self.own.push(vec![at]);
        }
    }

    /// Answers to requests that bring no document stand between those that do as in the server's log, and
    /// before the end of the login that they belong to. One that is asked again and again is told once.
    fn add_others(&mut self, others: Vec<Told>) {
        let documents: Vec<(usize, usize)> =
            (0..self.nodes.len()).filter_map(|at| Some((self.nodes[at].logged?, at))).collect();
        let is_login = |at: &usize| matches!(self.event(*at), Event::Login { .. });
        let logins: Vec<usize> = (0..self.nodes.len()).filter(is_login).collect();
        let mut own: Vec<usize> = Vec::new();
        for told in others {
            if own.iter().any(|at| self.nodes[*at].moment.event == told.moment.event) {
                continue;
            }
            let (logged, when) = (told.logged, told.moment.at_ms);
            let is_post =
                matches!(&told.moment.event, Event::Answered { method, .. } if method == "POST");
            let at = self.add(told);
            self.before[at].extend(own.last());
            own.push(at);
            let Some(logged) = logged else { continue };
            let earlier = documents.iter().filter(|(place, _)| *place < logged).max();
            let later = documents.iter().filter(|(place, _)| *place > logged).min();
            self.before[at].extend(earlier.map(|(_, earlier)| *earlier));
            if let Some((_, later)) = later {
                self.before[*later].push(at);
            }
            for login in
                logins.iter().filter(|login| is_post && self.nodes[**login].moment.at_ms >= when)
            {
                self.before[*login].push(at);
            }
        }
        self.own.push(own);
    }

    fn sorted(mut self) -> Vec<Moment> {
        let mut done = vec![false; self.nodes.len()];
        let mut next: Vec<usize> = vec![0; self.own.len()];
        let others = self.own.len() - 1;
        let mut order = Vec::with_capacity(self.nodes.len());
        // The lane that appeared last first, and what belongs to no lane when nothing else can go on.
        let lanes: Vec<usize> = (0..others).rev().chain([others]).collect();
        while order.len() < self.nodes.len() {
            let head = |lane: usize| self.own[lane].get(next[lane]).copied();
            let is_ready = |at: usize| self.before[at].iter().all(|before| done[*before]);
            let ready = lanes.iter().find(|lane| head(**lane).is_some_and(is_ready));
            // A circle is broken where it begins.
            let lane = ready.copied().or_else(|| (0..=others).find(|lane| head(*lane).is_some()));
            let Some((lane, at)) = lane.and_then(|lane| Some((lane, head(lane)?))) else { break };
            next[lane] += 1;
            done[at] = true;
            order.push(at);
        }
        let mut moments: Vec<Option<Moment>> =
            std::mem::take(&mut self.nodes).into_iter().map(|told| Some(told.moment)).collect();
        order.into_iter().filter_map(|at| moments[at].take()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(window: Option<&str>, at_ms: u64, event: Event) -> Told {
        Told {
            moment: Moment { at_ms, window: window.map(ToOwned::to_owned), event },
            logged: None,
        }
    }

    fn shows(page: &str) -> Event {
        Event::Shows { page: page.to_owned(), opener: None }
    }

    fn opens(popup: &str) -> Event {
        Event::Opens { popup: Some(popup.to_owned()), how: None, handle: "handle".to_owned() }
    }

    fn lane(name: &str, from: Option<&str>, events: &[Event]) -> Lane {
        let told = |event: &Event| self::told(Some(name), 0, event.clone());
        Lane {
            name: name.to_owned(),
            from: from.map(ToOwned::to_owned),
            frame: false,
            told: events.iter().map(told).collect(),
        }
    }

    fn words(moments: &[Moment]) -> Vec<String> {
        moments.iter().map(|moment| moment.event.to_string()).collect()
    }

    #[test]
    fn causes_come_before_effects_whatever_the_clock_says() {
        let message = Event::Message {
            message: "login-result".to_owned(),
            from: "app".to_owned(),
            verdict: Some("accepted".to_owned()),
        };
        let returns = Event::Returns { via: "opener".to_owned(), outcome: "sent".to_owned() };
        let completed = Event::Login { outcome: "completed".to_owned(), detail: None };
        let main = lane("main", None, &[shows("app:/"), opens("login"), message, completed]);
        let login = lane(
            "login",
            Some("main"),
            &[shows("auth:/authorize"), shows("app:/callback"), returns],
        );
        let token = Event::Answered {
            method: "POST".to_owned(),
            page: "app:/token".to_owned(),
            answer: "200".to_owned(),
        };
        let mut token = told(None, 0, token);
        token.logged = Some(7);
        let ordered = in_order(vec![main, login], vec![token.clone(), token]);
        assert_eq!(
            words(&ordered),
            [
                "shows app:/",
                "opens login (window.open gave handle)",
                "shows auth:/authorize",
                "shows app:/callback",
                "returns by opener: sent",
                "message `login-result` from app: accepted",
                "POST app:/token → 200",
                "login completed",
            ]
        );
    }

    #[test]
    fn closed_reads_true_after_the_cut_and_is_told_once() {
        let reads = Event::ReadsClosed { popup: "login".to_owned() };
        let detail = Some("popup.closed reads true".to_owned());
        let cancelled = Event::Login { outcome: "cancelled".to_owned(), detail };
        let cut = Event::Cut { from: "main".to_owned() };
        let login = lane("login", Some("main"), &[cut, shows("auth:/"), shows("app:/callback")]);
        for seen in [[&reads, &cancelled, &reads], [&cancelled, &reads, &reads]] {
            let events: Vec<Event> =
                [&shows("app:/"), &opens("login")].into_iter().chain(seen).cloned().collect();
            let ordered = in_order(vec![lane("main", None, &events), login.clone()], Vec::new());
            assert_eq!(
                words(&ordered)[2..],
                [
                    "is in another browsing context group: the link to main is cut",
                    "shows auth:/",
                    "sees login.closed become true",
                    "login cancelled: popup.closed reads true",
                    "shows app:/callback",
                ]
            );
        }
    }

    #[test]
    fn a_circle_ends() {
        let one = lane("one", None, &[opens("two")]);
        let two = lane("two", None, &[opens("one")]);
        assert_eq!(in_order(vec![one, two], Vec::new()).len(), 2);
    }
}
