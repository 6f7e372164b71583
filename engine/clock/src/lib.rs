//! One clock for engine, ledger, tokens and sandbox: real, or skipping.
//!
//! A skipping clock runs with real time plus an offset, and is pushed forward when nothing else can
//! happen before the next timer. It is pushed only up to its *horizon*, the last instant that planned
//! work cares about; without that, an idle process would race through the years.
//!
//! The only place that reads the system's time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// A shared handle on the process's clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    skipping: bool,
    state: watch::Sender<State>,
    offset_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    offset: SignedDuration,
    horizon: Option<Timestamp>,
}

/// Why a clock can't be made.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    #[error("the clock's offset in `{}` can't be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the clock's offset in `{}` is not a whole number of milliseconds", path.display())]
    Parse { path: PathBuf, source: std::num::ParseIntError },
    #[error("the clock's offset can't be kept in `{}`", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

impl Clock {
    /// The system's time.
    #[must_use]
    pub fn real() -> Self {
        Self::with(false, SignedDuration::ZERO, None)
    }

    /// A skipping clock that keeps nothing.
    #[must_use]
    pub fn skipping() -> Self {
        Self::with(true, SignedDuration::ZERO, None)
    }

    /// A skipping clock whose offset outlives the process in `offset_file`.
    ///
    /// # Errors
    /// [`ClockError`] when the file is there but can't be read or understood.
    pub fn skipping_kept_in(offset_file: PathBuf) -> Result<Self, ClockError> {
        let offset_ms = match std::fs::read_to_string(&offset_file) {
            Ok(text) => text
                .trim()
                .parse()
                .map_err(|source| ClockError::Parse { path: offset_file.clone(), source })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(source) => return Err(ClockError::Read { path: offset_file, source }),
        };
        Ok(Self::with(true, SignedDuration::from_millis(offset_ms), Some(offset_file)))
    }

    fn with(skipping: bool, offset: SignedDuration, offset_file: Option<PathBuf>) -> Self {
        let (state, _) = watch::channel(State { offset, horizon: None });
        Self(Arc::new(Inner { skipping, state, offset_file }))
    }

    #[must_use]
    pub fn is_skipping(&self) -> bool {
        self.0.skipping
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        system_now() + self.0.state.borrow().offset
    }

    /// How far a skipping clock may be pushed; `None` when nothing is planned.
    #[must_use]
    pub fn horizon(&self) -> Option<Timestamp> {
        self.0.state.borrow().horizon
    }

    /// Says until when planned work cares about the time. A real clock ignores it.
    pub fn set_horizon(&self, horizon: Option<Timestamp>) {
        self.0.state.send_if_modified(|state| {
            let changed = state.horizon != horizon;
            state.horizon = horizon;
            changed
        });
    }

    /// Pushes a skipping clock forward by `by`; a real clock stays.
    ///
    /// # Errors
    /// [`ClockError::Write`] when the new offset can't be kept: then the clock stays, too.
    pub fn advance(&self, by: Duration) -> Result<(), ClockError> {
        if !self.0.skipping || by.is_zero() {
            return Ok(());
        }
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let offset = self.0.state.borrow().offset.saturating_add(by);
        if let Some(path) = &self.0.offset_file {
            std::fs::write(path, offset.as_millis().to_string())
                .map_err(|source| ClockError::Write { path: path.clone(), source })?;
        }
        self.0.state.send_modify(|state| state.offset = offset);
        Ok(())
    }

    /// Pushes a skipping clock to `instant`, if that lies ahead and within the horizon. Returns whether
    /// it moved.
    ///
    /// # Errors
    /// As [`Clock::advance`].
    pub fn skip_to(&self, instant: Timestamp) -> Result<bool, ClockError> {
        let ahead = instant.duration_since(self.now());
        let within = self.horizon().is_some_and(|horizon| instant <= horizon);
        if !self.0.skipping || !within || ahead <= SignedDuration::ZERO {
            return Ok(false);
        }
        self.advance(ahead.unsigned_abs())?;
        Ok(true)
    }

    /// Waits until the clock shows `instant`, however it gets there. Cancel-safe.
    pub async fn sleep_until(&self, instant: Timestamp) {
        let mut changes = self.0.state.subscribe();
        loop {
            changes.borrow_and_update();
            let left = instant.duration_since(self.now());
            if left <= SignedDuration::ZERO {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left.unsigned_abs()) => {}
                Ok(()) = changes.changed() => {}
            }
        }
    }

    /// Waits for `duration` of the clock's time. Cancel-safe.
    pub async fn sleep(&self, duration: Duration) {
        let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        self.sleep_until(self.now().saturating_add(duration).unwrap_or(Timestamp::MAX)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "this crate is where the time comes from")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_pushed() {
        let clock = Clock::skipping();
        let due = clock.now() + SignedDuration::from_hours(48);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(due).await }
        });
        assert!(!clock.skip_to(due).unwrap(), "nothing is planned, so it must not race ahead");
        clock.set_horizon(Some(due));
        assert!(clock.skip_to(due).unwrap());
        sleeper.await.unwrap();
        assert!(clock.now() >= due);
    }

    #[test]
    fn a_real_clock_is_not_pushed() {
        let clock = Clock::real();
        let before = clock.now();
        clock.advance(Duration::from_secs(3600)).unwrap();
        assert!(clock.now().duration_since(before) < SignedDuration::from_mins(10));
    }

    #[test]
    fn the_offset_outlives_the_process() {
        let path = std::env::temp_dir().join(format!("tidings-clock-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let first = Clock::skipping_kept_in(path.clone()).unwrap();
        first.advance(Duration::from_secs(86_400)).unwrap();
        let second = Clock::skipping_kept_in(path.clone()).unwrap();
        assert!(second.now().duration_since(first.now()).abs() < SignedDuration::from_mins(10));
        std::fs::remove_file(path).unwrap();
    }
}
