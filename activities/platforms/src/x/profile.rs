//! Who a token belongs to.

use crate::x::client::{Client, is_id};
use crate::{Access, Failure, Profile};

pub(super) async fn profile(client: &Client, access: Access<'_>) -> Result<Profile, Failure> {
    let request = client.get("2/users/me", access).query(&[("user.fields", "profile_image_url")]);
    let content = client.ask(request, access).await?;
    let user = &content["data"];
    let (Some(id), Some(username)) = (user["id"].as_str().filter(|id| is_id(id)), user["username"].as_str())
    else {
        return Err(Failure::Transient("X did not say who the token belongs to".to_owned()));
    };
    Ok(Profile {
        subject: id.to_owned(),
        handle: username.to_owned(),
        display_name: user["name"].as_str().unwrap_or(username).to_owned(),
        avatar_url: user["profile_image_url"].as_str().map(str::to_owned),
    })
}
