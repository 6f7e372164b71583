//! What becomes of accounts, and of the publications that wait for them.

use std::collections::BTreeMap;

use activities_data::accounts::{self, Account, AccountStatus, Connected};
use activities_data::outbox::{self, OutboxKind};
use activities_data::publications::{self, Cause, Reason};
use activities_data::{DbError, State, Tx, audit, credentials, notices};
use activities_vault::Tokens;
use campaigns_plan::PublicationId;

use crate::edit::{self, Edited};
use crate::settle::{settle, start, tell_campaign, wake};
use crate::{Delivery, DeliveryError};

/// Publications that are taken back in one transaction: others want to write, too.
const CANCEL_BATCH: usize = 100;

impl Delivery {
    /// Connects an account, or connects it again: its identity, its tokens and what was blocked for its
    /// sake, in one transaction.
    ///
    /// # Errors
    /// [`DeliveryError`]; in it [`DbError::HandleTaken`] when the name belongs to another identity.
    pub async fn connect(
        &self,
        organization: &str,
        connected: Connected,
        tokens: Tokens,
        who: &str,
    ) -> Result<Account, DeliveryError> {
        let (organization, who, vault) = (organization.to_owned(), who.to_owned(), self.vault().clone());
        self.write("connect", move |tx| {
            Box::pin(async move {
                let account = accounts::connect(tx, &organization, &connected).await?;
                credentials::put(tx, &vault.seal_tokens(&account.id, &tokens)?).await?;
                audit::append(tx, &about(&account, &who, "connected", None)).await?;
                unblock(tx, &account, &who).await?;
                Ok(account)
            })
        })
        .await
    }

    /// Erases an account's tokens and blocks what waits for it. The caller has revoked them at the platform.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn disconnect(&self, account_id: &str, who: &str) -> Result<Account, DeliveryError> {
        let why = format!("{who} disconnected it");
        self.end_access(account_id, AccountStatus::Disconnected, &why, who).await
    }

    /// Takes back everything of an account that is not online, and erases its tokens: nobody will use it again. The
    /// caller has revoked them at the platform. Doing it again goes on where it ended.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn retire(&self, account_id: &str, why: &str, who: &str) -> Result<Retired, DeliveryError> {
        let (account, ids) = {
            let mut reader = self.db().reader().await?;
            let ids = publications::unfinished(&mut reader, account_id).await?;
            (accounts::get(&mut reader, account_id).await?, ids)
        };
        let mut retired = Retired::default();
        for some in ids.chunks(CANCEL_BATCH) {
            let (some, who) = (some.to_vec(), who.to_owned());
            let done = self.write::<_, DeliveryError, _>("retire", move |tx| {
                Box::pin(async move {
                    let mut done = Retired::default();
                    for id in some {
                        match cancelled(tx, &id, &who).await? {
                            State::Cancelled => done.cancelled += 1,
                            _ => done.under_way += 1,
                        }
                    }
                    Ok(done)
                })
            });
            let done = done.await?;
            retired.cancelled += done.cancelled;
            retired.under_way += done.under_way;
        }
        if account.status != AccountStatus::Disconnected {
            self.end_access(account_id, AccountStatus::Disconnected, why, who).await?;
        }
        Ok(retired)
    }

    /// Marks an account as no longer usable, with its reason, and blocks what waits for it. Its tokens stay
    /// only where they may become good again.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn end_access(
        &self,
        account_id: &str,
        status: AccountStatus,
        why: &str,
        who: &str,
    ) -> Result<Account, DeliveryError> {
        let (account_id, why, who) = (account_id.to_owned(), why.to_owned(), who.to_owned());
        self.write("end-access", move |tx| {
            Box::pin(async move { Ok(end_access(tx, &account_id, status, &why, &who).await?) })
        })
        .await
    }
}

/// What became of the publications of an account that was retired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retired {
    pub cancelled: u64,
    /// An attempt was under way: what becomes of them is found out and written down, and no more is sent.
    pub under_way: u64,
}

/// Takes a publication back as far as it goes; its state then.
async fn cancelled(tx: &mut Tx, id: &PublicationId, who: &str) -> Result<State, DbError> {
    let mut state = State::Planned;
    // One with a part online is held first.
    for _ in 0..2 {
        state = match edit::cancel(tx, id, who).await? {
            Edited::Done { state } | Edited::Refused { state, .. } => state,
        };
        if state != State::Held {
            break;
        }
    }
    Ok(state)
}

pub(crate) async fn end_access(
    tx: &mut Tx,
    account_id: &str,
    status: AccountStatus,
    why: &str,
    who: &str,
) -> Result<Account, DbError> {
    let before = accounts::get(tx, account_id).await?.status;
    accounts::set_status(tx, account_id, status, Some(why)).await?;
    if matches!(status, AccountStatus::Disconnected | AccountStatus::Revoked) {
        credentials::erase(tx, account_id).await?;
    }
    let account = accounts::get(tx, account_id).await?;
    audit::append(tx, &about(&account, who, status.as_str(), Some(why))).await?;
    let by_itself = matches!(status, AccountStatus::NeedsReconnect | AccountStatus::Revoked);
    if by_itself && before != status {
        notices::of_account(tx, &account).await?;
    }
    for mut row in publications::of_account(tx, account_id).await? {
        if row.state == State::Planned {
            settle(tx, &mut row, State::Blocked, Some(blocked(&account)), &Cause::by(who)).await?;
            wake(tx, &row).await?;
        }
    }
    Ok(account)
}

/// Why a publication of an account that is not active is blocked.
pub(crate) fn blocked(account: &Account) -> Reason {
    let (name, status) = (&account.name, account.status);
    let detail = account.status_reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    match status {
        AccountStatus::Unconnected => {
            Reason::new("account/not-connected", format!("{name} is not connected"))
        }
        _ => Reason::new("account/needs-reconnect", format!("{name} must be connected again{detail}")),
    }
}

async fn unblock(tx: &mut Tx, account: &Account, who: &str) -> Result<(), DbError> {
    let mut sleeping = false;
    let mut of_campaigns = BTreeMap::new();
    for mut row in publications::of_account(tx, &account.id).await? {
        if row.state != State::Blocked {
            continue;
        }
        row.dispatched_at = None;
        row.next_attempt_at = None;
        let cause = Cause::by(who).because("its account can publish again");
        publications::transition(tx, &mut row, State::Planned, None, &cause).await?;
        if row.due_at.is_some_and(|due| due <= tx.now()) {
            start(tx, &row).await?;
        } else {
            sleeping = true;
        }
        of_campaigns.insert(row.campaign.clone(), row);
    }
    for row in of_campaigns.values() {
        tell_campaign(tx, row).await?;
    }
    if sleeping {
        // The dispatcher, which knew nothing of them, may sleep beyond their time.
        outbox::put(tx, OutboxKind::Rescheduled, &account.organization, None, None).await?;
    }
    Ok(())
}

fn about(account: &Account, who: &str, event: &str, why: Option<&str>) -> audit::Entry {
    audit::Entry {
        organization: account.organization.clone(),
        account_id: Some(account.id.clone()),
        actor: who.to_owned(),
        event: event.to_owned(),
        why: why.map(str::to_owned),
        ..audit::Entry::default()
    }
}
