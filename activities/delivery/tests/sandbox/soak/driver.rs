//! What the engine does for delivery, in a loop that a seed decides about.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use activities_contract::Step;
use activities_data::accounts::{self, AccountStatus};
use activities_data::outbox::OutboxKind;
use activities_data::{State, instant, views};
use activities_delivery::{Delivery, DeliveryError};
use campaigns_plan::PublicationId;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::task::JoinSet;

use super::chaos::{Dice, Fate, Still};
use super::{ACCOUNTS, Size};
use crate::stage::{Node, Stage, is_fault};

const WORKERS: usize = 3;
/// Publications under way at a time.
const UNDER_WAY_MAX: usize = 9;
/// Rounds of one run: far more than any needs.
const ROUNDS_MAX: u64 = 200_000;
const LEAD: SignedDuration = SignedDuration::from_mins(5);
/// When nothing is known to come, the dispatcher looks again after this, as the engine's does.
const LOOK_EVERY: Duration = Duration::from_secs(300);

/// Real time in which a step ends: its requests have deadlines.
const HANGS_AFTER: Duration = Duration::from_secs(30);
/// The least that the clock is pushed by: what is due and can't begin waits for something else.
const SKIP_MIN: Duration = Duration::from_secs(1);

struct Worker {
    node: Node,
    fate: Arc<Fate>,
    /// Accounts that it works for: a second publication would only wait for its turn there.
    accounts: HashSet<String>,
}

type Done = (u64, PublicationId, String, Result<Step, DeliveryError>);

pub struct Driver<'s> {
    stage: &'s Stage,
    dice: Dice,
    size: Size,
    still: Arc<Still>,
    /// The process of the dispatcher and of people: nothing is in store for it but a restart.
    calm: Option<Node>,
    workers: BTreeMap<u64, Worker>,
    next_worker: u64,
    wakes: BTreeSet<(Timestamp, PublicationId)>,
    account_of: BTreeMap<PublicationId, String>,
    under_way: JoinSet<Done>,
    busy: HashSet<PublicationId>,
    next_dispatch: Option<Timestamp>,
    disconnected: u64,
    steps: u64,
}

impl<'s> Driver<'s> {
    pub async fn start(stage: &'s Stage, dice: Dice, size: Size) -> Self {
        let mut driver = Self {
            stage,
            dice,
            size,
            still: Arc::default(),
            calm: None,
            workers: BTreeMap::new(),
            next_worker: 0,
            wakes: BTreeSet::new(),
            account_of: BTreeMap::new(),
            under_way: JoinSet::new(),
            busy: HashSet::new(),
            next_dispatch: None,
            disconnected: 0,
            steps: 0,
        };
        driver.start_all().await;
        let mut reader = driver.delivery().db().reader().await.unwrap();
        for listed in views::list_all(&mut reader, &views::Filter::default()).await.unwrap() {
            driver.account_of.insert(listed.publication.id, listed.publication.account_id);
        }
        drop(reader);
        driver
    }

    pub fn delivery(&self) -> Delivery {
        self.calm.as_ref().unwrap().delivery.clone()
    }

    async fn start_all(&mut self) {
        let calm = self.stage.start(None).await;
        calm.delivery.recover().await.unwrap();
        self.calm = Some(calm);
        while self.workers.len() < WORKERS {
            self.start_one().await;
        }
        self.wakes.clear();
        self.next_dispatch = None;
    }

    async fn start_one(&mut self) {
        let fate = Fate::new();
        let hook = fate.hook(&self.stage.clock, &self.still);
        let node = self.stage.start_beside(self.calm.as_ref().unwrap(), Some(hook)).await;
        self.add(node, fate);
    }

    fn add(&mut self, node: Node, fate: Arc<Fate>) {
        self.workers.insert(self.next_worker, Worker { node, fate, accounts: HashSet::new() });
        self.next_worker += 1;
    }

    /// The machine is switched off and on.
    async fn restart(&mut self) {
        for worker in self.workers.values() {
            worker.fate.end();
        }
        while let Some(done) = tokio::time::timeout(HANGS_AFTER, self.under_way.join_next())
            .await
            .unwrap_or_else(|_| panic!("it does not stop: {}", self.told()))
        {
            let (_, id, _, step) = done.unwrap();
            assert!(step.is_ok() || step.as_ref().is_err_and(is_fault), "{id}: {step:?}");
        }
        self.busy.clear();
        self.workers.clear();
        let db = self.calm.take().unwrap().delivery.db().clone();
        db.close(Duration::from_secs(10)).await;
        self.start_all().await;
    }

    /// Until everything has an outcome.
    pub async fn run(&mut self) {
        for _ in 0..ROUNDS_MAX {
            self.replace_the_dead().await;
            self.carry_outbox().await;
            self.dispatch().await;
            self.begin_what_is_due();
            let moving = self.under_way.len() as u64 > self.still.workers.load(Ordering::SeqCst);
            if moving {
                self.wait_for_one().await;
            } else if self.reconnect().await {
                continue;
            } else if self.is_over().await {
                return;
            } else {
                self.skip();
            }
        }
        panic!("it does not end: {}", self.told());
    }

    /// Others take the place of workers that have ended; what those had begun ends with them.
    async fn replace_the_dead(&mut self) {
        let dead: Vec<u64> = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.fate.is_dead())
            .map(|(number, _)| *number)
            .collect();
        for number in dead {
            self.start_one().await;
            self.workers.remove(&number).unwrap().fate.end();
        }
    }

    fn told(&self) -> String {
        let still = self.still.workers.load(Ordering::SeqCst);
        format!("{} steps, {}; {still} stand still, under way {:?}", self.steps, self.stage.now(), self.busy)
    }

    async fn carry_outbox(&mut self) {
        let delivery = self.delivery();
        let pending = delivery.outbox_pending(1_000).await.unwrap();
        if pending.is_empty() {
            return;
        }
        let now = self.stage.now();
        for message in &pending {
            match (message.kind, &message.campaign, &message.publication) {
                (OutboxKind::PublicationStart | OutboxKind::PublicationChanged, _, Some(id)) => {
                    self.wake_at(now, id.clone());
                }
                (_, Some(campaign), _) => {
                    delivery.campaign_advance("default", campaign).await.unwrap();
                    self.next_dispatch = None;
                }
                _ => {}
            }
        }
        delivery.outbox_done(pending.iter().map(|message| message.id).collect()).await.unwrap();
    }

    async fn dispatch(&mut self) {
        let now = self.stage.now();
        if self.next_dispatch.is_some_and(|at| at > now) {
            return;
        }
        let delivery = self.delivery();
        let round = delivery.due(now, LEAD, 200).await.unwrap();
        if !round.publications.is_empty() {
            delivery.mark_dispatched(round.publications.clone()).await.unwrap();
            for id in round.publications {
                self.wake_at(now, id);
            }
        }
        let longest = instant::after(now, LOOK_EVERY.as_millis() as u64);
        self.next_dispatch = Some(round.next_at.map_or(longest, |at| at.min(longest)));
    }

    fn wake_at(&mut self, at: Timestamp, id: PublicationId) {
        self.wakes.retain(|(_, other)| *other != id);
        self.wakes.insert((at, id));
    }

    fn begin_what_is_due(&mut self) {
        let now = self.stage.now();
        let due: Vec<_> = self.wakes.iter().take_while(|(at, _)| *at <= now).cloned().collect();
        for (at, id) in due {
            if self.under_way.len() >= UNDER_WAY_MAX || self.busy.contains(&id) {
                continue;
            }
            let account = self.account_of[&id].clone();
            let first = self.dice.below(WORKERS as u64) as usize;
            let free: Vec<u64> = self
                .workers
                .iter()
                .filter(|(_, worker)| {
                    !worker.fate.stalled.load(Ordering::SeqCst) && !worker.accounts.contains(&account)
                })
                .map(|(number, _)| *number)
                .collect();
            let Some(number) = free.get(first % free.len().max(1)).copied() else { continue };
            self.wakes.remove(&(at, id.clone()));
            self.begin(number, id, account);
        }
    }

    fn begin(&mut self, number: u64, id: PublicationId, account: String) {
        self.steps += 1;
        let (ends, stalls) =
            (self.dice.below(self.size.ends_every) == 0, self.dice.below(self.size.stalls_every) == 0);
        let (ends_in, stalls_in) = (self.dice.below(30) as i64, self.dice.below(20) as i64);
        let worker = self.workers.get_mut(&number).unwrap();
        if ends {
            worker.fate.ends_in.store(ends_in, Ordering::SeqCst);
        } else if stalls {
            worker.fate.stalls_in.store(stalls_in, Ordering::SeqCst);
        }
        worker.accounts.insert(account.clone());
        let delivery = worker.node.delivery.clone();
        self.busy.insert(id.clone());
        self.under_way.spawn(async move {
            let step = delivery.advance(&id).await;
            (number, id, account, step)
        });
    }

    async fn wait_for_one(&mut self) {
        let still = Arc::clone(&self.still);
        let done = tokio::select! {
            Some(done) = self.under_way.join_next() => done.unwrap(),
            () = still.changed.notified() => return,
            () = tokio::time::sleep(HANGS_AFTER) => panic!("{}", self.told()),
        };
        let (number, id, account, step) = done;
        self.busy.remove(&id);
        if let Some(worker) = self.workers.get_mut(&number) {
            worker.accounts.remove(&account);
        }
        match step {
            Ok(Step::Wait { wait_ms, .. }) => self.wake_at(instant::after(self.stage.now(), wait_ms), id),
            Ok(Step::Settled { .. }) => {}
            Err(error) if is_fault(&error) => {
                // Its activity is handed out again, to another worker.
                self.wake_at(self.stage.now(), id);
            }
            Err(error) => panic!("{id}: {error:?}"),
        }
        if self.dice.below(self.size.restarts_every) == 0 {
            self.restart().await;
        }
    }

    /// A person connects what needs it; says whether anything did.
    async fn reconnect(&mut self) -> bool {
        let rows = {
            let mut reader = self.delivery().db().reader().await.unwrap();
            accounts::of_organization(&mut reader, "default").await.unwrap()
        };
        let ended: Vec<_> = rows.into_iter().filter(|row| row.status != AccountStatus::Active).collect();
        if ended.is_empty() {
            return false;
        }
        for account in &ended {
            let name = account.name.to_string();
            let (_, kind) = ACCOUNTS.iter().find(|(known, _)| *known == name).unwrap();
            eprintln!("{name} was disconnected: {:?}", account.status_reason);
            self.stage.connect(self.calm.as_ref().unwrap(), &name, json!({"kind": kind})).await;
            self.disconnected += 1;
        }
        true
    }

    async fn is_over(&self) -> bool {
        if !self.under_way.is_empty() || !self.wakes.is_empty() {
            return false;
        }
        let mut reader = self.delivery().db().reader().await.unwrap();
        let rows = views::list_all(&mut reader, &views::Filter::default()).await.unwrap();
        // A gate stays closed while a person may still bring its parent online; the judge looks at that.
        rows.iter().all(|listed| {
            let row = &listed.publication;
            row.state.is_settled() && row.state != State::Blocked || row.due_at.is_none()
        })
    }

    /// To the next instant at which anything can happen; who stands still wakes up on the way.
    fn skip(&self) {
        let now = self.stage.now();
        let free = self.wakes.iter().find(|(_, id)| !self.busy.contains(id)).map(|(at, _)| *at);
        let next = [free, self.next_dispatch].into_iter().flatten().min();
        let ahead = next.map_or(LOOK_EVERY, |at| until(now, at));
        self.stage.pass(ahead.clamp(SKIP_MIN, LOOK_EVERY));
    }

    /// Requests that came before X's named reset: only who ended with the refusal in its hands may do so,
    /// because nobody knows of it then.
    pub fn hurried(&self, count: u64) -> Vec<String> {
        let allowed = self.still.killed_with_answer.load(Ordering::SeqCst);
        if count > allowed {
            return vec![format!(
                "X counts {count} requests before their reset, {allowed} answers were lost"
            )];
        }
        Vec::new()
    }

    /// Accounts may only be disconnected by the platform, or by an answer that was lost.
    pub async fn disconnections(&self, stage: &Stage) -> Vec<String> {
        let took = |fault: &str| ["revoke", "lose_refresh_response", "rotate_refresh"].contains(&fault);
        let faults = stage.get("faults").await;
        let faults = faults.as_array().unwrap().iter();
        let by_platform: u64 = faults
            .filter(|one| took(one["fault"].as_str().unwrap()))
            .map(|one| one["fired"].as_u64().unwrap())
            .sum();
        // A process that ends between a refresh and its commit loses the answer.
        let allowed = by_platform + self.still.killed_in_refresh.load(Ordering::SeqCst);
        if self.disconnected > allowed {
            return vec![format!("{} disconnections, and the platforms caused {allowed}", self.disconnected)];
        }
        Vec::new()
    }
}

fn until(now: Timestamp, at: Timestamp) -> Duration {
    Duration::from_millis(instant::ms_between(now, at))
}
