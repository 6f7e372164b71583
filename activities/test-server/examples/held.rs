//! A process that has a server, for the tests: says where, and waits for its end.
#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_default());
    let server = activities_test_server::Server::fleeting(folder)?;
    println!("{}", server.url());
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}
