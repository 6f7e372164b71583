//! A seeded simulation: platforms that do anything, processes that end or stall at any boundary, two of
//! them at once, people who interfere, in virtual time. Afterwards the platforms' own books judge.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use activities_contract::Step;
use activities_data::accounts::{self, AccountStatus};
use activities_data::attempts::Settlement;
use activities_data::pauses::Scope;
use activities_data::views::Story;
use activities_data::{Publication, State, instant};
use activities_delivery::{DeliveryError, FaultHook, Resolution};
use campaigns_limits::Platform;
use campaigns_plan::{CatchUp, Else, OnPartFailure, PlannedPublication, PublicationId, Timing};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::platform::{Act, PATIENCE, RefreshAct};
use crate::world::{Node, World, is_fault};

/// Random numbers from a seed (SplitMix64): the same on every machine.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        if of.is_empty() { None } else { of.get(self.below(of.len() as u64) as usize) }
    }
}

/// What is in store for a process.
struct Fate {
    dead: AtomicBool,
    /// Boundaries until it ends, until it stalls; negative for never.
    ends_in: AtomicI64,
    stalls_in: AtomicI64,
    stalled: watch::Sender<bool>,
}

impl Fate {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            dead: AtomicBool::new(false),
            ends_in: AtomicI64::new(-1),
            stalls_in: AtomicI64::new(-1),
            stalled: watch::channel(false).0,
        })
    }

    fn hook(self: &Arc<Self>) -> FaultHook {
        let fate = Arc::clone(self);
        Arc::new(move |_| {
            let fate = Arc::clone(&fate);
            Box::pin(async move {
                if fate.stalls_in.fetch_sub(1, Ordering::SeqCst) == 0 {
                    fate.stalled.send_replace(true);
                    fate.stalled.subscribe().wait_for(|stalled| !*stalled).await.unwrap();
                }
                if fate.ends_in.fetch_sub(1, Ordering::SeqCst) == 0 {
                    fate.dead.store(true, Ordering::SeqCst);
                }
                fate.dead.load(Ordering::SeqCst)
            })
        })
    }
}

/// A process, and what it is busy with while it stalls.
struct Process {
    node: Node,
    fate: Arc<Fate>,
    busy: Option<JoinHandle<Result<Step, DeliveryError>>>,
}

struct Simulation {
    seed: u64,
    step: u32,
    dice: Dice,
    world: World,
    processes: Vec<Process>,
    ids: Vec<PublicationId>,
    wakes_at: HashMap<PublicationId, Timestamp>,
    finished: bool,
}

impl Drop for Simulation {
    fn drop(&mut self) {
        if !self.finished {
            eprintln!(
                "seed {} failed at step {}: TIDINGS_SIMULATION_SEED={} cargo test -p activities-delivery simulation",
                self.seed, self.step, self.seed
            );
        }
    }
}

fn campaign(world: &World, dice: &mut Dice) -> Vec<PlannedPublication> {
    let mut posts = Vec::new();
    for number in 0..24_u64 {
        let account = ["x/acme", "x/acme", "x/beta", "linkedin/acme"][dice.below(4) as usize];
        let parts = if account.starts_with('x') { 1 + dice.below(3) } else { 1 };
        let texts: Vec<_> = (0..parts).map(|part| format!("{number}.{part}")).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let mut post = world.post(&format!("post-{number}"), account, &texts);
        if dice.percent(25) {
            let part = dice.below(parts) as usize;
            post = world.with_image(post, part);
        }
        post.timing = match dice.below(4) {
            0 if number > 4 => {
                let parent = format!("post-{}", dice.below(number));
                Timing::After { post: parent, account: None, wait_ms: dice.below(600_000), time: None }
            }
            _ => Timing::FromApply { wait_ms: dice.below(3_600_000) },
        };
        post.policy.on_part_failure =
            [OnPartFailure::Hold, OnPartFailure::Continue, OnPartFailure::Delete][dice.below(3) as usize];
        post.policy.catch_up = CatchUp {
            within_ms: 7_200_000,
            otherwise: [Else::Hold, Else::Skip, Else::Post][dice.below(3) as usize],
        };
        post.policy.spacing_ms = dice.below(2) * 60_000;
        posts.push(post);
    }
    posts
}

impl Simulation {
    async fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let (world, node) = World::new().await;
        world.connect(&node, "x/beta", &world.x).await;
        let posts = campaign(&world, &mut dice);
        let ids = posts.iter().map(|post| post.id.clone()).collect();
        node.apply(world.plan(posts)).await;
        node.end().await;
        let mut new = Self {
            seed,
            step: 0,
            dice,
            world,
            processes: Vec::new(),
            ids,
            wakes_at: HashMap::new(),
            finished: false,
        };
        new.start_all().await;
        for platform in Platform::ALL {
            let mut acts = Dice(new.dice.next());
            let mut refreshes = Dice(new.dice.next());
            let mut books = new.world.fake(platform).books();
            books.takes_twins = seed % 2 == 1;
            books.dice = Some(Box::new(move || act(&mut acts)));
            books.refresh_dice = Some(Box::new(move || match refreshes.below(20) {
                0 => RefreshAct::GiveAndLose,
                1..4 => RefreshAct::Fail,
                _ => RefreshAct::Give,
            }));
        }
        new
    }

    /// Both processes anew, over one ledger. The first takes up what the last ones left.
    async fn start_all(&mut self) {
        let fate = Fate::new();
        let first = Process { node: self.world.start(Some(fate.hook())).await, fate, busy: None };
        first.node.delivery.recover().await.unwrap();
        let fate = Fate::new();
        let node = self.world.start_beside(&first.node, Some(fate.hook())).await;
        self.processes = vec![first, Process { node, fate, busy: None }];
        self.wakes_at.clear();
    }

    /// The machine is switched off and on.
    async fn end_all(&mut self) {
        for process in &self.processes {
            process.fate.dead.store(true, Ordering::SeqCst);
            process.fate.stalled.send_replace(false);
        }
        let mut db = None;
        for mut process in std::mem::take(&mut self.processes) {
            if let Some(busy) = process.busy.take() {
                let ended = busy.await.unwrap();
                assert!(ended.as_ref().is_err_and(is_fault), "{ended:?}");
            }
            db = Some(process.node.delivery.db().clone());
            drop(process);
        }
        db.unwrap().close(PATIENCE).await;
        self.start_all().await;
    }

    /// One process ends; another takes its place beside the one that lives.
    async fn replace(&mut self, index: usize) {
        let fate = Fate::new();
        let node = self.world.start_beside(&self.processes[index].node, Some(fate.hook())).await;
        self.processes[index] = Process { node, fate, busy: None };
    }

    fn node(&self) -> &Node {
        &self.processes[0].node
    }

    async fn stories(&self) -> Vec<Story> {
        let mut stories = Vec::new();
        for id in &self.ids {
            stories.push(self.node().story(id).await);
        }
        stories
    }

    /// Lets a process carry a publication on, until that comes to rest, ends or stalls.
    async fn advance(&mut self, index: usize, id: &PublicationId) {
        let (delivery, its_id) = (self.processes[index].node.delivery.clone(), id.clone());
        let fate = Arc::clone(&self.processes[index].fate);
        let mut stalled = fate.stalled.subscribe();
        let mut work = tokio::spawn(async move { delivery.advance(&its_id).await });
        let done = tokio::select! {
            done = &mut work => Some(done.unwrap()),
            stalls = stalled.wait_for(|stalled| *stalled) => { stalls.unwrap(); None }
        };
        match done {
            None => self.processes[index].busy = Some(work),
            Some(done) => self.done(index, id, done).await,
        }
    }

    async fn done(&mut self, index: usize, id: &PublicationId, done: Result<Step, DeliveryError>) {
        match done {
            Ok(Step::Wait { wait_ms, .. }) => {
                self.wakes_at.insert(id.clone(), instant::after(self.world.now(), wait_ms));
            }
            Ok(Step::Settled { .. }) => {}
            Err(error) if is_fault(&error) => self.replace(index).await,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// A stalled process goes on.
    async fn wake(&mut self, index: usize) {
        let Some(busy) = self.processes[index].busy.take() else { return };
        self.processes[index].fate.stalls_in.store(-1, Ordering::SeqCst);
        self.processes[index].fate.stalled.send_replace(false);
        let done = busy.await.unwrap();
        if done.is_err_and(|error| is_fault(&error)) {
            self.replace(index).await;
        }
    }

    async fn work(&mut self) {
        let open: Vec<_> = self.stories().await.into_iter().map(|story| story.publication).collect();
        let open = open.iter().filter(|row| !row.state.is_settled() && row.due_at.is_some());
        let now = self.world.now();
        let soonest =
            open.map(|row| (self.wakes_at.get(&row.id).copied().unwrap_or(now), row.id.clone())).min();
        let Some((at, id)) = soonest else {
            self.world.pass_ms(60_000);
            return;
        };
        if at > now {
            self.world.pass_ms(instant::ms_between(now, at));
        }
        let free: Vec<_> =
            (0..self.processes.len()).filter(|index| self.processes[*index].busy.is_none()).collect();
        match self.dice.pick(&free).copied() {
            Some(index) => self.advance(index, &id).await,
            None => {
                let index = self.dice.below(2) as usize;
                self.wake(index).await;
            }
        }
    }

    /// A person who knows the truth, because they look at the platform.
    async fn person(&mut self) {
        let stories = self.stories().await;
        let Some(story) = self.dice.pick(&stories).cloned() else { return };
        let (delivery, id) = (self.free_node().delivery.clone(), story.publication.id.clone());
        let done = match (story.publication.state, self.dice.below(4)) {
            (State::Held, 0..3) => self.resolve(&story).await,
            (State::Rejected | State::Partial, 0..3) => delivery.retry(&id, "ana").await.map(|_| ()),
            (_, 3) => delivery.cancel(&id, "ana").await.map(|_| ()),
            _ => Ok(()),
        };
        self.survived(done).await;
        self.wakes_at.remove(&id);
    }

    async fn survived(&mut self, done: Result<(), DeliveryError>) {
        if let Err(error) = done {
            assert!(is_fault(&error), "{error:?}");
            for index in 0..self.processes.len() {
                if self.processes[index].fate.dead.load(Ordering::SeqCst)
                    && self.processes[index].busy.is_none()
                {
                    self.replace(index).await;
                }
            }
        }
    }

    fn free_node(&self) -> &Node {
        let free = self.processes.iter().find(|process| process.busy.is_none());
        &free.unwrap_or(&self.processes[0]).node
    }

    async fn resolve(&self, story: &Story) -> Result<(), DeliveryError> {
        let delivery = &self.free_node().delivery;
        let id = &story.publication.id;
        let last = story.attempts.last().filter(|attempt| attempt.settlement == Some(Settlement::Held));
        let Some(attempt) = last else { return delivery.retry(id, "ana").await.map(|_| ()) };
        let text = &story.segments[attempt.segment as usize].text;
        let fake = self.world.fake(story.publication.platform());
        let online = fake.posts().into_iter().find(|post| post.text == *text);
        let resolution = match online {
            Some(post) => Resolution::Posted { url: fake.address(&post) },
            None => Resolution::NotPosted,
        };
        delivery.resolve(id, resolution, "ana").await.map(|_| ())
    }

    async fn reconnect(&mut self) {
        for (name, platform) in
            [("x/acme", Platform::X), ("x/beta", Platform::X), ("linkedin/acme", Platform::LinkedIn)]
        {
            let account = {
                let mut reader = self.node().delivery.db().reader().await.unwrap();
                accounts::by_name(&mut reader, "default", &name.parse().unwrap()).await.unwrap().unwrap()
            };
            if account.status == AccountStatus::Active {
                continue;
            }
            let beside = self.world.start_beside(self.node(), None).await;
            self.world.connect(&beside, name, self.world.fake(platform)).await;
        }
    }

    async fn one_step(&mut self) {
        self.step += 1;
        let free = self.processes.iter().all(|process| process.busy.is_none());
        match self.dice.below(100) {
            0..70 => self.work().await,
            70..78 => {
                let fate = Arc::clone(&self.processes[self.dice.below(2) as usize].fate);
                fate.ends_in.store(self.dice.below(30).cast_signed(), Ordering::SeqCst);
            }
            78..84 => {
                let fate = Arc::clone(&self.processes[self.dice.below(2) as usize].fate);
                fate.stalls_in.store(self.dice.below(30).cast_signed(), Ordering::SeqCst);
            }
            84..88 => {
                let index = self.dice.below(2) as usize;
                self.wake(index).await;
            }
            // People work through a process that is awake: a stalled one answers nobody.
            88..92 if free => self.quietly().await,
            92..94 => {
                let account = ["acme", "beta"][self.dice.below(2) as usize];
                self.world.x.expire(account);
            }
            94..96 => self.reconnect().await,
            96 => self.end_all().await,
            97 => self.world.x.books().failing_reads = self.dice.below(4) as u32,
            _ if free => {
                let beside = self.world.start_beside(self.node(), None).await;
                beside.campaign().await;
                let scope = Scope::Platform(Platform::X);
                if self.dice.percent(30) {
                    beside.delivery.pause(scope, "ana", None).await.unwrap();
                } else {
                    beside.delivery.resume(scope, "ana").await.unwrap();
                }
            }
            _ => {}
        }
    }

    /// A person at work, without stalls: these are for the processes that send.
    async fn quietly(&mut self) {
        for process in &self.processes {
            process.fate.stalls_in.store(-1, Ordering::SeqCst);
        }
        self.person().await;
    }

    /// Everything works again, people do what is to be done, and all comes to rest.
    async fn calm_down(&mut self) {
        for platform in Platform::ALL {
            let mut books = self.world.fake(platform).books();
            books.dice = None;
            books.refresh_dice = None;
            books.failing_reads = 0;
        }
        self.end_all().await;
        self.node().delivery.resume(Scope::Platform(Platform::X), "ana").await.unwrap();
        for _ in 0..12 {
            self.reconnect().await;
            self.node().campaign().await;
            self.settle_all().await;
            for story in self.stories().await {
                if story.publication.state == State::Held {
                    self.resolve(&story).await.unwrap();
                }
            }
        }
    }

    /// As the workflows would: each waits its own time.
    async fn settle_all(&mut self) {
        self.wakes_at.clear();
        for _ in 0..10_000 {
            let open = self.stories().await.into_iter().map(|story| story.publication);
            let open = open.filter(|row| !row.state.is_settled() && row.due_at.is_some());
            let now = self.world.now();
            let soonest = open.map(|row| (self.wakes_at.get(&row.id).copied().unwrap_or(now), row.id)).min();
            let Some((at, id)) = soonest else { return };
            self.world.pass_ms(instant::ms_between(now, at));
            self.advance(0, &id).await;
        }
        panic!("it does not come to rest");
    }

    async fn judge(&self) {
        let stories = self.stories().await;
        // A gate stays closed while a person may still bring its parent online.
        let behind_person = |row: &Publication| {
            let Timing::After { post, .. } = &row.timing else { return false };
            let parents =
                stories.iter().map(|story| &story.publication).filter(|parent| parent.post == *post);
            row.due_at.is_none()
                && parents.into_iter().any(|parent| parent.state.needs_person() || parent.due_at.is_none())
        };
        for story in &stories {
            let row = &story.publication;
            let fake = self.world.fake(row.platform());
            assert!(row.state.is_settled() || behind_person(row), "{}: lost as {}", row.post, row.state);
            assert!(story.attempts.iter().all(|attempt| attempt.settled_at.is_some()), "{story:?}");
            // Sending and being online say themselves why (rule 12).
            let speaks = |to: State| matches!(to, State::Sending | State::Ambiguous | State::Published);
            let mute = story.audit.iter().find(|entry| {
                entry.event == "state" && entry.why.is_none() && entry.to.is_some_and(|to| !speaks(to))
            });
            assert_eq!(mute, None, "{}: nobody knows why", row.post);
            let mut parent = None;
            for part in &story.segments {
                let all = fake.books().posts.iter().filter(|post| post.text == part.text).count();
                let again = story.audit.iter().any(|entry| entry.to == Some(State::Deleted));
                assert!(all <= 1 || again, "{}: part {} posted {all} times", row.post, part.number);
                let online = fake.posts().into_iter().find(|post| post.text == part.text);
                match (&part.platform_post_id, online) {
                    (Some(id), Some(post)) => {
                        assert_eq!((id, &post.reply_to), (&post.id, &parent), "{}", row.post);
                        parent = Some(post.id);
                    }
                    (Some(_), None) => assert_eq!(row.state, State::Deleted, "{}", row.post),
                    (None, Some(post)) => {
                        let told =
                            row.reason.as_ref().is_some_and(|reason| reason.text.contains("may be online"));
                        assert!(told, "{}: {post:?} is unknown to the ledger: {story:?}", row.post);
                    }
                    (None, None) => assert_ne!(row.state, State::Published, "{}", row.post),
                }
            }
            let online = story.segments.iter().filter(|part| part.platform_post_id.is_some()).count();
            match row.state {
                State::Published => assert_eq!(online, story.segments.len(), "{}", row.post),
                State::Rejected | State::Skipped => assert_eq!(online, 0, "{}", row.post),
                State::Partial => assert!(online > 0 && online < story.segments.len(), "{}", row.post),
                _ => {}
            }
        }
    }
}

fn act(dice: &mut Dice) -> Act {
    match dice.below(100) {
        0..12 => Act::AcceptAndLose,
        12..20 => Act::AcceptAndHide { ms: dice.below(50_000) },
        20..30 => Act::Lose,
        30..35 => Act::Throttle { ms: Some(dice.below(3_600_000)) },
        35..37 => Act::Throttle { ms: None },
        37..42 => Act::NotSent,
        42..46 => Act::Refuse,
        _ => Act::Accept,
    }
}

async fn simulate(seed: u64, steps: u32) {
    let mut simulation = Simulation::new(seed).await;
    for _ in 0..steps {
        simulation.one_step().await;
    }
    simulation.calm_down().await;
    simulation.judge().await;
    simulation.finished = true;
}

#[expect(clippy::disallowed_methods, reason = "a failing seed is repeated by hand")]
fn seeds() -> std::ops::Range<u64> {
    match std::env::var("TIDINGS_SIMULATION_SEED") {
        Ok(seed) => {
            let seed = seed.parse().unwrap();
            seed..seed + count()
        }
        Err(_) => 1..9,
    }
}

#[expect(clippy::disallowed_methods, reason = "a long run is asked for by hand")]
fn count() -> u64 {
    std::env::var("TIDINGS_SIMULATION_SEEDS").map_or(1, |count| count.parse().unwrap())
}

#[tokio::test]
async fn whatever_happens_nothing_is_posted_twice_nothing_is_lost_and_the_ledger_is_true() {
    for seed in seeds() {
        simulate(seed, 250).await;
    }
}
