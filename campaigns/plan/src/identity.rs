//! The identity of a publication: the key that decides that nothing goes out twice.

use std::fmt;

use campaigns_limits::AccountName;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Organization, campaign, post, account and occurrence. Neither content nor revision is part of it, so an
/// edit keeps it and a second apply finds the first one's row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    pub organization: String,
    pub campaign: String,
    pub post: String,
    pub account: AccountName,
    /// Local date and slot of the rule (`2027-03-23T10:30`), `-` for single posts.
    pub occurrence: String,
}

impl Identity {
    /// The id of the row: a hash, so that it has one length and no surprises in paths and headers.
    #[must_use]
    pub fn publication_id(&self) -> PublicationId {
        let digest = Sha256::digest(self.to_string().as_bytes());
        PublicationId(format!("pub_{}", hex::encode(&digest[..12])))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { organization, campaign, post, account, occurrence } = self;
        write!(f, "{organization}/{campaign}/{post}/{account}/{occurrence}")
    }
}

/// `pub_` and 24 hex digits, derived from the identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicationId(String);

impl PublicationId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The word is no publication id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a publication id: it is `pub_` and 24 hex digits")]
pub struct NotAPublicationId(pub String);

impl std::str::FromStr for PublicationId {
    type Err = NotAPublicationId;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let digits = word.strip_prefix("pub_").filter(|rest| {
            rest.len() == 24 && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        });
        digits.map(|_| Self(word.to_owned())).ok_or_else(|| NotAPublicationId(word.to_owned()))
    }
}

impl fmt::Display for PublicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_depends_on_every_part_of_the_identity() {
        let base = Identity {
            organization: "default".into(),
            campaign: "hello".into(),
            post: "intro".into(),
            account: "x/demo".parse().unwrap(),
            occurrence: "-".into(),
        };
        let others = [
            Identity { organization: "acme".into(), ..base.clone() },
            Identity { campaign: "hi".into(), ..base.clone() },
            Identity { post: "outro".into(), ..base.clone() },
            Identity { account: "x/acme".parse().unwrap(), ..base.clone() },
            Identity { occurrence: "2027-03-23T10:30".into(), ..base.clone() },
        ];
        for other in others {
            assert_ne!(base.publication_id(), other.publication_id(), "{other}");
        }
        assert_eq!(base.publication_id(), base.clone().publication_id());
        assert_eq!(base.publication_id().to_string().parse(), Ok(base.publication_id()));
    }
}
