//! The writer's memory of runs that it wrote lately, so that their next commit reads nothing.
//!
//! Nobody else writes runs, so what was written is what is stored.

use std::collections::HashMap;

use crate::admission::Known;

/// Runs of one generation, and there are two: about 4 MB in all. More than are under way at a time in a
/// busy process; a run that is not remembered costs a read.
const GENERATION_MAX: usize = 4_096;

/// Runs by id. Only what is committed may stay in it.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    young: HashMap<String, Known>,
    /// Those that leave next, unless they are used.
    old: HashMap<String, Known>,
}

impl Recent {
    pub(crate) fn get(&self, run_id: &str) -> Option<&Known> {
        self.young.get(run_id).or_else(|| self.old.get(run_id))
    }

    pub(crate) fn keep(&mut self, run_id: String, known: Known) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&run_id);
        self.young.insert(run_id, known);
    }

    /// A run that hardly anybody asks for any more.
    pub(crate) fn drop(&mut self, run_id: &str) {
        self.young.remove(run_id);
        self.old.remove(run_id);
    }

    /// After a transaction that was not committed, or that changed runs by itself.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::WorkflowKey;

    fn known(run: i64) -> Known {
        let workflow = WorkflowKey { namespace: 1, workflow_id: "w".to_owned() };
        Known { run, version: 1, is_current: true, workflow, filed: None }
    }

    #[test]
    fn runs_that_are_used_stay_and_the_others_leave() {
        let mut recent = Recent::default();
        for run in 0..3 * GENERATION_MAX as i64 {
            recent.keep(run.to_string(), known(run));
            recent.keep("used".to_owned(), known(-1));
        }
        assert!(recent.get("0").is_none());
        assert!(recent.get("used").is_some());
        assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION_MAX);
        recent.drop("used");
        assert!(recent.get("used").is_none());
    }

    #[test]
    fn the_latest_that_was_kept_is_what_is_known() {
        let mut recent = Recent::default();
        recent.keep("a".to_owned(), known(1));
        for run in 0..GENERATION_MAX as i64 {
            recent.keep(run.to_string(), known(run));
        }
        recent.keep("a".to_owned(), Known { version: 2, ..known(1) });
        assert_eq!(recent.get("a").unwrap().version, 2);
        recent.forget();
        assert_eq!(recent.get("a"), None);
    }
}
