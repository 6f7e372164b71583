//! What is done to a sound request.

use super::wire::{Damage, Field, Kind};

/// Ids and names may have 1,000 bytes.
const LONG: usize = 1_001;
/// Payloads may have 2 MiB.
const LARGE: usize = 2 * 1024 * 1024 + 100;

/// How a sound request is misused.
#[derive(Clone, Debug)]
pub(super) enum Misuse {
    Not,
    Twice,
    AfterTheEnd,
    /// The field of that number, in the order in which they are written.
    Of(usize, Wrong),
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wrong {
    LeftOut,
    Number(i64),
    TooLong,
    TooLarge,
    /// An id that nobody has.
    OfNobody,
    /// No id, and no text of anything.
    Nonsense,
}

impl Wrong {
    /// Each of nobody's and nonsensical names is another, as some RPCs make what they name, and all scenarios
    /// share a server.
    pub(super) fn damage(self) -> Damage {
        let fresh = uuid::Uuid::new_v4();
        match self {
            Self::LeftOut => Damage::Drop,
            Self::Number(number) => Damage::Number(number),
            Self::TooLong => Damage::Text(vec![b'x'; LONG]),
            Self::TooLarge => Damage::Text(vec![b'x'; LARGE]),
            Self::OfNobody => Damage::Text(fresh.to_string().into()),
            Self::Nonsense => Damage::Text(format!("(nonsense'{}", fresh.simple()).into()),
        }
    }
}

/// All that is done to a request with these fields, each with what it is called.
pub(super) fn misuses(fields: &[Field]) -> Vec<(String, Misuse)> {
    let mut all = vec![
        ("sound".to_owned(), Misuse::Not),
        ("twice".to_owned(), Misuse::Twice),
        ("after the end".to_owned(), Misuse::AfterTheEnd),
    ];
    for (at, field) in fields.iter().enumerate() {
        let mut wrong = |how: &str, wrong| all.push((format!("{} {how}", field.path), Misuse::Of(at, wrong)));
        wrong("left out", Wrong::LeftOut);
        match field.kind {
            Kind::Message => {}
            Kind::Number => {
                for number in [-1, 99, i64::from(i32::MAX)] {
                    wrong(&number.to_string(), Wrong::Number(number));
                }
            }
            Kind::Text => {
                wrong("too long", Wrong::TooLong);
                wrong("of nobody", Wrong::OfNobody);
                wrong("nonsense", Wrong::Nonsense);
                // As all payloads of these requests are.
                if field.content.starts_with(b"\"") {
                    wrong("too large", Wrong::TooLarge);
                }
            }
        }
    }
    all
}
