//! HTTP API, OAuth callbacks and the campaign watcher, over one application layer.
//!
//! In reading order: [`api`] is what clients and server exchange, [`project`] how campaign files are found
//! and read, [`app`] what the product can be asked for, [`http`] its HTTP form,
//! [`notify`] how applications are told what happens, [`watch`] the watcher.
//!
//! Not here: what is printed (`cli`), SQL (`activities/data`), the publish protocol (`activities/delivery`).

pub mod api;
pub mod app;
pub mod http;
pub mod notify;
pub mod project;
pub mod watch;
