//! What could be read of a campaign, errors or not: what checks look at.

use std::collections::BTreeMap;
use std::sync::Arc;

use campaigns_limits::{AccountName, Platform};
use jiff::tz::TimeZone;

use crate::campaign::{
    Campaign, Contents, Extras, Gates, Media, Moved, PlatformBlock, Post, Settings, SourceFile, Timing, Utm,
    Zone,
};
use crate::{Span, Spanned, Workspace};

/// A campaign with holes where its file is wrong.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: Option<Spanned<String>>,
    pub(crate) title: Option<String>,
    /// `None` where neither file nor workspace names one, or the name is wrong.
    pub(crate) zone: Option<Zone>,
    /// The file (or workspace) says a zone, right or wrong.
    pub(crate) zone_said: bool,
    /// The value of `accounts:`, when there is one.
    pub(crate) accounts: Option<Spanned<Vec<Spanned<AccountName>>>>,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) utm: Option<Utm>,
    pub(crate) labels: Vec<String>,
    pub(crate) settings: Settings,
    pub(crate) posts: Vec<DraftPost>,
    pub(crate) moved: Vec<Moved>,
    /// Where `prune: true` stands.
    pub(crate) prune: Option<Span>,
}

/// A post with holes.
#[derive(Debug)]
pub(crate) struct DraftPost {
    pub(crate) id: Spanned<String>,
    pub(crate) span: Span,
    pub(crate) timing: Option<Timing>,
    pub(crate) content: Option<Contents>,
    pub(crate) media: Vec<Media>,
    pub(crate) extras: Extras,
    pub(crate) gates: Gates,
    /// What the post itself says; `None` inherits.
    pub(crate) accounts: Option<Vec<Spanned<AccountName>>>,
    pub(crate) blocks: BTreeMap<Platform, PlatformBlock>,
    /// Where each block's key stands.
    pub(crate) block_spans: BTreeMap<Platform, Span>,
    /// An identical text goes out not sooner than this.
    pub(crate) cooldown: Option<Spanned<u64>>,
    /// It stays in the file and does not go out.
    pub(crate) skip: bool,
    pub(crate) split: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) settings: Settings,
}

impl Draft {
    /// The accounts that a post goes to: its own or the campaign's, without platforms that it skips.
    pub(crate) fn targets<'d>(
        &'d self,
        post: &'d DraftPost,
    ) -> impl Iterator<Item = &'d Spanned<AccountName>> {
        let inherited = || self.accounts.as_ref().map(|accounts| &accounts.value);
        let accounts = post.accounts.as_ref().or_else(inherited);
        let accounts = accounts.filter(|_| !post.skip);
        accounts.into_iter().flatten().filter(|account| !post.skips(account.value.platform()))
    }

    /// The campaign, when there is no hole in it.
    pub(crate) fn finish(
        self,
        file: &Arc<str>,
        sources: Vec<SourceFile>,
        workspace: Option<&Workspace>,
    ) -> Option<Campaign> {
        let targets: Vec<Vec<_>> =
            self.posts.iter().map(|post| self.targets(post).cloned().collect()).collect();
        let Self {
            id,
            title,
            zone,
            zone_said: _,
            accounts: _,
            vars,
            utm,
            labels,
            settings,
            posts,
            moved,
            prune,
        } = self;
        let going_out = posts.into_iter().zip(targets).filter(|(post, _)| !post.skip);
        let posts: Option<Vec<Post>> = going_out.map(|(post, targets)| post.finish(targets)).collect();
        let workspace = workspace.cloned().unwrap_or_default();
        Some(Campaign {
            file: Arc::clone(file),
            id: id?,
            title,
            zone: zone.unwrap_or_else(|| Zone { name: "UTC".to_owned(), zone: TimeZone::UTC }),
            vars,
            mentions: workspace.mentions,
            utm,
            labels,
            settings,
            account_settings: workspace.account_settings,
            workspace_settings: workspace.settings,
            posts: posts?,
            moved,
            prune: prune.is_some(),
            approval_by_merge: workspace.policies.approval_by_merge,
            sources,
        })
    }
}

impl DraftPost {
    pub(crate) fn skips(&self, platform: Platform) -> bool {
        self.blocks.get(&platform).is_some_and(|block| block.skip)
    }

    fn finish(self, accounts: Vec<Spanned<AccountName>>) -> Option<Post> {
        let Self { id, span, timing, content, media, blocks, extras, gates, split, labels, settings, .. } =
            self;
        let (timing, content) = (timing?, content?);
        Some(Post {
            id,
            span,
            timing,
            content,
            media,
            accounts,
            blocks,
            extras,
            gates,
            split,
            labels,
            settings,
        })
    }
}
