//! Axes: the values that multiply a variant into a matrix, and the cells that they make.
//!
//! An axis is written as a list of texts, or as a mapping from a short label to its text where the text
//! is long. [`fill`](super::fill) puts the texts of one cell into the file.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::yaml::{Content, Tree};

/// More cells than this are a slip, not a matrix.
pub(super) const MOST_CELLS: usize = 20_000;

/// The label of an empty value that has none.
const EMPTY: &str = "-";

/// The values that one placeholder takes in turn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Axis(pub Vec<AxisValue>);

/// One value of an axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AxisValue {
    /// What tables and names of cells show: the text itself unless the file gives a label; `-` for an
    /// empty text.
    pub label: String,
    /// What is put in place of the placeholder.
    pub text: String,
}

impl AxisValue {
    fn plain(text: String) -> Self {
        let label = if text.is_empty() { EMPTY.to_owned() } else { text.clone() };
        Self { label, text }
    }
}

impl<'de> Deserialize<'de> for Axis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AxisVisitor)
    }
}

struct AxisVisitor;

impl<'de> Visitor<'de> for AxisVisitor {
    type Value = Axis;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts, or a mapping from labels to texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Axis, A::Error> {
        let mut values = Vec::new();
        while let Some(text) = items.next_element()? {
            values.push(AxisValue::plain(text));
        }
        Ok(Axis(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Axis, A::Error> {
        let mut values = Vec::new();
        while let Some((label, text)) = entries.next_entry()? {
            values.push(AxisValue { label, text });
        }
        Ok(Axis(values))
    }
}

impl JsonSchema for Axis {
    fn schema_name() -> Cow<'static, str> {
        "Axis".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<String>();
        json_schema!({
            "description": "The values that a placeholder takes in turn: a list of texts, or short labels each with its text.",
            "anyOf": [
                { "type": "array", "items": text, "minItems": 1 },
                { "type": "object", "additionalProperties": text, "minProperties": 1 },
            ],
        })
    }
}

/// One value for each axis, in the order of the file.
pub(super) type Cell = Vec<(String, AxisValue)>;

/// All cells; the last axis changes fastest. Without axes it is one cell without values.
pub(super) fn cells(axes: &IndexMap<String, Axis>) -> Vec<Cell> {
    axes.iter().fold(vec![Vec::new()], |cells, (axis, values)| {
        let with = |cell: &Cell, value: &AxisValue| {
            let mut cell = cell.clone();
            cell.push((axis.clone(), value.clone()));
            cell
        };
        cells.iter().flat_map(|cell| values.0.iter().map(move |value| with(cell, value))).collect()
    })
}

/// How many cells the axes make.
pub(super) fn count(axes: &IndexMap<String, Axis>) -> usize {
    axes.values().map(|axis| axis.0.len()).fold(1, usize::saturating_mul)
}

impl Tree {
    /// The axes, as far as they can be made out: this is needed before the file can be read. What is
    /// wrong with them is told when it is. An axis without values is left out.
    pub(super) fn axes(&self) -> IndexMap<String, Axis> {
        let mut axes = IndexMap::new();
        let Some(Content::Mapping(entries)) =
            self.root().find("axes").and_then(|at| at.value).map(|node| &node.content)
        else {
            return axes;
        };
        for entry in entries {
            let values: Vec<AxisValue> = match &entry.value.content {
                Content::Sequence(items) => {
                    let texts = items.iter().filter_map(|item| item.text());
                    texts.map(|text| AxisValue::plain(text.to_owned())).collect()
                }
                Content::Mapping(values) => values
                    .iter()
                    .filter_map(|value| {
                        let label = value.key.text()?.to_owned();
                        Some(AxisValue { label, text: value.value.text()?.to_owned() })
                    })
                    .collect(),
                Content::Scalar(..) | Content::Hole => Vec::new(),
            };
            if let (Some(name), false) = (entry.key.text(), values.is_empty()) {
                axes.insert(name.to_owned(), Axis(values));
            }
        }
        axes
    }
}
