//! Time zones, from the database that is built in: the same on every machine.

use std::sync::LazyLock;

use jiff::tz::TimeZoneDatabase;

use crate::campaign::Zone;
use crate::suggest::did_you_mean;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of an IANA name; its case doesn't matter.
pub(crate) fn find(name: &str) -> Option<Zone> {
    let zone = DATABASE.get(name).ok()?;
    let name = zone.iana_name().unwrap_or(name).to_owned();
    Some(Zone { name, zone })
}

/// The name that was probably meant: one near it, or the city without its continent.
pub(crate) fn nearest(name: &str) -> Option<String> {
    let names: Vec<String> = DATABASE.available().map(|name| name.as_str().to_owned()).collect();
    let city = |full: &str| full.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name));
    let by_city = names.iter().find(|full| full.contains('/') && city(full));
    by_city.cloned().or_else(|| did_you_mean(name, names.iter().map(String::as_str)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_case_and_near_ones_are_offered() {
        assert_eq!(find("europe/berlin").unwrap().name, "Europe/Berlin");
        assert!(find("Europe/Berln").is_none());
        assert_eq!(nearest("Europe/Berln").as_deref(), Some("Europe/Berlin"));
        assert_eq!(nearest("berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(nearest("Middle-earth/Shire"), None);
    }
}
