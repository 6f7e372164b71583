//! `account/access-ends`: what is planned after the end of an access that only a person can renew.

use std::collections::{BTreeMap, BTreeSet};

use campaigns_lang::{ACCESS_ENDS, Campaign, Diagnostic, in_order};
use campaigns_limits::AccountName;
use campaigns_plan::{Plan, Timing};
use jiff::Timestamp;

use super::compile::Compilation;
use crate::api::AccountView;

/// Until when each account can be acted for, of those whose access does not renew itself.
#[must_use]
pub fn endings(accounts: &[AccountView]) -> BTreeMap<AccountName, Timestamp> {
    let lasting = accounts.iter().filter(|one| one.status == "active" && !one.token_refreshes);
    lasting.filter_map(|one| Some((one.account.parse().ok()?, one.token_expires_at?))).collect()
}

impl Compilation {
    /// Adds a warning for each post and account with a publication after the end of the account's access.
    pub fn warn_of_endings(&mut self, endings: &BTreeMap<AccountName, Timestamp>) {
        let (Some(campaign), Some(plan)) = (&self.campaign, &self.plan) else { return };
        let warnings = warnings(campaign, plan, endings);
        if !warnings.is_empty() {
            self.diagnostics.extend(warnings);
            self.diagnostics = in_order(std::mem::take(&mut self.diagnostics));
        }
    }
}

fn warnings(campaign: &Campaign, plan: &Plan, endings: &BTreeMap<AccountName, Timestamp>) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    let mut warnings = Vec::new();
    for publication in &plan.publications {
        // What has no instant yet is known to be late for nothing.
        let Timing::At { due_at, local } = &publication.timing else { continue };
        let Some(ends_at) = endings.get(&publication.account).filter(|ends_at| due_at > ends_at) else {
            continue;
        };
        let Some(post) = campaign.posts.iter().find(|post| post.id.value == publication.post) else {
            continue;
        };
        if !told.insert((&publication.post, &publication.account)) {
            continue;
        }
        let message = format!(
            "`{}` goes out at {local}, after the access to {} ends ({ends_at}), which only a person can renew",
            publication.post, publication.account,
        );
        let platform = publication.account.platform();
        warnings.push(
            Diagnostic::warning(ACCESS_ENDS, &campaign.file, post.id.span, message)
                .with_help(format!("connect it again before then: `tidings accounts connect {platform}`"))
                .at_path(format!("posts.{}", publication.post)),
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    use campaigns_lang::{FileProblem, Files, KnownAccounts, Source};
    use campaigns_limits::MediaFacts;

    use super::super::compile::{Surroundings, compile_campaign};
    use super::*;

    struct Nothing;

    impl Files for Nothing {
        fn read(&self, path: &str) -> Result<std::sync::Arc<[u8]>, FileProblem> {
            Err(FileProblem::Missing(path.to_owned()))
        }

        fn media(&self, path: &str) -> Result<MediaFacts, FileProblem> {
            Err(FileProblem::Missing(path.to_owned()))
        }
    }

    const CAMPAIGN: &str = "\
campaign: launch
version: 1
timezone: UTC
accounts: [x/acme, linkedin/acme]
posts:
  early:
    at: 2027-03-01 09:00
    text: |
      Early
  late:
    at: 2027-03-20 09:00
    text: |
      Late
";

    fn account(name: &str, expires_at: &str, refreshes: bool) -> AccountView {
        let name: AccountName = name.parse().unwrap();
        AccountView {
            id: "acc_1".to_owned(),
            platform: name.platform().api_name().to_owned(),
            handle: name.handle().to_owned(),
            display_name: None,
            avatar_url: None,
            status: "active".to_owned(),
            status_reason: None,
            scopes: Vec::new(),
            token_expires_at: Some(expires_at.parse().unwrap()),
            token_refreshes: refreshes,
            connected_at: None,
            account: name.to_string(),
        }
    }

    #[test]
    fn a_post_after_the_end_of_an_access_that_nobody_renews_is_warned_of_once() {
        let source = Source::new("launch.campaign.yaml", CAMPAIGN.as_bytes());
        let around = Surroundings {
            workspace: None,
            files: &Nothing,
            accounts: &KnownAccounts::Unknown,
            now: "2027-02-20T00:00:00Z".parse().unwrap(),
        };
        let mut compilation = compile_campaign(&source, around);
        let before = compilation.diagnostics.len();
        let accounts = [
            account("x/acme", "2027-02-20T02:00:00Z", true),
            account("linkedin/acme", "2027-03-10T00:00:00Z", false),
        ];
        compilation.warn_of_endings(&endings(&accounts));
        assert_eq!(compilation.diagnostics.len(), before + 1);
        let views = compilation.views();
        let told = views.iter().find(|view| view.code == "account/access-ends").unwrap();
        assert_eq!((told.severity.as_str(), told.line), ("warning", 10));
        assert!(told.message.contains("`late` goes out at 2027-03-20 09:00"), "{}", told.message);
        assert!(compilation.plan.is_some(), "it is a warning");
    }
}
