//! A push to the watched repository, told by its host: it is looked at now rather than at the next turn.

use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

use super::webhooks::{Received, Source};
use super::{App, AppError, ORGANIZATION};

impl App {
    /// Looks at the watched repository when the request is signed with `WEBHOOK_SECRET`, or names it as its
    /// token. What was pushed plays no part: the repository itself is asked.
    ///
    /// # Errors
    /// [`AppError::Signature`].
    pub fn pushed(&self, received: &Received, token: Option<&str>) -> Result<(), AppError> {
        let named = |token: &str| {
            let secret = self.outside.webhook_secret.as_ref();
            secret.is_some_and(|secret| secret.expose_secret().as_bytes().ct_eq(token.as_bytes()).into())
        };
        if !token.is_some_and(named) && !self.is_signed(Source::Generic, ORGANIZATION, received) {
            self.has_secret(Source::Generic)?;
            return Err(AppError::Signature);
        }
        self.outside.pushed.notify_one();
        Ok(())
    }
}
