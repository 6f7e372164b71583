//! `KEY=VALUE` words.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result};

/// What a program was told.
#[derive(Debug, Default)]
pub(crate) struct Arguments(BTreeMap<String, String>);

impl Arguments {
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Self> {
        let pairs = words.map(|word| {
            let (key, value) =
                word.split_once('=').with_context(|| format!("`{word}` is not `KEY=VALUE`"))?;
            Ok((key.to_owned(), value.to_owned()))
        });
        Ok(Self(pairs.collect::<Result<_>>()?))
    }

    pub(crate) fn text(&self, key: &str) -> Result<&str> {
        self.0.get(key).map(String::as_str).with_context(|| format!("`{key}=` is missing"))
    }

    pub(crate) fn number<T: FromStr>(&self, key: &str) -> Result<T> {
        let text = self.text(key)?;
        text.parse().ok().with_context(|| format!("`{key}={text}` is not a number"))
    }

    pub(crate) fn number_or<T: FromStr>(&self, key: &str, otherwise: T) -> Result<T> {
        if self.0.contains_key(key) { self.number(key) } else { Ok(otherwise) }
    }

    pub(crate) fn folder(&self) -> Result<PathBuf> {
        Ok(PathBuf::from(self.text("folder")?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Arguments> {
        Arguments::read(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn pairs_are_read_and_others_refused() {
        let arguments = read(&["count=3", "folder=/a=b"]).unwrap();
        assert_eq!(arguments.number::<u32>("count").unwrap(), 3);
        assert_eq!(arguments.text("folder").unwrap(), "/a=b");
        assert_eq!(arguments.number_or("absent", 7).unwrap(), 7);
        assert!(arguments.number::<u32>("absent").is_err());
        assert!(arguments.number_or::<u32>("folder", 7).is_err());
        assert!(read(&["count"]).is_err());
    }
}
