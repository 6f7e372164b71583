//! Benchmarks of whole processes. None of them is a test: figures depend on the machine, ratios less.

mod api;
mod engine;
mod goal;
mod lang;
mod process;
mod product;
mod program;
mod publish;

pub(crate) use api::api;
pub(crate) use engine::engine;
pub(crate) use lang::lang;
pub(crate) use product::start;
pub(crate) use publish::publish;

/// How a benchmark was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flags {
    /// One alternation of short loads, and fewer publications.
    pub(crate) quick: bool,
    /// One object per measure instead of a table.
    pub(crate) json: bool,
}

impl Flags {
    /// Reads what follows the benchmark's name.
    ///
    /// # Errors
    /// A word that is none of the flags.
    pub(crate) fn read(words: &[&str]) -> anyhow::Result<Self> {
        let mut flags = Self { quick: false, json: false };
        for word in words {
            match *word {
                "--quick" => flags.quick = true,
                "--json" => flags.json = true,
                other => anyhow::bail!("`{other}` is not a flag; there are `--quick` and `--json`"),
            }
        }
        Ok(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_others_refused() {
        let flags = Flags::read(&["--json", "--quick"]).unwrap();
        assert!(flags.quick && flags.json);
        assert!(Flags::read(&["--fast"]).is_err());
    }
}
