//! Whatever bytes come in: no panic, bounded work, and always a campaign or an error.

use campaigns_lang::{
    CheckContext, Checked, Diagnostic, KnownAccounts, OutputFormat, Source, check, check_workspace, render,
};
use proptest::prelude::*;

use crate::support;

fn checked(bytes: &[u8]) -> Checked {
    let files = support::Folder(support::folder("tests/diagnostics/files"));
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let context = CheckContext { now, accounts: &KnownAccounts::Unknown, files: &files, workspace: None };
    check(&Source::new("any.yaml", bytes), &context)
}

/// A campaign or an error, never both or neither; every place inside its source; every format can be written.
fn holds(bytes: &[u8]) -> Result<(), TestCaseError> {
    let checked = checked(bytes);
    let error = checked.diagnostics.iter().any(Diagnostic::is_error);
    prop_assert_eq!(checked.campaign.is_none(), error);
    for one in &checked.diagnostics {
        let places = one.labels.iter().map(|label| &label.location).chain([&one.location]);
        for place in places {
            let source = checked.sources.get(&place.file);
            prop_assert!(source.is_some());
            prop_assert!(place.span.start <= place.span.end);
        }
    }
    for format in OutputFormat::ALL {
        let _ = render(&checked.diagnostics, &checked.sources, format, true);
    }
    let _ = check_workspace(&Source::new("any.yaml", bytes));
    Ok(())
}

/// Pieces that campaigns are made of, in any order: they get further into the decoder than random bytes.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("campaign: a\nversion: 1\n".to_owned()),
        Just("accounts: [x/acme, linkedin/acme]\n".to_owned()),
        Just("timezone: Europe/Berlin\n".to_owned()),
        Just("posts:\n".to_owned()),
        Just("anchors: &a {b: &b [*b, *a]}\n".to_owned()),
        Just("    text: |\n      {{ vars.x }}\n".to_owned()),
        Just("    thread: [a, {text: b}, *a]\n".to_owned()),
        Just("    media: [{file: media/red.png, alt: a, b}]\n".to_owned()),
        Just("    <<: *a\n".to_owned()),
        Just("    x: {skip: true, text: {file: copy/page.md}}\n".to_owned()),
        "  [a-c]{1,2}:\n",
        "    (at|after|text|every): [a-z0-9{}:@#*&!|>'\" -]{0,20}\n",
        "[ \\t]{0,6}[a-z]{0,6}:? ?[\\PC]{0,12}\n",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_a_campaign_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        holds(&bytes)?;
    }

    #[test]
    fn any_text_gives_a_campaign_or_an_error(text in any::<String>()) {
        holds(text.as_bytes())?;
    }

    #[test]
    fn any_pieces_of_campaigns_give_a_campaign_or_an_error(pieces in proptest::collection::vec(piece(), 0..25)) {
        holds(pieces.concat().as_bytes())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_template_gives_texts_or_errors(text in "(\\{\\{|\\}\\}|\\{%|%\\}|vars|platform|for|in|range|[ a-z0-9.()\\[\\]'|+*~-]){0,40}") {
        let quoted = serde_json::to_string(&text).unwrap();
        let file = format!(
            "campaign: a\nversion: 1\naccounts: [x/acme]\nposts:\n  p:\n    at: now\n    text: {quoted}\n"
        );
        holds(file.as_bytes())?;
        let Some(campaign) = checked(file.as_bytes()).campaign else { return Ok(()) };
        let post = &campaign.posts[0];
        prop_assert!(campaigns_lang::segments(&campaign, post, &post.accounts[0].value, None).is_ok());
    }
}

#[test]
fn cut_off_anywhere_a_good_file_gives_a_campaign_or_an_error() {
    let whole = std::fs::read(support::folder("tests/diagnostics/good.yaml")).unwrap();
    for end in 0..whole.len() {
        holds(&whole[..end]).unwrap();
    }
}

#[test]
fn hostile_files_cost_little_and_are_refused() {
    let bomb = {
        let mut text = "campaign: a\nversion: 1\nanchors:\n  a0: &a0 [x, x]\n".to_owned();
        for level in 1..60 {
            text.push_str(&format!("  a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1));
        }
        text
    };
    let wide_errors = {
        let posts: String = (0..20_000).map(|n| format!("  p{n}: {{bad: 1}}\n")).collect();
        format!("campaign: a\nversion: 1\nposts:\n{posts}")
    };
    let repeated_error = {
        let aliases = vec!["*p"; 200_000].join(", ");
        format!(
            "campaign: a\nversion: 1\nanchors: &p {{text: 1, oops: 2}}\nposts:\n  a:\n    at: now\n    thread: [{aliases}]\n"
        )
    };
    let quotes =
        format!("campaign: a\nversion: 1\nposts:\n  a:\n    at: now\n    text: '{}", "{{".repeat(200_000));
    for (what, text) in [
        ("alias bomb", bomb),
        ("deep flow", "[".repeat(100_000)),
        ("deep block", "- ".repeat(100_000)),
        ("deep mapping", "{a: ".repeat(50_000)),
        ("many errors", wide_errors),
        ("one error many times", repeated_error),
        ("open braces", quotes),
        ("long key", format!("{}: a", "k".repeat(500_000))),
        ("many traps", "posts:\n".to_owned() + &"    text: @a\n".repeat(10_000)),
        ("comments", "# c\n".repeat(200_000)),
    ] {
        let checked = checked(text.as_bytes());
        assert!(checked.campaign.is_none(), "{what}");
        assert!(checked.diagnostics.len() <= campaigns_lang::DIAGNOSTICS_MAX, "{what}");
        assert!(checked.diagnostics.iter().any(Diagnostic::is_error), "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn formatting_and_fixing_anything_never_fails(pieces in proptest::collection::vec(piece(), 0..25)) {
        let source = Source::new("any.yaml", pieces.concat().as_bytes());
        if let Some(better) = campaigns_lang::formatted(&source) {
            prop_assert_eq!(campaigns_lang::formatted(&better), None);
            prop_assert_eq!(checked(&source.bytes).campaign.is_some(), checked(&better.bytes).campaign.is_some());
        }
        let _ = campaigns_lang::fixed(&source, &checked(&source.bytes).diagnostics);
    }

    #[test]
    fn a_text_survives_being_written_and_formatted(text in "[a-zA-Z0-9 #:@*&!%|>'\"{}\\[\\],.?\n日本-]{1,60}") {
        let quoted = serde_json::to_string(&text).unwrap();
        let file = format!("campaign: a\nversion: 1\naccounts: [x/acme]\nposts:\n  p:\n    at: now\n    text: {quoted}\n");
        let source = Source::new("any.yaml", file.as_bytes());
        let Some(before) = checked(&source.bytes).campaign else { return Ok(()) };
        let better = campaigns_lang::formatted(&source).unwrap_or(source);
        let after = checked(&better.bytes).campaign.unwrap();
        let said = |campaign: &campaigns_lang::Campaign| match &campaign.posts[0].content {
            campaigns_lang::Contents::One(campaigns_lang::Content::Text(one)) => one.template.text.clone(),
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(said(&before), text);
        prop_assert_eq!(said(&after), said(&before));
    }
}
