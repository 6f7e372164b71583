//! What X takes for a link: with a scheme, or a bare name that ends in a known domain.

use std::ops::Range;

/// The generic domains that the sandbox knows beside all two-letter ones. X knows them all, more than a
/// thousand; these are what people write.
const GENERIC: &[&str] = &[
    "academy",
    "agency",
    "app",
    "art",
    "asia",
    "bar",
    "berlin",
    "best",
    "bio",
    "biz",
    "blog",
    "build",
    "business",
    "cafe",
    "camp",
    "care",
    "careers",
    "cat",
    "center",
    "charity",
    "chat",
    "city",
    "cloud",
    "club",
    "codes",
    "coffee",
    "com",
    "community",
    "company",
    "consulting",
    "coop",
    "cooking",
    "cool",
    "courses",
    "credit",
    "dance",
    "date",
    "deals",
    "design",
    "dev",
    "digital",
    "directory",
    "dog",
    "earth",
    "eco",
    "edu",
    "education",
    "email",
    "energy",
    "engineer",
    "engineering",
    "events",
    "exchange",
    "expert",
    "express",
    "family",
    "fan",
    "farm",
    "fashion",
    "film",
    "finance",
    "fit",
    "fitness",
    "flowers",
    "football",
    "forum",
    "foundation",
    "fun",
    "fund",
    "fyi",
    "gallery",
    "game",
    "games",
    "garden",
    "gift",
    "global",
    "golf",
    "google",
    "gov",
    "green",
    "group",
    "guide",
    "guru",
    "health",
    "help",
    "homes",
    "host",
    "hosting",
    "hotel",
    "house",
    "info",
    "ink",
    "institute",
    "int",
    "international",
    "jobs",
    "kitchen",
    "land",
    "law",
    "legal",
    "life",
    "link",
    "live",
    "loan",
    "lol",
    "london",
    "love",
    "ltd",
    "market",
    "marketing",
    "media",
    "men",
    "menu",
    "mil",
    "mobi",
    "moda",
    "moe",
    "money",
    "museum",
    "music",
    "name",
    "net",
    "network",
    "news",
    "ngo",
    "nyc",
    "one",
    "ong",
    "online",
    "org",
    "page",
    "paris",
    "partners",
    "party",
    "pet",
    "photo",
    "photography",
    "photos",
    "pics",
    "pizza",
    "place",
    "plus",
    "post",
    "press",
    "pro",
    "productions",
    "properties",
    "pub",
    "realty",
    "recipes",
    "red",
    "rent",
    "report",
    "restaurant",
    "review",
    "reviews",
    "rocks",
    "run",
    "sale",
    "school",
    "science",
    "security",
    "services",
    "shop",
    "show",
    "site",
    "ski",
    "social",
    "software",
    "solar",
    "solutions",
    "space",
    "store",
    "stream",
    "studio",
    "studios",
    "style",
    "support",
    "surf",
    "systems",
    "team",
    "tech",
    "technology",
    "tel",
    "theater",
    "tips",
    "today",
    "tokyo",
    "tools",
    "top",
    "tours",
    "town",
    "toys",
    "trade",
    "training",
    "travel",
    "tube",
    "university",
    "vegas",
    "ventures",
    "video",
    "vip",
    "vote",
    "watch",
    "website",
    "wedding",
    "wien",
    "wiki",
    "win",
    "wine",
    "work",
    "works",
    "world",
    "wtf",
    "xxx",
    "xyz",
    "yoga",
    "zone",
];

/// The two-letter domains.
const COUNTRIES: &str = "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br \
    bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et \
    eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im \
    in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me \
    mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph \
    pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy \
    sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";

/// The links of a text, as ranges of its bytes, in order.
pub(super) fn links_in(text: &str) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match with_scheme(text, at) {
            Some(link) => {
                at = link.end;
                links.push(link);
            }
            None if c.is_alphanumeric() && is_host(c, Bare::Yes) => {
                let run = host_run(text, at, Bare::Yes);
                at = before_scheme(text, &run).max(at + c.len_utf8());
                if let Some(link) = bare(text, run.start..at) {
                    at = link.end;
                    links.push(link);
                }
            }
            None => at += c.len_utf8(),
        }
    }
    links
}

/// Whether a host stands without a scheme: then its letters are Latin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bare {
    Yes,
    No,
}

/// The link at `at`, if it begins with a scheme and nothing that is glued to it.
fn with_scheme(text: &str, at: usize) -> Option<Range<usize>> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        text.get(at..at + scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    let before = text[..at].chars().next_back();
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || "@＠$#＃".contains(c)) {
        return None;
    }
    let host = at + scheme.len();
    let name = longest_domain(&text[host_run(text, host, Bare::No)])?;
    let end = host + name.len();
    Some(at..query_end(text, path_end(text, port_end(text, end))))
}

/// The link of a host without a scheme. Not within an address of mail, a mention or a tag. What follows
/// the host belongs to it only when there is a path.
fn bare(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let before = text[..run.start].chars().next_back();
    let glued = before.is_some_and(|c| "@＠$#＃-_./".contains(c));
    let mail = text[run.end..].starts_with('@');
    if glued || mail {
        return None;
    }
    let name = longest_domain(&text[run.clone()])?;
    let end = run.start + name.len();
    let port = port_end(text, end);
    if !text[port..].starts_with('/') {
        return Some(run.start..end);
    }
    Some(run.start..query_end(text, path_end(text, port)))
}

fn is_host(c: char, bare: Bare) -> bool {
    let latin = c <= '\u{24f}' && c.is_alphanumeric();
    latin || c == '-' || c == '.' || (bare == Bare::No && c.is_alphanumeric())
}

/// The longest stretch at `from` that can be a host name.
fn host_run(text: &str, from: usize, bare: Bare) -> Range<usize> {
    let length = text[from..].find(|c: char| !is_host(c, bare));
    from..length.map_or(text.len(), |length| from + length)
}

/// Where a stretch ends, without the scheme of a link that is glued to it.
fn before_scheme(text: &str, run: &Range<usize>) -> usize {
    if !text[run.end..].starts_with("://") {
        return run.end;
    }
    let word = text[run.clone()].to_ascii_lowercase();
    let scheme = ["https", "http"].into_iter().find(|scheme| word.ends_with(scheme)).unwrap_or_default();
    run.end - scheme.len()
}

fn port_end(text: &str, at: usize) -> usize {
    let digits =
        text[at..].strip_prefix(':').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if digits == 0 { at } else { at + 1 + digits }
}

fn path_end(text: &str, at: usize) -> usize {
    if text[at..].starts_with('/') { at + tail_length(&text[at..], Some('?')) } else { at }
}

fn query_end(text: &str, at: usize) -> usize {
    if text[at..].starts_with('?') { at + tail_length(&text[at..], None) } else { at }
}

/// The part of a dotted name up to its last known domain. A domain in Latin letters may be followed
/// directly by words in another script.
fn longest_domain(name: &str) -> Option<&str> {
    let mut name = name;
    loop {
        let (labels, last) = name.rsplit_once('.')?;
        let latin = last.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(last.len());
        let glued_latin = last[latin..].starts_with(|c: char| c <= '\u{24f}');
        let sound = labels
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        if sound && !glued_latin && is_domain(&last[..latin]) {
            return Some(&name[..labels.len() + 1 + latin]);
        }
        name = labels;
    }
}

fn is_domain(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.starts_with("xn--")
        || COUNTRIES.split_whitespace().any(|known| known == word)
        || GENERIC.contains(&word.as_str())
}

/// The length of a path or query, up to `stop`, without the punctuation of the sentence around.
fn tail_length(tail: &str, stop: Option<char>) -> usize {
    let end = tail.find(|c: char| Some(c) == stop || matches!(c, '"' | '<' | '>') || !is_path(c));
    let mut tail = &tail[..end.unwrap_or(tail.len())];
    loop {
        let trimmed = tail.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '*', '…']);
        let trimmed = match trimmed.strip_suffix(')') {
            Some(inner) if trimmed.matches('(').count() < trimmed.matches(')').count() => inner,
            _ => trimmed,
        };
        if trimmed.len() == tail.len() {
            return tail.len();
        }
        tail = trimmed;
    }
}

fn is_path(c: char) -> bool {
    c.is_ascii_graphic() || ('\u{a1}'..='\u{4ff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<&str> {
        links_in(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn links_end_where_the_sentence_goes_on() {
        assert_eq!(
            links("See https://example.com/a, and (http://example.org/b_(c))."),
            ["https://example.com/a", "http://example.org/b_(c)"]
        );
        assert_eq!(links("https://example.com:8080/x?y=1#z!"), ["https://example.com:8080/x?y=1#z"]);
        assert_eq!(links("https://example.com."), ["https://example.com"]);
        assert_eq!(links("漢字https://example.com/漢"), ["https://example.com/"]);
        assert_eq!(links("https://example.com#tag"), ["https://example.com"]);
        assert_eq!(
            links("https://例え.jp/ https://example.com漢字"),
            ["https://例え.jp/", "https://example.com"]
        );
        assert_eq!(links("http://1.2.3/https://example.com/?q=a,b.."), ["https://example.com/?q=a,b"]);
        assert_eq!(links("ahttps://example.com/ ühttps://example.org"), ["https://example.org"]);
    }

    #[test]
    fn bare_names_are_links_when_their_domain_is_known() {
        assert_eq!(
            links("try example.com or docs.example.dev/start"),
            ["example.com", "docs.example.dev/start"]
        );
        assert_eq!(links("end of sentence.Next one, v1.2.3, e.g. this, file.txt"), Vec::<&str>::new());
    }

    #[test]
    fn mail_mentions_and_schemes_without_a_host_are_none() {
        assert_eq!(
            links("a@example.com @example.com #example.com http://localhost:3001/x https://"),
            Vec::<&str>::new()
        );
    }
}
