//! The store from outside: one binary, so that it links once.

#[cfg(test)]
mod model;
#[cfg(test)]
mod sample;

#[cfg(test)]
mod backup;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod power;
#[cfg(test)]
mod pressure;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod visibility;
