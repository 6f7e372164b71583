//! Creating and deleting posts.

use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use crate::http::{self, Lost, Reply};
use crate::linkedin::client::Client;
use crate::linkedin::errors::Created;
use crate::linkedin::little::little;
use crate::linkedin::{comment, errors, urn};
use crate::{
    Access, Answer, Failure, LinkedInOptions, Outcome, SegmentRequest, UploadedMedia, Visibility, address,
    codes, wording,
};

/// Images of one post; more than one make a multi-image post.
const IMAGES_MAX: usize = 20;

/// Body of `POST /rest/posts`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreatePost<'a> {
    author: &'a str,
    commentary: String,
    visibility: Visibility,
    distribution: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reshare_context: Option<Value>,
    lifecycle_state: &'static str,
    is_reshare_disabled_by_author: bool,
}

pub(super) async fn publish(client: &Client, access: Access<'_>, segment: &SegmentRequest) -> Answer {
    if let Some(post) = &segment.reply_to {
        return comment::comment(client, access, post, segment).await;
    }
    let options = segment.options.linkedin();
    let content = match content(segment, &options) {
        Ok(content) => content,
        Err(failure) => return unsent(failure),
    };
    let body = CreatePost {
        author: access.subject,
        commentary: little(&segment.text),
        visibility: options.visibility,
        distribution: json!({
            "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []
        }),
        content,
        reshare_context: options.reshare_of.as_ref().map(|parent| json!({"parent": parent})),
        lifecycle_state: "PUBLISHED",
        is_reshare_disabled_by_author: options.reshare_disabled,
    };
    let request = client.request(Method::POST, "rest/posts", access).json(&body);
    let reply = http::send(request).await;
    answer(&reply, errors::outcome(&reply, access.token, |reply| created(client, reply)))
}

/// An answer with what is worth writing down beside its outcome.
pub(super) fn answer(reply: &Result<Reply, Lost>, outcome: Outcome) -> Answer {
    let answered = reply.as_ref().ok();
    let id =
        |reply: &Reply| wording::request_id(reply.header("x-li-uuid").or(reply.header("x-li-request-id")));
    Answer {
        outcome,
        status: answered.map(|reply| reply.status),
        request_id: answered.and_then(id),
        readings: Vec::new(),
    }
}

/// A segment that LinkedIn would refuse for its shape alone, refused here.
pub(super) fn unsent(failure: Failure) -> Answer {
    let (code, message) = match failure {
        Failure::Permanent { code, message } => (code, message),
        other => (codes::LINKEDIN_INVALID_REQUEST.to_owned(), other.to_string()),
    };
    let outcome = Outcome::Definite { code, message, remedy: None };
    Answer { outcome, status: None, request_id: None, readings: Vec::new() }
}

/// The id is in a header, so it is known even when the rest of the answer was lost.
fn created(client: &Client, reply: &Reply) -> Option<Created> {
    let urn = reply.header("x-restli-id").filter(|urn| urn::is_post(urn))?;
    Some(Created { platform_post_id: urn.to_owned(), url: client.link(urn) })
}

/// The one thing beside its text that a post has.
fn content(segment: &SegmentRequest, options: &LinkedInOptions) -> Result<Option<Value>, Failure> {
    let mut contents = Vec::new();
    if !segment.media.is_empty() {
        contents.push(media(&segment.media)?);
    }
    if let Some(article) = &options.article {
        let mut card = json!({"source": article.source, "title": article.title});
        if let Some(description) = &article.description {
            card["description"] = json!(description);
        }
        if let Some(thumbnail) = &article.thumbnail {
            card["thumbnail"] = json!(urn::checked(thumbnail)?);
        }
        contents.push(json!({"article": card}));
    }
    if let Some(poll) = &options.poll {
        let options: Vec<Value> = poll.options.iter().map(|text| json!({"text": text})).collect();
        contents.push(json!({"poll": {
            "question": poll.question, "options": options, "settings": {"duration": poll.duration}
        }}));
    }
    let reshare = options.reshare_of.as_deref().map(urn::checked).transpose()?;
    if contents.len() + usize::from(reshare.is_some()) > 1 {
        return Err(refused(
            codes::LINKEDIN_EXCLUSIVE,
            "a post on LinkedIn has media, an article, a poll or a reshared post, and only one of them",
        ));
    }
    Ok(contents.pop())
}

fn media(media: &[UploadedMedia]) -> Result<Value, Failure> {
    for item in media {
        urn::checked(&item.platform_media_id)?;
    }
    let described = |item: &UploadedMedia| {
        let mut value = json!({"id": item.platform_media_id});
        if let Some(alt) = item.alt.as_ref().filter(|alt| !alt.is_empty()) {
            value["altText"] = json!(alt);
        }
        value
    };
    match media {
        [one] => {
            let mut value = described(one);
            if let Some(title) = &one.title {
                value["title"] = json!(title);
            }
            Ok(json!({"media": value}))
        }
        several => {
            let images = several.iter().all(|item| urn::kind(&item.platform_media_id) == Some("image"));
            if !images || several.len() > IMAGES_MAX {
                let message = "a post on LinkedIn has up to 20 images, or one video, or one document";
                return Err(refused(codes::LINKEDIN_MEDIA_MIX, message));
            }
            let images: Vec<Value> = several.iter().map(described).collect();
            Ok(json!({"multiImage": {"images": images}}))
        }
    }
}

fn refused(code: &str, message: &str) -> Failure {
    Failure::Permanent { code: code.to_owned(), message: message.to_owned() }
}

/// LinkedIn answers 204 for what is gone already, too.
pub(super) async fn delete(client: &Client, access: Access<'_>, post: &str) -> Result<(), Failure> {
    let path = match urn::comment_parts(post) {
        Some((post, comment)) => comment::path(post, comment, access.subject),
        None => format!("rest/posts/{}", address::encoded(urn::checked(post)?)),
    };
    let request = client.request(Method::DELETE, &path, access).header("X-RestLi-Method", "DELETE");
    match http::send(request).await {
        Ok(reply) if matches!(reply.status, 404 | 410) => Ok(()),
        other => errors::succeeded(other, access.token).map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Article, LinkedInPoll, PollDuration, SegmentOptions};

    fn uploaded(urn: &str, alt: &str, title: Option<&str>) -> UploadedMedia {
        UploadedMedia {
            platform_media_id: urn.to_owned(),
            alt: Some(alt.to_owned()),
            title: title.map(str::to_owned),
            still: None,
        }
    }

    fn content_of(media: Vec<UploadedMedia>, options: LinkedInOptions) -> Result<Option<Value>, Failure> {
        let segment = SegmentRequest { media, ..SegmentRequest::default() };
        assert_eq!(SegmentOptions::LinkedIn(options.clone()).linkedin(), options);
        content(&segment, &options)
    }

    #[test]
    fn one_image_several_images_and_a_document_have_their_own_shapes() {
        let one = vec![uploaded("urn:li:image:A", "a red square", None)];
        let expected = json!({"media": {"id": "urn:li:image:A", "altText": "a red square"}});
        assert_eq!(content_of(one, LinkedInOptions::default()), Ok(Some(expected)));
        let two = vec![uploaded("urn:li:image:A", "a", None), uploaded("urn:li:image:B", "", None)];
        let expected = json!({"multiImage": {"images": [
            {"id": "urn:li:image:A", "altText": "a"}, {"id": "urn:li:image:B"}
        ]}});
        assert_eq!(content_of(two, LinkedInOptions::default()), Ok(Some(expected)));
        let document = vec![uploaded("urn:li:document:D", "", Some("The report"))];
        let expected = json!({"media": {"id": "urn:li:document:D", "title": "The report"}});
        assert_eq!(content_of(document, LinkedInOptions::default()), Ok(Some(expected)));
    }

    #[test]
    fn articles_and_polls_are_written_as_linkedin_reads_them() {
        let article = Article {
            source: "https://acme.dev".to_owned(),
            title: "Acme".to_owned(),
            description: None,
            thumbnail: Some("urn:li:image:T".to_owned()),
        };
        let options = LinkedInOptions { article: Some(article.clone()), ..LinkedInOptions::default() };
        let expected = json!({"article": {
            "source": "https://acme.dev", "title": "Acme", "thumbnail": "urn:li:image:T"
        }});
        assert_eq!(content_of(Vec::new(), options.clone()), Ok(Some(expected)));
        let poll = LinkedInPoll {
            question: "Tabs?".to_owned(),
            options: vec!["yes".to_owned(), "no".to_owned()],
            duration: PollDuration::ThreeDays,
        };
        let both = LinkedInOptions { poll: Some(poll.clone()), ..options };
        assert!(content_of(Vec::new(), both).is_err(), "only one of them");
        let options = LinkedInOptions { poll: Some(poll), ..LinkedInOptions::default() };
        let expected = json!({"poll": {
            "question": "Tabs?", "options": [{"text": "yes"}, {"text": "no"}], "settings": {"duration": "THREE_DAYS"}
        }});
        assert_eq!(content_of(Vec::new(), options), Ok(Some(expected)));
    }

    #[test]
    fn mixed_and_hostile_media_are_refused_before_anything_is_sent() {
        let mixed = vec![uploaded("urn:li:image:A", "", None), uploaded("urn:li:video:B", "", None)];
        assert!(content_of(mixed, LinkedInOptions::default()).is_err());
        let many = vec![uploaded("urn:li:image:A", "", None); IMAGES_MAX + 1];
        assert!(content_of(many, LinkedInOptions::default()).is_err());
        let hostile = vec![uploaded("urn:li:image:A\"}", "", None)];
        assert!(content_of(hostile, LinkedInOptions::default()).is_err());
    }
}
