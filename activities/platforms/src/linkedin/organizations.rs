//! The organizations that a member may publish for.

use crate::linkedin::client::Client;
use crate::linkedin::{profile, urn};
use crate::{Access, Failure, Profile, address, codes};

/// Organizations of one member that are looked at.
const ORGANIZATIONS_MAX: usize = 100;

/// The organizations that the member administers. Empty without the scope for it.
pub(super) async fn administered(client: &Client, access: Access<'_>) -> Result<Vec<Profile>, Failure> {
    let path = format!(
        "rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED&count={ORGANIZATIONS_MAX}"
    );
    let request = client.get(&path, access).header("X-RestLi-Method", "FINDER");
    let content = match client.ask(request, access).await {
        Ok(content) => content,
        Err(Failure::Permanent { code, .. }) if code == codes::LINKEDIN_FORBIDDEN => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    let mut found = Vec::new();
    for element in content["elements"].as_array().into_iter().flatten().take(ORGANIZATIONS_MAX) {
        let named = element["organization"].as_str().or(element["organizationTarget"].as_str());
        if let Some(subject) = named.filter(|urn| urn::kind(urn) == Some("organization")) {
            found.push(organization(client, access, subject).await?);
        }
    }
    Ok(found)
}

/// What an organization is called. Without the right to read it, its number stands in for its name.
pub(super) async fn organization(
    client: &Client,
    access: Access<'_>,
    subject: &str,
) -> Result<Profile, Failure> {
    let id = urn::checked(subject)?.rsplit(':').next().unwrap_or_default();
    let path = format!("rest/organizations/{}", address::encoded(id));
    let content = match client.ask(client.get(&path, access), access).await {
        Ok(content) => content,
        Err(Failure::Permanent { .. }) => serde_json::Value::Null,
        Err(failure) => return Err(failure),
    };
    let fallback = format!("organization-{id}");
    let name = content["localizedName"].as_str().unwrap_or(&fallback);
    let handle = content["vanityName"].as_str().and_then(profile::handle).or_else(|| profile::handle(name));
    Ok(Profile {
        subject: subject.to_owned(),
        handle: handle.unwrap_or(fallback.clone()),
        display_name: name.to_owned(),
        avatar_url: None,
    })
}
