//! One change to the header lines of a response.

use indexmap::IndexMap;
use serde::Serialize;

use crate::yaml::Several;

/// A change to the header lines of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edit {
    /// All lines of this name give way to these.
    Set {
        /// The header.
        name: String,
        /// The value of each line, at least one.
        values: Vec<String>,
    },
    /// One more line.
    Add {
        /// The header.
        name: String,
        /// The value.
        value: String,
    },
    /// All lines of this name are taken away.
    Remove {
        /// The header.
        name: String,
    },
}

impl Edit {
    /// The header that it changes.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Set { name, .. } | Self::Add { name, .. } | Self::Remove { name } => name,
        }
    }

    /// The values of the lines that it puts there.
    #[must_use]
    pub fn values(&self) -> &[String] {
        match self {
            Self::Set { values, .. } => values,
            Self::Add { value, .. } => std::slice::from_ref(value),
            Self::Remove { .. } => &[],
        }
    }

    /// Changes header lines, as (name, value). Lines that are set stand where the first of their name
    /// stood, or last. Says whether anything is different.
    pub fn apply(&self, lines: &mut Vec<(String, String)>) -> bool {
        let before = lines.clone();
        let name = self.name();
        let of_name = |line: &(String, String)| line.0.eq_ignore_ascii_case(name);
        let first = lines.iter().position(of_name);
        if !matches!(self, Self::Add { .. }) {
            lines.retain(|line| !of_name(line));
        }
        let at = first.filter(|_| matches!(self, Self::Set { .. })).unwrap_or(lines.len());
        let new = self.values().iter().map(|value| (name.to_owned(), value.clone()));
        lines.splice(at..at, new);
        *lines != before
    }
}

/// The edits of a rule. No header is named twice, so their order does not count.
pub(super) fn edits(
    set: IndexMap<String, Several<String>>,
    add: IndexMap<String, Several<String>>,
    remove: Option<Vec<String>>,
) -> Vec<Edit> {
    let remove = remove.into_iter().flatten().map(|name| Edit::Remove { name });
    let set = set.into_iter().map(|(name, values)| Edit::Set { name, values: values.0 });
    let add = add.into_iter().flat_map(|(name, values)| {
        values.0.into_iter().map(move |value| Edit::Add { name: name.clone(), value })
    });
    remove.chain(set).chain(add).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(edit: &Edit, lines: &[(&str, &str)]) -> (bool, Vec<String>) {
        let mut lines: Vec<(String, String)> =
            lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let changed = edit.apply(&mut lines);
        (changed, lines.iter().map(|(name, value)| format!("{name}: {value}")).collect())
    }

    const LINES: &[(&str, &str)] = &[("A", "1"), ("b", "2"), ("C", "3"), ("B", "4")];

    #[test]
    fn what_is_set_takes_the_place_of_all_lines_of_its_name() {
        let edit = Edit::Set { name: "B".into(), values: vec!["x".into(), "y".into()] };
        let lines = ["A: 1", "B: x", "B: y", "C: 3"].map(String::from).to_vec();
        assert_eq!(changed(&edit, LINES), (true, lines));
        let edit = Edit::Set { name: "D".into(), values: vec!["x".into()] };
        assert_eq!(changed(&edit, &LINES[..1]), (true, vec!["A: 1".into(), "D: x".into()]));
    }

    #[test]
    fn what_is_there_already_is_no_change() {
        let edit = Edit::Set { name: "A".into(), values: vec!["1".into()] };
        assert!(!changed(&edit, LINES).0);
        assert!(!changed(&Edit::Remove { name: "D".into() }, LINES).0);
    }

    #[test]
    fn a_line_is_added_last_and_all_of_a_name_removed() {
        let edit = Edit::Add { name: "A".into(), value: "9".into() };
        assert_eq!(changed(&edit, &LINES[..2]).1, ["A: 1", "b: 2", "A: 9"]);
        let edit = Edit::Remove { name: "b".into() };
        assert_eq!(changed(&edit, LINES), (true, vec!["A: 1".into(), "C: 3".into()]));
    }
}
