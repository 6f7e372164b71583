//! What a LinkedIn post carries besides its words: media, several images, an article, a poll.

use serde::Deserialize;
use serde_json::Value;

use super::problem;
use crate::state::account::Platform;
use crate::state::post::PostMedia;
use crate::state::reply::Reply;
use crate::state::world::Tx;

/// Images of a post with several.
const IMAGES: std::ops::RangeInclusive<usize> = 2..=20;
/// The longest alternative text, in characters (LinkedIn's images documentation).
const ALT_CHARS_MAX: usize = 4_086;

/// One of them; which, LinkedIn says by the member's name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Content {
    media: Option<Media>,
    multi_image: Option<MultiImage>,
    article: Option<Article>,
    poll: Option<Poll>,
    reference: Option<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Media {
    id: String,
    title: Option<String>,
    alt_text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MultiImage {
    images: Vec<Media>,
    #[serde(rename = "altText")]
    _alt_text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Article {
    source: String,
    title: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    thumbnail: Option<String>,
    #[serde(rename = "thumbnailAltText")]
    _thumbnail_alt_text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Poll {
    question: String,
    options: Vec<PollOption>,
    settings: PollSettings,
}

#[derive(Deserialize)]
struct PollOption {
    text: String,
}

#[derive(Deserialize)]
struct PollSettings {
    duration: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    id: String,
}

/// Reads the content and finds its media.
pub(super) fn media_of(tx: &Tx<'_>, author: &str, content: Option<&Value>) -> Result<Vec<PostMedia>, Reply> {
    let Some(content) = content else { return Ok(Vec::new()) };
    let content = Content::deserialize(content)
        .map_err(|error| problem::bad_input("INVALID_CONTENT", &error.to_string(), "content"))?;
    let Content { media, multi_image, article, poll, reference } = content;
    let present =
        [media.is_some(), multi_image.is_some(), article.is_some(), poll.is_some(), reference.is_some()];
    if present.into_iter().filter(|present| *present).count() != 1 {
        return Err(problem::bad_input(
            "INVALID_CONTENT",
            "exactly one kind of content is allowed",
            "content",
        ));
    }
    if let Some(poll) = poll {
        check_poll(&poll)?;
    }
    if let Some(Reference { id }) = reference.filter(|reference| !reference.id.starts_with("urn:li:")) {
        return Err(problem::bad_input("INVALID_URN", &format!("[{id}] is no URN"), "content/reference/id"));
    }
    if let Some(article) = article {
        return article_thumbnail(tx, author, article);
    }
    if let Some(MultiImage { images, .. }) = multi_image {
        if !IMAGES.contains(&images.len())
            || images.iter().any(|image| !image.id.starts_with("urn:li:image:"))
        {
            return Err(problem::bad_input(
                "INVALID_CONTENT",
                "2 to 20 images are allowed",
                "content/multiImage/images",
            ));
        }
        return images.into_iter().map(|image| found(tx, author, image)).collect();
    }
    let Some(media) = media else { return Ok(Vec::new()) };
    if media.id.starts_with("urn:li:document:") && media.title.as_deref().is_none_or(str::is_empty) {
        return Err(problem::bad_input("MISSING_FIELD", "a document needs a title", "content/media/title"));
    }
    Ok(vec![found(tx, author, media)?])
}

fn article_thumbnail(tx: &Tx<'_>, author: &str, article: Article) -> Result<Vec<PostMedia>, Reply> {
    let web = ["https://", "http://"].iter().any(|scheme| article.source.starts_with(scheme));
    if !web || article.title.as_deref().is_none_or(str::is_empty) {
        return Err(problem::bad_input(
            "INVALID_CONTENT",
            "an article needs a URL and a title",
            "content/article",
        ));
    }
    let Some(id) = article.thumbnail else { return Ok(Vec::new()) };
    Ok(vec![found(tx, author, Media { id, title: article.title, alt_text: None })?])
}

fn check_poll(poll: &Poll) -> Result<(), Reply> {
    let durations = ["ONE_DAY", "THREE_DAYS", "ONE_WEEK", "TWO_WEEKS"];
    let options_fit = poll.options.iter().all(|option| (1..=30).contains(&option.text.chars().count()));
    let fits = (1..=140).contains(&poll.question.chars().count())
        && (2..=4).contains(&poll.options.len())
        && options_fit
        && durations.contains(&poll.settings.duration.as_str());
    if fits {
        return Ok(());
    }
    let rule =
        "a poll takes a question of 1 to 140 characters, 2 to 4 options of 1 to 30, and a known duration";
    Err(problem::bad_input("INVALID_CONTENT", rule, "content/poll"))
}

fn found(tx: &Tx<'_>, author: &str, media: Media) -> Result<PostMedia, Reply> {
    let item = tx.world.media.get(&media.id).filter(|item| item.platform == Platform::LinkedIn);
    let Some(item) = item.filter(|item| item.owner == author) else {
        return Err(problem::bad_input(
            "MEDIA_ASSET_NOT_FOUND",
            "no such media of this author",
            "content/media/id",
        ));
    };
    let Some(file) = item.usable(tx.now) else {
        return Err(problem::bad_input(
            "MEDIA_ASSET_PROCESSING",
            "the media is not available yet",
            "content/media/id",
        ));
    };
    if media.alt_text.as_deref().is_some_and(|alt| alt.chars().count() > ALT_CHARS_MAX) {
        return Err(problem::bad_input(
            "FIELD_LENGTH_TOO_LONG",
            "the alt text is too long",
            "content/media/altText",
        ));
    }
    Ok(PostMedia {
        id: media.id,
        alt: media.alt_text,
        title: media.title,
        bytes: file.bytes,
        mime: file.picture.mime.clone(),
        blob: file.blob.clone(),
        width: file.picture.width,
        height: file.picture.height,
        still: item.still.clone(),
        captions: item.captions.clone(),
    })
}
