//! Random choices from a seed, and what is in store for a worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use activities_delivery::FaultHook;
use engine_clock::Clock;
use tokio::sync::{Notify, watch};

/// How long a stalled worker stands still: far longer than its lease.
const STALL: Duration = Duration::from_secs(300);

/// Random numbers from a seed (SplitMix64): the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// What all workers share: who stands still, and what was lost with those that ended.
#[derive(Default)]
pub struct Still {
    pub workers: AtomicU64,
    pub changed: Notify,
    pub killed_in_refresh: AtomicU64,
    pub killed_with_answer: AtomicU64,
}

/// What is in store for a worker.
pub struct Fate {
    dead: AtomicBool,
    /// Boundaries until it ends, until it stalls; negative for never.
    pub ends_in: AtomicI64,
    pub stalls_in: AtomicI64,
    pub stalled: AtomicBool,
    released: watch::Sender<bool>,
}

impl Fate {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            dead: AtomicBool::new(false),
            ends_in: AtomicI64::new(-1),
            stalls_in: AtomicI64::new(-1),
            stalled: AtomicBool::new(false),
            released: watch::channel(false).0,
        })
    }

    /// Ends the worker now; whoever stands still in it goes on to its end.
    pub fn end(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.released.send_replace(true);
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub fn hook(self: &Arc<Self>, clock: &Clock, still: &Arc<Still>) -> FaultHook {
        let (fate, clock, still) = (Arc::clone(self), clock.clone(), Arc::clone(still));
        Arc::new(move |at| {
            let (fate, clock, still) = (Arc::clone(&fate), clock.clone(), Arc::clone(&still));
            Box::pin(async move {
                if fate.stalls_in.fetch_sub(1, Ordering::SeqCst) == 0 {
                    fate.stand_still(&clock, &still).await;
                }
                if fate.ends_in.fetch_sub(1, Ordering::SeqCst) == 0 {
                    fate.dead.store(true, Ordering::SeqCst);
                }
                let dead = fate.dead.load(Ordering::SeqCst);
                if dead && at == "refresh" {
                    still.killed_in_refresh.fetch_add(1, Ordering::SeqCst);
                } else if dead
                    && ["answer", "record", "upload", "find", "looked", "upload-later"].contains(&at)
                {
                    still.killed_with_answer.fetch_add(1, Ordering::SeqCst);
                }
                dead
            })
        })
    }

    async fn stand_still(&self, clock: &Clock, still: &Still) {
        self.stalled.store(true, Ordering::SeqCst);
        still.workers.fetch_add(1, Ordering::SeqCst);
        still.changed.notify_one();
        let mut released = self.released.subscribe();
        tokio::select! {
            () = clock.sleep(STALL) => {}
            _ = released.wait_for(|released| *released) => {}
        }
        still.workers.fetch_sub(1, Ordering::SeqCst);
        self.stalled.store(false, Ordering::SeqCst);
    }
}
