//! The same change of several publications: what one refuses is told, and the others are changed all the same.

use serde_json::json;

use super::lines::post;
use crate::backend::{Backend, Edit};
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

/// What became of it: the state, but where that doesn't tell that somebody was heard.
fn done_word<'w>(edit: &Edit, state: &'w str) -> &'w str {
    match edit {
        // The last word opens the gate a moment later.
        Edit::Judge { approved: true, .. } => "approved",
        Edit::Judge { approved: false, .. } => "rejected",
        Edit::Cancel | Edit::Retry | Edit::Resolve(_) | Edit::Delete => state,
    }
}

/// Changes each of them, and says what became of it.
pub(crate) async fn edit_each(backend: &Backend, ids: &[String], edit: &Edit, settings: &Settings) -> Ended {
    edit_fitting(backend, ids, edit, None, settings).await
}

/// As [`edit_each`], but one that refuses with the code `unfit` was not meant.
pub(crate) async fn edit_fitting(
    backend: &Backend,
    ids: &[String],
    edit: &Edit,
    unfit: Option<&str>,
    settings: &Settings,
) -> Ended {
    let mut meant = ids.len();
    let mut changed = Vec::new();
    let mut refused = Vec::new();
    let mut worst = None;
    for id in ids {
        match backend.edit(id, edit).await {
            Ok(done) => {
                let row = done.publication;
                if !settings.json {
                    settings.terminal.result(&format!(
                        "{} {} on {}",
                        done_word(edit, &row.state),
                        post(&row),
                        row.account
                    ))?;
                }
                changed.push(row);
            }
            // The others can still be changed, unless nobody answers at all.
            Err(failure) if failure.exit == Exit::OutOfReach || failure.exit == Exit::SignIn => {
                return Err(failure);
            }
            Err(failure) if Some(failure.code.as_str()) == unfit => meant -= 1,
            Err(mut failure) => {
                if failure.code == "publication/not-asked" {
                    failure.help.get_or_insert_with(|| "`--as NAME` says for whom you speak".into());
                }
                settings.terminal.failure(&failure, settings.json);
                refused.push(json!({"id": id, "code": failure.code, "message": failure.message}));
                worst = Some(failure.exit);
            }
        }
    }
    if settings.json {
        // Scripts know the cancelled ones by this name.
        let key = if matches!(edit, Edit::Cancel) { "cancelled" } else { "changed" };
        settings.terminal.json(&json!({"version": 1, key: changed, "refused": refused}))?;
    } else if meant == 0 {
        settings.terminal.note("there is nothing to change");
    }
    worst.map_or(Ok(Exit::Ok), |exit| Err(Failure::said(exit)))
}
