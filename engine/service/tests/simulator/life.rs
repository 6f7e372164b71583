//! A play: several lives of the engine on one folder, each ended in its own way, then a calm one in which
//! everything comes to its end. After each the judge looks at what is left.

use std::path::{Path, PathBuf};

use engine_clock::Clock;
use engine_faulty_disk::Disk;
use engine_service::{ClockHold, Engine, EngineOptions};
use engine_store::{Durability, StoreOptions};
use futures_util::future::{Either, join_all, select};
use tokio::runtime::Runtime;

use super::request::{Heard, Request, Unheard};
use super::world::World;
use super::{calm, judge};

/// Lives before the calm one.
const LIVES: usize = 4;
/// Steps of one life, at most; in each up to [`TOGETHER_MAX`] requests are under way.
const STEPS: usize = 45;
const TOGETHER_MAX: usize = 4;
/// Turns of the runtime in which the engine comes to rest after a step; more means that it is stuck.
const TURNS_MAX: usize = 200_000;

/// How the way between the engine and all others is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Network {
    /// It loses requests and answers, and doubles requests. That is no lie: whoever hears nothing knows
    /// nothing.
    #[default]
    Honest,
    /// It says that a signal arrived, and forgets it now and then. For the judge to see.
    Forgetful,
    /// It sends a signal twice as two different ones now and then. For the judge to see.
    Doubling,
}

/// What a play is played on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stage {
    pub(crate) durability: Durability,
    pub(crate) network: Network,
}

/// How a life ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Orderly,
    /// The process is killed right after so many changes of the disk, or later.
    Killed {
        after: u64,
    },
    /// The process is killed while the last step is under way, after so many of the runtime's turns.
    CutOff {
        after: usize,
    },
    PowerLost {
        after: u64,
    },
}

/// Where the engine of a play lives.
#[derive(Debug)]
pub(crate) struct House {
    folder: tempfile::TempDir,
    disk: Disk,
    clock: Clock,
    stage: Stage,
}

/// A running engine, as clients and workers reach it.
pub(crate) struct Home<'a> {
    pub(crate) engine: Engine,
    house: &'a House,
    _hold: ClockHold,
}

impl House {
    fn new(seed: u64, stage: Stage) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::at(folder.path(), seed).unwrap();
        Self { folder, disk, clock: Clock::skipping(), stage }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("engine.db")
    }

    /// Lets time pass, for the engine too.
    pub(crate) fn pass(&self, seconds: usize) {
        self.clock.advance(std::time::Duration::from_secs(seconds as u64)).unwrap();
    }

    /// Opens the engine; `None` when its process ends meanwhile.
    pub(crate) async fn open(&self, cached_runs_max: usize) -> Option<Home<'_>> {
        let store = StoreOptions {
            durability: self.stage.durability,
            checkpoint_bytes: 1 << 16,
            readers: 2,
            ..StoreOptions::default()
        };
        let options = EngineOptions {
            long_poll_max: std::time::Duration::ZERO,
            cached_runs_max,
            store,
            ..EngineOptions::default()
        };
        match Engine::open(&self.file(), self.clock.clone(), options).await {
            // Only the simulation moves the clock.
            Ok(engine) => Some(Home { _hold: engine.hold_clock(), engine, house: self }),
            Err(error) => {
                assert!(!self.disk.has_power(), "the engine does not open: {error:?}");
                None
            }
        }
    }
}

impl Home<'_> {
    pub(crate) fn is_alive(&self) -> bool {
        self.house.disk.has_power()
    }

    /// Asks without any fault of the network. What a dead process says is not heard.
    pub(crate) async fn ask(&self, request: &Request) -> Heard {
        let answer = request.ask(&self.engine).await;
        if !self.is_alive() {
            return Err(Unheard::Lost);
        }
        answer.map_err(Unheard::Refused)
    }

    async fn ask_through(&self, request: &Request, fault: Option<Fault>) -> Heard {
        match fault {
            None => self.ask(request).await,
            Some(Fault::RequestLost) => Err(Unheard::Lost),
            Some(Fault::AnswerLost) => {
                let _ = self.ask(request).await;
                Err(Unheard::Lost)
            }
            Some(Fault::Doubled) => {
                let (first, second) = tokio::join!(self.ask(request), self.ask(request));
                // Who refuses the second has done the first.
                if first.is_ok() { first } else { second }
            }
            Some(Fault::Forgotten) => Ok(Vec::new()),
            Some(Fault::Split) => {
                let mut other = request.clone();
                if let Request::Signal(signal) = &mut other {
                    signal.request_id.push_str(" again");
                }
                let heard = self.ask(request).await;
                let _ = self.ask(&other).await;
                heard
            }
        }
    }

    /// Waits until the engine has nothing under way. Time stands still meanwhile.
    pub(crate) async fn rest(&self) {
        let mut quiet = 0;
        for _ in 0..TURNS_MAX {
            // One is the simulation's hold on the clock.
            quiet = if self.engine.stats().moving <= 1 { quiet + 1 } else { 0 };
            if quiet > 3 || !self.is_alive() {
                return;
            }
            std::thread::yield_now();
            tokio::task::yield_now().await;
        }
        panic!("the engine does not come to rest");
    }
}

/// What happens to a request on its way.
#[derive(Clone, Copy, Debug)]
enum Fault {
    RequestLost,
    AnswerLost,
    Doubled,
    Forgotten,
    Split,
}

fn fault(world: &mut World, network: Network, request: &Request) -> Option<Fault> {
    let is_signal = matches!(request, Request::Signal(_));
    match network {
        Network::Forgetful if is_signal && world.chance.one_in(5) => return Some(Fault::Forgotten),
        Network::Doubling if is_signal && world.chance.one_in(5) => return Some(Fault::Split),
        Network::Honest | Network::Forgetful | Network::Doubling => {}
    }
    match world.chance.below(30) {
        0 => Some(Fault::RequestLost),
        1 => Some(Fault::AnswerLost),
        2 => Some(Fault::Doubled),
        _ => None,
    }
}

/// Plays a seed to its end. `Err` says what is wrong.
pub(crate) fn play(seed: u64, stage: Stage) -> Result<(), String> {
    let house = House::new(seed, stage);
    let mut world = World::new(seed);
    live_on(&house, &mut world)?;
    end(&house, &mut world)
}

/// Plays the lives of a seed and leaves the database as it is then. `Err` says what is wrong.
pub(crate) fn leave_behind(seed: u64, database: &Path) -> Result<(), String> {
    let house = House::new(seed, Stage::default());
    live_on(&house, &mut World::new(seed))?;
    let log = std::fs::metadata(house.folder.path().join("engine.db-wal")).map_or(0, |log| log.len());
    if log > 0 {
        return Err(format!("the judge has closed the database, and its log has {log} bytes"));
    }
    std::fs::copy(house.file(), database).map(drop).map_err(|error| error.to_string())
}

/// Goes on with a database that somebody left, until every run in it has ended. `Err` says what is wrong.
pub(crate) fn take_over(database: &Path) -> Result<(), String> {
    let house = House::new(0, Stage::default());
    std::fs::copy(database, house.file()).map_err(|error| error.to_string())?;
    let mut world = World::new(0);
    let open = judge::judge(&house.file(), &mut world.facts)?;
    if open == 0 {
        return Err("it has no open runs".to_owned());
    }
    end(&house, &mut world)
}

fn live_on(house: &House, world: &mut World) -> Result<(), String> {
    for _ in 0..LIVES {
        let ending = ending(world);
        let runtime = runtime();
        let lived = runtime.block_on(live(house, world, ending));
        // Whatever was under way goes with it, where it is.
        drop(runtime);
        lived?;
        house.disk.end_process();
        match ending {
            Ending::Orderly | Ending::Killed { .. } | Ending::CutOff { .. } => house.disk.begin_process(),
            Ending::PowerLost { .. } => house.disk.restore_power(),
        }
        .map_err(|error| error.to_string())?;
        judge::judge(&house.file(), &mut world.facts).map_err(|why| format!("after {ending:?}: {why}"))?;
    }
    Ok(())
}

fn end(house: &House, world: &mut World) -> Result<(), String> {
    let runtime = runtime();
    let calm = runtime.block_on(calm::come_to_an_end(house, world));
    drop(runtime);
    calm?;
    let open = judge::judge(&house.file(), &mut world.facts)?;
    if open > 0 { Err(format!("{open} runs are still open")) } else { Ok(()) }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn ending(world: &mut World) -> Ending {
    // Some lives end while the engine starts.
    let most = if world.chance.one_in(4) { 80 } else { 1_500 };
    let after = 1 + world.chance.below(most) as u64;
    match world.chance.below(7) {
        0 => Ending::Orderly,
        1 | 2 => Ending::CutOff { after: world.chance.below(60) },
        3 | 4 => Ending::Killed { after },
        _ => Ending::PowerLost { after },
    }
}

async fn live(house: &House, world: &mut World, ending: Ending) -> Result<(), String> {
    match ending {
        Ending::Killed { after } => house.disk.end_process_after(after),
        Ending::PowerLost { after } => house.disk.lose_power_after(after),
        Ending::Orderly | Ending::CutOff { .. } => {}
    }
    // With a small cache runs leave memory between any two steps.
    let cached_runs_max = [1, 3, 1_000][world.chance.below(3)];
    let Some(home) = house.open(cached_runs_max).await else { return Ok(()) };
    let steps = 1 + world.chance.below(STEPS);
    for step in 0..steps {
        let cut = match ending {
            Ending::CutOff { after } if step + 1 == steps => Some(after),
            _ => None,
        };
        take_step(&home, world, cut).await?;
        if !home.is_alive() {
            return Ok(());
        }
        if cut.is_none() {
            home.rest().await;
        }
        if world.chance.one_in(4) {
            house.pass(1 + world.chance.below(12));
            home.rest().await;
        }
    }
    if matches!(ending, Ending::Orderly) {
        home.engine.shutdown().await;
    }
    Ok(())
}

/// Some requests at the same time. With `cut` the process ends before all are answered, perhaps.
async fn take_step(home: &Home<'_>, world: &mut World, cut: Option<usize>) -> Result<(), String> {
    let requests: Vec<Request> = (0..1 + world.chance.below(TOGETHER_MAX)).map(|_| world.plan()).collect();
    let network = home.house.stage.network;
    let faults: Vec<_> = requests.iter().map(|request| fault(world, network, request)).collect();
    let sent = requests.iter().zip(faults).map(|(request, fault)| home.ask_through(request, fault));
    let sent = Box::pin(join_all(sent));
    let heard: Vec<Heard> = match cut {
        None => sent.await,
        Some(turns) => match select(sent, std::pin::pin!(pass_turns(turns))).await {
            Either::Left((heard, _)) => heard,
            Either::Right(((), _)) => {
                home.house.disk.end_process();
                requests.iter().map(|_| Err(Unheard::Lost)).collect()
            }
        },
    };
    for (request, heard) in requests.into_iter().zip(&heard) {
        world.hear(request, heard)?;
    }
    Ok(())
}

async fn pass_turns(turns: usize) {
    for _ in 0..turns {
        std::thread::yield_now();
        tokio::task::yield_now().await;
    }
}
