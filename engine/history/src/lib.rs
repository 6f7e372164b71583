//! A run's state as a fold of its history: commands and events in, events and effects out.
