//! A [`Node`] as a serde source.
//!
//! Texts are as written, and numbers and truth values only where a type asks for them. A hole reads
//! as some empty value, whatever the type: see [`repair`](super::repair).

use std::fmt::Display;
use std::str::FromStr;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::problem::{NO_NODE, ReadError};
use super::tree::{Content, Entry, Node, Place};

/// Fills the fields of a struct of which nothing could be read.
static HOLE: Node = Node {
    id: NO_NODE,
    place: Place { line: 0, column: 0, span: 0..0 },
    content: Content::Hole,
    damaged: true,
    filled: None,
};

impl Node {
    /// Tells an error where it arose.
    fn here(&self) -> impl FnOnce(ReadError) -> ReadError {
        |error| error.within(self)
    }

    fn wrong(&self, expected: &str) -> ReadError {
        let found = match &self.content {
            Content::Scalar(..) if self.is_nothing() => "nothing".to_owned(),
            Content::Scalar(text, _) => format!("`{text}`"),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
            Content::Hole => "nothing".to_owned(),
        };
        ReadError::custom(format_args!("expected {expected}, found {found}")).within(self)
    }

    /// Whether this says "nothing", as YAML does. Quoted, the same is a text.
    fn is_nothing(&self) -> bool {
        matches!(self.plain(), Some("" | "~" | "null"))
    }

    /// The text for a type that wants one.
    fn words(&self) -> Result<&str, ReadError> {
        match &self.content {
            Content::Scalar(text, _) if !self.is_nothing() => Ok(text),
            Content::Hole => Ok(""),
            _ => Err(self.wrong("a text")),
        }
    }

    fn number<T>(&self, min: T, max: T) -> Result<T, ReadError>
    where
        T: Copy + Default + Display + FromStr,
    {
        if self.is_hole() {
            return Ok(T::default());
        }
        self.plain()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| self.wrong(&format!("a number from {min} to {max}")))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let number = self.number($type::MIN, $type::MAX)?;
            visitor.$visit(number).map_err(self.here())
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = ReadError;

    numbers! {
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    /// For types that take several shapes: they see texts, lists and mappings, never a number. `null`
    /// is a text here: it is what a fact may be.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.content {
            Content::Scalar(..) if self.plain() == Some("") => visitor.visit_unit(),
            Content::Scalar(text, _) => visitor.visit_str(text),
            Content::Sequence(_) => return self.deserialize_seq(visitor),
            Content::Mapping(_) => return self.deserialize_map(visitor),
            Content::Hole => visitor.visit_str(""),
        }
        .map_err(self.here())
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let value = match (&self.content, self.plain()) {
            (_, Some("true")) => true,
            (Content::Hole, _) | (_, Some("false")) => false,
            _ => return Err(self.wrong("`true` or `false`")),
        };
        visitor.visit_bool(value).map_err(self.here())
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_str(self.words()?).map_err(self.here())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let nothing = self.is_hole() || self.is_nothing();
        let value = if nothing { visitor.visit_none() } else { visitor.visit_some(self) };
        value.map_err(self.here())
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.is_hole() || self.is_nothing() {
            return visitor.visit_unit().map_err(self.here());
        }
        Err(self.wrong("nothing"))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self).map_err(self.here())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let items = match &self.content {
            Content::Sequence(items) => items.as_slice(),
            Content::Hole => &[],
            _ => return Err(self.wrong("a list")),
        };
        visitor.visit_seq(Items(items.iter())).map_err(self.here())
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let entries = match &self.content {
            Content::Mapping(entries) => entries.as_slice(),
            Content::Hole => &[],
            _ => return Err(self.wrong("a mapping")),
        };
        visitor.visit_map(Entries::new(entries)).map_err(self.here())
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if self.is_hole() {
            let fields = fields.iter().map(|field| (*field, &HOLE));
            return visitor.visit_map(MapDeserializer::new(fields)).map_err(self.here());
        }
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let value = match &self.content {
            Content::Scalar(..) if !self.is_nothing() => {
                visitor.visit_enum(Choice { word: self, content: None })
            }
            Content::Mapping(entries) => match entries.as_slice() {
                [entry] => {
                    visitor.visit_enum(Choice { word: &entry.key, content: Some(&entry.value) })
                }
                _ => Err(several(entries)),
            },
            Content::Hole => {
                let first: StrDeserializer<'_, ReadError> =
                    variants.first().copied().unwrap_or_default().into_deserializer();
                visitor.visit_enum(first)
            }
            _ => return Err(self.wrong("a word, or a mapping with one key")),
        };
        value.map_err(self.here())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf tuple tuple_struct }
}

/// The usual cause: content that is indented as far as the word it belongs to.
fn several(entries: &[Entry]) -> ReadError {
    let keys: Vec<String> =
        entries.iter().filter_map(|entry| entry.key.text()).map(|key| format!("`{key}`")).collect();
    let found = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    ReadError::custom(format_args!(
        "expected one key with its content indented below, found {found}"
    ))
}

impl<'de> IntoDeserializer<'de, ReadError> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The items of a list.
///
/// serde's own adapters would do, but for types that check themselves after they were read: their
/// errors know no node, and here is the last place that does.
struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        let Some(item) = self.0.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|error| error.within(item))
    }
}

/// The entries of a mapping.
struct Entries<'de> {
    rest: std::slice::Iter<'de, Entry>,
    value: &'de Node,
}

impl<'de> Entries<'de> {
    fn new(entries: &'de [Entry]) -> Self {
        Self { rest: entries.iter(), value: &HOLE }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        let Some(entry) = self.rest.next() else { return Ok(None) };
        self.value = &entry.value;
        seed.deserialize(&entry.key).map(Some).map_err(|error| error.within(&entry.key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        seed.deserialize(self.value).map_err(|error| error.within(self.value))
    }
}

/// A word out of several, with its content or alone.
struct Choice<'de> {
    word: &'de Node,
    content: Option<&'de Node>,
}

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        Ok((seed.deserialize(self.word)?, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.content {
            None => Ok(()),
            Some(content) => Err(content.wrong("the word alone")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        match self.content {
            Some(content) => seed.deserialize(content).map_err(|error| error.within(content)),
            None => seed.deserialize(Bare(self.word)),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.content.unwrap_or(self.word).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.content {
            Some(content) => content.deserialize_struct("", fields, visitor),
            None => Bare(self.word).deserialize_struct("", fields, visitor),
        }
    }
}

/// The content of a word that stands alone: a mapping without entries, if that is enough.
struct Bare<'de>(&'de Node);

impl<'de> Deserializer<'de> for Bare<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ReadError> {
        let word = self.0.text().unwrap_or_default();
        Err(ReadError::custom(format_args!("`{word}` needs content: write `{word}: …`"))
            .within(self.0))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_map(Entries::new(&[])).map_err(|error: ReadError| error.within(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
