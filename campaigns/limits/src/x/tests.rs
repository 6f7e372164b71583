use proptest::prelude::*;

use super::*;

fn links(text: &str) -> Vec<&str> {
    find_urls(text).into_iter().map(|range| &text[range]).collect()
}

#[test]
fn plain_text_counts_its_characters() {
    assert_eq!(weighted_length(""), 0);
    assert_eq!(weighted_length("Hello, Grüße, Привет"), 20);
    assert_eq!(weighted_length("日本語"), 6);
    assert_eq!(weighted_length("“quoted” – dash"), 15);
    assert_eq!(weighted_length("…"), 2);
}

#[test]
fn decomposed_letters_count_as_composed_ones() {
    assert_eq!(weighted_length("e\u{301}"), 1);
    assert_eq!(weighted_length("\u{1112}\u{1161}\u{11ab}"), 2);
}

#[test]
fn an_emoji_counts_two_whatever_it_is_made_of() {
    for emoji in ["🚀", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "#⃣", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "©️", "☕", "🏳️‍🌈"]
    {
        assert_eq!(weighted_length(emoji), 2, "{emoji}");
    }
    assert_eq!(weighted_length("©"), 1);
    assert_eq!(weighted_length("🇩🇪🇫🇷"), 4);
    assert_eq!(weighted_length("1 # *"), 5);
}

#[test]
fn every_link_counts_23() {
    assert_eq!(weighted_length("https://example.com"), 23);
    assert_eq!(weighted_length("See https://example.com/a/very/long/path?with=query&more=1 now"), 31);
    assert_eq!(weighted_length("see example.com"), 27);
    assert_eq!(weighted_length("a https://t.co/abc b t.co"), 51);
}

#[test]
fn links_end_where_x_ends_them() {
    assert_eq!(links("(https://example.com/a_(b))."), ["https://example.com/a_(b)"]);
    assert_eq!(links("https://example.com/path, and"), ["https://example.com/path"]);
    assert_eq!(links("https://example.com."), ["https://example.com"]);
    assert_eq!(links("http://example.com:8080/x?y=z#top!"), ["http://example.com:8080/x?y=z#top"]);
    assert_eq!(links("HTTPS://EXAMPLE.COM/X"), ["HTTPS://EXAMPLE.COM/X"]);
    assert_eq!(links("https://a-b.example.co.uk/"), ["https://a-b.example.co.uk/"]);
}

#[test]
fn links_without_a_scheme_need_a_known_ending() {
    assert_eq!(links("read acme.dev and acme.museum/now"), ["acme.dev", "acme.museum/now"]);
    assert_eq!(links("main.rs lib.py notes.txt 1.5"), ["main.rs", "lib.py"]);
    assert_eq!(links("日本語example.comです"), ["example.com"]);
    assert_eq!(links("https://日本語.jp"), ["https://日本語.jp"]);
    assert_eq!(links("https://twitter.한국"), ["https://twitter.한국"]);
}

#[test]
fn labels_that_the_domain_name_system_cannot_carry_make_no_link() {
    let long = "あ".repeat(60);
    assert_eq!(links(&format!("https://{long}.com")), [""; 0]);
    assert_eq!(links(&format!("https://{}.com", "a".repeat(64))), [""; 0]);
    assert_eq!(links("https://xn--日本.com"), [""; 0]);
    assert_eq!(links("https://xn--wgv71a.com"), ["https://xn--wgv71a.com"]);
}

#[test]
fn mentions_mail_addresses_and_words_with_dots_are_no_links() {
    for text in [
        "@acme.dev",
        "me@acme.dev",
        "#acme.dev",
        "$acme.dev",
        "wait...what",
        "e.g. this",
        "-acme.dev",
        "a_.b",
    ] {
        assert_eq!(links(text), [""; 0], "{text}");
    }
}

proptest! {
    #[test]
    fn length_of_parts_adds_up_where_nothing_joins(a in "[a-zäöü日本 ]{0,80}", b in "[a-zäöü日本 ]{0,80}") {
        let whole = weighted_length(&format!("{a} {b}"));
        prop_assert_eq!(whole, weighted_length(&a) + 1 + weighted_length(&b));
    }

    #[test]
    fn any_text_has_a_length_between_nothing_and_two_per_character(text in any::<String>()) {
        let links = u32::try_from(find_urls(&text.nfc().collect::<String>()).len()).unwrap();
        let characters = u32::try_from(text.nfc().count()).unwrap();
        prop_assert!(weighted_length(&text) <= 2 * characters + links * URL_WEIGHT);
    }

    #[test]
    fn links_lie_on_character_borders_in_order(text in "[a-z日.:/?@#()-]{0,60}") {
        let mut last = 0;
        for link in find_urls(&text) {
            prop_assert!(link.start >= last && link.end > link.start && text.get(link.clone()).is_some());
            last = link.end;
        }
    }
}
