//! How ids are stored: a UUID in its usual spelling as 16 bytes, anything else as text.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{Sqlite, SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Encode, Type, TypeInfo, ValueRef};

/// An id on its way into the database or out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredId(String);

/// An id on its way into the database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id<'a>(pub(crate) &'a str);

impl StoredId {
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// The 16 bytes of `text`, if they give back exactly `text`.
fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    const HYPHENATED: usize = 36;
    if text.len() != HYPHENATED {
        return None;
    }
    let uuid = uuid::Uuid::try_parse(text).ok()?;
    let mut spelled = [0; HYPHENATED];
    (uuid.as_hyphenated().encode_lower(&mut spelled) == text).then(|| uuid.into_bytes())
}

impl Type<Sqlite> for Id<'_> {
    fn type_info() -> SqliteTypeInfo {
        <[u8] as Type<Sqlite>>::type_info()
    }
}

impl<'a> Encode<'a, Sqlite> for Id<'_> {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        match uuid_bytes(self.0) {
            Some(bytes) => Encode::<Sqlite>::encode(bytes.as_slice(), buffer),
            None => Encode::<Sqlite>::encode(self.0, buffer),
        }
    }
}

impl Type<Sqlite> for StoredId {
    fn type_info() -> SqliteTypeInfo {
        <[u8] as Type<Sqlite>>::type_info()
    }

    fn compatible(info: &SqliteTypeInfo) -> bool {
        <[u8] as Type<Sqlite>>::compatible(info) || <str as Type<Sqlite>>::compatible(info)
    }
}

impl<'r> Decode<'r, Sqlite> for StoredId {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.type_info().name() == "TEXT" {
            return Ok(Self(<String as Decode<Sqlite>>::decode(value)?));
        }
        let bytes = <&[u8] as Decode<Sqlite>>::decode(value)?;
        Ok(Self(uuid::Uuid::from_slice(bytes)?.as_hyphenated().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_spelling_of_a_uuid_is_packed() {
        assert!(uuid_bytes("0190163d-8694-739b-aea5-966c26f8ad91").is_some());
        for other in [
            "0190163D-8694-739B-AEA5-966C26F8AD91",
            "0190163d8694739baea5966c26f8ad91",
            "{0190163d-8694-739b-aea5-966c26f8ad91}",
            "",
            "campaign/default/spring",
        ] {
            assert_eq!(uuid_bytes(other), None, "{other}");
        }
    }
}
