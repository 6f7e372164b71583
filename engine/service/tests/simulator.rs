//! The whole service, played from a seed: clients and workers, raw and at random, on a virtual clock, on a
//! disk that loses power, in processes that end at any moment.
//!
//! What the engine said is written down by [`simulator::facts`]; after every life `simulator::judge` reads
//! the database as that life left it and holds it against them. `TIDINGS_SEED` plays one seed alone.

#[cfg(test)]
mod simulator {
    mod calm;
    mod chance;
    mod commands;
    mod facts;
    mod fold;
    mod judge;
    mod life;
    mod plan;
    mod request;
    mod tests;
    mod world;
}
