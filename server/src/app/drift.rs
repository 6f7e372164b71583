//! Looking for what changed on the platforms.

use activities_data::Publication;
use activities_delivery::{Drift, Wanted};
use jiff::SignedDuration;

use super::{App, AppError};
use crate::api::VERSION;
use crate::api::drift::{Drifted, PutOff, RefreshRequest, Refreshed};

/// How far back is looked unless the request says otherwise, and at most, in days.
const DAYS: u32 = 30;
const DAYS_MAX: u32 = 3_650;
const HOURS_PER_DAY: i64 = 24;

impl App {
    /// Looks at what an organization has published. What is gone is noted as such, and nothing is posted again.
    ///
    /// # Errors
    /// [`AppError::Field`] for a span that there can't be; [`AppError::Delivery`].
    pub async fn refresh(
        &self,
        organization: &str,
        request: RefreshRequest,
        who: &str,
    ) -> Result<Refreshed, AppError> {
        let RefreshRequest { campaign, days } = request;
        let days = days.unwrap_or(DAYS);
        if !(1..=DAYS_MAX).contains(&days) {
            let message = format!("use 1 to {DAYS_MAX}");
            return Err(AppError::field("days", message));
        }
        let span = SignedDuration::from_hours(i64::from(days) * HOURS_PER_DAY);
        let since = self.clock.now().saturating_sub(span).unwrap_or(jiff::Timestamp::MIN);
        let wanted = Wanted { organization: organization.to_owned(), campaign, since };
        let delivery = self.writing()?.delivery.clone();
        let who = who.to_owned();
        // What was found is written whatever becomes of who asked.
        let looking = tokio::spawn(async move { delivery.look_for_drift(&wanted, &who).await });
        let drift = looking.await.map_err(|_| activities_delivery::DeliveryError::Panicked)??;
        Ok(view(drift))
    }
}

fn view(drift: Drift) -> Refreshed {
    let Drift { looked, untold, gone, changed, put_off } = drift;
    Refreshed {
        version: VERSION,
        looked,
        untold,
        gone: gone.iter().map(|row| drifted(row, "it is no longer there")).collect(),
        changed: changed.iter().map(|(row, why)| drifted(row, why)).collect(),
        put_off: put_off.into_iter().map(|(account, why)| PutOff { account, why }).collect(),
    }
}

fn drifted(row: &Publication, why: &str) -> Drifted {
    Drifted {
        id: row.id.to_string(),
        campaign: row.campaign.clone(),
        post: row.post.clone(),
        account: row.account.to_string(),
        url: row.url.clone(),
        why: why.to_owned(),
    }
}
