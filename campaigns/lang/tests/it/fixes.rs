//! Fixes: what they leave alone, and that they solve what they say.

use campaigns_lang::{Checked, Source, check, fixed};

use crate::diagnostics::{cases, with_context};

fn checked(source: &Source) -> Checked {
    with_context(&[], |context| check(source, context))
}

#[test]
fn fixed_files_have_nothing_left_to_fix_and_no_fix_brings_an_error() {
    let mut some = 0;
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let mut source = Source::new(&name, std::fs::read(&case).unwrap());
        for round in 0.. {
            assert!(round < 5, "{name} is fixed for ever");
            let before = checked(&source);
            let Some(better) = fixed(&source, &before.diagnostics) else { break };
            some += 1;
            let after = checked(&better.source);
            let count = |checked: &Checked, code: &str| {
                checked.diagnostics.iter().filter(|one| one.code.as_str() == code).count()
            };
            for one in &before.diagnostics {
                let code = one.code.as_str();
                assert!(count(&after, code) <= count(&before, code), "{name}: {code} multiplied");
            }
            assert!(
                after.diagnostics.iter().filter(|one| one.fix.is_some()).count()
                    < before.diagnostics.iter().filter(|one| one.fix.is_some()).count()
            );
            source = better.source;
        }
    }
    assert!(some >= 4);
}

#[test]
fn comments_and_layout_stay() {
    let text = "# spring\ncampaign: a   # the id\nversion: 1\naccounts: [x/acme]\n\nposts:\n  p:\n    at: now\n    text: We are live #launch   \n    # why: because\n    medai: []\n  q: {at: now, text: fine}\n";
    let source = Source::new("a.yaml", text.as_bytes());
    let better = fixed(&source, &checked(&source).diagnostics).unwrap();
    let expected =
        text.replace("We are live #launch   ", "\"We are live #launch\"").replace("medai", "media");
    assert_eq!(
        std::str::from_utf8(&better.source.bytes).unwrap().replace("   \n", "\n"),
        expected.replace("   \n", "\n")
    );
    assert_eq!(better.done.len(), 2);
}

#[test]
fn a_guess_at_an_account_is_no_fix() {
    let text = "campaign: a\nversion: 1\naccounts: [x/acmee]\ntimezone: Europe/Berln\nposts:\n  p: {at: now, text: x}\n";
    let source = Source::new("a.yaml", text.as_bytes());
    assert_eq!(fixed(&source, &checked(&source).diagnostics), None);
}

#[test]
fn a_key_that_is_there_already_is_not_written_twice() {
    let text = "campaign: a\nversion: 1\naccounts: [x/acme]\nposts:\n  p: {at: now, text: x, txt: y}\n";
    let source = Source::new("a.yaml", text.as_bytes());
    assert_eq!(fixed(&source, &checked(&source).diagnostics), None);
}
