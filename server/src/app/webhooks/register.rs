//! Our webhook at X: registered with the app's own token, and told of what happens to connected accounts.

use std::collections::BTreeSet;

use activities_data::accounts::{self, Account, AccountStatus};
use activities_data::organizations;
use activities_platforms::x::{Hook, Hooks, Subscription};
use campaigns_limits::Platform;

use crate::api::webhook::{RegisteredAccount, Registration};
use crate::app::{App, AppError};

/// Where X is to call, below `BASE_URL`.
const PATH: &str = "api/v1/social/webhooks/twitter";
/// What of an account X is to tell: what has an effect here, or campaigns wait for. X tells every address of
/// revoked consents, unasked.
const EVENTS: [&str; 8] = [
    "follow.follow",
    "follow.unfollow",
    "like.create",
    "post.delete",
    "post.mention.create",
    "post.quote.create",
    "post.reply.create",
    "post.repost.create",
];

impl App {
    /// How our webhook at X stands.
    ///
    /// # Errors
    /// [`AppError::NoPlatformApp`] without the app's token; [`AppError::Platform`].
    pub async fn webhook_registration(&self) -> Result<Registration, AppError> {
        let (hooks, url) = self.hooks()?;
        let hook = known(&hooks, &url).await?;
        let there = match &hook {
            Some(_) => subscriptions(&hooks).await?,
            None => BTreeSet::new(),
        };
        Ok(registration(url, hook.as_ref(), &self.accounts_at_x().await?, &there))
    }

    /// Registers our webhook at X where it is not, has it challenged where it failed, and subscribes it to
    /// what is missing. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`App::webhook_registration`]; what was done until then stays.
    pub async fn register_webhook(&self) -> Result<Registration, AppError> {
        let (hooks, url) = self.hooks()?;
        let hook = match known(&hooks, &url).await? {
            None => hooks.register(&url).await.map_err(AppError::Platform)?,
            Some(hook) if hook.valid => hook,
            Some(hook) => {
                let valid = hooks.challenge(&hook.id).await.map_err(AppError::Platform)?;
                Hook { valid, ..hook }
            }
        };
        let mut there = subscriptions(&hooks).await?;
        let accounts = self.accounts_at_x().await?;
        for wanted in accounts.iter().flat_map(|account| wanted(account, &hook)) {
            if !there.contains(&wanted) {
                hooks.subscribe(&wanted).await.map_err(AppError::Platform)?;
                there.insert(wanted);
            }
        }
        Ok(registration(url, Some(&hook), &accounts, &there))
    }

    fn hooks(&self) -> Result<(Hooks, String), AppError> {
        let connect = &self.writing()?.connect;
        let missing = AppError::NoPlatformApp { platform: "X's webhooks", variable: "TWITTER_BEARER_TOKEN" };
        let hooks = connect.x_hooks.clone().ok_or(missing)?;
        Ok((hooks, activities_platforms::address::below(&connect.base_url, PATH).into()))
    }

    async fn accounts_at_x(&self) -> Result<Vec<Account>, AppError> {
        let mut conn = self.db.reader().await?;
        let mut found = Vec::new();
        for organization in organizations::all(&mut conn).await? {
            found.extend(accounts::of_organization(&mut conn, &organization).await?);
        }
        found.retain(|one| one.name.platform() == Platform::X && one.status == AccountStatus::Active);
        // One person may be connected in several organizations.
        found.sort_by(|a, b| a.subject.cmp(&b.subject));
        found.dedup_by(|a, b| a.subject == b.subject);
        Ok(found)
    }
}

/// The address, if it is registered.
async fn known(hooks: &Hooks, url: &str) -> Result<Option<Hook>, AppError> {
    Ok(hooks.all().await.map_err(AppError::Platform)?.into_iter().find(|hook| hook.url == url))
}

async fn subscriptions(hooks: &Hooks) -> Result<BTreeSet<Subscription>, AppError> {
    Ok(hooks.subscriptions().await.map_err(AppError::Platform)?.into_iter().collect())
}

fn registration(
    url: String,
    hook: Option<&Hook>,
    accounts: &[Account],
    there: &BTreeSet<Subscription>,
) -> Registration {
    let account = |account: &Account| {
        let missing = match hook {
            None => EVENTS.map(str::to_owned).to_vec(),
            Some(hook) => {
                let missing = wanted(account, hook).filter(|wanted| !there.contains(wanted));
                missing.map(|subscription| subscription.event_type).collect()
            }
        };
        RegisteredAccount { account: account.name.to_string(), missing }
    };
    Registration {
        registered: hook.is_some(),
        valid: hook.is_some_and(|hook| hook.valid),
        accounts: accounts.iter().map(account).collect(),
        url,
    }
}

fn wanted<'a>(account: &'a Account, hook: &'a Hook) -> impl Iterator<Item = Subscription> + 'a {
    EVENTS.into_iter().map(|event| Subscription {
        event_type: event.to_owned(),
        subject: account.subject.clone(),
        hook: Some(hook.id.clone()),
    })
}
