//! The pages that a LinkedIn member administers: accounts of their own, acted for with the member's token.

use activities_data::DbError;
use activities_data::accounts::Connected;
use activities_delivery::DeliveryError;
use activities_oauth::{LINKEDIN_ORGANIZATION_SCOPES, default_scopes};
use activities_platforms::{Access, Profile};
use activities_vault::Tokens;
use campaigns_limits::{AccountName, Platform};

use super::Writing;

/// What LinkedIn is asked for: with pages more than an app has by default.
pub(super) fn scopes(platform: Platform, organizations: bool) -> Vec<&'static str> {
    let mut scopes = default_scopes(platform).to_vec();
    if organizations && platform == Platform::LinkedIn {
        scopes.extend(LINKEDIN_ORGANIZATION_SCOPES);
    }
    scopes
}

/// Connects every page that the member administers. One that can't be is said in the log and keeps nobody
/// else from being connected: the member's own account least of all.
pub(super) async fn connect(writing: &Writing, organization: &str, member: &Connected, tokens: &Tokens) {
    let Some(client) = writing.connect.clients.get(&member.name.platform()) else { return };
    let access = Access { token: &tokens.access, subject: &member.subject, handle: member.name.handle() };
    let pages = match client.administered(access).await {
        Ok(pages) => pages,
        Err(failure) => {
            tracing::warn!(account = %member.name, failure = %failure, "its pages could not be asked for");
            return;
        }
    };
    for page in pages {
        match connect_page(writing, organization, member, &page, tokens).await {
            Ok(name) => tracing::info!(account = %name, "a page was connected"),
            Err(why) => tracing::warn!(page = page.subject, why, "a page was not connected"),
        }
    }
}

/// Under the page's own name, or, where that is another's here, with its number.
async fn connect_page(
    writing: &Writing,
    organization: &str,
    member: &Connected,
    page: &Profile,
    tokens: &Tokens,
) -> Result<AccountName, String> {
    let number = page.subject.rsplit(':').next().unwrap_or_default();
    for handle in [page.handle.clone(), format!("{}-{number}", page.handle)] {
        let name = AccountName::new(member.name.platform(), &handle).map_err(|error| error.to_string())?;
        let connected = Connected {
            name,
            subject: page.subject.clone(),
            display_name: Some(page.display_name.clone()),
            avatar_url: page.avatar_url.clone(),
            scopes: member.scopes.clone(),
        };
        // The two would be one in the next line: the page must not take the member's name before them.
        if connected.name == member.name {
            continue;
        }
        match writing.delivery.connect(organization, connected, tokens.clone(), "consent").await {
            Ok(account) => return Ok(account.name),
            Err(DeliveryError::Db(DbError::HandleTaken { .. })) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Err("its name is another account's here".to_owned())
}
