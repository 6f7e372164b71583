//! What a long-running process is made of: the data folder, its files, and the parts in order.

pub(crate) mod archive;
pub(crate) mod assembly;
pub(crate) mod emulation;
pub(crate) mod folder_lock;
pub(crate) mod home;
pub(crate) mod home_sight;
pub(crate) mod keys;
pub(crate) mod private_file;
pub(crate) mod running;
pub(crate) mod sandbox_accounts;
pub(crate) mod server_file;
pub(crate) mod several;
pub(crate) mod signals;
