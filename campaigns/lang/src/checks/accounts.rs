//! `account/unknown`, `account/none`, `account/unchecked`: every name is an account that exists, and every
//! post goes to one.

use std::collections::BTreeSet;

use campaigns_limits::AccountName;

use crate::campaign::Timing;
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::suggest::did_you_mean;
use crate::{CheckContext, KnownAccounts, Spanned, codes};

pub(super) fn check(draft: &Draft, context: &CheckContext<'_>, problems: &mut Problems) {
    // Of a faulty workspace nobody knows what it lists; its own errors are told.
    if context.workspace.is_none_or(|workspace| !workspace.is_faulty) {
        names(draft, context, problems);
    }
    for post in &draft.posts {
        without_target(draft, post, problems);
    }
}

fn names(draft: &Draft, context: &CheckContext<'_>, problems: &mut Problems) {
    match known(context) {
        Some(known) => {
            for (account, path) in named(draft) {
                unknown(account, path, &known, problems);
            }
        }
        None => unchecked(draft, context, problems),
    }
}

fn known(context: &CheckContext<'_>) -> Option<BTreeSet<AccountName>> {
    let connected = match context.accounts {
        KnownAccounts::Known(accounts) => Some(accounts),
        KnownAccounts::Unknown => None,
    };
    let listed = context.workspace.and_then(|workspace| workspace.accounts.as_ref());
    if connected.is_none() && listed.is_none() {
        return None;
    }
    Some(connected.into_iter().chain(listed).flatten().cloned().collect())
}

/// Every account that the file names, with its path.
fn named(draft: &Draft) -> Vec<(&Spanned<AccountName>, String)> {
    let common =
        draft.accounts.iter().flat_map(|list| &list.value).map(|account| (account, "accounts".to_owned()));
    let own = draft.posts.iter().flat_map(|post| {
        let path = format!("posts.{}.accounts", post.id.value);
        post.accounts.iter().flatten().map(move |account| (account, path.clone()))
    });
    let gates = draft.posts.iter().filter_map(|post| match &post.timing {
        Some(Timing::After(after)) => {
            after.account.as_ref().map(|account| (account, format!("posts.{}.after.account", post.id.value)))
        }
        _ => None,
    });
    let special = draft.posts.iter().flat_map(|post| {
        let overrides = match &post.timing {
            Some(Timing::Every(recurrence)) => Some(&recurrence.overrides),
            _ => None,
        };
        overrides.into_iter().flatten().flat_map(|(date, special)| {
            let path = format!("posts.{}.every.override.{date}.accounts", post.id.value);
            special.value.accounts.iter().flatten().map(move |account| (account, path.clone()))
        })
    });
    let metrics = draft.posts.iter().filter_map(|post| {
        let account = post.gates.when.as_ref()?.account.as_ref()?;
        Some((account, format!("posts.{}.when.account", post.id.value)))
    });
    common.chain(own).chain(gates).chain(metrics).chain(special).collect()
}

fn unknown(
    account: &Spanned<AccountName>,
    path: String,
    known: &BTreeSet<AccountName>,
    problems: &mut Problems,
) {
    if known.contains(&account.value) {
        return;
    }
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    let near = did_you_mean(&account.value.to_string(), names.iter().map(String::as_str)).map(str::to_owned);
    let problem = problems.error(
        codes::ACCOUNT_UNKNOWN,
        account.span,
        format!("`{}` is not an account here", account.value),
    );
    let problem = match near {
        Some(near) => problem.with_help(format!("did you mean `{near}`?")),
        None => problem.with_help(format!(
            "connect it with `tidings accounts connect {}`, or list it in tidings.yaml",
            account.value
        )),
    };
    problems.push(problem.at_path(path));
}

fn unchecked(draft: &Draft, context: &CheckContext<'_>, problems: &mut Problems) {
    let Some((first, path)) = named(draft).into_iter().next() else { return };
    let message = match context.workspace {
        None => {
            "account names are not checked: there is neither a tidings.yaml nor a data folder or server to ask"
        }
        Some(_) => {
            "account names are not checked: tidings.yaml has no `accounts`, and there is no data folder or server to ask"
        }
    };
    problems.push(problems.note(codes::ACCOUNT_UNCHECKED, first.span, message).at_path(path));
}

fn without_target(draft: &Draft, post: &DraftPost, problems: &mut Problems) {
    let broken_list =
        draft.accounts.as_ref().is_none_or(|list| list.value.is_empty()) && problems.has_errors();
    if post.skip || draft.targets(post).next().is_some() || broken_list {
        return;
    }
    let skipped = !post.blocks.is_empty() && post.blocks.values().any(|block| block.skip);
    let message = format!("post `{}` goes to no account", post.id.value);
    let problem = problems.error(codes::ACCOUNT_NONE, post.id.span, message);
    let help = if skipped {
        "every platform of its accounts is skipped"
    } else {
        "name accounts at the top of the file or in the post: `accounts: [x/acme]`"
    };
    problems.push(problem.with_help(help).at_path(format!("posts.{}", post.id.value)));
}
