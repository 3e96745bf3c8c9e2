//! The playground: a login of which everything can be set, as a scenario. Pure.

use std::fmt::Write as _;

use fixtures_server::page::{RawHeaders, Return};
use serde::Deserialize;

use super::lessons::{self, Wrong};
use crate::scenario::{self, Opening, Unit};

/// What a visitor has set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct State {
    opener: Answer,
    #[serde(default)]
    hop: Option<Answer>,
    #[serde(default)]
    second_hop: Option<Answer>,
    idp: Answer,
    callback: Answer,
    token: Answer,
    /// A picture of another site that the app shows.
    #[serde(default)]
    picture: Option<Answer>,
    /// A page of another site that the app embeds.
    #[serde(default)]
    frame: Option<Answer>,
    relation: Relation,
    #[serde(default)]
    how: Opening,
    #[serde(default)]
    returns: Return,
    #[serde(default)]
    watches_closed: bool,
}

/// A response.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// Header lines.
    headers: String,
}

/// What the identity provider is to the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Relation {
    CrossSite,
    SameSite,
    SameOrigin,
}

impl State {
    /// The scenario file that says the same.
    pub(super) fn scenario(&self) -> String {
        let idp = if self.relation == Relation::SameOrigin { "app" } else { "auth" };
        let provider = match self.relation {
            Relation::CrossSite => ", auth: {}",
            Relation::SameSite => ", auth: { subdomain-of: app }",
            Relation::SameOrigin => "",
        };
        let embeds = self.picture.is_some() || self.frame.is_some();
        let other = if embeds { ", cdn: {}" } else { "" };
        let hops = [("start", &self.hop), ("continue", &self.second_hop)];
        let hops: Vec<(&str, &Answer)> =
            hops.iter().filter_map(|(path, hop)| Some((*path, hop.as_ref()?))).collect();
        let at = hops.first().map_or("authorize", |(path, _)| path);
        let returns = word(&self.returns);
        let mut text = format!(
            "version: 1\ntitle: A login from the playground\ntags: [playground]\n\
             sites: {{ app: {{}}{provider}{other} }}\npages:\n"
        );
        page(&mut text, "app:/", "app", &self.opener);
        for (number, (path, hop)) in hops.iter().enumerate() {
            let to = hops.get(number + 1).map_or("authorize", |(path, _)| path);
            let serve = format!("{{ redirect: {{ to: {idp}:/{to} }} }}");
            page(&mut text, &format!("{idp}:/{path}"), &serve, hop);
        }
        page(&mut text, &format!("{idp}:/authorize"), "authorize", &self.idp);
        page(&mut text, &format!("{idp}:/token"), "token", &self.token);
        let serve = format!("{{ callback: {{ returns: {returns} }} }}");
        page(&mut text, "app:/callback", &serve, &self.callback);
        if let Some(picture) = &self.picture {
            page(&mut text, "cdn:/picture.png", "image", picture);
        }
        if let Some(frame) = &self.frame {
            page(&mut text, "cdn:/frame", "blank", frame);
        }
        if self.returns == Return::Backend {
            text.push_str("  app:/record: { serve: login-record }\n");
        }
        let mut login = format!(
            "at: {idp}:/{at}, token: {idp}:/token, callback: app:/callback, returns: {returns}"
        );
        let window = if self.returns == Return::Redirect {
            "main"
        } else {
            let how = word(&self.how);
            let _ = write!(login, ", as: login, how: {how}");
            if self.watches_closed {
                login.push_str(", watches-closed: true");
            }
            "login"
        };
        text.push_str("steps:\n  - open: { url: app:/ }\n");
        if self.picture.is_some() {
            text.push_str("  - load: { as: picture, url: cdn:/picture.png, kind: image }\n");
        }
        if self.frame.is_some() {
            text.push_str("  - frame: { as: frame, url: cdn:/frame }\n");
        }
        let _ = write!(
            text,
            "  - login: {{ {login} }}\n  \
             - click: {{ in: {window}, on: \"#allow\" }}\n  - await-login: {{}}\nvariants:\n  \
             tried: {{ kind: case, title: as it was set }}\n"
        );
        text
    }

    /// The unit of it.
    ///
    /// # Errors
    /// Header lines that no file and no response can hold.
    pub(super) fn unit(&self) -> Result<Unit, Vec<Wrong>> {
        let answers = [
            ("the app", Some(&self.opener)),
            ("the redirect", self.hop.as_ref()),
            ("the other redirect", self.second_hop.as_ref()),
            ("the provider", Some(&self.idp)),
            ("the callback", Some(&self.callback)),
            ("the token endpoint", Some(&self.token)),
            ("the picture", self.picture.as_ref()),
            ("the frame", self.frame.as_ref()),
        ];
        let wrong: Vec<Wrong> = answers
            .into_iter()
            .filter_map(|(name, answer)| {
                Some(lessons::faults(name, &RawHeaders(answer?.headers.clone())))
            })
            .flatten()
            .collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let scenario = scenario::parse("playground.yaml", &self.scenario()).map_err(|faults| {
            let told = |fault: &scenario::Fault| Wrong {
                place: format!("line {} of the scenario", fault.line),
                message: fault.message.clone(),
            };
            faults.iter().map(told).collect::<Vec<_>>()
        })?;
        Ok(scenario.units().remove(0))
    }
}

fn page(text: &mut String, url: &str, serve: &str, answer: &Answer) {
    let lines: Vec<&str> = answer.headers.lines().filter(|line| !line.trim().is_empty()).collect();
    let _ = writeln!(text, "  {url}:\n    serve: {serve}");
    if !lines.is_empty() {
        // The number keeps spaces with which a line begins.
        text.push_str("    headers: |2\n");
        for line in lines {
            let _ = writeln!(text, "      {line}");
        }
    }
}

/// A value by the name that files have for it.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state(relation: &str, how: &str, returns: &str, hop: bool) -> State {
        let headers = "Cross-Origin-Opener-Policy: same-origin\nX-Odd: # : {app} 'b' \"c\"";
        let answer = json!({ "headers": headers });
        serde_json::from_value(json!({
            "opener": answer, "hop": hop.then_some(&answer), "idp": answer, "callback": { "headers": "" },
            "token": { "headers": "Access-Control-Allow-Origin: {app}" },
            "relation": relation, "how": how, "returns": returns, "watchesClosed": true,
            "secondHop": hop.then_some(&answer), "picture": hop.then_some(&answer), "frame": hop.then_some(&answer),
        }))
        .unwrap()
    }

    #[test]
    fn every_state_is_a_scenario() {
        for relation in ["cross-site", "same-site", "same-origin"] {
            for how in ["direct", "named", "noopener", "noreferrer", "blank-then-assign", "link"] {
                for returns in
                    ["opener", "opener-unguarded", "broadcast", "storage", "backend", "redirect"]
                {
                    for hop in [false, true] {
                        let state = state(relation, how, returns, hop);
                        let unit = state.unit();
                        let unit = unit.unwrap_or_else(|wrong| {
                            panic!("{wrong:?}\n{}", state.scenario());
                        });
                        assert_eq!(
                            unit.plan.pages.len(),
                            4 + 4 * usize::from(hop) + usize::from(returns == "backend")
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn lines_stay_as_they_were_written() {
        let unit = state("cross-site", "direct", "opener", false).unit().unwrap();
        let headers = unit.plan.pages[0].headers.as_ref().unwrap();
        assert_eq!(headers.lines().unwrap()[1], ("X-Odd", "# : {app} 'b' \"c\""));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let mut state = state("cross-site", "direct", "opener", false);
        state.idp.headers = "no colon".to_owned();
        assert!(state.unit().unwrap_err()[0].message.contains("no colon"));
    }
}
