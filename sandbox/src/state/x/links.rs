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
    let mut from = 0;
    while let Some(word) = next_word(text, from) {
        if let Some(link) = link_in(text, word.clone()) {
            from = link.end;
            links.push(link);
        } else {
            from = word.end;
        }
    }
    links
}

/// The next stretch without blanks at or behind `from`.
fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = &text[from..];
    let start = from + rest.find(|c: char| !c.is_whitespace())?;
    let end = text[start..].find(char::is_whitespace).map_or(text.len(), |length| start + length);
    Some(start..end)
}

fn link_in(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let lower = text[word.clone()].to_ascii_lowercase();
    let with_scheme =
        ["https://", "http://"].iter().filter_map(|scheme| Some((lower.find(scheme)?, scheme.len())));
    if let Some((at, scheme)) = with_scheme.min() {
        let host = word.start + at + scheme;
        return Some(word.start + at..link_end(text, host, word.end)?);
    }
    bare_link(text, word)
}

/// A name without a scheme. Not within an address of mail, a mention or a tag.
fn bare_link(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = word.start;
    while at < word.end {
        let run = host_run(text, at, word.end);
        if run.is_empty() {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let before = run.start.checked_sub(1).map(|before| bytes[before]);
        let attached = run.start > word.start && before.is_some_and(|b| b"@#$-_./".contains(&b));
        let mail = bytes.get(run.end) == Some(&b'@');
        if !attached
            && !mail
            && let Some(end) = link_end(text, run.start, word.end)
        {
            return Some(run.start..end);
        }
        at = run.end.max(at + 1);
    }
    None
}

/// The longest stretch at `from` that can be a host name.
fn host_run(text: &str, from: usize, end: usize) -> Range<usize> {
    let length = text[from..end].find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
    from..length.map_or(end, |length| from + length)
}

/// Where the link ends whose host begins at `host`; `None` if that is no host.
fn link_end(text: &str, host: usize, end: usize) -> Option<usize> {
    let run = host_run(text, host, end);
    let name = text[run.clone()].trim_end_matches(['.', '-']);
    let name = longest_domain(name)?;
    let mut at = host + name.len();
    let bytes = text.as_bytes();
    if bytes.get(at) == Some(&b':') {
        let digits = text[at + 1..end].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            at += 1 + digits;
        }
    }
    match bytes.get(at) {
        Some(b'/' | b'?' | b'#') if at < end => {
            let tail = path_length(&text[at..end]);
            Some(at + tail)
        }
        _ => Some(at),
    }
}

/// The part of a dotted name up to its last known domain.
fn longest_domain(name: &str) -> Option<&str> {
    let mut name = name;
    loop {
        let (labels, domain) = name.rsplit_once('.')?;
        let sound = labels
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        if sound && is_domain(domain) {
            return Some(name);
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

/// The length of path and query without the punctuation of the sentence around.
fn path_length(tail: &str) -> usize {
    let end = tail
        .find(|c: char| matches!(c, '"' | '<' | '>' | '“' | '”' | '«' | '»') || !is_path(c))
        .unwrap_or(tail.len());
    let mut tail = &tail[..end];
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
