//! The sandbox over HTTP, as its clients and its judges meet it.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests fail loudly")]

mod codes;
mod control;
mod durability;
mod faults;
mod feed;
mod harness;
mod linkedin_media;
mod linkedin_oauth;
mod linkedin_posts;
mod openapi;
mod webhooks;
mod x_media;
mod x_oauth;
mod x_posts;
