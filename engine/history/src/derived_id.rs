//! Ids that follow from another: a run's rules draw no randomness.

/// Where a UUID in its usual spelling says which version it is, and where its last group begins.
const VERSION_AT: usize = 14;
const LAST_GROUP_AT: usize = 24;
const UUID_LENGTH: usize = 36;

/// A UUID that only `id`, itself one, and `number` give: version 8, which is for custom rules (RFC 9562).
/// Anything else than a UUID is followed by the number.
pub(crate) fn derived_id(id: &str, number: u64) -> String {
    let last_group = id.get(LAST_GROUP_AT..UUID_LENGTH).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    match last_group {
        Some(last_group) if id.len() == UUID_LENGTH => {
            let (start, rest) = id.split_at(VERSION_AT);
            format!("{start}8{}{:012x}", &rest[1..LAST_GROUP_AT - VERSION_AT], last_group ^ number)
        }
        _ => format!("{id}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_id_is_unlike_its_origin_and_its_siblings() {
        let id = "0190163d-8694-439b-aea5-966c26f8ad91";
        assert_eq!(derived_id(id, 0), "0190163d-8694-839b-aea5-966c26f8ad91");
        assert_eq!(derived_id(id, 5), "0190163d-8694-839b-aea5-966c26f8ad94");
        assert_eq!(derived_id("next", 5), "next-5");
    }
}
