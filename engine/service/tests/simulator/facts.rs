//! What the engine said: what it may not take back.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;

/// Something that may be in a history once at most, and must be there once the engine said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It was asked for; no answer came, or a refusal.
    Asked,
    /// The engine said that it is done.
    Done,
}

/// Everything that was acknowledged so far.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Runs by the workflow id whose start was acknowledged.
    pub(crate) started: BTreeMap<String, String>,
    /// Workflow ids that clients asked to be started: each has one first run at most.
    pub(crate) asked: BTreeSet<String>,
    /// Signals by their names, with their run.
    pub(crate) signals: BTreeMap<String, (String, Said)>,
    /// Marks that completed workflow tasks left, with their run.
    pub(crate) marks: BTreeMap<String, (String, Said)>,
    /// Updates with an outcome, by id, with their run.
    pub(crate) updates: BTreeMap<String, (String, Said)>,
    /// Results sent for an activity (run and activity id), with what was said to each.
    pub(crate) results: BTreeMap<(String, String), BTreeMap<String, Said>>,
    /// Runs that were asked to cancel, and to end.
    pub(crate) cancelled: BTreeSet<String>,
    pub(crate) terminated: BTreeSet<String>,
    /// The longest history that anybody read of a run.
    pub(crate) read: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Facts {
    /// Somebody read a history, or its beginning. `Err`: it is not the one that was read before.
    pub(crate) fn read(&mut self, run_id: &str, events: &[HistoryEvent]) -> Result<(), String> {
        let events: Vec<Vec<u8>> = events.iter().map(Message::encode_to_vec).collect();
        let before = self.read.entry(run_id.to_owned()).or_default();
        if let Some(at) = before.iter().zip(&events).position(|(a, b)| a != b) {
            return Err(format!("run {run_id}: event {} was read as another before", at + 1));
        }
        if events.len() > before.len() {
            *before = events;
        }
        Ok(())
    }

    /// As [`Facts::read`], with a history that is whole.
    pub(crate) fn read_whole(&mut self, run_id: &str, events: &[HistoryEvent]) -> Result<(), String> {
        let before = self.read.get(run_id).map_or(0, Vec::len);
        if events.len() < before {
            return Err(format!("run {run_id}: {before} events were read, {} are there", events.len()));
        }
        self.read(run_id, events)
    }
}

/// Writes down what was said; once done, it stays done.
pub(crate) fn note<K: Ord>(facts: &mut BTreeMap<K, (String, Said)>, key: K, run_id: &str, said: Said) {
    let fact = facts.entry(key).or_insert_with(|| (run_id.to_owned(), said));
    if said == Said::Done {
        *fact = (run_id.to_owned(), said);
    }
}
