//! Columns of a row, read into our types with errors that name the column.

use std::io::{BufReader, BufWriter, Write as _};
use std::str::FromStr;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::DbError;
use crate::instant::from_ms;

/// A row whose columns are read by name.
pub(crate) struct Columns<'r>(pub(crate) &'r AnyRow);

impl Columns<'_> {
    pub(crate) fn text(&self, name: &str) -> Result<String, DbError> {
        said(name, self.0.try_get::<String, _>(name)?)
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>, DbError> {
        Ok(self.0.try_get::<Vec<u8>, _>(name)?)
    }

    pub(crate) fn opt_text(&self, name: &str) -> Result<Option<String>, DbError> {
        self.0.try_get::<Option<String>, _>(name)?.map(|text| said(name, text)).transpose()
    }

    pub(crate) fn int(&self, name: &str) -> Result<i64, DbError> {
        Ok(self.0.try_get::<i64, _>(name)?)
    }

    pub(crate) fn opt_int(&self, name: &str) -> Result<Option<i64>, DbError> {
        Ok(self.0.try_get::<Option<i64>, _>(name)?)
    }

    pub(crate) fn count(&self, name: &str) -> Result<u64, DbError> {
        let value = self.int(name)?;
        u64::try_from(value).map_err(|_| corrupt(name, &value))
    }

    pub(crate) fn small(&self, name: &str) -> Result<u32, DbError> {
        let value = self.int(name)?;
        u32::try_from(value).map_err(|_| corrupt(name, &value))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, DbError> {
        Ok(self.int(name)? != 0)
    }

    pub(crate) fn instant(&self, name: &str) -> Result<Timestamp, DbError> {
        Ok(from_ms(self.int(name)?))
    }

    pub(crate) fn opt_instant(&self, name: &str) -> Result<Option<Timestamp>, DbError> {
        Ok(self.opt_int(name)?.map(from_ms))
    }

    pub(crate) fn word<T: FromStr>(&self, name: &str) -> Result<T, DbError> {
        let word = self.text(name)?;
        word.parse().map_err(|_| corrupt(name, &word))
    }

    pub(crate) fn opt_word<T: FromStr>(&self, name: &str) -> Result<Option<T>, DbError> {
        match self.opt_text(name)? {
            Some(word) => word.parse().map(Some).map_err(|_| corrupt(name, &word)),
            None => Ok(None),
        }
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, DbError> {
        let text = self.text(name)?;
        serde_json::from_str(&text).map_err(|_| corrupt(name, &text))
    }

    /// What [`to_packed`] gave; `None` where the column is empty.
    pub(crate) fn opt_packed<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DbError> {
        let Some(packed) = self.0.try_get::<Option<Vec<u8>>, _>(name)? else { return Ok(None) };
        // Unpacked as it is read: no more than the value itself is ever in memory.
        let unpacked = BufReader::new(ZlibDecoder::new(packed.as_slice()));
        serde_json::from_reader(unpacked).map(Some).map_err(|error| corrupt(name, &error))
    }
}

fn corrupt(column: &str, value: &dyn std::fmt::Display) -> DbError {
    /// Enough to find the row by, too little to flood a log.
    const SHOWN_CHARS: usize = 80;
    let value = value.to_string().chars().take(SHOWN_CHARS).collect();
    DbError::Corrupt { column: column.to_owned(), value }
}

/// What a kept text begins with where it is not the text itself but JSON of it: a code point that Unicode keeps
/// out of texts.
const ENCODED: char = '\u{fdd0}';

/// A text of others as it is kept: PostgreSQL takes no NUL, and what a platform says must not stop a row from
/// being written.
pub(crate) fn kept(text: &str) -> String {
    if !text.contains('\0') && !text.starts_with(ENCODED) {
        return text.to_owned();
    }
    format!("{ENCODED}{}", serde_json::Value::from(text))
}

fn said(column: &str, kept: String) -> Result<String, DbError> {
    match kept.strip_prefix(ENCODED) {
        None => Ok(kept),
        Some(json) => serde_json::from_str(json).map_err(|_| corrupt(column, &json)),
    }
}

/// JSON of a value of ours, which always has one.
pub(crate) fn to_json<T: serde::Serialize>(column: &str, value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| corrupt(column, &error))
}

/// The JSON of a value of ours in zlib's format, for what is long, repeats itself and is rarely read.
pub(crate) fn to_packed<T: serde::Serialize>(column: &str, value: &T) -> Result<Vec<u8>, DbError> {
    let mut text = BufWriter::new(ZlibEncoder::new(Vec::new(), Compression::default()));
    serde_json::to_writer(&mut text, value).map_err(|error| corrupt(column, &error))?;
    text.flush().map_err(|error| corrupt(column, &error))?;
    let (packer, _) = text.into_parts();
    packer.finish().map_err(|error| corrupt(column, &error))
}

/// An enum of words: what the ledger stores and what people read.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every value, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::row::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word { $($word => Ok(Self::$variant),)+ _ => Err($crate::row::UnknownWord(word.to_owned())) }
            }
        }
    };
}
pub(crate) use words;

/// A word that is none of those a column may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a word of the ledger")]
pub struct UnknownWord(pub String);
