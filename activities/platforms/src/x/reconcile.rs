//! Settling an unsettled attempt by looking for it among the account's own posts.

use jiff::SignedDuration;

use crate::x::client::Client;
use crate::x::likeness::{Likeness, likeness, plain};
use crate::x::repost;
use crate::x::timeline::{self, Listed, Post, Since};
use crate::{Access, Failure, Found, Referent, Sought};

/// Without a marker, reading begins so long before the intent: clocks differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn find(client: &Client, access: Access<'_>, sought: &Sought) -> Result<Found, Failure> {
    if plain(&sought.text).is_empty() && sought.referent.is_none() {
        return Ok(undecidable("the post has no text to look for"));
    }
    let since = match &sought.since_id {
        Some(id) => Since::Post(id.clone()),
        None => Since::Time(sought.attempted_at.saturating_sub(CLOCKS_DIFFER).unwrap_or(sought.attempted_at)),
    };
    if let Some(Referent::Passed(post)) = &sought.referent {
        let posts = timeline::since(client, access, &since, Listed::Reposts).await?;
        let passed = posts.iter().any(|listed| listed.reposted.as_ref() == Some(post));
        let found =
            || Found::Posted { platform_post_id: repost::id_of(post), url: client.link(access.handle, post) };
        return Ok(if passed { found() } else { Found::NotSeen });
    }
    let posts = timeline::since(client, access, &since, Listed::Own).await?;
    Ok(match decide(sought, &posts) {
        Decision::Posted(id) => Found::Posted { url: client.link(access.handle, &id), platform_post_id: id },
        Decision::NotSeen => Found::NotSeen,
        Decision::Undecidable(reason) => undecidable(reason),
    })
}

fn undecidable(reason: &str) -> Found {
    Found::Undecidable { reason: reason.to_owned() }
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Posted(String),
    NotSeen,
    Undecidable(&'static str),
}

/// How sure it is that a post is the one that is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Certain,
    Links,
    Parent,
    No,
}

fn decide(sought: &Sought, posts: &[Post]) -> Decision {
    let newer = |post: &&Post| match &sought.since_id {
        Some(marker) => timeline::age(&post.id) > timeline::age(marker),
        None => true,
    };
    let fits: Vec<(&Post, Fit)> = posts.iter().filter(newer).map(|post| (post, fit(sought, post))).collect();
    let mut certain: Vec<&str> =
        fits.iter().filter(|(_, fit)| *fit == Fit::Certain).map(|(post, _)| post.id.as_str()).collect();
    certain.dedup();
    match certain[..] {
        [id] => Decision::Posted(id.to_owned()),
        [] if fits.iter().any(|(_, fit)| *fit == Fit::Parent) => {
            Decision::Undecidable("a post has this text, and X does not say what it replies to")
        }
        [] if fits.iter().any(|(_, fit)| *fit == Fit::Links) => {
            Decision::Undecidable("a post has these words, and its links can't be compared")
        }
        [] => Decision::NotSeen,
        _ => Decision::Undecidable("more than one post since the attempt has this text"),
    }
}

fn fit(sought: &Sought, post: &Post) -> Fit {
    let likeness = likeness(&sought.text, sought.has_media, post);
    match (&sought.reply_to, &post.replied_to, likeness) {
        (_, _, Likeness::Different) => Fit::No,
        (Some(wanted), Some(told), _) if wanted != told => Fit::No,
        (None, Some(_), _) => Fit::No,
        (Some(_), None, _) => Fit::Parent,
        _ if quotes_another(sought, post) => Fit::No,
        (_, _, Likeness::ButForLinks) => Fit::Links,
        (_, _, Likeness::Same) => Fit::Certain,
    }
}

/// A quoted post is told by its id: with other words or none about it, it is another post.
fn quotes_another(sought: &Sought, post: &Post) -> bool {
    match &sought.referent {
        Some(Referent::Quoted(quoted)) => post.quoted.as_ref() != Some(quoted),
        Some(Referent::Passed(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought(text: &str) -> Sought {
        Sought {
            text: text.to_owned(),
            reply_to: None,
            has_media: false,
            referent: None,
            since_id: Some("100".to_owned()),
            attempted_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn post(id: &str, text: &str) -> Post {
        Post { id: id.to_owned(), text: text.to_owned(), ..Post::default() }
    }

    fn reply(id: &str, text: &str, parent: &str) -> Post {
        Post { replied_to: Some(parent.to_owned()), ..post(id, text) }
    }

    #[test]
    fn the_one_post_with_this_text_is_it() {
        let posts = [post("101", "other"), post("102", "hello")];
        assert_eq!(decide(&sought("hello"), &posts), Decision::Posted("102".to_owned()));
        assert_eq!(decide(&sought("bye"), &posts), Decision::NotSeen);
    }

    #[test]
    fn two_posts_with_this_text_need_a_person() {
        let posts = [post("101", "hello"), post("102", "hello")];
        assert!(matches!(decide(&sought("hello"), &posts), Decision::Undecidable(_)));
    }

    #[test]
    fn posts_up_to_the_marker_are_none_of_ours() {
        assert_eq!(decide(&sought("hello"), &[post("100", "hello"), post("99", "hello")]), Decision::NotSeen);
    }

    #[test]
    fn a_part_of_a_thread_is_known_by_its_parent() {
        let wanted = Sought { reply_to: Some("101".to_owned()), ..sought("2/2") };
        assert_eq!(decide(&wanted, &[reply("103", "2/2", "101")]), Decision::Posted("103".to_owned()));
        assert_eq!(decide(&wanted, &[reply("103", "2/2", "90")]), Decision::NotSeen);
        assert!(matches!(decide(&wanted, &[post("103", "2/2")]), Decision::Undecidable(_)));
        assert_eq!(decide(&sought("2/2"), &[reply("103", "2/2", "101")]), Decision::NotSeen);
    }

    #[test]
    fn a_quote_is_known_by_the_post_that_it_quotes() {
        let wanted = Sought { referent: Some(Referent::Quoted("7".to_owned())), ..sought("so true") };
        let quote = |of: &str| Post { quoted: Some(of.to_owned()), ..post("101", "so true") };
        assert_eq!(decide(&wanted, &[quote("7")]), Decision::Posted("101".to_owned()));
        assert_eq!(decide(&wanted, &[quote("8")]), Decision::NotSeen);
        assert_eq!(decide(&wanted, &[post("101", "so true")]), Decision::NotSeen);
    }

    #[test]
    fn a_post_seen_on_two_pages_is_one_post() {
        let posts = [post("102", "hello"), post("102", "hello")];
        assert_eq!(decide(&sought("hello"), &posts), Decision::Posted("102".to_owned()));
    }
}
