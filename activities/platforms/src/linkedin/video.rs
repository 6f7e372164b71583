//! Uploading a film: LinkedIn names the parts, each goes to its own address, and their tags close it.

use reqwest::{Method, multipart};
use serde_json::{Value, json};

use crate::linkedin::client::Client;
use crate::linkedin::media;
use crate::{Access, BegunUpload, CaptionsUpload, Failure, FileUpload, MediaUpload};

/// LinkedIn cuts at 4 MiB, and its largest film has 500 MB: 120 parts.
const PARTS_MAX: usize = 1_000;

pub(super) async fn upload(
    client: &Client,
    access: Access<'_>,
    file: FileUpload<'_>,
) -> Result<MediaUpload, Failure> {
    let size = file.bytes.len();
    let body = json!({"initializeUploadRequest": {
        "owner": access.subject, "fileSizeBytes": size, "uploadCaptions": file.captions.is_some(),
        "uploadThumbnail": file.still.is_some()
    }});
    let begun = media::initialize(client, access, "videos", &body).await?;
    let id = media::media_urn(&begun, "video")?;
    let parts = parts(&begun, size)?;
    let several = parts.len() > 1;
    let mut tags = Vec::with_capacity(parts.len());
    for Part { instruction, range } in parts {
        let address = media::upload_address(client, &instruction["uploadUrl"])?;
        let done_bytes = range.end as u64;
        let part = file.bytes.get(range).unwrap_or_default().to_vec();
        let reply = media::send(client, access, address, "application/octet-stream", part).await?;
        let tag =
            reply.header("etag").ok_or_else(|| incomplete("LinkedIn did not confirm a part of the film"))?;
        tags.push(tag.trim_matches('"').to_owned());
        if several {
            // The addresses of the other parts are keys to the account's media and are not kept: what is cut
            // off begins anew, and LinkedIn throws away what was never finished.
            file.note(BegunUpload { platform_media_id: id.clone(), done_bytes, expires_at: None }).await;
        }
    }
    if let Some(still) = file.still {
        let address = media::upload_address(client, &begun["thumbnailUploadUrl"])?;
        media::send_still(client, access, address, still).await?;
    }
    if let Some(captions) = file.captions {
        let address = media::upload_address(client, &begun["captionsUploadUrl"])?;
        send_captions(client, access, address, captions).await?;
    }
    let body = json!({"finalizeUploadRequest": {
        "video": id, "uploadToken": begun["uploadToken"].as_str().unwrap_or_default(), "uploadedPartIds": tags
    }});
    let request = client.request(Method::POST, "rest/videos?action=finalizeUpload", access).json(&body);
    client.exchange(request, access).await?;
    media::available(client, access, "videos", &id).await?;
    Ok(MediaUpload { platform_media_id: id, expires_at: None })
}

/// Sends the words of the film.
///
/// A form of `metadata` and `file`, as the sample of LinkedIn's Videos API has it ("Upload the captions",
/// <https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api>); its flags are
/// sent as they stand there. It knows the format `SRT` only, and says neither what an answer looks like nor
/// which languages there are.
async fn send_captions(
    client: &Client,
    access: Access<'_>,
    address: media::Address,
    captions: CaptionsUpload,
) -> Result<(), Failure> {
    let CaptionsUpload { facts: _, bytes, language } = captions;
    let mut locale = json!({"language": language.code().to_ascii_uppercase()});
    if let Some(region) = language.region() {
        locale["country"] = json!(region);
    }
    let metadata = json!({
        "format": "SRT", "source": "USER_PROVIDED", "transcriptType": "CLOSED_CAPTION", "locale": locale,
        "formattedForEasyReader": true, "largeText": true,
    });
    let typed = |part: multipart::Part, mime: &str| {
        part.mime_str(mime).map_err(|_| incomplete("the captions can't be sent as a form"))
    };
    let metadata = typed(multipart::Part::text(metadata.to_string()), "application/json")?;
    let file = typed(multipart::Part::bytes(bytes).file_name("captions.srt"), "application/octet-stream")?;
    let form = multipart::Form::new().part("metadata", metadata).part("file", file);
    client.exchange(media::signed(client, access, Method::POST, address).multipart(form), access).await?;
    Ok(())
}

struct Part<'a> {
    instruction: &'a Value,
    range: std::ops::Range<usize>,
}

/// The parts in order, which must make up the whole file: a film with a hole is not sent.
fn parts(begun: &Value, size: usize) -> Result<Vec<Part<'_>>, Failure> {
    let mut parts = Vec::new();
    let mut next = 0;
    for instruction in begun["uploadInstructions"].as_array().into_iter().flatten().take(PARTS_MAX) {
        let byte = |key: &str| instruction[key].as_u64().and_then(|byte| usize::try_from(byte).ok());
        let (first, last) = byte("firstByte").zip(byte("lastByte")).unwrap_or((usize::MAX, 0));
        if first != next || last < first || last >= size {
            return Err(incomplete("LinkedIn's parts of the film don't fit it"));
        }
        next = last + 1;
        parts.push(Part { instruction, range: first..next });
    }
    if next == size { Ok(parts) } else { Err(incomplete("LinkedIn's parts are not the whole film")) }
}

fn incomplete(message: &str) -> Failure {
    Failure::Transient(message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(instructions: &Value, size: usize) -> Option<Vec<std::ops::Range<usize>>> {
        let begun = json!({"uploadInstructions": instructions});
        parts(&begun, size).ok().map(|parts| parts.into_iter().map(|part| part.range).collect())
    }

    #[test]
    fn parts_must_make_up_the_whole_film() {
        let two = json!([{"firstByte": 0, "lastByte": 3}, {"firstByte": 4, "lastByte": 6}]);
        assert_eq!(ranges(&two, 7), Some(vec![0..4, 4..7]));
        assert_eq!(ranges(&two, 8), None, "the end is missing");
        assert_eq!(ranges(&two, 6), None, "it reaches too far");
        assert_eq!(ranges(&json!([{"firstByte": 1, "lastByte": 6}]), 7), None, "the start is missing");
        assert_eq!(ranges(&json!([{"firstByte": 0, "lastByte": u64::MAX}]), 7), None);
        assert_eq!(ranges(&json!([{}]), 7), None);
    }
}
