//! Clocks that skip an hour and clocks that show one twice, in five zones over two years. The expected
//! instants were reckoned with another implementation of the time zone database.

use campaigns_plan::Timing;

use crate::support::{checked, now, plan};

/// Zone, local time, warning, instant.
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("Europe/Berlin", "2027-03-28 02:30", "time/gap", "2027-03-28T01:30:00Z"),
    ("Europe/Berlin", "2027-10-31 02:30", "time/fold", "2027-10-31T00:30:00Z"),
    ("Europe/Berlin", "2028-03-26 02:30", "time/gap", "2028-03-26T01:30:00Z"),
    ("Europe/Berlin", "2028-10-29 02:30", "time/fold", "2028-10-29T00:30:00Z"),
    ("America/New_York", "2027-03-14 02:30", "time/gap", "2027-03-14T07:30:00Z"),
    ("America/New_York", "2027-11-07 01:30", "time/fold", "2027-11-07T05:30:00Z"),
    ("America/New_York", "2028-03-12 02:30", "time/gap", "2028-03-12T07:30:00Z"),
    ("America/New_York", "2028-11-05 01:30", "time/fold", "2028-11-05T05:30:00Z"),
    ("Australia/Lord_Howe", "2027-04-04 01:45", "time/fold", "2027-04-03T14:45:00Z"),
    ("Australia/Lord_Howe", "2027-10-03 02:15", "time/gap", "2027-10-02T15:45:00Z"),
    ("Australia/Lord_Howe", "2028-04-02 01:45", "time/fold", "2028-04-01T14:45:00Z"),
    ("Australia/Lord_Howe", "2028-10-01 02:15", "time/gap", "2028-09-30T15:45:00Z"),
    ("America/St_Johns", "2027-03-14 02:30", "time/gap", "2027-03-14T06:00:00Z"),
    ("America/St_Johns", "2027-11-07 01:30", "time/fold", "2027-11-07T04:00:00Z"),
    ("America/St_Johns", "2028-03-12 02:30", "time/gap", "2028-03-12T06:00:00Z"),
    ("America/St_Johns", "2028-11-05 01:30", "time/fold", "2028-11-05T04:00:00Z"),
    ("America/Santiago", "2027-04-03 23:30", "time/fold", "2027-04-04T02:30:00Z"),
    ("America/Santiago", "2027-09-05 00:30", "time/gap", "2027-09-05T04:30:00Z"),
    ("America/Santiago", "2028-04-01 23:30", "time/fold", "2028-04-02T02:30:00Z"),
    ("America/Santiago", "2028-09-03 00:30", "time/gap", "2028-09-03T04:30:00Z"),
];

fn campaign(zone: &str, local: &str) -> String {
    format!(
        "campaign: a\nversion: 1\ntimezone: {zone}\naccounts: [x/acme]\nposts:\n  p: {{at: {local}, text: x}}\n"
    )
}

fn due(text: &str) -> String {
    match &plan(text).publications[0].timing {
        Timing::At { due_at, .. } => due_at.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn gaps_move_forward_and_folds_take_the_first_with_a_warning() {
    for (zone, local, warning, instant) in TABLE {
        let text = campaign(zone, local);
        let found: Vec<&str> =
            checked(&text, None, now()).diagnostics.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(found, ["account/unchecked", warning], "{zone} {local}");
        assert_eq!(due(&text), *instant, "{zone} {local}");
    }
}

#[test]
fn a_day_before_and_after_there_is_no_warning() {
    for (zone, local, _, _) in TABLE {
        let (date, time) = local.split_once(' ').unwrap();
        let date: jiff::civil::Date = date.parse().unwrap();
        for day in [date.yesterday().unwrap(), date.tomorrow().unwrap()] {
            let text = campaign(zone, &format!("{day} {time}"));
            let found: Vec<&str> =
                checked(&text, None, now()).diagnostics.iter().map(|one| one.code.as_str()).collect();
            assert_eq!(found, ["account/unchecked"], "{zone} {day} {time}");
        }
    }
}

#[test]
fn an_offset_chooses_in_a_fold_and_needs_no_zone() {
    assert_eq!(due(&campaign("Europe/Berlin", "2027-10-31 02:30+02:00")), "2027-10-31T00:30:00Z");
    assert_eq!(due(&campaign("Europe/Berlin", "2027-10-31 02:30+01:00")), "2027-10-31T01:30:00Z");
}
