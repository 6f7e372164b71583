//! Whether the account's consent is enough for what is to be sent, before anything leaves.

use activities_data::accounts::{self, Account};
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{Segment, SegmentState};
use activities_data::{State, segments};
use activities_oauth::{Use, missing_scopes};
use campaigns_limits::Platform;

use super::{ACTOR, Turn, View};
use crate::settle::settle;
use crate::{Delivery, DeliveryError};

impl Delivery {
    /// Blocks what the account's consent does not cover: connecting it again with more goes on. What was
    /// imported without scopes is judged by the platform alone.
    pub(super) async fn check_scopes(
        &self,
        view: &View,
        account: &Account,
    ) -> Result<Option<Turn>, DeliveryError> {
        if lacking(account, &view.parts).is_empty() {
            return Ok(None);
        }
        let id = view.row.id.clone();
        self.write::<_, DeliveryError, _>("scopes", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                let account = accounts::get(tx, &row.account_id).await?;
                let lacking = lacking(&account, &segments::of(tx, &id).await?);
                let open = matches!(row.state, State::Planned | State::Sending);
                if open && !lacking.is_empty() {
                    let why = format!(
                        "{} may not publish this: {} was not granted",
                        account.name,
                        lacking.join(", ")
                    );
                    let reason = Some(Reason::new("account/scopes", why));
                    settle(tx, &mut row, State::Blocked, reason, &Cause::by(ACTOR)).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Some(Turn::Again))
    }
}

fn lacking(account: &Account, parts: &[Segment]) -> Vec<&'static str> {
    if account.scopes.is_empty() {
        return Vec::new();
    }
    let mut waiting = parts.iter().filter(|part| part.state == SegmentState::Waiting);
    let platform = account.name.platform();
    let page = account.subject.as_deref().is_some_and(|subject| subject.starts_with("urn:li:organization:"));
    let wanted = match platform {
        Platform::LinkedIn if page => Use::PublishForOrganization,
        Platform::X | Platform::LinkedIn if waiting.any(|part| !part.media.is_empty()) => Use::PublishMedia,
        Platform::X | Platform::LinkedIn => Use::Publish,
    };
    missing_scopes(platform, &account.scopes, wanted)
}
