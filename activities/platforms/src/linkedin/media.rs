//! Uploading images and documents in one piece; films go another way.

use std::time::Duration;

use campaigns_limits::MediaKind;
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use crate::http::{Reply, UPLOAD_DEADLINE};
use crate::linkedin::client::Client;
use crate::linkedin::{urn, video};
use crate::{Access, Failure, FileUpload, MediaUpload, address, codes};

/// Waiting until LinkedIn has processed a file ends here.
const PROCESSING_MAX: Duration = Duration::from_secs(600);
/// Between two questions.
const CHECK_AFTER: Duration = Duration::from_secs(2);

pub(super) async fn upload(
    client: &Client,
    access: Access<'_>,
    file: FileUpload<'_>,
) -> Result<MediaUpload, Failure> {
    let (resource, key) = match file.facts.kind {
        MediaKind::Image | MediaKind::Gif => ("images", "image"),
        MediaKind::Document => ("documents", "document"),
        MediaKind::Video => return video::upload(client, access, file).await,
        MediaKind::Captions => return Err(no_medium()),
    };
    let body = json!({"initializeUploadRequest": {"owner": access.subject}});
    let begun = initialize(client, access, resource, &body).await?;
    let id = media_urn(&begun, key)?;
    let address = upload_address(client, &begun["uploadUrl"])?;
    send(client, access, address, &file.facts.mime, file.bytes).await?;
    available(client, access, resource, &id).await?;
    Ok(MediaUpload { platform_media_id: id, expires_at: None })
}

fn no_medium() -> Failure {
    let message = "captions stand beside a video, and are no medium of a post".to_owned();
    Failure::Permanent { code: codes::LINKEDIN_MEDIA_MIX.to_owned(), message }
}

pub(super) async fn initialize(
    client: &Client,
    access: Access<'_>,
    resource: &str,
    body: &Value,
) -> Result<Value, Failure> {
    let path = format!("rest/{resource}?action=initializeUpload");
    let content = client.ask(client.request(Method::POST, &path, access).json(body), access).await?;
    Ok(content["value"].clone())
}

pub(super) fn media_urn(begun: &Value, key: &str) -> Result<String, Failure> {
    let urn = begun[key].as_str().filter(|urn| urn::kind(urn) == Some(key));
    urn.map(str::to_owned).ok_or_else(|| Failure::Transient("LinkedIn began no upload".to_owned()))
}

/// Puts bytes at an address that LinkedIn gave.
pub(super) async fn send(
    client: &Client,
    access: Access<'_>,
    address: Address,
    mime: &str,
    bytes: Vec<u8>,
) -> Result<Reply, Failure> {
    let request = signed(client, access, Method::PUT, address).header("Content-Type", mime);
    client.exchange(request.body(bytes), access).await
}

/// Puts the picture that stands for a video.
pub(super) async fn send_still(
    client: &Client,
    access: Access<'_>,
    address: Address,
    bytes: Vec<u8>,
) -> Result<(), Failure> {
    let request = signed(client, access, Method::PUT, address)
        .header("Content-Type", "application/octet-stream")
        .header("media-type-family", "STILLIMAGE");
    client.exchange(request.body(bytes), access).await.map(drop)
}

/// A request to an address that LinkedIn gave. The token goes along only to LinkedIn itself.
pub(super) fn signed(
    client: &Client,
    access: Access<'_>,
    method: Method,
    address: Address,
) -> RequestBuilder {
    let request = client.to(method, address.url).timeout(UPLOAD_DEADLINE);
    if address.trusted { request.bearer_auth(access.token.expose_secret()) } else { request }
}

/// Where bytes may be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    url: Url,
    trusted: bool,
}

/// An address from an answer, if it is LinkedIn's: files go nowhere else.
pub(super) fn upload_address(client: &Client, given: &Value) -> Result<Address, Failure> {
    let url = given.as_str().and_then(|given| Url::parse(given).ok());
    let url = url.ok_or_else(|| Failure::Transient("LinkedIn gave no address for the upload".to_owned()))?;
    let within = |domain: &str| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https" && (host == domain || host.ends_with(&format!(".{domain}")))
    };
    let ours = url.origin() == client.settings.api_url.origin();
    let trusted = ours || within("linkedin.com");
    if !trusted && !within("licdn.com") {
        let message = "LinkedIn gave an address for the upload that is not its own".to_owned();
        return Err(Failure::Permanent { code: codes::LINKEDIN_UPLOAD_ADDRESS.to_owned(), message });
    }
    Ok(Address { url, trusted })
}

/// Waits until a post may use the file. Members may not ask for images and documents: for them the file
/// is given some time.
pub(super) async fn available(
    client: &Client,
    access: Access<'_>,
    resource: &str,
    id: &str,
) -> Result<(), Failure> {
    let path = format!("rest/{resource}/{}", address::encoded(id));
    let mut waited = Duration::ZERO;
    while waited < PROCESSING_MAX {
        let content = match client.ask(client.get(&path, access), access).await {
            Ok(content) => content,
            Err(Failure::Permanent { .. }) => {
                client.clock.sleep(client.settings.media_grace).await;
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        match content["status"].as_str() {
            Some("AVAILABLE") => return Ok(()),
            Some("PROCESSING_FAILED") => return Err(rejected(&content)),
            _ => {}
        }
        client.clock.sleep(CHECK_AFTER).await;
        waited += CHECK_AFTER;
    }
    Err(Failure::Transient("LinkedIn is still processing the media".to_owned()))
}

fn rejected(content: &Value) -> Failure {
    let why = content["processingFailureReason"].as_str().unwrap_or("LinkedIn gave no reason");
    let message = format!("LinkedIn can't process the media: {}", why.chars().take(200).collect::<String>());
    Failure::Permanent { code: codes::LINKEDIN_MEDIA_REJECTED.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkedin::Settings;

    fn client(api_url: &str) -> Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = Settings { api_url: Url::parse(api_url).unwrap(), ..Settings::default() };
        Client::new(settings, crate::http::client().unwrap(), engine_clock::Clock::real())
    }

    #[test]
    fn files_go_to_linkedin_only_and_the_token_to_fewer_places() {
        let at = |api: &str, given: &str| {
            upload_address(&client(api), &json!(given)).map(|address| address.trusted).map_err(|_| ())
        };
        let api = "https://api.linkedin.com";
        assert_eq!(at(api, "https://www.linkedin.com/dms-uploads/x"), Ok(true));
        assert_eq!(at(api, "https://dms.licdn.com/x"), Ok(false));
        for elsewhere in [
            "http://www.linkedin.com/x",
            "https://linkedin.com.evil.example/x",
            "https://evillinkedin.com/x",
            "http://169.254.169.254/",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(at(api, elsewhere), Err(()), "{elsewhere}");
        }
        assert_eq!(at("http://127.0.0.1:9/linkedin", "http://127.0.0.1:9/linkedin/up/1"), Ok(true));
        assert_eq!(at("http://127.0.0.1:9/linkedin", "http://127.0.0.1:8/linkedin/up/1"), Err(()));
    }

    #[test]
    fn only_trusted_addresses_see_the_token() {
        let client = client("https://api.linkedin.com");
        let token = secrecy::SecretString::from("s3cret");
        let access = Access { token: &token, subject: "urn:li:person:a", handle: "demo" };
        for (given, sees) in
            [("https://www.linkedin.com/dms-uploads/x", true), ("https://dms.licdn.com/x", false)]
        {
            let address = upload_address(&client, &json!(given)).unwrap();
            let request = signed(&client, access, Method::PUT, address).build().unwrap();
            assert_eq!(request.headers().contains_key("authorization"), sees, "{given}");
        }
    }
}
