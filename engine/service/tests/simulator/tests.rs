//! Plays many seeds, and shows that the judge sees.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use engine_store::Durability;

use super::life::{Network, Stage, leave_behind, play, take_over};

/// Seeds of an ordinary run, and of a soak.
const SEEDS: u64 = 120;
const SEEDS_OF_A_SOAK: u64 = 20_000;
/// Seeds after which a judge that sees nothing is blind.
const SEEDS_TO_SEE: u64 = 200;
/// Plays at the same time; each has threads of its own for its database.
const TOGETHER: usize = 2;

fn seeds() -> std::ops::Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "which seeds to play, not a setting of the product")]
    let (seed, soak) = (std::env::var("TIDINGS_SEED").ok(), std::env::var_os("TIDINGS_SOAK").is_some());
    match seed.and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None if soak => 0..SEEDS_OF_A_SOAK,
        None => 0..SEEDS,
    }
}

/// Plays a seed; what is wrong, with how to play it alone.
fn played(seed: u64, stage: Stage) -> Result<(), String> {
    let played = std::panic::catch_unwind(|| play(seed, stage));
    let wrong = match played {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(wrong)) => wrong,
        Err(panic) => match panic.downcast_ref::<String>() {
            Some(text) => text.clone(),
            None => "it panicked".to_owned(),
        },
    };
    Err(format!(
        "seed {seed}: {wrong}\nplay it alone: TIDINGS_SEED={seed} cargo test -p engine-service --test simulator nothing_that_was_said"
    ))
}

/// The first wrong play of some seeds.
fn first_wrong(seeds: std::ops::Range<u64>, stage: Stage) -> Option<String> {
    let next = AtomicU64::new(seeds.start);
    std::thread::scope(|scope| {
        let players: Vec<_> = (0..TOGETHER)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            return None;
                        }
                        if let Err(wrong) = played(seed, stage) {
                            next.store(seeds.end, Ordering::Relaxed);
                            return Some(wrong);
                        }
                    }
                })
            })
            .collect();
        players.into_iter().filter_map(|player| player.join().unwrap()).next()
    })
}

#[test]
fn nothing_that_was_said_is_lost_or_done_twice_and_every_run_ends() {
    if let Some(wrong) = first_wrong(seeds(), Stage::default()) {
        panic!("{wrong}");
    }
}

/// `synchronous=NORMAL` is the same as to answer before the commit is durable.
#[test]
fn answers_before_the_commit_is_durable_are_seen() {
    let stage = Stage { durability: Durability::Checkpoint, ..Stage::default() };
    assert!(first_wrong(0..SEEDS_TO_SEE, stage).is_some(), "nothing was lost");
}

#[test]
fn a_signal_that_is_forgotten_after_its_answer_is_seen() {
    let stage = Stage { network: Network::Forgetful, ..Stage::default() };
    let wrong = first_wrong(0..SEEDS_TO_SEE, stage).expect("something was lost");
    assert!(wrong.contains("is lost"), "{wrong}");
}

#[test]
fn a_signal_that_is_written_twice_is_seen() {
    let stage = Stage { network: Network::Doubling, ..Stage::default() };
    let wrong = first_wrong(0..SEEDS_TO_SEE, stage).expect("something was done twice");
    assert!(wrong.contains("2 times"), "{wrong}");
}

/// Whose runs are all at different points: timers, activities, children, buffered events.
const SEED_TO_RECORD: u64 = 20;

/// Databases that the engine wrote under each version of its schema, by that version. They are never
/// changed.
fn databases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/databases")
}

/// The version of a database's schema: <https://www.sqlite.org/fileformat.html>, the user version.
fn version(database: &Path) -> u32 {
    let start = std::fs::read(database).unwrap();
    u32::from_be_bytes(start[60..64].try_into().unwrap())
}

#[test]
fn databases_of_every_schema_version_are_taken_over_and_their_runs_end() {
    #[expect(clippy::disallowed_methods, reason = "whether to record, not a setting of the product")]
    let records = std::env::var_os("TIDINGS_RECORD").is_some();
    let fresh = tempfile::tempdir().unwrap();
    let today = fresh.path().join("engine.db");
    leave_behind(SEED_TO_RECORD, &today).unwrap();
    let recorded = databases().join(format!("engine-{}.db", version(&today)));
    if records && !recorded.exists() {
        std::fs::create_dir_all(databases()).unwrap();
        std::fs::copy(&today, &recorded).unwrap();
    }
    assert!(
        recorded.exists(),
        "`{}` is missing: TIDINGS_RECORD=1 cargo test -p engine-service --test simulator databases",
        recorded.display()
    );
    for entry in std::fs::read_dir(databases()).unwrap() {
        let path = entry.unwrap().path();
        take_over(&path).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()));
    }
}
